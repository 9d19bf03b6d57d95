/* privacy.c - masks a value by its class: enough stays to recognise it, not to use it. */
#include <string.h>

#include "kit/json.h"
#include "kit/utf8.h"
#include "jingbao/v1/options.pb-c.h"

static size_t step(const char *s, size_t n)
{
	size_t len = utf8_sequence(s, n);
	return len ? len : 1;
}

static size_t characters(const char *s, size_t bytes)
{
	size_t chars = 0;
	for (size_t i = 0; i < bytes; i += step(s + i, bytes - i))
		chars++;
	return chars;
}

/* Keeps the first and last characters and stars the rest. A value so short that less than three
 * characters would be hidden keeps only its ends, one of three or fewer nothing. */
static char *keep(const char *s, size_t first, size_t last, struct arena *a)
{
	size_t bytes = strlen(s), chars = characters(s, bytes);
	if (chars < first + last + 3) {
		first = chars > 3 && first ? 1 : 0;
		last = chars > 3 && last ? 1 : 0;
	}
	char *out = arena_alloc(a, bytes + 1); /* a star is never longer than what it hides */
	if (!out)
		return NULL;
	size_t o = 0, c = 0;
	for (size_t i = 0; i < bytes; c++) {
		size_t len = step(s + i, bytes - i);
		if (c < first || c >= chars - last) {
			memcpy(out + o, s + i, len);
			o += len;
		} else {
			out[o++] = '*';
		}
		i += len;
	}
	return out;
}

static char *name(const char *s, struct arena *a)
{
	size_t bytes = strlen(s), first = step(s, bytes), chars = characters(s, bytes);
	if (chars < 2)
		return arena_strdup(a, "*");
	char *out = arena_alloc(a, first + chars);
	if (!out)
		return NULL;
	memcpy(out, s, first);
	memset(out + first, '*', chars - 1);
	return out;
}

char *privacy_mask(uint8_t privacy, const char *text, struct arena *a)
{
	if (!*text)
		return arena_strdup(a, text);
	switch (privacy) {
	case PB__PRIVACY__VALUE__PUBLIC:
		return arena_strdup(a, text);
	case PB__PRIVACY__VALUE__NAME:
		return name(text, a);
	case PB__PRIVACY__VALUE__PHONE:
	case PB__PRIVACY__VALUE__ID_NUMBER:
		return keep(text, 3, 4, a);
	case PB__PRIVACY__VALUE__PLATE:
		return keep(text, 3, 1, a);
	case PB__PRIVACY__VALUE__TAIL:
		return keep(text, 0, 4, a);
	case PB__PRIVACY__VALUE__VIN:
		return keep(text, 0, 6, a);
	default: /* TEXT, SECRET, and any class this build doesn't know */
		return arena_strdup(a, "***");
	}
}
