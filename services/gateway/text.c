/* text.c - text that grows in an arena: plain, formatted, or as a JSON string. */
#include "gateway/text.h"

#include <stdio.h>
#include <string.h>

void text_init(struct text *t, struct arena *a, size_t first_bytes)
{
	*t = (struct text){ .arena = a, .cap = first_bytes };
	t->p = arena_alloc(a, first_bytes);
	t->full = !t->p;
}

static bool room_for(struct text *t, size_t n)
{
	if (t->full)
		return false;
	if (t->cap - t->n > n)
		return true;
	size_t cap = t->cap * 2 > t->n + n + 1 ? t->cap * 2 : t->n + n + 1;
	char *grown = arena_alloc(t->arena, cap);
	if (!grown) {
		t->full = true;
		return false;
	}
	memcpy(grown, t->p, t->n);
	t->p = grown;
	t->cap = cap;
	return true;
}

void text_add(struct text *t, const char *s, size_t n)
{
	if (!room_for(t, n))
		return;
	memcpy(t->p + t->n, s, n);
	t->n += n;
}

void text_put(struct text *t, const char *s)
{
	text_add(t, s, strlen(s));
}

void text_fmt(struct text *t, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && room_for(t, (size_t)n)) {
		vsnprintf(t->p + t->n, (size_t)n + 1, fmt, again);
		t->n += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

void text_json(struct text *t, const char *s)
{
	text_put(t, "\"");
	for (const char *from = s;; s++) {
		unsigned char c = (unsigned char)*s;
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		text_add(t, from, (size_t)(s - from));
		if (!c)
			break;
		if (c == '"' || c == '\\')
			text_fmt(t, "\\%c", c);
		else if (c == '\n')
			text_put(t, "\\n");
		else
			text_fmt(t, "\\u%04x", c);
		from = s + 1;
	}
	text_put(t, "\"");
}

char *text_end(struct text *t, size_t *ret_len)
{
	if (!room_for(t, 0))
		return NULL;
	t->p[t->n] = '\0';
	if (ret_len)
		*ret_len = t->n;
	return t->p;
}
