/* test_passwords.c - tokens and password hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>
#include "identity/passwords.h"
#include "identity/tokens.h"

static const uint8_t salt[32] = "one salt";
static const uint8_t other_salt[32] = "another salt";
static const struct kdf cheap = { 1, 8 };

static void hash_depends_on_each_part(void **state)
{
	uint8_t a[PASSWORD_HASH], b[PASSWORD_HASH];
	const struct {
		struct kdf kdf;
		const uint8_t *salt;
		const char *name, *password;
		int same;
	} cases[] = {
		{ cheap, salt, "wang", "password", 1 },
		{ cheap, salt, "wang", "Password", 0 },
		{ cheap, salt, "wang", "password ", 0 },
		{ cheap, salt, "li", "password", 0 },
		{ cheap, other_salt, "wang", "password", 0 },
		{ { 2, 8 }, salt, "wang", "password", 0 },
		{ { 1, 16 }, salt, "wang", "password", 0 },
	};

	(void)state;
	assert_true(password_hash(cheap, salt, "wang", "password", a));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(password_hash(
			cases[i].kdf, cases[i].salt, cases[i].name, cases[i].password, b));
		assert_int_equal(!memcmp(a, b, sizeof a), cases[i].same);
	}
}

static void costs_are_written_and_read(void **state)
{
	static const char *const bad[] = { "", "argon2id", "argon2id:2",
		"argon2id:2:", "argon2i:2:64", "argon2id:0:64", "argon2id:2:7", "argon2id:2:64:1",
		"argon2id:-1:64", "argon2id:x:64" };
	struct kdf k = { 0 };
	char text[KDF_TEXT];

	(void)state;
	assert_string_equal(kdf_to_text((struct kdf){ 2, 65536 }, text), "argon2id:2:65536");
	assert_true(kdf_from_text(text, &k));
	assert_int_equal(k.ops, 2);
	assert_int_equal(k.memory_kib, 65536);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(kdf_from_text(bad[i], &k));
	assert_int_equal(k.ops, 2);
}

static void names_fold(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 65536);
	assert_string_equal(username_fold(&a, "Wang.Wei-1"), "wang.wei-1");
	assert_string_equal(username_fold(&a, ""), "");
	arena_release(&a);
}

static void tokens_have_shape_and_differ(void **state)
{
	char a[TOKEN_TEXT], b[TOKEN_TEXT];
	uint8_t x[DIGEST], y[DIGEST];

	(void)state;
	token_make(TOKEN_SESSION, a);
	token_make(TOKEN_SESSION, b);
	assert_int_equal(strlen(a), TOKEN_TEXT - 1);
	assert_string_not_equal(a, b);
	assert_true(token_shaped(TOKEN_SESSION, a));
	assert_false(token_shaped(TOKEN_PARTY, a));
	token_digest(a, x);
	token_digest(a, y);
	assert_memory_equal(x, y, DIGEST);
	token_digest(b, y);
	assert_memory_not_equal(x, y, DIGEST);
	a[10] = '/';
	assert_false(token_shaped(TOKEN_SESSION, a));
	a[10] = '\0';
	assert_false(token_shaped(TOKEN_SESSION, a));
	assert_false(token_shaped(TOKEN_SESSION, ""));
}

static void digests_of_kinds_differ(void **state)
{
	uint8_t x[DIGEST], y[DIGEST];

	(void)state;
	keyed_digest(salt, "name", "wang", x);
	keyed_digest(salt, "address", "wang", y);
	assert_memory_not_equal(x, y, DIGEST);
	keyed_digest(salt, "namew", "ang", y);
	assert_memory_not_equal(x, y, DIGEST);
	keyed_digest(other_salt, "name", "wang", y);
	assert_memory_not_equal(x, y, DIGEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_depends_on_each_part),
		cmocka_unit_test(costs_are_written_and_read),
		cmocka_unit_test(names_fold),
		cmocka_unit_test(tokens_have_shape_and_differ),
		cmocka_unit_test(digests_of_kinds_differ),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
