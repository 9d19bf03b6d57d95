/* test_uuid.c - UUIDv7 shape, order within and between threads, named ids, bad text. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kit/timeutil.h"
#include "kit/uuid.h"

enum { THREADS = 4, EACH = 20000 };

static char ids[THREADS * EACH][UUID_TEXT];

static void has_version_seven(void **state)
{
	char a[UUID_TEXT];
	int64_t before = now_us() / 1000 * 1000;

	(void)state;
	uuid_v7(a);
	assert_int_equal(strlen(a), 36);
	assert_int_equal(a[14], '7');
	assert_non_null(strchr("89ab", a[19]));
	assert_true(uuid_valid(a));
	assert_true(uuid_time_us(a) >= before);
	assert_true(uuid_time_us(a) <= now_us() + 1000);
}

static void *make_many(void *arg)
{
	char(*mine)[UUID_TEXT] = arg;

	for (int i = 0; i < EACH; i++)
		uuid_v7(mine[i]);
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void rises_over_threads(void **state)
{
	pthread_t t[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, make_many, ids + i * EACH), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < THREADS; i++)
		for (int k = 1; k < EACH; k++)
			assert_true(strcmp(ids[i * EACH + k - 1], ids[i * EACH + k]) < 0);
	/* The clock part alone (first 18 characters) is unique over all threads. */
	qsort(ids, THREADS * EACH, UUID_TEXT, by_text);
	for (int i = 1; i < THREADS * EACH; i++)
		assert_true(strncmp(ids[i - 1], ids[i], 18) < 0);
}

static void refuses_other_forms(void **state)
{
	static const char *const bad[] = { "", "0", "0190b1f0-0000-7000-8000-00000000000",
		"0190b1f0-0000-7000-8000-0000000000000", "0190B1F0-0000-7000-8000-000000000000",
		"0190b1f000007000800000000000000000000", "0190b1f0-0000-7000-8000-00000000000g",
		"{190b1f0-0000-7000-8000-00000000000}", "0190b1f0-0000-7000-80000-00000000000" };
	uint8_t b[16];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_false(uuid_valid(bad[i]));
		assert_false(uuid_to_bytes(bad[i], b));
		assert_int_equal(uuid_time_us(bad[i]), 0);
	}
	assert_false(uuid_valid(NULL));
	/* Right form, other version: no time. */
	assert_true(uuid_valid("f47ac10b-58cc-4372-a567-0e02b2c3d479"));
	assert_int_equal(uuid_time_us("f47ac10b-58cc-4372-a567-0e02b2c3d479"), 0);
}

static void keeps_its_bytes(void **state)
{
	/* The example of RFC 9562 appendix A.6, and its instant. */
	static const char text[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
	uint8_t b[16];
	char back[UUID_TEXT];

	(void)state;
	assert_true(uuid_to_bytes(text, b));
	assert_int_equal(b[0], 0x01);
	assert_int_equal(b[15], 0x8f);
	assert_string_equal(uuid_from_bytes(b, back), text);
	assert_int_equal(uuid_time_us(text), INT64_C(0x017f22e279b0) * 1000);
}

static void names_give_one_id(void **state)
{
	char a[UUID_TEXT], b[UUID_TEXT];

	(void)state;
	uuid_named("review", "one", a);
	assert_string_equal(uuid_named("review", "one", b), a);
	assert_int_equal(a[14], '8');
	assert_true(uuid_valid(a));
	assert_string_not_equal(uuid_named("reviewo", "ne", b), a);
	assert_string_not_equal(uuid_named("review", "two", b), a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_version_seven),
		cmocka_unit_test(rises_over_threads),
		cmocka_unit_test(refuses_other_forms),
		cmocka_unit_test(keeps_its_bytes),
		cmocka_unit_test(names_give_one_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
