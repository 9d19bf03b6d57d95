/* arena.c - bump allocation in blocks; the first block is kept from message to message. */
#include "kit/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

enum { ALIGN = alignof(max_align_t), FIRST_BLOCK = 64 * 1024, BLOCK_MAX = 1024 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t size, used; /* of data */
	alignas(max_align_t) unsigned char data[];
};

static void *pb_alloc(void *a, size_t bytes)
{
	return arena_alloc(a, bytes);
}

static void pb_free(void *a, void *p)
{
	(void)a;
	(void)p;
}

void arena_init(struct arena *a, size_t ceiling_bytes)
{
	*a = (struct arena){
		.pb = { .alloc = pb_alloc, .free = pb_free, .allocator_data = a },
		.ceiling = ceiling_bytes,
		.fail_after = -1,
	};
}

static void block_free(struct arena_block *b)
{
	ASAN_UNPOISON_MEMORY_REGION(b->data, b->size);
	free(b);
}

static void free_after(struct arena_block *b)
{
	struct arena_block *next = b->next;
	b->next = NULL;
	while (next) {
		struct arena_block *gone = next;
		next = next->next;
		block_free(gone);
	}
}

void arena_reset(struct arena *a)
{
	if (a->first) {
		free_after(a->first);
		a->first->used = 0;
		ASAN_POISON_MEMORY_REGION(a->first->data, a->first->size);
	}
	a->last = a->first;
	a->used = 0;
	a->full = false;
}

void arena_release(struct arena *a)
{
	arena_reset(a);
	if (a->first)
		block_free(a->first);
	a->first = a->last = NULL;
}

static struct arena_block *block_add(struct arena *a, size_t need)
{
	size_t size = FIRST_BLOCK;
	if (a->last && a->last->size * 2 <= BLOCK_MAX)
		size = a->last->size * 2;
	else if (a->last)
		size = BLOCK_MAX;
	/* The first block stays for good: a single large message must not fix its size. */
	if (a->last && size < need)
		size = need;
	if (size < need && !a->last) {
		if (!block_add(a, FIRST_BLOCK))
			return NULL;
		size = need;
	}
	struct arena_block *b = malloc(sizeof *b + size);
	if (!b)
		return NULL;
	b->next = NULL;
	b->size = size;
	b->used = 0;
	ASAN_POISON_MEMORY_REGION(b->data, b->size);
	if (a->last)
		a->last->next = b;
	else
		a->first = b;
	a->last = b;
	return b;
}

static bool refused(struct arena *a, size_t bytes)
{
	if (a->fail_after >= 0 && a->fail_after-- == 0)
		return true;
	return a->full || bytes > SIZE_MAX - ALIGN || bytes > a->ceiling ||
	       a->used > a->ceiling - bytes;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	if (refused(a, bytes)) {
		a->full = true;
		return NULL;
	}
	size_t room = (bytes ? bytes + ALIGN - 1 : ALIGN) / ALIGN * ALIGN;
	struct arena_block *b = a->last;
	if (!b || b->size - b->used < room)
		b = block_add(a, room);
	if (!b) {
		a->full = true;
		return NULL;
	}
	void *p = b->data + b->used;
	b->used += room;
	a->used += room;
	ASAN_UNPOISON_MEMORY_REGION(p, bytes);
	return memset(p, 0, bytes);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes)) {
		a->full = true;
		return NULL;
	}
	return arena_alloc(a, bytes);
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *copy = arena_alloc(a, n);
	if (copy && n)
		memcpy(copy, p, n);
	return copy;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = arena_alloc(a, len + 1);
	if (copy)
		memcpy(copy, s, len);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s) + 1);
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	char *s = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (s)
		vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}
