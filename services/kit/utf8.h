/* utf8.h - the one UTF-8 walk: length of the sequence at hand, validity and character count. */
#ifndef KIT_UTF8_H
#define KIT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the valid sequence that begins at s (at most n bytes there), 0 when there is none.
 * Overlong forms, surrogates and values past U+10FFFF are not valid (RFC 3629). */
static inline size_t utf8_sequence(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;
	if (n == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	size_t len = u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0;
	if (len == 0 || n < len)
		return 0;
	unsigned char low = u[0] == 0xe0 ? 0xa0 : u[0] == 0xf0 ? 0x90 : 0x80;
	unsigned char high = u[0] == 0xed ? 0x9f : u[0] == 0xf4 ? 0x8f : 0xbf;
	if (u[1] < low || u[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (u[i] < 0x80 || u[i] > 0xbf)
			return 0;
	}
	return len;
}

static inline bool utf8_valid(const char *s, size_t n, size_t *ret_chars)
{
	size_t chars = 0;
	for (size_t i = 0; i < n; chars++) {
		size_t len = utf8_sequence(s + i, n - i);
		if (len == 0)
			return false;
		i += len;
	}
	*ret_chars = chars;
	return true;
}

#endif
