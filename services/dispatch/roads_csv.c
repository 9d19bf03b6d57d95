/* roads_csv.c - a road graph from two CSV files: nodes with their places, edges between them.
 *
 * Columns are found by their headers, in any order, with any case and punctuation:
 *   nodes  id: node, id, nodeid, index, osmid        place: lon*, lng, x / lat*, y
 *   edges  from, to (also u/v, source/target, fromNode/toNode, start/end, tail/head)
 *          length in m (lengthm, distm) or km (lengthkm, distkm); one without a unit (length,
 *          dist, distance) is in the one of the two that agrees with the nodes' places
 *          class (fclass, highway, class, roadclass, type), signed limit (maxspeed, osmmaxspeed,
 *          speedlimit, speedkmh), name, way or osmid, oneway, junction
 *          time in s (seconds, times, traveltime), min (minutes), or days (mode1, mode2 ...: the
 *          last mode counts, ordinary driving)
 *          geometry: "lon lat; lon lat ..." or WKT LINESTRING, with its ends
 * An edge is one direction. A column "oneway" says which rows mean both; so does a table before the
 * edges with the column "arcForm" and the value "undirected". Rows before the header are skipped.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_builder.h"
#include "dispatch/roads_limits.h"
#include "dispatch/roads_table.h"

enum { HEADER_WITHIN = 50, GUESS_ROWS = 1000, GEOMETRY_POINTS = UINT16_MAX + 2 };
/* A drawn road begins at its node, give or take. */
static const double GEOMETRY_OFF_M = 500;

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct reader {
	struct roads_builder *b;
	const struct roads_options *o;
	struct roads_fault *f;
	struct lonlat *points; /* of one geometry */
	bool undirected;
	size_t with_length, too_short, first_short; /* lengths below the straight line */
};

static bool to_wgs84(const struct roads_options *o, struct lonlat *p)
{
	return !o->datum || geo_to_wgs84(o->datum, *p, p);
}

/* ---- nodes ---- */

struct node_columns {
	int id, lon, lat;
};

static bool find_node_columns(const struct table *t, struct node_columns *c)
{
	c->id = table_column(t, WORDS("node", "nodeid", "id", "index", "osmid"));
	c->lon = table_column(t, WORDS("lonwgs84", "lon", "longitude", "lng", "x"));
	c->lat = table_column(t, WORDS("latwgs84", "lat", "latitude", "y"));
	return c->id >= 0 && c->lon >= 0 && c->lat >= 0;
}

static bool read_node(struct reader *r, const struct table *t, const struct node_columns *c)
{
	struct roads_fault inner = { "" };
	struct lonlat at;
	int64_t id;

	if (!table_integer(t, c->id, "node", &id, r->f) ||
		!table_number(t, c->lon, "longitude", &at.lon, r->f) ||
		!table_number(t, c->lat, "latitude", &at.lat, r->f))
		return false;
	if (geo_valid(at) && !to_wgs84(r->o, &at))
		return table_fail(t, r->f, "unknown datum");
	return roads_add_node(r->b, id, at, &inner) || table_fail(t, r->f, "%s", inner.text);
}

static bool read_nodes(struct reader *r, struct table *t)
{
	struct node_columns c = { 0 };
	bool found = false;

	while (!found && t->line < HEADER_WITHIN && table_next(t, r->f))
		found = find_node_columns(t, &c);
	if (!found)
		return table_fail(
			t, r->f, "no header with columns for node, lon and lat was found");
	while (table_next(t, r->f))
		if (!read_node(r, t, &c))
			return false;
	return !r->f->text[0];
}

/* ---- edges ---- */

struct edge_columns {
	int from, to, length, time, class_, limit, name, way, oneway, junction, geometry;
	double metres, seconds; /* in a unit of the column */
	bool guess;             /* the length's unit isn't told */
};

static int last_mode(const struct table *t)
{
	char word[16];
	int last = -1, c;

	for (int mode = 1; mode < 10; mode++) {
		snprintf(word, sizeof(word), "mode%d", mode);
		c = table_column(t, WORDS(word));
		last = c >= 0 ? c : last;
	}
	return last;
}

static void find_units(const struct table *t, struct edge_columns *c)
{
	c->metres = 1;
	c->length = table_column(t, WORDS("lengthm", "distm", "distancem"));
	if (c->length < 0) {
		c->length = table_column(t, WORDS("length", "dist", "distance"));
		c->guess = c->length >= 0;
	}
	if (c->length < 0) {
		c->length = table_column(t, WORDS("lengthkm", "distkm", "distancekm", "km"));
		c->metres = 1000;
	}
	c->seconds = 1;
	c->time = table_column(
		t, WORDS("seconds", "times", "timesec", "traveltime", "traveltimes", "duration"));
	if (c->time < 0) {
		c->time = table_column(t, WORDS("minutes", "timemin"));
		c->seconds = 60;
	}
	if (c->time < 0) {
		c->time = last_mode(t);
		c->seconds = 86400;
	}
}

static bool find_edge_columns(const struct table *t, struct edge_columns *c)
{
	c->from = table_column(t, WORDS("from", "fromnode", "u", "source", "start", "tail"));
	c->to = table_column(t, WORDS("to", "tonode", "v", "target", "end", "head"));
	if (c->from < 0 || c->to < 0)
		return false;
	c->class_ = table_column(t, WORDS("fclass", "highway", "roadclass", "class", "type"));
	c->limit = table_column(t, WORDS("osmmaxspeed", "maxspeed", "speedlimit", "speedkmh"));
	c->name = table_column(t, WORDS("name"));
	c->way = table_column(t, WORDS("way", "wayid", "osmid"));
	c->oneway = table_column(t, WORDS("oneway"));
	c->junction = table_column(t, WORDS("junction"));
	c->geometry = table_column(t, WORDS("geometrylonlat", "geometry", "wkt", "geom"));
	find_units(t, c);
	return true;
}

/* A class of several words counts by the first that is known. False: nothing for cars. */
static bool read_class(const char *text, enum road_class *ret)
{
	static const char *const others[] = { "footway", "path", "steps", "cycleway", "pedestrian",
		"bridleway", "corridor", "track", "construction", "proposed", "busway", "platform",
		"raceway", "elevator", "abandoned", "track_grade1", "track_grade2", "track_grade3",
		"track_grade4", "track_grade5" };
	char word[32];

	*ret = ROAD_UNCLASSIFIED;
	for (;;) {
		size_t n = 0;
		while (*text && !isalpha((unsigned char)*text))
			text++;
		for (; isalnum((unsigned char)*text) || *text == '_'; text++)
			if (n + 1 < sizeof(word))
				word[n++] = *text;
		word[n] = 0;
		if (!n)
			return true;
		if (road_class_of(word, ret))
			return true;
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			if (!strcmp(word, others[i]))
				return false;
	}
}

/* Points of "lon lat; lon lat" or "LINESTRING (lon lat, lon lat)"; -1 when it is neither. */
static long read_points(const char *s, struct lonlat *to)
{
	long n = 0;

	while (*s && *s != '-' && *s != '.' && !isdigit((unsigned char)*s))
		s++;
	while (*s && *s != ')') {
		char *end;
		if (n == GEOMETRY_POINTS)
			return -1;
		to[n].lon = strtod(s, &end);
		if (end == s)
			return -1;
		s = end;
		to[n].lat = strtod(s, &end);
		if (end == s)
			return -1;
		n++;
		s = end + strspn(end, " ,;");
	}
	return n;
}

static bool read_geometry(
	struct reader *r, const struct table *t, const char *text, struct roads_new_edge *e)
{
	long n = read_points(text, r->points);

	if (n < 0)
		return table_fail(t, r->f, "geometry '%.40s' is no list of points", text);
	if (n < 2)
		return true;
	for (long i = 0; i < n; i++) {
		if (!geo_valid(r->points[i]))
			return table_fail(t, r->f,
				"geometry: %.7g %.7g is no place in the world; are lon and lat "
				"swapped?",
				r->points[i].lon, r->points[i].lat);
		if (!to_wgs84(r->o, &r->points[i]))
			return table_fail(t, r->f, "unknown datum");
	}
	e->inner = r->points + 1;
	e->n_inner = (size_t)n - 2;
	return true;
}

static bool near_enough(const struct reader *r, const struct roads_new_edge *e, double *ret_m)
{
	const struct lonlat *p = r->points;
	struct lonlat from, to;

	if (!builder_place(r->b, e->from, &from) || !builder_place(r->b, e->to, &to) || !e->inner)
		return true; /* an unknown node is told when the edge is added */
	*ret_m = fmax(geo_distance_m(from, p[0]), geo_distance_m(to, p[e->n_inner + 1]));
	return *ret_m <= GEOMETRY_OFF_M;
}

/* Lengths that are often shorter than the straight line betray another unit or swapped degrees. */
static void compare_length(struct reader *r, const struct table *t, const struct roads_new_edge *e)
{
	struct lonlat from, to;

	if (e->length_m <= 0 || !builder_place(r->b, e->from, &from) ||
		!builder_place(r->b, e->to, &to))
		return;
	r->with_length++;
	if (e->length_m >= 0.9 * geo_distance_m(from, to) - 5)
		return;
	if (!r->too_short++)
		r->first_short = t->line;
}

static bool read_flag(const char *s)
{
	return !strcmp(s, "1") || !strcasecmp(s, "true") || !strcasecmp(s, "yes") ||
	       !strcasecmp(s, "f") || !strcmp(s, "-1") || !strcasecmp(s, "ft");
}

static bool read_figures(struct reader *r, const struct table *t, const struct edge_columns *c,
	struct roads_new_edge *e)
{
	if (*table_text(t, c->length)) {
		if (!table_number(t, c->length, "length", &e->length_m, r->f))
			return false;
		e->length_m *= c->metres;
	}
	if (*table_text(t, c->time)) {
		if (!table_number(t, c->time, "time", &e->seconds, r->f))
			return false;
		e->seconds *= c->seconds;
	}
	if (!read_limit(table_text(t, c->limit), &e->limit_kmh))
		return table_fail(
			t, r->f, "speed '%.40s' is not understood", table_text(t, c->limit));
	return true;
}

static bool read_edge(struct reader *r, const struct table *t, const struct edge_columns *c)
{
	struct roads_fault inner = { "" };
	struct roads_new_edge e = { .name = table_text(t, c->name) };
	double off = 0;

	if (!table_integer(t, c->from, "from", &e.from, r->f) ||
		!table_integer(t, c->to, "to", &e.to, r->f))
		return false;
	if (!read_class(table_text(t, c->class_), &e.class_))
		return true;
	if (!read_figures(r, t, c, &e) || !read_geometry(r, t, table_text(t, c->geometry), &e))
		return false;
	if (!near_enough(r, &e, &off))
		return table_fail(t, r->f,
			"the geometry ends %.0f m from its node; are lon and lat swapped?", off);
	if (*table_text(t, c->way) && isdigit((unsigned char)*table_text(t, c->way)))
		e.way = strtoll(table_text(t, c->way), NULL, 10);
	e.roundabout = !strcmp(table_text(t, c->junction), "roundabout");
	e.both_ways = r->undirected || (c->oneway >= 0 && !read_flag(table_text(t, c->oneway)));
	compare_length(r, t, &e);
	return roads_add_edge(r->b, &e, &inner) || table_fail(t, r->f, "%s", inner.text);
}

/* Rows before the header may hold a table of their own that says whether edges are both ways. */
static bool find_edge_header(struct reader *r, struct table *t, struct edge_columns *c)
{
	int form = -1;

	while (t->line < HEADER_WITHIN && table_next(t, r->f)) {
		if (find_edge_columns(t, c))
			return true;
		if (form >= 0 && !strcasecmp(table_text(t, form), "undirected"))
			r->undirected = true;
		form = table_column(t, WORDS("arcform"));
	}
	return table_fail(t, r->f, "no header with columns for from and to was found");
}

/* How many of the first rows' lengths would do as kilometres: not below the straight line, nor many
 * times it, while as metres they would be far below. */
static bool looks_like_km(
	const struct reader *r, const struct table *from, const struct edge_columns *c)
{
	struct roads_fault ignored = { "" };
	struct table t = *from;
	size_t n = 0, km = 0;

	t.row = NULL; /* memory of its own */
	t.row_room = 0;
	while (n < GUESS_ROWS && table_next(&t, &ignored)) {
		struct lonlat a, b;
		int64_t u, v;
		double length;
		if (!table_integer(&t, c->from, "from", &u, &ignored) ||
			!table_integer(&t, c->to, "to", &v, &ignored) ||
			!table_number(&t, c->length, "length", &length, &ignored) ||
			!builder_place(r->b, u, &a) || !builder_place(r->b, v, &b))
			continue;
		double crow = geo_distance_m(a, b);
		if (crow < 20)
			continue;
		n++;
		km += length < 0.1 * crow && length * 1000 > 0.9 * crow &&
		      length * 1000 < 10 * crow;
	}
	table_free(&t);
	return km * 2 > n;
}

static bool read_edges(struct reader *r, struct table *t)
{
	struct edge_columns c = { 0 };

	if (!find_edge_header(r, t, &c))
		return false;
	if (c.guess && looks_like_km(r, t, &c))
		c.metres = 1000;
	while (table_next(t, r->f))
		if (!read_edge(r, t, &c))
			return false;
	if (r->f->text[0])
		return false;
	if (r->too_short > 3 && r->too_short * 2 > r->with_length) {
		t->line = r->first_short;
		return table_fail(t, r->f,
			"here and in %zu of %zu rows the length is below the straight line between "
			"the nodes; are lon and lat swapped, or is it not in metres?",
			r->too_short, r->with_length);
	}
	return true;
}

/* ---- both ---- */

struct text {
	const char *name, *v;
	size_t len;
};

static struct roads *read_both(struct text nodes, struct text edges, const struct roads_options *o,
	struct roads_report *ret, struct roads_fault *f)
{
	static const struct roads_options none;
	struct reader r = { .b = roads_builder_new(),
		.o = o ? o : &none,
		.f = f,
		.points = calloc(GEOMETRY_POINTS, sizeof(struct lonlat)) };
	struct table t;
	bool ok = r.b && r.points;

	f->text[0] = 0;
	if (!ok)
		roads_fail(f, "out of memory");
	table_init(&t, nodes.name, nodes.v, nodes.len);
	ok = ok && read_nodes(&r, &t);
	table_free(&t);
	table_init(&t, edges.name, edges.v, edges.len);
	ok = ok && read_edges(&r, &t);
	table_free(&t);
	free(r.points);
	if (ok)
		return roads_build(r.b, r.o, ret, f);
	roads_builder_free(r.b);
	return NULL;
}

struct roads *roads_from_csv_text(const char *nodes, size_t nodes_len, const char *edges,
	size_t edges_len, const struct roads_options *o, struct roads_report *ret,
	struct roads_fault *f)
{
	struct roads_fault own = { "" };

	return read_both((struct text){ "nodes", nodes, nodes_len },
		(struct text){ "edges", edges, edges_len }, o, ret, f ? f : &own);
}

static char *slurp(const char *path, size_t *ret_len, struct roads_fault *f)
{
	FILE *in = fopen(path, "re");
	struct list all = { 0 };
	char *to = NULL;
	size_t n = 1;

	while (in && n && (to = list_add(&all, 1 << 16, 1))) {
		n = fread(to, 1, 1 << 16, in);
		all.n -= (1 << 16) - n;
	}
	if (!in || !to || ferror(in)) {
		roads_fail(f, "%.200s: can't be read: %s", path, strerror(errno));
		free(all.v);
		all.v = NULL;
	}
	if (in)
		fclose(in);
	*ret_len = all.n;
	return all.v;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

struct roads *roads_from_csv(const char *nodes, const char *edges, const struct roads_options *o,
	struct roads_report *ret, struct roads_fault *f)
{
	struct text n = { .name = base_name(nodes) }, e = { .name = base_name(edges) };
	struct roads_fault own = { "" };
	struct roads *r = NULL;
	char *a, *b;

	f = f ? f : &own;
	f->text[0] = 0;
	n.v = a = slurp(nodes, &n.len, f);
	e.v = b = a ? slurp(edges, &e.len, f) : NULL;
	if (a && b)
		r = read_both(n, e, o, ret, f);
	free(a);
	free(b);
	return r;
}
