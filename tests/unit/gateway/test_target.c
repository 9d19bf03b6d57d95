/* test_target.c - request targets: segments, parameters, what is refused; and encoding back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "gateway/target.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void test_good(void **state)
{
	(void)state;
	struct target t;
	assert_true(target_parse(
		"/v1/orders/A%3Ab:cancel?q=%E8%A5%BF%E5%AE%89+x&n&&m=a%3Db=c", &arena, &t));
	assert_int_equal(t.n_segments, 3);
	assert_string_equal(t.segments[2], "A%3Ab:cancel");
	assert_int_equal(t.n_params, 3);
	assert_string_equal(param_get(t.params, 3, "q"), "西安 x");
	assert_string_equal(param_get(t.params, 3, "n"), "");
	assert_string_equal(param_get(t.params, 3, "m"), "a=b=c");
	assert_null(param_get(t.params, 3, "z"));
}

static void test_forms(void **state)
{
	(void)state;
	struct target t;
	assert_true(target_parse("http://host:80/a/b?c=d", &arena, &t));
	assert_int_equal(t.n_segments, 2);
	assert_true(target_parse("HTTPS://host", &arena, &t));
	assert_int_equal(t.n_segments, 1);
	assert_true(target_parse("/", &arena, &t));
	assert_int_equal(t.n_segments, 1);
	assert_string_equal(t.segments[0], "");
	assert_true(target_parse("/a//b/", &arena, &t));
	assert_int_equal(t.n_segments, 4);
}

static void test_refused(void **state)
{
	static const char *const bad[] = { "", "*", "a", "a:b", "/%00", "/a%2fb", "/a%5cb", "/%",
		"/%1", "/%zz", "/%c0%af", "/%ff", "/%0a", "/a?b=%00", "/a?b=%", "/a?%ed%a0%80=1",
		"/a#b", "/1/2/3/4/5/6/7/8/9/10/11/12/13" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct target t;
		if (target_parse(bad[i], &arena, &t))
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(t.fault);
	}
}

static void test_limits(void **state)
{
	(void)state;
	char text[TARGET_MAX + 16];
	struct target t;
	int n = snprintf(text, sizeof text, "/a?x0=");
	for (int i = 1; i < PARAMS_MAX; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, "&x%d=", i);
	assert_true(target_parse(text, &arena, &t));
	snprintf(text + n, sizeof text - (size_t)n, "&y=");
	assert_false(target_parse(text, &arena, &t));
	memset(text, 'a', sizeof text);
	text[0] = '/';
	text[sizeof text - 1] = '\0';
	assert_false(target_parse(text, &arena, &t));
}

static void test_out_of_memory(void **state)
{
	(void)state;
	for (long n = 0; n < 12; n++) {
		struct arena small;
		struct target t;
		arena_init(&small, 1 << 20);
		small.fail_after = n;
		bool ok = target_parse("/a/b%20c?d=e&f=g", &small, &t);
		assert_true(ok || t.fault);
		arena_release(&small);
	}
}

static void test_encode(void **state)
{
	(void)state;
	assert_string_equal(percent_encode("a b/c\"é:1", &arena), "a%20b%2Fc%22%C3%A9:1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test_setup_teardown(test_encode, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
