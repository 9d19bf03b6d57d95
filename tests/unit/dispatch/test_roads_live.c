/* test_roads_live.c - the graph of a running service is replaced, refused, and kept while in use.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "dispatch/roads_live.h"

static char path[64];

static struct roads *line_of(int nodes)
{
	char n[4096] = "node,lon,lat\n", e[4096] = "from,to,oneway\n";
	struct roads_fault f = { "" };

	for (int i = 0; i < nodes; i++) {
		snprintf(n + strlen(n), sizeof(n) - strlen(n), "%d,%.4f,34.2\n", i,
			108.9 + i * 0.01);
		if (i)
			snprintf(e + strlen(e), sizeof(e) - strlen(e), "%d,%d,no\n", i - 1, i);
	}
	struct roads *r = roads_from_csv_text(n, strlen(n), e, strlen(e), NULL, NULL, &f);
	if (!r)
		fail_msg("%s", f.text);
	return r;
}

static void put(int nodes)
{
	struct roads *r = line_of(nodes);
	struct roads_fault f = { "" };

	if (!roads_save(r, path, &f))
		fail_msg("%s", f.text);
	roads_free(r);
}

static void put_rubbish(void)
{
	FILE *f = fopen(path, "w");

	fputs("this is no graph, though it is long enough to hold the header of one; "
	      "this is no graph, though it is long enough to hold the header of one",
		f);
	fclose(f);
}

static size_t nodes_now(void)
{
	struct roads_router *q = dispatch_router();

	return q ? roads_n_nodes(roads_router_graph(q)) : 0;
}

static bool wait_for(size_t nodes)
{
	for (int i = 0; i < 100 && nodes_now() != nodes; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 100 * 1000000 }, NULL);
	return nodes_now() == nodes;
}

static double eta(struct travel_model m)
{
	struct travel_from from = { .at = { 108.9005, 34.2 } };
	struct travel t;

	m.to(m.ctx, (struct lonlat){ 108.9195, 34.2 }, 0, &from, 1, &t);
	return t.eta_s;
}

static void graphs_come_and_go(void **state)
{
	(void)state;
	assert_true(roads_live_start(path)); /* nothing there yet */
	assert_int_equal(nodes_now(), 0);
	assert_string_equal(dispatch_travel_name(), "straight");
	double straight = eta(dispatch_travel());

	put(5);
	assert_true(wait_for(5));
	assert_memory_equal(dispatch_travel_name(), "roads:", 6);
	struct travel_model old = dispatch_travel();
	double before = eta(old);
	assert_true(before > 0 && before != straight);

	put_rubbish();
	raise(SIGHUP);
	nanosleep(&(struct timespec){ .tv_sec = 1 }, NULL);
	assert_int_equal(nodes_now(), 5);

	put(7);
	raise(SIGHUP);
	assert_true(wait_for(7));
	assert_true(eta(old) == before); /* still whole for who had it */

	unlink(path);
	nanosleep(&(struct timespec){ .tv_sec = 3 }, NULL);
	assert_int_equal(nodes_now(), 7);
	roads_live_stop();
	assert_int_equal(nodes_now(), 0);
}

static void learned_factors_outlive_a_graph(void **state)
{
	struct roads_factor f = { .zone = "" };

	(void)state;
	put(5);
	assert_true(roads_live_start(path));
	double plain = roads_edge_s(dispatch_router(), 0, 3);
	for (int h = 0; h < 24; h++)
		f.factor[h] = 1.4;
	assert_true(roads_live_learned(&f, 1, NULL));
	assert_float_equal(roads_edge_s(dispatch_router(), 0, 3) / plain, 1.4, 0.01);
	put(6);
	raise(SIGHUP);
	assert_true(wait_for(6));
	assert_float_equal(roads_edge_s(dispatch_router(), 0, 3) / plain, 1.4, 0.01);
	roads_live_stop();
	unlink(path);
}

static void without_a_path_the_straight_line_answers(void **state)
{
	struct travel_from from = { .at = { 108.9005, 34.2 } };
	struct travel a, b;

	(void)state;
	assert_true(roads_live_start(""));
	struct travel_model m = dispatch_travel();
	m.to(m.ctx, (struct lonlat){ 108.95, 34.2 }, 0, &from, 1, &a);
	b = travel_time(from.at, (struct lonlat){ 108.95, 34.2 }, 0, false);
	assert_memory_equal(&a, &b, sizeof(a));
	roads_live_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(graphs_come_and_go),
		cmocka_unit_test(learned_factors_outlive_a_graph),
		cmocka_unit_test(without_a_path_the_straight_line_answers),
	};

	snprintf(path, sizeof(path), "/tmp/roads-live-test.%ld", (long)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
