/* guard.c - the framing guard: refuses what two parsers could read differently. */
#include "gateway/guard.h"

#include <string.h>
#include <strings.h>

void guard_init(struct guard *g)
{
	*g = (struct guard){ .length = -1 };
}

static void refuse(struct guard *g, int status, const char *fault)
{
	if (!g->fault) {
		g->fault = fault;
		g->status = status;
	}
}

static bool is_token(const char *s, size_t n)
{
	static const char other[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < n; i++) {
		char c = s[i];
		bool alnum =
			(c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		if (!alnum && !(c && strchr(other, c)))
			return false;
	}
	return n > 0;
}

/* A fold can hide a header inside another one's value; no honest value names these. */
static bool hides_framing(const char *v, size_t n)
{
	static const char *const names[] = { "content-length:", "transfer-encoding:" };

	for (size_t k = 0; k < 2; k++) {
		size_t len = strlen(names[k]);
		for (size_t i = 0; i + len <= n; i++) {
			if (strncasecmp(v + i, names[k], len) == 0)
				return true;
		}
	}
	return false;
}

static void check_value(struct guard *g, const char *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)v[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			refuse(g, 400, "a header value holds a control character");
			return;
		}
	}
	/* Long enough to hide one and still have it seen by someone else. */
	if (n >= sizeof "content-length:" && hides_framing(v, n))
		refuse(g, 400, "a header value hides a framing header");
}

static void content_length(struct guard *g, const char *v, size_t n)
{
	int64_t length = 0;

	g->lengths++;
	for (size_t i = 0; i < n; i++) {
		if (v[i] < '0' || v[i] > '9' || length > (INT64_MAX - 9) / 10) {
			g->length_bad = true;
			return;
		}
		length = length * 10 + (v[i] - '0');
	}
	g->length_bad |= n == 0;
	g->length = length;
}

static bool host_ok(const char *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strchr(" \t/\\@?#,<>\"", v[i]))
			return false;
	}
	return n > 0;
}

/* Headers whose second appearance would let two readers choose differently. */
static void only_once(struct guard *g, const char *name, size_t n)
{
	static const char *const singles[] = { "authorization", "content-type", "idempotency-key",
		"origin", "expect", "content-digest", "repr-digest", "last-event-id" };

	for (unsigned i = 0; i < sizeof singles / sizeof *singles; i++) {
		if (strlen(singles[i]) != n || strncasecmp(name, singles[i], n) != 0)
			continue;
		if (g->single >> i & 1u)
			refuse(g, 400, "a header that may come once came twice");
		g->single |= 1u << i;
	}
}

static bool named(const char *name, size_t n, const char *want)
{
	return strlen(want) == n && strncasecmp(name, want, n) == 0;
}

void guard_header(
	struct guard *g, const char *name, size_t name_len, const char *value, size_t value_len)
{
	if (++g->headers > GUARD_HEADERS_MAX)
		refuse(g, 431, "more than 100 headers");
	if (!is_token(name, name_len)) {
		refuse(g, 400, "a header name is not a token");
		return;
	}
	check_value(g, value, value_len);
	only_once(g, name, name_len);
	if (named(name, name_len, "content-length")) {
		content_length(g, value, value_len);
	} else if (named(name, name_len, "transfer-encoding")) {
		g->encodings++;
		g->chunked = named(value, value_len, "chunked");
	} else if (named(name, name_len, "host")) {
		g->hosts++;
		if (!host_ok(value, value_len))
			refuse(g, 400, "the host is not a host name");
	} else if (named(name, name_len, "expect")) {
		g->expects = true;
		if (!named(value, value_len, "100-continue"))
			refuse(g, 417, "only Expect: 100-continue is understood");
	}
}

int guard_verdict(struct guard *g, const char *version)
{
	bool http11 = strcmp(version, "HTTP/1.1") == 0;

	if (!http11 && strcmp(version, "HTTP/1.0") != 0)
		refuse(g, 505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
	if (g->lengths > 1 || g->length_bad)
		refuse(g, 400, "the declared length is not one number");
	if (g->lengths && g->encodings)
		refuse(g, 400, "both a length and a transfer encoding are given");
	if (g->encodings > 1 || (g->encodings && !g->chunked))
		refuse(g, 400, "the only transfer encoding is chunked");
	if (g->encodings && !http11)
		refuse(g, 400, "HTTP/1.0 has no transfer encodings");
	if (g->hosts > 1 || (http11 && g->hosts == 0))
		refuse(g, 400, "exactly one Host is needed");
	return g->fault ? g->status : 0;
}
