/* xml.c - OpenStreetMap's XML files (.osm), read twice by expat: ways, then nodes. */
#include <errno.h>
#include <expat.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_builder.h"
#include "osm/osm.h"

enum { TAGS_MAX = 1000, REFS_MAX = 100001, CHUNK = 1 << 20 };

struct reader {
	const char *name;
	XML_Parser parser;
	struct osm_network *w;
	bool nodes, root, in_way;
	int64_t id;
	struct osm_tag tags[TAGS_MAX];
	size_t n_tags;
	struct list refs; /* int64 */
	struct roads_fault *f;
};

__attribute__((format(printf, 2, 3))) static void fail(struct reader *r, const char *fmt, ...)
{
	char what[240];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	roads_fail(r->f, "%.100s line %lu: %s", r->name,
		(unsigned long)XML_GetCurrentLineNumber(r->parser), what);
	XML_StopParser(r->parser, XML_FALSE);
}

static const char *attribute(const char **v, const char *key)
{
	for (; v[0]; v += 2)
		if (!strcmp(v[0], key))
			return v[1];
	return NULL;
}

static bool read_id(struct reader *r, const char **v, const char *key, int64_t *ret)
{
	const char *s = attribute(v, key);
	char *end;

	errno = 0;
	*ret = s ? strtoll(s, &end, 10) : 0;
	if (s && end != s && !*end && !errno)
		return true;
	fail(r, "%s '%.40s' is not a whole number", key, s ? s : "");
	return false;
}

static bool read_degrees(struct reader *r, const char **v, const char *key, double *ret)
{
	const char *s = attribute(v, key);
	char *end;

	*ret = s ? strtod(s, &end) : 0;
	if (s && end != s && !*end)
		return true;
	fail(r, "%s '%.40s' is not a number", key, s ? s : "");
	return false;
}

static void take_node(struct reader *r, const char **v)
{
	struct roads_fault inner = { "" };
	struct lonlat at;
	int64_t id;

	if (!read_id(r, v, "id", &id) || !read_degrees(r, v, "lon", &at.lon) ||
		!read_degrees(r, v, "lat", &at.lat))
		return;
	if (!osm_add_node(r->w, id, at, &inner))
		fail(r, "%s", inner.text);
}

static void take_ref(struct reader *r, const char **v)
{
	int64_t id, *to;

	if (!read_id(r, v, "ref", &id))
		return;
	to = r->refs.n < REFS_MAX ? list_add(&r->refs, 1, sizeof(*to)) : NULL;
	if (!to) {
		fail(r, "way %lld: too many nodes", (long long)r->id);
		return;
	}
	*to = id;
}

static void take_tag(struct reader *r, const char **v)
{
	const char *key = attribute(v, "k"), *value = attribute(v, "v");
	struct osm_tag *to = &r->tags[r->n_tags];

	if (r->n_tags == TAGS_MAX) {
		fail(r, "way %lld: more than %d tags", (long long)r->id, TAGS_MAX);
		return;
	}
	/* Freed with the way, also when one of them failed. */
	*to = (struct osm_tag){ strdup(key ? key : ""), strdup(value ? value : "") };
	r->n_tags++;
	if (!to->key || !to->value)
		fail(r, "out of memory");
}

static void drop_way(struct reader *r)
{
	for (size_t i = 0; i < r->n_tags; i++) {
		free((void *)(uintptr_t)r->tags[i].key);
		free((void *)(uintptr_t)r->tags[i].value);
	}
	r->n_tags = r->refs.n = 0;
	r->in_way = false;
}

static void on_start(void *ctx, const char *element, const char **v)
{
	struct reader *r = ctx;

	if (!r->root) {
		r->root = true;
		if (strcmp(element, "osm") != 0)
			fail(r, "begins with <%.40s>, not <osm>", element);
	} else if (r->nodes) {
		if (!strcmp(element, "node"))
			take_node(r, v);
	} else if (!strcmp(element, "way")) {
		r->in_way = read_id(r, v, "id", &r->id);
	} else if (r->in_way && !strcmp(element, "nd")) {
		take_ref(r, v);
	} else if (r->in_way && !strcmp(element, "tag")) {
		take_tag(r, v);
	}
}

static void on_end(void *ctx, const char *element)
{
	struct reader *r = ctx;
	struct roads_fault inner = { "" };

	if (!r->in_way || strcmp(element, "way") != 0)
		return;
	if (!osm_add_way(r->w, r->id, r->tags, r->n_tags, r->refs.v, r->refs.n, &inner))
		fail(r, "%s", inner.text);
	drop_way(r);
}

static bool parse_all(struct reader *r, const char *v, size_t len)
{
	size_t at = 0;

	do {
		size_t n = len - at < CHUNK ? len - at : CHUNK;
		if (XML_Parse(r->parser, v + at, (int)n, at + n == len) != XML_STATUS_OK) {
			if (!r->f->text[0])
				fail(r, "%s", XML_ErrorString(XML_GetErrorCode(r->parser)));
			return false;
		}
		at += n;
	} while (at < len);
	return true;
}

static bool read_file(struct reader *r, const char *v, size_t len, bool nodes)
{
	bool ok;

	r->parser = XML_ParserCreate(NULL);
	if (!r->parser)
		return roads_fail(r->f, "out of memory");
	r->nodes = nodes;
	r->root = false;
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	ok = parse_all(r, v, len);
	drop_way(r);
	XML_ParserFree(r->parser);
	return ok;
}

struct roads *osm_from_xml(const char *name, const void *v, size_t len, const struct osm_box *box,
	const struct roads_options *o, struct osm_report *ret, struct roads_fault *f)
{
	struct reader *r = calloc(1, sizeof(*r));
	struct roads *graph = NULL;
	bool ok;

	if (!r) {
		roads_fail(f, "out of memory");
		return NULL;
	}
	*r = (struct reader){ .name = name, .w = osm_network_new(box), .f = f };
	ok = r->w && read_file(r, v, len, false) && osm_nodes_wanted(r->w, f) &&
	     read_file(r, v, len, true);
	if (ok)
		graph = osm_build(r->w, o, ret, f);
	else
		osm_network_free(r->w);
	free(r->refs.v);
	free(r);
	return graph;
}
