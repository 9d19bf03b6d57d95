/* roads_model.c - the travel-time model over a road graph: one search answers for all responders.
 */
#include <math.h>
#include <string.h>
#include "dispatch/roads_router.h"

/* Up to so many nodes a search is finished and remembered whole: it takes well under a millisecond,
 * and answers for responders anywhere later. */
enum { WHOLE_NODES = 40000 };

static size_t mark_wanted(struct roads_router *q, const struct sources *from)
{
	size_t count = 0;

	for (size_t i = 0; i < from->n; i++)
		for (size_t k = 0; k < from->v[i].n; k++) {
			uint32_t node = from->v[i].ways[k].node;
			count += !q->wanted[node];
			q->wanted[node] = 1;
		}
	return count;
}

static bool search_tree(struct roads_router *q, struct tree *t, const struct sources *from)
{
	bool whole = q->graph->head->n_nodes <= WHOLE_NODES;
	size_t wait_for = whole ? 0 : mark_wanted(q, from);
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

/* What is the same for all responders of a question. */
struct asked {
	const struct roads_router *q;
	const struct tree *t;
	double cos_lat;
	double turnout[2]; /* by under_way */
};

static struct travel by_road(const struct asked *a, const struct travel_from *from, uint32_t ms)
{
	const struct band *b =
		from->unsure ? &a->q->unsure_band[a->t->hour] : &a->q->band[a->t->hour];
	double drive = ms == ROADS_UNREACHED ? INFINITY : ms / 1000.0;
	double turnout = a->turnout[from->under_way];

	return (struct travel){ .distance_m = flat_distance_m(from->at, a->t->target, a->cos_lat),
		.eta_s = turnout + drive,
		.eta_p90_s = turnout + drive * b->p90,
		.sigma = b->sigma };
}

/* False when the search must go further to know. */
static bool answer(const struct asked *a, const struct sources *from, struct travel *ret)
{
	bool final = true;

	for (size_t i = 0; i < from->n && final; i++)
		if (from->v[i].off_graph)
			ret[i].eta_s = -1; /* by straight line, later */
		else
			ret[i] = by_road(
				a, &from->from[i], source_ms(a->q, &from->v[i], a->t, &final));
	return final;
}

static bool answer_all(
	struct roads_router *q, struct tree *t, const struct sources *from, struct travel *ret)
{
	struct asked a = { q, t, cos(t->target.lat * 3.14159265358979323846 / 180),
		{ travel_turnout_s(t->hour, false), travel_turnout_s(t->hour, true) } };
	bool again = t->fresh;

	for (int pass = 0; pass < 2; pass++) {
		if (again && !search_tree(q, t, from))
			return false;
		if (answer(&a, from, ret))
			return true;
		again = true;
	}
	return false;
}

static void roads_model_to(const void *ctx, struct lonlat target, int64_t at_us,
	const struct travel_from *from, size_t n, struct travel *ret)
{
	struct roads_router *q = ((const struct router_ref *)ctx)->q;
	int hour = travel_hour(at_us);
	struct tree *t = router_tree(q, target, hour);
	const struct sources *s = t && t->spot.n ? router_sources(q, from, n, hour) : NULL;
	bool by_graph = s && answer_all(q, t, s, ret);

	for (size_t i = 0; i < n; i++)
		if (!by_graph || ret[i].eta_s < 0)
			travel_straight.to(&q->fit, target, at_us, &from[i], 1, &ret[i]);
}

struct travel_model roads_model(struct roads_router *q)
{
	roads_fit_straight(q);
	return (struct travel_model){ &q->self, roads_model_to };
}
