/* clients.c - API clients with their tokens (OAuth 2 client credentials), and tokens of devices. */
#include "identity/identity.h"

#include "identity/roles.h"
#include "identity/site.h"
#include "identity/store.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

/* A token or secret made in bind, shown in answer; its digest is for the statement. */
static const uint8_t *make_secret(struct call *c, const char *prefix)
{
	char *token = arena_alloc(c->arena, TOKEN_TEXT);

	c->scratch = token;
	return token ? digest_in_arena(c, token_make(prefix, token)) : NULL;
}

/* --- CreateClient --- */

Pb__Code create_client_bind(struct call *c, const Pb__CreateClientRequest *in)
{
	const char *id = username_fold(c->arena, in->client_id);
	const uint8_t *digest = make_secret(c, TOKEN_SECRET);
	size_t n_roles;
	const char *const *roles = roles_to_names(c->arena, in->roles, in->n_roles, &n_roles);

	if (roles_check(c, in->roles, in->n_roles, in->org))
		return c->faults.code;
	if (!id || !digest)
		return call_fail(c, PB__CODE__TOO_LARGE, "the request needs too much memory");
	db_bind(c, id, &insert_client,
		DB_ARGS(db_text(id), db_text(in->name), db_texts(roles, n_roles), db_text(in->org),
			db_texts((const char *const *)in->districts, in->n_districts),
			db_bytes(digest, DIGEST)));
	return PB__CODE__OK;
}

Pb__Code create_client_answer(struct call *c, const Pb__CreateClientRequest *in,
	const struct db_rows *rows, Pb__CreateClientReply *out)
{
	if (!rows->n)
		return call_fail(
			c, PB__CODE__CONFLICT, "the client id '%s' is taken", in->client_id);
	out->client = client_from_row(c, rows, 0);
	out->client_secret = c->scratch;
	return PB__CODE__OK;
}

/* --- ListClients, DisableClient --- */

Pb__Code list_clients_bind(struct call *c, const Pb__ListClientsRequest *in)
{
	db_bind(c, "", &list_clients,
		DB_ARGS(db_text(in->cursor), db_i64((int64_t)page_of(in->page_size) + 1)));
	return PB__CODE__OK;
}

Pb__Code list_clients_answer(struct call *c, const Pb__ListClientsRequest *in,
	const struct db_rows *rows, Pb__ListClientsReply *out)
{
	size_t page = page_of(in->page_size), n = rows->n < page ? rows->n : page;

	out->items = ARENA_ARRAY(c->arena, Pb__Client *, n + 1);
	for (size_t i = 0; out->items && i < n; i++)
		out->items[out->n_items++] = client_from_row(c, rows, i);
	if (rows->n > page)
		out->next_cursor = db_get_text(rows, page - 1, 0);
	return PB__CODE__OK;
}

Pb__Code disable_client_bind(struct call *c, const Pb__DisableClientRequest *in)
{
	const char *id = username_fold(c->arena, in->client_id);

	db_bind(c, id, &disable_client, DB_ARGS(db_text(id)));
	return PB__CODE__OK;
}

Pb__Code disable_client_answer(struct call *c, const Pb__DisableClientRequest *in,
	const struct db_rows *rows, Pb__DisableClientReply *out)
{
	if (!rows->n)
		return call_fail(c, PB__CODE__NOT_FOUND, "no client '%s'", in->client_id);
	out->client = client_from_row(c, rows, 0);
	out->ended_sessions = (uint32_t)db_get_i64(rows, 0, 7);
	return PB__CODE__OK;
}

/* --- IssueToken --- */

Pb__Code issue_token_bind(struct call *c, const Pb__IssueTokenRequest *in)
{
	const char *id = username_fold(c->arena, in->client_id);
	const uint8_t *address = address_key(c, in->client_address);
	const uint8_t *digest = make_secret(c, TOKEN_CLIENT);
	const uint8_t *secret = digest_in_arena(c, in->client_secret);

	if (strcmp(in->grant_type, "client_credentials") != 0)
		return call_fail_field(c, "/grant_type", "unsupported_grant_type",
			"only client_credentials is supported");
	if (!id || !digest || !secret)
		return call_fail(c, PB__CODE__TOO_LARGE, "the request needs too much memory");
	db_bind(c, id, &issue_client_token,
		DB_ARGS(db_text(id), db_bytes(secret, DIGEST),
			address ? db_bytes(address, DIGEST) : db_null(DB_BYTES),
			db_i32((int32_t)identity_settings.sign_in_address_failures),
			db_i32((int32_t)identity_settings.sign_in_window_seconds),
			db_uuid(call_uuid(c)), db_bytes(digest, DIGEST),
			db_i32((int32_t)identity_settings.client_token_seconds),
			db_text(in->client_address)));
	return PB__CODE__OK;
}

Pb__Code issue_token_answer(struct call *c, const Pb__IssueTokenRequest *in,
	const struct db_rows *rows, Pb__IssueTokenReply *out)
{
	(void)in;
	if (!db_is_null(rows, 0, 1))
		return refuse_blocked(c, db_get_i64(rows, 0, 1));
	if (db_is_null(rows, 0, 0))
		return call_fail(c, PB__CODE__UNAUTHENTICATED, "unknown client or wrong secret");
	out->access_token = c->scratch;
	out->token_type = "Bearer";
	out->expires_in = (uint32_t)identity_settings.client_token_seconds;
	return PB__CODE__OK;
}

/* --- IssueDeviceToken --- */

Pb__Code issue_device_token_bind(struct call *c, const Pb__IssueDeviceTokenRequest *in)
{
	bool any = call_has_role(c, PB__ROLE__VALUE__ADMIN) ||
		   call_has_role(c, PB__ROLE__VALUE__SYSTEM);
	const uint8_t *digest = make_secret(c, TOKEN_DEVICE);

	if (*in->username && !any)
		return call_fail(c, PB__CODE__NOT_FOUND, "no account '%s'", in->username);
	if (!*in->username && !uuid_valid(c->who.subject))
		return call_fail_field(c, "/username", "required", "say whose device it is");
	if (!digest)
		return call_fail(c, PB__CODE__TOO_LARGE, "the request needs too much memory");
	db_bind(c, c->who.subject, &issue_device_token,
		DB_ARGS(db_text_or_null(username_fold(c->arena, in->username)),
			*in->username ? db_null(DB_UUID) : db_uuid(c->who.subject),
			db_uuid(call_uuid(c)), db_bytes(digest, DIGEST), db_text(in->label),
			db_i32((int32_t)identity_settings.device_days)));
	return PB__CODE__OK;
}

Pb__Code issue_device_token_answer(struct call *c, const Pb__IssueDeviceTokenRequest *in,
	const struct db_rows *rows, Pb__IssueDeviceTokenReply *out)
{
	(void)in;
	if (!rows->n)
		return call_fail(c, PB__CODE__NOT_FOUND, "no responder of that name");
	out->session_id = db_get_text(rows, 0, 0);
	out->token = c->scratch;
	out->expires_at = db_get_i64(rows, 0, 1);
	return PB__CODE__OK;
}
