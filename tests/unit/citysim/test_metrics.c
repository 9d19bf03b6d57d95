/* test_metrics.c - the bound on instances small enough to see, and the figures of a known result.
 */
#include <math.h>
#include "support.h"
#include "board/bound.h"
#include "board/metrics.h"
#include "board/prng.h"

static struct incident_call call(double at, uint32_t node, double scene)
{
	return (struct incident_call){ at, at + 45, node, scene, 0,
		hash_mix(9, (uint64_t)at + node) };
}

static double bound_of(struct trial *t, struct incident_call *calls, size_t n)
{
	double ret;

	t->day = (struct calls_day){ calls, n, 0, 1 };
	run_trial(t, "P2");
	ret = bound_on_time(&t->set);
	end_trial(t);
	return ret;
}

static void the_bound_of_small_days(void **state)
{
	struct trial t = { .scenario = plain(), .city = line_city(12), .units = 1, .home = { 5 } };
	struct incident_call one[] = { call(7200, 6, 600) };
	struct incident_call far[] = { call(7200, 11, 600) };
	struct incident_call both[] = { call(7200, 3, 1200), call(7201, 8, 1200) };
	struct incident_call chain[] = { call(7200, 6, 60), call(7500, 7, 60), call(9000, 4, 60) };

	(void)state;
	assert_float_equal(bound_of(&t, one, 1), 1, 0.01);
	assert_float_equal(bound_of(&t, far, 1), 0, 0.01); /* 600 s of driving alone */
	assert_float_equal(bound_of(&t, both, 2), 1, 0.05);
	assert_float_equal(bound_of(&t, chain, 3), 3, 0.01);
	t.units = 2;
	t.home[1] = 6;
	assert_float_equal(bound_of(&t, both, 2), 2, 0.01);
	city_free(t.city);
}

/* No policy beats it on made-up days. */
static void nobody_beats_the_bound(void **state)
{
	static struct incident_call calls[150];
	struct trial t = { .scenario = plain(), .units = 5 };
	char error[CSV_ERROR_MAX];
	struct prng r;

	(void)state;
	t.city = graph_make(20, &(struct graph_options){ .trip_kmh = 48 }, error);
	assert_non_null(t.city);
	prng_seed(&r, 2);
	for (int day = 0; day < 5; day++) {
		for (size_t i = 0; i < 150; i++)
			calls[i] = call(i * 500.0 + 400 * prng_unit(&r),
				(uint32_t)prng_below(&r, t.city->n_nodes),
				prng_lognormal(&r, 1200, 0.6));
		for (size_t i = 0; i < 5; i++)
			t.home[i] = (uint32_t)prng_below(&r, t.city->n_nodes);
		t.scenario.noise = 0.25;
		t.scenario.noise_common = 0.8;
		t.scenario.noise_pair = 0.6;
		for (int p = 0; p < 3; p++) {
			static const char *const names[] = { "P2", "P6", "P7" };
			double on_time = 0, bound;
			t.day = (struct calls_day){ calls, 150, day, 4 };
			run_trial(&t, names[p]);
			bound = bound_on_time(&t.set);
			for (size_t i = 0; i < 150; i++)
				on_time += t.result.calls[i].response_s <= 600;
			assert_true(on_time <= bound + 1e-6);
			end_trial(&t);
		}
	}
	city_free(t.city);
}

static struct sim_result result_of(struct outcome *outcomes, size_t n)
{
	static struct unit_result unit;

	return (struct sim_result){ .calls = outcomes, .n_calls = n, .units = &unit, .n_units = 1 };
}

static void figures_of_a_known_result(void **state)
{
	struct incident_call calls[100];
	struct outcome base[100] = { 0 }, better[100] = { 0 };
	struct scenario s = plain();
	struct stage g = { .scenario = &s, .seed = 1 };
	struct calls_day d = { calls, 100, 0, 1 };
	uint16_t zone_of[10] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct tally a, b;
	struct figures f;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		calls[i] = call((double)i * 800, (uint32_t)(i % 10), 60);
		/* zone 3 is always late in the base run, by 10 min; half of it in the other */
		base[i].response_s = i % 10 == 3 ? 1200 : 300;
		better[i].response_s = i % 20 == 3 ? 1200 : 300;
	}
	base[99].response_s = INFINITY; /* never served: late, to the end */
	assert_true(tally_init(&a, "A", 1, 10) && tally_init(&b, "B", 1, 10));
	for (int day = 0; day < 20; day++) {
		struct sim_result r = result_of(base, 100), q = result_of(better, 100);
		assert_true(tally_add(&a, &g, &d, &r, zone_of));
		assert_true(tally_add(&b, &g, &d, &q, zone_of));
	}
	f = tally_figures(&a, &a, NAN);
	assert_float_equal(f.late_share, 0.11, 1e-9);
	assert_float_equal(f.worst_zones, 1, 1e-9);
	assert_float_equal(f.median_s, 300, 1e-3);
	assert_float_equal(f.longest_s, 46 * 3600 - 99 * 800, 1);
	assert_int_equal(a.unserved, 20);
	f = tally_figures(&b, &a, 0.01);
	assert_float_equal(f.late_share, 0.05, 1e-9);
	assert_float_equal(f.late_minutes, 0.5, 1e-6);
	assert_float_equal(f.late_diff, -0.06, 1e-9);
	/* all days are alike: the paired interval has no width */
	assert_float_equal(f.late_diff_ci.low, -0.06, 1e-9);
	assert_float_equal(f.late_diff_ci.high, -0.06, 1e-9);
	assert_float_equal(f.gap_closed, 0.6, 1e-9);
	assert_float_equal(f.p99_s, 1200, 1e-3);
	tally_free(&a);
	tally_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bound_of_small_days),
		cmocka_unit_test(nobody_beats_the_bound),
		cmocka_unit_test(figures_of_a_known_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
