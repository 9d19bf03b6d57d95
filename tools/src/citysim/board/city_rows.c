/* city_rows.c - driving times of all nodes to one: a backward Dijkstra, remembered. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "city_internal.h"

struct heap_item {
	float s;
	uint32_t node;
};

struct search {
	float *s;
	struct heap_item *heap;
	size_t n;
};

bool city_make_search(struct city *c)
{
	c->search = calloc(1, sizeof *c->search);
	if (!c->search)
		return false;
	c->search->s = calloc(c->n_nodes, sizeof *c->search->s);
	c->search->heap = calloc(c->n_arcs + 2, sizeof *c->search->heap);
	return c->search->s && c->search->heap;
}

void city_free_search(struct city *c)
{
	if (!c->search)
		return;
	free(c->search->s);
	free(c->search->heap);
	free(c->search);
}

void city_forget_rows(struct city *c)
{
	for (size_t i = 0; i < c->n_nodes; i++) {
		free(c->rows[i].quarter_s);
		c->rows[i] = (struct row){ 0 };
	}
	c->n_rows = c->ring_at = 0;
}

static bool before(struct heap_item a, struct heap_item b)
{
	return a.s < b.s || (!(b.s < a.s) && a.node < b.node);
}

static void push(struct search *q, float s, uint32_t node)
{
	struct heap_item item = { s, node };
	size_t i = q->n++;

	while (i && before(item, q->heap[(i - 1) / 2])) {
		q->heap[i] = q->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	q->heap[i] = item;
}

static struct heap_item pop(struct search *q)
{
	struct heap_item top = q->heap[0], last = q->heap[--q->n];
	size_t i = 0, k;

	while ((k = 2 * i + 1) < q->n) {
		if (k + 1 < q->n && before(q->heap[k + 1], q->heap[k]))
			k++;
		if (!before(q->heap[k], last))
			break;
		q->heap[i] = q->heap[k];
		i = k;
	}
	q->heap[i] = last;
	return top;
}

static void search_back(struct city *c, uint32_t target, struct row *row)
{
	struct search *q = c->search;

	for (size_t i = 0; i < c->n_nodes; i++)
		q->s[i] = INFINITY;
	q->n = 0;
	q->s[target] = 0;
	push(q, 0, target);
	while (q->n) {
		struct heap_item x = pop(q);
		if (x.s > q->s[x.node])
			continue;
		for (uint32_t i = c->first_in[x.node]; i < c->first_in[x.node + 1]; i++) {
			const struct arc *a = &c->arcs[c->in[i]];
			float s = x.s + a->s;
			if (!(s < q->s[a->tail]))
				continue;
			q->s[a->tail] = s;
			row->next[a->tail] = (uint8_t)(c->in[i] - c->first_out[a->tail]);
			push(q, s, a->tail);
		}
	}
	for (size_t i = 0; i < c->n_nodes; i++) {
		float quarter = roundf(q->s[i] * 4);
		row->quarter_s[i] = quarter < CITY_FAR ? (uint16_t)quarter : CITY_FAR;
	}
}

/* The oldest row goes when there is no room for one more. */
static void make_room(struct city *c, uint32_t target)
{
	if (c->n_rows == c->max_rows) {
		struct row *old = &c->rows[c->row_ring[c->ring_at]];
		free(old->quarter_s);
		*old = (struct row){ 0 };
		c->n_rows--;
	}
	c->row_ring[c->ring_at] = target;
	c->ring_at = (c->ring_at + 1) % c->max_rows;
	c->n_rows++;
}

const struct row *city_row(struct city *c, uint32_t target)
{
	struct row *row = &c->rows[target];

	if (row->quarter_s)
		return row;
	make_room(c, target);
	row->quarter_s = malloc(c->n_nodes * (sizeof *row->quarter_s + sizeof *row->next));
	if (!row->quarter_s)
		abort();
	row->next = (uint8_t *)(row->quarter_s + c->n_nodes);
	memset(row->next, 0, c->n_nodes);
	search_back(c, target, row);
	return row;
}

double city_s(struct city *c, uint32_t from, uint32_t to)
{
	uint16_t q = city_row(c, to)->quarter_s[from];

	return q == CITY_FAR ? INFINITY : q / 4.0;
}

uint32_t city_next_arc(struct city *c, uint32_t from, uint32_t to)
{
	return c->first_out[from] + city_row(c, to)->next[from];
}
