/* test_config.c - settings from default, file and environment, in that order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/config.h"

static const char *url, *secret;
static long seconds;
static bool strict;

static const struct config_item items[] = {
	{ "tst_url", CONFIG_TEXT, &url, "nats://localhost", 0, 0, NULL, "where the bus is" },
	{ "tst_secret", CONFIG_SECRET, &secret, "hush", 0, 0, NULL, "bus password" },
	{ "tst_seconds", CONFIG_INT, &seconds, "20", 1, 600, "s", "life of an offer" },
	{ "tst_strict", CONFIG_BOOL, &strict, "false", 0, 0, NULL, "refuse more" },
	{ 0 },
};
static const struct config_item *const tables[] = { items, NULL };
static char said[4096];

static bool load(const struct config_item *const *t, const char *file_text)
{
	char name[] = "/tmp/jb-config-XXXXXX";
	FILE *err = fmemopen(said, sizeof said, "w");
	if (file_text) {
		int fd = mkstemp(name);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, file_text, strlen(file_text)), strlen(file_text));
		close(fd);
	}
	said[0] = '\0';
	bool ok = config_load(t, file_text ? name : NULL, err);
	fclose(err);
	if (file_text)
		unlink(name);
	return ok;
}

static int clear(void **state)
{
	(void)state;
	static const char *const names[] = { "JB_CONFIG", "JB_TST_URL", "JB_TST_SECRET",
		"JB_TST_SECONDS", "JB_TST_STRICT", "JB_TST_MUST" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unsetenv(names[i]);
	return 0;
}

static void order_of_sources(void **state)
{
	(void)state;
	assert_true(load(tables, NULL));
	assert_string_equal(url, "nats://localhost");
	assert_int_equal(seconds, 20);
	assert_false(strict);
	assert_true(load(tables, "# comment\n\n  tst_seconds = 30  \ntst_strict=on\n"));
	assert_int_equal(seconds, 30);
	assert_true(strict);
	setenv("JB_TST_SECONDS", "40", 1);
	assert_true(load(tables, "tst_seconds = 30\ntst_url = a=b\n"));
	assert_int_equal(seconds, 40);
	assert_string_equal(url, "a=b");
}

static void refusals_name_key_and_source(void **state)
{
	(void)state;
	assert_false(load(tables, "tst_second = 30\n"));
	assert_non_null(strstr(said, "unknown setting 'tst_second'"));
	assert_non_null(strstr(said, ":1"));
	assert_false(load(tables, "\nnonsense\n"));
	assert_non_null(strstr(said, ":2"));
	setenv("JB_TST_SECONDS", "601", 1);
	assert_false(load(tables, NULL));
	assert_non_null(strstr(said, "JB_TST_SECONDS"));
	assert_non_null(strstr(said, "1..600"));
	setenv("JB_TST_SECONDS", "1s", 1);
	assert_false(load(tables, NULL));
	setenv("JB_TST_SECONDS", "99999999999999999999", 1);
	assert_false(load(tables, NULL));
	setenv("JB_TST_SECONDS", "", 1);
	assert_false(load(tables, NULL));
	unsetenv("JB_TST_SECONDS");
	setenv("JB_TST_STRICT", "maybe", 1);
	assert_false(load(tables, NULL));
	FILE *err = fmemopen(said, sizeof said, "w");
	assert_false(config_load(tables, "/nonexistent/file", err));
	fclose(err);
	assert_non_null(strstr(said, "/nonexistent/file"));
}

static void what_must_be_given(void **state)
{
	(void)state;
	static const char *must;
	static const struct config_item more[] = {
		{ "tst_must", CONFIG_TEXT, &must, NULL, 0, 0, NULL, "no default" },
		{ 0 },
	};
	static const struct config_item *const both[] = { items, more, NULL };
	assert_false(load(both, NULL));
	assert_non_null(strstr(said, "JB_TST_MUST"));
	assert_true(load(both, "tst_must = x\n"));
	assert_string_equal(must, "x");
	setenv("JB_TST_MUST", "y", 1);
	assert_true(load(both, NULL));
	assert_string_equal(must, "y");
}

static void help_hides_secrets(void **state)
{
	(void)state;
	FILE *out = fmemopen(said, sizeof said, "w");
	config_help(tables, out);
	fclose(out);
	assert_non_null(strstr(said, "JB_TST_SECONDS"));
	assert_non_null(strstr(said, "1..600 s [20]"));
	assert_null(strstr(said, "hush"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(order_of_sources, clear),
		cmocka_unit_test_setup(refusals_name_key_and_source, clear),
		cmocka_unit_test_setup(what_must_be_given, clear),
		cmocka_unit_test_setup(help_hides_secrets, clear),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
