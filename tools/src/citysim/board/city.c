/* city.c - building the graph: the strongly connected part, arcs by tail and head, speeds. */
#include "city.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "city_internal.h"
#include "prng.h"

static const size_t ROWS_BYTES = (size_t)600 << 20;

static const struct {
	const char *name;
	double kmh;
} classes[] = {
	{ "motorway", 80 },
	{ "motorway_link", 50 },
	{ "trunk", 65 },
	{ "trunk_link", 45 },
	{ "primary", 55 },
	{ "primary_link", 40 },
	{ "secondary", 48 },
	{ "secondary_link", 36 },
	{ "tertiary", 40 },
	{ "tertiary_link", 32 },
	{ "unclassified", 34 },
	{ "residential", 30 },
	{ "living_street", 20 },
	{ "service", 20 },
};

double city_class_kmh(const char *fclass)
{
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (!strcmp(classes[i].name, fclass))
			return classes[i].kmh;
	return 36;
}

static bool more_room(void **array, size_t n, size_t *size, size_t item)
{
	void *more;

	if (n < *size)
		return true;
	*size = *size ? *size * 2 : 1024;
	more = realloc(*array, *size * item);
	if (more)
		*array = more;
	return more != NULL;
}

bool draft_node(struct draft *d, struct lonlat at, const char *name)
{
	size_t size = d->nodes_size;

	if (!more_room((void **)&d->at, d->n_nodes, &size, sizeof *d->at))
		return false;
	size = d->nodes_size;
	if (!more_room((void **)&d->name, d->n_nodes, &size, sizeof *d->name))
		return false;
	d->nodes_size = size;
	d->at[d->n_nodes] = at;
	snprintf(d->name[d->n_nodes++], CITY_NAME_MAX, "%s", name);
	return true;
}

bool draft_arc(struct draft *d, struct draft_arc a)
{
	if (!more_room((void **)&d->arcs, d->n_arcs, &d->arcs_size, sizeof *d->arcs))
		return false;
	d->arcs[d->n_arcs++] = a;
	return true;
}

void draft_free(struct draft *d)
{
	free(d->at);
	free(d->name);
	free(d->arcs);
	*d = (struct draft){ 0 };
}

/* ---- strongly connected part: Kosaraju without recursion ---- */

struct halves {
	uint32_t *first[2], *arcs[2]; /* 0: by tail, 1: by head */
	uint32_t *order, *stack, *at, *part;
};

static uint32_t end_of(const struct draft_arc *a, int half)
{
	return half ? a->tail : a->head;
}

static bool make_halves(const struct draft *d, struct halves *h)
{
	size_t n = d->n_nodes;
	bool ok = true;

	for (int k = 0; k < 2; k++) {
		h->first[k] = calloc(n + 2, sizeof(uint32_t));
		h->arcs[k] = calloc(d->n_arcs + 1, sizeof(uint32_t));
		ok = ok && h->first[k] && h->arcs[k];
		for (size_t i = 0; ok && i < d->n_arcs; i++)
			h->first[k][end_of(&d->arcs[i], !k) + 1] += !d->arcs[i].closed;
		for (size_t i = 0; ok && i < n; i++)
			h->first[k][i + 1] += h->first[k][i];
		for (size_t i = d->n_arcs; ok && i-- > 0;) {
			uint32_t at = end_of(&d->arcs[i], !k);
			if (!d->arcs[i].closed) /* filled from the back; first[] moves down */
				h->arcs[k][--h->first[k][at + 1]] = (uint32_t)i;
		}
		for (size_t i = 0; ok && i < n; i++)
			h->first[k][i] = h->first[k][i + 1];
		if (ok) {
			size_t open = 0;
			for (size_t i = 0; i < d->n_arcs; i++)
				open += !d->arcs[i].closed;
			h->first[k][n] = (uint32_t)open;
		}
	}
	h->order = calloc(n + 1, sizeof(uint32_t));
	h->stack = calloc(n + 1, sizeof(uint32_t));
	h->at = calloc(n + 1, sizeof(uint32_t));
	h->part = calloc(n + 1, sizeof(uint32_t));
	return ok && h->order && h->stack && h->at && h->part;
}

static void free_halves(struct halves *h)
{
	for (int k = 0; k < 2; k++) {
		free(h->first[k]);
		free(h->arcs[k]);
	}
	free(h->order);
	free(h->stack);
	free(h->at);
	free(h->part);
}

/* Depth first from `root` over nodes whose part is `from`; marks `to`; appends to order. */
static size_t walk(const struct draft *d, struct halves *h, int half, uint32_t root, uint32_t from,
	uint32_t to, size_t *n_order)
{
	size_t depth = 0, n = 0;

	h->stack[depth++] = root;
	h->part[root] = to;
	h->at[root] = h->first[half][root];
	while (depth) {
		uint32_t u = h->stack[depth - 1];
		if (h->at[u] < h->first[half][u + 1]) {
			uint32_t v = end_of(&d->arcs[h->arcs[half][h->at[u]++]], half);
			if (h->part[v] != from)
				continue;
			h->part[v] = to;
			h->at[v] = h->first[half][v];
			h->stack[depth++] = v;
		} else {
			depth--;
			n++;
			if (n_order)
				h->order[(*n_order)++] = u;
		}
	}
	return n;
}

/* Which part is the greatest; h->part tells the part of each node (from 2). */
static uint32_t find_parts(const struct draft *d, struct halves *h)
{
	size_t n_order = 0, best = 0;
	uint32_t ret = 0, part = 2;

	for (uint32_t i = 0; i < d->n_nodes; i++)
		if (!h->part[i])
			walk(d, h, 0, i, 0, 1, &n_order);
	for (size_t i = n_order; i-- > 0;)
		if (h->part[h->order[i]] == 1) {
			size_t n = walk(d, h, 1, h->order[i], 1, part, NULL);
			if (n > best) {
				best = n;
				ret = part;
			}
			part++;
		}
	return ret;
}

/* ---- the city ---- */

static bool keep_nodes(struct city *c, const struct draft *d, const struct halves *h, uint32_t part,
	uint32_t *number)
{
	c->at = calloc(d->n_nodes + 1, sizeof *c->at);
	c->name = calloc(d->n_nodes + 1, sizeof *c->name);
	if (!c->at || !c->name)
		return false;
	for (size_t i = 0; i < d->n_nodes; i++) {
		number[i] = UINT32_MAX;
		if (h->part[i] != part)
			continue;
		c->at[c->n_nodes] = d->at[i];
		memcpy(c->name[c->n_nodes], d->name[i], CITY_NAME_MAX);
		number[i] = (uint32_t)c->n_nodes++;
	}
	c->n_dropped = d->n_nodes - c->n_nodes;
	return true;
}

static int by_ends(const void *a, const void *b)
{
	const struct arc *x = a, *y = b;

	if (x->tail != y->tail)
		return x->tail < y->tail ? -1 : 1;
	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	return (x->s > y->s) - (x->s < y->s);
}

static bool keep_arcs(struct city *c, const struct draft *d, const uint32_t *number)
{
	size_t n = 0;

	c->arcs = calloc(d->n_arcs + 1, sizeof *c->arcs);
	if (!c->arcs)
		return false;
	for (size_t i = 0; i < d->n_arcs; i++) {
		const struct draft_arc *a = &d->arcs[i];
		uint32_t tail = number[a->tail], head = number[a->head];
		double s = a->s > 0 ? a->s : a->m / (a->kmh / 3.6);
		c->n_closed += a->closed;
		if (a->closed || tail == UINT32_MAX || head == UINT32_MAX || tail == head)
			continue;
		c->arcs[c->n_arcs++] = (struct arc){ .tail = tail,
			.head = head,
			.m = (float)fmax(a->m, 0.1),
			.s = (float)fmax(s, 0.01),
			.twin = -1 };
	}
	qsort(c->arcs, c->n_arcs, sizeof *c->arcs, by_ends);
	for (size_t i = 0; i < c->n_arcs; i++) /* of parallel arcs the fastest stays */
		if (!n || c->arcs[n - 1].tail != c->arcs[i].tail ||
			c->arcs[n - 1].head != c->arcs[i].head)
			c->arcs[n++] = c->arcs[i];
	c->n_arcs = n;
	return true;
}

static bool link_arcs(struct city *c)
{
	uint32_t *fill;

	c->first_out = calloc(c->n_nodes + 2, sizeof(uint32_t));
	c->first_in = calloc(c->n_nodes + 2, sizeof(uint32_t));
	c->in = calloc(c->n_arcs + 1, sizeof(uint32_t));
	fill = calloc(c->n_nodes + 2, sizeof(uint32_t));
	if (!c->first_out || !c->first_in || !c->in || !fill) {
		free(fill);
		return false;
	}
	for (size_t i = 0; i < c->n_arcs; i++) {
		c->first_out[c->arcs[i].tail + 1]++;
		c->first_in[c->arcs[i].head + 1]++;
	}
	for (size_t i = 0; i < c->n_nodes; i++) {
		c->first_out[i + 1] += c->first_out[i];
		c->first_in[i + 1] += c->first_in[i];
	}
	for (size_t i = 0; i < c->n_arcs; i++) {
		uint32_t head = c->arcs[i].head;
		c->in[c->first_in[head] + fill[head]++] = (uint32_t)i;
		for (uint32_t k = c->first_out[head]; k < c->first_out[head + 1]; k++)
			if (c->arcs[k].head == c->arcs[i].tail)
				c->arcs[i].twin = (int32_t)k;
	}
	free(fill);
	return true;
}

/* Traffic, and with it crashes, by the fastest road at a junction: that of a side street is an
 * eighth of that of a main road. */
static bool set_busy(struct city *c)
{
	static const double MAIN_MPS = 60 / 3.6;

	c->busy = calloc(c->n_nodes, sizeof *c->busy);
	for (size_t i = 0; c->busy && i < c->n_arcs; i++) {
		const struct arc *a = &c->arcs[i];
		float v = (float)pow(fmin(a->m / a->s / MAIN_MPS, 1), 3);
		c->busy[a->tail] = fmaxf(c->busy[a->tail], v);
		c->busy[a->head] = fmaxf(c->busy[a->head], v);
	}
	return c->busy != NULL;
}

uint32_t city_draw_node(struct city *c, struct prng *r)
{
	uint32_t node = 0;

	for (int tries = 0; tries < 200; tries++) {
		node = (uint32_t)prng_below(r, c->n_nodes);
		if (prng_unit(r) < c->busy[node])
			break;
	}
	return node;
}

/* Free-flow speed over trips of 1 to 6 km between busy junctions: metres of the quickest ways by
 * their seconds. Where there are none so near, over any. */
static double trip_speed(struct city *c)
{
	struct prng p;
	double m[2] = { 0 }, s[2] = { 0 };

	prng_seed(&p, 20);
	for (int k = 0; k < 100; k++) {
		uint32_t to = city_draw_node(c, &p);
		for (int i = 0; i < 40; i++) {
			uint32_t u = city_draw_node(c, &p);
			double crow = geo_distance_m(c->at[u], c->at[to]);
			bool near = crow > 1000 && crow < 6000;
			while (u != to && city_s(c, u, to) < INFINITY) {
				const struct arc *a = &c->arcs[city_next_arc(c, u, to)];
				m[near] += a->m;
				s[near] += a->s;
				u = a->head;
			}
		}
	}
	if (s[1] > 0)
		return m[1] / s[1] * 3.6;
	return s[0] > 0 ? m[0] / s[0] * 3.6 : 0;
}

static void set_speed(struct city *c, const struct draft *d, double trip_kmh)
{
	c->timed = true;
	for (size_t i = 0; i < d->n_arcs; i++)
		c->timed = c->timed && d->arcs[i].s > 0;
	c->trip_kmh = trip_speed(c);
	if (!c->timed && c->trip_kmh > 0) {
		for (size_t i = 0; i < c->n_arcs; i++)
			c->arcs[i].s *= (float)(c->trip_kmh / trip_kmh);
		city_forget_rows(c);
		c->trip_kmh = trip_kmh;
	}
	for (size_t i = 0; i < c->n_arcs; i++)
		c->max_mps = fmax(c->max_mps, c->arcs[i].m / c->arcs[i].s);
}

static bool prepare(struct city *c)
{
	for (uint32_t i = 0; i < c->n_nodes; i++)
		if (c->first_out[i + 1] - c->first_out[i] > UINT8_MAX)
			return false;
	c->max_rows = ROWS_BYTES / (3 * c->n_nodes + 64);
	if (c->max_rows > c->n_nodes)
		c->max_rows = c->n_nodes;
	c->rows = calloc(c->n_nodes, sizeof *c->rows);
	c->row_ring = calloc(c->max_rows, sizeof *c->row_ring);
	return c->rows && c->row_ring && city_make_search(c) && city_make_grid(c);
}

struct city *city_build(struct draft *d, double trip_kmh, char *error, size_t size)
{
	struct halves h = { 0 };
	struct city *c = calloc(1, sizeof *c);
	uint32_t *number = calloc(d->n_nodes + 1, sizeof *number);
	bool ok = c && number && make_halves(d, &h);

	snprintf(error, size, "out of memory");
	if (ok) {
		uint32_t part = find_parts(d, &h);
		ok = keep_nodes(c, d, &h, part, number) && keep_arcs(c, d, number) && link_arcs(c);
	}
	if (ok && (c->n_nodes < 2 || !c->n_arcs)) {
		snprintf(error, size,
			"no two nodes can be reached from each other (%zu nodes, %zu arcs read)",
			d->n_nodes, d->n_arcs);
		ok = false;
	}
	ok = ok && set_busy(c) && prepare(c);
	if (ok)
		set_speed(c, d, trip_kmh);
	free_halves(&h);
	free(number);
	draft_free(d);
	if (ok) {
		*error = 0;
		return c;
	}
	city_free(c);
	return NULL;
}

void city_free(struct city *c)
{
	if (!c)
		return;
	if (c->rows)
		city_forget_rows(c);
	city_free_search(c);
	city_free_grid(c);
	free(c->rows);
	free(c->row_ring);
	free(c->at);
	free(c->busy);
	free(c->name);
	free(c->arcs);
	free(c->first_out);
	free(c->first_in);
	free(c->in);
	free(c);
}
