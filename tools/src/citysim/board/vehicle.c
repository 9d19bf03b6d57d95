/* vehicle.c - motion along a way at the pace of the hour, and the phone's fixes. */
#include "vehicle.h"

#include <math.h>
#include <stdlib.h>
#include "prng.h"

void vehicle_init(struct vehicle *v, size_t index, uint32_t node)
{
	*v = (struct vehicle){ .index = index, .node = node, .fix_s = -1, .arrive_s = -1 };
}

void vehicle_free(struct vehicle *v)
{
	free(v->way);
	free(v->until);
}

bool vehicle_moves(const struct vehicle *v, double now)
{
	return v->n && now > v->depart_s && now < v->arrive_s;
}

static double progress(const struct vehicle *v, const struct clock *k, double now)
{
	double s = v->begun + clock_driven(k, v->factor, v->depart_s, fmax(now, v->depart_s));

	return fmin(s, v->until[v->n - 1]);
}

/* Index of the arc of the way that a progress lies on. */
static size_t arc_at(const struct vehicle *v, double s)
{
	size_t low = 0, high = v->n - 1;

	while (low < high) {
		size_t mid = (low + high) / 2;
		if (v->until[mid] >= s)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static void add_arc(struct vehicle *v, const struct city *c, uint32_t arc)
{
	if (v->n == v->size) {
		v->size = v->size ? v->size * 2 : 64;
		v->way = realloc(v->way, v->size * sizeof *v->way);
		v->until = realloc(v->until, v->size * sizeof *v->until);
		if (!v->way || !v->until)
			abort();
	}
	v->until[v->n] = (v->n ? v->until[v->n - 1] : 0) + c->arcs[arc].s;
	v->way[v->n++] = arc;
}

struct spot vehicle_spot(
	const struct vehicle *v, const struct city *c, const struct clock *k, double now)
{
	double s, before;
	size_t i;

	if (!v->n || now >= v->arrive_s)
		return (struct spot){ c->first_out[v->node], 0 };
	s = progress(v, k, now);
	i = arc_at(v, s);
	before = i ? v->until[i - 1] : 0;
	return (struct spot){ v->way[i], fmin(fmax((s - before) / (v->until[i] - before), 0), 1) };
}

uint32_t vehicle_next_node(
	const struct vehicle *v, const struct city *c, const struct clock *k, double now)
{
	struct spot p;

	if (!v->n || now >= v->arrive_s)
		return v->node;
	p = vehicle_spot(v, c, k, now);
	return p.done > 0 ? c->arcs[p.arc].head : c->arcs[p.arc].tail;
}

double vehicle_metres(
	const struct vehicle *v, const struct city *c, const struct clock *k, double now)
{
	double m = 0, s = v->n ? progress(v, k, now) : 0;

	for (size_t i = 0; i < v->n; i++) {
		double before = i ? v->until[i - 1] : 0, from = fmax(before, v->begun);
		double to = fmin(v->until[i], s);
		if (to > from)
			m += c->arcs[v->way[i]].m * (to - from) / (v->until[i] - before);
	}
	return v->metres + m;
}

void vehicle_go(struct vehicle *v, struct city *c, const struct clock *k, double now,
	double turnout, double factor, uint32_t to)
{
	struct spot at = vehicle_spot(v, c, k, now);
	uint32_t from = vehicle_next_node(v, c, k, now);
	bool moving = vehicle_moves(v, now);

	v->metres = vehicle_metres(v, c, k, now);
	v->n = 0;
	v->begun = 0;
	if (moving && at.done > 0) {
		add_arc(v, c, at.arc);
		v->begun = at.done * c->arcs[at.arc].s;
	}
	while (from != to) {
		uint32_t arc = city_next_arc(c, from, to);
		add_arc(v, c, arc);
		from = c->arcs[arc].head;
	}
	v->node = to;
	v->factor = factor;
	v->depart_s = now + (moving ? 0 : turnout);
	v->arrive_s = v->n ? clock_when(k, factor, v->depart_s, v->until[v->n - 1] - v->begun)
			   : v->depart_s;
}

/* ---- the phone ---- */

enum { FIX_EVERY = 10, GAP_SLOT = 1800, WANDER = 180 };

/* In half hours with a gap (a share that makes the wanted time lost), it begins anywhere. The time
 * before the gap that `s` lies in, or s. */
static double before_gap(const struct scenario *sc, uint64_t unit_key, double s)
{
	for (int back = 1; back >= 0; back--) {
		double slot = floor(s / GAP_SLOT) - back;
		uint64_t key = hash_mix(unit_key, (uint64_t)(slot + 1000));
		double from = (slot + hash_unit(hash_mix(key, 2))) * GAP_SLOT;
		double length = 60 + 240 * hash_unit(hash_mix(key, 3));
		if (hash_unit(key) < sc->gps_gap * GAP_SLOT / 180 && s >= from && s < from + length)
			return from;
	}
	return s;
}

static double newest_fix_time(const struct scenario *sc, uint64_t unit_key, double now)
{
	double phase = FIX_EVERY * hash_unit(unit_key), s = now;

	for (int tries = 0; tries < 3; tries++) {
		s = floor((s - phase) / FIX_EVERY) * FIX_EVERY + phase;
		double earlier = before_gap(sc, unit_key, s);
		if (!(earlier < s))
			break;
		s = earlier;
	}
	return s;
}

/* A phone's error wanders within minutes and trembles a little: metres along one axis. */
static double error_m(
	const struct scenario *sc, uint64_t unit_key, uint64_t fix_key, int axis, double s)
{
	double knot = floor(s / WANDER), part = s / WANDER - knot;
	uint64_t key = hash_mix(unit_key, (uint64_t)axis + 20);
	double from = hash_normal(hash_mix(key, (uint64_t)(knot + 100000)));
	double to = hash_normal(hash_mix(key, (uint64_t)(knot + 100001)));

	return sc->gps_error_m / M_SQRT2 *
	       (from + (to - from) * part + 0.25 * hash_normal(hash_mix(fix_key, (uint64_t)axis)));
}

static void take_fix(struct vehicle *v, const struct city *c, const struct clock *k,
	const struct scenario *sc, uint64_t unit_key, double s)
{
	uint64_t key = hash_mix(unit_key, (uint64_t)llround(s * 1000 + 1e9));
	struct spot p = vehicle_spot(v, c, k, s);
	bool moves = vehicle_moves(v, s);
	double east = error_m(sc, unit_key, key, 1, s), north = error_m(sc, unit_key, key, 2, s);
	bool jump = hash_unit(hash_mix(key, 3)) < sc->gps_jump;
	double angle = 2 * M_PI * hash_unit(hash_mix(key, 4));

	v->fix_s = s;
	v->fix_mps =
		moves ? c->arcs[p.arc].m / c->arcs[p.arc].s / (v->factor * clock_slow(k, s)) : 0;
	v->fix_course = moves ? city_course(c, p.arc) : -1;
	v->fix = city_shift(c, city_place(c, p), east + (jump ? 500 * cos(angle) : 0),
		north + (jump ? 500 * sin(angle) : 0));
	/* the position rules find nearly all jumps */
	v->fix_doubtful = jump && hash_unit(hash_mix(key, 5)) < 0.9;
	if (v->shifted)
		v->fix = wgs84_to_gcj02(v->fix);
}

void vehicle_update_fix(struct vehicle *v, const struct city *c, const struct clock *k,
	const struct scenario *sc, uint64_t key, double now)
{
	uint64_t unit_key = hash_mix(key, v->index);
	double s = newest_fix_time(sc, unit_key, now);

	v->shifted = hash_unit(hash_mix(unit_key, 9)) < sc->gps_shift;
	if (s > v->fix_s)
		take_fix(v, c, k, sc, unit_key, s);
}
