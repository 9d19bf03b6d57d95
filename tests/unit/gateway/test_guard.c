/* test_guard.c - the framing guard: each way to say one request in two, refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "gateway/guard.h"

struct row {
	const char *about, *version;
	const char *headers[8]; /* name, value ... */
	int status;
};

static const struct row rows[] = {
	{ "plain", "HTTP/1.1", { "Host", "x" }, 0 },
	{ "one length", "HTTP/1.1", { "Host", "x", "Content-Length", "12" }, 0 },
	{ "chunked", "HTTP/1.1", { "Host", "x", "Transfer-Encoding", "Chunked" }, 0 },
	{ "1.0 needs no host", "HTTP/1.0", { "A", "b" }, 0 },
	{ "1.1 does", "HTTP/1.1", { "A", "b" }, 400 },
	{ "two hosts", "HTTP/1.1", { "Host", "x", "host", "x" }, 400 },
	{ "host with a path", "HTTP/1.1", { "Host", "x/y" }, 400 },
	{ "host with a user", "HTTP/1.1", { "Host", "a@x" }, 400 },
	{ "empty host", "HTTP/1.1", { "Host", "" }, 400 },
	{ "length and chunks", "HTTP/1.1",
		{ "Host", "x", "Content-Length", "1", "Transfer-Encoding", "chunked" }, 400 },
	{ "two lengths", "HTTP/1.1", { "Host", "x", "Content-Length", "1", "content-length", "1" },
		400 },
	{ "signed length", "HTTP/1.1", { "Host", "x", "Content-Length", "+1" }, 400 },
	{ "empty length", "HTTP/1.1", { "Host", "x", "Content-Length", "" }, 400 },
	{ "listed length", "HTTP/1.1", { "Host", "x", "Content-Length", "1, 1" }, 400 },
	{ "huge length", "HTTP/1.1", { "Host", "x", "Content-Length", "99999999999999999999" },
		400 },
	{ "unknown encoding", "HTTP/1.1", { "Host", "x", "Transfer-Encoding", "gzip" }, 400 },
	{ "encoding list", "HTTP/1.1", { "Host", "x", "Transfer-Encoding", "gzip, chunked" }, 400 },
	{ "two encodings", "HTTP/1.1",
		{ "Host", "x", "Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked" },
		400 },
	{ "1.0 with chunks", "HTTP/1.0", { "Transfer-Encoding", "chunked" }, 400 },
	{ "spaced name", "HTTP/1.1", { "Host", "x", "Content-Length ", "1" }, 400 },
	{ "control in a value", "HTTP/1.1", { "Host", "x", "A", "b\rC: d" }, 400 },
	{ "hidden length", "HTTP/1.1", { "Host", "x", "A", "b Content-Length: 4" }, 400 },
	{ "hidden encoding", "HTTP/1.1", { "Host", "x", "A", "transfer-encoding:chunked" }, 400 },
	{ "tab is fine", "HTTP/1.1", { "Host", "x", "A", "b\tc" }, 0 },
	{ "two authorizations", "HTTP/1.1",
		{ "Host", "x", "Authorization", "a", "authorization", "b" }, 400 },
	{ "100-continue", "HTTP/1.1", { "Host", "x", "Expect", "100-Continue" }, 0 },
	{ "other expectation", "HTTP/1.1", { "Host", "x", "Expect", "x" }, 417 },
	{ "HTTP/2 in words", "HTTP/2.0", { "Host", "x" }, 505 },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct guard g;
		guard_init(&g);
		for (size_t h = 0; h < 8 && rows[i].headers[h]; h += 2) {
			const char *n = rows[i].headers[h], *v = rows[i].headers[h + 1];
			guard_header(&g, n, strlen(n), v, strlen(v));
		}
		int status = guard_verdict(&g, rows[i].version);
		if (status != rows[i].status)
			fail_msg("%s: %d, not %d", rows[i].about, status, rows[i].status);
		assert_true(!status == !g.fault);
	}
}

static void test_nul_in_value(void **state)
{
	(void)state;
	struct guard g;
	guard_init(&g);
	guard_header(&g, "Host", 4, "x", 1);
	guard_header(&g, "A", 1, "b\0c", 3);
	assert_int_equal(guard_verdict(&g, "HTTP/1.1"), 400);
}

static void test_too_many(void **state)
{
	(void)state;
	struct guard g;
	guard_init(&g);
	guard_header(&g, "Host", 4, "x", 1);
	for (int i = 1; i < GUARD_HEADERS_MAX; i++)
		guard_header(&g, "A", 1, "b", 1);
	assert_int_equal(guard_verdict(&g, "HTTP/1.1"), 0);
	guard_header(&g, "A", 1, "b", 1);
	assert_int_equal(guard_verdict(&g, "HTTP/1.1"), 431);
}

static void test_length_told(void **state)
{
	(void)state;
	struct guard g;
	guard_init(&g);
	assert_true(g.length == -1);
	guard_header(&g, "content-length", 14, "9223372036854775790", 19);
	assert_true(g.length == 9223372036854775790);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nul_in_value),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_length_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
