/* roads_search.c - Dijkstra's algorithm over a graph, backwards from a target or forwards. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_router.h"

/* ---- a queue of time slots ----
 *
 * A ring of lists, each holding what is due within its SLOT_MS. No edge is longer than the ring, so
 * what is added while a slot is worked off falls into that slot or one ahead. Inside a slot order
 * doesn't matter: a label that sinks again is simply looked at again, so labels come out exact.
 */

bool queue_size(struct queue *q, uint32_t longest_ms)
{
	size_t n = 64;

	while (n * SLOT_MS < (uint64_t)longest_ms + 2 * SLOT_MS)
		n *= 2;
	if (n <= q->slots)
		return true;
	uint32_t *head = calloc(n, sizeof(*head));
	if (!head)
		return false;
	free(q->head);
	q->head = head;
	q->slots = n;
	return true;
}

void queue_clear(struct queue *q)
{
	if (q->waiting)
		memset(q->head, 0, q->slots * sizeof(*q->head));
	q->n = 1; /* entry 0 ends lists */
	q->waiting = 0;
	q->at_ms = UINT32_MAX;
}

static bool queue_add(struct queue *q, uint32_t node, uint32_t ms)
{
	size_t slot = ms / SLOT_MS & (q->slots - 1);

	if (q->n >= q->room) {
		size_t room = q->room ? q->room * 2 : 4096;
		struct queued *v = realloc(q->v, room * sizeof(*v));
		if (!v)
			return false;
		q->v = v;
		q->room = room;
	}
	q->v[q->n] = (struct queued){ node, ms, q->head[slot] };
	q->head[slot] = (uint32_t)q->n++;
	q->waiting++;
	if (ms < q->at_ms)
		q->at_ms = ms / SLOT_MS * SLOT_MS;
	return true;
}

/* The list of the slot at q->at_ms is taken out of the ring. */
static uint32_t take_slot(struct queue *q)
{
	size_t slot = q->at_ms / SLOT_MS & (q->slots - 1);
	uint32_t first = q->head[slot];

	q->head[slot] = 0;
	return first;
}

/* ---- searches ---- */

bool offer_label(struct roads_router *q, uint32_t *label, uint32_t node, uint32_t ms)
{
	if (ms >= label[node])
		return true;
	label[node] = ms;
	return queue_add(&q->queue, node, ms);
}

bool usable(const struct roads_router *q, uint32_t edge)
{
	return !q->closed || !q->closed[edge];
}

static bool spread_back(struct roads_router *q, uint32_t node, uint32_t ms, const uint32_t *scale,
	uint32_t *label, uint32_t *via)
{
	const struct roads *g = q->graph;

	(void)via;

	for (uint32_t i = g->nodes[node].first_in; i < g->nodes[node + 1].first_in; i++) {
		const struct image_arc *a = &g->arcs[i];
		uint32_t to = ms + scaled(a->base_ms, scale[a->kind]);
		if (to < label[a->from] && usable(q, a->edge) &&
			!offer_label(q, label, a->from, to))
			return false;
	}
	return true;
}

/* Milliseconds are kept far from wrapping round: nothing is further than this. */
static const uint32_t FARTHEST_MS = UINT32_MAX / 2;

/* What one look at a node does: follow its edges, backwards or forwards. */
typedef bool spread_fn(struct roads_router *q, uint32_t node, uint32_t ms, const uint32_t *scale,
	uint32_t *label, uint32_t *via);

/* Works off one slot until nothing new falls into it. */
static inline bool run_slot(struct roads_router *q, const uint32_t *scale, spread_fn *spread,
	size_t *left, uint32_t *label, uint32_t *via)
{
	for (uint32_t i = take_slot(&q->queue); i; i = take_slot(&q->queue))
		while (i) {
			struct queued e = q->queue.v[i];
			i = e.next;
			q->queue.waiting--;
			if (e.ms > label[e.node])
				continue;
			if (*left && q->wanted[e.node]) {
				q->wanted[e.node] = 0;
				--*left;
			}
			if (e.ms < FARTHEST_MS && !spread(q, e.node, e.ms, scale, label, via))
				return false;
		}
	return true;
}

/* From what is in the queue to the end, or until `stop` nodes marked in q->wanted are final; all
 * labels up to *ret_done then are. */
static inline bool run(struct roads_router *q, int hour, spread_fn *spread, size_t stop,
	uint32_t *label, uint32_t *via, uint32_t *ret_done)
{
	size_t left = stop;

	for (; q->queue.waiting; q->queue.at_ms += SLOT_MS) {
		if (!run_slot(q, q->scale[hour], spread, &left, label, via))
			return false;
		if (stop && !left) {
			*ret_done = q->queue.at_ms + (SLOT_MS - 1);
			return true;
		}
	}
	*ret_done = ROADS_UNREACHED;
	return true;
}

static bool run_back(
	struct roads_router *q, int hour, size_t stop, uint32_t *label, uint32_t *ret_done)
{
	return run(q, hour, spread_back, stop, label, NULL, ret_done);
}

bool search_to(struct roads_router *q, const struct spot *target, int hour, size_t wait_for,
	uint32_t *label, uint32_t *ret_done)
{
	memset(label, 0xff, q->graph->head->n_nodes * sizeof(*label));
	queue_clear(&q->queue);
	for (size_t i = 0; i < target->n; i++) {
		const struct roads_place *p = &target->places[i];
		uint32_t ms = share_ms(edge_ms(q, p->edge, hour), p->along) + off_ms(p);
		if (usable(q, p->edge) && !offer_label(q, label, q->graph->edges[p->edge].from, ms))
			return false;
	}
	return run_back(q, hour, wait_for, label, ret_done);
}

/* ---- from and to a single node, and labels for a caller ---- */

void roads_node_to(struct roads_router *q, uint32_t node, int hour, uint32_t *ret)
{
	uint32_t done;

	memset(ret, 0xff, q->graph->head->n_nodes * sizeof(*ret));
	queue_clear(&q->queue);
	if (!offer_label(q, ret, node, 0) || !run_back(q, hour, 0, ret, &done))
		memset(ret, 0xff, q->graph->head->n_nodes * sizeof(*ret));
}

static bool spread_on(struct roads_router *q, uint32_t node, uint32_t ms, const uint32_t *scale,
	uint32_t *label, uint32_t *via)
{
	const struct roads *g = q->graph;

	for (uint32_t i = g->nodes[node].first_out; i < g->nodes[node + 1].first_out; i++) {
		const struct roads_edge *e = &g->edges[i];
		uint32_t to = ms + scaled(e->base_ms, scale[edge_kind(e)]);
		if (to >= label[e->to] || !usable(q, i))
			continue;
		if (via)
			via[e->to] = i;
		if (!offer_label(q, label, e->to, to))
			return false;
	}
	return true;
}

bool run_on(struct roads_router *q, int hour, size_t stop, uint32_t *label, uint32_t *via)
{
	uint32_t done;

	return run(q, hour, spread_on, stop, label, via, &done);
}

void roads_node_from(struct roads_router *q, uint32_t node, int hour, uint32_t *ret)
{
	memset(ret, 0xff, q->graph->head->n_nodes * sizeof(*ret));
	queue_clear(&q->queue);
	if (!offer_label(q, ret, node, 0) || !run_on(q, hour, 0, ret, NULL))
		memset(ret, 0xff, q->graph->head->n_nodes * sizeof(*ret));
}

bool roads_to(struct roads_router *q, struct lonlat target, int64_t at_us, uint32_t *ret)
{
	const struct spot *s = router_spot(q, target, -1);
	uint32_t done;

	return s->n && search_to(q, s, travel_hour(at_us), 0, ret, &done);
}
