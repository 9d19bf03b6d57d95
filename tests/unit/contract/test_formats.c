/* test_formats.c - every named text format with what fits and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "contract/formats.h"

typedef const char *(*checker)(const char *);

static void check_all(checker check, const char *const *good, const char *const *bad)
{
	for (; *good; good++) {
		const char *why = check(*good);
		if (why)
			fail_msg("'%s' refused: %s", *good, why);
	}
	for (; *bad; bad++) {
		const char *why = check(*bad);
		if (!why)
			fail_msg("'%s' taken", *bad);
		/* A constant sentence, in the house's form. */
		assert_true(strlen(why) > 10 && strlen(why) < 120);
		assert_false(why[0] >= 'A' && why[0] <= 'Z');
	}
}

#define CHECK(check, good, bad) \
	check_all(check, (const char *const[]){ good, NULL }, \
		(const char *const[]){ bad, "", NULL })
#define L(...) __VA_ARGS__

static void uuids(void **state)
{
	(void)state;
	CHECK(format_uuid, L("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
		L("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e279b07cc398c4dc0c0c07398f",
			"017f22e2-79b0-7cc3-98c4-dc0c0c07398",
			"017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
			"017f22e2-79b0-7cc3-98c4-dc0c0c07398f1"));
}

static void plates(void **state)
{
	(void)state;
	CHECK(format_plate,
		L("陕A12345", "陕A8B6F2", "陕AD12345", "陕AA12345", "陕AG00001", "陕A12345D",
			"陕A1234警", "陕A1234挂", "陕A1234学", "粤Z1234港", "粤Z1234澳", "使014578",
			"沪A0023领", "陕X1234应急", "WJ陕1234X", "VA12345", "陕A12345临",
			"陕0112345"),
		L("陕AI2345", "陕A12O45", "陕AF1234A", "陕AL12345", "陕A12345L", "陕A1234",
			"陕A·12345", "陕A 12345", "陕a12345", "A12345", "陕12345", "陕陕12345",
			"陕A12345678", "陕A1234警警", "陕A１２345", "陕A1234\xe9", "西A12345",
			"陕A123456789012345678901234567890", "陕I12345", "陕"));
	assert_int_equal(plate_kind("陕A12345"), PLATE_STANDARD);
	assert_int_equal(plate_kind("陕AD12345"), PLATE_NEV_SMALL);
	assert_int_equal(plate_kind("陕A12345D"), PLATE_NEV_LARGE);
	assert_int_equal(plate_kind("WJ12345"), PLATE_ARMED_POLICE);
}

static void plate_types(void **state)
{
	static const char *const codes[] = { "01", "02", "03", "04", "05", "06", "07", "08", "09",
		"10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "21", "22", "23",
		"24", "25", "26", "27", "31", "32", "33", "41", "42", "43", "51", "52", "99" };
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		char t[8];
		snprintf(t, sizeof(t), "%02d", i);
		if (!format_plate_type(t))
			assert_string_equal(t, codes[n++]);
	}
	assert_int_equal(n, sizeof(codes) / sizeof(*codes));
	CHECK(format_plate_type, L("02"), L("2", "002", "2x", "ab"));
}

static void plate_with_type(void **state)
{
	static const struct {
		const char *plate, *type;
		bool fits;
	} cases[] = { { "陕A12345", "02", true }, { "陕A12345", "01", true },
		{ "陕A12345", "52", false }, { "陕A12345", "51", false },
		{ "陕A12345", "23", false }, { "陕AD12345", "52", true },
		{ "陕AD12345", "51", false }, { "陕A12345D", "51", true },
		{ "陕A12345D", "02", false }, { "陕A1234警", "23", true },
		{ "陕A1234警", "24", true }, { "陕A1234警", "02", false },
		{ "陕A1234挂", "15", true }, { "陕A1234挂", "01", false },
		{ "陕A1234学", "16", true }, { "粤Z1234港", "26", true },
		{ "粤Z1234港", "27", false }, { "陕AD12345", "42", true },
		{ "陕A12345", "43", true }, { "陕A12345", "41", false }, { "", "41", true },
		{ "陕A12345", "", true }, { "VA12345", "32", true }, { "WJ陕1234X", "31", true },
		{ "WJ陕1234X", "02", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if ((plate_type_mismatch(cases[i].plate, cases[i].type) == NULL) != cases[i].fits)
			fail_msg("%s with %s", cases[i].plate, cases[i].type);
	}
}

static void citizen_ids(void **state)
{
	char id[64], born[16];
	time_t soon = time(NULL) + 3 * 86400;
	struct tm t;

	(void)state;
	CHECK(format_citizen_id,
		L("11010519491231002X", "610103199001010016", "610113198511234528",
			"610104200002290015"),
		L("11010519491231002x", "110105194912310021", "610103199001010017",
			"610113198511234529", "610104200002290016", "610103199002300016",
			"61010319900101001", "6101031990010100166", "61010319900101001A",
			"610103900101001", "000103199001010016", "99010319900101001X",
			"６10103199001010016"));
	assert_string_equal(format_citizen_id("610103199002300016"),
		"must hold a real birth date, not after today");
	assert_string_equal(
		format_citizen_id("610103199001010017"), "check digit does not fit the number");
	/* Born in three days: every check digit is refused. */
	gmtime_r(&soon, &t);
	strftime(born, sizeof(born), "%Y%m%d", &t);
	for (int d = 0; d <= 10; d++) {
		snprintf(id, sizeof(id), "610103%s001%c", born, "0123456789X"[d]);
		assert_non_null(format_citizen_id(id));
	}
}

static void person_ids(void **state)
{
	(void)state;
	CHECK(format_person_id,
		L("610103199001010016", "11010519491231002X", "E12345678", "H0123456789", "A1234",
			"911124198108030024"),
		L("610103199001010017", "11010519491231002x", "610103900101001", "A123",
			"E 1234567", "E12345678901234567890", "护照12345"));
}

static void vins(void **state)
{
	(void)state;
	CHECK(format_vin,
		L("1M8GDM9AXKP042788", "11111111111111111", "LSGKB54E4AY000001",
			"LFV3A23C5A3000001", "LHGCM564X0A000001"),
		L("LSGKB54E0AY000001", "1M8GDM9AXKP04278", "1M8GDM9AXKP0427889",
			"1m8gdm9axkp042788", "IM8GDM9AXKP042788", "1M8GDM9AXKPO42788",
			"1M8GDM9AXKQ042788", "1M8GDM9A KP042788"));
}

static void phones(void **state)
{
	char d[PHONE_DIGITS_MAX];

	(void)state;
	CHECK(format_mobile,
		L("13800138000", "19912345678", "+8613800138000", "0086 138-0013-8000",
			"138 0013 8000"),
		L("12800138000", "1380013800", "138001380000", "+113800138000", "02987654321",
			"1380013800a", "+", "138+0013800", "１3800138000", "86138"));
	CHECK(format_phone,
		L("13800138000", "029-87654321", "02987654321", "0912-3456789", "87654321", "122",
			"12123", "95518", "400-888-0000", "+86 29 87654321", "0086-029-87654321",
			"+14155550123"),
		L("1234567890123456", "000000000000", "abc", "+0123456789", "12", "1380013800",
			"()029", "029 8765 4321 ext 5"));
	phone_digits("+86 138-0013-8000", d);
	assert_string_equal(d, "13800138000");
	phone_digits("00861380013800012345678901234567890", d);
	assert_int_equal(strlen(d), PHONE_DIGITS_MAX - 1);
	phone_digits("", d);
	assert_string_equal(d, "");
}

static void codes(void **state)
{
	(void)state;
	CHECK(format_district, L("610103", "610100", "110000"),
		L("61010", "6101030", "61010a", "000000", "990103"));
	CHECK(format_credit_code, L("91610000MA6TG7TY2J"),
		L("91610000MA6TG7TY2K", "91610000MA6TG7TY2", "91610000MA6TG7TY2JJ",
			"91610000MA6TG7TI2J", "91610000ma6tg7ty2j"));
	CHECK(format_sha256, L("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
		L("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
			"ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	CHECK(format_token, L("122-2026:0001", "a", "SCENE_FRONT", "v1.0"),
		L("a b", "a/b", "é", "a\n", "a*"));
}

static void urls(void **state)
{
	(void)state;
	CHECK(format_http_url,
		L("http://localhost:8080/hook", "https://claims.example.cn/a?b=c",
			"http://[::1]:9/", "https://10.0.0.1"),
		L("ftp://a/", "http://", "http:///x", "https://user@host/", "http://a:0/",
			"http://a:65536/", "http://a:/", "http://a b/", "http://a/\n",
			"http://a/#f", "http://[::1/", "javascript:alert(1)", "http://-a/",
			"HTTP://a/"));
}

static void plain_text(void **state)
{
	(void)state;
	assert_null(format_no_control(""));
	assert_null(format_no_control("南二环 含光门\n\t立交 é"));
	assert_non_null(format_no_control("a\rb"));
	assert_non_null(format_no_control("a\x1b[2J"));
	assert_non_null(format_no_control("a\x7f"));
	assert_non_null(format_no_control("a\xc2\x85z"));
	assert_null(format_no_control("\xc2\xa0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uuids),
		cmocka_unit_test(plates),
		cmocka_unit_test(plate_types),
		cmocka_unit_test(plate_with_type),
		cmocka_unit_test(citizen_ids),
		cmocka_unit_test(person_ids),
		cmocka_unit_test(vins),
		cmocka_unit_test(phones),
		cmocka_unit_test(codes),
		cmocka_unit_test(urls),
		cmocka_unit_test(plain_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
