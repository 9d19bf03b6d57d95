/* test_roads.c - the road graph: built, saved, refused when damaged; searches against a plain one.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "dispatch/roads.h"
#include "jingbao/v1/common.pb-c.h"

/* A town of SIDE x SIDE crossings about 200 m apart. Every third street north-south is one-way, by
 * turns up and down; one crossing beside it hangs on by a one-way street alone and is dropped. */
enum { SIDE = 12, LONE = 9999 };
static const double STEP = 0.002;
static const struct lonlat CORNER = { 108.9, 34.2 };

static int64_t node(int x, int y)
{
	return 1000 + y * SIDE + x;
}

static struct lonlat crossing(double x, double y)
{
	return (struct lonlat){ CORNER.lon + x * STEP, CORNER.lat + y * STEP };
}

static void street(struct roads_builder *b, int64_t from, int64_t to, enum road_class c, bool both)
{
	struct roads_new_edge e = {
		.from = from, .to = to, .class_ = c, .both_ways = both, .name = "南二环"
	};
	struct roads_fault f = { "" };

	if (!roads_add_edge(b, &e, &f))
		fail_msg("%s", f.text);
}

static void add_streets(struct roads_builder *b)
{
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			enum road_class c = y % 4 == 0 ? ROAD_PRIMARY : ROAD_RESIDENTIAL;
			if (x + 1 < SIDE)
				street(b, node(x, y), node(x + 1, y), c, true);
			if (y + 1 >= SIDE)
				continue;
			if (x % 3 != 1)
				street(b, node(x, y), node(x, y + 1), ROAD_TERTIARY, true);
			else if (x % 2)
				street(b, node(x, y), node(x, y + 1), ROAD_TERTIARY, false);
			else
				street(b, node(x, y + 1), node(x, y), ROAD_TERTIARY, false);
		}
	street(b, node(0, 0), LONE, ROAD_SERVICE, false);
}

static struct roads *town(bool backwards)
{
	struct roads_builder *b = roads_builder_new();
	struct roads_fault f = { "" };
	struct roads_report rep;

	assert_non_null(b);
	for (int i = 0; i < SIDE * SIDE; i++) {
		int k = backwards ? SIDE * SIDE - 1 - i : i;
		assert_true(roads_add_node(
			b, node(k % SIDE, k / SIDE), crossing(k % SIDE, k / SIDE), &f));
	}
	assert_true(roads_add_node(b, LONE, crossing(-1, -1), &f));
	add_streets(b);
	struct roads *r = roads_build(b, &(struct roads_options){ .source = "a test" }, &rep, &f);
	if (!r)
		fail_msg("%s", f.text);
	assert_int_equal(rep.nodes, SIDE * SIDE);
	assert_int_equal(rep.dropped_nodes, 1);
	assert_int_equal(rep.dropped_edges, 1);
	return r;
}

/* Seconds between nodes by relaxing all edges until nothing changes. */
static void relax_all(struct roads_router *q, uint32_t to, int hour, double *ret)
{
	const struct roads *r = roads_router_graph(q);
	const struct roads_edge *e = roads_edges(r);

	for (size_t i = 0; i < roads_n_nodes(r); i++)
		ret[i] = i == to ? 0 : INFINITY;
	for (bool more = true; more;) {
		more = false;
		for (uint32_t i = 0; i < roads_n_edges(r); i++) {
			double s = roads_edge_s(q, i, hour) + ret[e[i].to];
			if (s < ret[e[i].from] - 1e-9) {
				ret[e[i].from] = s;
				more = true;
			}
		}
	}
}

static void searches_agree_with_a_plain_one(void **state)
{
	struct roads *r = town(false);
	struct roads_router *q = roads_router_new(r, NULL);
	uint32_t label[SIDE * SIDE], forth[SIDE * SIDE];
	double plain[SIDE * SIDE];

	(void)state;
	for (uint32_t to = 0; to < SIDE * SIDE; to += 7)
		for (int hour = 0; hour < 24; hour += 6) {
			roads_node_to(q, to, hour, label);
			relax_all(q, to, hour, plain);
			for (uint32_t i = 0; i < SIDE * SIDE; i++) {
				assert_float_equal(label[i] / 1000.0, plain[i], 1e-3);
				if (i % 5)
					continue;
				roads_node_from(q, i, hour, forth);
				assert_int_equal(forth[to], label[i]);
			}
		}
	roads_router_free(q);
	roads_free(r);
}

static uint64_t seed = 7;
static double draw(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(seed >> 11) / 9007199254740992.0;
}

/* The model, the path and the labels are three ways to the same figure. */
static void paths_take_the_time_the_model_says(void **state)
{
	struct roads *r = town(false);
	struct roads_router *q = roads_router_new(r, NULL);
	struct travel_model m = roads_model(q);
	int64_t noon = INT64_C(4) * 3600 * 1000000;

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct travel_from from = { .at = crossing(draw() * 11, draw() * 11),
			.course_deg = draw() * 360,
			.speed_mps = i % 2 ? 10 : 0 };
		struct lonlat to = crossing(draw() * 11, draw() * 11);
		struct roads_place at[ROADS_PLACES];
		struct roads_path p;
		struct travel t;
		m.to(m.ctx, to, noon, &from, 1, &t);
		assert_true(roads_path(q, &from, to, noon, &p));
		double off = 0;
		assert_true(roads_project(r, from.at, -1, 500, at) > 0);
		off += (double)at[0].off_m;
		assert_true(roads_project(r, to, -1, 500, at) > 0);
		off += (double)at[0].off_m;
		/* Which of the near roads is walked to may differ by the slack. */
		double expected = 20 + p.seconds + off / 4;
		assert_true(t.eta_s >= expected - 20 && t.eta_s <= expected + 20);
		assert_true(p.steps[p.n - 1].until_s <= p.seconds + 1e-9);
		for (size_t k = 1; k < p.n; k++)
			assert_int_equal(roads_edges(r)[p.steps[k - 1].edge].to,
				roads_edges(r)[p.steps[k].edge].from);
		double course, speed;
		struct lonlat end = roads_along(r, &p, p.seconds + 5, &course, &speed);
		assert_true(geo_distance_m(end, to) < 200);
		assert_true(speed >= 0 && speed < 30 && course >= 0 && course <= 360);
		roads_path_free(&p);
	}
	roads_router_free(q);
	roads_free(r);
}

static void one_way_streets_are_kept_to(void **state)
{
	struct roads *r = town(false);
	struct roads_router *q = roads_router_new(r, NULL);
	struct travel_from up = { .at = crossing(1, 4.5), .course_deg = 0, .speed_mps = 9 };
	struct travel_from down = { .at = crossing(1, 4.5), .course_deg = 180, .speed_mps = 9 };
	struct roads_path p;

	(void)state;
	/* Street 1 leads north; somebody a block north of the target must go round. */
	assert_true(roads_path(q, &up, crossing(1, 4.7), 0, &p));
	assert_int_equal(p.n, 1);
	double ahead = p.metres;
	roads_path_free(&p);
	assert_true(roads_path(q, &up, crossing(1, 4.3), 0, &p));
	assert_true(p.metres > 600 && ahead < 60);
	roads_path_free(&p);
	/* Nobody can drive south here: a course that fits no edge is not believed. */
	assert_true(roads_path(q, &down, crossing(1, 4.7), 0, &p));
	assert_true(p.metres < 60);
	roads_path_free(&p);
	roads_router_free(q);
	roads_free(r);
}

static void a_course_chooses_the_direction(void **state)
{
	struct roads *r = town(false);
	struct roads_place at[ROADS_PLACES];
	struct lonlat mid = crossing(4.5, 3);

	(void)state;
	assert_int_equal(roads_project(r, mid, -1, 100, at), 2);
	for (int east = 0; east < 2; east++) {
		assert_int_equal(roads_project(r, mid, east ? 95 : 265, 100, at), 1);
		const struct roads_edge *e = &roads_edges(r)[at[0].edge];
		bool leads_east = roads_node_at(r, e->to).lon > roads_node_at(r, e->from).lon;
		assert_int_equal(leads_east, east);
		assert_float_equal(at[0].along, 0.5, 0.01);
	}
	assert_int_equal(roads_project(r, crossing(-60, 0), -1, 1500, at), 0);
	roads_free(r);
}

/* Nearest edges by looking at all of them. */
static void the_grid_misses_nothing(void **state)
{
	struct roads *r = town(false);

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct lonlat p = crossing(draw() * 13 - 1, draw() * 13 - 1);
		struct roads_place at[ROADS_PLACES];
		double least = INFINITY, k = cos(p.lat * 3.14159265358979 / 180);
		for (uint32_t e = 0; e < roads_n_edges(r); e++) {
			struct lonlat a = roads_node_at(r, roads_edges(r)[e].from);
			struct lonlat b = roads_node_at(r, roads_edges(r)[e].to);
			double ax = (a.lon - p.lon) * k, ay = a.lat - p.lat;
			double dx = (b.lon - a.lon) * k, dy = b.lat - a.lat;
			double t = -(ax * dx + ay * dy) / (dx * dx + dy * dy);
			t = fmin(fmax(t, 0), 1);
			least = fmin(least, hypot(ax + t * dx, ay + t * dy) * 111194.93);
		}
		size_t n = roads_project(r, p, -1, 1500, at);
		assert_true(n > 0);
		assert_float_equal(at[0].off_m, least, 0.05);
	}
	roads_free(r);
}

static void the_order_of_input_changes_nothing(void **state)
{
	struct roads *a = town(false), *b = town(true);

	(void)state;
	assert_string_equal(roads_digest(a), roads_digest(b));
	roads_free(a);
	roads_free(b);
}

/* What was asked before must not show in an answer. */
static void answers_depend_on_the_question_alone(void **state)
{
	struct roads *r = town(false);
	struct roads_router *q = roads_router_new(r, NULL);
	struct travel_model m = roads_model(q);
	struct travel_from from[40];
	struct travel first[40], t;
	struct lonlat to = crossing(3.3, 8.1);

	(void)state;
	for (int i = 0; i < 40; i++)
		from[i] = (struct travel_from){ crossing(draw() * 11, draw() * 11), draw() * 360, 8,
			i % 2, i % 3 == 0 };
	m.to(m.ctx, to, 0, from, 40, first);
	for (int round = 0; round < 3000; round++) {
		struct travel_from other = { .at = crossing(draw() * 11, draw() * 11) };
		m.to(m.ctx, crossing(draw() * 11, draw() * 11), 0, &other, 1, &t);
	}
	for (int i = 0; i < 40; i++) {
		m.to(m.ctx, to, 0, &from[i], 1, &t);
		assert_memory_equal(&t, &first[i], sizeof(t));
	}
	roads_router_free(q);
	roads_free(r);
}

static void off_the_graph_the_straight_line_answers(void **state)
{
	struct roads *r = town(false);
	struct roads_router *q = roads_router_new(r, NULL);
	struct travel_model m = roads_model(q);
	struct travel_straight_fit fit = roads_fit_straight(q);
	struct travel_from from = { .at = { 109.4, 34.5 } };
	struct travel t, line;

	(void)state;
	assert_true(fit.factor > 0.5 && fit.factor < 3);
	m.to(m.ctx, crossing(2, 2), 0, &from, 1, &t);
	travel_straight.to(&fit, crossing(2, 2), 0, &from, 1, &line);
	assert_memory_equal(&t, &line, sizeof(t));
	roads_router_free(q);
	roads_free(r);
}

static void closed_roads_are_driven_round(void **state)
{
	struct roads *r = town(false);
	struct roads_router *q = roads_router_new(r, NULL);
	uint8_t *closed = calloc(roads_n_edges(r), 1);
	struct travel_model m = roads_model(q);
	struct travel_from from = { .at = crossing(0.2, 0) };
	struct travel open, round, none;

	(void)state;
	m.to(m.ctx, crossing(3.5, 0), 0, &from, 1, &open);
	struct roads_place at[ROADS_PLACES];
	size_t n = roads_project(r, crossing(1.5, 0), -1, 100, at);
	for (size_t i = 0; i < n; i++)
		closed[at[i].edge] = 1;
	assert_true(roads_router_close(q, closed));
	m.to(m.ctx, crossing(3.5, 0), 0, &from, 1, &round);
	assert_true(round.eta_s > open.eta_s + 20 && isfinite(round.eta_s));
	memset(closed, 1, roads_n_edges(r));
	assert_true(roads_router_close(q, closed));
	m.to(m.ctx, crossing(3.5, 0), 0, &from, 1, &none);
	assert_true(isinf(none.eta_s));
	assert_true(travel_on_time(&none, 600) == 0);
	assert_true(roads_router_close(q, NULL));
	m.to(m.ctx, crossing(3.5, 0), 0, &from, 1, &none);
	assert_memory_equal(&none, &open, sizeof(none));
	free(closed);
	roads_router_free(q);
	roads_free(r);
}

static void hours_and_factors_slow_the_roads(void **state)
{
	struct roads *r = town(false);
	struct roads_speeds s = roads_default_speeds();
	struct roads_router *q = roads_router_new(r, NULL);
	double factor[1][24];

	(void)state;
	double night = roads_edge_s(q, 0, 3), evening = roads_edge_s(q, 0, 18);
	assert_true(evening / night > 1.4 && evening / night < 1.95);
	for (int h = 0; h < 24; h++)
		factor[0][h] = 1.5;
	s.n_zones = 1;
	s.factor = factor;
	assert_true(roads_router_set_speeds(q, &s));
	assert_float_equal(roads_edge_s(q, 0, 3) / night, 1.5, 0.01);
	factor[0][3] = NAN; /* nonsense is not believed */
	assert_true(roads_router_set_speeds(q, &s));
	assert_float_equal(roads_edge_s(q, 0, 3) / night, 1, 0.01);
	roads_router_free(q);
	roads_free(r);
}

/* ---- files ---- */

static const char *temporary(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/roads-test.%ld", (long)getpid());
	return path;
}

static size_t read_file(const char *path, uint8_t **ret)
{
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	long n = ftell(f);
	rewind(f);
	*ret = malloc((size_t)n);
	assert_int_equal(fread(*ret, 1, (size_t)n, f), n);
	fclose(f);
	return (size_t)n;
}

static void write_file(const char *path, const void *v, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(v, 1, n, f), n);
	fclose(f);
}

static void a_saved_graph_comes_back(void **state)
{
	struct roads *r = town(false);
	struct roads_fault f = { "" };

	(void)state;
	assert_true(roads_save(r, temporary(), &f));
	struct roads *a = roads_load(temporary(), &f), *b = roads_read(temporary(), &f);
	assert_non_null(a);
	assert_non_null(b);
	assert_string_equal(roads_digest(a), roads_digest(r));
	assert_string_equal(roads_digest(b), roads_digest(r));
	assert_string_equal(roads_source(a), "a test");
	assert_string_equal(roads_edge_name(a, 0), "南二环");
	assert_int_equal(roads_find_node(a, LONE), ROADS_NONE);
	assert_true(roads_find_node(a, node(3, 3)) >= 0);
	roads_free(a);
	roads_free(b);
	roads_free(r);
	unlink(temporary());
}

static void damaged_files_are_refused(void **state)
{
	struct roads *r = town(false);
	struct roads_fault f = { "" };
	uint8_t *v;

	(void)state;
	assert_true(roads_save(r, temporary(), &f));
	roads_free(r);
	size_t n = read_file(temporary(), &v);
	for (size_t cut = 0; cut < n; cut += n / 97 + 1) {
		f.text[0] = 0;
		write_file(temporary(), v, cut);
		assert_null(roads_load(temporary(), &f));
		assert_non_null(strstr(f.text, temporary()));
		f.text[0] = 0;
		assert_null(roads_read(temporary(), &f));
		assert_true(strlen(f.text) > strlen(temporary()) + 5);
	}
	for (size_t at = 0; at < n; at += n / 503 + 1) {
		f.text[0] = 0;
		v[at] ^= 0x10;
		write_file(temporary(), v, n);
		assert_null(roads_read(temporary(), &f));
		v[at] ^= 0x10;
	}
	f.text[0] = 0;
	assert_null(roads_load("/nowhere/at/all", &f));
	assert_non_null(strstr(f.text, "No such file"));
	free(v);
	unlink(temporary());
}

/* ---- CSV ---- */

#define NODES "node,lon_wgs84,lat_wgs84\n1,108.90,34.20\n2,108.91,34.20\n3,108.91,34.21\n"

static struct roads *from_text(const char *nodes, const char *edges, struct roads_fault *f)
{
	f->text[0] = 0;
	return roads_from_csv_text(nodes, strlen(nodes), edges, strlen(edges), NULL, NULL, f);
}

static void csv_faults_name_line_and_cause(void **state)
{
	static const struct {
		const char *nodes, *edges, *fault;
	} rows[] = {
		{ "", "", "no header" },
		{ "a,b\n1,2\n", "", "no header" },
		{ "node,lon,lat\n1,34.2,108.9\n", "", "nodes line 2: latitude 108.9 is outside" },
		{ "node,lon,lat\n1,34.2,\n", "", "nodes line 2: latitude '' is not a number" },
		{ "node,lon,lat\n1,nan,34\n", "", "nodes line 2: longitude 'nan' is not a number" },
		{ "node,lon,lat\nx,108.9,34\n", "", "node 'x' is not a whole number" },
		{ "node,lon,lat\n1,108.9,34\n\n1,108.9,34\n", "", "nodes line 4: node 1 is there" },
		{ "node,lon,lat\n1,\"108.9,34\n", "", "a quote doesn't end" },
		{ NODES, "from,to\n1,4\n", "edges line 2: there is no node 4" },
		{ NODES, "from,to,length_m\n1,2,-5\n", "edges line 2: a length of -5 m" },
		{ NODES, "from,to,length_m\n1,2,far\n", "edges line 2: length 'far' is not" },
		{ NODES, "from,to,maxspeed\n1,2,-60\n", "edges line 2: speed '-60'" },
		{ NODES, "from,to,geometry\n1,2,here\n2,1,1 x\n", "line 3: geometry '1 x'" },
		{ NODES, "from,to,geometry\n1,2,34.2 108.90; 34.2 108.91\n",
			"edges line 2: geometry: 34.2 108.9 is no place" },
		{ NODES, "from,to,geometry\n1,2,9 34.2; 9.1 34.1; 9.2 34.2\n",
			"edges line 2: the geometry ends" },
		{ NODES, "from,to\n1,2\n", "no two places are joined" },
		{ NODES, "from,to,length_m\n1,2,5\n2,1,5\n2,3,6\n3,2,6\n", "swapped" },
	};
	struct roads_fault f;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct roads *r = from_text(rows[i].nodes, rows[i].edges, &f);
		assert_null(r);
		if (!strstr(f.text, rows[i].fault))
			fail_msg("row %zu: '%s' has no '%s'", i, f.text, rows[i].fault);
	}
}

static void csv_reads_what_it_names(void **state)
{
	struct roads_fault f;
	struct roads *r = from_text("\xef\xbb\xbfLAT;Lon;\"Node ID\"\r\n34.20;108.90;1\r\n"
				    "34.20;108.91;2\r\n34.21;108.91;3\r\n",
		"to;from;name;highway;maxspeed;oneway;length_km;WKT\n"
		"2;1;\"a \"\"b\"\"; c\";['primary', 'residential'];60 km/h;no;0.95;"
		"LINESTRING (108.90 34.20, 108.905 34.2005, 108.91 34.20)\n"
		"3;2;;footway;;no;;\n"
		"3;2;;motorway_link;40 mph;False;;\n",
		&f);

	(void)state;
	if (!r)
		fail_msg("%s", f.text);
	assert_int_equal(roads_n_edges(r), 4);
	uint32_t e = 0;
	while (roads_edges(r)[e].class_ != ROAD_PRIMARY)
		e++;
	assert_string_equal(roads_edge_name(r, e), "a \"b\"; c");
	assert_int_equal(roads_edges(r)[e].limit, 60);
	assert_int_equal(roads_edges(r)[e].length_cm, 95000);
	assert_float_equal(roads_edges(r)[e].base_ms, 950 / 15.0 * 1000, 2);
	struct lonlat p[3];
	assert_int_equal(roads_edge_points(r, e, p, 3), 3);
	assert_float_equal(p[1].lon, 108.905, 1e-9);
	roads_free(r);
}

static void other_cities_are_read(void **state)
{
	struct roads_fault f;
	struct roads *r = from_text("nodes,,\nindex,x,y\n1,0.2,0.1\n2,0.1,0.1\n3,0.1,0.3\n",
		"miscData,1,,\narcForm,numModes,,\nundirected,1,,\n,,,\narcs,,,\n"
		"index,fromNode,toNode,mode_1\n1,1,2,0.006558099\n2,2,3,0.013466521\n",
		&f);

	(void)state;
	if (!r)
		fail_msg("%s", f.text);
	assert_int_equal(roads_n_nodes(r), 3);
	assert_int_equal(roads_n_edges(r), 4);
	struct roads_router *q = roads_router_new(r, &(struct roads_speeds){ 0 });
	assert_non_null(q); /* speeds of zero are nonsense and clamped */
	roads_router_free(q);
	struct roads_speeds free_flow = roads_free_flow();
	q = roads_router_new(r, &free_flow);
	uint32_t ms[3];
	roads_node_to(q, (uint32_t)roads_find_node(r, 3), 0, ms);
	assert_float_equal(
		ms[roads_find_node(r, 1)] / 1000.0, (0.006558099 + 0.013466521) * 86400, 0.01);
	roads_router_free(q);
	roads_free(r);
}

static void the_unit_of_a_length_is_found_out(void **state)
{
	static const char *const lists[] = {
		"from,to,distance\n1,2,0.95\n2,1,.93\n2,3,1.2\n3,2,1.2\n",
		"from,to,distance\n1,2,950\n2,1,930\n2,3,1200\n3,2,1200\n"
	};
	struct roads_fault f;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct roads *r = from_text(NODES, lists[i], &f);
		if (!r)
			fail_msg("%s", f.text);
		uint64_t cm = 0;
		for (uint32_t e = 0; e < roads_n_edges(r); e++)
			cm += roads_edges(r)[e].length_cm;
		assert_int_equal(cm, 428000);
		roads_free(r);
	}
}

/* A graph too big to be searched whole each time: bounded searches say the same. */
static void bounded_searches_agree_with_whole_ones(void **state)
{
	enum { WIDE = 210, SOURCES = 60 };
	struct roads_builder *b = roads_builder_new();
	struct roads_fault f = { "" };

	(void)state;
	for (int i = 0; i < WIDE * WIDE; i++)
		assert_true(roads_add_node(b, i, crossing(i % WIDE, i / WIDE), &f));
	for (int i = 0; i < WIDE * WIDE; i++) {
		if (i % WIDE + 1 < WIDE)
			street(b, i, i + 1, i / WIDE % 5 ? ROAD_RESIDENTIAL : ROAD_TRUNK, true);
		if (i / WIDE + 1 < WIDE)
			street(b, i, i + WIDE, ROAD_TERTIARY, i % 7 != 3);
	}
	struct roads *r = roads_build(b, NULL, NULL, &f);
	struct roads_router *q = roads_router_new(r, NULL);
	struct travel_model m = roads_model(q);
	assert_true(roads_n_nodes(r) > 40000);
	for (int round = 0; round < 6; round++) {
		struct lonlat target = crossing(50 + 3 * round + 0.3, 60);
		struct travel_from from[SOURCES];
		struct travel t[SOURCES], one;
		for (int i = 0; i < SOURCES; i++) /* near ones first, then far ones */
			from[i] = (struct travel_from){ .at = crossing(floor(50 + draw() * (i + 3)),
								50 + draw() * (i + 3)),
				.course_deg = draw() * 360,
				.speed_mps = 5,
				.under_way = true };
		m.to(m.ctx, target, 0, from, 5, t);
		m.to(m.ctx, target, 0, from, SOURCES, t);
		for (int i = 0; i < SOURCES; i++) {
			struct roads_path p;
			m.to(m.ctx, target, 0, &from[i], 1, &one);
			assert_memory_equal(&one, &t[i], sizeof(one));
			assert_true(roads_path(q, &from[i], target, 0, &p));
			/* Up to 40 m are walked to a road that leads the right way, 10 m at the
			 * end. */
			assert_true(one.eta_s >= p.seconds - 0.01 && one.eta_s <= p.seconds + 12.6);
			roads_path_free(&p);
		}
	}
	roads_router_free(q);
	roads_free(r);
}

static void gcj02_is_turned_into_wgs84(void **state)
{
	struct roads_fault f = { "" };
	struct roads_options o = { .datum = PB__DATUM__VALUE__GCJ02 };
	const char *edges = "from,to\n1,2\n2,1\n2,3\n3,2\n";
	struct roads *r =
		roads_from_csv_text(NODES, strlen(NODES), edges, strlen(edges), &o, NULL, &f);

	(void)state;
	assert_non_null(r);
	struct lonlat at = roads_node_at(r, (uint32_t)roads_find_node(r, 1));
	assert_float_equal(geo_distance_m(at, (struct lonlat){ 108.90, 34.20 }), 463, 40);
	roads_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_agree_with_a_plain_one),
		cmocka_unit_test(paths_take_the_time_the_model_says),
		cmocka_unit_test(one_way_streets_are_kept_to),
		cmocka_unit_test(a_course_chooses_the_direction),
		cmocka_unit_test(the_grid_misses_nothing),
		cmocka_unit_test(the_order_of_input_changes_nothing),
		cmocka_unit_test(answers_depend_on_the_question_alone),
		cmocka_unit_test(off_the_graph_the_straight_line_answers),
		cmocka_unit_test(closed_roads_are_driven_round),
		cmocka_unit_test(hours_and_factors_slow_the_roads),
		cmocka_unit_test(a_saved_graph_comes_back),
		cmocka_unit_test(damaged_files_are_refused),
		cmocka_unit_test(csv_faults_name_line_and_cause),
		cmocka_unit_test(csv_reads_what_it_names),
		cmocka_unit_test(other_cities_are_read),
		cmocka_unit_test(the_unit_of_a_length_is_found_out),
		cmocka_unit_test(bounded_searches_agree_with_whole_ones),
		cmocka_unit_test(gcj02_is_turned_into_wgs84),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
