/* test_assignment.c - the assignment solver against all possibilities, and its ties. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "dispatch/assignment.h"

enum { MOST = 7 };

static uint64_t rng(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	return *s ^= *s << 17;
}

/* The least total of rows `row` and after, the columns of `used` being taken. */
static double try_all(const struct assignment_problem *p, size_t row, unsigned used)
{
	double best;

	if (row == p->rows)
		return 0;
	best = p->alone[row] + try_all(p, row + 1, used);
	for (size_t j = 0; j < p->columns; j++) {
		double c = p->cost[row * p->columns + j];
		if (!(used & 1u << j) && isfinite(c))
			best = fmin(best, c + try_all(p, row + 1, used | 1u << j));
	}
	return best;
}

static double total(const struct assignment_problem *p, const size_t *match)
{
	double sum = 0;
	unsigned used = 0;

	for (size_t i = 0; i < p->rows; i++) {
		if (match[i] == ASSIGNMENT_ALONE) {
			sum += p->alone[i];
			continue;
		}
		assert_true(match[i] < p->columns);
		assert_false(used & 1u << match[i]);
		used |= 1u << match[i];
		sum += p->cost[i * p->columns + match[i]];
	}
	return sum;
}

/* kind 0: any numbers; 1: many equal; 2: many not allowed; 3: alone far above all. */
static void fill(uint64_t *r, int kind, double *cost, double *alone, size_t n, size_t m)
{
	for (size_t k = 0; k < n * m; k++) {
		cost[k] = (double)(rng(r) % (kind == 1 ? 4 : 1000)) / 10;
		if (kind == 2 && rng(r) % 3 == 0)
			cost[k] = INFINITY;
	}
	for (size_t i = 0; i < n; i++)
		alone[i] = kind == 3 ? 1e6 : (double)(rng(r) % 1200) / 10;
}

static void as_cheap_as_the_best_of_all(void **state)
{
	struct engine_work *w = engine_work_new();
	uint64_t r = 20260302;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		double cost[MOST * MOST], alone[MOST];
		size_t match[MOST], n = 1 + rng(&r) % 6, m = rng(&r) % (MOST + 1);
		struct assignment_problem p = { n, m, cost, alone };

		fill(&r, round % 4, cost, alone, n, m);
		work_reset(w);
		assert_true(assignment_solve(&p, w, match));
		if (fabs(total(&p, match) - try_all(&p, 0, 0)) > 1e-6)
			fail_msg("round %d: %f instead of %f", round, total(&p, match),
				try_all(&p, 0, 0));
	}
	engine_work_free(w);
}

static void nobody_stays_alone_who_needn_t(void **state)
{
	/* Both want column 0; the second may have no other. */
	const double cost[] = { 1, 100, 2, INFINITY }, alone[] = { 1e6, 1e6 };
	struct engine_work *w = engine_work_new();
	size_t match[2];

	(void)state;
	assert_true(assignment_solve(&(struct assignment_problem){ 2, 2, cost, alone }, w, match));
	assert_int_equal(match[0], 1);
	assert_int_equal(match[1], 0);
	engine_work_free(w);
}

static void no_columns_and_no_rows(void **state)
{
	const double alone[] = { 3, 4 };
	struct engine_work *w = engine_work_new();
	size_t match[2] = { 0, 0 };

	(void)state;
	assert_true(assignment_solve(&(struct assignment_problem){ 2, 0, NULL, alone }, w, match));
	assert_true(match[0] == ASSIGNMENT_ALONE && match[1] == ASSIGNMENT_ALONE);
	assert_true(assignment_solve(&(struct assignment_problem){ 0, 0, NULL, NULL }, w, match));
	engine_work_free(w);
}

/* Rows and columns given in another order are matched alike when no two totals are equal. */
static void order_does_not_matter(void **state)
{
	enum { N = 40 };
	static double cost[N * N], turned[N * N];
	double alone[N], alone_turned[N];
	size_t match[N], other[N];
	struct engine_work *w = engine_work_new();
	uint64_t r = 7;

	(void)state;
	for (size_t k = 0; k < N * N; k++)
		cost[k] = (double)(rng(&r) >> 20);
	for (size_t i = 0; i < N; i++)
		alone[i] = 1e18;
	for (size_t i = 0; i < N; i++) {
		alone_turned[i] = 1e18;
		for (size_t j = 0; j < N; j++)
			turned[(N - 1 - i) * N + (N - 1 - j)] = cost[i * N + j];
	}
	assert_true(assignment_solve(&(struct assignment_problem){ N, N, cost, alone }, w, match));
	assert_true(assignment_solve(
		&(struct assignment_problem){ N, N, turned, alone_turned }, w, other));
	for (size_t i = 0; i < N; i++)
		assert_int_equal(match[i], N - 1 - other[N - 1 - i]);
	engine_work_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_cheap_as_the_best_of_all),
		cmocka_unit_test(nobody_stays_alone_who_needn_t),
		cmocka_unit_test(no_columns_and_no_rows),
		cmocka_unit_test(order_does_not_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
