/* store.c - every statement of oversight. */
#include <string.h>
#include "oversight/oversight.h"

/* The first eight arguments of every note are the timeline row; $4 is the incident. */
#define NOTE \
	"with t as (insert into oversight.timeline (event_id, recorded_at, at, incident_id, type," \
	"  district, responder_id, insurer, summary) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)" \
	"  on conflict do nothing)"
#define NOTE_TYPES DB_UUID, DB_TIME, DB_TIME, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_JSON

const struct db_stmt sql_note = {
	"note",
	NOTE " select 1",
	.in = { NOTE_TYPES },
	.out = { DB_I32 },
};

/* $10 lane, $11 accepted, $12 self-initiated, $13 arrival due, $14 its warning, $15 whole case due,
 * $16 its warning. Clocks run in the rapid lane; who was there first has no arrival to wait for. */
const struct db_stmt sql_note_reported = {
	"note_reported",
	NOTE
	", i as (insert into oversight.incident (id, district, lane, accepted_at, self_initiated)"
	"  values ($4, $6, $10, $11, $12) on conflict (id) do nothing returning id)"
	" insert into oversight.clock (incident_id, kind, started_at, due_at, next_at)"
	" select i.id, k.kind, $11, k.due, k.warn from i, (values"
	"  ('ARRIVAL', $13::timestamptz, $14::timestamptz, not $12),"
	"  ('WHOLE_CASE', $15, $16, true)) k(kind, due, warn, wanted)"
	" where k.wanted and $10 = 'RAPID'",
	.in = { NOTE_TYPES, DB_TEXT, DB_TIME, DB_BOOL, DB_TIME, DB_TIME, DB_TIME, DB_TIME },
};

#define STOP(kind) \
	" update oversight.clock set state = 'STOPPED', ended_at = $3, next_at = null" \
	" where incident_id = $4 and kind = '" kind "' and state = 'RUNNING'"

/* $10 responder: an arrival counts for whoever made it. */
const struct db_stmt sql_note_arrived = {
	"note_arrived",
	NOTE
	", i as (update oversight.incident set responder_id = $10 where id = $4)" STOP("ARRIVAL"),
	.in = { NOTE_TYPES, DB_UUID },
};
const struct db_stmt sql_note_handed_off = {
	"note_handed_off",
	NOTE STOP("WHOLE_CASE"),
	.in = { NOTE_TYPES },
};
const struct db_stmt sql_note_assigned = {
	"note_assigned",
	NOTE " update oversight.incident set responder_id = $10 where id = $4",
	.in = { NOTE_TYPES, DB_UUID },
};

/* $10 the phase that left the rapid lane. */
const struct db_stmt sql_note_phase = {
	"note_phase",
	NOTE ", i as (update oversight.incident set left_how = $10 where id = $4 and left_how = '')"
	     " update oversight.clock set state = 'CANCELLED', ended_at = $3, next_at = null"
	     " where incident_id = $4 and state = 'RUNNING'",
	.in = { NOTE_TYPES, DB_TEXT },
};

/* $2 types the caller may see; $3 districts (empty: all); $4 responder, $5 insurer ("": all);
 * after ($6, $7); $8 limit. */
const struct db_stmt sql_timeline = {
	"timeline",
	"select event_id, type, at, recorded_at, summary from oversight.timeline"
	" where incident_id = $1 and type = any ($2)"
	"  and ($3::text[] = '{}' or district = any ($3))"
	"  and ($4 = '' or responder_id = $4) and ($5 = '' or insurer = $5)"
	"  and ($7::uuid is null or (recorded_at, event_id) > ($6, $7))"
	" order by recorded_at, event_id limit $8",
	.in = { DB_UUID, DB_TEXTS, DB_TEXTS, DB_TEXT, DB_TEXT, DB_TIME, DB_UUID, DB_I64 },
	.out = { DB_UUID, DB_TEXT, DB_TIME, DB_TIME, DB_JSON },
};

const struct db_stmt sql_timeline_known = {
	"timeline_known",
	"select district from oversight.incident where id = $1",
	.in = { DB_UUID },
	.out = { DB_TEXT },
};

const struct db_stmt sql_due_clock = {
	"due_clock",
	"select c.incident_id, c.kind, c.due_at, i.district"
	" from oversight.clock c join oversight.incident i on i.id = c.incident_id"
	" where c.next_at <= $1 order by c.next_at limit 1 for update of c skip locked",
	.in = { DB_TIME },
	.out = { DB_UUID, DB_TEXT, DB_TIME, DB_TEXT },
};

const struct db_stmt sql_warn_clock = {
	"warn_clock",
	"update oversight.clock set warned_at = $3, next_at = due_at"
	" where incident_id = $1 and kind = $2",
	.in = { DB_UUID, DB_TEXT, DB_TIME },
};

/* Once per clock, whatever happens: the escalation's key is the clock's. $6 next level. */
const struct db_stmt sql_escalate_clock = {
	"escalate_clock",
	"with c as (update oversight.clock set escalated_at = $3, next_at = null"
	"  where incident_id = $1 and kind = $2 returning incident_id, kind, due_at)"
	" insert into oversight.escalation (id, incident_id, kind, district, due_at, raised_at,"
	"  level_at, next_level_at) select $4, incident_id, kind, $5, due_at, $3, $3, $6 from c"
	" on conflict (incident_id, kind) do nothing returning id",
	.in = { DB_UUID, DB_TEXT, DB_TIME, DB_UUID, DB_TEXT, DB_TIME },
	.out = { DB_UUID },
};

#define ESCALATION_COLUMNS \
	" id, incident_id, district, kind, due_at, raised_at, level, level_at, acknowledged_at," \
	" acknowledged_by, note"
#define ESCALATION_TYPES \
	DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TIME, DB_TIME, DB_I32, DB_TIME, DB_TIME, DB_TEXT, \
		DB_TEXT

const struct db_stmt sql_due_level = {
	"due_level",
	"select" ESCALATION_COLUMNS " from oversight.escalation where next_level_at <= $1"
	" order by next_level_at limit 1 for update skip locked",
	.in = { DB_TIME },
	.out = { ESCALATION_TYPES },
};

const struct db_stmt sql_raise_level = {
	"raise_level",
	"update oversight.escalation set level = level + 1, level_at = $2, next_level_at = null"
	" where id = $1",
	.in = { DB_UUID, DB_TIME },
};

/* $1 open only, $2 level at least, $3 district, $4 the caller's districts, before id $5. */
const struct db_stmt sql_list_escalations = {
	"list_escalations",
	"select" ESCALATION_COLUMNS " from oversight.escalation"
	" where (not $1 or acknowledged_at is null) and level >= $2"
	"  and ($3 = '' or district = $3) and ($4::text[] = '{}' or district = any ($4))"
	"  and ($5::uuid is null or id < $5)"
	" order by id desc limit $6",
	.in = { DB_BOOL, DB_I32, DB_TEXT, DB_TEXTS, DB_UUID, DB_I64 },
	.out = { ESCALATION_TYPES },
};

const struct db_stmt sql_lock_escalation = {
	"lock_escalation",
	"select" ESCALATION_COLUMNS " from oversight.escalation where id = $1 for update",
	.in = { DB_UUID },
	.out = { ESCALATION_TYPES },
};

const struct db_stmt sql_acknowledge = {
	"acknowledge",
	"update oversight.escalation set acknowledged_at = $2, acknowledged_by = $3, note = $4,"
	" next_level_at = null where id = $1",
	.in = { DB_UUID, DB_TIME, DB_TEXT, DB_TEXT },
};

/* Figures of one clock: a (arrival) or w (whole case); `took` is its duration in seconds. */
#define FIGURES(k) \
	" count(*) filter (where " k ".state = 'STOPPED')," \
	" count(*) filter (where " k ".state = 'STOPPED' and " k ".ended_at <= " k \
	".due_at)," PERCENTILE(k, "0.5") PERCENTILE(k, "0.9") PERCENTILE(k, \
		"0.99") " coalesce(avg(" k ".took), 0), coalesce(max(" k ".took), 0)," \
			" count(*) filter (where " k ".state = 'RUNNING' and " k ".due_at <= $6)," \
			" count(*) filter (where " k ".state = 'RUNNING' and " k ".due_at > $6)," \
			" count(*) filter (where " k \
			".state = 'CANCELLED' and i.left_how = 'MERGED')," \
			" count(*) filter (where " k \
			".state = 'CANCELLED' and i.left_how = 'CANCELLED')," \
			" count(*) filter (where " k ".state = 'CANCELLED'" \
			"  and i.left_how not in ('MERGED', 'CANCELLED'))"
#define PERCENTILE(k, p) " coalesce(percentile_cont(" p ") within group (order by " k ".took), 0),"
#define FIGURES_TYPES \
	DB_I64, DB_I64, DB_F64, DB_F64, DB_F64, DB_F64, DB_F64, DB_I64, DB_I64, DB_I64, DB_I64, \
		DB_I64
#define CLOCK(kind) \
	" left join lateral (select *, case when state = 'STOPPED' then" \
	"   extract(epoch from ended_at - started_at)::float8 end as took" \
	"  from oversight.clock where incident_id = i.id and kind = '" kind "')"

/* Accepted from $1 to before $2; by district $3, hour $4, responder $5; as of $6; the caller's
 * districts $7. The total comes first, then each group. Percentiles are over every single case. */
const struct
	db_stmt
		sql_sla = {
			"sla",
			"select coalesce(g.district, ''), g.hour, coalesce(g.responder, ''), "
			"count(*),"
			" count(*) filter (where i.self_initiated)," FIGURES("a") "," FIGURES("w") " from oversight.incident i" CLOCK(
				"ARRIVAL") " a on true" CLOCK("WHOLE_CASE") " w on true"
									    " cross join lateral "
									    "(select case when $3 "
									    "then i.district end "
									    "as district,"
									    "  case when $4 then "
									    "extract(hour from "
									    "i.accepted_at at time "
									    "zone "
									    "'Asia/Shanghai')::int"
									    "   end as hour,"
									    "  case when $5 then "
									    "coalesce(i.responder_"
									    "id::text, '') end as "
									    "responder,"
									    "  $3 or $4 or $5 as "
									    "wanted) g"
									    " where i.accepted_at "
									    ">= $1 and "
									    "i.accepted_at < $2 "
									    "and i.lane = 'RAPID'"
									    "  and ($7::text[] = "
									    "'{}' or i.district = "
									    "any ($7))"
									    " group by grouping "
									    "sets ((), (g.wanted, "
									    "g.district, g.hour, "
									    "g.responder))"
									    " having "
									    "grouping(g.wanted) = "
									    "1 or g.wanted"
									    " order by "
									    "grouping(g.wanted) "
									    "desc, 1, 2, 3 limit "
									    "5001",
			.in = { DB_TIME, DB_TIME, DB_BOOL, DB_BOOL, DB_BOOL, DB_TIME, DB_TEXTS },
			.out = { DB_TEXT, DB_I32, DB_TEXT, DB_I64, DB_I64, FIGURES_TYPES,
				FIGURES_TYPES },
		};

const struct db_stmt sql_other_lanes = {
	"other_lanes",
	"select count(*) from oversight.incident where accepted_at >= $1 and accepted_at < $2"
	" and lane <> 'RAPID' and ($3::text[] = '{}' or district = any ($3))",
	.in = { DB_TIME, DB_TIME, DB_TEXTS },
	.out = { DB_I64 },
};

const struct db_stmt sql_keep_partitions = {
	"keep_partitions",
	"select oversight.keep_timeline_partitions($1)",
	.in = { DB_TIME },
	.out = { DB_I32 },
};

const struct db_stmt *const oversight_statements[] = {
	&sql_note,
	&sql_note_reported,
	&sql_note_arrived,
	&sql_note_handed_off,
	&sql_note_assigned,
	&sql_note_phase,
	&sql_timeline,
	&sql_timeline_known,
	&sql_due_clock,
	&sql_warn_clock,
	&sql_escalate_clock,
	&sql_due_level,
	&sql_raise_level,
	&sql_list_escalations,
	&sql_lock_escalation,
	&sql_acknowledge,
	&sql_sla,
	&sql_other_lanes,
	&sql_keep_partitions,
	NULL,
};

const char *clock_name(Pb__ClockKind__Value kind)
{
	return protobuf_c_enum_descriptor_get_value(&pb__clock_kind__value__descriptor, (int)kind)
		->name;
}

Pb__ClockKind__Value clock_of(const char *name)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(
		&pb__clock_kind__value__descriptor, name);
	return v ? (Pb__ClockKind__Value)v->value : PB__CLOCK_KIND__VALUE__UNSPECIFIED;
}

Pb__Escalation *read_escalation(const struct db_rows *r, size_t row)
{
	Pb__Escalation *e = ARENA_NEW(r->arena, Pb__Escalation);

	if (!e)
		return NULL;
	pb__escalation__init(e);
	e->escalation_id = db_get_text(r, row, 0);
	e->incident_id = db_get_text(r, row, 1);
	e->district = db_get_text(r, row, 2);
	e->clock = clock_of(db_get_text(r, row, 3));
	e->due_at = db_get_i64(r, row, 4);
	e->raised_at = db_get_i64(r, row, 5);
	e->level = (uint32_t)db_get_i32(r, row, 6);
	e->level_at = db_get_i64(r, row, 7);
	e->acknowledged_at = db_get_i64(r, row, 8);
	e->acknowledged_by = db_get_text(r, row, 9);
	e->note = db_get_text(r, row, 10);
	return e;
}
