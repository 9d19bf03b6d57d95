/* roads_part.c - the main part of a road network: its largest strongly connected component
 * (Tarjan's algorithm with a stack of its own, since roads are longer than a thread's stack). */
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_builder.h"

struct walk {
	const struct draft_edge *edges;
	uint32_t *first, *next; /* edges by their start: first edge + 1, next edge + 1 */
	uint32_t *number, *low; /* 0: not met yet */
	uint32_t *part;         /* 0: still on the stack */
	uint32_t *stack, *path, *at;
	size_t n_stack, n_path;
	uint32_t count, parts;
};

static bool walk_alloc(struct walk *w, const struct roads_builder *b)
{
	size_t n = b->nodes.n + 1;

	*w = (struct walk){ .edges = b->edges.v,
		.first = calloc(n, 4),
		.next = calloc(b->edges.n + 1, 4),
		.number = calloc(n, 4),
		.low = calloc(n, 4),
		.part = calloc(n, 4),
		.stack = calloc(n, 4),
		.path = calloc(n, 4),
		.at = calloc(n, 4) };
	return w->first && w->next && w->number && w->low && w->part && w->stack && w->path &&
	       w->at;
}

static void walk_free(struct walk *w)
{
	free(w->first);
	free(w->next);
	free(w->number);
	free(w->low);
	free(w->part);
	free(w->stack);
	free(w->path);
	free(w->at);
}

static void enter(struct walk *w, uint32_t node)
{
	w->number[node] = w->low[node] = ++w->count;
	w->at[node] = w->first[node];
	w->stack[w->n_stack++] = node;
	w->path[w->n_path++] = node;
}

static void close_part(struct walk *w, uint32_t node)
{
	uint32_t top;

	w->parts++;
	do {
		top = w->stack[--w->n_stack];
		w->part[top] = w->parts;
	} while (top != node);
}

static void lower(uint32_t *low, uint32_t by)
{
	if (by < *low)
		*low = by;
}

/* Looks at the next edge of the node at the end of the path, or leaves it. */
static void step(struct walk *w)
{
	uint32_t node = w->path[w->n_path - 1];
	uint32_t edge = w->at[node];

	if (edge) {
		uint32_t to = w->edges[edge - 1].to;
		w->at[node] = w->next[edge - 1];
		if (!w->number[to])
			enter(w, to);
		else if (!w->part[to])
			lower(&w->low[node], w->number[to]);
		return;
	}
	if (w->low[node] == w->number[node])
		close_part(w, node);
	w->n_path--;
	if (w->n_path)
		lower(&w->low[w->path[w->n_path - 1]], w->low[node]);
}

/* The largest part; of equal ones that with the node given first. */
static uint32_t largest(const struct walk *w, size_t n)
{
	uint32_t *size = calloc(w->parts + (size_t)1, 4), best = 0;

	if (!size)
		return 0;
	for (size_t i = 0; i < n; i++)
		size[w->part[i]]++;
	for (size_t i = 0; i < n; i++)
		if (!best || size[w->part[i]] > size[best])
			best = w->part[i];
	free(size);
	return best;
}

bool roads_main_part(const struct roads_builder *b, bool *ret_in)
{
	struct walk w;
	uint32_t best = 0;

	if (walk_alloc(&w, b)) {
		for (size_t i = b->edges.n; i-- > 0;) {
			w.next[i] = w.first[w.edges[i].from];
			w.first[w.edges[i].from] = (uint32_t)i + 1;
		}
		for (uint32_t i = 0; i < b->nodes.n; i++) {
			if (!w.number[i])
				enter(&w, i);
			while (w.n_path)
				step(&w);
		}
		best = largest(&w, b->nodes.n);
	}
	for (size_t i = 0; i < b->nodes.n && best; i++)
		ret_in[i] = w.part[i] == best;
	walk_free(&w);
	return best || !b->nodes.n;
}
