/* test_privacy.c - masking by class, over characters and not bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "kit/json.h"
#include "jingbao/v1/options.pb-c.h"

#define P(x) PB__PRIVACY__VALUE__##x

static void table(void **state)
{
	(void)state;
	static const struct {
		uint8_t privacy;
		const char *in, *out;
	} cases[] = {
		{ P(PUBLIC), "雁塔区", "雁塔区" },
		{ P(NAME), "张三", "张*" },
		{ P(NAME), "张三丰", "张**" },
		{ P(NAME), "张", "*" },
		{ P(PHONE), "13812348000", "138****8000" },
		{ P(PHONE), "029-88231234", "029*****1234" },
		{ P(PHONE), "12345", "1***5" },
		{ P(ID_NUMBER), "610103199001010016", "610***********0016" },
		{ P(PLATE), "陕A12345", "陕A1***5" },
		{ P(PLATE), "陕AD12345", "陕AD****5" },
		{ P(TAIL), "PDZA202661000001", "************0001" },
		{ P(TAIL), "abcde", "****e" },
		{ P(TAIL), "abc", "***" },
		{ P(VIN), "LSVAU033XA2123456", "***********123456" },
		{ P(TEXT), "他住在雁塔路", "***" },
		{ P(SECRET), "whsec_x", "***" },
		{ 200, "whatever", "***" },
		{ P(PHONE), "", "" },
	};
	struct arena a;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(privacy_mask(cases[i].privacy, cases[i].in, &a), cases[i].out);
	arena_release(&a);
}

/* Whatever the bytes: never longer than the value, never a character of the middle. */
static void any_bytes(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	for (uint8_t p = P(NAME); p <= P(SECRET); p++) {
		char s[24];
		for (size_t n = 1; n < sizeof s; n++) {
			memset(s, 0xe9, n);
			s[n] = '\0';
			const char *out = privacy_mask(p, s, &a);
			assert_non_null(out);
			assert_true(strlen(out) <= (n < 3 ? 3 : n));
			assert_non_null(strchr(out, '*'));
		}
		arena_reset(&a);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(any_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
