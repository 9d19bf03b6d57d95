/* trace.c - request ids and W3C trace context, taken when sound or made. */
#include "gateway/trace.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { KEY_MAX = 255 };

void request_id(const char *given, char ret[static REQUEST_ID_MAX + 1])
{
	static const char ok[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-";
	size_t n = strlen(given);

	if (n >= 1 && n <= REQUEST_ID_MAX && strspn(given, ok) == n)
		memcpy(ret, given, n + 1);
	else
		uuid_v7(ret);
}

static bool hex_field(const char *s, size_t n, char end, bool may_be_zero)
{
	bool zero = strspn(s, "0") >= n;

	return strspn(s, "0123456789abcdef") >= n && s[n] == end && (may_be_zero || !zero);
}

void traceparent(const char *given, char ret[static TRACE_TEXT])
{
	unsigned char id[24];
	char hex[2 * sizeof id + 1];

	if (strlen(given) == 55 && strncmp(given, "00-", 3) == 0 &&
		hex_field(given + 3, 32, '-', false) && hex_field(given + 36, 16, '-', false) &&
		hex_field(given + 53, 2, '\0', true)) {
		memcpy(ret, given, TRACE_TEXT);
		return;
	}
	randombytes_buf(id, sizeof id);
	sodium_bin2hex(hex, sizeof hex, id, sizeof id);
	snprintf(ret, TRACE_TEXT, "00-%.32s-%.16s-01", hex, hex + 32);
}

bool idempotency_key_valid(const char *v)
{
	size_t n = strlen(v);
	bool quoted = n >= 2 && v[0] == '"' && v[n - 1] == '"';

	if (quoted) {
		v++;
		n -= 2;
	}
	for (size_t i = 0; i < n; i++) {
		if (v[i] <= ' ' || v[i] > '~' || v[i] == '"' || v[i] == '\\')
			return false;
	}
	return n >= 1 && n <= KEY_MAX;
}
