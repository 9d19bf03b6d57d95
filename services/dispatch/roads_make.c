/* roads_make.c - lays the nodes and edges of a builder out as the image of a graph. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_builder.h"

/* Node of the builder with its place on a curve through the plane. */
struct ranked {
	uint64_t key;
	int64_t id;
	uint32_t node;
};

struct make {
	struct roads_builder *b;
	const struct roads_options *o;
	bool *in;
	struct ranked *ranked;    /* kept nodes in their new order */
	uint32_t *index;          /* builder's node -> new */
	struct draft_edge *edges; /* kept ones, with new ends, sorted */
	uint32_t *shape;
	struct list names; /* char */
	uint32_t *renamed; /* builder's name -> offset + 1; indexed by offset */
	struct list items; /* grid_item */
	struct image_header head;
	size_t n_points;
};

/* Hilbert's curve on 2^16 x 2^16: near on it is near on the ground, so searches stay in the cache.
 */
static uint64_t hilbert(uint32_t x, uint32_t y)
{
	uint64_t d = 0;

	for (uint32_t s = 1u << 15; s; s >>= 1) {
		uint32_t rx = (x & s) != 0, ry = (y & s) != 0;
		d += (uint64_t)s * s * ((3 * rx) ^ ry);
		if (!ry) {
			if (rx) {
				x = ~x;
				y = ~y;
			}
			uint32_t t = x;
			x = y;
			y = t;
		}
	}
	return d;
}

static uint64_t curve_key(struct image_point p)
{
	uint32_t x = (uint32_t)((p.lon_e7 + INT64_C(1800000000)) >> 16);
	uint32_t y = (uint32_t)((p.lat_e7 + INT64_C(900000000)) >> 16);
	/* 2^16 of 1e-7 degrees is 700 m: the curve runs over such squares, and inside one by the
	 * lower bits. */
	uint32_t fx = (uint32_t)(p.lon_e7 + INT64_C(1800000000)) & 0xffff;
	uint32_t fy = (uint32_t)(p.lat_e7 + INT64_C(900000000)) & 0xffff;

	return hilbert(x, y) << 32 | hilbert(fx, fy);
}

static int by_curve(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static bool keep_nodes(struct make *m)
{
	const struct draft_node *nodes = m->b->nodes.v;
	uint32_t n = 0;

	m->in = malloc(m->b->nodes.n + 1);
	m->ranked = calloc(m->b->nodes.n + 1, sizeof(*m->ranked));
	m->index = calloc(m->b->nodes.n + 1, sizeof(*m->index));
	if (!m->in || !m->ranked || !m->index)
		return false;
	memset(m->in, 1, m->b->nodes.n + 1);
	if (!m->o->keep_parts && !roads_main_part(m->b, m->in))
		return false;
	for (uint32_t i = 0; i < m->b->nodes.n; i++)
		if (m->in[i])
			m->ranked[n++] = (struct ranked){ curve_key(nodes[i].at), nodes[i].id, i };
	qsort(m->ranked, n, sizeof(*m->ranked), by_curve);
	for (uint32_t i = 0; i < n; i++)
		m->index[m->ranked[i].node] = i;
	m->head.n_nodes = n;
	return true;
}

static int by_ends(const void *a, const void *b)
{
	const struct draft_edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->base_ms != y->base_ms)
		return x->base_ms < y->base_ms ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Inner point i of an edge in its own direction. */
static struct image_point inner_of(const struct make *m, const struct draft_edge *e, uint32_t i)
{
	const struct image_point *p = (const struct image_point *)m->b->points.v + e->shape;

	return p[e->reversed ? e->inner - 1u - i : i];
}

/* The same road given twice, as by lists that name both directions of each road both ways. */
static bool same_edge(const struct make *m, const struct draft_edge *a, const struct draft_edge *b)
{
	if (a->from != b->from || a->to != b->to || a->base_ms != b->base_ms ||
		a->length_cm != b->length_cm || a->class_ != b->class_ || a->name != b->name ||
		a->inner != b->inner)
		return false;
	for (uint32_t i = 0; i < a->inner; i++) {
		struct image_point p = inner_of(m, a, i), q = inner_of(m, b, i);
		if (p.lon_e7 != q.lon_e7 || p.lat_e7 != q.lat_e7)
			return false;
	}
	return true;
}

static bool keep_edges(struct make *m)
{
	const struct draft_edge *all = m->b->edges.v;
	uint32_t n = 0, kept = 0;

	m->edges = calloc(m->b->edges.n + 1, sizeof(*m->edges));
	m->shape = calloc(m->b->edges.n + 1, sizeof(*m->shape));
	if (!m->edges || !m->shape)
		return false;
	for (size_t i = 0; i < m->b->edges.n; i++)
		if (m->in[all[i].from] && m->in[all[i].to]) {
			m->edges[n] = all[i];
			m->edges[n].from = m->index[all[i].from];
			m->edges[n].to = m->index[all[i].to];
			n++;
		}
	qsort(m->edges, n, sizeof(*m->edges), by_ends);
	for (uint32_t i = 0; i < n; i++)
		if (!kept || !same_edge(m, &m->edges[i], &m->edges[kept - 1]))
			m->edges[kept++] = m->edges[i];
	m->head.n_edges = kept;
	return true;
}

static bool mirrors(const struct make *m, const struct draft_edge *e, const struct draft_edge *o)
{
	if (o->to != e->from || o->inner != e->inner)
		return false;
	for (uint32_t i = 0; i < e->inner; i++) {
		struct image_point a = inner_of(m, e, i), b = inner_of(m, o, e->inner - 1u - i);
		if (a.lon_e7 != b.lon_e7 || a.lat_e7 != b.lat_e7)
			return false;
	}
	return true;
}

/* The edge that runs the other way over the same points, when it comes before this one. */
static const struct draft_edge *mirror_of(
	const struct make *m, const uint32_t *first, const struct draft_edge *e)
{
	if (e->to >= e->from)
		return NULL;
	for (uint32_t i = first[e->to]; i < first[e->to + 1]; i++)
		if (mirrors(m, e, &m->edges[i]))
			return &m->edges[i];
	return NULL;
}

static uint32_t *list_firsts(const struct make *m)
{
	uint32_t *first = calloc(m->head.n_nodes + (size_t)2, sizeof(*first));

	for (uint32_t i = 0; first && i < m->head.n_edges; i++)
		first[m->edges[i].from + 1]++;
	for (uint32_t i = 0; first && i < m->head.n_nodes; i++)
		first[i + 1] += first[i];
	return first;
}

/* Both directions of a road share their points. */
static bool place_shapes(struct make *m)
{
	uint32_t *first = list_firsts(m);

	if (!first)
		return false;
	for (uint32_t i = 0; i < m->head.n_edges; i++) {
		struct draft_edge *e = &m->edges[i];
		const struct draft_edge *o = e->inner ? mirror_of(m, first, e) : NULL;
		if (o) {
			m->shape[i] = m->shape[o - m->edges];
			e->flags |= ROADS_REVERSED;
		} else {
			m->shape[i] = e->inner ? m->head.n_points : 0;
			m->head.n_points += e->inner;
		}
	}
	free(first);
	return true;
}

static bool place_names(struct make *m)
{
	const char *old = m->b->names.v;
	char *to = list_add(&m->names, 1, 1);

	m->renamed = calloc(m->b->names.n, sizeof(uint32_t));
	if (!to || !m->renamed)
		return false;
	*to = 0;
	for (uint32_t i = 0; i < m->head.n_edges; i++) {
		uint32_t at = m->edges[i].name;
		if (!at || m->renamed[at])
			continue;
		size_t len = strlen(old + at) + 1;
		to = list_add(&m->names, len, 1);
		if (!to)
			return false;
		memcpy(to, old + at, len);
		m->renamed[at] = (uint32_t)(to - (char *)m->names.v);
	}
	m->head.name_bytes = (uint32_t)m->names.n;
	return true;
}

/* ---- writing ---- */

static void widen(struct image_header *h, struct image_point p)
{
	h->sw.lon_e7 = p.lon_e7 < h->sw.lon_e7 ? p.lon_e7 : h->sw.lon_e7;
	h->sw.lat_e7 = p.lat_e7 < h->sw.lat_e7 ? p.lat_e7 : h->sw.lat_e7;
	h->ne.lon_e7 = p.lon_e7 > h->ne.lon_e7 ? p.lon_e7 : h->ne.lon_e7;
	h->ne.lat_e7 = p.lat_e7 > h->ne.lat_e7 ? p.lat_e7 : h->ne.lat_e7;
}

static void find_bounds(struct make *m)
{
	const struct draft_node *nodes = m->b->nodes.v;

	m->head.sw = (struct image_point){ INT32_MAX, INT32_MAX };
	m->head.ne = (struct image_point){ INT32_MIN, INT32_MIN };
	for (uint32_t i = 0; i < m->head.n_nodes; i++)
		widen(&m->head, nodes[m->ranked[i].node].at);
	for (uint32_t i = 0; i < m->head.n_edges; i++)
		for (uint32_t k = 0; k < m->edges[i].inner; k++)
			widen(&m->head, inner_of(m, &m->edges[i], k));
}

static void write_nodes(const struct make *m, struct image_node *to)
{
	const struct draft_node *nodes = m->b->nodes.v;

	for (uint32_t i = 0; i < m->head.n_nodes; i++) {
		const struct draft_node *n = &nodes[m->ranked[i].node];
		to[i] = (struct image_node){ .at = n->at, .id = n->id };
	}
	for (uint32_t i = 0; i < m->head.n_edges; i++) {
		to[m->edges[i].from + 1].first_out++;
		to[m->edges[i].to + 1].first_in++;
	}
	for (uint32_t i = 0; i < m->head.n_nodes; i++) {
		to[i + 1].first_out += to[i].first_out;
		to[i + 1].first_in += to[i].first_in;
	}
}

/* The zone of an edge is the district its middle lies in. */
static uint16_t zone_of(const struct make *m, const struct roads *r, uint32_t edge)
{
	const struct roads_edge *e = &r->edges[edge];
	struct image_point a = edge_point(r, e, e->inner / 2u);
	struct image_point b = edge_point(r, e, e->inner / 2u + 1);
	struct lonlat mid = { (a.lon_e7 / 2.0 + b.lon_e7 / 2.0) / 1e7,
		(a.lat_e7 / 2.0 + b.lat_e7 / 2.0) / 1e7 };
	int area = m->o->districts ? areas_find(m->o->districts, mid) : -1;

	return (uint16_t)(area + 1);
}

static void write_edges(const struct make *m, const struct roads *r, struct roads_edge *to,
	struct image_point *points)
{
	for (uint32_t i = 0; i < m->head.n_edges; i++) {
		const struct draft_edge *e = &m->edges[i];
		to[i] = (struct roads_edge){ .from = e->from,
			.to = e->to,
			.base_ms = e->base_ms,
			.length_cm = e->length_cm,
			.name = e->name ? m->renamed[e->name] : 0,
			.shape = m->shape[i],
			.inner = e->inner,
			.class_ = e->class_,
			.limit = e->limit,
			.flags = e->flags,
			.way = e->way };
		for (uint32_t k = 0; !(e->flags & ROADS_REVERSED) && k < e->inner; k++)
			points[m->shape[i] + k] = inner_of(m, e, k);
		to[i].zone = zone_of(m, r, i);
	}
}

static bool write_arcs(const struct roads *r, struct image_arc *to)
{
	uint32_t n = r->head->n_nodes;
	uint32_t *next = malloc((n + (size_t)1) * sizeof(*next));

	if (!next)
		return false;
	for (uint32_t i = 0; i < n; i++)
		next[i] = r->nodes[i].first_in;
	for (uint32_t i = 0; i < r->head->n_edges; i++) {
		const struct roads_edge *e = &r->edges[i];
		to[next[e->to]++] = (struct image_arc){
			.from = e->from, .edge = i, .base_ms = e->base_ms, .kind = edge_kind(e)
		};
	}
	free(next);
	return true;
}

static void write_grid(const struct make *m, uint32_t *cells, uint32_t *items)
{
	const struct grid_item *from = m->items.v;
	uint64_t n = (uint64_t)m->head.columns * m->head.rows;

	for (size_t i = 0; i < m->items.n; i++) {
		cells[from[i].cell + 1]++;
		items[i] = from[i].edge;
	}
	for (uint64_t i = 0; i < n; i++)
		cells[i + 1] += cells[i];
}

static void write_texts(const struct make *m, char *base, const uint64_t *at)
{
	struct image_zone *zones = (struct image_zone *)(void *)(base + at[PART_ZONES]);

	for (uint32_t i = 1; i < m->head.n_zones; i++)
		snprintf(zones[i].code, sizeof(zones[i].code), "%s",
			areas_code(m->o->districts, i - 1));
	memcpy(base + at[PART_NAMES], m->names.v, m->names.n);
	memcpy(base + at[PART_SOURCE], m->o->source ? m->o->source : "", m->head.source_bytes);
}

/* A graph over the parts that are written already, for those that follow. */
static struct roads view(char *base, const uint64_t *at)
{
	return (struct roads){ .head = (const void *)base,
		.nodes = (const void *)(base + at[PART_NODES]),
		.edges = (const void *)(base + at[PART_EDGES]),
		.arcs = (const void *)(base + at[PART_ARCS]),
		.points = (const void *)(base + at[PART_POINTS]) };
}

static char *write_image(struct make *m, uint64_t at[static PARTS])
{
	char *base, *whole;
	struct roads r;

	image_layout(&m->head, at);
	base = calloc(1, at[PART_END]);
	if (!base)
		return NULL;
	memcpy(base, &m->head, sizeof(m->head));
	r = view(base, at);
	write_nodes(m, (void *)(base + at[PART_NODES]));
	write_edges(m, &r, (void *)(base + at[PART_EDGES]), (void *)(base + at[PART_POINTS]));
	if (!roads_grid_items(&r, &m->items) || m->items.n > UINT32_MAX ||
		!write_arcs(&r, (void *)(base + at[PART_ARCS]))) {
		free(base);
		return NULL;
	}
	m->head.n_items = (uint32_t)m->items.n;
	image_layout(&m->head, at);
	whole = realloc(base, at[PART_END]);
	if (!whole) {
		free(base);
		return NULL;
	}
	/* What follows the zones was not written before the number of items was known. */
	memset(whole + at[PART_ZONES], 0, at[PART_END] - at[PART_ZONES]);
	write_grid(m, (void *)(whole + at[PART_CELLS]), (void *)(whole + at[PART_ITEMS]));
	write_texts(m, whole, at);
	return whole;
}

static void seal(struct make *m, char *base, size_t len)
{
	m->head.size = len;
	memcpy(base, &m->head, sizeof(m->head));
	image_digest(base, len, m->head.digest);
	memcpy(base, &m->head, sizeof(m->head));
}

static bool prepare(struct make *m, struct roads_fault *f)
{
	memcpy(m->head.magic, ROADS_MAGIC, sizeof(ROADS_MAGIC));
	m->head.version = ROADS_VERSION;
	m->head.order = ROADS_ORDER;
	m->head.n_zones = 1;
	if (m->o->districts)
		m->head.n_zones += (uint32_t)areas_count(m->o->districts);
	if (m->head.n_zones > ROADS_ZONES_MAX)
		return roads_fail(f, "more than %d districts", ROADS_ZONES_MAX - 1);
	m->head.source_bytes = (uint32_t)strlen(m->o->source ? m->o->source : "") + 1;
	if (!keep_nodes(m) || !keep_edges(m) || !place_shapes(m) || !place_names(m))
		return roads_fail(f, "out of memory");
	if (!m->head.n_edges)
		return roads_fail(f,
			"no two places are joined both ways: %zu nodes, %zu edges given",
			m->b->nodes.n, m->b->edges.n);
	find_bounds(m);
	return roads_grid_size(&m->head);
}

static void make_free(struct make *m)
{
	free(m->in);
	free(m->ranked);
	free(m->index);
	free(m->edges);
	free(m->shape);
	free(m->names.v);
	free(m->renamed);
	free(m->items.v);
	roads_builder_free(m->b);
}

static void report(const struct make *m, struct roads_report *ret)
{
	double cm = 0;

	for (uint32_t i = 0; i < m->head.n_edges; i++)
		cm += m->edges[i].length_cm;
	*ret = (struct roads_report){ m->head.n_nodes, m->head.n_edges,
		m->b->nodes.n - m->head.n_nodes, m->b->edges.n - m->head.n_edges, cm / 1e5 };
}

struct roads *roads_build(struct roads_builder *b, const struct roads_options *o,
	struct roads_report *ret, struct roads_fault *f)
{
	static const struct roads_options none;
	struct make m = { .b = b, .o = o ? o : &none };
	uint64_t at[PARTS];
	struct roads *r = NULL;
	char *image;

	if (prepare(&m, f)) {
		image = write_image(&m, at);
		if (image) {
			if (ret)
				report(&m, ret);
			seal(&m, image, at[PART_END]);
			r = roads_own(image, at[PART_END], f);
		} else {
			roads_fail(f, "out of memory");
		}
	}
	make_free(&m);
	return r;
}
