/* store_case.c - the local copy of what other services told of an incident. */
#include "claims/store.h"
#include "claims/statements.h"

#include <assert.h>
#include "kit/json.h"

void *store_unpack(struct call *c, const ProtobufCMessageDescriptor *d, const void *data, size_t n)
{
	void *m = protobuf_c_message_unpack(d, &c->arena->pb, n, data);
	if (!m && c->arena->full)
		fault_set(&c->faults, PB__CODE__TOO_LARGE, "the incident's records are too large");
	else
		assert(m);
	return m;
}

struct db_arg store_packed(struct call *c, const ProtobufCMessage *m)
{
	size_t n = protobuf_c_message_get_packed_size(m);
	uint8_t *data = arena_alloc(c->arena, n);
	if (!data) {
		fault_set(&c->faults, PB__CODE__TOO_LARGE, "the message needs too much memory");
		return db_bytes(NULL, 0);
	}
	protobuf_c_message_pack(m, data);
	return db_bytes(data, n);
}

#define CASE_COLUMNS \
	"select district, responder_id, document_no, document_sha256, ended_as, blocked," \
	" served_at, handed_off_at, settled_at, report, determination" \
	" from claims.case_file where incident_id = $1"
#define CASE_TYPES \
	DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TIME, DB_TIME, DB_BYTES, \
		DB_BYTES

const struct db_stmt sql_case = {
	"case_file",
	CASE_COLUMNS,
	.in = { DB_UUID },
	.out = { CASE_TYPES },
};
const struct db_stmt sql_lock_case = {
	"lock_case_file",
	CASE_COLUMNS " for update",
	.in = { DB_UUID },
	.out = { CASE_TYPES },
};

static const void *message_at(
	struct call *c, const struct db_rows *r, size_t col, const ProtobufCMessageDescriptor *d)
{
	size_t n;
	const void *data = db_get_bytes(r, 0, col, &n);
	return db_is_null(r, 0, col) ? NULL : store_unpack(c, d, data, n);
}

Pb__Code store_case(
	struct call *c, const char *incident, bool lock, struct case_row *ret, bool *ret_found)
{
	struct db_rows r;
	Pb__Code e = db_run(c, lock ? &sql_lock_case : &sql_case, &r, DB_ARGS(db_uuid(incident)));
	if (e)
		return e;
	*ret_found = r.n > 0;
	if (!r.n)
		return PB__CODE__OK;
	*ret = (struct case_row){
		.incident_id = incident,
		.district = db_get_text(&r, 0, 0),
		.responder_id = db_get_text(&r, 0, 1),
		.document_no = db_get_text(&r, 0, 2),
		.document_sha256 = db_get_text(&r, 0, 3),
		.ended_as = db_get_text(&r, 0, 4),
		.blocked = db_get_text(&r, 0, 5),
		.served_at = db_get_i64(&r, 0, 6),
		.handed_off_at = db_get_i64(&r, 0, 7),
		.settled_at = db_get_i64(&r, 0, 8),
		.report = message_at(c, &r, 9, &pb__incident_reported__descriptor),
		.determination = message_at(c, &r, 10, &pb__determination_made__descriptor),
	};
	return c->faults.code;
}

/* ---- facts from events ---- */

const struct db_stmt sql_note_report = {
	"note_report",
	"insert into claims.case_file (incident_id, district, responder_id, report)"
	" values ($1, $2, $3, $4) on conflict (incident_id) do update set"
	" district = excluded.district, report = excluded.report,"
	" responder_id = case when case_file.responder_id = '' then excluded.responder_id"
	"  else case_file.responder_id end",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_BYTES },
};

void store_bind_report(struct call *c, const Pb__IncidentReported *e)
{
	db_bind(c, e->incident_id, &sql_note_report,
		DB_ARGS(db_uuid(e->incident_id), db_text(e->district), db_text(e->responder_id),
			store_packed(c, &e->base)));
}

const struct db_stmt sql_note_responder = {
	"note_responder",
	"insert into claims.case_file (incident_id, district, responder_id) values ($1, $2, $3)"
	" on conflict (incident_id) do update set responder_id = excluded.responder_id",
	.in = { DB_UUID, DB_TEXT, DB_TEXT },
};

void store_bind_responder(struct call *c, const Pb__ResponderAssigned *e)
{
	db_bind(c, e->incident_id, &sql_note_responder,
		DB_ARGS(db_uuid(e->incident_id), db_text(e->district), db_text(e->responder_id)));
}

const struct db_stmt sql_note_end = {
	"note_end",
	"insert into claims.case_file (incident_id, district, ended_as) values ($1, $2, $3)"
	" on conflict (incident_id) do update set ended_as = excluded.ended_as",
	.in = { DB_UUID, DB_TEXT, DB_TEXT },
};

void store_bind_end(
	struct call *c, const char *incident, const char *district, const char *ended_as)
{
	db_bind(c, incident, &sql_note_end,
		DB_ARGS(db_uuid(incident), db_text(district), db_text(ended_as)));
}

/* The determination's copy of a party is the final one; a record of before never replaces it. */
const struct db_stmt sql_note_party = {
	"note_party",
	"insert into claims.party (incident_id, party_id, letter, version, insurer,"
	" commercial_insurer, doc) values ($1, $2, $3, $4, $5, $6, $7)"
	" on conflict (incident_id, party_id) do update set letter = excluded.letter,"
	" version = excluded.version, insurer = excluded.insurer,"
	" commercial_insurer = excluded.commercial_insurer, doc = excluded.doc"
	" where party.version < excluded.version",
	.in = { DB_UUID, DB_UUID, DB_TEXT, DB_I64, DB_TEXT, DB_TEXT, DB_BYTES },
};

#define PARTY_ARGS(c, incident, p, version) \
	DB_ARGS(db_uuid(incident), db_uuid((p)->party_id), db_text((p)->letter), db_i64(version), \
		db_text((p)->insurer), db_text((p)->commercial_insurer), \
		store_packed((c), &(p)->base))

Pb__Code store_bind_party(struct call *c, const Pb__PartyRecorded *e)
{
	if (!e->party)
		return call_fail(c, PB__CODE__INVALID, "the event holds no party");
	db_bind(c, e->incident_id, &sql_note_party,
		PARTY_ARGS(c, e->incident_id, e->party, (int64_t)e->version));
	return PB__CODE__OK;
}

const struct db_stmt sql_note_determination = {
	"note_determination",
	"insert into claims.case_file (incident_id, district, responder_id, determination)"
	" values ($1, $2, $3, $4) on conflict (incident_id) do update set"
	" determination = excluded.determination, responder_id = case when"
	"  excluded.responder_id = '' then case_file.responder_id else excluded.responder_id end",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_BYTES },
};

Pb__Code store_note_determination(struct call *c, const Pb__DeterminationMade *d)
{
	const int64_t final = INT64_C(1) << 32; /* above any version of a record (uint32) */
	Pb__Code e = db_run(c, &sql_note_determination, NULL,
		DB_ARGS(db_uuid(d->incident_id), db_text(d->district), db_text(d->responder_id),
			store_packed(c, &d->base)));
	for (size_t i = 0; !e && i < d->n_parties; i++)
		e = db_run(c, &sql_note_party, NULL,
			PARTY_ARGS(c, d->incident_id, d->parties[i], final));
	return e;
}

const struct db_stmt sql_note_served = {
	"note_served",
	"insert into claims.case_file (incident_id, district, document_no, document_sha256,"
	" served_at) values ($1, $2, $3, $4, $5) on conflict (incident_id) do update set"
	" document_no = excluded.document_no, document_sha256 = excluded.document_sha256,"
	" served_at = excluded.served_at",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME },
};

Pb__Code store_note_served(struct call *c, const Pb__DeterminationServed *d)
{
	return db_run(c, &sql_note_served, NULL,
		DB_ARGS(db_uuid(d->incident_id), db_text(d->district), db_text(d->document_no),
			db_text(d->pdf_sha256), db_time(d->at ? d->at : c->at_us)));
}

const struct db_stmt sql_note_photo = {
	"note_photo",
	"insert into claims.photo (item_id, incident_id, slot, sha256, verdict, captured_at,"
	" added_at) values ($1, $2, $3, $4, $5, $6, $7)"
	" on conflict (item_id) do update set verdict = excluded.verdict",
	.in = { DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TIME },
};

void store_bind_photo(struct call *c, const Pb__ItemAdded *e)
{
	db_bind(c, e->incident_id, &sql_note_photo,
		DB_ARGS(db_uuid(e->item_id), db_uuid(e->incident_id), db_text(e->slot),
			db_text(e->sha256),
			db_text(enum_name(&pb__item_verdict__value__descriptor, (int)e->verdict)),
			db_time_or_null(e->captured_at), db_time(e->at ? e->at : c->at_us)));
}

/* ---- marks ---- */

const struct db_stmt sql_block_case = {
	"block_case",
	"update claims.case_file set blocked = $2 where incident_id = $1",
	.in = { DB_UUID, DB_TEXT },
};

Pb__Code store_block_case(struct call *c, const char *incident, const char *why)
{
	return db_run(c, &sql_block_case, NULL, DB_ARGS(db_uuid(incident), db_text(why)));
}

const struct db_stmt sql_mark_handed_off = {
	"mark_handed_off",
	"update claims.case_file set handed_off_at = $2 where incident_id = $1",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_mark_handed_off(struct call *c, const char *incident)
{
	return db_run(c, &sql_mark_handed_off, NULL, DB_ARGS(db_uuid(incident), db_time(c->at_us)));
}

const struct db_stmt sql_mark_settled = {
	"mark_settled",
	"update claims.case_file set settled_at = $2 where incident_id = $1",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_mark_settled(struct call *c, const char *incident)
{
	return db_run(c, &sql_mark_settled, NULL, DB_ARGS(db_uuid(incident), db_time(c->at_us)));
}

/* Only those whose sheets are all in: a case may wait for its assessor for days. */
const struct db_stmt sql_waiting_cases = {
	"waiting_cases",
	"select incident_id from claims.case_file f where served_at is not null"
	" and handed_off_at is null and blocked = '' and ended_as = '' and report is not null"
	" and determination is not null and not exists (select from claims.party p"
	"  where p.incident_id = f.incident_id and not exists (select from claims.loss_sheet l"
	"   where l.incident_id = p.incident_id and l.party_id = p.party_id))"
	" order by served_at limit $1 for update skip locked",
	.in = { DB_I32 },
	.out = { DB_UUID },
};

Pb__Code store_waiting_cases(struct call *c, int limit, const char ***ret, size_t *ret_n)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_waiting_cases, &r, DB_ARGS(db_i32(limit)));
	if (e)
		return e;
	const char **ids = ARENA_ARRAY(c->arena, const char *, r.n);
	if (!ids)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	for (size_t i = 0; i < r.n; i++)
		ids[i] = db_get_text(&r, i, 0);
	*ret = ids;
	*ret_n = r.n;
	return PB__CODE__OK;
}

/* ---- reading ---- */

const struct db_stmt sql_parties = {
	"parties",
	"select doc from claims.party where incident_id = $1 order by letter",
	.in = { DB_UUID },
	.out = { DB_BYTES },
};

Pb__Code store_parties(struct call *c, const char *incident, struct party_list *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_parties, &r, DB_ARGS(db_uuid(incident)));
	if (e)
		return e;
	ret->n = 0;
	ret->v = ARENA_ARRAY(c->arena, Pb__Party *, r.n);
	for (size_t i = 0; ret->v && i < r.n; i++) {
		size_t n;
		const void *data = db_get_bytes(&r, i, 0, &n);
		ret->v[ret->n++] = store_unpack(c, &pb__party__descriptor, data, n);
	}
	return c->faults.code;
}

const struct db_stmt sql_is_concerned = {
	"is_concerned",
	"select exists (select from claims.party where incident_id = $1"
	" and $2 in (insurer, commercial_insurer))",
	.in = { DB_UUID, DB_TEXT },
	.out = { DB_BOOL },
};

Pb__Code store_is_concerned(struct call *c, const char *incident, const char *insurer, bool *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_is_concerned, &r, DB_ARGS(db_uuid(incident), db_text(insurer)));
	*ret = !e && *insurer && db_get_bool(&r, 0, 0);
	return e;
}

const struct db_stmt sql_photos = {
	"photos",
	"select item_id, slot, sha256, verdict, captured_at, added_at from claims.photo"
	" where incident_id = $1 order by item_id limit 100",
	.in = { DB_UUID },
	.out = { DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TIME },
};

Pb__Code store_photos(struct call *c, const char *incident, struct photo_list *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_photos, &r, DB_ARGS(db_uuid(incident)));
	if (e)
		return e;
	ret->n = 0;
	ret->v = ARENA_ARRAY(c->arena, Pb__ClaimPhoto *, r.n);
	for (size_t i = 0; ret->v && i < r.n; i++) {
		Pb__ClaimPhoto *p = ARENA_NEW(c->arena, Pb__ClaimPhoto);
		if (!p)
			break;
		pb__claim_photo__init(p);
		p->item_id = db_get_text(&r, i, 0);
		p->slot = db_get_text(&r, i, 1);
		p->sha256 = db_get_text(&r, i, 2);
		p->verdict = (Pb__ItemVerdict__Value)enum_value(
			&pb__item_verdict__value__descriptor, db_get_text(&r, i, 3));
		p->captured_at = db_get_i64(&r, i, 4);
		p->added_at = db_get_i64(&r, i, 5);
		ret->v[ret->n++] = p;
	}
	return PB__CODE__OK;
}
