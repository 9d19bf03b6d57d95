/* test_duplicates.c - what makes two reports look like one accident. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "intake/duplicates.h"

static double score(struct near_incident o, size_t *n)
{
	const char *reasons[DUPLICATE_REASONS_MAX];

	return duplicate_score(&o, reasons, n);
}

static void far_is_not_a_duplicate(void **state)
{
	size_t n;

	(void)state;
	assert_true(
		score((struct near_incident){ .distance_m = 300.1, .same_plate = true }, &n) == 0);
	assert_true(score((struct near_incident){ .apart_s = 901 }, &n) == 0);
	assert_true(score((struct near_incident){ .apart_s = -901 }, &n) == 0);
	assert_true(score((struct near_incident){ .distance_m = NAN }, &n) == 0);
	assert_int_equal(n, 0);
	assert_true(score((struct near_incident){ .distance_m = 300, .apart_s = -900 }, &n) > 0);
	assert_int_equal(n, 2);
}

static void evidence_orders_them(void **state)
{
	size_t n;
	double bare = score((struct near_incident){ .distance_m = 50, .apart_s = 60 }, &n);
	double far = score((struct near_incident){ .distance_m = 250, .apart_s = 60 }, &n);
	double late = score((struct near_incident){ .distance_m = 50, .apart_s = 800 }, &n);
	double other = score(
		(struct near_incident){ .distance_m = 50, .apart_s = 60, .other_plates = true },
		&n);
	double plate = score(
		(struct near_incident){ .distance_m = 50, .apart_s = 60, .same_plate = true }, &n);
	double phone = score(
		(struct near_incident){ .distance_m = 50, .apart_s = 60, .same_phone = true }, &n);
	double all = score((struct near_incident){ .same_plate = true, .same_phone = true }, &n);

	(void)state;
	assert_true(far < bare && late < bare && other < far && other < late);
	assert_true(bare < phone && phone < plate && plate < all);
	assert_true(all == 1.0);
	assert_int_equal(n, 4);
}

static void says_why(void **state)
{
	const char *r[DUPLICATE_REASONS_MAX];
	size_t n;

	(void)state;
	duplicate_score(&(struct near_incident){ .same_plate = true, .same_phone = true }, r, &n);
	assert_int_equal(n, 4);
	assert_string_equal(r[0], "near_place");
	assert_string_equal(r[1], "near_time");
	assert_string_equal(r[2], "same_plate");
	assert_string_equal(r[3], "same_phone");
}

static void sorts_likely_first(void **state)
{
	struct near_incident v[] = { { .incident_id = "c", .distance_m = 200 },
		{ .incident_id = "b", .distance_m = 200 },
		{ .incident_id = "a", .same_plate = true } };

	(void)state;
	qsort(v, 3, sizeof(*v), duplicate_order);
	assert_string_equal(v[0].incident_id, "a");
	assert_string_equal(v[1].incident_id, "b");
	assert_string_equal(v[2].incident_id, "c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(far_is_not_a_duplicate),
		cmocka_unit_test(evidence_orders_them),
		cmocka_unit_test(says_why),
		cmocka_unit_test(sorts_likely_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
