/* pbf.c - OpenStreetMap's PBF files: a row of blobs, each a block of nodes and ways.
 *
 * Everything in a file is suspected: sizes are bounded before memory is taken, a block has a
 * ceiling for its messages, indexes and lengths of lists are compared, and a fault names the byte
 * where the blob begins.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "dispatch/roads_builder.h"
#include "kit/arena.h"
#include "osm.pb-c.h"
#include "osm/osm.h"

enum {
	HEADER_MAX = 64 << 10,
	BLOB_MAX = 32 << 20,
	MESSAGES_MAX = 768 << 20, /* memory for one block's messages */
	TAGS_MAX = 1000,
};

struct reader {
	const char *name;
	const uint8_t *v;
	size_t len, at; /* at: of the blob being read */
	struct osm_network *w;
	struct arena arena;
	bool nodes; /* the second reading */
	size_t blocks;
	struct roads_fault *f;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct reader *r, const char *fmt, ...)
{
	char what[240];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return roads_fail(r->f, "%.100s offset %zu: %s", r->name, r->at, what);
}

static void *unpack(struct reader *r, const ProtobufCMessageDescriptor *d, const uint8_t *v,
	size_t len, const char *what)
{
	void *m = protobuf_c_message_unpack(d, &r->arena.pb, len, v);

	if (m)
		return m;
	if (r->arena.full)
		fail(r, "the %s needs more than %d MB", what, MESSAGES_MAX >> 20);
	else
		fail(r, "the %s is damaged", what);
	return NULL;
}

/* ---- a blob's bytes ---- */

static uint8_t *inflated(struct reader *r, const Osm__Blob *b)
{
	uLongf n = (uLongf)b->raw_size;
	uint8_t *to = arena_alloc(&r->arena, (size_t)b->raw_size + 1);
	int e;

	if (!to) {
		fail(r, "out of memory");
		return NULL;
	}
	e = uncompress(to, &n, b->zlib_data.data, b->zlib_data.len);
	if (e == Z_OK && n == (uLongf)b->raw_size)
		return to;
	fail(r, "the compressed block is damaged (%s, %lu of %d bytes)", zError(e), n, b->raw_size);
	return NULL;
}

static const uint8_t *block_bytes(struct reader *r, const Osm__Blob *b, size_t *ret_len)
{
	switch (b->data_case) {
	case OSM__BLOB__DATA_RAW:
		*ret_len = b->raw.len;
		return b->raw.len ? b->raw.data : (const uint8_t *)"";
	case OSM__BLOB__DATA_ZLIB_DATA:
		if (b->raw_size < 0 || b->raw_size > BLOB_MAX) {
			fail(r, "a block of %d bytes; %d are allowed", b->raw_size, BLOB_MAX);
			return NULL;
		}
		*ret_len = (size_t)b->raw_size;
		return inflated(r, b);
	default:
		fail(r, "a blob without data, or compressed another way than by zlib");
		return NULL;
	}
}

/* ---- blocks ---- */

static bool read_header(struct reader *r, const uint8_t *v, size_t len)
{
	static const char *const known[] = { "OsmSchema-V0.6", "DenseNodes" };
	Osm__HeaderBlock *h = unpack(r, &osm__header_block__descriptor, v, len, "header");

	if (!h)
		return false;
	for (size_t i = 0; i < h->n_required_features; i++) {
		bool ok = false;
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			ok = ok || !strcmp(h->required_features[i], known[k]);
		if (!ok)
			return fail(r, "the file needs '%.60s', which this reader doesn't know",
				h->required_features[i]);
	}
	return true;
}

/* Nanodegrees to degrees; false when the sum doesn't fit. */
static bool degrees(int64_t offset, int32_t granularity, int64_t v, double *ret)
{
	int64_t nano;

	if (__builtin_mul_overflow(v, (int64_t)granularity, &nano) ||
		__builtin_add_overflow(nano, offset, &nano))
		return false;
	*ret = (double)nano / 1e9;
	return true;
}

static bool take_node(
	struct reader *r, const Osm__PrimitiveBlock *b, int64_t id, int64_t lat, int64_t lon)
{
	struct roads_fault inner = { "" };
	int32_t granularity = b->granularity ? b->granularity : 100;
	struct lonlat at;

	if (!degrees(b->lon_offset, granularity, lon, &at.lon) ||
		!degrees(b->lat_offset, granularity, lat, &at.lat))
		return fail(r, "node %lld: its place is out of range", (long long)id);
	return osm_add_node(r->w, id, at, &inner) || fail(r, "%s", inner.text);
}

/* Differences that run over wrap round: what comes out is refused as a place or not asked for. */
static int64_t plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static bool take_dense(struct reader *r, const Osm__PrimitiveBlock *b, const Osm__DenseNodes *d)
{
	int64_t id = 0, lat = 0, lon = 0;

	if (d->n_id != d->n_lat || d->n_id != d->n_lon)
		return fail(r, "%zu nodes with %zu latitudes and %zu longitudes", d->n_id, d->n_lat,
			d->n_lon);
	for (size_t i = 0; i < d->n_id; i++) {
		id = plus(id, d->id[i]);
		lat = plus(lat, d->lat[i]);
		lon = plus(lon, d->lon[i]);
		if (!take_node(r, b, id, lat, lon))
			return false;
	}
	return true;
}

static bool take_nodes(struct reader *r, const Osm__PrimitiveBlock *b, const Osm__PrimitiveGroup *g)
{
	for (size_t i = 0; i < g->n_nodes; i++)
		if (!take_node(r, b, g->nodes[i]->id, g->nodes[i]->lat, g->nodes[i]->lon))
			return false;
	return !g->dense || take_dense(r, b, g->dense);
}

/* Texts of the block, ended by 0. */
static char **copy_strings(struct reader *r, const Osm__StringTable *t)
{
	char **s = arena_array(&r->arena, t->n_s + 1, sizeof(*s));

	for (size_t i = 0; s && i < t->n_s; i++) {
		const ProtobufCBinaryData *from = &t->s[i]; /* without data when empty */
		s[i] = arena_strndup(
			&r->arena, from->len ? (const char *)from->data : "", from->len);
		if (!s[i])
			return NULL;
	}
	return s;
}

static bool read_tags(
	struct reader *r, const Osm__Way *w, char *const *strings, size_t n, struct osm_tag *ret)
{
	if (w->n_keys != w->n_vals)
		return fail(r, "way %lld: %zu keys with %zu values", (long long)w->id, w->n_keys,
			w->n_vals);
	if (w->n_keys > TAGS_MAX)
		return fail(r, "way %lld: more than %d tags", (long long)w->id, TAGS_MAX);
	for (size_t i = 0; i < w->n_keys; i++) {
		if (w->keys[i] >= n || w->vals[i] >= n)
			return fail(
				r, "way %lld: a tag outside the block's texts", (long long)w->id);
		ret[i] = (struct osm_tag){ strings[w->keys[i]], strings[w->vals[i]] };
	}
	return true;
}

static bool take_way(struct reader *r, const Osm__Way *w, char *const *strings, size_t n)
{
	struct roads_fault inner = { "" };
	struct osm_tag tags[TAGS_MAX];
	int64_t id = 0;

	if (!read_tags(r, w, strings, n, tags))
		return false;
	/* The differences are added up in place. */
	for (size_t i = 0; i < w->n_refs; i++)
		w->refs[i] = id = plus(id, w->refs[i]);
	return osm_add_way(r->w, w->id, tags, w->n_keys, w->refs, w->n_refs, &inner) ||
	       fail(r, "%s", inner.text);
}

static bool take_ways(struct reader *r, const Osm__PrimitiveBlock *b, const Osm__PrimitiveGroup *g)
{
	static const Osm__StringTable none = OSM__STRING_TABLE__INIT;
	const Osm__StringTable *t = b->stringtable ? b->stringtable : &none;
	char **strings;

	if (!g->n_ways)
		return true;
	strings = copy_strings(r, t);
	if (!strings)
		return fail(r, "the block needs more than %d MB", MESSAGES_MAX >> 20);
	for (size_t i = 0; i < g->n_ways; i++)
		if (!take_way(r, g->ways[i], strings, t->n_s))
			return false;
	return true;
}

static bool read_data(struct reader *r, const uint8_t *v, size_t len)
{
	Osm__PrimitiveBlock *b = unpack(r, &osm__primitive_block__descriptor, v, len, "block");

	if (!b)
		return false;
	if (b->granularity < 0)
		return fail(r, "a granularity of %d", b->granularity);
	for (size_t i = 0; i < b->n_primitivegroup; i++)
		if (!(r->nodes ? take_nodes(r, b, b->primitivegroup[i])
			       : take_ways(r, b, b->primitivegroup[i])))
			return false;
	return true;
}

/* ---- the file ---- */

static bool read_blob(struct reader *r, const Osm__BlobHeader *h, const uint8_t *v)
{
	bool data = !strcmp(h->type, "OSMData");
	const uint8_t *bytes;
	Osm__Blob *b;
	size_t len;

	if (!data && strcmp(h->type, "OSMHeader") != 0)
		return true; /* for others */
	if (!r->blocks && data)
		return fail(r, "data comes before the header");
	r->blocks++;
	b = unpack(r, &osm__blob__descriptor, v, (size_t)h->datasize, "blob");
	bytes = b ? block_bytes(r, b, &len) : NULL;
	if (!bytes)
		return false;
	return data ? read_data(r, bytes, len) : read_header(r, bytes, len);
}

/* One blob with what stands before it; moves on. */
static bool read_next(struct reader *r)
{
	const uint8_t *p = r->v + r->at;
	size_t left = r->len - r->at;
	Osm__BlobHeader *h;
	size_t n;

	if (left < 4)
		return fail(r, "the file ends inside a length");
	n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (n > HEADER_MAX)
		return fail(r,
			"a blob's header of %zu bytes; this is no PBF file, or it is damaged", n);
	if (left - 4 < n)
		return fail(r, "the file ends inside a blob's header");
	h = unpack(r, &osm__blob_header__descriptor, p + 4, n, "blob's header");
	if (!h)
		return false;
	if (h->datasize < 0 || h->datasize > BLOB_MAX)
		return fail(r, "a blob of %d bytes; %d are allowed", h->datasize, BLOB_MAX);
	if (left - 4 - n < (size_t)h->datasize)
		return fail(r, "the file ends inside a blob: %zu of %d bytes are there",
			left - 4 - n, h->datasize);
	if (!read_blob(r, h, p + 4 + n))
		return false;
	r->at += 4 + n + (size_t)h->datasize;
	return true;
}

static bool read_file(struct reader *r, bool nodes)
{
	bool ok = true;

	r->nodes = nodes;
	r->at = r->blocks = 0;
	while (ok && r->at < r->len) {
		ok = read_next(r);
		arena_reset(&r->arena);
	}
	if (ok && !r->blocks)
		return fail(r, "an empty file");
	return ok;
}

struct roads *osm_from_pbf(const char *name, const void *v, size_t len, const struct osm_box *box,
	const struct roads_options *o, struct osm_report *ret, struct roads_fault *f)
{
	struct reader r = { .name = name, .v = v, .len = len, .w = osm_network_new(box), .f = f };
	bool ok = r.w;

	if (!ok)
		roads_fail(f, "out of memory");
	arena_init(&r.arena, MESSAGES_MAX);
	ok = ok && read_file(&r, false) && osm_nodes_wanted(r.w, f) && read_file(&r, true);
	arena_release(&r.arena);
	if (ok)
		return osm_build(r.w, o, ret, f);
	osm_network_free(r.w);
	return NULL;
}
