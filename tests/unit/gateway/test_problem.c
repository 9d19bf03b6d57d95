/* test_problem.c - problem details and OAuth errors, ids, keys, ranges, digests, Prometheus texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gateway/metrics.h"
#include "gateway/problem.h"
#include "gateway/range.h"
#include "gateway/rate.h"
#include "gateway/trace.h"
#include "kit/timeutil.h"

static struct arena arena;

static void test_problem(void **state)
{
	struct fault_list f;
	size_t len;

	(void)state;
	faults_init(&f, &arena);
	fault_field(&f, "/a\"b", "required", "say \n it\x01");
	struct problem p = { 400, "/v1/x\\y", "req-1", &f };
	char *text = problem_json(&p, &arena, &len);
	json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(o);
	assert_string_equal(
		json_string_value(json_object_get(o, "type")), "urn:jingbao:problem:invalid");
	assert_int_equal(json_integer_value(json_object_get(o, "status")), 400);
	assert_string_equal(json_string_value(json_object_get(o, "instance")), "/v1/x\\y");
	json_t *e = json_array_get(json_object_get(o, "errors"), 0);
	assert_string_equal(json_string_value(json_object_get(e, "pointer")), "/a\"b");
	assert_string_equal(json_string_value(json_object_get(e, "detail")), "say \n it\x01");
	json_decref(o);
}

static void test_every_code(void **state)
{
	(void)state;
	for (int c = PB__CODE__INVALID; c <= PB__CODE__INTERNAL; c++) {
		struct fault_list f;
		size_t len;
		faults_init(&f, &arena);
		(void)fault_set(&f, (Pb__Code)c, "text");
		struct problem p = { fault_http_status((Pb__Code)c), "/", "r", &f };
		json_t *o = json_loads(problem_json(&p, &arena, &len), 0, NULL);
		assert_true(strlen(json_string_value(json_object_get(o, "title"))) > 3);
		json_decref(o);
		o = json_loads(problem_oauth(&f, &arena, &len), 0, NULL);
		assert_non_null(json_object_get(o, "error"));
		assert_in_range(problem_oauth_status((Pb__Code)c), 400, 599);
		json_decref(o);
	}
}

static void test_full_arena(void **state)
{
	(void)state;
	for (long n = 0; n < 6; n++) {
		struct arena a;
		struct fault_list f;
		size_t len;
		arena_init(&a, 1 << 20);
		faults_init(&f, &a);
		fault_field(&f, "/x", "r", "%0600d", 1);
		a.fail_after = n;
		struct problem p = { 400, "/", "r", &f };
		char *text = problem_json(&p, &a, &len);
		assert_true(text || a.full);
		arena_release(&a);
	}
}

static void test_ids(void **state)
{
	char id[REQUEST_ID_MAX + 1], trace[TRACE_TEXT], long_id[80];
	static const char good[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
	static const char *const bad[] = { "",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
		"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-00",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-00",
		"00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00" };

	(void)state;
	request_id("abc-1._Z", id);
	assert_string_equal(id, "abc-1._Z");
	request_id("a b", id);
	assert_true(uuid_valid(id));
	memset(long_id, 'a', sizeof long_id);
	long_id[65] = '\0';
	request_id(long_id, id);
	assert_true(uuid_valid(id));
	traceparent(good, trace);
	assert_string_equal(trace, good);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		traceparent(bad[i], trace);
		assert_string_not_equal(trace, bad[i]);
		assert_int_equal(strlen(trace), 55);
	}
	assert_true(idempotency_key_valid("a"));
	assert_true(idempotency_key_valid("\"8e03978e-40d5\""));
	assert_false(idempotency_key_valid("\"\""));
	assert_false(idempotency_key_valid("a b"));
	assert_false(idempotency_key_valid("\"a\"b\""));
}

static void test_ranges(void **state)
{
	static const struct {
		const char *text;
		enum range_verdict v;
		int64_t from, length;
	} rows[] = {
		{ "bytes=0-0", RANGE_PART, 0, 1 },
		{ "bytes=10-", RANGE_PART, 10, 90 },
		{ "bytes=90-500", RANGE_PART, 90, 10 },
		{ "bytes=-10", RANGE_PART, 90, 10 },
		{ "bytes=-1000", RANGE_PART, 0, 100 },
		{ "bytes=100-", RANGE_BAD, 0, 0 },
		{ "bytes=-0", RANGE_BAD, 0, 0 },
		{ "bytes=5-4", RANGE_WHOLE, 0, 0 },
		{ "bytes=0-1,5-6", RANGE_WHOLE, 0, 0 },
		{ "bytes=a-b", RANGE_WHOLE, 0, 0 },
		{ "bytes=99999999999999999999-", RANGE_WHOLE, 0, 0 },
		{ "items=0-1", RANGE_WHOLE, 0, 0 },
		{ "bytes=", RANGE_WHOLE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct byte_range r = { 0, 0 };
		if (range_parse(rows[i].text, 100, &r) != rows[i].v)
			fail_msg("%s", rows[i].text);
		if (rows[i].v == RANGE_PART) {
			assert_int_equal(r.from, rows[i].from);
			assert_int_equal(r.length, rows[i].length);
		}
	}
	assert_true(etag_listed("\"a\", \"b\"", "\"b\""));
	assert_true(etag_listed("*", "\"b\""));
	assert_false(etag_listed("", "\"b\""));
}

static void test_digests(void **state)
{
	char hex[65];
	bool broken;

	(void)state;
	assert_true(digest_field(
		"md5=:x:, sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", hex, &broken));
	assert_string_equal(
		hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_false(digest_field("md5=:x:", hex, &broken));
	assert_false(broken);
	assert_false(digest_field("sha-256=:abc:", hex, &broken));
	assert_true(broken);
	assert_false(digest_field("sha-256=47DE", hex, &broken));
	assert_true(broken);
}

static void test_rate(void **state)
{
	struct rate *r = rate_new(2, 3);
	uint32_t wait = 0;
	int64_t now = 1000;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(rate_take(r, "192.0.2.1", now, &wait));
	assert_false(rate_take(r, "192.0.2.1", now, &wait));
	assert_int_equal(wait, 1);
	assert_true(rate_take(r, "192.0.2.2", now, &wait));
	assert_true(rate_take(r, "192.0.2.1", now + US_PER_S / 2, &wait));
	assert_false(rate_take(r, "192.0.2.1", now + US_PER_S / 2, &wait));
	rate_free(r);
}

static void test_merge(void **state)
{
	char one[] = "# HELP a x\n# TYPE a counter\na{s=\"1\"} 1\n# TYPE b gauge\nb 2\n";
	char two[] = "# HELP a x\n# TYPE a counter\na{s=\"2\"} 3\njunk\n";
	char *texts[] = { one, two }, *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	(void)state;
	metrics_merge(texts, 2, f);
	fclose(f);
	assert_string_equal(out, "# HELP a x\n# TYPE a counter\na{s=\"1\"} 1\na{s=\"2\"} 3\njunk\n"
				 "# TYPE b gauge\nb 2\n");
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_problem),
		cmocka_unit_test(test_every_code),
		cmocka_unit_test(test_full_arena),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_merge),
	};
	if (sodium_init() < 0)
		return 1;
	arena_init(&arena, 4 << 20);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
