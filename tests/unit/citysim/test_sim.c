/* test_sim.c - the simulator against what is known: one unit by hand, the Erlang-C limit, busy
 * time, pace through hours, and assertions that do fail.
 */
#include <math.h>
#include "support.h"
#include "board/checks.h"
#include "board/prng.h"

static struct incident_call call(double at, double handling, uint32_t node, double scene)
{
	return (struct incident_call){ at, at + handling, node, scene, 0,
		hash_mix(7, (uint64_t)(at * 10) + node) };
}

/* At 2 h the roads are free and turnout takes 60 s. */
static void one_unit_is_where_a_hand_computes_it(void **state)
{
	struct incident_call calls[] = { call(7200, 45, 3, 600), call(7300, 45, 4, 300),
		call(8400, 45, 2, 60), call(9040, 45, 4, 60) };
	struct trial t = { .scenario = plain(), .city = line_city(5), .units = 1 };

	(void)state;
	t.day = (struct calls_day){ calls, 4, 0, 1 };
	run_trial(&t, "P2");
	assert_string_equal(t.result.violation, "");
	/* 45 handling + 60 turnout + 300 drive */
	assert_float_equal(t.result.calls[0].response_s, 405, 0.01);
	/* free at 8205 at junction 3: + 60 + 100 */
	assert_float_equal(t.result.calls[1].response_s, 8205 + 160 - 7300, 0.01);
	/* free at 8665 at junction 4: + 60 + 200 */
	assert_float_equal(t.result.calls[2].response_s, 8665 + 260 - 8400, 0.01);
	/* free at 8985 at junction 2, home is 0; asked at 9085 at junction 1, answers at 9090 on
	 * the way to 0, must drive there first: 95 s, then 400 */
	assert_float_equal(t.result.calls[3].response_s, 9090 + 495 - 9040, 0.01);
	assert_int_equal(t.result.units[0].jobs, 4);
	assert_float_equal(t.result.scene_s, 1020, 1e-6);
	/* driven: 0-3, 3-4, 4-2, 2-0 (home, on the last way), 0-4, 4-0 */
	assert_float_equal(t.result.units[0].metres, 16000, 20);
	end_trial(&t);
	city_free(t.city);
}

static double erlang_c(int c, double a)
{
	double term = 1, sum = 1;

	for (int k = 1; k < c; k++) {
		term *= a / k;
		sum += term;
	}
	term *= a / c * (c / (c - a));
	return term / (sum + term);
}

/* Everybody at one place: a waiting line with c servers. */
static void a_tiny_area_waits_as_erlang_says(void **state)
{
	enum { UNITS = 4, DAYS = 30 };
	const double mean = 300, rate = 0.8 * UNITS / mean;
	const double expected = erlang_c(UNITS, rate * mean) / (UNITS / mean - rate);
	struct trial t = { .scenario = plain(), .city = line_city(2), .units = UNITS };
	struct prng r;
	double sum = 0, n = 0;

	(void)state;
	t.scenario.turnout_s = t.scenario.turnout_night_s = t.scenario.accept_s = 0;
	prng_seed(&r, 5);
	for (int d = 0; d < DAYS; d++) {
		static struct incident_call calls[4000];
		size_t k = 0;
		for (double at = prng_exponential(&r, 1 / rate); at < 86400 && k < 4000;
			at += prng_exponential(&r, 1 / rate)) {
			calls[k] = call(at, 0, 0, prng_exponential(&r, mean));
			calls[k++].key = prng_next(&r);
		}
		t.day = (struct calls_day){ calls, k, d, 1 };
		run_trial(&t, "P2");
		assert_string_equal(t.result.violation, "");
		for (size_t i = 0; i < k; i++)
			sum += t.result.calls[i].response_s;
		n += (double)k;
		end_trial(&t);
	}
	if (fabs(sum / n - expected) > 0.08 * expected)
		fail_msg("mean wait %.1f s, Erlang says %.1f s", sum / n, expected);
	city_free(t.city);
}

static void nobody_serves_what_nobody_reaches(void **state)
{
	struct incident_call calls[] = { call(36000, 45, 1, 600) };
	struct trial t = { .scenario = plain(), .city = line_city(3), .units = 1 };

	(void)state;
	t.on_duty[0] = 80 * 3600.0; /* never comes */
	t.day = (struct calls_day){ calls, 1, 0, 1 };
	run_trial(&t, "P7");
	assert_true(isinf(t.result.calls[0].response_s));
	assert_string_equal(t.result.violation, "");
	end_trial(&t);
	city_free(t.city);
}

static void a_declining_unit_is_not_forgotten(void **state)
{
	struct incident_call calls[] = { call(36000, 45, 1, 600) };
	struct trial t = { .scenario = plain(), .city = line_city(3), .units = 1 };

	(void)state;
	t.scenario.decline = 0.6; /* of the askings, not of the units */
	t.day = (struct calls_day){ calls, 1, 0, 1 };
	run_trial(&t, "P2");
	assert_true(t.result.calls[0].response_s < 3600);
	assert_int_equal(t.result.offers, t.result.declined + 1);
	end_trial(&t);
	city_free(t.city);
}

static void driving_through_hours_adds_up(void **state)
{
	struct scenario s = plain();
	struct clock k;

	(void)state;
	s.storm = 2;
	s.storm_slow = 1.5;
	s.storm_from = 14;
	s.storm_to = 16;
	clock_init(&k, &s, 0);
	for (double from = 0; from < 30 * 3600; from += 997)
		for (double free_s = 1; free_s < 20000; free_s *= 3) {
			double to = clock_when(&k, 1.2, from, free_s);
			assert_float_equal(clock_driven(&k, 1.2, from, to), free_s, 1e-6 * free_s);
			assert_true(to - from >= free_s / 1.3 - 1e-9);
		}
	assert_float_equal(clock_slow(&k, 14.5 * 3600) / clock_slow(&k, 13.5 * 3600), 1.5, 0.3);
}

static void luck_belongs_to_call_and_unit(void **state)
{
	struct scenario s = plain();
	double sum = 0, squares = 0;
	enum { N = 200000 };

	(void)state;
	s.noise = 0.25;
	s.noise_common = 0.8;
	s.noise_pair = 0.6;
	assert_true(luck_drive(&s, 1, 2) == luck_drive(&s, 1, 2));
	assert_true(luck_drive(&s, 1, 2) != luck_drive(&s, 1, 3));
	for (uint64_t i = 0; i < N; i++) {
		double l = log(luck_drive(&s, hash_mix(3, i), i % 7));
		sum += l;
		squares += l * l;
	}
	assert_float_equal(sum / N, -0.25 * 0.25 / 2, 0.003);
	assert_float_equal(sqrt(squares / N - sum / N * sum / N), 0.25, 0.003);
}

/* The engine's belief must not change with what only the tape knows. */
static void the_belief_knows_no_luck(void **state)
{
	struct scenario s = plain();
	struct city *c = line_city(5);
	struct belief b;
	struct clock k;
	struct travel_from from = { .at = c->at[0], .course_deg = -1 };
	struct travel a, z;
	struct travel_model m;

	(void)state;
	clock_init(&k, &s, 0);
	assert_true(belief_init(&b, c, &s, 1));
	m = belief_model(&b, &k);
	m.to(m.ctx, c->at[3], clock_us(&k, 7200), &from, 1, &a);
	assert_float_equal(a.eta_s, 60 + 300, 1);
	s.noise = 3; /* the same question in a world with more luck */
	m.to(m.ctx, c->at[3], clock_us(&k, 7200), &from, 1, &z);
	assert_memory_equal(&a, &z, sizeof a);
	belief_free(&b);
	city_free(c);
}

/* The assertions can fail: another past is noticed. */
static void another_decision_is_noticed(void **state)
{
	struct incident_call calls[] = { call(30000, 45, 1, 600), call(30100, 45, 4, 600),
		call(61000, 45, 3, 600) };
	struct trial t = {
		.scenario = plain(), .city = line_city(6), .units = 2, .home = { 0, 5 }
	};
	char violation[200] = "";

	(void)state;
	t.day = (struct calls_day){ calls, 3, 0, 1 };
	run_trial(&t, "P7");
	assert_true(checks_run(&t.set, &t.result, violation, sizeof violation));
	assert_string_equal(violation, "");
	t.result.digest ^= 1;
	assert_true(checks_run(&t.set, &t.result, violation, sizeof violation));
	assert_non_null(strstr(violation, "a replay decided otherwise"));
	end_trial(&t);
	city_free(t.city);
}

static void busy_time_is_the_tapes(void **state)
{
	static struct incident_call calls[300];
	struct trial t = { .scenario = plain(), .units = 8 };
	char error[CSV_ERROR_MAX];
	struct prng r;
	double scenes = 0;
	static const char *const policies[] = { "P0", "P1", "P2", "P3", "P4", "P5", "P6", "P7",
		"P8" };

	(void)state;
	t.city = graph_make(20, &(struct graph_options){ .trip_kmh = 48 }, error);
	assert_non_null(t.city);
	t.scenario.noise = 0.25;
	t.scenario.noise_common = 0.8;
	t.scenario.noise_pair = 0.6;
	t.scenario.decline = 0.05;
	t.scenario.no_answer = 0.02;
	t.scenario.gps_error_m = 15;
	t.scenario.gps_gap = 0.05;
	t.scenario.gps_jump = 0.01;
	prng_seed(&r, 8);
	for (size_t i = 0; i < 300; i++) {
		calls[i] = call(i * 250.0, 45, (uint32_t)prng_below(&r, t.city->n_nodes),
			prng_lognormal(&r, 1200, 0.6));
		scenes += calls[i].scene_s;
	}
	for (size_t i = 0; i < 8; i++)
		t.home[i] = (uint32_t)prng_below(&r, t.city->n_nodes);
	t.day = (struct calls_day){ calls, 300, 0, 3 };
	for (size_t p = 0; p < sizeof policies / sizeof *policies; p++) {
		unsigned jobs = 0;
		char violation[200] = "";
		run_trial(&t, policies[p]);
		assert_string_equal(t.result.violation, "");
		for (size_t i = 0; i < 8; i++)
			jobs += t.result.units[i].jobs;
		assert_int_equal(jobs, 300);
		assert_float_equal(t.result.scene_s, scenes, 1e-3);
		assert_true(checks_run(&t.set, &t.result, violation, sizeof violation));
		assert_string_equal(violation, "");
		end_trial(&t);
	}
	city_free(t.city);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_unit_is_where_a_hand_computes_it),
		cmocka_unit_test(a_tiny_area_waits_as_erlang_says),
		cmocka_unit_test(nobody_serves_what_nobody_reaches),
		cmocka_unit_test(a_declining_unit_is_not_forgotten),
		cmocka_unit_test(driving_through_hours_adds_up),
		cmocka_unit_test(luck_belongs_to_call_and_unit),
		cmocka_unit_test(the_belief_knows_no_luck),
		cmocka_unit_test(another_decision_is_noticed),
		cmocka_unit_test(busy_time_is_the_tapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
