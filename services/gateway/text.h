/* text.h - text that grows in an arena: plain, formatted, or as a JSON string.
 * The first failure (arena full) sticks; text_end then returns NULL. Thread: the arena's owner. */
#ifndef GATEWAY_TEXT_H
#define GATEWAY_TEXT_H

#include <stdarg.h>
#include "kit/arena.h"

struct text {
	struct arena *arena;
	char *p;
	size_t n, cap;
	bool full;
};

void text_init(struct text *t, struct arena *a, size_t first_bytes);
void text_add(struct text *t, const char *s, size_t n);
void text_put(struct text *t, const char *s);
void text_fmt(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_json(struct text *t, const char *s); /* quoted and escaped */
/* NUL-ended; NULL when the arena was full. */
char *text_end(struct text *t, size_t *ret_len);

#endif
