/* test_trackers.c - messages of tracking apps as fixes; what is to be thought of fixes one by one.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dispatch/fixes.h"
#include "dispatch/trackers.h"
#include "kit/timeutil.h"

#define S INT64_C(1000000)
static const int64_t NOW = INT64_C(1772424000) * S;
static const struct lonlat BELL = { 108.9423, 34.261 };

/* "lat=1 lon=2" as fields; a value can't hold a blank, '~' stands for one. */
static struct tracker_fix read_as(
	const char *text, void (*app)(Pb__LooseField *const *, size_t, struct tracker_fix *))
{
	static Pb__LooseField fields[32];
	static Pb__LooseField *list[32];
	static char copy[2048];
	struct tracker_fix t;
	size_t n = 0;

	snprintf(copy, sizeof copy, "%s", text);
	for (char *p = strtok(copy, " "); p; p = strtok(NULL, " "), n++) {
		char *v = strchr(p, '=');
		*v++ = '\0';
		for (char *b = strchr(v, '~'); b; b = strchr(b, '~'))
			*b = ' ';
		pb__loose_field__init(&fields[n]);
		fields[n].name = p;
		fields[n].value = v;
		list[n] = &fields[n];
	}
	app(list, n, &t);
	return t;
}

static void osmand(Pb__LooseField *const *f, size_t n, struct tracker_fix *t)
{
	tracker_osmand(f, n, NOW, t);
}

static void times_in_every_form(void **state)
{
	static const struct {
		const char *text;
		int64_t at_us; /* 0: unreadable */
	} rows[] = {
		{ "1377177267", INT64_C(1377177267) * S },
		{ "1442068686579", INT64_C(1442068686579000) },
		{ "2016-01-27T18:55:47Z", INT64_C(1453920947) * S },
		{ "2016-01-27T18:55:47.250Z", INT64_C(1453920947250000) },
		{ "2016-01-28T02:55:47+08:00", INT64_C(1453920947) * S },
		{ "2014-06-04~09:10:11", INT64_C(1401873011) * S },
		{ "2014-06-04T09:10:11", INT64_C(1401873011) * S },
		{ "soon", 0 },
		{ "2014-06-04", 0 },
		{ "2014-06-04~09:10", 0 },
		{ "2014-13-04~09:10:11", 0 },
		{ "-5", 0 },
		{ "1e300", 0 },
		{ "nan", 0 },
		{ "99999999999999999999999999999999999999999999999999", 0 },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text, "lat=34 lon=108 timestamp=%s", rows[i].text);
		struct tracker_fix t = read_as(text, osmand);
		if (!!t.fault != !rows[i].at_us || (!t.fault && t.fix.fix_at != rows[i].at_us))
			fail_msg("%s: %s %lld", rows[i].text, t.fault ? t.fault : "",
				(long long)t.fix.fix_at);
		assert_true(t.there == !t.fault);
	}
	assert_true(read_as("lat=34 lon=108", osmand).fix.fix_at == NOW);
}

static void units_and_unknowns(void **state)
{
	struct tracker_fix t = read_as("lat=34.5 lon=108.5 speed=10 heading=90 hacc=7", osmand);

	(void)state;
	assert_true(fabs(t.fix.speed_mps - 5.1444) < 1e-3 && t.fix.course_deg == 90);
	assert_true(t.position.accuracy_m == 7 && t.position.datum == PB__DATUM__VALUE__WGS84);
	t = read_as("location.coords.latitude=34 location.coords.longitude=108 "
		    "location.coords.speed=-1 location.coords.heading=-1 location.mock=true "
		    "location.coords.accuracy=1e9 location.timestamp=2026-03-02T04:00:00Z",
		osmand);
	assert_true(t.there && t.fix.mock && t.fix.fix_at == NOW);
	assert_true(t.fix.speed_mps == 0 && t.fix.course_deg == 0 && t.position.accuracy_m == 0);
	t = read_as("_type=location lat=34 lon=108 tst=1772424000 vel=36 cog=10 acc=3",
		tracker_owntracks);
	assert_true(t.there && fabs(t.fix.speed_mps - 10) < 1e-9 && t.fix.fix_at == NOW);
	assert_false(read_as("_type=lwt tst=1", tracker_owntracks).there);
	assert_false(read_as("_type=location lat=34 lon=108", tracker_owntracks).there);
	assert_false(read_as("cell=460,0,1,2", osmand).there);
	assert_int_equal(
		read_as("lat=1 lon=2 datum=BD09", osmand).position.datum, PB__DATUM__VALUE__BD09);
	assert_string_equal(read_as("lat=1 lon=2 datum=UNSPECIFIED", osmand).field, "datum");
	assert_string_equal(read_as("lat=1x lon=2", osmand).field, "lat");
	assert_string_equal(read_as("location=1,2,3", osmand).field, "location");
	assert_true(read_as("location=-1.5,2e1", osmand).position.lon == 20);
}

/* ---- fixes ---- */

static struct fix fix_at(double metres_east, double ago_s)
{
	return (struct fix){ .at = { BELL.lon + metres_east / (111195 * cos(BELL.lat * M_PI / 180)),
				     BELL.lat },
		.at_us = NOW - (int64_t)(ago_s * 1e6),
		.accuracy_m = 5 };
}

static void doubt_needs_everyone_to_disagree(void **state)
{
	static const struct {
		double newest, before[2], ago[2];
		size_t n;
		bool doubtful;
	} rows[] = {
		{ 0, { 0 }, { 0 }, 0, false },
		{ 600, { 0 }, { 10 }, 1, false },
		{ 800, { 0 }, { 10 }, 1, true },
		{ 800, { 9000, 0 }, { 5, 10 }, 2, true },
		{ 0, { 9000, 0 }, { 5, 10 }, 2, false },     /* back from a stray one */
		{ 9000, { 8990, 0 }, { 5, 10 }, 2, false },  /* out of a tunnel */
		{ 90000, { 0, 0 }, { 601, 700 }, 2, false }, /* too long ago to say */
		{ 90000, { 0, 0 }, { 599, 700 }, 2, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fix newest = fix_at(rows[i].newest, 0), before[2];
		for (size_t k = 0; k < 2; k++)
			before[k] = fix_at(rows[i].before[k], rows[i].ago[k]);
		if (fix_doubtful(&newest, false, before, rows[i].n) != rows[i].doubtful)
			fail_msg("row %zu", i);
		assert_true(fix_doubtful(&newest, true, before, rows[i].n));
	}
}

static void offsets_of_datums_are_known(void **state)
{
	struct lonlat gcj = wgs84_to_gcj02(BELL), bd = gcj02_to_bd09(gcj), paris = { 2.35, 48.85 };
	struct lonlat far = { BELL.lon + 0.00468, BELL.lat + 0.0016 }; /* as far, elsewhere */

	(void)state;
	assert_int_equal(fix_step(BELL, gcj, 5), FIX_GCJ02);
	assert_int_equal(fix_step(BELL, bd, 5), FIX_BD09);
	assert_int_equal(fix_step(gcj, BELL, 5), 0); /* and back */
	assert_int_equal(fix_step(bd, BELL, 5), 0);
	assert_int_equal(fix_step(BELL, gcj, 30), 0); /* 15 m/s: simply driven */
	assert_int_equal(fix_step(BELL, far, 5), FIX_JUMP);
	assert_int_equal(fix_step(paris, (struct lonlat){ 2.355, 48.848 }, 2), FIX_JUMP);
	assert_int_equal(fix_step(BELL, BELL, 1), 0);
}

static void nonsense_has_a_name(void **state)
{
	static const struct {
		double lon, lat, ahead_s;
		const char *word;
	} rows[] = {
		{ 108.9, 34.2, 0, NULL },
		{ 34.2, 108.9, 0, "swapped_lon_lat" },
		{ 43.8, 87.6, 0, "swapped_lon_lat" },
		{ 87.6, 43.8, 0, NULL },
		{ 170, 95, 0, "out_of_range" },
		{ 1e300, 0, 0, "out_of_range" },
		{ NAN, 34, 0, "no_position" },
		{ 0, 0, 0, "zero_island" },
		{ 2.35, 48.85, 0, NULL },
		{ -74, 40.7, 0, NULL },
		{ 108.9, 34.2, 3600, "clock_ahead" },
		{ 108.9, 34.2, 299, NULL },
		{ 108.9, 34.2, -31 * 86400.0, "too_old" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		Pb__FixPosition p = PB__FIX_POSITION__INIT;
		Pb__Fix f = PB__FIX__INIT, *list = &f;
		struct graded_fix g;
		p.lon = rows[i].lon;
		p.lat = rows[i].lat;
		p.datum = PB__DATUM__VALUE__WGS84;
		f.position = &p;
		f.fix_at = NOW + (int64_t)(rows[i].ahead_s * 1e6);
		fixes_grade(&list, 1, NOW, &g);
		if (!g.rejected != !rows[i].word ||
			(g.rejected && strcmp(g.rejected, rows[i].word)))
			fail_msg("%g %g: %s", rows[i].lon, rows[i].lat, g.rejected);
	}
}

/* A time zone forgotten: eight hours; summer time: one. A queue sent late ends at its own time. */
static void clocks_behind_are_flagged(void **state)
{
	static const struct {
		double ago_s;
		bool flagged;
	} rows[] = { { 5, false }, { 100, false }, { 1200, false }, { 1800, true }, { 3600, true },
		{ 3640, true }, { 3700, false }, { 8 * 3600 - 20, true }, { 15 * 3600, false } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		Pb__FixPosition p = PB__FIX_POSITION__INIT;
		Pb__Fix f = PB__FIX__INIT, *list = &f;
		struct graded_fix g;
		p.lon = BELL.lon;
		p.lat = BELL.lat;
		p.datum = PB__DATUM__VALUE__WGS84;
		f.position = &p;
		f.fix_at = NOW - (int64_t)(rows[i].ago_s * 1e6);
		fixes_grade(&list, 1, NOW, &g);
		if (!!(g.flags & FIX_CLOCK) != rows[i].flagged)
			fail_msg("%g s ago", rows[i].ago_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_in_every_form),
		cmocka_unit_test(units_and_unknowns),
		cmocka_unit_test(doubt_needs_everyone_to_disagree),
		cmocka_unit_test(offsets_of_datums_are_known),
		cmocka_unit_test(nonsense_has_a_name),
		cmocka_unit_test(clocks_behind_are_flagged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
