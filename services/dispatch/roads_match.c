/* roads_match.c - stretches of a track that were driven the quickest way; see roads_learn.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_learn.h"
#include "dispatch/roads_router.h"
#include "kit/timeutil.h"

static const double ACCURACY_MAX_M = 50; /* worse fixes are passed over */
static const double NEAR_M = 35;         /* from the way; the fix's accuracy comes on top */
static const double STRETCH_S = 60, STRETCH_MAX_S = 300, GAP_MAX_S = 60;
static const double STRETCH_M = 200;
static const double PLACE_M = 60; /* the ends must lie so near a road */

struct matcher {
	struct roads_router *q;
	const struct track_fix *fix;
	size_t n;
};

static double seconds_between(const struct track_fix *a, const struct track_fix *b)
{
	return (double)(b->at_us - a->at_us) / 1e6;
}

static bool usable_fix(const struct track_fix *f)
{
	return geo_valid(f->at) && f->accuracy_m <= ACCURACY_MAX_M;
}

/* The end of a stretch beginning at `i`: far enough in time and place, without a gap. 0 when there
 * is none; then *ret_next is where to go on. */
static size_t find_end(const struct matcher *m, size_t i, size_t *ret_next)
{
	const struct track_fix *from = &m->fix[i];
	size_t last = i;

	for (size_t k = i + 1; k < m->n; k++) {
		const struct track_fix *f = &m->fix[k];
		double s = seconds_between(from, f);
		if (!usable_fix(f))
			continue;
		if (seconds_between(&m->fix[last], f) > GAP_MAX_S || s > STRETCH_MAX_S) {
			*ret_next = last > i ? last : k;
			return 0;
		}
		last = k;
		if (s >= STRETCH_S && geo_distance_m(from->at, f->at) >= STRETCH_M)
			return k;
	}
	*ret_next = m->n;
	return 0;
}

/* The course at a fix: its own at speed, else towards the next one far enough away. */
static double course_at(const struct matcher *m, size_t i)
{
	const struct track_fix *f = &m->fix[i];
	double k = cos(f->at.lat * 3.14159265358979323846 / 180);

	if (f->course_deg >= 0 && f->speed_mps >= 2)
		return f->course_deg;
	for (size_t j = i + 1; j < m->n; j++) {
		struct lonlat p = m->fix[j].at;
		if (geo_distance_m(f->at, p) < 25)
			continue;
		double deg = atan2((p.lon - f->at.lon) * k, p.lat - f->at.lat) * 180 /
			     3.14159265358979323846;
		return deg < 0 ? deg + 360 : deg;
	}
	return -1;
}

/* Length of the track between two fixes, not counting the trembling of a standing phone. */
static double track_m(const struct matcher *m, size_t first, size_t last)
{
	struct lonlat at = m->fix[first].at;
	double sum = 0;

	for (size_t i = first + 1; i <= last; i++) {
		double d = geo_distance_m(at, m->fix[i].at);
		if (!usable_fix(&m->fix[i]) || (d < 20 && i < last))
			continue;
		sum += d;
		at = m->fix[i].at;
	}
	return sum;
}

static double off_stretch(
	const struct roads *g, const struct roads_edge *e, uint32_t i, struct lonlat p, double kx)
{
	const double ky = 6371008.8 * 3.14159265358979323846 / 180;
	struct lonlat a = point_place(edge_point(g, e, i)),
		      b = point_place(edge_point(g, e, i + 1));
	double ax = (a.lon - p.lon) * kx, ay = (a.lat - p.lat) * ky;
	double dx = (b.lon - a.lon) * kx, dy = (b.lat - a.lat) * ky, len2 = dx * dx + dy * dy;
	double t = len2 > 0 ? fmin(fmax(-(ax * dx + ay * dy) / len2, 0), 1) : 0;

	return hypot(ax + t * dx, ay + t * dy);
}

static double off_path(const struct roads *g, const struct roads_path *p, struct lonlat at)
{
	const double kx = 6371008.8 * 3.14159265358979323846 / 180 *
			  cos(at.lat * 3.14159265358979323846 / 180);
	double least = INFINITY;

	for (size_t s = 0; s < p->n; s++) {
		const struct roads_edge *e = &g->edges[p->steps[s].edge];
		for (uint32_t i = 0; i <= e->inner; i++)
			least = fmin(least, off_stretch(g, e, i, at, kx));
	}
	return least;
}

/* Was the way found the one that was driven? */
static bool was_driven(
	const struct matcher *m, size_t first, size_t last, const struct roads_path *p)
{
	double track = track_m(m, first, last);

	if (p->metres > 1.2 * track + 60 || p->metres < 0.75 * track - 60)
		return false;
	for (size_t i = first + 1; i < last; i++) {
		const struct track_fix *f = &m->fix[i];
		if (usable_fix(f) &&
			off_path(m->q->graph, p, f->at) > NEAR_M + fmax(f->accuracy_m, 0))
			return false;
	}
	return true;
}

/* Where most of the way's time goes by. */
static uint16_t zone_of(const struct roads *g, const struct roads_path *p)
{
	uint16_t best = 0;
	double most = -1;

	for (size_t i = 0; i < p->n; i++) {
		uint16_t zone = g->edges[p->steps[i].edge].zone;
		double s = 0;
		for (size_t k = 0; k < p->n; k++)
			if (g->edges[p->steps[k].edge].zone == zone)
				s += p->steps[k].until_s - (k ? p->steps[k - 1].until_s : 0);
		if (s > most) {
			most = s;
			best = zone;
		}
	}
	return best;
}

static bool near_a_road(const struct matcher *m, struct lonlat at)
{
	struct roads_place p[ROADS_PLACES];

	return roads_project(m->q->graph, at, -1, PLACE_M, p) > 0;
}

static bool match(const struct matcher *m, size_t first, size_t last, struct roads_stretch *ret)
{
	const struct track_fix *a = &m->fix[first], *b = &m->fix[last];
	struct travel_from from = {
		.at = a->at, .course_deg = course_at(m, first), .speed_mps = 9
	};
	int64_t mid_us = a->at_us + (b->at_us - a->at_us) / 2;
	struct roads_path p;
	bool ok;

	if (!near_a_road(m, a->at) || !near_a_road(m, b->at) ||
		!roads_path(m->q, &from, b->at, mid_us, &p))
		return false;
	ok = p.seconds > 1 && was_driven(m, first, last, &p);
	if (ok)
		*ret = (struct roads_stretch){ .first = first,
			.last = last,
			.zone = zone_of(m->q->graph, &p),
			.hour = (uint8_t)travel_hour(mid_us),
			.expected_s = p.seconds,
			.observed_s = seconds_between(a, b),
			.metres = p.metres };
	roads_path_free(&p);
	return ok;
}

size_t roads_stretches(struct roads_router *q, const struct track_fix *fix, size_t n,
	struct roads_stretch *ret, size_t max)
{
	const struct matcher m = { q, fix, n };
	size_t found = 0;

	for (size_t i = 0, next; i < n && found < max; i = next) {
		next = i + 1;
		size_t end = usable_fix(&fix[i]) ? find_end(&m, i, &next) : 0;
		if (!end)
			continue;
		next = end;
		found += match(&m, i, end, &ret[found]);
	}
	return found;
}

size_t roads_add_up(struct roads_stretch *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < kept && (v[k].zone != v[i].zone || v[k].hour != v[i].hour))
			k++;
		if (k == kept) {
			v[kept++] = v[i];
			continue;
		}
		v[k].expected_s += v[i].expected_s;
		v[k].observed_s += v[i].observed_s;
		v[k].metres += v[i].metres;
		v[k].last = v[i].last;
	}
	return kept;
}
