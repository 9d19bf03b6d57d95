/* test_fault.c - the error model: first failure kept, field faults counted, codes total. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "kit/fault.h"

static void first_failure_is_kept(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	struct fault_list f;
	faults_init(&f, &a);
	assert_int_equal(f.code, PB__CODE__OK);
	assert_int_equal(
		fault_set(&f, PB__CODE__CONFLICT, "unit '%s' is taken", "7"), PB__CODE__CONFLICT);
	assert_int_equal(fault_set(&f, PB__CODE__INTERNAL, "later"), PB__CODE__CONFLICT);
	assert_string_equal(f.text, "unit '7' is taken");
	fault_field(&f, "/a", "max", "at most %d", 3);
	assert_int_equal(f.code, PB__CODE__CONFLICT);
	assert_int_equal(f.n_fields, 1);
	arena_release(&a);
}

static void fields_add_up_to_a_limit(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	struct fault_list f;
	faults_init(&f, &a);
	for (int i = 0; i < FAULTS_MAX + 5; i++)
		fault_field(&f, "/vehicles/0/plate", "format", "no plate %d", i);
	assert_int_equal(f.code, PB__CODE__INVALID);
	assert_int_equal(f.n_fields, FAULTS_MAX);
	assert_int_equal(f.n_dropped, 5);
	assert_string_equal(f.fields[0]->pointer, "/vehicles/0/plate");
	assert_string_equal(f.fields[0]->rule, "format");
	assert_string_equal(f.fields[3]->detail, "no plate 3");
	arena_release(&a);
}

static void no_memory_still_answers(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 0);
	struct fault_list f;
	faults_init(&f, &a);
	fault_field(&f, "/a", "max", "x");
	assert_int_equal(f.code, PB__CODE__INVALID);
	assert_non_null(f.text);
	assert_int_equal(f.n_dropped, 1);
	arena_release(&a);
}

static void codes_are_total(void **state)
{
	(void)state;
	const ProtobufCEnumDescriptor *d = &pb__code__descriptor;
	for (unsigned i = 0; i < d->n_values; i++) {
		Pb__Code c = (Pb__Code)d->values[i].value;
		assert_string_equal(code_name(c), d->values[i].name);
		assert_int_equal(code_from_name(d->values[i].name), c);
		int http = fault_http_status(c);
		assert_true(c == PB__CODE__OK ? http == 200 : http >= 400 && http < 600);
	}
	assert_int_equal(code_from_name("NO_SUCH"), PB__CODE__INTERNAL);
	assert_int_equal(fault_http_status((Pb__Code)999), 500);
	assert_string_equal(code_name((Pb__Code)-1), "INTERNAL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_failure_is_kept),
		cmocka_unit_test(fields_add_up_to_a_limit),
		cmocka_unit_test(no_memory_still_answers),
		cmocka_unit_test(codes_are_total),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
