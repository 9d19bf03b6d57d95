/* roads_router.c - a router's life, and what it remembers: projected places and searches. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_router.h"

static const double COURSE_FROM_MPS = 2.0; /* below, a phone's course is noise */

static bool alloc_memory(struct roads_router *q)
{
	size_t n = q->graph->head->n_nodes;
	size_t fit = ROADS_TREES_BYTES / (n * sizeof(uint32_t));

	q->max_trees = fit < 4 ? 4 : fit > ROADS_TREES_MAX ? ROADS_TREES_MAX : fit;
	q->trees = calloc(q->max_trees, sizeof(*q->trees));
	q->tree_of = calloc(4 * (size_t)ROADS_TREES_MAX, sizeof(*q->tree_of));
	q->longest_ms = calloc(
		q->graph->head->n_zones * (size_t)ROADS_KINDS_PER_ZONE, sizeof(*q->longest_ms));
	q->spots = calloc(ROADS_SPOTS, sizeof(*q->spots));
	q->wanted = calloc(n, 1);
	q->scratch = calloc(n, sizeof(*q->scratch));
	return q->trees && q->tree_of && q->longest_ms && q->spots && q->wanted && q->scratch;
}

static void find_longest(struct roads_router *q)
{
	const struct roads *g = q->graph;

	for (uint32_t i = 0; i < g->head->n_edges; i++) {
		uint32_t *longest = &q->longest_ms[edge_kind(&g->edges[i])];
		*longest = g->edges[i].base_ms > *longest ? g->edges[i].base_ms : *longest;
	}
}

struct roads_router *roads_router_new(struct roads *r, const struct roads_speeds *speeds)
{
	struct roads_router *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->graph = roads_hold(r);
	q->self.q = q;
	if (alloc_memory(q)) {
		find_longest(q);
		if (roads_router_set_speeds(q, speeds))
			return q;
	}
	roads_router_free(q);
	return NULL;
}

struct roads_router *roads_router_plain(const struct roads_router *q)
{
	return roads_router_new(q->graph, NULL);
}

void roads_router_free(struct roads_router *q)
{
	if (!q)
		return;
	for (size_t i = 0; q->trees && i < q->max_trees; i++)
		free(q->trees[i].label);
	for (int h = 0; h < 24; h++)
		free(q->scale[h]);
	free(q->trees);
	free(q->longest_ms);
	free(q->tree_of);
	free(q->spots);
	free(q->wanted);
	free(q->scratch);
	free(q->via);
	free(q->closed);
	free(q->queue.v);
	free(q->queue.head);
	sources_free(&q->few);
	sources_free(&q->many);
	roads_free(q->graph);
	free(q);
}

const struct roads *roads_router_graph(const struct roads_router *q)
{
	return q->graph;
}

bool roads_router_close(struct roads_router *q, const uint8_t *closed)
{
	uint8_t *copy = NULL;

	if (closed) {
		copy = malloc(q->graph->head->n_edges);
		if (!copy)
			return false;
		memcpy(copy, closed, q->graph->head->n_edges);
	}
	free(q->closed);
	q->closed = copy;
	router_forget(q);
	return true;
}

/* ---- places ---- */

static uint64_t bits(double d)
{
	uint64_t u;

	memcpy(&u, &d, sizeof(u));
	return u;
}

static uint64_t mixed(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t x = a * UINT64_C(0x9e3779b97f4a7c15) ^ b * UINT64_C(0xc2b2ae3d27d4eb4f) ^
		     c * UINT64_C(0x165667b19e3779f9);

	x ^= x >> 29;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	return x ^ x >> 32;
}

double course_at_speed(const struct travel_from *from)
{
	return from->course_deg >= 0 && from->speed_mps >= COURSE_FROM_MPS ? from->course_deg : -1;
}

static bool same_place(struct lonlat a, struct lonlat b)
{
	return bits(a.lon) == bits(b.lon) && bits(a.lat) == bits(b.lat);
}

const struct spot *router_spot(struct roads_router *q, struct lonlat at, double course_deg)
{
	struct spot *s =
		&q->spots[mixed(bits(at.lon), bits(at.lat), bits(course_deg)) & (ROADS_SPOTS - 1)];

	if (!s->used || !same_place(s->at, at) || bits(s->course_deg) != bits(course_deg)) {
		s->used = true;
		s->at = at;
		s->course_deg = course_deg;
		s->n = (uint8_t)roads_project(q->graph, at, course_deg, ROADS_RADIUS_M, s->places);
	}
	return s;
}

/* ---- searches remembered ---- */

void router_forget(struct roads_router *q)
{
	q->few.valid = q->many.valid = false;
	memset(q->tree_of, 0, 4 * (size_t)ROADS_TREES_MAX * sizeof(*q->tree_of));
	for (size_t i = 0; i < q->n_trees; i++)
		q->trees[i].used = false;
}

static size_t tree_slot(const struct roads_router *q, struct lonlat target, int hour)
{
	size_t mask = 4 * (size_t)ROADS_TREES_MAX - 1;
	size_t i = mixed(bits(target.lon), bits(target.lat), (uint64_t)hour) & mask;

	while (q->tree_of[i]) {
		const struct tree *t = &q->trees[q->tree_of[i] - 1];
		if (t->hour == hour && same_place(t->target, target))
			break;
		i = (i + 1) & mask;
	}
	return i;
}

/* Entries behind a hole would not be found any more: they are put in again. */
static void rebuild_slots(struct roads_router *q)
{
	memset(q->tree_of, 0, 4 * (size_t)ROADS_TREES_MAX * sizeof(*q->tree_of));
	for (size_t i = 0; i < q->n_trees; i++)
		if (q->trees[i].used)
			q->tree_of[tree_slot(q, q->trees[i].target, q->trees[i].hour)] =
				(uint32_t)i + 1;
}

static struct tree *oldest_tree(struct roads_router *q)
{
	struct tree *oldest = &q->trees[0];

	for (size_t i = 1; i < q->n_trees; i++)
		if (q->trees[i].used && (!oldest->used || q->trees[i].last < oldest->last))
			oldest = &q->trees[i];
	return oldest;
}

/* A place for a new search: a free one, or that used longest ago. To spare the rebuilding, a
 * sixteenth of them is let go at once. */
static struct tree *free_tree(struct roads_router *q)
{
	struct tree *t = NULL;

	if (q->n_trees < q->max_trees)
		return &q->trees[q->n_trees++];
	for (size_t i = 0; i < q->n_trees; i++)
		if (!q->trees[i].used)
			return &q->trees[i];
	for (size_t k = 0; k < q->n_trees / 16 + 1; k++) {
		t = oldest_tree(q);
		t->used = false;
	}
	rebuild_slots(q);
	return t;
}

struct tree *router_tree(struct roads_router *q, struct lonlat target, int hour)
{
	size_t slot = tree_slot(q, target, hour);
	struct tree *t = q->tree_of[slot] ? &q->trees[q->tree_of[slot] - 1] : NULL;

	if (!t) {
		t = free_tree(q);
		slot = tree_slot(q, target, hour);
		if (!t->label)
			t->label = malloc(q->graph->head->n_nodes * sizeof(*t->label));
		if (!t->label)
			return NULL;
		t->target = target;
		t->hour = hour;
		t->used = true;
		t->done_ms = 0;
		t->fresh = true;
		t->spot = *router_spot(q, target, -1);
		q->tree_of[slot] = (uint32_t)(t - q->trees) + 1;
	}
	t->last = ++q->uses;
	return t;
}
