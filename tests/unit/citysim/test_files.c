/* test_files.c - cities, tapes and posts from files of other makings, and what is said of wrong
 * ones. */
#include <math.h>
#include "support.h"
#include "board/posts.h"
#include "board/stage.h"

static char error[CSV_ERROR_MAX];
static const struct graph_options options = { .trip_kmh = 48, .mode = 1 };

static const char nodes_csv[] = "node,lon_wgs84,lat_wgs84\n"
				"a,108.90,34.26\nb,108.91,34.26\nc,108.91,34.27\nd,108.95,34.30\n";
static const char arcs_csv[] = "edge,from,to,length_m,fclass\n"
			       "0,a,b,950,primary\n1,b,a,950,primary\n2,b,c,1150,residential\n"
			       "3,c,b,1150,residential\n4,c,d,5000,primary\n";

static void a_graph_of_nodes_and_edges(void **state)
{
	struct city *c = graph_read(file_of(nodes_csv), file_of(arcs_csv), &options, error);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->n_nodes, 3); /* from d there is no way back */
	assert_int_equal(c->n_dropped, 1);
	assert_float_equal(c->trip_kmh, 48, 1e-9);
	/* side streets are slower than main roads */
	assert_true(city_s(c, 1, 2) / 1150 > 1.5 * city_s(c, 0, 1) / 950);
	city_free(c);
}

static void a_graph_with_times_in_other_words(void **state)
{
	const char *nodes = file_of("\xef\xbb\xbfid;Latitude;Longitude\r\n1;-36.8;174.7\r\n"
				    "2;-36.81;174.7\r\n3;-36.82;174.71\r\n");
	const char *arcs =
		file_of("Source;Target;travel_time_min;oneway\r\n1;2;2;no\r\n2;3;3;no\r\n");
	struct city *c = graph_read(nodes, arcs, &options, error);

	(void)state;
	assert_non_null(c);
	assert_true(c->timed);
	assert_float_equal(city_s(c, 0, 2), 300, 0.5);
	assert_float_equal(city_s(c, 2, 0), 300, 0.5);
	city_free(c);
}

static const char jemss_nodes[] = "nodes,,\nindex,x,y\n1,0.2,0.1\n2,0.1,0.1\n3,0.1,0.3\n";
static const char jemss_arcs[] = "miscData,2,,,\narcForm,numModes,,,\nundirected,2,,,\n,,,,\n"
				 "arcs,2,,,\nindex,fromNode,toNode,mode_1,mode_2\n"
				 "1,1,2,0.006558099,0.01\n2,2,3,0.013466521,0.02\n";

static void a_jemss_city(void **state)
{
	struct graph_options second = options;
	struct city *c = graph_read(file_of(jemss_nodes), file_of(jemss_arcs), &options, error);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->n_nodes, 3);
	assert_float_equal(city_s(c, 0, 2), (0.006558099 + 0.013466521) * 86400, 0.5);
	assert_float_equal(city_s(c, 2, 0), city_s(c, 0, 2), 0.5);
	city_free(c);
	second.mode = 2;
	c = graph_read(file_of(jemss_nodes), file_of(jemss_arcs), &second, error);
	assert_non_null(c);
	assert_float_equal(city_s(c, 0, 2), 0.03 * 86400, 0.5);
	city_free(c);
	second.mode = 3;
	assert_null(graph_read(file_of(jemss_nodes), file_of(jemss_arcs), &second, error));
	assert_non_null(strstr(error, "there is no travel mode 3"));
}

/* Each wrong file is refused with its line and column. */
static void wrong_graphs_are_named(void **state)
{
	static const struct {
		const char *nodes, *arcs, *says;
	} cases[] = {
		{ "node,lon,lat\na,108.9,34.2\nb,108.9x,34.2\n", arcs_csv,
			":3:2 (lon): '108.9x' is not a number" },
		{ "node,lon,lat\na,34.2,108.9\nb,34.2,108.91\n", arcs_csv,
			":2:3 (lat): latitude 108.900000 is beyond 90 degrees: are longitude and "
			"latitude swapped?" },
		{ "node,lon,lat\na,108.9,34.2\na,108.91,34.2\n", arcs_csv, "is there twice" },
		{ "node,lon\na,108.9\n", arcs_csv, ":1: no column for latitude" },
		{ nodes_csv, "from,to,length_m\na,b,100\na,zz,100\n",
			":3:2 (to): there is no node 'zz'" },
		{ nodes_csv, "from,to,length_m\na,b,-5\n", ":2:3 (length_m): -5 is out of bounds" },
		{ nodes_csv, "from,to,length_m\na,b,many\n",
			":2:3 (length_m): 'many' is not a number" },
		{ nodes_csv, "from,length_m\na,100\n", "no column for the arc's end" },
		{ nodes_csv, "from,to,length_m\n", "there are no arcs" },
		{ nodes_csv, "from,to,length_m\na,b,100\n", "no two nodes can be reached" },
		{ "", arcs_csv, "is empty" },
		{ "node,lon,lat\na,,34.2\n", arcs_csv, "'' is not a number" },
		{ "node,lon,lat\na,nan,34.2\n", arcs_csv, "'nan' is not a number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct city *c = graph_read(
			file_of(cases[i].nodes), file_of(cases[i].arcs), &options, error);
		assert_null(c);
		if (!strstr(error, cases[i].says))
			fail_msg("case %zu says: %s", i, error);
	}
	assert_null(graph_read("/nowhere/nodes.csv", "/nowhere/arcs.csv", &options, error));
	assert_non_null(strstr(error, "/nowhere/nodes.csv: No such file"));
}

static void check_tape(struct city *c, const char *text, double at, double scene, size_t days)
{
	struct scenario s = plain();
	struct given_calls g;

	if (!calls_read(c, &s, file_of(text), &g, error))
		fail_msg("%s", error);
	assert_int_equal(g.n_days, days);
	assert_float_equal(g.days[0].calls[0].at_s, at, 0.01);
	if (scene > 0)
		assert_float_equal(g.days[0].calls[0].scene_s, scene, 0.01);
	given_calls_free(&g);
}

static void tapes_of_many_makings(void **state)
{
	struct city *c = line_city(5);

	(void)state;
	check_tape(c, "time_s,lon,lat,scene_s\n100,108.9,34.26,600\n90000,108.91,34.26,60\n", 100,
		600, 2);
	check_tape(
		c, "datetime,latitude,longitude\n2024-12-20 08:30:15,34.26,108.9\n", 30615, 0, 1);
	check_tape(c, "called_at,lat,lon\n2024-12-20T08:30:15+08:00,34.26,108.9\n", 30615, 0, 1);
	check_tape(c, "DATE,TIME,LATITUDE,LONGITUDE\n09/02/2017,0:25,34.26,108.9\n", 1500, 0, 1);
	check_tape(
		c, "DATE,TIME,LATITUDE,LONGITUDE\n09/02/2017,12:25 AM,34.26,108.9\n", 1500, 0, 1);
	check_tape(c, "id,x,y,k,t\n1,34.26,108.9,2015-01-02,09:41\n", 34860, 0, 1);
	check_tape(c, "time_s,node\n5,n3\n", 5, 0, 1);
	check_tape(c, "call_min,node,service_min\n5,n3,2\n", 300, 120, 1);
	check_tape(c, "t,lon,lat,on_scene_duration_s,dispatch_delay_s\n7,108.9,34.26,90,30\n", 7,
		90, 1);
	check_tape(c, "time,lon,lat\n2024-12-20 01:00,108.9,34.26\n", 3600, 0, 1);
	check_tape(c, "day,time,lon,lat\n2024-12-20,01:00,108.9,34.26\n", 3600, 0, 1);
	check_tape(c,
		"calls,,,,,\nindex,priority,x,y,arrivalTime,dispatchDelay,onSceneDuration\n"
		"1,1,108.9,34.26,0.5,0.001,0.01\n",
		43200, 864, 1);
	city_free(c);
}

static void wrong_tapes_are_named(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "lon,lat\n1,2\n", "no column for the time of the call" },
		{ "time_s\n1\n", "no columns for the place" },
		{ "time_s,lon,lat\nsoon,108.9,34.26\n", ":2:1 (time_s): 'soon' is not a number" },
		{ "datetime,lon,lat\nyesterday,108.9,34.26\n",
			"'yesterday' is not a date and time" },
		{ "date,time,lon,lat\n2024-13-01,10:00,108.9,34.26\n", ":2:1 (date)" },
		{ "date,time,lon,lat\n2024-12-01,25:00,108.9,34.26\n", ":2:2 (time)" },
		{ "time_s,lon,lat\n1,34.26,108.9\n", "are longitude and latitude swapped?" },
		{ "time_s,lon,lat\n1,8.9,34.26\n", "km from the nearest road" },
		{ "time_s,node\n1,nowhere\n", "there is no node 'nowhere'" },
		{ "time_s,lon,lat,scene_s\n1,108.9,34.26,-4\n", "out of bounds" },
		{ "time_s,lon,lat\n", "there are no calls" },
	};
	struct city *c = line_city(5);
	struct scenario s = plain();
	struct given_calls g;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_false(calls_read(c, &s, file_of(cases[i].text), &g, error));
		if (!strstr(error, cases[i].says))
			fail_msg("case %zu says: %s", i, error);
	}
	city_free(c);
}

static void posts_from_files(void **state)
{
	struct city *c = line_city(5);
	struct post_list p;

	(void)state;
	assert_true(posts_read(
		c, file_of("post,lon,lat\nx,108.9,34.26\ny,108.933,34.26\n"), &p, error));
	assert_int_equal(p.n, 2);
	assert_int_equal(p.node[0], 0);
	assert_int_equal(p.node[1], 3);
	assert_string_equal(p.name[1], "y");
	post_list_free(&p);
	assert_true(posts_read(
		c, file_of("stations,,,\nindex,x,y,capacity\n1,108.91,34.26,3\n"), &p, error));
	assert_int_equal(p.node[0], 1);
	post_list_free(&p);
	assert_true(posts_read(c, file_of("node,units\nn4,2\nn1,1\n"), &p, error));
	assert_int_equal(p.n, 3);
	assert_int_equal(p.node[1], 4);
	assert_int_equal(p.node[2], 1);
	post_list_free(&p);
	assert_false(posts_read(c, file_of("node,units\nn4,two\n"), &p, error));
	assert_non_null(strstr(error, ":2:2 (units): 'two' is not a number"));
	assert_true(posts_read(c, file_of("node\nn4\n"), &p, error));
	assert_int_equal(p.node[0], 4);
	post_list_free(&p);
	assert_false(posts_read(c, file_of("name\nn4\n"), &p, error));
	assert_non_null(strstr(error, "posts need 'lon' and 'lat', or 'node'"));
	city_free(c);
}

/* Three clusters, three posts: one in each; a fourth goes where it saves most. */
static void posts_are_where_the_demand_is(void **state)
{
	struct city *c = line_city(40);
	struct scenario s = plain();
	uint32_t at[] = { 2, 20, 37, 10 };
	double share[] = { 0.3, 0.3, 0.3, 0.1 };
	struct gathered d = { at, share, 4 };
	uint32_t ret[4];
	bool seen[4] = { false };

	(void)state;
	assert_true(posts_choose(c, &s, &d, 0, 4, ret) > 0);
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 4; k++)
			seen[k] = seen[k] || ret[i] == at[k];
	for (size_t k = 0; k < 4; k++)
		assert_true(seen[k]);
	ret[0] = 1; /* one stands already */
	posts_choose(c, &s, &d, 1, 2, ret);
	assert_int_equal(ret[0], 1);
	assert_true((ret[1] == 20 && ret[2] == 37) || (ret[1] == 37 && ret[2] == 20));
	city_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_graph_of_nodes_and_edges),
		cmocka_unit_test(a_graph_with_times_in_other_words),
		cmocka_unit_test(a_jemss_city),
		cmocka_unit_test(wrong_graphs_are_named),
		cmocka_unit_test(tapes_of_many_makings),
		cmocka_unit_test(wrong_tapes_are_named),
		cmocka_unit_test(posts_from_files),
		cmocka_unit_test(posts_are_where_the_demand_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
