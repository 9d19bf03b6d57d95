/* network.c - ways and their nodes become edges between the places where roads meet or end. */
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_builder.h"
#include "osm/osm.h"

enum { WAY_REFS_MAX = 100000 };

struct way {
	int64_t id;
	size_t first;
	uint32_t n;
	uint32_t name; /* offset */
	struct osm_road road;
};

struct wanted {
	int64_t id;
	struct lonlat at;
	uint8_t uses;      /* 2 and more: roads meet, or one ends */
	bool there, given; /* there: its place is known; given: the builder knows it */
};

struct osm_network {
	struct list ways, refs, names;
	struct wanted *nodes; /* sorted by id */
	size_t n_nodes;
	struct osm_box box;
	bool boxed;
	struct osm_report report;
};

struct osm_network *osm_network_new(const struct osm_box *box)
{
	struct osm_network *w = calloc(1, sizeof(*w));

	if (w && box) {
		w->box = *box;
		w->boxed = true;
	}
	return w;
}

void osm_network_free(struct osm_network *w)
{
	if (!w)
		return;
	free(w->ways.v);
	free(w->refs.v);
	free(w->names.v);
	free(w->nodes);
	free(w);
}

bool osm_add_way(struct osm_network *w, int64_t id, const struct osm_tag *tags, size_t n,
	const int64_t *refs, size_t n_refs, struct roads_fault *f)
{
	struct way way = { .id = id, .first = w->refs.n, .name = (uint32_t)w->names.n };

	w->report.ways++;
	if (n_refs < 2 || !osm_judge(tags, n, &way.road))
		return true;
	if (n_refs > WAY_REFS_MAX)
		return roads_fail(f, "way %lld has %zu nodes", (long long)id, n_refs);
	size_t len = strlen(way.road.name) + 1;
	if (w->names.n + len > UINT32_MAX)
		return roads_fail(f, "names are longer than 4 GB");
	way.n = (uint32_t)n_refs;
	struct way *to = list_add(&w->ways, 1, sizeof(*to));
	int64_t *to_refs = list_add(&w->refs, n_refs, sizeof(*to_refs));
	char *to_name = list_add(&w->names, len, 1);
	if (!to || !to_refs || !to_name)
		return roads_fail(f, "out of memory");
	memcpy(to_refs, refs, n_refs * sizeof(*refs));
	memcpy(to_name, way.road.name, len);
	*to = way;
	w->report.ways_kept++;
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static struct wanted *find(const struct osm_network *w, int64_t id)
{
	struct wanted key = { .id = id };

	return w->n_nodes ? bsearch(&key, w->nodes, w->n_nodes, sizeof(key), by_id) : NULL;
}

bool osm_nodes_wanted(struct osm_network *w, struct roads_fault *f)
{
	const int64_t *refs = w->refs.v;
	const struct way *ways = w->ways.v;
	size_t n = 0;

	w->nodes = calloc(w->refs.n + 1, sizeof(*w->nodes));
	if (!w->nodes)
		return roads_fail(f, "out of memory");
	for (size_t i = 0; i < w->refs.n; i++)
		w->nodes[i].id = refs[i];
	qsort(w->nodes, w->refs.n, sizeof(*w->nodes), by_id);
	for (size_t i = 0; i < w->refs.n; i++) {
		if (n && w->nodes[n - 1].id == w->nodes[i].id) {
			if (w->nodes[n - 1].uses < 2)
				w->nodes[n - 1].uses++;
			continue;
		}
		w->nodes[n] = w->nodes[i];
		w->nodes[n++].uses = 1;
	}
	w->n_nodes = n;
	for (size_t i = 0; i < w->ways.n; i++) {
		find(w, refs[ways[i].first])->uses = 2;
		find(w, refs[ways[i].first + ways[i].n - 1])->uses = 2;
	}
	return true;
}

static bool inside(const struct osm_network *w, struct lonlat p)
{
	return !w->boxed || (p.lon >= w->box.west && p.lon <= w->box.east &&
				    p.lat >= w->box.south && p.lat <= w->box.north);
}

bool osm_add_node(struct osm_network *w, int64_t id, struct lonlat at, struct roads_fault *f)
{
	struct wanted *n = find(w, id);

	if (!n)
		return true;
	if (!geo_valid(at))
		return roads_fail(f, "node %lld: %.7g %.7g is no place in the world", (long long)id,
			at.lon, at.lat);
	if (inside(w, at)) {
		n->at = at;
		n->there = true;
	}
	return true;
}

/* ---- cutting ---- */

struct cutter {
	struct osm_network *w;
	struct roads_builder *b;
	struct lonlat *inner;
	struct roads_fault *f;
};

static bool give(struct cutter *c, struct wanted *n)
{
	if (n->given)
		return true;
	n->given = true;
	return roads_add_node(c->b, n->id, n->at, c->f);
}

static bool add_edge(struct cutter *c, const struct roads_new_edge *e)
{
	struct roads_fault inner = { "" };

	return roads_add_edge(c->b, e, &inner) ||
	       roads_fail(c->f, "way %lld: %s", (long long)e->way, inner.text);
}

/* One direction or both of the piece with the points taken so far. */
static bool add_piece(struct cutter *c, const struct way *way, struct wanted *from,
	struct wanted *to, const struct lonlat *inner, size_t n_inner)
{
	const struct osm_road *r = &way->road;
	struct roads_new_edge e = { .from = from->id,
		.to = to->id,
		.class_ = r->class_,
		.limit_kmh = r->forward ? r->limit_forward : r->limit_backward,
		.name = (const char *)c->w->names.v + way->name,
		.inner = inner,
		.n_inner = n_inner,
		.way = way->id,
		.roundabout = r->roundabout };
	bool same_limit =
		!(r->limit_forward < r->limit_backward) && !(r->limit_forward > r->limit_backward);

	if (!give(c, from) || !give(c, to))
		return false;
	e.both_ways = r->forward && r->backward && same_limit;
	if (r->forward && !add_edge(c, &e))
		return false;
	if (!r->backward || e.both_ways)
		return true;
	/* Back over the same points. */
	for (size_t i = 0; i < n_inner / 2; i++) {
		struct lonlat t = c->inner[i];
		c->inner[i] = c->inner[n_inner - 1 - i];
		c->inner[n_inner - 1 - i] = t;
	}
	e.from = to->id;
	e.to = from->id;
	e.inner = c->inner;
	e.limit_kmh = r->limit_backward;
	return add_edge(c, &e);
}

/* A way from the node at `i` to the next one where roads meet; a ring is cut in the middle, since
 * an edge must not end where it begins. Returns where it ended, 0 with a fault. */
static uint32_t cut_piece(struct cutter *c, const struct way *way, const int64_t *refs, uint32_t i)
{
	struct wanted *from = find(c->w, refs[i]), *n = NULL;
	size_t inner = 0;
	uint32_t k;

	for (k = i + 1; k < way->n; k++) {
		n = find(c->w, refs[k]);
		if (!n->there)
			return k;
		if (n == from && !inner)
			continue; /* the same node again */
		if (n->uses > 1 || k + 1 == way->n || inner + 1 == UINT16_MAX)
			break;
		c->inner[inner++] = n->at;
	}
	if (k == way->n)
		return k;
	if (n == from) {
		/* Ends at the last but one point, and goes on from there. */
		for (k--; find(c->w, refs[k]) == from;)
			k--;
		n = find(c->w, refs[k]);
		inner--;
	}
	return add_piece(c, way, from, n, c->inner, inner) ? k : 0;
}

static bool cut_way(struct cutter *c, const struct way *way)
{
	const int64_t *refs = (const int64_t *)c->w->refs.v + way->first;
	uint32_t i = 0;

	while (i + 1 < way->n) {
		if (!find(c->w, refs[i])->there) {
			i++;
			continue;
		}
		i = cut_piece(c, way, refs, i);
		if (!i)
			return false;
	}
	return true;
}

struct roads *osm_build(struct osm_network *w, const struct roads_options *o,
	struct osm_report *ret, struct roads_fault *f)
{
	struct cutter c = { w, roads_builder_new(), calloc(WAY_REFS_MAX, sizeof(*c.inner)), f };
	const struct way *ways = w->ways.v;
	bool ok = c.b && c.inner;
	struct roads *r = NULL;

	if (!ok)
		roads_fail(f, "out of memory");
	for (size_t i = 0; i < w->n_nodes; i++)
		w->report.nodes_missing += !w->nodes[i].there;
	for (size_t i = 0; ok && i < w->ways.n; i++)
		ok = cut_way(&c, &ways[i]);
	free(c.inner);
	if (ok)
		r = roads_build(c.b, o, &w->report.graph, f);
	else
		roads_builder_free(c.b);
	if (ret)
		*ret = w->report;
	osm_network_free(w);
	return r;
}
