/* test_arena.c - the memory of one message: ceiling, reset, refusal of the nth allocation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "kit/arena.h"

static void zeroed_and_aligned(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	for (size_t n = 0; n < 300; n++) {
		unsigned char *p = arena_alloc(&a, n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, n);
	}
	arena_reset(&a);
	unsigned char *p = arena_alloc(&a, 4096);
	for (size_t i = 0; i < 4096; i++)
		assert_int_equal(p[i], 0);
	arena_release(&a);
}

static void ceiling_refuses_until_reset(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1000);
	assert_non_null(arena_alloc(&a, 900));
	assert_null(arena_alloc(&a, 200));
	assert_true(a.full);
	assert_null(arena_alloc(&a, 1)); /* sticky: half a message helps nobody */
	arena_reset(&a);
	assert_false(a.full);
	assert_non_null(arena_alloc(&a, 900));
	arena_release(&a);
}

static void large_blocks_are_let_go(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 64 << 20);
	char *big = arena_alloc(&a, 10 << 20);
	assert_non_null(big);
	big[(10 << 20) - 1] = 1;
	for (int i = 0; i < 1000; i++)
		assert_non_null(arena_alloc(&a, 5000));
	assert_true(a.used >= (10u << 20) + 5000000u);
	struct arena_block *first = a.first;
	arena_reset(&a);
	assert_ptr_equal(a.first, first);
	assert_ptr_equal(a.last, first);
	assert_int_equal(a.used, 0);
	arena_release(&a);
}

static void sizes_that_overflow(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, SIZE_MAX);
	assert_null(arena_array(&a, SIZE_MAX / 2, 3));
	arena_reset(&a);
	assert_null(arena_alloc(&a, SIZE_MAX));
	arena_reset(&a);
	assert_null(arena_alloc(&a, SIZE_MAX - 8));
	arena_release(&a);
}

static void nth_allocation_fails(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	a.fail_after = 2;
	assert_non_null(arena_alloc(&a, 1));
	assert_non_null(arena_alloc(&a, 1));
	assert_null(arena_alloc(&a, 1));
	assert_true(a.full);
	assert_int_equal(a.fail_after, -1);
	arena_release(&a);
}

static void copies(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	assert_string_equal(arena_strdup(&a, "警保联动"), "警保联动");
	assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
	assert_string_equal(arena_strndup(&a, "ab", 30), "ab");
	assert_string_equal(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	assert_memory_equal(arena_memdup(&a, "a\0b", 3), "a\0b", 3);
	assert_non_null(arena_memdup(&a, NULL, 0));
	arena_release(&a);
}

static void allocator_of_protobuf(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 100);
	void *p = a.pb.alloc(a.pb.allocator_data, 50);
	assert_non_null(p);
	a.pb.free(a.pb.allocator_data, p);
	assert_null(a.pb.alloc(a.pb.allocator_data, 60));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeroed_and_aligned),
		cmocka_unit_test(ceiling_refuses_until_reset),
		cmocka_unit_test(large_blocks_are_let_go),
		cmocka_unit_test(sizes_that_overflow),
		cmocka_unit_test(nth_allocation_fails),
		cmocka_unit_test(copies),
		cmocka_unit_test(allocator_of_protobuf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
