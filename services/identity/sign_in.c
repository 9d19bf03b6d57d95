/* sign_in.c - sign-in with a password, and changes of passwords.
 *
 * The slow hash runs in prepare, on a pool thread, and costs the same whether or not the name
 * exists; every other difference is decided in one statement, so an outsider learns nothing from
 * time or text.
 */
#include "identity/identity.h"

#include "identity/site.h"
#include "identity/store.h"
#include "kit/uuid.h"

/* What prepare found out. */
struct attempt {
	char *username;
	struct password_tries *old; /* the password given */
	struct password_tries *new; /* the one to have, when it changes */
	char token[TOKEN_TEXT];     /* of the session to make */
};

static struct attempt *attempt_new(struct call *c, const char *username)
{
	struct attempt *t = ARENA_NEW(c->arena, struct attempt);

	if (t)
		t->username = username_fold(c->arena, username);
	if (!t || !t->username) {
		fault_set(&c->faults, PB__CODE__TOO_LARGE, "the request needs too much memory");
		return NULL;
	}
	c->prepared = t;
	return t;
}

static struct db_arg key_arg(const uint8_t *key)
{
	return key ? db_bytes(key, DIGEST) : db_null(DB_BYTES);
}

/* The arguments of VERDICT in store_sign_in.c. */
#define VERDICT_ARGS(c, t, address) \
	db_text((t)->username), db_texts((t)->old->kdf, (t)->old->n), \
		db_texts((t)->old->hex, (t)->old->n), key_arg(name_key((c), (t)->username)), \
		key_arg(address_key((c), (address))), \
		db_i32((int32_t)identity_settings.sign_in_account_failures), \
		db_i32((int32_t)identity_settings.sign_in_address_failures), \
		db_i32((int32_t)identity_settings.sign_in_window_seconds)

static const char *present_kdf(struct call *c)
{
	char *buf = arena_alloc(c->arena, KDF_TEXT);

	return buf ? kdf_to_text(kdf_present(), buf) : "";
}

/* --- CreateSession --- */

Pb__Code create_session_prepare(struct call *c, const Pb__CreateSessionRequest *in)
{
	struct attempt *t = attempt_new(c, in->username);

	if (t)
		t->old = password_try(c, t->username, in->password, false);
	return c->faults.code;
}

Pb__Code create_session_bind(struct call *c, const Pb__CreateSessionRequest *in)
{
	struct attempt *t = c->prepared;

	token_make(TOKEN_SESSION, t->token);
	db_bind(c, t->username, &sign_in,
		DB_ARGS(VERDICT_ARGS(c, t, in->client_address), db_uuid(call_uuid(c)),
			db_bytes(digest_in_arena(c, t->token), DIGEST),
			db_i32((int32_t)identity_settings.session_idle_minutes * 60),
			db_i32((int32_t)identity_settings.session_hours * 3600),
			db_text(in->client_address), db_text(in->user_agent),
			db_text(present_kdf(c)), db_bytes(t->old->present, PASSWORD_HASH)));
	return PB__CODE__OK;
}

Pb__Code create_session_answer(struct call *c, const Pb__CreateSessionRequest *in,
	const struct db_rows *rows, Pb__CreateSessionReply *out)
{
	const struct attempt *t = c->prepared;

	(void)in;
	if (!db_is_null(rows, 0, PRINCIPAL_COLUMNS))
		return refuse_blocked(c, db_get_i64(rows, 0, PRINCIPAL_COLUMNS));
	if (db_is_null(rows, 0, 0))
		return call_fail(c, PB__CODE__UNAUTHENTICATED, "wrong username or password");
	out->token = CALL_STR(c, t->token);
	out->principal = principal_from_row(c, rows, 0);
	out->expires_at = db_get_i64(rows, 0, 8);
	return PB__CODE__OK;
}

/* --- ChangePassword --- */

Pb__Code change_password_prepare(struct call *c, const Pb__ChangePasswordRequest *in)
{
	struct attempt *t = attempt_new(c, in->username);

	if (t)
		t->old = password_try(c, t->username, in->password, false);
	if (t && t->old)
		t->new = password_try(c, t->username, in->new_password, true);
	return c->faults.code;
}

Pb__Code change_password_bind(struct call *c, const Pb__ChangePasswordRequest *in)
{
	struct attempt *t = c->prepared;

	if (!uuid_valid(c->who.subject))
		return call_fail(c, PB__CODE__REFUSED, "an API client has no password to change");
	db_bind(c, t->username, &change_password,
		DB_ARGS(VERDICT_ARGS(c, t, in->client_address), db_uuid(c->who.subject),
			db_uuid_or_null(in->session_id), db_text(present_kdf(c)),
			db_bytes(t->new->present, PASSWORD_HASH), db_text(in->client_address)));
	return PB__CODE__OK;
}

Pb__Code change_password_answer(struct call *c, const Pb__ChangePasswordRequest *in,
	const struct db_rows *rows, Pb__ChangePasswordReply *out)
{
	(void)in;
	if (!db_is_null(rows, 0, 1))
		return refuse_blocked(c, db_get_i64(rows, 0, 1));
	if (db_is_null(rows, 0, 0))
		return call_fail(c, PB__CODE__REFUSED, "wrong username or password");
	out->ended_sessions = (uint32_t)db_get_i64(rows, 0, 2);
	return PB__CODE__OK;
}

/* --- SetPassword --- */

Pb__Code set_password_prepare(struct call *c, const Pb__SetPasswordRequest *in)
{
	struct attempt *t = attempt_new(c, in->username);

	if (t)
		t->new = password_try(c, t->username, in->new_password, true);
	return c->faults.code;
}

Pb__Code set_password_bind(struct call *c, const Pb__SetPasswordRequest *in)
{
	struct attempt *t = c->prepared;

	(void)in;
	db_bind(c, t->username, &set_password,
		DB_ARGS(db_text(t->username), db_text(present_kdf(c)),
			db_bytes(t->new->present, PASSWORD_HASH)));
	return PB__CODE__OK;
}

Pb__Code set_password_answer(struct call *c, const Pb__SetPasswordRequest *in,
	const struct db_rows *rows, Pb__SetPasswordReply *out)
{
	if (!rows->n)
		return call_fail(c, PB__CODE__NOT_FOUND, "no account '%s'", in->username);
	out->ended_sessions = (uint32_t)db_get_i64(rows, 0, 1);
	return PB__CODE__OK;
}
