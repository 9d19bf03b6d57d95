/* test_cost.c - risk and price of a trip, and what cover is worth, against plain computations. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "dispatch/cost.h"
#include "dispatch/coverage.h"

/* 2026-03-02 04:00 UTC: noon in Xi'an. */
static const int64_t NOON = INT64_C(1772424000) * 1000000;

static void close_to(double value, double expected, double within)
{
	if (!(fabs(value - expected) <= within))
		fail_msg("%.9f is not %.9f", value, expected);
}

/* The same by adding up the density of the lognormal of mean `eta` over the time after `left`. */
static struct lateness by_sum(double eta, double sigma, double left)
{
	struct lateness l = { 0, 0 };
	double mu = log(eta) - sigma * sigma / 2, step = 0.001;

	for (double z = -8; z < 8; z += step) {
		double t = exp(mu + sigma * (z + step / 2));
		double weight = exp(-(z + step / 2) * (z + step / 2) / 2) / sqrt(2 * M_PI) * step;
		if (t > left) {
			l.p += weight;
			l.minutes += weight * (t - left) / 60;
		}
	}
	return l;
}

static void lateness_is_that_of_a_lognormal_trip(void **state)
{
	static const double rows[][3] = { { 300, 0.25, 550 }, { 500, 0.3, 550 }, { 550, 0.3, 550 },
		{ 700, 0.25, 550 }, { 60, 0.45, 100 }, { 1500, 0.4, 300 } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lateness l = cost_lateness(rows[i][0], rows[i][1], rows[i][2]);
		struct lateness sum = by_sum(rows[i][0], rows[i][1], rows[i][2]);
		close_to(l.p, sum.p, 1e-3);
		close_to(l.minutes, sum.minutes, 1e-3 * (1 + sum.minutes));
	}
}

static void there_is_no_hard_line(void **state)
{
	double before = cost_lateness(599, 0.25, 600).p, after = cost_lateness(601, 0.25, 600).p;

	(void)state;
	assert_true(before < after && after - before < 0.01);
	close_to(cost_lateness(60, 0.25, 600).p, 0, 1e-9);
	close_to(cost_lateness(400, 0.25, -60).p, 1, 0);
	close_to(cost_lateness(400, 0.25, -60).minutes, 460.0 / 60, 1e-12);
	close_to(cost_lateness(INFINITY, 0.25, 600).p, 1, 0);
}

static void weight_grows_with_age(void **state)
{
	const struct policy *p = policy_by_name("P7");
	struct incident in = { .accepted_us = NOON, .severity = 2 };

	(void)state;
	close_to(cost_weight(p, &in, NOON), 2, 0);
	close_to(cost_weight(p, &in, NOON + (int64_t)(p->age_from_s * 1e6)), 2, 0);
	close_to(cost_weight(p, &in, NOON + (int64_t)((p->age_from_s + 600) * 1e6)),
		2 * (1 + 10 * p->age_per_min), 1e-12);
	in.severity = 0;
	close_to(cost_weight(p, &in, NOON), 1, 0);
}

/* ---- cover ---- */

enum { UNITS = 5 };
static const struct zone zones[] = { { { 108.90, 34.25 }, 0.5, 0.3 },
	{ { 108.95, 34.26 }, 0.3, 0.3 }, { { 109.02, 34.30 }, 0.2, 0.3 } };
static const struct demand demand_here = { .zones = zones, .n_zones = 3, .rate_per_s = 0.005 };
static const struct lonlat places[UNITS] = { { 108.90, 34.25 }, { 108.91, 34.25 },
	{ 108.95, 34.27 }, { 109.00, 34.30 }, { 108.80, 34.20 } };

/* Total of the zones, from the definition: price of the k-th soonest, times what is left to it. */
static double total(const struct policy *p, const struct lonlat *at, size_t n)
{
	double sum = 0;

	for (size_t z = 0; z < demand_here.n_zones; z++) {
		double eta[UNITS + 1], q = zones[z].busy, left = 1, mine = 0;
		for (size_t i = 0; i < n; i++) {
			double t = travel_time(at[i], zones[z].at, NOON, false).eta_s;
			size_t k = i;
			for (; k > 0 && eta[k - 1] > t; k--)
				eta[k] = eta[k - 1];
			eta[k] = t;
		}
		for (size_t k = 0; k <= n; k++, left *= q) {
			double t = k < n && eta[k] < 1800 ? eta[k] : 1800;
			struct lateness l = cost_lateness(t, 0.28, p->cover_left_s);
			mine += left * (k < n ? 1 - q : 1) * cost_pair(p, 1, &l, t, 0);
		}
		sum += zones[z].share * mine;
	}
	return sum * demand_here.rate_per_s * p->cover_horizon_s;
}

static void a_unit_is_worth_what_its_leaving_costs(void **state)
{
	const struct policy *p = policy_by_name("P7");
	struct engine_work *w = engine_work_new();
	struct coverage c;
	double loss[UNITS];

	(void)state;
	assert_true(coverage_make(&c, &demand_here, p, NOON, places, UNITS, w));
	coverage_losses(&c, loss);
	for (size_t i = 0; i < UNITS; i++) {
		struct lonlat rest[UNITS];
		size_t n = 0;
		for (size_t k = 0; k < UNITS; k++)
			if (k != i)
				rest[n++] = places[k];
		double without = total(p, rest, n), with = total(p, places, UNITS);
		close_to(loss[i], without - with, 0.01 * without);
		assert_true(coverage_make(&c, &demand_here, p, NOON, rest, n, w));
		close_to(coverage_gain(&c, places[i]), loss[i], 1e-9);
		assert_true(coverage_make(&c, &demand_here, p, NOON, places, UNITS, w));
	}
	assert_true(loss[3] > loss[4]); /* the only one near a zone, and one near none */
	engine_work_free(w);
}

static void two_doubtful_ones_are_not_a_sure_one(void **state)
{
	const struct policy *p = policy_by_name("P7");
	const struct zone far_zone = { { 109.0, 34.26 }, 1, 0.0 };
	const struct demand d = { .zones = &far_zone, .n_zones = 1, .rate_per_s = 0.01 };
	const struct lonlat at[2] = { { 108.96, 34.26 }, { 108.96, 34.26 } };
	struct engine_work *w = engine_work_new();
	struct coverage c;

	(void)state;
	assert_true(coverage_make(&c, &d, p, NOON, at, 1, w));
	close_to(coverage_gain(&c, at[1]), 0, 1e-12); /* nobody is ever busy: no use for a second */
	engine_work_free(w);
}

static void posts_are_timed_by_road_when_known(void **state)
{
	const struct post_site posts[2] = { { "near", { 108.90, 34.25 } },
		{ "across the river", { 108.901, 34.25 } } };
	const float drive_s[2 * 3] = { 30, 400, 600, 900, 900, 900 };
	struct demand d = demand_here;
	struct engine_work *w = engine_work_new();
	struct coverage c;

	(void)state;
	d.posts = posts;
	d.n_posts = 2;
	assert_true(coverage_make(&c, &d, policy_by_name("P8"), NOON, places, 0, w));
	close_to(coverage_gain(&c, posts[0].at), coverage_gain(&c, posts[1].at), 0.2);
	d.drive_s = drive_s;
	assert_true(coverage_make(&c, &d, policy_by_name("P8"), NOON, places, 0, w));
	assert_true(coverage_gain(&c, posts[0].at) > coverage_gain(&c, posts[1].at) + 0.5);
	engine_work_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lateness_is_that_of_a_lognormal_trip),
		cmocka_unit_test(there_is_no_hard_line),
		cmocka_unit_test(weight_grows_with_age),
		cmocka_unit_test(a_unit_is_worth_what_its_leaving_costs),
		cmocka_unit_test(two_doubtful_ones_are_not_a_sure_one),
		cmocka_unit_test(posts_are_timed_by_road_when_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
