/* test_recent.c - a look is done once for many, again after a failure, and forgotten in order. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "evidence/recent.h"

static struct recent recent;
static atomic_int looks, failures_left;

static void name(int i, char ret[static SHA256_TEXT])
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d", i);
	sha256_text(text, (size_t)n, ret);
}

static void *member(void *arg)
{
	char sha256[SHA256_TEXT];
	struct look l = { 0 };
	int i = *(int *)arg;

	name(i, sha256);
	for (;;) {
		if (recent_take(&recent, sha256, &l))
			break;
		usleep(20000);
		atomic_fetch_add(&looks, 1);
		if (atomic_fetch_sub(&failures_left, 1) > 0) {
			recent_drop(&recent, sha256);
			continue;
		}
		l.photo.width = (uint32_t)i;
		recent_put(&recent, sha256, &l);
		break;
	}
	return l.photo.width == (uint32_t)i ? arg : NULL;
}

static void crowd(int photos, int failures, int want_looks)
{
	enum { N = 24 };
	pthread_t t[N];
	int ids[N];

	recent_init(&recent);
	atomic_store(&looks, 0);
	atomic_store(&failures_left, failures);
	for (int i = 0; i < N; i++) {
		ids[i] = 1 + i % photos;
		assert_int_equal(pthread_create(&t[i], NULL, member, &ids[i]), 0);
	}
	for (int i = 0; i < N; i++) {
		void *r;
		pthread_join(t[i], &r);
		assert_non_null(r);
	}
	assert_int_equal(atomic_load(&looks), want_looks);
	recent_release(&recent);
}

static void one_look_for_many(void **state)
{
	(void)state;
	crowd(1, 0, 1);
	crowd(4, 0, 4);
}

static void a_failed_look_is_done_again(void **state)
{
	(void)state;
	crowd(1, 3, 4);
}

static void the_least_lately_used_goes(void **state)
{
	char first[SHA256_TEXT], other[SHA256_TEXT];
	struct look l = { 0 };

	(void)state;
	recent_init(&recent);
	name(0, first);
	for (int i = 0; i < 3 * RECENT_LOOKS; i++) {
		name(i, other);
		assert_false(recent_take(&recent, other, &l));
		recent_put(&recent, other, &l);
		assert_true(recent_take(&recent, first, &l)); /* kept by being asked for */
	}
	name(1, other);
	assert_false(recent_take(&recent, other, &l));
	recent_drop(&recent, other);
	recent_release(&recent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_look_for_many),
		cmocka_unit_test(a_failed_look_is_done_again),
		cmocka_unit_test(the_least_lately_used_goes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
