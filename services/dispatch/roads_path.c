/* roads_path.c - the quickest way from a place to another, and driving along it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_router.h"

/* In q->via: the node was reached from the start's own edge. */
static const uint32_t START = UINT32_C(1) << 31;

static bool seed_start(struct roads_router *q, const struct spot *from, int hour, uint32_t *label)
{
	memset(label, 0xff, q->graph->head->n_nodes * sizeof(*label));
	queue_clear(&q->queue);
	for (size_t i = 0; i < from->n; i++) {
		const struct roads_place *p = &from->places[i];
		uint32_t to = q->graph->edges[p->edge].to;
		uint32_t ms = off_ms(p) + share_ms(edge_ms(q, p->edge, hour), 1 - p->along);
		if (!usable(q, p->edge) || ms >= label[to])
			continue;
		if (q->via)
			q->via[to] = p->edge | START;
		if (!offer_label(q, label, to, ms))
			return false;
	}
	return true;
}

bool roads_from(
	struct roads_router *q, const struct travel_from *from, int64_t at_us, uint32_t *ret)
{
	struct spot s = *router_spot(q, from->at, course_at_speed(from));
	int hour = travel_hour(at_us);

	return s.n && seed_start(q, &s, hour, ret) && run_on(q, hour, 0, ret, NULL);
}

static size_t mark_ends(struct roads_router *q, const struct spot *to)
{
	size_t n = 0;

	for (size_t i = 0; i < to->n; i++) {
		uint32_t node = q->graph->edges[to->places[i].edge].from;
		n += !q->wanted[node];
		q->wanted[node] = 1;
	}
	return n;
}

/* How a way ends: at a place of the target, by its node or straight on from a place of the start.
 */
struct ending {
	const struct roads_place *at, *from;
	uint32_t ms;
};

static void consider(struct ending *best, struct ending by)
{
	if (by.ms < best->ms)
		*best = by;
}

static struct ending best_ending(const struct roads_router *q, const struct spot *from,
	const struct spot *to, const uint32_t *label, int hour)
{
	struct ending best = { NULL, NULL, ROADS_UNREACHED };

	for (size_t i = 0; i < to->n; i++) {
		const struct roads_place *t = &to->places[i];
		uint32_t ms = edge_ms(q, t->edge, hour), node = q->graph->edges[t->edge].from;
		if (!usable(q, t->edge))
			continue;
		if (label[node] != ROADS_UNREACHED)
			consider(&best, (struct ending){ t, NULL,
						label[node] + share_ms(ms, t->along) + off_ms(t) });
		for (size_t k = 0; k < from->n; k++) {
			const struct roads_place *p = &from->places[k];
			if (p->edge == t->edge && t->along >= p->along)
				consider(&best, (struct ending){ t, p,
							share_ms(ms, t->along - p->along) +
								off_ms(t) + off_ms(p) });
		}
	}
	return best;
}

static float start_along(const struct spot *from, uint32_t edge)
{
	for (size_t i = 0; i < from->n; i++)
		if (from->places[i].edge == edge)
			return from->places[i].along;
	return 0;
}

/* Writes the edges from the end to the start; with NULL only counts them. */
static size_t trace(const struct roads_router *q, const struct spot *from, const struct ending *end,
	struct roads_step *ret)
{
	size_t n = 0;
	uint32_t node = q->graph->edges[end->at->edge].from;

	if (ret)
		ret[n] = (struct roads_step){ .edge = end->at->edge,
			.from = end->from ? end->from->along : 0,
			.to = end->at->along };
	n++;
	while (!end->from) {
		uint32_t edge = q->via[node] & ~START;
		bool start = q->via[node] & START;
		if (ret)
			ret[n] = (struct roads_step){
				.edge = edge, .from = start ? start_along(from, edge) : 0, .to = 1
			};
		n++;
		if (start)
			break;
		node = q->graph->edges[edge].from;
	}
	return n;
}

static void add_up(const struct roads_router *q, int hour, struct roads_path *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct roads_step *s = &p->steps[i];
		p->seconds += share_ms(edge_ms(q, s->edge, hour), s->to - s->from) / 1000.0;
		p->metres += q->graph->edges[s->edge].length_cm / 100.0 * (double)(s->to - s->from);
		s->until_s = p->seconds;
		s->until_m = p->metres;
	}
}

static bool take_path(const struct roads_router *q, const struct spot *from,
	const struct ending *end, int hour, struct roads_path *ret)
{
	size_t n = trace(q, from, end, NULL);

	ret->steps = calloc(n, sizeof(*ret->steps));
	if (!ret->steps)
		return false;
	trace(q, from, end, ret->steps);
	for (size_t i = 0; i < n / 2; i++) {
		struct roads_step s = ret->steps[i];
		ret->steps[i] = ret->steps[n - 1 - i];
		ret->steps[n - 1 - i] = s;
	}
	ret->n = n;
	add_up(q, hour, ret);
	return true;
}

static bool make_via(struct roads_router *q)
{
	if (!q->via)
		q->via = calloc(q->graph->head->n_nodes, sizeof(*q->via));
	return q->via;
}

bool roads_path(struct roads_router *q, const struct travel_from *from, struct lonlat to,
	int64_t at_us, struct roads_path *ret)
{
	struct spot start = *router_spot(q, from->at, course_at_speed(from));
	struct spot target = *router_spot(q, to, -1);
	int hour = travel_hour(at_us);
	struct ending end;
	bool ok;

	*ret = (struct roads_path){ 0 };
	if (!start.n || !target.n || !make_via(q))
		return false;
	ok = seed_start(q, &start, hour, q->scratch) &&
	     run_on(q, hour, mark_ends(q, &target), q->scratch, q->via);
	for (size_t i = 0; i < target.n; i++)
		q->wanted[q->graph->edges[target.places[i].edge].from] = 0;
	if (!ok)
		return false;
	end = best_ending(q, &start, &target, q->scratch, hour);
	return end.at && take_path(q, &start, &end, hour, ret);
}

void roads_path_free(struct roads_path *p)
{
	free(p->steps);
	*p = (struct roads_path){ 0 };
}

/* ---- along a path ---- */

static double stretch_m(struct lonlat a, struct lonlat b)
{
	return geo_distance_m(a, b);
}

static double course_between(struct lonlat a, struct lonlat b)
{
	double k = cos(a.lat * 3.14159265358979323846 / 180);
	double deg = atan2((b.lon - a.lon) * k, b.lat - a.lat) * 180 / 3.14159265358979323846;

	return deg < 0 ? deg + 360 : deg;
}

/* The point at a share of an edge's drawn length. */
static struct lonlat point_on(
	const struct roads *r, uint32_t edge, double share, double *ret_course)
{
	const struct roads_edge *e = &r->edges[edge];
	double total = 0, before = 0;
	struct lonlat a = point_place(edge_point(r, e, 0)), b = a;

	for (uint32_t i = 0; i <= e->inner; i++)
		total += stretch_m(
			point_place(edge_point(r, e, i)), point_place(edge_point(r, e, i + 1)));
	for (uint32_t i = 0; i <= e->inner; i++) {
		a = point_place(edge_point(r, e, i));
		b = point_place(edge_point(r, e, i + 1));
		double m = stretch_m(a, b);
		if (before + m >= share * total || i == e->inner) {
			double t = m > 0 ? fmin((share * total - before) / m, 1) : 0;
			*ret_course = course_between(a, b);
			return (struct lonlat){ a.lon + t * (b.lon - a.lon),
				a.lat + t * (b.lat - a.lat) };
		}
		before += m;
	}
	return b;
}

static size_t step_at(const struct roads_path *p, double seconds)
{
	size_t low = 0, high = p->n - 1;

	while (low < high) {
		size_t mid = (low + high) / 2;
		if (p->steps[mid].until_s < seconds)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct lonlat roads_along(const struct roads *r, const struct roads_path *p, double seconds,
	double *ret_course_deg, double *ret_speed_mps)
{
	size_t i = step_at(p, seconds);
	const struct roads_step *s = &p->steps[i];
	double before_s = i ? p->steps[i - 1].until_s : 0,
	       before_m = i ? p->steps[i - 1].until_m : 0;
	double took = s->until_s - before_s, course = 0;
	double t = took > 0 ? fmin(fmax((seconds - before_s) / took, 0), 1) : 1;
	struct lonlat at =
		point_on(r, s->edge, (double)s->from + t * (double)(s->to - s->from), &course);

	if (ret_course_deg)
		*ret_course_deg = course;
	if (ret_speed_mps)
		*ret_speed_mps = took > 0 ? (s->until_m - before_m) / took : 0;
	return at;
}
