/* scenario.c - the scenarios S1 to S7, S10 and S11. */
#include "scenario.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define ALWAYS \
	.hot = 14, \
	.promise_s = 600, .handling_s = 45, .turnout_s = 20, .turnout_night_s = 60, .accept_s = 5, \
	.scene_s = 1200, .scene_cv = 0.6, .heavy_s = 3600, \
	.trip_kmh = 48, .congestion = 1, .noise = 0.25, .noise_common = 0.8, .noise_pair = 0.6, \
	.decline = 0.02, .no_answer = 0.01
/* S1 to S7: all calls around hot spots, days alike; the later ones are rougher on both. */
#define EVEN .day_cv = 0.1, .hot_share = 1
#define UNEVEN .day_cv = 0.3, .hot_share = 0.8
#define CORE .calls = 300
#define CALM .storm = 1, .storm_slow = 1
#define STORM(factor, from, to, slow) \
	.storm = (factor), .storm_from = (from), .storm_to = (to), .storm_slow = (slow)
#define GPS .gps_gap = 0.02, .gps_error_m = 15, .gps_jump = 0.005

const struct scenario scenarios[] = {
	{ .name = "S1", .title = "one district, normal day, few units",
	  ALWAYS, EVEN, CALM, GPS, .calls = 66, .units = 8 },
	{ .name = "S2", .title = "core, normal day, tight fleet",
	  ALWAYS, EVEN, CORE, CALM, GPS, .units = 16 },
	{ .name = "S3", .title = "core, normal day, comfortable fleet",
	  ALWAYS, EVEN, CORE, CALM, GPS, .units = 24 },
	{ .name = "S4", .title = "evening rush, southern second ring closed",
	  ALWAYS, EVEN, CORE, STORM(1.5, 16, 20, 1.15), GPS, .units = 24, .closed = "二环南路" },
	{ .name = "S5", .title = "storm, twice the demand for six hours",
	  ALWAYS, EVEN, CORE, STORM(2, 14, 20, 1.2), GPS, .units = 24 },
	{ .name = "S6", .title = "storm, three times the demand for six hours",
	  ALWAYS, EVEN, CORE, STORM(3, 14, 20, 1.3), GPS, .units = 24 },
	{ .name = "S6x4", .title = "storm, four times the demand for six hours",
	  ALWAYS, EVEN, CORE, STORM(4, 14, 20, 1.35), GPS, .units = 24 },
	{ .name = "S7", .title = "ten times the demand for three hours, mutual aid",
	  ALWAYS, EVEN, CORE, STORM(10, 14, 17, 1.5), GPS, .units = 24, .aid = 72, .aid_at = 14.75 },
	{ .name = "S10", .title = "wrong speeds, bad positions",
	  ALWAYS, UNEVEN, CORE, CALM, .units = 20, .belief = 0.25,
	  .gps_gap = 0.06, .gps_error_m = 30, .gps_jump = 0.02, .gps_shift = 0.05 },
	{ .name = "S11", .title = "half at posts, half on patrol loops",
	  ALWAYS, UNEVEN, CORE, CALM, GPS, .units = 20, .patrol = 0.5 },
};
/* clang-format on */
const size_t n_scenarios = sizeof scenarios / sizeof *scenarios;

#define NUMBER(field) \
	{ \
#field, offsetof(struct scenario, field) \
	}
static const struct {
	const char *name;
	size_t at;
} numbers[] = {
	NUMBER(calls),
	NUMBER(day_cv),
	NUMBER(hot),
	NUMBER(hot_share),
	NUMBER(storm),
	NUMBER(storm_from),
	NUMBER(storm_to),
	NUMBER(storm_slow),
	NUMBER(units),
	NUMBER(aid),
	NUMBER(aid_at),
	NUMBER(patrol),
	NUMBER(promise_s),
	NUMBER(handling_s),
	NUMBER(turnout_s),
	NUMBER(turnout_night_s),
	NUMBER(accept_s),
	NUMBER(scene_s),
	NUMBER(scene_cv),
	NUMBER(heavy),
	NUMBER(heavy_s),
	NUMBER(trip_kmh),
	NUMBER(congestion),
	NUMBER(noise),
	NUMBER(noise_common),
	NUMBER(noise_pair),
	NUMBER(decline),
	NUMBER(no_answer),
	NUMBER(gps_gap),
	NUMBER(gps_error_m),
	NUMBER(gps_jump),
	NUMBER(gps_shift),
	NUMBER(belief),
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

const struct scenario *scenario_find(const char *name)
{
	for (size_t i = 0; i < n_scenarios; i++)
		if (!strcmp(scenarios[i].name, name))
			return &scenarios[i];
	return NULL;
}

bool scenario_set(struct scenario *s, const char *assignment)
{
	const char *eq = strchr(assignment, '=');
	char *end;
	double v;

	if (!eq)
		return false;
	v = strtod(eq + 1, &end);
	if (end == eq + 1 || *end || !(v >= 0 && v < 1e7))
		return false;
	for (size_t i = 0; i < NUMBERS; i++)
		if (strlen(numbers[i].name) == (size_t)(eq - assignment) &&
			!strncmp(numbers[i].name, assignment, (size_t)(eq - assignment))) {
			memcpy((char *)s + numbers[i].at, &v, sizeof v);
			return true;
		}
	return false;
}

void scenario_print(const struct scenario *s)
{
	for (size_t i = 0; i < NUMBERS; i++) {
		double v;

		memcpy(&v, (const char *)s + numbers[i].at, sizeof v);
		printf("  %s=%g\n", numbers[i].name, v);
	}
}
