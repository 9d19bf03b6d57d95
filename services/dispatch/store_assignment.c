/* store_assignment.c - assignments: who has which incident, and the decisions behind. */
#include <string.h>
#include "dispatch/arrival.h"
#include "dispatch/store.h"

/* With an offer it is accepted by the same statement. Whoever comes first leads. The partial unique
 * indexes refuse a second live assignment of the responder or a second lead of the incident
 * whatever the states say. */
const struct db_stmt sql_assign = {
	"assign",
	"with b as (select jsonb_build_object('wanted', $10::integer, 'holdUntil', i.hold_until,"
	"    'holdReason', i.hold_reason, 'heldBy', i.held_by, 'queue', (select to_jsonb(q)"
	"     from dispatch.queued q where q.incident_id = i.id)) as was"
	"   from dispatch.incident i where i.id = $2 and $6),"
	" o as (update dispatch.offer set outcome = 'ACCEPTED', ended_at = $4"
	"  where id = $5 and outcome is null returning id, replaces_id),"
	" r as (update dispatch.responder set status = 'EN_ROUTE', status_at = $4, incident_id = $2"
	"  where id = $3 and status in ('AVAILABLE', 'OFFERED', 'ON_BREAK') and not disabled"
	"   and ($5::uuid is null or exists (select from o)) returning id),"
	" i as (update dispatch.incident i set n_live = n_live + 1,"
	"   n_open = n_open - (select count(*) from o where o.replaces_id is null)::integer,"
	"   state_at = $4, warned_nobody_at = null, hold_until = null, hold_reason = '', held_by = "
	"''"
	"  where i.id = $2 and i.state in ('WAITING', 'OFFERED') and exists (select from r)"
	"  returning i.id),"
	" q as (delete from dispatch.queued where incident_id = $2 and exists (select from i))"
	" insert into dispatch.assignment (id, incident_id, responder_id, offer_id, by_hand,"
	"  bypass_reason, assigned_by, assigned_at, eta_s, was, lead)"
	" select $1, i.id, r.id, $5, $6, $7, $8, $4, $9, (select b.was from b), not exists (select"
	"  from dispatch.assignment a where a.incident_id = $2 and a.ended_at is null and a.lead)"
	" from r, i returning lead",
	.in = { DB_UUID, DB_UUID, DB_UUID, DB_TIME, DB_UUID, DB_BOOL, DB_TEXT, DB_TEXT, DB_F64,
		DB_I32 },
	.out = { DB_BOOL },
};

Pb__Code store_assign(struct call *c, struct new_assignment *a)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_assign, &r,
		DB_ARGS(db_uuid(a->id), db_uuid(a->incident_id), db_uuid(a->responder_id),
			db_time(c->at_us), db_uuid_or_null(a->offer_id), db_bool(a->by_hand),
			db_text(a->bypass_reason), db_text(a->assigned_by), db_f64(a->eta_s),
			db_i32((int32_t)(a->wanted_before ? a->wanted_before : 1))));
	if (e)
		return e;
	if (!r.n)
		return call_fail(c, PB__CODE__CONFLICT,
			"responder '%s' or incident '%s' is no longer free", a->responder_id,
			a->incident_id);
	a->supporting = !db_get_bool(&r, 0, 0);
	return PB__CODE__OK;
}

#define ASSIGNMENT_COLUMNS \
	" a.id, a.incident_id, a.responder_id, i.case_no, i.place, i.lon, i.lat, i.promised_at," \
	" a.assigned_at, a.eta_s, a.by_hand, a.bypass_reason, a.departed_at, a.arrived_at," \
	" a.proofs, coalesce(a.arrival_distance_m, 0), a.arrival_confirmed, a.ended_at," \
	" coalesce(a.how, ''), a.end_reason, i.district, a.lead, i.region, a.assigned_by," \
	" i.phase" \
	" from dispatch.assignment a join dispatch.incident i on i.id = a.incident_id"
#define ASSIGNMENT_TYPES \
	DB_UUID, DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_F64, DB_F64, DB_TIME, DB_TIME, DB_F64, \
		DB_BOOL, DB_TEXT, DB_TIME, DB_TIME, DB_TEXTS, DB_F64, DB_BOOL, DB_TIME, DB_TEXT, \
		DB_TEXT, DB_TEXT, DB_BOOL, DB_TEXT, DB_TEXT, DB_TEXT

static Pb__AssignmentEnd__Value end_of(const char *name)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(
		&pb__assignment_end__value__descriptor, name);
	return v ? (Pb__AssignmentEnd__Value)v->value : PB__ASSIGNMENT_END__VALUE__UNSPECIFIED;
}

static void read_course(const struct db_rows *r, Pb__Assignment *a)
{
	size_t n;
	const char *const *proofs = db_get_texts(r, 0, 14, &n);

	a->assigned_at = db_get_i64(r, 0, 8);
	a->eta_s = db_get_f64(r, 0, 9);
	a->by_hand = db_get_bool(r, 0, 10);
	a->bypass_reason = db_get_text(r, 0, 11);
	a->departed_at = db_get_i64(r, 0, 12);
	a->arrived_at = db_get_i64(r, 0, 13);
	a->proofs = arena_memdup(r->arena, proofs, n * sizeof(*proofs));
	a->n_proofs = a->proofs ? n : 0;
	a->arrival_distance_m = db_get_f64(r, 0, 15);
	a->arrival_confirmed = db_get_bool(r, 0, 16);
	a->ended_at = db_get_i64(r, 0, 17);
	a->how = end_of(db_get_text(r, 0, 18));
	a->end_reason = db_get_text(r, 0, 19);
}

static Pb__Code read_assignment(struct call *c, const struct db_rows *r, struct assignment_row *ret)
{
	Pb__Assignment *a = ARENA_NEW(c->arena, Pb__Assignment);

	*ret = (struct assignment_row){ .district = "", .region = "" };
	if (!r->n)
		return PB__CODE__OK;
	if (!a)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	pb__assignment__init(a);
	a->assignment_id = db_get_text(r, 0, 0);
	a->incident_id = db_get_text(r, 0, 1);
	a->responder_id = db_get_text(r, 0, 2);
	a->case_no = db_get_text(r, 0, 3);
	a->place = db_get_text(r, 0, 4);
	ret->scene = (struct lonlat){ db_get_f64(r, 0, 5), db_get_f64(r, 0, 6) };
	a->position = wgs84_position(c->arena, ret->scene.lon, ret->scene.lat, 0);
	a->promised_arrival_at = db_get_i64(r, 0, 7);
	read_course(r, a);
	ret->pb = a;
	ret->district = db_get_text(r, 0, 20);
	a->supporting = !db_get_bool(r, 0, 21);
	ret->region = db_get_text(r, 0, 22);
	ret->assigned_by = db_get_text(r, 0, 23);
	ret->open = !strcmp(db_get_text(r, 0, 24), "OPEN");
	return PB__CODE__OK;
}

static Pb__Code find(
	struct call *c, const struct db_stmt *s, const char *id, struct assignment_row *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, s, &r, DB_ARGS(db_uuid(id)));
	return e ? e : read_assignment(c, &r, ret);
}

const struct db_stmt sql_lock_assignment = {
	"lock_assignment",
	"select" ASSIGNMENT_COLUMNS " where a.id = $1 for update of i, a",
	.in = { DB_UUID },
	.out = { ASSIGNMENT_TYPES },
};

Pb__Code store_lock_assignment(struct call *c, const char *id, struct assignment_row *ret)
{
	Pb__Code e = find(c, &sql_lock_assignment, id, ret);
	return e || ret->pb ? e : call_unknown(c, "assignment", id);
}

const struct db_stmt sql_find_assignment = {
	"find_assignment",
	"select" ASSIGNMENT_COLUMNS " where a.id = $1",
	.in = { DB_UUID },
	.out = { ASSIGNMENT_TYPES },
};

Pb__Code store_find_assignment(struct call *c, const char *id, struct assignment_row *ret)
{
	Pb__Code e = find(c, &sql_find_assignment, id, ret);
	return e || ret->pb ? e : call_unknown(c, "assignment", id);
}

const struct db_stmt sql_assignment_of_offer = {
	"assignment_of_offer",
	"select" ASSIGNMENT_COLUMNS " where a.offer_id = $1",
	.in = { DB_UUID },
	.out = { ASSIGNMENT_TYPES },
};

Pb__Code store_assignment_of_offer(struct call *c, const char *offer, struct assignment_row *ret)
{
	return find(c, &sql_assignment_of_offer, offer, ret);
}

const struct db_stmt sql_live_assignment = {
	"live_assignment",
	"select" ASSIGNMENT_COLUMNS
	" where a.ended_at is null and (a.incident_id = $1 or a.responder_id = $2)"
	" order by a.lead desc, a.assigned_at, a.id limit 1",
	.in = { DB_UUID, DB_UUID },
	.out = { ASSIGNMENT_TYPES },
};

Pb__Code store_live_assignment(
	struct call *c, const char *incident, const char *responder, struct assignment_row *ret)
{
	struct db_rows r;
	Pb__Code e =
		db_run(c, &sql_live_assignment, &r, DB_ARGS(db_uuid(incident), db_uuid(responder)));
	return e ? e : read_assignment(c, &r, ret);
}

const struct db_stmt sql_depart = {
	"depart",
	"update dispatch.assignment set departed_at = $2 where id = $1 and departed_at is null",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_depart(struct call *c, const char *id)
{
	return db_run(c, &sql_depart, NULL, DB_ARGS(db_uuid(id), db_time(c->at_us)));
}

const struct db_stmt sql_arrive = {
	"arrive",
	"with a as (update dispatch.assignment set arrived_at = $2, proofs = $3, arrival_lon = $4,"
	"   arrival_lat = $5, arrival_accuracy_m = $6, arrival_distance_m = $7,"
	"   arrival_confirmed = $8 where id = $1 and arrived_at is null and ended_at is null"
	"  returning responder_id),"
	" r as (update dispatch.responder r set status = 'ON_SCENE', status_at = $2, trip_swaps = 0"
	"  from a where r.id = a.responder_id)"
	" select responder_id from a",
	.in = { DB_UUID, DB_TIME, DB_TEXTS, DB_F64, DB_F64, DB_F64, DB_F64, DB_BOOL },
	.out = { DB_UUID },
};

Pb__Code store_arrive(struct call *c, const char *id, const struct arrival *a)
{
	struct db_rows r;
	struct db_arg lon = db_f64(a->at.lon), lat = db_f64(a->at.lat);
	struct db_arg accuracy = db_f64(a->accuracy_m);

	lon.null = lat.null = accuracy.null = !a->known;
	Pb__Code e = db_run(c, &sql_arrive, &r,
		DB_ARGS(db_uuid(id), db_time(c->at_us), db_texts(a->proofs, a->n_proofs), lon, lat,
			accuracy, db_f64(a->distance_m), db_bool(a->confirmed)));
	if (e)
		return e;
	if (!r.n)
		return call_fail(c, PB__CODE__CONFLICT, "assignment '%s' is not under way", id);
	return PB__CODE__OK;
}

/* Who was to take over from him takes a plain offer; what he would have left for is one, too. A
 * supporter who is done is no longer wanted; a loan ends with the work. */
const struct db_stmt sql_end_assignment = {
	"end_assignment",
	"with a as (update dispatch.assignment set ended_at = $2, how = $3, end_reason = $4,"
	"   ended_by = $6 where id = $1 and ended_at is null"
	"  returning id, incident_id, responder_id, lead),"
	" o as (update dispatch.offer o set replaces_id = null, lead = a.lead from a"
	"  where o.replaces_id = a.id and o.outcome is null returning o.id),"
	" v as (update dispatch.offer o set leaves_id = case when o.agreed_at is null then null"
	"    else o.leaves_id end from a where o.leaves_id = a.id and o.outcome is null"
	"  returning o.incident_id),"
	" i as (update dispatch.incident i set n_live = i.n_live - 1,"
	"   n_open = i.n_open + (select count(*) from o)::integer,"
	"   wanted = case when $3 = 'CLEARED' and not a.lead then greatest(1, i.wanted - 1)"
	"    else i.wanted end,"
	"   swaps = i.swaps + case when $3 = 'REPLACED' then 1 else 0 end,"
	"   phase = case when i.phase = 'OPEN' and (a.lead or $5 = 'ENDED') and $5 <> '' then $5"
	"    else i.phase end, state_at = $2, next_try_at = $2"
	"  from a where i.id = a.incident_id)"
	" update dispatch.responder r set status_at = $2, "
	"  incident_id = case when r.disabled then null else (select v.incident_id from v) end,"
	"  status = case when r.disabled then 'OFF_DUTY' when exists (select from v) then 'OFFERED'"
	"   else 'AVAILABLE' end,"
	"  trip_swaps = case when $3 = 'REPLACED' then r.trip_swaps + 1 else 0 end,"
	"  region = case when $3 = 'REPLACED' or exists (select from v) then r.region else r.home "
	"end"
	" from a where r.id = a.responder_id returning r.status",
	.in = { DB_UUID, DB_TIME, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT },
	.out = { DB_TEXT },
};

Pb__Code store_end_assignment(
	struct call *c, const char *id, const struct ending *how, const char **ret_status)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_end_assignment, &r,
		DB_ARGS(db_uuid(id), db_time(c->at_us), db_text(how->name), db_text(how->reason),
			db_text(how->phase), db_text(how->by)));
	if (e)
		return e;
	if (!r.n)
		return call_fail(c, PB__CODE__CONFLICT, "assignment '%s' has ended already", id);
	*ret_status = db_get_text(&r, 0, 0);
	return PB__CODE__OK;
}

/* The supporter who came first leads when there is no lead any more. */
const struct db_stmt sql_promote = {
	"promote",
	"update dispatch.assignment set lead = true where id = (select a.id"
	"  from dispatch.assignment a where a.incident_id = $1 and a.ended_at is null"
	"  and not exists (select from dispatch.assignment l where l.incident_id = $1"
	"   and l.ended_at is null and l.lead)"
	"  order by a.arrived_at nulls last, a.assigned_at, a.id limit 1)"
	" returning id, eta_s, by_hand",
	.in = { DB_UUID },
	.out = { DB_UUID, DB_F64, DB_BOOL },
};

Pb__Code store_promote(struct call *c, const char *incident, const char **ret_assignment)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_promote, &r, DB_ARGS(db_uuid(incident)));

	*ret_assignment = !e && r.n ? db_get_text(&r, 0, 0) : NULL;
	return e;
}

/* After an undo: hold, place in a queue and number wanted as they were before. */
const struct db_stmt sql_restore = {
	"restore",
	"with a as (select incident_id, was from dispatch.assignment where id = $1"
	"   and was is not null),"
	" q as (insert into dispatch.queued select x.* from a,"
	"   jsonb_populate_record(null::dispatch.queued,"
	"    nullif(a.was -> 'queue', 'null')) x"
	"   where x.incident_id is not null on conflict do nothing)"
	" update dispatch.incident i set wanted = (a.was ->> 'wanted')::integer,"
	"  hold_until = h.until, hold_reason = case when h.until is null then ''"
	"   else a.was ->> 'holdReason' end,"
	"  held_by = case when h.until is null then '' else a.was ->> 'heldBy' end,"
	"  next_try_at = greatest($2, h.until)"
	" from a, lateral (select case when (a.was ->> 'holdUntil')::timestamptz > $2"
	"   then (a.was ->> 'holdUntil')::timestamptz end as until) h where i.id = a.incident_id",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_restore(struct call *c, const char *assignment)
{
	return db_run(c, &sql_restore, NULL, DB_ARGS(db_uuid(assignment), db_time(c->at_us)));
}
