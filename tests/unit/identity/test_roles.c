/* test_roles.c - roles as names and messages, and what may be given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "identity/roles.h"

static struct arena arena;

static struct call new_call(void)
{
	struct call c = { .arena = &arena };

	arena_reset(&arena);
	faults_init(&c.faults, &arena);
	return c;
}

static void names_are_in_order_and_once(void **state)
{
	const Pb__Role__Value roles[] = { PB__ROLE__VALUE__ADMIN, PB__ROLE__VALUE__OFFICER,
		PB__ROLE__VALUE__ADMIN };
	size_t n;

	(void)state;
	arena_reset(&arena);
	const char *const *names = roles_to_names(&arena, roles, 3, &n);
	assert_int_equal(n, 2);
	assert_string_equal(names[0], "OFFICER");
	assert_string_equal(names[1], "ADMIN");
	Pb__Role__Value *back = roles_from_names(&arena, names, n, &n);
	assert_int_equal(n, 2);
	assert_int_equal(back[0], PB__ROLE__VALUE__OFFICER);
	assert_int_equal(back[1], PB__ROLE__VALUE__ADMIN);
}

static void unknown_names_are_dropped(void **state)
{
	const char *const names[] = { "EMPEROR", "ADMIN", "UNSPECIFIED", "" };
	size_t n;

	(void)state;
	arena_reset(&arena);
	Pb__Role__Value *roles = roles_from_names(&arena, names, 4, &n);
	assert_int_equal(n, 1);
	assert_int_equal(roles[0], PB__ROLE__VALUE__ADMIN);
}

/* Every role, with and without an org. */
static void every_role_is_judged(void **state)
{
	static const int needs_org[] = { PB__ROLE__VALUE__RESPONDER, PB__ROLE__VALUE__ASSESSOR,
		PB__ROLE__VALUE__INSURER };
	static const int never[] = { PB__ROLE__VALUE__UNSPECIFIED, PB__ROLE__VALUE__ANYONE,
		PB__ROLE__VALUE__PARTY, PB__ROLE__VALUE__SYSTEM };

	(void)state;
	for (unsigned i = 0; i < pb__role__value__descriptor.n_values; i++) {
		int v = pb__role__value__descriptor.values[i].value;
		Pb__Role__Value role = (Pb__Role__Value)v;
		bool org = false, given = true;

		for (size_t k = 0; k < 3; k++)
			org |= needs_org[k] == v;
		for (size_t k = 0; k < 4; k++)
			given &= never[k] != v;
		struct call c = new_call();
		assert_int_equal(roles_check(&c, &role, 1, "PICC"),
			given ? PB__CODE__OK : PB__CODE__INVALID);
		c = new_call();
		assert_int_equal(roles_check(&c, &role, 1, ""),
			given && !org ? PB__CODE__OK : PB__CODE__INVALID);
	}
}

static void words_split(void **state)
{
	size_t n;

	(void)state;
	arena_reset(&arena);
	words_to_list(&arena, "", &n);
	assert_int_equal(n, 0);
	const char **w = words_to_list(&arena, " 610102  610103 ", &n);
	assert_int_equal(n, 2);
	assert_string_equal(w[0], "610102");
	assert_string_equal(w[1], "610103");
	w = words_to_list(&arena, "a b c", &n);
	assert_int_equal(n, 3);
	assert_string_equal(w[2], "c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_in_order_and_once),
		cmocka_unit_test(unknown_names_are_dropped),
		cmocka_unit_test(every_role_is_judged),
		cmocka_unit_test(words_split),
	};

	arena_init(&arena, 1 << 20);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
