/* test_positions.c - the index of newest positions: newest by fix time in any order, and the k
 * nearest exactly as measuring everyone gives them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dispatch/positions.h"

enum { MANY = 3000, K_MAX = 20 };

static uint64_t seed = 1;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double uniform(double from, double to)
{
	return from + (to - from) * (double)(draw() >> 11) / (double)(UINT64_C(1) << 53);
}

static const char *name(size_t i)
{
	static char text[8][40];
	static size_t turn;
	char *t = text[turn++ % 8];

	snprintf(t, 40, "01890000-0000-7000-8000-%012zx", i * 7919);
	return t;
}

struct shadow {
	struct fix fix;
	uint32_t tags;
	bool there;
};

struct pair {
	double m;
	const char *id;
};

static int by_distance(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->m != y->m)
		return x->m < y->m ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* Against measuring everyone. */
static void check_nearest(const struct positions *p, const struct shadow *all, size_t n,
	struct lonlat at, uint32_t want, size_t k)
{
	struct near got[K_MAX];
	struct pair *want_pairs = calloc(n + 1, sizeof *want_pairs);
	char(*ids)[40] = calloc(n + 1, sizeof *ids);
	size_t m = 0, found = positions_nearest(p, at, want, k, got);

	for (size_t i = 0; i < n; i++) {
		if (!all[i].there || (all[i].tags & want) != want)
			continue;
		snprintf(ids[i], sizeof ids[i], "%s", name(i));
		want_pairs[m++] = (struct pair){ geo_distance_m(at, all[i].fix.at), ids[i] };
	}
	qsort(want_pairs, m, sizeof *want_pairs, by_distance);
	assert_int_equal(found, m < k ? m : k);
	for (size_t i = 0; i < found; i++) {
		assert_true(fabs(got[i].distance_m - want_pairs[i].m) < 1e-3);
		/* Those of nearly equal distance may change places. */
		bool alone = (i == 0 || want_pairs[i].m - want_pairs[i - 1].m > 1e-3) &&
			     (i + 1 >= m || want_pairs[i + 1].m - want_pairs[i].m > 1e-3);
		if (alone)
			assert_string_equal(got[i].id, want_pairs[i].id);
	}
	free(want_pairs);
	free(ids);
}

static struct lonlat somewhere(int kind)
{
	switch (kind) {
	case 0: /* a city */
		return (struct lonlat){ uniform(108.7, 109.2), uniform(34.1, 34.45) };
	case 1: /* two cities */
		return draw() & 1 ? (struct lonlat){ uniform(108.8, 109.0), uniform(34.2, 34.3) }
				  : (struct lonlat){ uniform(116.3, 116.5), uniform(39.8, 40.0) };
	case 2: /* the world, seam and poles too */
		return (struct lonlat){ uniform(-180, 180), uniform(-90, 90) };
	case 3: /* one street corner */
		return (struct lonlat){ 108.94 + uniform(0, 1e-5), 34.26 + uniform(0, 1e-5) };
	default: /* near the antimeridian */
		return (struct lonlat){ draw() & 1 ? uniform(179.9, 180) : uniform(-180, -179.9),
			uniform(-1, 1) };
	}
}

static void nearest_is_what_measuring_all_says(void **state)
{
	static struct shadow all[MANY];

	(void)state;
	for (int kind = 0; kind < 5; kind++) {
		struct positions *p = positions_new();
		memset(all, 0, sizeof all);
		for (size_t step = 0; step < 12000; step++) {
			size_t i = draw() % MANY;
			struct fix f = { .at = somewhere(kind), .at_us = (int64_t)step };
			if (draw() % 12 == 0) {
				positions_remove(p, name(i));
				all[i].there = false;
				continue;
			}
			assert_int_equal(positions_put(p, name(i), &f), PUT_NEWER);
			if (!all[i].there)
				all[i].tags = 0;
			all[i].fix = f;
			all[i].there = true;
			if (draw() % 3 == 0)
				assert_true(positions_tag(p, name(i), all[i].tags = draw() & 3));
			if (step % 97 == 0 || step < 60)
				check_nearest(p, all, MANY, somewhere(kind), draw() & 3,
					1 + draw() % K_MAX);
		}
		check_nearest(p, all, MANY, somewhere(2), 0, K_MAX);
		positions_free(p);
	}
}

static void any_order_gives_the_same(void **state)
{
	enum { FIXES = 200 };
	struct fix fixes[FIXES], first, again;

	(void)state;
	for (size_t i = 0; i < FIXES; i++) /* late ones, repeated ones, two of one instant */
		fixes[i] = (struct fix){ .at = somewhere(0), .at_us = (int64_t)(draw() % 120) };
	for (int round = 0; round < 200; round++) {
		struct positions *p = positions_new();
		for (size_t i = FIXES - 1; i > 0; i--) {
			size_t j = draw() % (i + 1);
			struct fix t = fixes[i];
			fixes[i] = fixes[j];
			fixes[j] = t;
		}
		for (size_t i = 0; i < FIXES; i++)
			positions_put(p, name(1), &fixes[i]);
		assert_int_equal(positions_put(p, name(1), &fixes[0]), PUT_NOT_NEWER);
		assert_true(positions_get(p, name(1), &again, NULL));
		if (round)
			assert_memory_equal(&first.at, &again.at, sizeof again.at);
		first = again;
		assert_int_equal(positions_count(p), 1);
		positions_free(p);
	}
}

static void nonsense_is_refused(void **state)
{
	struct positions *p = positions_new();
	struct fix bad = { .at = { NAN, 34 }, .at_us = 1 }, far = { .at = { 190, 34 } },
		   good = { .at = { 108.9, 34.2 }, .at_us = 5 };
	struct near got;

	(void)state;
	assert_int_equal(positions_put(p, name(1), &bad), PUT_REFUSED);
	assert_int_equal(positions_put(p, name(1), &far), PUT_REFUSED);
	assert_int_equal(positions_put(p, "", &good), PUT_REFUSED);
	assert_int_equal(positions_put(p, "an id much longer than any responder's id is", &good),
		PUT_REFUSED);
	assert_int_equal(positions_nearest(p, good.at, 0, 1, &got), 0);
	assert_int_equal(positions_put(p, "u1", &good), PUT_NEWER);
	assert_int_equal(positions_nearest(p, bad.at, 0, 1, &got), 0);
	assert_int_equal(positions_nearest(p, good.at, 0, 0, &got), 0);
	assert_int_equal(positions_nearest(p, good.at, 1, 1, &got), 0);
	assert_false(positions_tag(p, "u2", 1));
	assert_false(positions_get(p, "u2", NULL, NULL));
	positions_remove(p, "u2");
	assert_int_equal(positions_count(p), 1);
	positions_remove(p, "u1");
	assert_int_equal(positions_count(p), 0);
	positions_free(p);
	positions_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_is_what_measuring_all_says),
		cmocka_unit_test(any_order_gives_the_same),
		cmocka_unit_test(nonsense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
