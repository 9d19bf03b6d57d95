/* test_router.c - paths to routes on the real contract, and on a small one made for the corners. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "contract/contract.gen.h"
#include "gateway/acceptor.h"
#include "gateway/router.h"
#include "jingbao/v1/options.pb-c.h"

static struct arena arena;

static const struct method_meta methods[] = {
	{ .service = "S", .name = "Get", .verb = "GET", .path = "/v1/things/{id}" },
	{ .service = "S", .name = "Put", .verb = "PUT", .path = "/v1/things/{id}" },
	{ .service = "S", .name = "Verb", .verb = "POST", .path = "/v1/things/{id}:close" },
	{ .service = "S", .name = "Pdf", .verb = "GET", .path = "/v1/things/{id}.pdf" },
	{ .service = "S", .name = "Special", .verb = "GET", .path = "/v1/things/special" },
	{ .service = "S",
		.name = "Up",
		.verb = "POST",
		.path = "/v1/things/{id}/parts/{part}",
		.kind = PB__HTTP__KIND__UPLOAD },
	{ .service = "S", .name = "Bus", .subject = "no HTTP" },
};
static const struct contract small = { .methods = methods, .n_methods = 7 };

static const char *find(const struct router *r, const char *verb, const char *path, struct match *m)
{
	struct target t;

	arena_reset(&arena);
	if (!target_parse(path, &arena, &t) || !router_match(r, verb, &t, &arena, m))
		return "unreadable";
	return m->route ? m->route->method->name : *m->allow ? m->allow : "none";
}

static void test_small(void **state)
{
	struct router *r = router_new(&small);
	struct match m;

	(void)state;
	assert_string_equal(find(r, "GET", "/v1/things/a", &m), "Get");
	assert_string_equal(m.vars[0].name, "id");
	assert_string_equal(m.vars[0].value, "a");
	assert_string_equal(find(r, "HEAD", "/v1/things/a", &m), "Get");
	assert_string_equal(find(r, "GET", "/v1/things/special", &m), "Special");
	assert_string_equal(find(r, "GET", "/v1/things/a.pdf", &m), "Pdf");
	assert_string_equal(m.vars[0].value, "a");
	assert_string_equal(find(r, "POST", "/v1/things/a:b:close", &m), "Verb");
	assert_string_equal(m.vars[0].value, "a:b");
	assert_string_equal(find(r, "GET", "/v1/things/a%3Aclose", &m), "Get");
	assert_string_equal(m.vars[0].value, "a:close");
	assert_string_equal(find(r, "POST", "/v1/things/:close", &m), "GET, HEAD, PUT");
	assert_string_equal(find(r, "DELETE", "/v1/things/a", &m), "GET, HEAD, PUT");
	assert_string_equal(find(r, "POST", "/v1/things/1/parts/2", &m), "Up");
	assert_int_equal(m.n_vars, 2);
	assert_string_equal(find(r, "GET", "/v1/things/", &m), "none");
	assert_string_equal(find(r, "GET", "/v1/things", &m), "none");
	assert_string_equal(find(r, "GET", "/v1/things/a/", &m), "none");
	assert_string_equal(find(r, "GET", "/v1/../healthz", &m), "none");
	assert_string_equal(find(r, "GET", "/healthz", &m), "Healthz");
	router_free(r);
}

static void test_doors(void **state)
{
	struct router *r = router_new(&small);
	static const struct {
		const char *bytes;
		enum door door;
	} rows[] = {
		{ "", DOORS },
		{ "GET", DOORS },
		{ "GET /v1/ev", DOORS },
		{ "GET /v1/events HTTP/1.1\r\n", DOOR_STREAM },
		{ "GET /v1/events?types=A HTTP", DOOR_STREAM },
		{ "POST /v1/things/1/parts/2 HTTP/1.1", DOOR_BLOB },
		{ "GET /v1/things/1 ", DOOR_API },
		{ "nonsense\r\n", DOOR_API },
		{ "a verb that is far too long for us ", DOOR_API },
		{ "\r\nGET / HTTP/1.1", DOOR_API },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		arena_reset(&arena);
		if (door_of(r, rows[i].bytes, strlen(rows[i].bytes), &arena) != rows[i].door)
			fail_msg("'%s'", rows[i].bytes);
	}
	router_free(r);
}

/* Every declared route is found by its own pattern. */
static void test_contract(void **state)
{
	struct router *r = router_new(&jb_contract);
	char path[256];

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < router_count(r); i++) {
		const struct method_meta *k = router_route(r, i)->method;
		struct match m;
		size_t n = 0;
		for (const char *p = k->path; *p; p++) {
			if (*p == '{') {
				path[n++] = 'x';
				p = strchr(p, '}');
			} else {
				path[n++] = *p;
			}
		}
		path[n] = '\0';
		find(r, k->verb, path, &m);
		assert_non_null(m.route);
		if (m.route->method != k)
			fail_msg("%s %s went to %s", k->verb, k->path, m.route->method->name);
	}
	router_free(r);
}

static void test_bad_pattern(void **state)
{
	static const struct method_meta bad[] = { { .verb = "GET", .path = "/a/{b}{c}" } };
	const struct contract k = { .methods = bad, .n_methods = 1 };

	(void)state;
	assert_null(router_new(&k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_doors),
		cmocka_unit_test(test_contract),
		cmocka_unit_test(test_bad_pattern),
	};
	arena_init(&arena, 1 << 20);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
