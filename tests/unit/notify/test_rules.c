/* test_rules.c - templates filled in, links taken out, retries, provider answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include "kit/timeutil.h"
#include "notify/provider.h"
#include "notify/render.h"
#include "notify/retry.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct arena mem;

static int setup(void **state)
{
	(void)state;
	arena_init(&mem, 1 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&mem);
	return 0;
}

static const char *value(void *arg, const char *name, size_t len)
{
	(void)arg;
	if (len == 1 && *name == 'a')
		return "甲";
	return len == 5 && strncmp(name, "empty", 5) == 0 ? "" : NULL;
}

static void templates_filled_in(void **state)
{
	(void)state;
	static const struct {
		const char *template, *text;
	} cases[] = {
		{ "", "" },
		{ "无变量", "无变量" },
		{ "{a}", "甲" },
		{ "案件{a}，{a}。", "案件甲，甲。" },
		{ "x{empty}y", "xy" },
		{ "{b}", NULL },
		{ "{a", NULL },
		{ "{}", NULL },
		{ "{{a}}", NULL },
		{ "a}", "a}" },
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = render_text(cases[i].template, value, NULL, &mem);
		if (cases[i].text)
			assert_string_equal(text, cases[i].text);
		else
			assert_null(text);
	}
	char big[2100];
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_null(render_text(big, value, NULL, &mem));
}

static void links_taken_out(void **state)
{
	(void)state;
	static const struct {
		const char *text, *kept;
	} cases[] = {
		{ "", "" },
		{ "no link", "no link" },
		{ "https://x/p/Abc-12_3.~=（仅供", "https://x/p/***（仅供" },
		{ "a/p/one b/p/two", "a/p/*** b/p/***" },
		{ "/p/", "/p/" },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(render_redacted(cases[i].text, &mem), cases[i].kept);
}

static void mobiles(void **state)
{
	(void)state;
	assert_true(is_mobile("13800138000"));
	assert_true(is_mobile("19900000000"));
	assert_false(is_mobile("12000000000"));
	assert_false(is_mobile("1380013800"));
	assert_false(is_mobile("138001380000"));
	assert_false(is_mobile("02988888888"));
	assert_false(is_mobile("1380013800a"));
	assert_false(is_mobile(""));
	assert_string_equal(masked_name("张伟", &mem), "张*");
}

static void retries_end(void **state)
{
	(void)state;
	int64_t at = 0, now = INT64_C(1795241220000000), last = now;
	for (int n = 1; n < ATTEMPTS_MAX; n++) {
		assert_true(retry_next(n, now, INT64_MAX, &at));
		assert_true(at > last); /* later each time */
		last = at;
	}
	assert_false(retry_next(ATTEMPTS_MAX, now, INT64_MAX, &at));
	assert_false(retry_next(0, now, INT64_MAX, &at));
	assert_false(retry_next(100, now, INT64_MAX, &at));
	/* Not after the message is of no use any more. */
	assert_false(retry_next(1, now, now + 5 * US_PER_S, &at));
	assert_true(retry_next(1, now, now + 6 * US_PER_S, &at));
}

static void provider_answers(void **state)
{
	(void)state;
	static const struct {
		long status;
		enum outcome outcome;
	} cases[] = { { 200, OUTCOME_SENT }, { 202, OUTCOME_SENT }, { 299, OUTCOME_SENT },
		{ 301, OUTCOME_REFUSED }, { 400, OUTCOME_REFUSED }, { 401, OUTCOME_REFUSED },
		{ 408, OUTCOME_RETRY }, { 409, OUTCOME_REFUSED }, { 425, OUTCOME_RETRY },
		{ 429, OUTCOME_RETRY }, { 500, OUTCOME_RETRY }, { 503, OUTCOME_RETRY },
		{ 0, OUTCOME_RETRY } };
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(outcome_of_status(cases[i].status), cases[i].outcome);
	assert_ptr_equal(provider_find("spool"), &provider_spool);
	assert_ptr_equal(provider_find("http"), &provider_http);
	assert_null(provider_find("pigeon"));
}

static void message_as_json(void **state)
{
	(void)state;
	struct outgoing m = { .id = "id",
		.incident_id = "inc",
		.phone = "13800138000",
		.template = "T",
		.body = "引号\"与\n换行",
		.attempt = 2,
		.created_at = 1000000 };
	size_t len = 0;
	char *text = outgoing_json(&m, &len);
	json_t *o = json_loads(text, 0, NULL);
	assert_non_null(o);
	assert_int_equal(len, strlen(text));
	assert_string_equal(json_string_value(json_object_get(o, "text")), m.body);
	assert_string_equal(json_string_value(json_object_get(o, "to")), m.phone);
	assert_int_equal(json_integer_value(json_object_get(o, "attempt")), 2);
	json_decref(o);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(templates_filled_in, setup, teardown),
		cmocka_unit_test_setup_teardown(links_taken_out, setup, teardown),
		cmocka_unit_test_setup_teardown(mobiles, setup, teardown),
		cmocka_unit_test(retries_end),
		cmocka_unit_test(provider_answers),
		cmocka_unit_test(message_as_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
