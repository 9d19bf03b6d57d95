/* test_inbox.c - the queue between threads: order, limit for requests, room for events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include "kit/svc_internal.h"

static bool awake(struct inbox *b)
{
	struct pollfd p = { .fd = b->wake_fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static natsMsg *mark(uintptr_t n)
{
	return (natsMsg *)n; /* never looked into */
}

static void requests_are_limited_events_are_not(void **state)
{
	struct inbox b;
	struct inbox_item out[64];
	size_t n;

	(void)state;
	assert_true(inbox_init(&b, 4));
	assert_false(awake(&b));
	for (uintptr_t i = 1; i <= 4; i++)
		assert_true(inbox_push(&b, (struct inbox_item){ .msg = mark(i) }));
	assert_false(inbox_push(&b, (struct inbox_item){ .msg = mark(99) }));
	for (uintptr_t i = 5; i <= 20; i++)
		assert_true(inbox_push(&b, (struct inbox_item){ .msg = mark(i), .event = true }));
	assert_true(awake(&b));
	n = inbox_take(&b, out, 7);
	assert_int_equal(n, 7);
	assert_true(awake(&b));
	n += inbox_take(&b, out + n, 64 - n);
	assert_int_equal(n, 20);
	for (uintptr_t i = 0; i < 20; i++)
		assert_ptr_equal(out[i].msg, mark(i + 1));
	assert_false(awake(&b));
	assert_int_equal(inbox_count(&b), 0);
	inbox_release(&b);
}

static void order_survives_wrapping_and_growing(void **state)
{
	struct inbox b;
	struct inbox_item out[3];
	uintptr_t in = 0, seen = 0;

	(void)state;
	assert_true(inbox_init(&b, 4));
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 4; i++)
			assert_true(inbox_push(
				&b, (struct inbox_item){ .msg = mark(++in), .event = true }));
		size_t n = inbox_take(&b, out, 3);
		for (size_t i = 0; i < n; i++)
			assert_ptr_equal(out[i].msg, mark(++seen));
	}
	while (inbox_take(&b, out, 1))
		assert_ptr_equal(out[0].msg, mark(++seen));
	assert_int_equal(seen, in);
	inbox_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_limited_events_are_not),
		cmocka_unit_test(order_survives_wrapping_and_growing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
