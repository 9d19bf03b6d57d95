/* test_slots.c - the slot table: one winner for each waiter, late replies known, under threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include "gateway/slots.h"

static void test_take_once(void **state)
{
	struct slots *t = slots_new(2);
	uint32_t s, g, s2, g2, s3, g3;
	int a, b, c;

	(void)state;
	assert_true(slots_put(t, &a, 10, &s, &g));
	assert_true(slots_put(t, &b, 20, &s2, &g2));
	assert_false(slots_put(t, &c, 30, &s3, &g3));
	assert_int_equal(slots_used(t), 2);
	assert_ptr_equal(slots_take(t, s, g), &a);
	assert_null(slots_take(t, s, g));
	assert_true(slots_put(t, &c, 30, &s3, &g3));
	assert_int_equal(s3, s);
	assert_int_not_equal(g3, g);
	assert_null(slots_take(t, s, g)); /* a late reply to the first user */
	assert_null(slots_take(t, 77, 0));
	assert_ptr_equal(slots_take_due(t, 25), &b);
	assert_null(slots_take_due(t, 25));
	assert_ptr_equal(slots_take_due(t, INT64_MAX), &c);
	assert_int_equal(slots_used(t), 0);
	slots_free(t);
}

static void test_subjects(void **state)
{
	static const char prefix[] = "_INBOX.gateway.x.";
	size_t n = sizeof prefix - 1;
	char token[SLOT_TOKEN], subject[64];
	uint32_t s, g;

	(void)state;
	snprintf(subject, sizeof subject, "%s%s", prefix, slot_token(17, 4294967295u, token));
	assert_true(slot_from_subject(subject, n, &s, &g));
	assert_int_equal(s, 17);
	assert_true(g == 4294967295u);
	static const char *const bad[] = { "", "_INBOX", "_INBOX.gateway.x.", "_INBOX.gateway.x.1",
		"_INBOX.gateway.x.1.", "_INBOX.gateway.x.1.2.3", "_INBOX.gateway.x.a.1",
		"_INBOX.gateway.x.1.-2", "_INBOX.gateway.x.4294967296.1",
		"_INBOX.gateway.x.99999999999999999999999.1" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(slot_from_subject(bad[i], n, &s, &g));
}

enum { ROUNDS = 20000 };

struct race {
	struct slots *t;
	_Atomic uint64_t at; /* slot << 32 | gen of the newest */
	_Atomic int taken;
	_Atomic bool done;
};

static void *taker(void *arg)
{
	struct race *r = arg;

	while (!atomic_load(&r->done)) {
		uint64_t at = atomic_load(&r->at);
		if (slots_take(r->t, (uint32_t)(at >> 32), (uint32_t)at))
			atomic_fetch_add(&r->taken, 1);
	}
	return NULL;
}

static void *expirer(void *arg)
{
	struct race *r = arg;

	while (!atomic_load(&r->done)) {
		if (slots_take_due(r->t, 1000))
			atomic_fetch_add(&r->taken, 1);
	}
	return NULL;
}

static void test_race(void **state)
{
	struct race r = { .t = slots_new(8) };
	pthread_t th[3];
	int waiter, put = 0;

	(void)state;
	pthread_create(&th[0], NULL, taker, &r);
	pthread_create(&th[1], NULL, taker, &r);
	pthread_create(&th[2], NULL, expirer, &r);
	while (put < ROUNDS) {
		uint32_t s, g;
		if (!slots_put(r.t, &waiter, put % 2 ? 50 : 200, &s, &g))
			continue;
		put++;
		atomic_store(&r.at, (uint64_t)s << 32 | g);
		if (put % 2 == 0 && slots_take(r.t, s, g))
			atomic_fetch_add(&r.taken, 1);
	}
	while (slots_used(r.t))
		;
	atomic_store(&r.done, true);
	for (int i = 0; i < 3; i++)
		pthread_join(th[i], NULL);
	assert_int_equal(atomic_load(&r.taken), ROUNDS);
	slots_free(r.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_once),
		cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_race),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
