/* store.c - SQL of incidents, photos, parties and applications. */
#include "liability/store.h"

#include <string.h>

/* ---- what events tell ---- */

const struct db_stmt st_incident_reported = {
	"incident_reported",
	"insert into liability.incident as i (incident_id, district, case_no, lane, place, weather,"
	" description, vehicles, slight_injury, reported_at, responder_id)"
	" values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
	" on conflict (incident_id) do update set district = excluded.district,"
	" case_no = excluded.case_no, lane = excluded.lane, place = excluded.place,"
	" weather = excluded.weather, description = excluded.description,"
	" vehicles = excluded.vehicles, slight_injury = excluded.slight_injury,"
	" reported_at = excluded.reported_at,"
	" responder_id = coalesce(nullif(excluded.responder_id, ''), i.responder_id)",
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_I32, DB_BOOL, DB_TIME,
		DB_TEXT },
	{ 0 },
};

const struct db_stmt st_responder_assigned = {
	"responder_assigned",
	"insert into liability.incident (incident_id, district, responder_id, assignment_id)"
	" values ($1, $2, $3, $4)"
	" on conflict (incident_id) do update set responder_id = excluded.responder_id,"
	" assignment_id = excluded.assignment_id",
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT },
	{ 0 },
};

const struct db_stmt st_assignment_ended = {
	"assignment_ended",
	"update liability.incident set responder_id = '', assignment_id = ''"
	" where incident_id = $1 and assignment_id = $2",
	{ DB_UUID, DB_TEXT },
	{ 0 },
};

const struct db_stmt st_item_added = {
	"item_added",
	"insert into liability.item (item_id, incident_id, slot, verdict, added_at)"
	" values ($1, $2, $3, $4, $5) on conflict (item_id) do nothing",
	{ DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TIME },
	{ 0 },
};

const struct db_stmt st_item_retake = {
	"item_retake",
	"update liability.item set retake = true where item_id = $1",
	{ DB_UUID },
	{ 0 },
};

/* The remote flow is over: what still waits is withdrawn. */
const struct db_stmt st_incident_left = {
	"incident_left",
	"with i as (insert into liability.incident as i (incident_id, district, ended_by)"
	"  values ($1, $2, $3) on conflict (incident_id) do update"
	"  set ended_by = coalesce(nullif(i.ended_by, ''), excluded.ended_by))"
	" update liability.review set state = 'WITHDRAWN', lease_until = null, closed_at = $4,"
	"  reason = $3 where incident_id = $1 and state in ('QUEUED', 'TAKEN', 'RETAKE')",
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_TIME },
	{ 0 },
};

const struct db_stmt st_incident_back = {
	"incident_back",
	"update liability.incident set ended_by = '' where incident_id = $1",
	{ DB_UUID },
	{ 0 },
};

/* ---- incidents and photos ---- */

#define INCIDENT_COLUMNS \
	"select incident_id, district, case_no, lane, place, weather, description, vehicles," \
	" slight_injury, reported_at, responder_id, ended_by from liability.incident" \
	" where incident_id = $1"
#define INCIDENT_TYPES \
	{ \
		DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_I32, DB_BOOL, \
			DB_TIME, DB_TEXT, DB_TEXT \
	}

const struct db_stmt st_incident = { "incident", INCIDENT_COLUMNS, { DB_UUID }, INCIDENT_TYPES };
const struct db_stmt st_incident_lock = {
	"incident_lock",
	INCIDENT_COLUMNS " for update",
	{ DB_UUID },
	INCIDENT_TYPES,
};

const struct db_stmt st_incident_end = {
	"incident_end",
	"update liability.incident set ended_by = $2 where incident_id = $1 and ended_by = ''",
	{ DB_UUID, DB_TEXT },
	{ 0 },
};

const struct db_stmt st_slots = {
	"slots",
	"select distinct slot from liability.item"
	" where incident_id = $1 and verdict <> 'REJECTED' and not retake order by slot",
	{ DB_UUID },
	{ DB_TEXT },
};

const struct db_stmt st_items = {
	"items",
	"select item_id, slot, verdict, retake, added_at from liability.item"
	" where incident_id = $1 order by added_at, item_id",
	{ DB_UUID },
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_BOOL, DB_TIME },
};

/* Those of the ids given that are usable photos of the incident. */
const struct db_stmt st_item_ids = {
	"item_ids",
	"select item_id from liability.item where incident_id = $1 and item_id = any($2)"
	" and verdict <> 'REJECTED'",
	{ DB_UUID, DB_UUIDS },
	{ DB_UUID },
};

const struct db_stmt st_slots_retake = {
	"slots_retake",
	"update liability.item set retake = true where incident_id = $1 and slot = any($2)",
	{ DB_UUID, DB_TEXTS },
	{ 0 },
};

/* ---- parties ---- */

const struct db_stmt st_parties = {
	"parties",
	"select p.party_id, p.version, p.doc, a.recorded_at, p.letter from liability.party p"
	" left join liability.application a on a.party_id = p.party_id and a.voided_at is null"
	" where p.incident_id = $1 order by p.letter",
	{ DB_UUID },
	{ DB_UUID, DB_I32, DB_BYTES, DB_TIME, DB_TEXT },
};

/* No row: the plate is on the incident already. */
const struct db_stmt st_party_insert = {
	"party_insert",
	"insert into liability.party (party_id, incident_id, letter, plate, doc, recorded_by,"
	" recorded_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $7)"
	" on conflict do nothing returning version",
	{ DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_BYTES, DB_TEXT, DB_TIME },
	{ DB_I32 },
};

const struct db_stmt st_party_keep = {
	"party_keep",
	"insert into liability.party_history (party_id, version, doc, replaced_by, replaced_role,"
	" replaced_at) select party_id, version, doc, $2, $3, $4 from liability.party"
	" where party_id = $1",
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_TIME },
	{ 0 },
};

/* No row: another party of the incident has the plate. */
const struct db_stmt st_party_update = {
	"party_update",
	"update liability.party p set plate = $2, doc = $3, updated_at = $4, version = version + 1"
	" where party_id = $1 and not exists (select from liability.party o"
	" where o.incident_id = p.incident_id and o.party_id <> $1 and o.plate = $2 and $2 <> '')"
	" returning version",
	{ DB_UUID, DB_TEXT, DB_BYTES, DB_TIME },
	{ DB_I32 },
};

const struct db_stmt st_party_touch = {
	"party_touch",
	"update liability.party set version = version + 1, updated_at = $2 where party_id = $1"
	" returning version",
	{ DB_UUID, DB_TIME },
	{ DB_I32 },
};

/* ---- applications ---- */

const struct db_stmt st_statements = {
	"statements",
	"select distinct on (kind) kind, version, body from liability.statement"
	" where effective_at <= $1 order by kind, effective_at desc, version desc",
	{ DB_TIME },
	{ DB_TEXT, DB_TEXT, DB_TEXT },
};

const struct db_stmt st_statement = {
	"statement",
	"select body from liability.statement where kind = $1 and version = $2",
	{ DB_TEXT, DB_TEXT },
	{ DB_TEXT },
};

const struct db_stmt st_application = {
	"application",
	"select recorded_at from liability.application where party_id = $1 and voided_at is null",
	{ DB_UUID },
	{ DB_TIME },
};

const struct db_stmt st_application_insert = {
	"application_insert",
	"insert into liability.application (application_id, party_id, incident_id,"
	" statement_version, strokes, image_sha256, signed_at, recorded_by, recorded_role,"
	" recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
	{ DB_UUID, DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TEXT, DB_TEXT,
		DB_TIME },
	{ 0 },
};

const struct db_stmt st_application_void = {
	"application_void",
	"update liability.application set voided_at = $2 where party_id = $1 and voided_at is null"
	" returning party_id",
	{ DB_UUID, DB_TIME },
	{ DB_UUID },
};

/* ---- reading ---- */

const void *pack_message(struct call *c, const ProtobufCMessage *m, size_t *ret_len)
{
	size_t n = protobuf_c_message_get_packed_size(m);
	uint8_t *p = arena_alloc(c->arena, n + 1);
	if (!p)
		return NULL;
	*ret_len = protobuf_c_message_pack(m, p);
	return p;
}

Pb__Code load_incident(struct call *c, const char *id, bool lock, struct incident *ret, bool *found)
{
	struct db_rows r;
	Pb__Code e = db_run(c, lock ? &st_incident_lock : &st_incident, &r, DB_ARGS(db_uuid(id)));
	if (e)
		return e;
	*found = r.n > 0;
	if (!*found)
		return PB__CODE__OK;
	*ret = (struct incident){
		.id = db_get_text(&r, 0, 0),
		.district = db_get_text(&r, 0, 1),
		.case_no = db_get_text(&r, 0, 2),
		.lane = db_get_text(&r, 0, 3),
		.place = db_get_text(&r, 0, 4),
		.weather = db_get_text(&r, 0, 5),
		.description = db_get_text(&r, 0, 6),
		.vehicles = db_get_i32(&r, 0, 7),
		.slight_injury = db_get_bool(&r, 0, 8),
		.reported_at = db_get_i64(&r, 0, 9),
		.responder_id = db_get_text(&r, 0, 10),
		.ended_by = db_get_text(&r, 0, 11),
	};
	return PB__CODE__OK;
}

static Pb__Code party_from_row(
	struct call *c, const struct db_rows *r, size_t i, struct party_row *ret)
{
	size_t len;
	const uint8_t *doc = db_get_bytes(r, i, 2, &len);
	Pb__Party *p = pb__party__unpack(&c->arena->pb, len, doc);
	if (!p)
		return call_fail(c, PB__CODE__INTERNAL, "a party's record can't be read");
	p->party_id = db_get_text(r, i, 0);
	p->letter = db_get_text(r, i, 4);
	p->applied = !db_is_null(r, i, 3);
	p->applied_at = db_get_i64(r, i, 3);
	*ret = (struct party_row){ p, (uint32_t)db_get_i32(r, i, 1) };
	return PB__CODE__OK;
}

Pb__Code load_parties(struct call *c, const char *incident_id, struct parties *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &st_parties, &r, DB_ARGS(db_uuid(incident_id)));
	if (e)
		return e;
	*ret = (struct parties){ ARENA_ARRAY(c->arena, struct party_row, r.n + 1), r.n,
		ARENA_ARRAY(c->arena, const Pb__Party *, r.n + 1) };
	if (!ret->row || !ret->list)
		return call_fail(c, PB__CODE__TOO_LARGE, "too many parties");
	for (size_t i = 0; i < r.n; i++) {
		e = party_from_row(c, &r, i, &ret->row[i]);
		if (e)
			return e;
		ret->list[i] = ret->row[i].party;
	}
	return PB__CODE__OK;
}

Pb__Code load_scene(
	struct call *c, const char *incident_id, const struct parties *p, struct scene *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &st_slots, &r, DB_ARGS(db_uuid(incident_id)));
	if (e)
		return e;
	const char **slots = ARENA_ARRAY(c->arena, const char *, r.n + 1);
	if (!slots)
		return call_fail(c, PB__CODE__TOO_LARGE, "too many photos");
	for (size_t i = 0; i < r.n; i++)
		slots[i] = db_get_text(&r, i, 0);
	*ret = (struct scene){ p->list, p->n, slots, r.n };
	return PB__CODE__OK;
}
