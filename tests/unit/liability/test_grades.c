/* test_grades.c - the consistency of grades, over every combination of up to four parties. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "liability/grades.h"

enum { F = PB__GRADE__VALUE__FULL, M, E, S, N };

/* The matrix as domain experts write it, told apart from the code under test: by counting. */
static bool agrees(const Pb__Grade__Value *g, size_t n, bool no_fault)
{
	size_t k[6] = { 0 };
	for (size_t i = 0; i < n; i++)
		k[g[i]]++;
	if (no_fault)
		return k[N] == n;
	if (k[N] == n)
		return false;
	if (k[F])
		return k[F] == 1 && k[N] == n - 1; /* one FULL: all others NONE */
	if (k[M])
		return k[S] >= 1 && !k[E]; /* MAIN: a SECONDARY, no EQUAL */
	if (k[E])
		return k[E] >= 2 && !k[S]; /* EQUAL: two, no SECONDARY without MAIN */
	return false;                      /* SECONDARY alone */
}

static void every_combination(void **state)
{
	(void)state;
	size_t tried = 0, right = 0;
	for (size_t n = 1; n <= 4; n++) {
		size_t all = 1;
		for (size_t i = 0; i < n; i++)
			all *= 5;
		for (size_t x = 0; x < all; x++) {
			Pb__Grade__Value g[4];
			size_t rest = x;
			for (size_t i = 0; i < n; i++, rest /= 5)
				g[i] = (Pb__Grade__Value)(F + (int)(rest % 5));
			for (int no_fault = 0; no_fault < 2; no_fault++) {
				enum grades_rule r = grades_check(g, n, no_fault);
				assert_int_equal(r == GRADES_AGREE, agrees(g, n, no_fault));
				if (r != GRADES_AGREE) {
					assert_non_null(grades_rule_name(r));
					assert_non_null(grades_rule_text(r));
				}
				tried++;
				right += r == GRADES_AGREE;
			}
		}
	}
	assert_int_equal(tried, 2 * (5 + 25 + 125 + 625));
	assert_true(right > 20);
}

static void rules_are_named(void **state)
{
	(void)state;
	static const struct {
		Pb__Grade__Value g[3];
		size_t n;
		bool no_fault;
		enum grades_rule rule;
	} cases[] = {
		{ { F, N }, 2, false, GRADES_AGREE },
		{ { F }, 1, false, GRADES_AGREE },
		{ { N }, 1, true, GRADES_AGREE },
		{ { M, S }, 2, false, GRADES_AGREE },
		{ { M, S, N }, 3, false, GRADES_AGREE },
		{ { E, E }, 2, false, GRADES_AGREE },
		{ { E, E, N }, 3, false, GRADES_AGREE },
		{ { N, N }, 2, true, GRADES_AGREE },
		{ { F, F }, 2, false, GRADES_FULL_ALONE },
		{ { F, S }, 2, false, GRADES_FULL_ALONE },
		{ { M, N }, 2, false, GRADES_MAIN_PAIR },
		{ { M, S, E }, 3, false, GRADES_MAIN_PAIR },
		{ { M, F }, 2, false, GRADES_FULL_ALONE },
		{ { E, N }, 2, false, GRADES_EQUAL_PAIR },
		{ { E, E, S }, 3, false, GRADES_EQUAL_PAIR },
		{ { S, N }, 2, false, GRADES_SECONDARY_ALONE },
		{ { S, S }, 2, false, GRADES_SECONDARY_ALONE },
		{ { N, N }, 2, false, GRADES_NO_FAULT },
		{ { F, N }, 2, true, GRADES_FAULT },
		{ { F, N }, 0, false, GRADES_EMPTY },
		{ { F, (Pb__Grade__Value)6 }, 2, false, GRADES_UNKNOWN },
		{ { (Pb__Grade__Value)0, N }, 2, false, GRADES_UNKNOWN },
		{ { (Pb__Grade__Value)-1, N }, 2, false, GRADES_UNKNOWN },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			grades_check(cases[i].g, cases[i].n, cases[i].no_fault), cases[i].rule);
}

static void names_both_ways(void **state)
{
	(void)state;
	for (int g = F; g <= N; g++) {
		assert_int_equal(grade_from_name(grade_name((Pb__Grade__Value)g)), g);
		assert_true(*grade_chinese((Pb__Grade__Value)g));
	}
	assert_string_equal(grade_chinese(PB__GRADE__VALUE__FULL), "全部责任");
	assert_string_equal(grade_chinese(PB__GRADE__VALUE__NONE), "无责任");
	assert_int_equal(grade_from_name("UNKNOWN"), PB__GRADE__VALUE__UNSPECIFIED);
	assert_string_equal(grade_name((Pb__Grade__Value)99), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination),
		cmocka_unit_test(rules_are_named),
		cmocka_unit_test(names_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
