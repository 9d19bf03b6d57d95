/* test_log.c - one line per thing, quoted text, nothing below the level. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kit/log.h"

static char out[16384];

/* What one log call writes to standard error. */
#define CAPTURE(call) \
	do { \
		FILE *f = tmpfile(); \
		assert_non_null(f); \
		int saved = dup(STDERR_FILENO); \
		dup2(fileno(f), STDERR_FILENO); \
		call; \
		dup2(saved, STDERR_FILENO); \
		close(saved); \
		rewind(f); \
		out[fread(out, 1, sizeof out - 1, f)] = '\0'; \
		fclose(f); \
	} while (0)

static void one_line(void **state)
{
	(void)state;
	log_init("intake", LOG_INFO);
	CAPTURE(log_info("serving", "port=%d", 80));
	assert_non_null(strstr(out, "Z info svc=intake msg=\"serving\" port=80\n"));
	assert_int_equal(out[4], '-');
	CAPTURE(log_error("bad", "text=%s", "a\nb\x1b[31m"));
	assert_non_null(strstr(out, "text=a?b?[31m\n"));
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
}

static void below_level(void **state)
{
	(void)state;
	log_init("intake", LOG_WARN);
	CAPTURE(log_info("serving", "port=%d", 80));
	assert_string_equal(out, "");
	CAPTURE(log_warn("late", "s=%d", 1));
	assert_string_not_equal(out, "");
}

static void very_long(void **state)
{
	(void)state;
	char text[9000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_init("intake", LOG_INFO);
	CAPTURE(log_info("long", "t=%s", text));
	assert_true(strlen(out) <= 4096);
	assert_int_equal(out[strlen(out) - 1], '\n');
}

static void quoting(void **state)
{
	(void)state;
	char buf[64];
	assert_string_equal(log_quote("a b", buf, sizeof buf), "\"a b\"");
	assert_string_equal(log_quote("a\"\\\n\x01", buf, sizeof buf), "\"a\\\"\\\\\\n\\x01\"");
	assert_string_equal(log_quote("雁塔", buf, sizeof buf), "\"雁塔\"");
	char small[12];
	assert_string_equal(log_quote("0123456789abcdef", small, sizeof small), "\"012345...\"");
	for (unsigned long n = 0; n < 12; n++) {
		memset(small, 'Z', sizeof small);
		log_quote("\n\n\n\n\n\n\n", small, n);
		for (unsigned long i = n; i < sizeof small; i++)
			assert_int_equal(small[i], 'Z');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line),
		cmocka_unit_test(below_level),
		cmocka_unit_test(very_long),
		cmocka_unit_test(quoting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
