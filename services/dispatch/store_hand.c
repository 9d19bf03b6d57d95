/* store_hand.c - what dispatchers do to an incident: hold, want, queue; their board and report. */
#include <string.h>
#include "dispatch/store.h"

const struct db_stmt sql_hold = {
	"hold",
	"update dispatch.incident set hold_until = $2, hold_reason = $3, held_by = $4,"
	" next_try_at = coalesce($2, $5) where id = $1 and phase = 'OPEN'",
	.in = { DB_UUID, DB_TIME, DB_TEXT, DB_TEXT, DB_TIME },
};

Pb__Code store_hold(
	struct call *c, const char *incident, int64_t until_us, const char *reason, const char *by)
{
	return db_run(c, &sql_hold, NULL,
		DB_ARGS(db_uuid(incident), db_time_or_null(until_us), db_text(reason), db_text(by),
			db_time(c->at_us)));
}

const struct db_stmt sql_want = {
	"want",
	"update dispatch.incident set wanted = $2, state_at = $3, next_try_at = $3 where id = $1",
	.in = { DB_UUID, DB_I32, DB_TIME },
};

Pb__Code store_want(struct call *c, const char *incident, unsigned wanted)
{
	return db_run(c, &sql_want, NULL,
		DB_ARGS(db_uuid(incident), db_i32((int32_t)wanted), db_time(c->at_us)));
}

/* ---- queues ---- */

const struct db_stmt sql_queue = {
	"queue",
	"insert into dispatch.queued (incident_id, responder_id, place, queued_at, queued_by,"
	"  bypass_reason) select $1, $2, coalesce(max(place), 0) + 1, $3, $4, $5"
	" from dispatch.queued where responder_id = $2",
	.in = { DB_UUID, DB_UUID, DB_TIME, DB_TEXT, DB_TEXT },
};

Pb__Code store_queue(struct call *c, const char *incident, const char *responder, const char *by,
	const char *bypass_reason)
{
	return db_run(c, &sql_queue, NULL,
		DB_ARGS(db_uuid(incident), db_uuid(responder), db_time(c->at_us), db_text(by),
			db_text(bypass_reason)));
}

const struct db_stmt sql_unqueue = {
	"unqueue",
	"delete from dispatch.queued where incident_id = $1",
	.in = { DB_UUID },
};

Pb__Code store_unqueue(struct call *c, const char *incident)
{
	return db_run(c, &sql_unqueue, NULL, DB_ARGS(db_uuid(incident)));
}

const struct db_stmt sql_queue_of = {
	"queue_of",
	"select q.incident_id, i.case_no, i.place, i.lon, i.lat, q.queued_at, i.promised_at,"
	"  i.district, i.state = 'WAITING' and i.hold_until is null, q.queued_by, q.bypass_reason"
	" from dispatch.queued q join dispatch.incident i on i.id = q.incident_id"
	" where q.responder_id = $1 order by q.place limit 50",
	.in = { DB_UUID },
	.out = { DB_UUID, DB_TEXT, DB_TEXT, DB_F64, DB_F64, DB_TIME, DB_TIME, DB_TEXT, DB_BOOL,
		DB_TEXT, DB_TEXT },
};

Pb__Code store_queue_of(struct call *c, const char *responder, struct queue *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_queue_of, &r, DB_ARGS(db_uuid(responder)));

	*ret = (struct queue){ 0 };
	if (e || !r.n)
		return e;
	ret->items = ARENA_ARRAY(c->arena, struct queue_item, r.n);
	ret->pb = ARENA_ARRAY(c->arena, Pb__QueuedIncident *, r.n);
	for (size_t i = 0; ret->items && ret->pb && i < r.n; i++) {
		Pb__QueuedIncident *p = ARENA_NEW(c->arena, Pb__QueuedIncident);
		if (!p)
			break;
		pb__queued_incident__init(p);
		p->incident_id = db_get_text(&r, i, 0);
		p->case_no = db_get_text(&r, i, 1);
		p->place = db_get_text(&r, i, 2);
		p->position =
			wgs84_position(c->arena, db_get_f64(&r, i, 3), db_get_f64(&r, i, 4), 0);
		p->position_in_queue = (uint32_t)i + 1;
		p->queued_at = db_get_i64(&r, i, 5);
		p->promised_arrival_at = db_get_i64(&r, i, 6);
		ret->pb[i] = p;
		ret->items[i] = (struct queue_item){ p->incident_id, db_get_text(&r, i, 7),
			db_get_text(&r, i, 9), db_get_text(&r, i, 10), db_get_bool(&r, i, 8) };
		ret->n++;
	}
	return ret->n == r.n ? PB__CODE__OK
			     : call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
}

/* ---- the board ---- */

Pb__DispatchIncident *board_incident(struct call *c, const struct incident_row *in)
{
	Pb__DispatchIncident *p = ARENA_NEW(c->arena, Pb__DispatchIncident);

	if (!p)
		return NULL;
	pb__dispatch_incident__init(p);
	p->incident_id = in->id;
	p->case_no = in->case_no;
	p->district = in->district;
	p->region = in->region;
	p->place = in->place;
	p->position = wgs84_position(c->arena, in->at.lon, in->at.lat, 0);
	p->state = in->state;
	p->state_at = in->state_us;
	p->accepted_at = in->accepted_us;
	p->promised_arrival_at = in->promised_us;
	p->wanted = in->wanted;
	p->assigned = in->n_live;
	p->offered = in->n_open;
	p->hold_until = in->hold_until_us;
	p->hold_reason = in->hold_reason;
	p->held_by = in->held_by;
	p->queued_for = in->queued_for;
	p->swaps = in->swaps;
	p->warned_nobody_at = in->warned_nobody_us;
	p->warned_remote_at = in->warned_remote_us;
	return p;
}

/* $1 state, HELD or QUEUED ("": every open one), $2 district, $3 after this id, $4 limit, $5 the
 * caller's districts (empty: all). */
const struct db_stmt sql_board = {
	"board",
	"select" INCIDENT_COLUMNS " from dispatch.incident i where i.phase = 'OPEN'"
	" and case $1 when '' then true when 'HELD' then i.hold_until is not null"
	"  when 'QUEUED' then exists (select from dispatch.queued q where q.incident_id = i.id)"
	"  else i.state = $1 end"
	" and ($2 = '' or i.district = $2) and ($3::uuid is null or i.id > $3)"
	" and ($5::text[] = '{}' or i.district = any ($5)) order by i.id limit $4",
	.in = { DB_TEXT, DB_TEXT, DB_UUID, DB_I64, DB_TEXTS },
	.out = { INCIDENT_TYPES },
};

/* ---- the report of assignments past the first choice ---- */

const struct db_stmt sql_bypasses = {
	"bypasses",
	"select a.id, a.incident_id, i.case_no, i.district, a.assigned_at, a.assigned_by,"
	"  a.responder_id, a.bypass_reason, coalesce(f.first ->> 'responderId', ''), a.eta_s,"
	"  coalesce((f.first ->> 'etaS')::float8, 0), a.arrived_at, coalesce(a.how, '')"
	" from dispatch.assignment a join dispatch.incident i on i.id = a.incident_id"
	" left join lateral (select d.candidates -> 'items' -> 0 as first from dispatch.decision d"
	"  where d.incident_id = a.incident_id and d.kind in ('BY_HAND', 'QUEUED')"
	"  and d.chosen_id = a.responder_id and d.at <= a.assigned_at order by d.at desc limit 1) f"
	"  on true"
	" where a.by_hand and a.bypass_reason <> '' and a.assigned_at >= $1 and a.assigned_at < $2"
	" and ($3 = '' or i.district = $3) and ($4::uuid is null or a.id > $4)"
	" and ($6::text[] = '{}' or i.district = any ($6)) order by a.id limit $5",
	.in = { DB_TIME, DB_TIME, DB_TEXT, DB_UUID, DB_I64, DB_TEXTS },
	.out = { DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TIME, DB_TEXT, DB_UUID, DB_TEXT, DB_TEXT,
		DB_F64, DB_F64, DB_TIME, DB_TEXT },
};

const struct db_stmt sql_by_hand = {
	"by_hand",
	"select count(*), count(*) filter (where a.bypass_reason <> '')"
	" from dispatch.assignment a join dispatch.incident i on i.id = a.incident_id"
	" where a.by_hand and a.assigned_at >= $1 and a.assigned_at < $2"
	" and ($3 = '' or i.district = $3) and ($4::text[] = '{}' or i.district = any ($4))",
	.in = { DB_TIME, DB_TIME, DB_TEXT, DB_TEXTS },
	.out = { DB_I64, DB_I64 },
};
