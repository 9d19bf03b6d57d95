/* test_handlers.c - what handlers refuse before any statement, and what they bind, without a
 * database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>
#include "identity/identity.h"
#include "identity/site.h"
#include "identity/store.h"

#define ACCOUNT "01980000-0000-7000-8000-000000000001"
#define OTHER "01980000-0000-7000-8000-000000000002"

static struct arena arena;

static struct call caller(uint32_t roles, const char *subject)
{
	struct call c = { .arena = &arena,
		.who = { roles, subject, "", "", "", "", "" },
		.request_id = "",
		.traceparent = "",
		.idempotency_key = "",
		.at_us = 1000000000 };

	arena_reset(&arena);
	faults_init(&c.faults, &arena);
	return c;
}

static const uint32_t dispatcher = 1u << PB__ROLE__VALUE__DISPATCHER;
static const uint32_t admin = 1u << PB__ROLE__VALUE__ADMIN;

static void authenticate_knows_shapes(void **state)
{
	static const struct {
		const char *prefix;
		bool bound;
	} cases[] = { { TOKEN_SESSION, true }, { TOKEN_CLIENT, true }, { TOKEN_DEVICE, true },
		{ TOKEN_PARTY, true }, { TOKEN_LINK, false }, { TOKEN_SECRET, false } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		Pb__AuthenticateRequest in = PB__AUTHENTICATE_REQUEST__INIT;
		struct call c = caller(1u << PB__ROLE__VALUE__SYSTEM, "gateway");
		char token[TOKEN_TEXT];

		in.token = token_make(cases[i].prefix, token);
		assert_int_equal(authenticate_bind(&c, &in),
			cases[i].bound ? PB__CODE__OK : PB__CODE__UNAUTHENTICATED);
		assert_ptr_equal(c.stmt, cases[i].bound ? &authenticate : NULL);
	}
}

static void an_ended_session_is_no_session(void **state)
{
	const struct db_rows none = { 0 };
	Pb__AuthenticateRequest in = PB__AUTHENTICATE_REQUEST__INIT;
	Pb__AuthenticateReply out = PB__AUTHENTICATE_REPLY__INIT;
	struct call c = caller(1u << PB__ROLE__VALUE__SYSTEM, "gateway");

	(void)state;
	assert_int_equal(authenticate_answer(&c, &in, &none, &out), PB__CODE__UNAUTHENTICATED);
	assert_null(out.principal);
}

static void own_sessions_only(void **state)
{
	Pb__ListSessionsRequest in = PB__LIST_SESSIONS_REQUEST__INIT;

	(void)state;
	struct call c = caller(dispatcher, ACCOUNT);
	assert_int_equal(list_sessions_bind(&c, &in), PB__CODE__OK);
	assert_string_equal(c.args[0].text, ACCOUNT);
	in.subject = OTHER;
	c = caller(dispatcher, ACCOUNT);
	assert_int_equal(list_sessions_bind(&c, &in), PB__CODE__NOT_FOUND);
	c = caller(admin, ACCOUNT);
	assert_int_equal(list_sessions_bind(&c, &in), PB__CODE__OK);
	assert_string_equal(c.args[0].text, OTHER);
	in.subject = "";
	c = caller(dispatcher, "picc-claims");
	assert_int_equal(list_sessions_bind(&c, &in), PB__CODE__REFUSED);
	in.cursor = "1; drop table";
	c = caller(admin, ACCOUNT);
	assert_int_equal(list_sessions_bind(&c, &in), PB__CODE__INVALID);
}

static void revoke_is_bound_to_the_owner(void **state)
{
	Pb__RevokeSessionRequest in = PB__REVOKE_SESSION_REQUEST__INIT;

	(void)state;
	in.id = OTHER;
	struct call c = caller(dispatcher, ACCOUNT);
	assert_int_equal(revoke_session_bind(&c, &in), PB__CODE__OK);
	assert_false(c.args[1].null);
	assert_string_equal(c.args[1].text, ACCOUNT);
	c = caller(admin, ACCOUNT);
	assert_int_equal(revoke_session_bind(&c, &in), PB__CODE__OK);
	assert_true(c.args[1].null);
	c = caller(1u << PB__ROLE__VALUE__PARTY, "");
	assert_int_equal(revoke_session_bind(&c, &in), PB__CODE__NOT_FOUND);
}

static void sign_in_binds_no_password(void **state)
{
	Pb__CreateSessionRequest in = PB__CREATE_SESSION_REQUEST__INIT;
	struct call c = caller(0, "");

	(void)state;
	in.username = "Wang";
	in.password = "a password";
	in.client_address = "192.0.2.1";
	assert_int_equal(create_session_prepare(&c, &in), PB__CODE__OK);
	assert_int_equal(create_session_bind(&c, &in), PB__CODE__OK);
	assert_ptr_equal(c.stmt, &sign_in);
	assert_string_equal(c.args[0].text, "wang");
	for (size_t i = 0; i < c.n_args; i++)
		if (c.args[i].type == DB_TEXT)
			assert_null(strstr(c.args[i].text, "password"));
	assert_false(c.args[4].null);
}

static void sign_in_without_an_address_counts_none(void **state)
{
	Pb__CreateSessionRequest in = PB__CREATE_SESSION_REQUEST__INIT;
	struct call c = caller(0, "");

	(void)state;
	in.username = "wang";
	in.password = "a password";
	assert_int_equal(create_session_prepare(&c, &in), PB__CODE__OK);
	assert_int_equal(create_session_bind(&c, &in), PB__CODE__OK);
	assert_true(c.args[4].null);
}

static void a_hold_says_how_long(void **state)
{
	struct call c = caller(0, "");

	(void)state;
	assert_int_equal(refuse_blocked(&c, c.at_us + 1500000), PB__CODE__TOO_MANY);
	assert_int_equal(c.faults.retry_after_s, 2);
	c = caller(0, "");
	assert_int_equal(refuse_blocked(&c, c.at_us - 5), PB__CODE__TOO_MANY);
	assert_int_equal(c.faults.retry_after_s, 1);
}

static void a_client_changes_no_password(void **state)
{
	Pb__ChangePasswordRequest in = PB__CHANGE_PASSWORD_REQUEST__INIT;
	struct call c = caller(1u << PB__ROLE__VALUE__INSURER, "picc-claims");

	(void)state;
	in.username = "wang";
	in.password = "a password";
	in.new_password = "b password";
	assert_int_equal(change_password_prepare(&c, &in), PB__CODE__OK);
	assert_int_equal(change_password_bind(&c, &in), PB__CODE__REFUSED);
}

static void other_grants_are_refused(void **state)
{
	Pb__IssueTokenRequest in = PB__ISSUE_TOKEN_REQUEST__INIT;
	struct call c = caller(0, "");

	(void)state;
	in.grant_type = "password";
	in.client_id = "picc";
	in.client_secret = "x";
	assert_int_equal(issue_token_bind(&c, &in), PB__CODE__INVALID);
	assert_int_equal(c.faults.n_fields, 1);
	assert_string_equal(c.faults.fields[0]->rule, "unsupported_grant_type");
}

static void a_link_must_look_like_one(void **state)
{
	Pb__OpenPartyLinkRequest in = PB__OPEN_PARTY_LINK_REQUEST__INIT;
	char token[TOKEN_TEXT];

	(void)state;
	struct call c = caller(0, "");
	in.token = token_make(TOKEN_PARTY, token);
	assert_int_equal(open_party_link_bind(&c, &in), PB__CODE__NOT_FOUND);
	c = caller(0, "");
	in.token = token_make(TOKEN_LINK, token);
	assert_int_equal(open_party_link_bind(&c, &in), PB__CODE__OK);
	assert_ptr_equal(c.stmt, &open_link);
}

/* Refusing each allocation in turn ends in a code, never in a crash. */
static void memory_may_run_out_anywhere(void **state)
{
	Pb__CreateSessionRequest in = PB__CREATE_SESSION_REQUEST__INIT;
	Pb__Code code = PB__CODE__BUSY;

	(void)state;
	in.username = "wang";
	in.password = "a password";
	for (long i = 0; code; i++) {
		struct call c = caller(0, "");

		assert_true(i < 100);
		arena.fail_after = i;
		code = create_session_prepare(&c, &in);
		arena.fail_after = -1;
		if (code)
			assert_true(code == PB__CODE__BUSY || code == PB__CODE__TOO_LARGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authenticate_knows_shapes),
		cmocka_unit_test(an_ended_session_is_no_session),
		cmocka_unit_test(own_sessions_only),
		cmocka_unit_test(revoke_is_bound_to_the_owner),
		cmocka_unit_test(sign_in_binds_no_password),
		cmocka_unit_test(sign_in_without_an_address_counts_none),
		cmocka_unit_test(a_hold_says_how_long),
		cmocka_unit_test(a_client_changes_no_password),
		cmocka_unit_test(other_grants_are_refused),
		cmocka_unit_test(a_link_must_look_like_one),
		cmocka_unit_test(memory_may_run_out_anywhere),
	};
	static const uint8_t salt[DIGEST] = "a salt";

	if (sodium_init() < 0)
		return 1;
	identity_settings.password_ops = 1;
	identity_settings.password_memory_kib = 8;
	site_set(salt, sizeof salt);
	arena_init(&arena, 1 << 20);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
