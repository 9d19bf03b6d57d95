/* sessions.c - who holds a token, and the life of sessions. */
#include "identity/identity.h"

#include "identity/site.h"
#include "identity/store.h"
#include "kit/json.h"
#include "kit/uuid.h"

/* --- Authenticate --- */

static bool known_shape(const char *token)
{
	return token_shaped(TOKEN_SESSION, token) || token_shaped(TOKEN_CLIENT, token) ||
	       token_shaped(TOKEN_DEVICE, token) || token_shaped(TOKEN_PARTY, token);
}

Pb__Code authenticate_bind(struct call *c, const Pb__AuthenticateRequest *in)
{
	if (!known_shape(in->token))
		return call_fail(c, PB__CODE__UNAUTHENTICATED, "this is no token of ours");
	/* Equal tokens lock one row: they sort together. */
	db_bind(c, in->token, &authenticate,
		DB_ARGS(db_bytes(digest_in_arena(c, in->token), DIGEST)));
	return PB__CODE__OK;
}

Pb__Code authenticate_answer(struct call *c, const Pb__AuthenticateRequest *in,
	const struct db_rows *rows, Pb__AuthenticateReply *out)
{
	(void)in;
	if (!rows->n)
		return call_fail(
			c, PB__CODE__UNAUTHENTICATED, "the token is unknown or has expired");
	out->principal = principal_from_row(c, rows, 0);
	return PB__CODE__OK;
}

/* --- the caller's own --- */

Pb__Code get_session_bind(struct call *c, const Pb__GetSessionRequest *in)
{
	if (uuid_valid(in->session_id))
		db_bind(c, in->session_id, &find_session, DB_ARGS(db_uuid(in->session_id)));
	return PB__CODE__OK;
}

Pb__Code get_session_answer(struct call *c, const Pb__GetSessionRequest *in,
	const struct db_rows *rows, Pb__GetSessionReply *out)
{
	if (rows && !rows->n)
		return call_fail(c, PB__CODE__UNAUTHENTICATED, "the session has ended");
	out->expires_at = rows ? db_get_i64(rows, 0, 1) : 0;
	out->principal = principal_from_caller(c, in->session_id, out->expires_at);
	return PB__CODE__OK;
}

Pb__Code end_session_bind(struct call *c, const Pb__EndSessionRequest *in)
{
	if (!uuid_valid(in->session_id))
		return call_fail(c, PB__CODE__REFUSED, "this token belongs to no session");
	db_bind(c, in->session_id, &end_session, DB_ARGS(db_uuid(in->session_id)));
	return PB__CODE__OK;
}

Pb__Code end_session_answer(struct call *c, const Pb__EndSessionRequest *in,
	const struct db_rows *rows, Pb__EndSessionReply *out)
{
	(void)c;
	(void)in;
	(void)rows; /* ended before is ended */
	(void)out;
	return PB__CODE__OK;
}

/* --- lists --- */

/* An administrator may look at anyone's; the others only at their own. */
static Pb__Code whose(struct call *c, const char *asked, const char **ret)
{
	if (call_has_role(c, PB__ROLE__VALUE__ADMIN)) {
		*ret = asked;
		return PB__CODE__OK;
	}
	if (*asked && strcmp(asked, c->who.subject) != 0)
		return call_fail(c, PB__CODE__NOT_FOUND, "no such account");
	if (!uuid_valid(c->who.subject))
		return call_fail(c, PB__CODE__REFUSED, "an API client has no sessions to list");
	*ret = c->who.subject;
	return PB__CODE__OK;
}

Pb__Code list_sessions_bind(struct call *c, const Pb__ListSessionsRequest *in)
{
	const char *subject = NULL;

	if (*in->cursor && !uuid_valid(in->cursor))
		return call_fail_field(c, "/cursor", "cursor", "use a nextCursor as it was given");
	if (whose(c, in->subject, &subject))
		return c->faults.code;
	db_bind(c, c->who.subject, &list_sessions,
		DB_ARGS(db_uuid_or_null(subject), db_uuid_or_null(in->cursor),
			db_i64((int64_t)page_of(in->page_size) + 1)));
	return PB__CODE__OK;
}

static Pb__Session *session_from_row(
	struct call *c, const struct db_rows *rows, size_t row, const char *own)
{
	Pb__Session *s = ARENA_NEW(c->arena, Pb__Session);

	if (!s)
		return NULL;
	pb__session__init(s);
	s->session_id = db_get_text(rows, row, 0);
	s->kind = (Pb__SessionKind__Value)enum_value(
		&pb__session_kind__value__descriptor, db_get_text(rows, row, 1));
	s->subject = db_get_text(rows, row, 2);
	s->name = db_get_text(rows, row, 3);
	s->created_at = db_get_i64(rows, row, 4);
	s->last_used_at = db_get_i64(rows, row, 5);
	s->expires_at = db_get_i64(rows, row, 6);
	s->client_address = db_get_text(rows, row, 7);
	s->user_agent = db_get_text(rows, row, 8);
	s->label = db_get_text(rows, row, 9);
	s->current = !strcmp(s->session_id, own);
	return s;
}

Pb__Code list_sessions_answer(struct call *c, const Pb__ListSessionsRequest *in,
	const struct db_rows *rows, Pb__ListSessionsReply *out)
{
	size_t page = page_of(in->page_size), n = rows->n < page ? rows->n : page;

	out->items = ARENA_ARRAY(c->arena, Pb__Session *, n + 1);
	for (size_t i = 0; out->items && i < n; i++)
		out->items[out->n_items++] = session_from_row(c, rows, i, in->session_id);
	if (rows->n > page)
		out->next_cursor = db_get_text(rows, page - 1, 0);
	return PB__CODE__OK;
}

/* --- ending another --- */

Pb__Code revoke_session_bind(struct call *c, const Pb__RevokeSessionRequest *in)
{
	bool any = call_has_role(c, PB__ROLE__VALUE__ADMIN) ||
		   call_has_role(c, PB__ROLE__VALUE__SYSTEM);

	if (!any && !uuid_valid(c->who.subject))
		return call_fail(c, PB__CODE__NOT_FOUND, "no such session");
	db_bind(c, in->id, &revoke_session,
		DB_ARGS(db_uuid(in->id), any ? db_null(DB_UUID) : db_uuid(c->who.subject),
			db_text(any ? "ended_by_admin" : "signed_out")));
	return PB__CODE__OK;
}

Pb__Code revoke_session_answer(struct call *c, const Pb__RevokeSessionRequest *in,
	const struct db_rows *rows, Pb__RevokeSessionReply *out)
{
	(void)in;
	(void)out;
	if (!rows->n)
		return call_fail(c, PB__CODE__NOT_FOUND, "no such session");
	return PB__CODE__OK;
}
