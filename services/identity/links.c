/* links.c - one-time links by which a party, who has no account, reaches his own case. */
#include "identity/identity.h"

#include "identity/site.h"
#include "identity/store.h"
#include "kit/timeutil.h"

/* --- issuing --- */

/* A new link; a former one that was not opened stops working. */
static Pb__Code issue(
	struct call *c, const char *party_id, const char *by, char *token, int64_t *ret_expires_at)
{
	uint8_t digest[DIGEST];
	int64_t expires_at = c->at_us + identity_settings.link_hours * 3600 * US_PER_S;

	token_digest(token_make(TOKEN_LINK, token), digest);
	if (db_run(c, &revoke_links, NULL, DB_ARGS(db_uuid(party_id))))
		return c->faults.code;
	*ret_expires_at = expires_at;
	return db_run(c, &insert_link, NULL,
		DB_ARGS(db_uuid(call_uuid(c)), db_uuid(party_id), db_bytes(digest, sizeof digest),
			db_text(by), db_time(expires_at)));
}

/* May the caller hand this party a link? A responder on the case, an officer of the district. */
static Pb__Code check_caller(struct call *c, const char *incident_id, const char *district)
{
	struct db_rows rows;

	if (call_has_role(c, PB__ROLE__VALUE__SYSTEM))
		return PB__CODE__OK;
	if (call_has_role(c, PB__ROLE__VALUE__OFFICER) &&
		(!*c->who.districts || strstr(c->who.districts, district)))
		return PB__CODE__OK;
	if (db_run(c, &is_responder, &rows, DB_ARGS(db_uuid(incident_id), db_text(c->who.subject))))
		return c->faults.code;
	if (!db_get_bool(&rows, 0, 0))
		return call_fail(c, PB__CODE__NOT_FOUND, "no such party");
	return PB__CODE__OK;
}

Pb__Code request_party_link_run(
	struct call *c, const Pb__RequestPartyLinkRequest *in, Pb__RequestPartyLinkReply *out)
{
	char token[TOKEN_TEXT];
	struct db_rows rows;

	if (db_run(c, &find_party, &rows, DB_ARGS(db_uuid(in->party_id), db_uuid(in->incident_id))))
		return c->faults.code;
	if (!rows.n)
		return call_unknown(c, "party", in->party_id);
	if (check_caller(c, in->incident_id, db_get_text(&rows, 0, 0)))
		return c->faults.code;
	if (issue(c, in->party_id, c->who.subject, token, &out->expires_at))
		return c->faults.code;
	out->path = arena_printf(c->arena, "/p/%s", token);
	return PB__CODE__OK;
}

/* --- PartyRecorded: a phone that is new gets a link --- */

static Pb__Code send_link(struct call *c, const Pb__PartyRecorded *e)
{
	Pb__PartyLinkIssued out = PB__PARTY_LINK_ISSUED__INIT;
	char token[TOKEN_TEXT];

	if (issue(c, e->party->party_id, "event", token, &out.expires_at))
		return c->faults.code;
	out.incident_id = e->incident_id;
	out.district = e->district;
	out.party_id = e->party->party_id;
	out.phone = e->party->phone;
	out.token = token;
	out.at = c->at_us;
	return event_emit(c, &out.base);
}

Pb__Code party_recorded_run(
	struct call *c, const struct event_info *info, const ProtobufCMessage *m)
{
	const Pb__PartyRecorded *e = (const Pb__PartyRecorded *)m;
	uint8_t digest[DIGEST];
	struct db_rows rows;

	(void)info;
	if (!e->party)
		return call_fail(c, PB__CODE__INVALID, "PartyRecorded without its party");
	keyed_digest(site_salt, "phone", e->party->phone, digest);
	if (db_run(c, &keep_party, &rows,
		    DB_ARGS(db_uuid(e->party->party_id), db_uuid(e->incident_id),
			    db_text(e->district), db_text(e->party->letter),
			    db_bytes(digest, *e->party->phone ? sizeof digest : 0))))
		return c->faults.code;
	if (!*e->party->phone || !db_get_bool(&rows, 0, 0))
		return PB__CODE__OK;
	return send_link(c, e);
}

/* --- opening --- */

Pb__Code open_party_link_bind(struct call *c, const Pb__OpenPartyLinkRequest *in)
{
	char *token = arena_alloc(c->arena, TOKEN_TEXT);
	const uint8_t *link = digest_in_arena(c, in->token), *session;

	if (!token || !link)
		return call_fail(c, PB__CODE__TOO_LARGE, "the request needs too much memory");
	if (!token_shaped(TOKEN_LINK, in->token))
		return call_fail(c, PB__CODE__NOT_FOUND, "this is no link of ours");
	c->scratch = token;
	session = digest_in_arena(c, token_make(TOKEN_PARTY, token));
	db_bind(c, in->token, &open_link,
		DB_ARGS(db_bytes(link, DIGEST), db_bytes(session, DIGEST),
			db_i32((int32_t)identity_settings.party_session_hours * 3600),
			db_i32((int32_t)identity_settings.link_grace_seconds),
			db_text(in->client_address), db_text(in->user_agent)));
	return PB__CODE__OK;
}

Pb__Code open_party_link_answer(struct call *c, const Pb__OpenPartyLinkRequest *in,
	const struct db_rows *rows, Pb__OpenPartyLinkReply *out)
{
	(void)in;
	if (!rows->n)
		return call_fail(c, PB__CODE__NOT_FOUND,
			"the link was used, replaced or has expired; ask for a new one");
	out->token = c->scratch;
	out->principal = principal_from_row(c, rows, 0);
	out->expires_at = db_get_i64(rows, 0, 8);
	return PB__CODE__OK;
}
