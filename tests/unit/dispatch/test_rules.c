/* test_rules.c - travel times, proofs of arrival, and the grading of position reports. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "dispatch/arrival.h"
#include "dispatch/fixes.h"
#include "dispatch/travel.h"

#define S INT64_C(1000000)
static const int64_t MIDNIGHT_XIAN = INT64_C(1772380800) * S; /* 2026-03-01 16:00 UTC */
static const struct lonlat BELL = { 108.9423, 34.2610 };

static int64_t hour(int h)
{
	return MIDNIGHT_XIAN + h * 3600 * S;
}

/* A point `m` metres east of the Bell Tower. */
static struct lonlat east(double m)
{
	return (struct lonlat){ BELL.lon + m / 91890.0, BELL.lat };
}

static void hours_are_local(void **state)
{
	(void)state;
	assert_int_equal(travel_hour(hour(0)), 0);
	assert_int_equal(travel_hour(hour(18)), 18);
	assert_int_equal(travel_hour(hour(24) - 1), 23);
}

static void speeds_match_the_published_ones(void **state)
{
	(void)state;
	assert_float_equal(travel_speed_mps(18) * 3.6, 25.0, 0.2); /* peak mean */
	assert_float_equal(travel_speed_mps(3) * 3.6, 48.0, 0.01); /* free flow */
	for (int h = 0; h < 24; h++)
		assert_true(travel_speed_mps(h) > 6 && travel_speed_mps(h) < 14);
}

/* Road metres for straight-line metres, as measured on the road graph, within 5 %. */
static void detours_match_the_measured_ones(void **state)
{
	static const struct {
		double crow, road;
	} rows[] = { { 1500, 1500 * 1.617 }, { 3000, 3000 * 1.438 }, { 6000, 6000 * 1.328 },
		{ 10000, 10000 * 1.290 } };
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct travel t = travel_time(BELL, east(rows[i].crow), hour(3), false);
		double road = (t.eta_s - 60) * travel_speed_mps(3);
		assert_true(fabs(road / rows[i].road - 1) < 0.05);
	}
}

static void nearer_is_never_later(void **state)
{
	double last = 0;
	(void)state;
	for (double m = 0; m < 20000; m += 50) {
		struct travel t = travel_time(BELL, east(m), hour(12), false);
		assert_true(t.eta_s >= last && t.eta_p90_s >= t.eta_s);
		last = t.eta_s;
	}
	assert_float_equal(travel_time(BELL, BELL, hour(12), false).eta_s, 20, 1e-6);
}

static void chance_falls_with_distance_and_time(void **state)
{
	struct travel t = travel_time(BELL, east(2600), hour(18), false);
	(void)state;
	/* 2.6 km at the worst hour is about what ten minutes allow. */
	assert_true(travel_on_time(&t, 600) > 0.6 && travel_on_time(&t, 600) < 0.95);
	assert_true(travel_on_time(&t, 0) == 0 && travel_on_time(&t, -5) == 0);
	double last = 0;
	for (int s = 30; s < 2000; s += 30) {
		double p = travel_on_time(&t, s);
		assert_true(p >= last && p <= 1);
		last = p;
	}
	assert_true(last > 0.99);
	/* The 90th percentile is on time with 90 %. */
	struct travel free = travel_time(BELL, east(5000), hour(12), false);
	assert_float_equal(travel_on_time(&free, free.eta_p90_s), 0.9, 0.02);
}

static void proofs_of_arrival(void **state)
{
	static const struct {
		const char *what;
		double given_m, accuracy_m; /* given_m < 0: no position sent */
		double fix_m;               /* < 0: no fix known */
		int64_t fix_age_s;
		bool doubtful, confirmed;
	} rows[] = {
		{ "inside", 149, 0, -1, 0, false, true },
		{ "outside", 152, 0, -1, 0, false, false },
		{ "outside but for the accuracy", 190, 60, -1, 0, false, true },
		{ "accuracy helps 50 m at most", 210, 5000, -1, 0, false, false },
		{ "nothing known", -1, 0, -1, 0, false, false },
		{ "by the newest fix", -1, 0, 100, 60, false, true },
		{ "a minute old at most", -1, 0, 100, 61, false, false },
		{ "doubtful fixes prove nothing", -1, 0, 100, 5, true, false },
		{ "given outside, fix inside", 2000, 0, 100, 5, false, true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arrival_facts f = { .scene = BELL, .now_us = hour(12) };
		if (rows[i].given_m >= 0) {
			f.given = true;
			f.at = east(rows[i].given_m);
			f.accuracy_m = rows[i].accuracy_m;
		}
		if (rows[i].fix_m >= 0)
			f.newest = (struct fix){ .at = east(rows[i].fix_m),
				.at_us = f.now_us - rows[i].fix_age_s * S,
				.doubtful = rows[i].doubtful };
		struct arrival a = arrival_judge(&f);
		if (a.confirmed != rows[i].confirmed)
			fail_msg("%s: confirmed %d", rows[i].what, a.confirmed);
		assert_int_equal(a.n_proofs, rows[i].confirmed ? 2 : 1);
		assert_string_equal(a.proofs[0], "tap");
		assert_int_equal(a.known, rows[i].given_m >= 0 || rows[i].fix_m >= 0);
		assert_true(a.known ? a.distance_m >= 0 : a.distance_m == -1);
	}
}

static Pb__Fix fixes[8];
static Pb__FixPosition places[8];
static Pb__Fix *list[8];
static struct graded_fix out[8];

static void put(size_t i, double lon, double lat, int64_t at, Pb__Datum__Value datum)
{
	pb__fix__init(&fixes[i]);
	pb__fix_position__init(&places[i]);
	places[i].lon = lon;
	places[i].lat = lat;
	places[i].datum = datum;
	places[i].accuracy_m = 5;
	fixes[i].position = &places[i];
	fixes[i].fix_at = at;
	list[i] = &fixes[i];
}

static void fixes_are_graded(void **state)
{
	int64_t now = hour(12);
	(void)state;
	put(0, BELL.lon, BELL.lat, now - 10 * S, PB__DATUM__VALUE__WGS84);
	put(1, 0, 0, now, PB__DATUM__VALUE__WGS84);
	put(2, BELL.lon, BELL.lat, now + 301 * S, PB__DATUM__VALUE__WGS84);
	put(3, BELL.lon, BELL.lat, now + 300 * S, PB__DATUM__VALUE__WGS84);
	put(4, BELL.lon, BELL.lat, now - 31 * 86400 * S, PB__DATUM__VALUE__WGS84);
	put(5, BELL.lon, BELL.lat, now - 10 * S, PB__DATUM__VALUE__WGS84);
	put(6, BELL.lon, BELL.lat, now - 9 * S, PB__DATUM__VALUE__UNSPECIFIED);
	put(7, BELL.lon + 0.1, BELL.lat, now - 8 * S, PB__DATUM__VALUE__WGS84);
	places[7].accuracy_m = 1001;
	fixes_grade(list, 8, now, out);
	assert_null(out[0].rejected);
	assert_string_equal(out[1].rejected, "zero_island");
	assert_string_equal(out[2].rejected, "clock_ahead");
	assert_null(out[3].rejected);
	assert_string_equal(out[4].rejected, "too_old");
	assert_true(out[5].duplicate && !out[0].duplicate);
	assert_string_equal(out[6].rejected, "no_position");
	assert_int_equal(out[7].flags, FIX_JUMP | FIX_POOR);
}

static void datums_become_one(void **state)
{
	(void)state;
	put(0, 108.94699, 34.25941, hour(1), PB__DATUM__VALUE__GCJ02);
	put(1, 108.95341, 34.26566, hour(2), PB__DATUM__VALUE__BD09);
	put(2, 108.9423, 34.2610, hour(3), PB__DATUM__VALUE__CGCS2000);
	fixes_grade(list, 3, hour(12) + 600 * S, out);
	for (size_t i = 0; i < 3; i++) {
		double off = geo_distance_m(out[i].wgs84, BELL);
		if (off > 6) /* the rounding of the published figures */
			fail_msg("%zu is %.1f m off", i, off);
		assert_int_equal(out[i].flags, 0);
	}
}

/* 70 m/s is the limit: 699 m in 10 s is a fast car, 710 m is not. */
static void jumps_are_flagged_in_time_order(void **state)
{
	(void)state;
	put(0, east(699).lon, BELL.lat, hour(1) + 10 * S, PB__DATUM__VALUE__WGS84);
	put(1, BELL.lon, BELL.lat, hour(1), PB__DATUM__VALUE__WGS84);
	fixes_grade(list, 2, hour(12) + 600 * S, out);
	assert_int_equal(out[0].flags | out[1].flags, 0);
	put(0, east(710).lon, BELL.lat, hour(1) + 10 * S, PB__DATUM__VALUE__WGS84);
	fixes_grade(list, 2, hour(12) + 600 * S, out);
	assert_int_equal(out[0].flags, FIX_JUMP);
	assert_int_equal(out[1].flags, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hours_are_local),
		cmocka_unit_test(speeds_match_the_published_ones),
		cmocka_unit_test(detours_match_the_measured_ones),
		cmocka_unit_test(nearer_is_never_later),
		cmocka_unit_test(chance_falls_with_distance_and_time),
		cmocka_unit_test(proofs_of_arrival),
		cmocka_unit_test(fixes_are_graded),
		cmocka_unit_test(datums_become_one),
		cmocka_unit_test(jumps_are_flagged_in_time_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
