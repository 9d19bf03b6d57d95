/* roads_model.c - the travel-time model over a road graph: one search answers for all responders.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_router.h"

/* Up to so many nodes a search is finished and remembered whole: it takes well under a millisecond,
 * and answers for responders anywhere later. */
enum { WHOLE_NODES = 40000 };

static size_t mark_wanted(struct roads_router *q, const struct travel_from *from, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct spot *s = router_spot(q, from[i].at, course_at_speed(&from[i]));
		for (size_t k = 0; k < s->n; k++) {
			uint32_t node = q->graph->edges[s->places[k].edge].to;
			count += !q->wanted[node];
			q->wanted[node] = 1;
		}
	}
	return count;
}

static bool search_tree(
	struct roads_router *q, struct tree *t, const struct travel_from *from, size_t n)
{
	bool whole = q->graph->head->n_nodes <= WHOLE_NODES;
	size_t wait_for = whole ? 0 : mark_wanted(q, from, n);
	bool ok = search_to(q, &t->spot, t->hour, wait_for, t->label, &t->done_ms);

	/* Marks of nodes that were never reached. */
	if (wait_for && (t->done_ms == ROADS_UNREACHED || !ok))
		memset(q->wanted, 0, q->graph->head->n_nodes);
	t->fresh = !ok;
	return ok;
}

/* Metres between near places; good to 1e-4 where a search reaches. */
static double flat_distance_m(struct lonlat a, struct lonlat b, double cos_lat)
{
	const double per_deg = 6371008.8 * 3.14159265358979323846 / 180.0;
	double dx = (a.lon - b.lon) * cos_lat, dy = a.lat - b.lat;

	return per_deg * sqrt(dx * dx + dy * dy);
}

static struct travel by_road(const struct roads_router *q, const struct travel_from *from,
	struct lonlat target, double cos_lat, uint32_t ms, int hour)
{
	const struct band *b = from->unsure ? &q->unsure_band[hour] : &q->band[hour];
	double drive = ms == ROADS_UNREACHED ? INFINITY : ms / 1000.0;
	double turnout = travel_turnout_s(hour, from->under_way);

	return (struct travel){ .distance_m = flat_distance_m(from->at, target, cos_lat),
		.eta_s = turnout + drive,
		.eta_p90_s = turnout + drive * b->p90,
		.sigma = b->sigma };
}

/* One responder; false when the search must go further to know. */
static bool answer(struct roads_router *q, const struct tree *t, const struct travel_from *from,
	double cos_lat, struct travel *ret)
{
	const struct spot *s = router_spot(q, from->at, course_at_speed(from));
	bool final = true;
	uint32_t ms;

	if (!s->n) {
		ret->eta_s = -1; /* by straight line, later */
		return true;
	}
	ms = time_between(q, s, &t->spot, t->label, t->done_ms, t->hour, &final);
	*ret = by_road(q, from, t->target, cos_lat, ms, t->hour);
	return final;
}

static bool answer_all(struct roads_router *q, struct tree *t, const struct travel_from *from,
	size_t n, struct travel *ret)
{
	double cos_lat = cos(t->target.lat * 3.14159265358979323846 / 180);
	bool final = !t->fresh;

	for (int pass = 0; pass < 2; pass++) {
		if (!final && !search_tree(q, t, from, n))
			return false;
		final = true;
		for (size_t i = 0; i < n && final; i++)
			final = answer(q, t, &from[i], cos_lat, &ret[i]);
		if (final)
			return true;
	}
	return false;
}

static void roads_model_to(const void *ctx, struct lonlat target, int64_t at_us,
	const struct travel_from *from, size_t n, struct travel *ret)
{
	struct roads_router *q = ((const struct router_ref *)ctx)->q;
	struct tree *t = router_tree(q, target, travel_hour(at_us));
	bool by_graph = t && t->spot.n && answer_all(q, t, from, n, ret);

	for (size_t i = 0; i < n; i++)
		if (!by_graph || ret[i].eta_s < 0)
			travel_straight.to(&q->fit, target, at_us, &from[i], 1, &ret[i]);
}

struct travel_model roads_model(struct roads_router *q)
{
	roads_fit_straight(q);
	return (struct travel_model){ &q->self, roads_model_to };
}

/* ---- the straight line, fitted ---- */

enum { FIT_TARGETS = 24, FIT_SOURCES = 40, FIT_BIG = 200000, FIT_FEW = 6 };
static const double FIT_NEAR_M = 500;

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static uint32_t draw(uint64_t *state, uint32_t n)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((*state >> 33) % n);
}

/* Ratios of road time to straight-line time towards one junction. */
static size_t compare(struct roads_router *q, uint64_t *state, double *ret)
{
	const int hour = 3; /* free flow */
	uint32_t n = q->graph->head->n_nodes, target = draw(state, n);
	struct lonlat to = roads_node_at(q->graph, target);
	size_t found = 0;

	roads_node_to(q, target, hour, q->scratch);
	for (int i = 0; i < FIT_SOURCES; i++) {
		uint32_t node = draw(state, n);
		struct travel_from from = { .at = roads_node_at(q->graph, node),
			.under_way = true };
		struct travel t;
		travel_straight.to(NULL, to, INT64_C(19) * 3600 * 1000000, &from, 1, &t);
		if (q->scratch[node] != ROADS_UNREACHED && t.distance_m > FIT_NEAR_M)
			ret[found++] = q->scratch[node] / 1000.0 / t.eta_s;
	}
	return found;
}

struct travel_straight_fit roads_fit_straight(struct roads_router *q)
{
	double ratio[FIT_TARGETS * FIT_SOURCES];
	uint64_t state = 1;
	size_t n = 0, targets = q->graph->head->n_nodes > FIT_BIG ? FIT_FEW : FIT_TARGETS;

	if (q->fitted)
		return q->fit;
	for (size_t i = 0; i < targets; i++)
		n += compare(q, &state, &ratio[n]);
	qsort(ratio, n, sizeof(*ratio), by_value);
	q->fit.factor = n ? fmin(fmax(ratio[n / 2], 0.2), 5) : 1;
	q->fitted = true;
	return q->fit;
}
