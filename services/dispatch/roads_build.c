/* roads_build.c - takes nodes and edges one by one, and refuses what can't be. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_builder.h"

static const double LENGTH_MAX_M = 1e6, TIME_MAX_S = 5e5;

void *list_add(struct list *l, size_t more, size_t size)
{
	if (l->n + more > l->room) {
		size_t room = l->room ? l->room * 2 : 64;
		while (room < l->n + more)
			room *= 2;
		void *v = realloc(l->v, room * size);
		if (!v)
			return NULL;
		l->v = v;
		l->room = room;
	}
	void *at = (char *)l->v + l->n * size;
	l->n += more;
	return at;
}

struct roads_builder *roads_builder_new(void)
{
	struct roads_builder *b = calloc(1, sizeof(*b));
	char *none = b ? list_add(&b->names, 1, 1) : NULL;

	if (!none) {
		free(b);
		return NULL;
	}
	*none = 0;
	return b;
}

void roads_builder_free(struct roads_builder *b)
{
	if (!b)
		return;
	free(b->nodes.v);
	free(b->edges.v);
	free(b->points.v);
	free(b->names.v);
	free(b->by_id);
	free(b->by_name);
	free(b);
}

/* ---- ids ---- */

static size_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	return (size_t)(x ^ x >> 33);
}

static uint32_t *slot_of_id(const struct roads_builder *b, int64_t id)
{
	const struct draft_node *nodes = b->nodes.v;
	size_t i = mix((uint64_t)id) & (b->by_id_room - 1);

	while (b->by_id[i] && nodes[b->by_id[i] - 1].id != id)
		i = (i + 1) & (b->by_id_room - 1);
	return &b->by_id[i];
}

static bool grow_ids(struct roads_builder *b)
{
	const struct draft_node *nodes = b->nodes.v;

	if ((b->nodes.n + 1) * 2 <= b->by_id_room)
		return true;
	free(b->by_id);
	b->by_id_room = b->by_id_room ? b->by_id_room * 2 : 1024;
	b->by_id = calloc(b->by_id_room, sizeof(uint32_t));
	if (!b->by_id) {
		b->by_id_room = 0;
		return false;
	}
	for (size_t i = 0; i < b->nodes.n; i++)
		*slot_of_id(b, nodes[i].id) = (uint32_t)i + 1;
	return true;
}

static int64_t find_node(const struct roads_builder *b, int64_t id)
{
	return b->by_id_room ? (int64_t)*slot_of_id(b, id) - 1 : ROADS_NONE;
}

bool builder_place(const struct roads_builder *b, int64_t id, struct lonlat *ret)
{
	int64_t i = find_node(b, id);

	if (i < 0)
		return false;
	*ret = point_place(((const struct draft_node *)b->nodes.v)[i].at);
	return true;
}

static struct image_point e7(struct lonlat p)
{
	return (struct image_point){ (int32_t)lround(p.lon * 1e7), (int32_t)lround(p.lat * 1e7) };
}

static bool check_place(struct lonlat at, struct roads_fault *f)
{
	if (isfinite(at.lat) && isfinite(at.lon) && fabs(at.lat) > 90 && fabs(at.lon) <= 90)
		return roads_fail(
			f, "latitude %.7g is outside -90..90: are lon and lat swapped?", at.lat);
	if (!geo_valid(at))
		return roads_fail(f, "%.7g %.7g is no place in the world", at.lon, at.lat);
	return true;
}

bool roads_add_node(struct roads_builder *b, int64_t id, struct lonlat at, struct roads_fault *f)
{
	struct draft_node *n;

	if (!check_place(at, f))
		return false;
	if (find_node(b, id) >= 0)
		return roads_fail(f, "node %lld is there twice", (long long)id);
	if (b->nodes.n >= ROADS_NODES_MAX)
		return roads_fail(f, "more than %d nodes", ROADS_NODES_MAX);
	if (!grow_ids(b) || !(n = list_add(&b->nodes, 1, sizeof(*n))))
		return roads_fail(f, "out of memory");
	*n = (struct draft_node){ id, e7(at) };
	*slot_of_id(b, id) = (uint32_t)b->nodes.n;
	return true;
}

/* ---- names ---- */

static uint32_t *slot_of_name(const struct roads_builder *b, const char *name)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (const char *p = name; *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
	size_t i = mix(h) & (b->by_name_room - 1);
	while (b->by_name[i] && strcmp((char *)b->names.v + b->by_name[i] - 1, name) != 0)
		i = (i + 1) & (b->by_name_room - 1);
	return &b->by_name[i];
}

static bool grow_names(struct roads_builder *b)
{
	uint32_t *old = b->by_name;
	size_t room = b->by_name_room;

	if ((b->n_names + 1) * 2 <= room)
		return true;
	b->by_name_room = room ? room * 2 : 256;
	b->by_name = calloc(b->by_name_room, sizeof(uint32_t));
	if (!b->by_name) {
		b->by_name = old;
		b->by_name_room = room;
		return false;
	}
	for (size_t i = 0; i < room; i++)
		if (old[i])
			*slot_of_name(b, (char *)b->names.v + old[i] - 1) = old[i];
	free(old);
	return true;
}

static bool add_name(
	struct roads_builder *b, const char *name, uint32_t *ret, struct roads_fault *f)
{
	size_t len = name ? strlen(name) : 0;
	uint32_t *slot;
	char *text;

	*ret = 0;
	if (!len)
		return true;
	if (!grow_names(b))
		return roads_fail(f, "out of memory");
	slot = slot_of_name(b, name);
	if (!*slot) {
		if (b->names.n + len + 1 > UINT32_MAX)
			return roads_fail(f, "names are longer than 4 GB");
		text = list_add(&b->names, len + 1, 1);
		if (!text)
			return roads_fail(f, "out of memory");
		memcpy(text, name, len + 1);
		*slot = (uint32_t)(text - (char *)b->names.v) + 1;
		b->n_names++;
	}
	*ret = *slot - 1;
	return true;
}

/* ---- edges ---- */

static double length_along(const struct roads_builder *b, const struct draft_edge *d)
{
	const struct draft_node *nodes = b->nodes.v;
	const struct image_point *inner = d->inner ? (const struct image_point *)b->points.v : NULL;
	struct lonlat last = point_place(nodes[d->from].at);
	double m = 0;

	for (uint16_t i = 0; i < d->inner; i++) {
		struct lonlat p = point_place(inner[d->shape + i]);
		m += geo_distance_m(last, p);
		last = p;
	}
	return m + geo_distance_m(last, point_place(nodes[d->to].at));
}

static bool add_inner(struct roads_builder *b, const struct roads_new_edge *e, struct draft_edge *d,
	struct roads_fault *f)
{
	struct image_point *to;

	if (e->n_inner > UINT16_MAX)
		return roads_fail(f, "an edge of more than %d points", UINT16_MAX);
	for (size_t i = 0; i < e->n_inner; i++)
		if (!check_place(e->inner[i], f))
			return false;
	if (b->points.n + e->n_inner > UINT32_MAX)
		return roads_fail(f, "more than %u points", UINT32_MAX);
	d->shape = (uint32_t)b->points.n;
	d->inner = (uint16_t)e->n_inner;
	if (!e->n_inner)
		return true;
	to = list_add(&b->points, e->n_inner, sizeof(*to));
	if (!to)
		return roads_fail(f, "out of memory");
	for (size_t i = 0; i < e->n_inner; i++)
		to[i] = e7(e->inner[i]);
	return true;
}

static bool check_figures(const struct roads_new_edge *e, struct roads_fault *f)
{
	if (!isfinite(e->length_m) || e->length_m < 0 || e->length_m > LENGTH_MAX_M)
		return roads_fail(f, "a length of %g m", e->length_m);
	if (!isfinite(e->seconds) || e->seconds < 0 || e->seconds > TIME_MAX_S)
		return roads_fail(f, "a time of %g s", e->seconds);
	if (!isfinite(e->limit_kmh) || e->limit_kmh < 0 || e->limit_kmh > 300)
		return roads_fail(f, "a speed of %g km/h", e->limit_kmh);
	return true;
}

static bool find_ends(const struct roads_builder *b, const struct roads_new_edge *e,
	struct draft_edge *d, struct roads_fault *f)
{
	int64_t from = find_node(b, e->from), to = find_node(b, e->to);

	if (from < 0 || to < 0)
		return roads_fail(
			f, "there is no node %lld", (long long)(from < 0 ? e->from : e->to));
	d->from = (uint32_t)from;
	d->to = (uint32_t)to;
	return true;
}

static bool set_figures(const struct roads_builder *b, const struct roads_new_edge *e,
	struct draft_edge *d, struct roads_fault *f)
{
	double m = e->length_m > 0 ? e->length_m : length_along(b, d);
	double s =
		e->seconds > 0 ? e->seconds : m / (road_class_kmh(e->class_, e->limit_kmh) / 3.6);

	if (m > LENGTH_MAX_M || s > TIME_MAX_S)
		return roads_fail(f, "an edge of %.0f km, %.0f hours", m / 1000, s / 3600);
	d->length_cm = (uint32_t)lround(m * 100);
	d->base_ms = (uint32_t)fmax(1, round(s * 1000));
	d->class_ = (uint8_t)e->class_;
	d->limit = (uint8_t)fmin(255, round(e->limit_kmh));
	d->flags = e->roundabout ? ROADS_ROUNDABOUT : 0;
	d->way = e->way >= 0 && e->way <= UINT32_MAX ? (uint32_t)e->way : 0;
	return true;
}

bool roads_add_edge(struct roads_builder *b, const struct roads_new_edge *e, struct roads_fault *f)
{
	struct draft_edge d = { 0 }, *to;
	size_t n = e->both_ways ? 2 : 1;

	if (!check_figures(e, f) || !find_ends(b, e, &d, f) || !add_inner(b, e, &d, f) ||
		!add_name(b, e->name, &d.name, f) || !set_figures(b, e, &d, f))
		return false;
	if (b->edges.n + n >= UINT32_MAX / 2)
		return roads_fail(f, "more than %u edges", UINT32_MAX / 2);
	to = list_add(&b->edges, n, sizeof(*to));
	if (!to)
		return roads_fail(f, "out of memory");
	d.order = (uint32_t)(b->edges.n - n);
	to[0] = d;
	if (e->both_ways) {
		to[1] = d;
		to[1].from = d.to;
		to[1].to = d.from;
		to[1].reversed = true;
		to[1].order++;
	}
	return true;
}
