/* arena.h - memory that lives as long as one message: allocate, never free, reset once.
 *
 * An arena belongs to one thread. Nothing allocated from it may be stored in anything that lives
 * longer than the message. Allocation past the ceiling returns NULL and sets `full` until the
 * reset; callers turn that into PB__CODE__TOO_LARGE. Under AddressSanitizer reset poisons the
 * memory.
 */
#ifndef KIT_ARENA_H
#define KIT_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

struct arena_block;

struct arena {
	ProtobufCAllocator pb;     /* hand &arena->pb to protobuf-c; its free is a no-op */
	struct arena_block *first; /* kept over resets */
	struct arena_block *last;
	size_t used, ceiling; /* bytes */
	bool full;
	long fail_after; /* tests: refuse the nth allocation from now; -1 never */
};

void arena_init(struct arena *a, size_t ceiling_bytes);
void arena_reset(struct arena *a);
void arena_release(struct arena *a);

/* Zeroed, aligned for any type; NULL when the ceiling is reached. */
void *arena_alloc(struct arena *a, size_t bytes);
void *arena_array(struct arena *a, size_t count, size_t size); /* NULL on overflow too */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
void *arena_memdup(struct arena *a, const void *p, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_array((a), (n), sizeof(type)))

#endif
