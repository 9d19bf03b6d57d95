/* support.h - small worlds for the simulator's tests: cities from text, days from lists of calls.
 */
#ifndef TESTS_CITYSIM_SUPPORT_H
#define TESTS_CITYSIM_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "board/graph.h"
#include "board/sim.h"

/* Writes a text to a new file under /tmp; its path lives until the test's end. */
static inline const char *file_of(const char *text)
{
	static char names[32][40];
	static int n;
	char *name = names[n++ % 32];
	int fd;

	snprintf(name, sizeof names[0], "/tmp/citysim_test_XXXXXX");
	fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return name;
}

/* Junctions in a row, a kilometre and 100 s apart, both ways. */
static inline struct city *line_city(int n)
{
	struct draft d = { 0 };
	char error[200];
	struct city *c;

	for (int i = 0; i < n; i++) {
		char name[16];
		snprintf(name, sizeof name, "n%d", i);
		assert_true(draft_node(&d, (struct lonlat){ 108.9 + 0.010884 * i, 34.26 }, name));
	}
	for (uint32_t i = 0; i + 1 < (uint32_t)n; i++) {
		assert_true(draft_arc(&d, (struct draft_arc){ i, i + 1, 1000, 100, 36, false }));
		assert_true(draft_arc(&d, (struct draft_arc){ i + 1, i, 1000, 100, 36, false }));
	}
	c = city_build(&d, 48, error, sizeof error);
	assert_non_null(c);
	return c;
}

/* No luck, no bad phones: what can be computed by hand. */
static inline struct scenario plain(void)
{
	return (struct scenario){ .name = "plain",
		.storm = 1,
		.storm_slow = 1,
		.congestion = 1,
		.units = 1,
		.promise_s = 600,
		.handling_s = 45,
		.turnout_s = 20,
		.turnout_night_s = 60,
		.accept_s = 5,
		.scene_s = 1200 };
}

/* One run on a city with units standing at `home`. */
struct trial {
	struct scenario scenario;
	struct city *city;
	struct calls_day day;
	uint32_t home[64];
	double on_duty[64];
	size_t units;
	struct sim_result result;
	struct sim_setup set; /* after run_trial, until end_trial */
	struct fleet fleet;
	struct foresight foresight;
	struct zone zones[1];
	struct belief belief;
};

static inline void run_trial(struct trial *t, const char *policy)
{
	t->fleet = (struct fleet){ t->units, t->home, t->home, t->on_duty, NULL };
	t->foresight = (struct foresight){ .zones = t->zones, .scene_s = 1200 };
	assert_true(belief_init(&t->belief, t->city, &t->scenario, 1));
	t->set = (struct sim_setup){ .scenario = &t->scenario,
		.city = t->city,
		.day = &t->day,
		.fleet = &t->fleet,
		.foresight = &t->foresight,
		.belief = &t->belief,
		.policy = policy_by_name(policy) };
	assert_non_null(t->set.policy);
	assert_true(sim_run(&t->set, &t->result));
}

static inline void end_trial(struct trial *t)
{
	sim_result_free(&t->result);
	belief_free(&t->belief);
}

#endif
