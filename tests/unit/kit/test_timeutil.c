/* test_timeutil.c - RFC 3339 in and out, leap days, offsets, bad text, the local calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kit/timeutil.h"

static void reads_rfc3339(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:00.000001Z", 1 },
		{ "2026-11-21T06:07:41.123456Z", INT64_C(1795241261123456) },
		{ "2026-11-21T06:07:41.1234567899Z", INT64_C(1795241261123456) },
		{ "2026-11-21T14:07:41.5+08:00", INT64_C(1795241261500000) },
		{ "2026-11-20T22:37:41-07:30", INT64_C(1795241261000000) },
		{ "2026-11-21t06:07:41z", INT64_C(1795241261000000) },
		{ "2000-02-29T00:00:00Z", INT64_C(951782400000000) },
		{ "2024-02-29T12:00:00+00:00", INT64_C(1709208000000000) },
		{ "2016-12-31T23:59:60Z", INT64_C(1483228800000000) },
		{ "2017-01-01T07:59:60+08:00", INT64_C(1483228800000000) },
		{ "1969-12-31T23:00:00-01:00", 0 },
		{ "9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t us = -1;
		if (!time_from_text(cases[i].text, &us) || us != cases[i].us)
			fail_msg("%s: %lld", cases[i].text, (long long)us);
	}
}

static void refuses_bad_text(void **state)
{
	static const char *const bad[] = { "", "now", "2026-11-21", "2026-11-21T06:07:41",
		"2026-11-21 06:07:41Z", "2026-11-21T06:07Z", "2026-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z",
		"2026-11-21T24:00:00Z", "2026-11-21T06:60:00Z", "2026-11-21T06:07:61Z",
		"2026-11-21T06:07:60Z", "2026-11-21T06:07:41.Z", "2026-11-21T06:07:41+0800",
		"2026-11-21T06:07:41+24:00", "2026-11-21T06:07:41+08:60", "2026-11-21T06:07:41Z ",
		" 2026-11-21T06:07:41Z", "26-11-21T06:07:41Z", "12026-11-21T06:07:41Z",
		"1970-01-01T00:00:00+08:00", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-00:01",
		"2026-11-21T06:07:41,5Z", "2026-1-21T06:07:41Z", "２026-11-21T06:07:41Z" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int64_t us = 77;
		if (time_from_text(bad[i], &us))
			fail_msg("took '%s'", bad[i]);
		assert_int_equal(us, 77);
	}
	assert_false(time_from_text(NULL, &(int64_t){ 0 }));
}

static void writes_what_it_reads(void **state)
{
	char buf[TIME_TEXT_MAX];
	int64_t back;

	(void)state;
	assert_string_equal(
		time_to_text(INT64_C(1795241261123456), buf), "2026-11-21T06:07:41.123456Z");
	assert_string_equal(time_to_text(INT64_C(1795241261000000), buf), "2026-11-21T06:07:41Z");
	assert_string_equal(time_to_text(0, buf), "1970-01-01T00:00:00Z");
	assert_string_equal(time_to_text(-1, buf), "1969-12-31T23:59:59.999999Z");
	assert_string_equal(time_to_text(INT64_MAX, buf), "9999-12-31T23:59:59.999999Z");
	time_to_text(INT64_MIN, buf); /* must not overflow anything */
	/* Every day of 450 years, so every kind of leap year is met. */
	for (int64_t day = 0; day < 365 * 450; day++) {
		int64_t us = (day * 86400 + day % 86400) * US_PER_S + day;
		if (!time_from_text(time_to_text(us, buf), &back) || back != us)
			fail_msg("%s", buf);
	}
}

static void knows_the_local_calendar(void **state)
{
	int64_t us;
	char buf[64];

	(void)state;
	assert_true(time_from_text("2026-11-21T15:59:59Z", &us));
	assert_int_equal(local_date(us), 20261121);
	assert_int_equal(local_date(us + US_PER_S), 20261122);
	assert_true(time_from_text("2023-12-31T16:00:00Z", &us));
	assert_int_equal(local_date(us), 20240101);
	assert_true(time_from_text("2026-11-21T06:07:41Z", &us));
	assert_string_equal(time_to_chinese(us, buf, sizeof(buf)), "2026年11月21日14时07分");
}

static void clocks_go_forward(void **state)
{
	int64_t a = mono_us(), b = mono_us();

	(void)state;
	assert_true(b >= a);
	assert_true(now_us() > INT64_C(1700000000000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rfc3339),
		cmocka_unit_test(refuses_bad_text),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(knows_the_local_calendar),
		cmocka_unit_test(clocks_go_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
