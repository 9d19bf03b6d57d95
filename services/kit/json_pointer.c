/* json_pointer.c - JSON pointers from places on the stack. */
#include "kit/json_walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { POINTER_MAX = 1024, NAME_SHOWN_MAX = 200 };

/* Appends one token, escaped; names too long are cut so that a fault stays readable. */
static size_t token(char *buf, size_t n, const struct json_place *at)
{
	if (!at->name)
		return n + (size_t)snprintf(buf + n, POINTER_MAX - n, "/%zu", at->index);
	size_t shown = 0;
	buf[n++] = '/';
	for (const char *s = at->name; *s; s++, shown++) {
		/* Never cut inside a UTF-8 sequence. */
		if (shown >= NAME_SHOWN_MAX && ((unsigned char)*s & 0xc0) != 0x80)
			break;
		if (n + 3 >= POINTER_MAX)
			break;
		if (*s == '~' || *s == '/') {
			buf[n++] = '~';
			buf[n++] = *s == '~' ? '0' : '1';
		} else {
			buf[n++] = *s;
		}
	}
	buf[n] = '\0';
	return n;
}

const char *json_pointer(const struct json_place *at, struct arena *a)
{
	enum { DEEP = 64 };
	const struct json_place *way[DEEP];
	size_t depth = 0;
	for (; at && depth < DEEP; at = at->up)
		way[depth++] = at;
	char buf[POINTER_MAX] = "";
	size_t n = 0;
	while (depth > 0) {
		const struct json_place *p = way[--depth];
		if (!p->up && p->name) { /* the caller's prefix, escaped already */
			n = strnlen(p->name, POINTER_MAX / 2);
			memcpy(buf, p->name, n);
			buf[n] = '\0';
		} else if (n + NAME_SHOWN_MAX * 2 + 8 < POINTER_MAX) {
			n = token(buf, n, p);
		}
	}
	const char *s = arena_strdup(a, buf);
	return s ? s : "";
}

void json_fault(
	struct fault_list *f, const struct json_place *at, const char *rule, const char *fmt, ...)
{
	char detail[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(detail, sizeof detail, fmt, ap);
	va_end(ap);
	fault_field(f, json_pointer(at, f->arena), rule, "%s", detail);
}
