/* store_submit.c - SQL of the two busy paths: taking an order, moving a phase by an event. */
#include "intake/store.h"

/* Taking an order. What is near it in place and time is found first (at most 4 a cell), because the
 * answer to a repeat must be the first answer; scoring it is code. Then the order number decides:
 * the one who inserts it makes the incident and tells of it, everyone else gets what is there.
 *
 * $1 order number, $2 incident, $3 digest, $4 content, $5 accepted at, $6 case number, $7 district,
 * $8 lane, $9 phase, $10 gate version, $11 gates, $12 lon, $13 lat, $14 cell, $15 place, $16
 * plates, $17 phone, $18 reported at, $19 promised at, $20 offered to, $21 cells around, $22 metres
 * per degree of longitude here, $23.. event. */
const struct db_stmt stmt_submit_order = {
	"submit_order",
	"with near as ("
	" select jsonb_agg(jsonb_build_array(n.id, n.case_no, round(n.d), n.s, (n.plates && "
	"$16)::int"
	"   + 2 * ($17 <> '' and n.phone = $17)::int"
	"   + 4 * (n.plates <> '{}' and $16 <> '{}' and not n.plates && $16)::int)) as found"
	" from (select i.id, i.case_no, i.plates, i.phone,"
	"   sqrt(((i.lon - $12) * $22) ^ 2 + ((i.lat - $13) * 111195.08) ^ 2) as d,"
	"   extract(epoch from i.reported_at - $18)::bigint as s"
	"   from unnest($21::bigint[]) c (cell) cross join lateral ("
	"    select k.id, k.case_no, k.plates, k.phone, k.lon, k.lat, k.reported_at"
	"    from intake.incident k where k.cell = c.cell"
	"    and k.reported_at between $18 - interval '15 minutes' and $18 + interval '15 minutes'"
	"    and k.phase not in ('CANCELLED', 'MERGED')"
	"    order by k.reported_at desc limit 4) i) n"
	" where n.d <= 300),"
	" taken as ("
	" insert into intake.dispatch_order (order_no, incident_id, digest, first, duplicates,"
	"   accepted_at)"
	" select $1, $2, $3, $4, coalesce(near.found, '[]'), $5 from near"
	" on conflict (order_no) do nothing returning incident_id, duplicates),"
	" made as ("
	" insert into intake.incident (id, case_no, order_no, district, lane, first_lane, phase,"
	"   phase_at, gate_version, gates, first_gates, lon, lat, cell, place, plates, phone,"
	"   reported_at, accepted_at, promised_at, offered_to)"
	" select incident_id, $6, $1, $7, $8, $8, $9, $5, $10, $11, $11, $12, $13, $14, $15, $16, "
	"$17,"
	"   $18, $5, $19, $20 from taken),"
	" told as ("
	" insert into intake.outbox (id, type, key, district, body, trace)"
	" select $23, $24, $25, $26, $27, $28 from taken)"
	" select true, incident_id, $6, $7, $8, $10, $11, $19, $5, duplicates, '', '', '',"
	"   null::timestamptz, ''::bytea, ''::bytea from taken"
	" union all"
	" select false, i.id, i.case_no, i.district, i.first_lane, i.gate_version, i.first_gates,"
	"   i.promised_at, i.accepted_at, o.duplicates, i.responder_id, i.responder_name, "
	"i.insurer,"
	"   i.assigned_at, o.digest, o.first"
	" from intake.dispatch_order o join intake.incident i on i.id = o.incident_id"
	" where o.order_no = $1 and not exists (select from taken)",
	.in = { DB_TEXT, DB_UUID, DB_BYTES, DB_BYTES, DB_TIME, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT,
		DB_I32, DB_TEXTS, DB_F64, DB_F64, DB_I64, DB_TEXT, DB_TEXTS, DB_TEXT, DB_TIME,
		DB_TIME, DB_TEXT, DB_I64S, DB_F64, EVENT_TYPES },
	.out = { DB_BOOL, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_I32, DB_TEXTS, DB_TIME, DB_TIME,
		DB_JSON, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_BYTES, DB_BYTES },
};

/* Moves an incident as the phase table says for its present phase, or not at all, and notes who is
 * concerned. The event's body comes without from and to: the step adds them.
 *
 * $1 incident, $2 cause, $3 at, $4 offered to, $5 responder, $6 his name, $7 his insurer, $8
 * assigned at, $9 only if this one has it; null leaves as it is. $10.. event. */
const struct db_stmt stmt_step_by_event = {
	"step_by_event",
	"with was as (select id, phase, responder_id from intake.incident where id = $1 for "
	"update),"
	" step as (select s.to_phase, s.wire from was join intake.phase_step s"
	"   on s.from_phase = was.phase and s.cause = $2"
	"   where $9::text is null or was.responder_id = $9),"
	" moved as (update intake.incident i set phase = coalesce(s.to_phase, i.phase),"
	"   phase_cause = case when s.to_phase is null then i.phase_cause else $2 end,"
	"   phase_at = case when s.to_phase is null then i.phase_at else $3 end,"
	"   offered_to = coalesce($4, i.offered_to), responder_id = coalesce($5, i.responder_id),"
	"   responder_name = coalesce($6, i.responder_name), insurer = coalesce($7, i.insurer),"
	"   assigned_at = coalesce($8, i.assigned_at), version = i.version + 1"
	"   from was left join step s on true where i.id = was.id and (s.to_phase is not null"
	"   or (($4::text is not null or $5::text is not null)"
	"     and ($9::text is null or was.responder_id = $9))))"
	" insert into intake.outbox (id, type, key, district, body, trace)"
	" select $10, $11, $12, $13, $14 || step.wire, $15 from step",
	.in = { DB_UUID, DB_TEXT, DB_TIME, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TEXT,
		EVENT_TYPES },
};
