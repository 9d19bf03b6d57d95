/* store_incident.c - incidents of the rapid lane and the crews near them. */
#include <string.h>
#include "dispatch/store.h"

/* Knows at once whether the region is ours, and that it has something to plan. */
const struct db_stmt sql_add_incident = {
	"add_incident",
	"with i as (insert into dispatch.incident (id, district, case_no, lane, place, lon, lat,"
	"   accepted_at, promised_at, phase, end_reason, state_at, next_try_at, region)"
	"  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, dispatch.region_of($2))"
	"  on conflict (id) do nothing returning id, region, phase),"
	" l as (select l.region, l.epoch from dispatch.region_lease l"
	"  where l.region = (select region from i where phase = 'OPEN') and l.owner = $13"
	"  for share of l),"
	" d as (update dispatch.region r set dirty_at = " REGION_NEXT_PLAN(
		"$12") "  from i where r.code = i.region and r.dirty_at is null and i.phase = "
		       "'OPEN')"
		       " select i.id, i.region, l.epoch from i left join l on l.region = i.region",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_F64, DB_F64, DB_TIME, DB_TIME,
		DB_TEXT, DB_TEXT, DB_TIME, DB_UUID },
	.out = { DB_UUID, DB_TEXT, DB_I64 },
};

Pb__Code store_add_incident(
	struct call *c, struct incident_row *in, const char *owner, bool *ret_new)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_add_incident, &r,
		DB_ARGS(db_uuid(in->id), db_text(in->district), db_text(in->case_no),
			db_text(in->lane), db_text(in->place), db_f64(in->at.lon),
			db_f64(in->at.lat), db_time(in->accepted_us), db_time(in->promised_us),
			db_text(strcmp(in->state, "ENDED") ? "OPEN" : "ENDED"),
			db_text(in->end_reason), db_time(c->at_us), db_uuid(owner)));
	if (e)
		return e;
	*ret_new = r.n == 1;
	if (r.n) {
		in->region = db_get_text(&r, 0, 1);
		in->epoch = db_get_i64(&r, 0, 2);
	}
	return PB__CODE__OK;
}

void read_incident(const struct db_rows *r, size_t row, struct incident_row *ret)
{
	*ret = (struct incident_row){
		.id = db_get_text(r, row, 0),
		.district = db_get_text(r, row, 1),
		.case_no = db_get_text(r, row, 2),
		.lane = db_get_text(r, row, 3),
		.place = db_get_text(r, row, 4),
		.state = db_get_text(r, row, 5),
		.end_reason = db_get_text(r, row, 6),
		.at = { db_get_f64(r, row, 7), db_get_f64(r, row, 8) },
		.accepted_us = db_get_i64(r, row, 9),
		.promised_us = db_get_i64(r, row, 10),
		.warned_nobody_us = db_get_i64(r, row, 11),
		.warned_risk = db_get_bool(r, row, 12),
		.warned_remote_us = db_get_i64(r, row, 13),
		.region = db_get_text(r, row, 14),
		.wanted = (unsigned)db_get_i32(r, row, 15),
		.n_live = (unsigned)db_get_i32(r, row, 16),
		.n_open = (unsigned)db_get_i32(r, row, 17),
		.swaps = (unsigned)db_get_i32(r, row, 18),
		.hold_until_us = db_get_i64(r, row, 19),
		.hold_reason = db_get_text(r, row, 20),
		.held_by = db_get_text(r, row, 21),
		.state_us = db_get_i64(r, row, 22),
		.queued_for = db_get_text(r, row, 23),
	};
}

const struct db_stmt sql_lock_incident = {
	"lock_incident",
	"select" INCIDENT_COLUMNS " from dispatch.incident i where i.id = $1 for update of i",
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
	read_incident(&r, 0, ret);
	return PB__CODE__OK;
}

/* The oldest of our regions' incidents that is due; the lease is locked with it. */
const struct db_stmt sql_lock_waiting = {
	"lock_waiting",
	"select" INCIDENT_COLUMNS ", l.epoch from dispatch.incident i"
	" join dispatch.region_lease l on l.region = i.region and l.owner = $2"
	" where i.state = 'WAITING' and i.next_try_at <= $1"
	" order by i.accepted_at, i.id limit 1 for update of i skip locked for share of l",
	.in = { DB_TIME, DB_UUID },
	.out = { INCIDENT_TYPES, DB_I64 },
};

Pb__Code store_lock_waiting(
	struct call *c, const char *owner, struct incident_row *ret, bool *ret_found)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_lock_waiting, &r, DB_ARGS(db_time(c->at_us), db_uuid(owner)));
	if (e)
		return e;
	*ret_found = r.n > 0;
	if (r.n) {
		read_incident(&r, 0, ret);
		ret->epoch = db_get_i64(&r, 0, INCIDENT_COLUMN_COUNT);
	}
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

/* Both in one trip: whoever waits is tried at once, and the region has something to plan. */
const struct db_stmt sql_wake_waiting = {
	"wake_waiting",
	"with r as (update dispatch.region r set dirty_at = " REGION_NEXT_PLAN(
		"$1") "  where r.code = $2 and r.dirty_at is null)"
		      " update dispatch.incident set next_try_at = $1 where id in ("
		      " select id from dispatch.incident where state = 'WAITING' and next_try_at > "
		      "$1"
		      "  and hold_until is null order by accepted_at limit 20 for update skip "
		      "locked)",
	.in = { DB_TIME, DB_TEXT },
};

Pb__Code store_wake_waiting(struct call *c, const char *region)
{
	return db_run(c, &sql_wake_waiting, NULL, DB_ARGS(db_time(c->at_us), db_text(region)));
}

const struct db_stmt sql_end_incident = {
	"end_incident",
	"with q as (delete from dispatch.queued where incident_id = $1)"
	" update dispatch.incident set phase = 'ENDED', end_reason = $2, state_at = $3,"
	"  hold_until = null, hold_reason = '', held_by = '' where id = $1",
	.in = { DB_UUID, DB_TEXT, DB_TIME },
};

Pb__Code store_end_incident(struct call *c, const char *incident, const char *reason)
{
	return db_run(c, &sql_end_incident, NULL,
		DB_ARGS(db_uuid(incident), db_text(reason), db_time(c->at_us)));
}

const struct db_stmt sql_reopen_incident = {
	"reopen_incident",
	"update dispatch.incident set phase = 'OPEN', end_reason = '', state_at = $2,"
	" next_try_at = $2, warned_nobody_at = null, warned_remote_at = null where id = $1",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_reopen_incident(struct call *c, const char *incident)
{
	return db_run(c, &sql_reopen_incident, NULL, DB_ARGS(db_uuid(incident), db_time(c->at_us)));
}

const struct db_stmt sql_move_incident = {
	"move_incident",
	"update dispatch.incident set district = $2, place = $3, lon = $4, lat = $5,"
	" region = dispatch.region_of($2) where id = $1",
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

const struct db_stmt sql_note_remote = {
	"note_remote",
	"update dispatch.incident set warned_remote_at = $2 where id = $1",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_note_warning(struct call *c, const char *incident, enum warning w)
{
	const struct db_stmt *const notes[] = { [WARN_NOBODY] = &sql_note_nobody,
		[WARN_RISK] = &sql_note_risk,
		[WARN_REMOTE] = &sql_note_remote };

	return db_run(c, notes[w], NULL, DB_ARGS(db_uuid(incident), db_time(c->at_us)));
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
