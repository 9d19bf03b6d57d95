/* store.c - SQL of single incidents and orders: reading, locking, moving, amending. */
#include "intake/store.h"

#define INCIDENT_COLUMNS \
	"select i.id, i.case_no, i.order_no, i.phase, i.phase_at, i.lane, i.gate_version, " \
	"i.gates," \
	" i.district, i.lon, i.lat, i.reported_at, i.accepted_at, i.promised_at, i.responder_id," \
	" i.responder_name, i.insurer, i.assigned_at, i.offered_to, i.officer_requested," \
	" i.merged_into, array(select l.incident_id::text from intake.incident_link l" \
	"   where l.into_id = i.id and l.unmerged_at is null order by 1)," \
	" i.end_reason, i.version, coalesce(o.current, o.first), o.duplicates" \
	" from intake.incident i join intake.dispatch_order o on o.order_no = i.order_no "
#define INCIDENT_TYPES \
	DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TEXT, DB_I32, DB_TEXTS, DB_TEXT, DB_F64, \
		DB_F64, DB_TIME, DB_TIME, DB_TIME, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TEXT, \
		DB_BOOL, DB_UUID, DB_TEXTS, DB_TEXT, DB_I32, DB_BYTES, DB_JSON

const struct db_stmt stmt_incident_by_id = {
	"incident_by_id",
	INCIDENT_COLUMNS "where i.id = $1",
	.in = { DB_UUID },
	.out = { INCIDENT_TYPES },
};
const struct db_stmt stmt_incident_by_order = {
	"incident_by_order",
	INCIDENT_COLUMNS "where o.order_no = $1",
	.in = { DB_TEXT },
	.out = { INCIDENT_TYPES },
};

/* $1 phase, $2 district, $3 q, $4 cursor, $5 limit, $6 only open, $7 districts allowed, $8 only
 * this responder's; null lets everything through. */
const struct db_stmt stmt_list_incidents = {
	"list_incidents",
	"select id, case_no, order_no, phase, phase_at, lane, district, place, lon, lat,"
	" reported_at, accepted_at, promised_at, gates, responder_id, officer_requested"
	" from intake.incident"
	" where ($1::text is null or phase = $1) and ($2::text is null or district = $2)"
	" and ($3::text is null or case_no = $3 or order_no = $3 or $3 = any (plates)"
	"   or position($3 in place) > 0)"
	" and ($4::uuid is null or id < $4)"
	" and (not $6::bool or phase not in ('CLOSED', 'CANCELLED', 'MERGED'))"
	" and ($7::text[] is null or district = any ($7))"
	" and ($8::text is null or responder_id = $8 or offered_to = $8)"
	" order by id desc limit $5",
	.in = { DB_TEXT, DB_TEXT, DB_TEXT, DB_UUID, DB_I64, DB_BOOL, DB_TEXTS, DB_TEXT },
	.out = { DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TEXT, DB_TEXT, DB_TEXT, DB_F64,
		DB_F64, DB_TIME, DB_TIME, DB_TIME, DB_TEXTS, DB_TEXT, DB_BOOL },
};

static const struct db_stmt lock_incident = {
	"lock_incident",
	"select order_no, district, lane, phase, version, accepted_at, responder_id, offered_to,"
	" merged_into, end_reason, officer_requested from intake.incident where id = $1 for update",
	.in = { DB_UUID },
	.out = { DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_I32, DB_TIME, DB_TEXT, DB_TEXT, DB_UUID,
		DB_TEXT, DB_BOOL },
};

Pb__Code store_lock_incident(struct call *c, const char *id, struct incident *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &lock_incident, &r, DB_ARGS(db_uuid(id)));

	if (e)
		return e;
	if (r.n == 0)
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no incident '%s'", id);
	*ret = (struct incident){
		.id = id,
		.order_no = db_get_text(&r, 0, 0),
		.district = db_get_text(&r, 0, 1),
		.lane = db_get_text(&r, 0, 2),
		.phase = phase_by_name(db_get_text(&r, 0, 3)),
		.version = db_get_i32(&r, 0, 4),
		.accepted_at = db_get_i64(&r, 0, 5),
		.responder_id = db_get_text(&r, 0, 6),
		.offered_to = db_get_text(&r, 0, 7),
		.merged_into = db_get_text(&r, 0, 8),
		.end_reason = db_get_text(&r, 0, 9),
		.officer_requested = db_get_bool(&r, 0, 10),
	};
	return PB__CODE__OK;
}

static const struct db_stmt incident_of_order = {
	"incident_of_order",
	"select incident_id from intake.dispatch_order where order_no = $1",
	.in = { DB_TEXT },
	.out = { DB_UUID },
};

Pb__Code store_incident_of_order(struct call *c, const char *order_no, const char **ret_id)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &incident_of_order, &r, DB_ARGS(db_text(order_no)));

	if (e)
		return e;
	if (r.n == 0)
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no order '%s'", order_no);
	*ret_id = db_get_text(&r, 0, 0);
	return PB__CODE__OK;
}

static const struct db_stmt move_phase = {
	"move_phase",
	"update intake.incident set phase = $3, phase_cause = $4, phase_at = $5, merged_into = $6,"
	" end_reason = coalesce($7, end_reason), version = version + 1"
	" where id = $1 and version = $2 returning version",
	.in = { DB_UUID, DB_I32, DB_TEXT, DB_TEXT, DB_TIME, DB_UUID, DB_TEXT },
	.out = { DB_I32 },
};

Pb__Code store_move(struct call *c, const struct incident *i, const struct phase_move *m)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &move_phase, &r,
		DB_ARGS(db_uuid(i->id), db_i32(i->version), db_text(phase_name(m->to)),
			db_text(cause_name(m->cause)), db_time(m->at), db_uuid(m->merged_into),
			db_text(m->end_reason)));

	if (e)
		return e;
	if (r.n == 0)
		return call_fail(c, PB__CODE__CONFLICT, "the incident was changed meanwhile");
	return PB__CODE__OK;
}

static const struct db_stmt note_officer_request = {
	"note_officer_request",
	"update intake.incident set officer_requested = true, version = version + 1"
	" where id = $1 and not officer_requested",
	.in = { DB_UUID },
};

Pb__Code store_note_officer_request(struct call *c, const char *incident_id)
{
	return db_run(c, &note_officer_request, NULL, DB_ARGS(db_uuid(incident_id)));
}

static const struct db_stmt link_incident = {
	"link_incident",
	"insert into intake.incident_link (incident_id, into_id, merged_by, merged_at)"
	" values ($1, $2, $3, $4)",
	.in = { DB_UUID, DB_UUID, DB_TEXT, DB_TIME },
};
static const struct db_stmt unlink_incident = {
	"unlink_incident",
	"update intake.incident_link set unmerged_by = $2, unmerged_at = $3"
	" where incident_id = $1 and unmerged_at is null",
	.in = { DB_UUID, DB_TEXT, DB_TIME },
};
static const struct db_stmt has_merged = {
	"has_merged",
	"select exists (select from intake.incident_link where into_id = $1 and unmerged_at is "
	"null)",
	.in = { DB_UUID },
	.out = { DB_BOOL },
};

Pb__Code store_link(struct call *c, const char *incident, const char *into)
{
	return db_run(c, &link_incident, NULL,
		DB_ARGS(db_uuid(incident), db_uuid(into), db_text(c->who.subject),
			db_time(c->at_us)));
}

Pb__Code store_unlink(struct call *c, const char *incident)
{
	return db_run(c, &unlink_incident, NULL,
		DB_ARGS(db_uuid(incident), db_text(c->who.subject), db_time(c->at_us)));
}

Pb__Code store_has_merged(struct call *c, const char *incident, bool *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &has_merged, &r, DB_ARGS(db_uuid(incident)));

	if (!e)
		*ret = db_get_bool(&r, 0, 0);
	return e;
}

static const struct db_stmt lock_order = {
	"lock_order",
	"select coalesce(current, first) from intake.dispatch_order where order_no = $1 for update",
	.in = { DB_TEXT },
	.out = { DB_BYTES },
};

Pb__Code store_lock_order(
	struct call *c, const char *order_no, const void **ret_order, size_t *ret_len)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &lock_order, &r, DB_ARGS(db_text(order_no)));

	if (!e && r.n == 0)
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no order '%s'", order_no);
	if (!e)
		*ret_order = db_get_bytes(&r, 0, 0, ret_len);
	return e;
}

static const struct db_stmt amend_order = {
	"amend_order",
	"with kept as ("
	"  insert into intake.order_amendment (order_no, before, fields, amended_by, amended_at)"
	"  values ($1, $2, $4, $5, $6))"
	" update intake.dispatch_order set current = $3 where order_no = $1",
	.in = { DB_TEXT, DB_BYTES, DB_BYTES, DB_TEXTS, DB_TEXT, DB_TIME },
};
static const struct db_stmt amend_incident = {
	"amend_incident",
	"update intake.incident set district = $2, lane = $3, gate_version = $4, gates = $5,"
	" lon = $6, lat = $7, cell = $8, place = $9, plates = $10, phone = $11,"
	" version = version + 1 where id = $1",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_I32, DB_TEXTS, DB_F64, DB_F64, DB_I64, DB_TEXT,
		DB_TEXTS, DB_TEXT },
};

Pb__Code store_amend(struct call *c, const struct amended *a)
{
	Pb__Code e = db_run(c, &amend_order, NULL,
		DB_ARGS(db_text(a->order_no), db_bytes(a->before, a->before_len),
			db_bytes(a->after, a->after_len), db_texts(a->fields, a->n_fields),
			db_text(c->who.subject), db_time(c->at_us)));

	if (e)
		return e;
	return db_run(c, &amend_incident, NULL,
		DB_ARGS(db_uuid(a->incident_id), db_text(a->district), db_text(a->lane),
			db_i32((int32_t)a->gate_version), db_texts(a->gates, a->n_gates),
			db_f64(a->lon), db_f64(a->lat), db_i64(a->cell), db_text(a->place),
			db_texts(a->plates, a->n_plates), db_text(a->phone)));
}

extern const struct db_stmt stmt_case_block, stmt_import_districts;

const struct db_stmt *const intake_statements[] = {
	&stmt_submit_order,
	&stmt_incident_by_id,
	&stmt_incident_by_order,
	&stmt_list_incidents,
	&stmt_step_by_event,
	&lock_incident,
	&incident_of_order,
	&move_phase,
	&note_officer_request,
	&link_incident,
	&unlink_incident,
	&has_merged,
	&lock_order,
	&amend_order,
	&amend_incident,
	&stmt_case_block,
	&stmt_import_districts,
	&stmt_reference_stamp,
	&stmt_load_gates,
	&stmt_load_phases,
	&stmt_load_phase_steps,
	&stmt_load_areas,
	&stmt_load_districts,
	NULL,
};
