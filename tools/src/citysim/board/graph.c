/* graph.c - node and arc files: which column means what, and what can't be. */
#include "graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "prng.h"

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

struct id_entry {
	const char *id;
	uint32_t node;
};

struct reader {
	struct draft draft;
	struct id_entry *ids;
	const struct graph_options *o;
};

static int by_id(const void *a, const void *b)
{
	const struct id_entry *x = a, *y = b;

	return strcmp(x->id, y->id);
}

bool csv_lonlat(
	const struct csv_table *t, const struct csv_row *r, int lon, int lat, struct lonlat *ret)
{
	if (!csv_number(t, r, lon, &ret->lon) || !csv_number(t, r, lat, &ret->lat))
		return false;
	if (fabs(ret->lat) > 90 && fabs(ret->lat) <= 180 && fabs(ret->lon) <= 90)
		return csv_fail(t, r, lat,
			"latitude %.6f is beyond 90 degrees: are longitude and latitude swapped?",
			ret->lat);
	if (!geo_valid(*ret))
		return csv_fail(t, r, fabs(ret->lat) > 90 ? lat : lon,
			"%.6f, %.6f is no longitude and latitude in degrees", ret->lon, ret->lat);
	return true;
}

bool city_node_at(const struct city *c, const struct csv_table *t, const struct csv_row *r,
	int column, struct lonlat *ret)
{
	for (size_t i = 0; i < c->n_nodes; i++)
		if (!strcmp(c->name[i], csv_text(r, column))) {
			*ret = c->at[i];
			return true;
		}
	return csv_fail(t, r, column, "there is no node '%.40s' in the connected part of the graph",
		csv_text(r, column));
}

static bool read_nodes(struct reader *in, const struct csv_table *t)
{
	int id = csv_need(
		t, "the node's id", NAMES("node", "id", "index", "node_id", "osmid", "nodeid"));
	int lon = id < 0 ? -1
			 : csv_need(t, "longitude",
				   NAMES("lon_wgs84", "lon", "longitude", "lng", "x"));
	int lat =
		lon < 0 ? -1 : csv_need(t, "latitude", NAMES("lat_wgs84", "lat", "latitude", "y"));

	if (lat < 0)
		return false;
	in->ids = calloc(t->n + 1, sizeof *in->ids);
	for (size_t i = 0; i < t->n; i++) {
		const struct csv_row *r = &t->rows[i];
		struct lonlat at;
		if (r->n == 1 && !*r->fields[0])
			continue;
		if (!*csv_text(r, id))
			return csv_fail(t, r, id, "the node has no id");
		if (!csv_lonlat(t, r, lon, lat, &at))
			return false;
		if (!in->ids || !draft_node(&in->draft, at, csv_text(r, id)))
			return csv_fail(t, r, -1, "out of memory");
		in->ids[in->draft.n_nodes - 1] =
			(struct id_entry){ csv_text(r, id), (uint32_t)in->draft.n_nodes - 1 };
	}
	if (in->draft.n_nodes < 2)
		return csv_fail(t, t->header, -1, "a graph needs at least two nodes");
	qsort(in->ids, in->draft.n_nodes, sizeof *in->ids, by_id);
	for (size_t i = 1; i < in->draft.n_nodes; i++)
		if (!strcmp(in->ids[i].id, in->ids[i - 1].id))
			return csv_fail(
				t, t->header, id, "node '%.40s' is there twice", in->ids[i].id);
	return true;
}

static bool find_id(const struct reader *in, const struct csv_table *t, const struct csv_row *r,
	int column, uint32_t *ret)
{
	struct id_entry key = { csv_text(r, column), 0 };
	const struct id_entry *e = bsearch(&key, in->ids, in->draft.n_nodes, sizeof key, by_id);

	if (!e)
		return csv_fail(t, r, column, "there is no node '%.40s'", key.id);
	*ret = e->node;
	return true;
}

/* What an arc file has. -1: not. */
struct arc_columns {
	int from, to, time, length, class_, speed, name, oneway;
	double time_unit, length_unit;
	bool both; /* undirected */
};

static bool find_arc_columns(
	const struct csv *file, const struct csv_table *t, int mode, struct arc_columns *c)
{
	char mode_name[16];

	*c = (struct arc_columns){ .time = -1, .length = -1, .time_unit = 1, .length_unit = 1 };
	c->from = csv_need(
		t, "the arc's start", NAMES("from", "fromnode", "source", "tail", "u", "start"));
	if (c->from < 0)
		return false;
	c->to = csv_need(t, "the arc's end", NAMES("to", "tonode", "target", "head", "v", "end"));
	if (c->to < 0)
		return false;
	snprintf(mode_name, sizeof mode_name, "mode_%d", mode);
	c->time = csv_column(t, NAMES(mode_name));
	c->time_unit = 86400;
	if (c->time < 0)
		c->time = csv_measure(t, 's', 1,
			NAMES("traveltime", "drivetime", "time", "duration", "cost", "weight",
				"seconds", "minutes", "tt", "t"),
			&c->time_unit);
	if (c->time >= 0 && !strcasecmp(csv_text(t->header, c->time), "minutes"))
		c->time_unit = 60;
	c->length =
		csv_measure(t, 'm', 1, NAMES("length", "len", "distance", "dist"), &c->length_unit);
	if (c->length < 0)
		c->length = csv_column(t, NAMES("metres", "meters", "m"));
	if (c->length >= 0 && csv_column(t, NAMES("mode_1")) >= 0 &&
		!strcasecmp(csv_text(t->header, c->length), "distance"))
		c->length_unit = 1000; /* JEMSS */
	c->class_ = csv_column(t, NAMES("fclass", "highway", "road_class", "class", "roadtype"));
	c->speed = csv_column(t, NAMES("speed_kmh", "kmh", "speed", "maxspeed"));
	c->name = csv_column(t, NAMES("name", "street"));
	c->oneway = csv_column(t, NAMES("oneway", "one_way"));
	if (csv_has_table(file, "miscData")) {
		struct csv_table misc = csv_table(file, "miscData");
		int form = csv_column(&misc, NAMES("arcForm"));
		c->both = misc.n && !strcasecmp(csv_text(misc.rows, form), "undirected");
	}
	if (c->time < 0 && csv_column(t, NAMES("mode_1")) >= 0)
		return csv_fail(t, t->header, -1, "there is no travel mode %d", mode);
	return true;
}

static bool yes(const char *text)
{
	return !strcasecmp(text, "1") || !strcasecmp(text, "yes") || !strcasecmp(text, "true") ||
	       !strcasecmp(text, "t");
}

static bool read_measure(const struct csv_table *t, const struct csv_row *r, int column,
	double unit, double highest, double *ret)
{
	if (column < 0 || !*csv_text(r, column))
		return true;
	if (!csv_number(t, r, column, ret))
		return false;
	*ret *= unit;
	if (!(*ret >= 0 && *ret <= highest))
		return csv_fail(t, r, column, "%s is out of bounds", csv_text(r, column));
	return true;
}

static bool read_arc(struct reader *in, const struct csv_table *t, const struct csv_row *r,
	const struct arc_columns *c)
{
	struct draft_arc a = { 0 };
	const char *name = csv_text(r, c->name);
	double crow, kmh = 0;

	if (!find_id(in, t, r, c->from, &a.tail) || !find_id(in, t, r, c->to, &a.head) ||
		!read_measure(t, r, c->time, c->time_unit, 86400, &a.s) ||
		!read_measure(t, r, c->length, c->length_unit, 1e6, &a.m))
		return false;
	if (c->speed >= 0) { /* "50 mph", "none": then by class */
		kmh = strtod(csv_text(r, c->speed), NULL);
		kmh = kmh > 0 && kmh < 200 ? kmh : 0;
	}
	crow = geo_distance_m(in->draft.at[a.tail], in->draft.at[a.head]);
	a.m = fmax(a.m, crow);
	a.kmh = kmh > 0 ? kmh : city_class_kmh(csv_text(r, c->class_));
	a.closed = in->o->closed && *name && !strncmp(name, in->o->closed, strlen(in->o->closed));
	if (!draft_arc(&in->draft, a))
		return csv_fail(t, r, -1, "out of memory");
	if (c->both || (c->oneway >= 0 && !yes(csv_text(r, c->oneway)))) {
		uint32_t tail = a.tail;
		a.tail = a.head;
		a.head = tail;
		if (!draft_arc(&in->draft, a))
			return csv_fail(t, r, -1, "out of memory");
	}
	return true;
}

static bool read_arcs(struct reader *in, const struct csv *file)
{
	struct csv_table t = csv_table(file, "arcs");
	struct arc_columns c;

	if (!find_arc_columns(file, &t, in->o->mode ? in->o->mode : 1, &c))
		return false;
	for (size_t i = 0; i < t.n; i++)
		if (!(t.rows[i].n == 1 && !*t.rows[i].fields[0]) &&
			!read_arc(in, &t, &t.rows[i], &c))
			return false;
	if (!in->draft.n_arcs)
		return csv_fail(&t, t.header, -1, "there are no arcs");
	return true;
}

struct city *graph_read(const char *nodes, const char *arcs, const struct graph_options *o,
	char error[static CSV_ERROR_MAX])
{
	struct reader in = { .o = o };
	struct csv n = { 0 }, a = { 0 };
	struct city *c = NULL;

	if (csv_open(&n, nodes, error)) {
		struct csv_table t = csv_table(&n, "nodes");
		if (csv_open(&a, arcs, error) && read_nodes(&in, &t) && read_arcs(&in, &a))
			c = city_build(&in.draft, o->trip_kmh, error, CSV_ERROR_MAX);
	}
	draft_free(&in.draft);
	free(in.ids);
	csv_close(&n);
	csv_close(&a);
	return c;
}

/* Blocks of about 400 m, every fourth street a wide one, a diagonal, some streets missing. */
struct city *graph_make(int side, const struct graph_options *o, char error[static CSV_ERROR_MAX])
{
	const struct lonlat corner = { 108.86, 34.18 };
	struct draft d = { 0 };
	struct prng r;
	bool ok = true;

	prng_seed(&r, 4);
	for (int i = 0; ok && i < side * side; i++) {
		char name[CITY_NAME_MAX];
		int column = i % side, row = i / side;
		struct lonlat at = { corner.lon + (column + 0.3 * prng_unit(&r)) * 0.0044,
			corner.lat + (row + 0.3 * prng_unit(&r)) * 0.0036 };
		snprintf(name, sizeof name, "%d", i);
		ok = draft_node(&d, at, name);
	}
	for (int i = 0; ok && i < side * side; i++)
		for (int k = 0; ok && k < 2; k++) {
			int line = k ? i % side : i / side, to = k ? i + side : i + 1;
			bool wide = line % 4 == 0;
			struct draft_arc a = { (uint32_t)i, (uint32_t)to, 0, 0, wide ? 55 : 30,
				false };
			bool missing = !wide && prng_unit(&r) < 0.15;
			if ((k ? to >= side * side : to % side == 0) || missing)
				continue;
			a.m = 1.05 * geo_distance_m(d.at[i], d.at[to]);
			ok = draft_arc(&d, a) && draft_arc(&d, (struct draft_arc){ a.head, a.tail,
								       a.m, 0, a.kmh, false });
		}
	snprintf(error, CSV_ERROR_MAX, "out of memory");
	return ok ? city_build(&d, o->trip_kmh, error, CSV_ERROR_MAX) : NULL;
}
