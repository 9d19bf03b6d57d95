/* store_incident.c - incidents of the rapid lane and the crews near them. */
#include <string.h>
#include "dispatch/store.h"

#define INCIDENT_COLUMNS \
	" id, district, case_no, lane, place, state, end_reason, lon, lat, accepted_at," \
	" promised_at, warned_nobody_at is not null, warned_risk_at is not null"
#define INCIDENT_TYPES \
	DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_F64, DB_F64, DB_TIME, \
		DB_TIME, DB_BOOL, DB_BOOL

const struct db_stmt sql_add_incident = {
	"add_incident",
	"insert into dispatch.incident (id, district, case_no, lane, place, lon, lat, accepted_at,"
	"  promised_at, state, end_reason, state_at, next_try_at)"
	" values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)"
	" on conflict (id) do nothing returning id",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_F64, DB_F64, DB_TIME, DB_TIME,
		DB_TEXT, DB_TEXT, DB_TIME },
	.out = { DB_UUID },
};

Pb__Code store_add_incident(struct call *c, const struct incident_row *in, bool *ret_new)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_add_incident, &r,
		DB_ARGS(db_uuid(in->id), db_text(in->district), db_text(in->case_no),
			db_text(in->lane), db_text(in->place), db_f64(in->at.lon),
			db_f64(in->at.lat), db_time(in->accepted_us), db_time(in->promised_us),
			db_text(in->state), db_text(in->end_reason), db_time(c->at_us)));
	if (e)
		return e;
	*ret_new = r.n == 1;
	return PB__CODE__OK;
}

static void read_incident(const struct db_rows *r, struct incident_row *ret)
{
	*ret = (struct incident_row){
		.id = db_get_text(r, 0, 0),
		.district = db_get_text(r, 0, 1),
		.case_no = db_get_text(r, 0, 2),
		.lane = db_get_text(r, 0, 3),
		.place = db_get_text(r, 0, 4),
		.state = db_get_text(r, 0, 5),
		.end_reason = db_get_text(r, 0, 6),
		.at = { db_get_f64(r, 0, 7), db_get_f64(r, 0, 8) },
		.accepted_us = db_get_i64(r, 0, 9),
		.promised_us = db_get_i64(r, 0, 10),
		.warned_nobody = db_get_bool(r, 0, 11),
		.warned_risk = db_get_bool(r, 0, 12),
	};
}

const struct db_stmt sql_lock_incident = {
	"lock_incident",
	"select" INCIDENT_COLUMNS " from dispatch.incident where id = $1 for update",
	.in = { DB_UUID },
	.out = { INCIDENT_TYPES },
};

Pb__Code store_lock_incident(struct call *c, const char *id, struct incident_row *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_lock_incident, &r, DB_ARGS(db_uuid(id)));
	if (e)
		return e;
	if (!r.n)
		return call_unknown(c, "incident", id);
	read_incident(&r, ret);
	return PB__CODE__OK;
}

const struct db_stmt sql_lock_waiting = {
	"lock_waiting",
	"select" INCIDENT_COLUMNS
	" from dispatch.incident where state = 'WAITING' and next_try_at <= $1"
	" order by accepted_at, id limit 1 for update skip locked",
	.in = { DB_TIME },
	.out = { INCIDENT_TYPES },
};

Pb__Code store_lock_waiting(struct call *c, struct incident_row *ret, bool *ret_found)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_lock_waiting, &r, DB_ARGS(db_time(c->at_us)));
	if (e)
		return e;
	*ret_found = r.n > 0;
	if (r.n)
		read_incident(&r, ret);
	return PB__CODE__OK;
}

const struct db_stmt sql_try_later = {
	"try_later",
	"update dispatch.incident set next_try_at = $2 where id = $1 and state = 'WAITING'",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_try_later(struct call *c, const char *incident, int64_t at_us)
{
	return db_run(c, &sql_try_later, NULL, DB_ARGS(db_uuid(incident), db_time(at_us)));
}

const struct db_stmt sql_wake_waiting = {
	"wake_waiting",
	"update dispatch.incident set next_try_at = $1 where id in ("
	" select id from dispatch.incident where state = 'WAITING' and next_try_at > $1"
	" order by accepted_at limit 20 for update skip locked)",
	.in = { DB_TIME },
};

Pb__Code store_wake_waiting(struct call *c)
{
	return db_run(c, &sql_wake_waiting, NULL, DB_ARGS(db_time(c->at_us)));
}

const struct db_stmt sql_end_incident = {
	"end_incident",
	"update dispatch.incident set state = 'ENDED', end_reason = $2, state_at = $3 where id = "
	"$1",
	.in = { DB_UUID, DB_TEXT, DB_TIME },
};

Pb__Code store_end_incident(struct call *c, const char *incident, const char *reason)
{
	return db_run(c, &sql_end_incident, NULL,
		DB_ARGS(db_uuid(incident), db_text(reason), db_time(c->at_us)));
}

const struct db_stmt sql_reopen_incident = {
	"reopen_incident",
	"update dispatch.incident set state = 'WAITING', end_reason = '', state_at = $2,"
	" next_try_at = $2, warned_nobody_at = null where id = $1",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_reopen_incident(struct call *c, const char *incident)
{
	return db_run(c, &sql_reopen_incident, NULL, DB_ARGS(db_uuid(incident), db_time(c->at_us)));
}

const struct db_stmt sql_move_incident = {
	"move_incident",
	"update dispatch.incident set district = $2, place = $3, lon = $4, lat = $5 where id = $1",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_F64, DB_F64 },
};

Pb__Code store_move_incident(struct call *c, const char *incident, const char *district,
	const char *place, struct lonlat at)
{
	return db_run(c, &sql_move_incident, NULL,
		DB_ARGS(db_uuid(incident), db_text(district), db_text(place), db_f64(at.lon),
			db_f64(at.lat)));
}

const struct db_stmt sql_note_nobody = {
	"note_nobody",
	"update dispatch.incident set warned_nobody_at = $2 where id = $1",
	.in = { DB_UUID, DB_TIME },
};
const struct db_stmt sql_note_risk = {
	"note_risk",
	"update dispatch.incident set warned_risk_at = $2 where id = $1",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_note_warning(struct call *c, const char *incident, bool nobody)
{
	return db_run(c, nobody ? &sql_note_nobody : &sql_note_risk, NULL,
		DB_ARGS(db_uuid(incident), db_time(c->at_us)));
}

/* A release counts like a declined offer. */
const struct db_stmt sql_asked = {
	"asked",
	"select responder_id, count(*), max(ended_at),"
	"  (array_agg(outcome order by ended_at desc))[1] <> 'EXPIRED'"
	" from (select responder_id, ended_at, outcome from dispatch.offer"
	"   where incident_id = $1 and outcome in ('DECLINED', 'EXPIRED')"
	"  union all select responder_id, ended_at, how from dispatch.assignment"
	"   where incident_id = $1 and how = 'RELEASED') a"
	" group by responder_id order by max(ended_at) desc limit 64",
	.in = { DB_UUID },
	.out = { DB_UUID, DB_I64, DB_TIME, DB_BOOL },
};

Pb__Code store_asked(struct call *c, struct incident *in)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_asked, &r, DB_ARGS(db_uuid(in->id)));
	if (e)
		return e;
	for (size_t i = 0; i < r.n && i < ENGINE_ASKED_MAX; i++)
		in->asked[in->n_asked++] = (struct asked){
			.unit = db_get_text(&r, i, 0),
			.times = (unsigned)db_get_i64(&r, i, 1),
			.last_us = db_get_i64(&r, i, 2),
			.declined = db_get_bool(&r, i, 3),
		};
	return PB__CODE__OK;
}

#define CREW_COLUMNS \
	" r.id, r.name, r.status, r.status_at, r.fix_lon, r.fix_lat, r.fix_at, r.fix_accuracy_m," \
	" r.fix_doubtful, p.lon, p.lat, r.incident_id" \
	" from dispatch.responder r left join dispatch.post p on p.code = r.post_code"
#define CREW_TYPES \
	DB_UUID, DB_TEXT, DB_TEXT, DB_TIME, DB_F64, DB_F64, DB_TIME, DB_F64, DB_BOOL, DB_F64, \
		DB_F64, DB_UUID

/* The index order is near enough to pick whom to measure exactly. */
const struct db_stmt sql_crew_available = {
	"crew_available",
	"select" CREW_COLUMNS " where r.status = 'AVAILABLE' and not r.disabled"
	" order by r.here <-> dispatch.flat($1, $2) limit $3",
	.in = { DB_F64, DB_F64, DB_I64 },
	.out = { CREW_TYPES },
};
const struct db_stmt sql_crew_all = {
	"crew_all",
	"select" CREW_COLUMNS " where not r.disabled"
	" order by r.status = 'AVAILABLE' desc, r.here <-> dispatch.flat($1, $2), r.id limit 300",
	.in = { DB_F64, DB_F64 },
	.out = { CREW_TYPES },
};

static enum unit_state unit_state_of(const char *name)
{
	for (int s = UNIT_OFF_DUTY; s <= UNIT_ON_BREAK; s++)
		if (!strcmp(name, unit_state_name((enum unit_state)s)))
			return (enum unit_state)s;
	return UNIT_OFF_DUTY;
}

static struct unit read_unit(const struct db_rows *r, size_t i)
{
	return (struct unit){
		.id = db_get_text(r, i, 0),
		.state = unit_state_of(db_get_text(r, i, 2)),
		.since_us = db_get_i64(r, i, 3),
		.fix = { .at = { db_get_f64(r, i, 4), db_get_f64(r, i, 5) },
			.at_us = db_get_i64(r, i, 6),
			.accuracy_m = db_get_f64(r, i, 7),
			.doubtful = db_get_bool(r, i, 8) },
		.post = { db_get_f64(r, i, 9), db_get_f64(r, i, 10) },
		.has_post = !db_is_null(r, i, 9),
		.incident = db_get_text(r, i, 11),
	};
}

static Pb__Code read_crew(struct call *c, const struct db_rows *r, struct crew *ret)
{
	*ret = (struct crew){
		.units = ARENA_ARRAY(c->arena, struct unit, r->n + 1),
		.names = ARENA_ARRAY(c->arena, const char *, r->n + 1),
		.n = r->n,
	};
	if (!ret->units || !ret->names)
		return call_fail(c, PB__CODE__TOO_LARGE, "too many responders for one message");
	for (size_t i = 0; i < r->n; i++) {
		ret->units[i] = read_unit(r, i);
		ret->names[i] = db_get_text(r, i, 1);
	}
	return PB__CODE__OK;
}

Pb__Code store_crew(struct call *c, struct lonlat at, unsigned limit, struct crew *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(
		c, &sql_crew_available, &r, DB_ARGS(db_f64(at.lon), db_f64(at.lat), db_i64(limit)));
	return e ? e : read_crew(c, &r, ret);
}

Pb__Code store_crew_all(struct call *c, struct lonlat at, struct crew *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_crew_all, &r, DB_ARGS(db_f64(at.lon), db_f64(at.lat)));
	return e ? e : read_crew(c, &r, ret);
}
