/* roads_fit.c - the straight line, corrected to agree with a graph. */
#include <math.h>
#include <stdlib.h>
#include "dispatch/roads_router.h"

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
