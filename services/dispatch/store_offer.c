/* store_offer.c - offers: made, found, ended. */
#include <string.h>
#include "dispatch/store.h"

#define OFFER_FIELDS \
	" o.id, o.incident_id, o.responder_id, o.made_at, o.expires_at, coalesce(o.outcome, '')," \
	" o.ended_at, o.eta_s, o.distance_m, i.case_no, i.place, i.lon, i.lat, i.promised_at," \
	" i.district, o.lead, o.replaces_id, o.leaves_id, o.agreed_at, i.region"
#define OFFER_FROM " from dispatch.offer o join dispatch.incident i on i.id = o.incident_id"
#define OFFER_COLUMNS OFFER_FIELDS OFFER_FROM
#define OFFER_TYPES \
	DB_UUID, DB_UUID, DB_UUID, DB_TIME, DB_TIME, DB_TEXT, DB_TIME, DB_F64, DB_F64, DB_TEXT, \
		DB_TEXT, DB_F64, DB_F64, DB_TIME, DB_TEXT, DB_BOOL, DB_UUID, DB_UUID, DB_TIME, \
		DB_TEXT

enum { OFFER_FIELD_COUNT = 20 };

/* $24 replaces, $25 leaves (assignments), $26 region, $27 owner, $28 epoch, $29 plan, $30 digest
 * and $31 inputs of a plan not written yet. The lease is held, the incident waits (or the one to be
 * replaced is under way), the responder is available (or under way), or nothing happens at all. */
const struct db_stmt sql_make_offer = {
	"make_offer",
	"with l as (select epoch from dispatch.region_lease where region = $26 and owner = $27"
	"   and epoch = $28 for share),"
	" i as (update dispatch.incident i set state_at = $4, warned_nobody_at = null,"
	"   n_open = n_open + case when $24::uuid is null then 1 else 0 end"
	"  where i.id = $2 and i.phase = 'OPEN' and exists (select from l)"
	"   and case when $24::uuid is null then i.state = 'WAITING' else exists (select"
	"    from dispatch.assignment a where a.id = $24 and a.incident_id = i.id"
	"    and a.ended_at is null and a.arrived_at is null) end"
	"  returning i.id, i.n_live = 0 and i.n_open < 2 as first),"
	" r as (update dispatch.responder r set"
	"   status = case when $25::uuid is null then 'OFFERED' else r.status end,"
	"   status_at = case when $25::uuid is null then $4 else r.status_at end,"
	"   incident_id = case when $25::uuid is null then $2 else r.incident_id end"
	"  where r.id = $3 and not r.disabled and r.region = $26 and exists (select from i)"
	"   and case when $25::uuid is null then r.status = 'AVAILABLE'"
	"    else r.status = 'EN_ROUTE' and exists (select from dispatch.assignment a"
	"     where a.id = $25 and a.responder_id = r.id and a.ended_at is null"
	"     and a.arrived_at is null) end"
	"  returning r.id),"
	" p as (insert into dispatch.plan (id, at, region, epoch, digest, inputs)"
	"  select $29, $4, $26, $28, $30, $31 from r where $31::bytea is not null),"
	" d as (insert into dispatch.decision (id, incident_id, at, kind, policy, policy_version,"
	"   chosen_id, candidates, plan_id) select $8, $2, $4,"
	"   case when coalesce($24, $25) is null then 'OFFER' else 'HAND_OVER' end, $9, $10, $3,"
	"   $11, $29 from r returning id),"
	" o as (insert into dispatch.offer (id, incident_id, responder_id, decision_id, made_at,"
	"   expires_at, eta_s, distance_m, lead, replaces_id, leaves_id)"
	"  select $1, $2, $3, d.id, $4, $5, $6, $7, case when $24::uuid is null then i.first"
	"    else (select a.lead from dispatch.assignment a where a.id = $24) end, $24, $25"
	"  from d, i returning id, leaves_id),"
	" e as (insert into dispatch.outbox (id, type, key, district, body, trace)"
	"  select $12, $13, $14, $15, $16, $17 from o"
	"  union all select $18, $19, $20, $21, $22, $23 from o where o.leaves_id is null)"
	" select id from o",
	.in = { DB_UUID, DB_UUID, DB_UUID, DB_TIME, DB_TIME, DB_F64, DB_F64, DB_UUID, DB_TEXT,
		DB_I32, DB_JSON, EVENT_TYPES, EVENT_TYPES, DB_UUID, DB_UUID, DB_TEXT, DB_UUID,
		DB_I64, DB_UUID, DB_BYTES, DB_BYTES },
	.out = { DB_UUID },
};

Pb__Code store_make_offer(struct call *c, const struct new_offer *o)
{
	struct db_rows r;
	struct event_row made = event_pack(c, o->made), status = event_pack(c, o->status);
	Pb__Code e = db_run(c, &sql_make_offer, &r,
		DB_ARGS(db_uuid(o->id), db_uuid(o->incident->id), db_uuid(o->responder_id),
			db_time(c->at_us), db_time(o->expires_us), db_f64(o->eta_s),
			db_f64(o->distance_m), db_uuid(o->decision_id), db_text(o->plan.policy),
			db_i32(o->plan.policy_version), db_json(o->candidates), EVENT_ARGS(made),
			EVENT_ARGS(status), db_uuid_or_null(o->replaces_id),
			db_uuid_or_null(o->leaves_id), db_text(o->incident->region),
			db_uuid(o->plan.owner), db_i64(o->plan.epoch), db_uuid(o->plan.id),
			o->plan.id ? db_bytes(o->plan.digest, 32) : db_null(DB_BYTES),
			o->plan.id && !o->plan.written
				? db_bytes(o->plan.inputs, o->plan.inputs_len)
				: db_null(DB_BYTES)));
	if (e)
		return e;
	if (!r.n)
		return call_fail(
			c, PB__CODE__BUSY, "responder '%s' was taken meanwhile", o->responder_id);
	return PB__CODE__OK;
}

static Pb__OfferOutcome__Value outcome_of(const char *name)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(
		&pb__offer_outcome__value__descriptor, name);
	return v ? (Pb__OfferOutcome__Value)v->value : PB__OFFER_OUTCOME__VALUE__UNSPECIFIED;
}

static Pb__Code read_offer(struct call *c, const struct db_rows *r, size_t i, struct offer_row *ret)
{
	Pb__Offer *o = ARENA_NEW(c->arena, Pb__Offer);

	*ret = (struct offer_row){ .district = "", .replaces_id = "", .leaves_id = "" };
	if (i >= r->n)
		return PB__CODE__OK;
	if (!o)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	pb__offer__init(o);
	o->offer_id = db_get_text(r, i, 0);
	o->incident_id = db_get_text(r, i, 1);
	o->responder_id = db_get_text(r, i, 2);
	o->made_at = db_get_i64(r, i, 3);
	o->expires_at = db_get_i64(r, i, 4);
	o->outcome = outcome_of(db_get_text(r, i, 5));
	o->ended_at = db_get_i64(r, i, 6);
	o->eta_s = db_get_f64(r, i, 7);
	o->distance_m = db_get_f64(r, i, 8);
	o->case_no = db_get_text(r, i, 9);
	o->place = db_get_text(r, i, 10);
	o->position = wgs84_position(c->arena, db_get_f64(r, i, 11), db_get_f64(r, i, 12), 0);
	o->promised_arrival_at = db_get_i64(r, i, 13);
	*ret = (struct offer_row){
		.pb = o,
		.district = db_get_text(r, i, 14),
		.replaces_id = db_get_text(r, i, 16),
		.leaves_id = db_get_text(r, i, 17),
		.region = db_get_text(r, i, 19),
	};
	o->supporting = !db_get_bool(r, i, 15);
	o->replaces = *ret->replaces_id != '\0';
	o->diverts = *ret->leaves_id != '\0';
	o->agreed_at = db_get_i64(r, i, 18);
	return PB__CODE__OK;
}

static Pb__Code find(struct call *c, const struct db_stmt *s, const char *id, struct offer_row *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, s, &r, DB_ARGS(db_uuid(id)));
	if (!e)
		e = read_offer(c, &r, 0, ret);
	if (!e && !ret->pb)
		return call_unknown(c, "offer", id);
	return e;
}

const struct db_stmt sql_lock_offer = {
	"lock_offer",
	"select" OFFER_COLUMNS " where o.id = $1 for update of i, o",
	.in = { DB_UUID },
	.out = { OFFER_TYPES },
};

Pb__Code store_lock_offer(struct call *c, const char *id, struct offer_row *ret)
{
	return find(c, &sql_lock_offer, id, ret);
}

const struct db_stmt sql_find_offer = {
	"find_offer",
	"select" OFFER_COLUMNS " where o.id = $1",
	.in = { DB_UUID },
	.out = { OFFER_TYPES },
};

Pb__Code store_find_offer(struct call *c, const char *id, struct offer_row *ret)
{
	return find(c, &sql_find_offer, id, ret);
}

const struct db_stmt sql_open_offer = {
	"open_offer",
	"select" OFFER_FIELDS ", count(*) over () > 1" OFFER_FROM
	" where o.outcome is null and (o.incident_id = $1 or o.responder_id = $2"
	"  or o.replaces_id = $3 or o.leaves_id = $4) order by o.lead desc, o.made_at, o.id limit "
	"1",
	.in = { DB_UUID, DB_UUID, DB_UUID, DB_UUID },
	.out = { OFFER_TYPES, DB_BOOL },
};

static Pb__Code open_offer(struct call *c, struct db_arg (*id)[4], struct offer_row *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_open_offer, &r, *id, 4);

	if (!e)
		e = read_offer(c, &r, 0, ret);
	if (!e && ret->pb)
		ret->more = db_get_bool(&r, 0, OFFER_FIELD_COUNT);
	return e;
}

Pb__Code store_open_offer(struct call *c, enum offer_by by, const char *id, struct offer_row *ret)
{
	struct db_arg args[4] = { db_uuid(NULL), db_uuid(NULL), db_uuid(NULL), db_uuid(NULL) };

	args[by] = db_uuid(id);
	return open_offer(c, &args, ret);
}

/* The one to do without first: a supporter's before the lead's. */
const struct db_stmt sql_newest_offer = {
	"newest_offer",
	"select" OFFER_COLUMNS " where o.outcome is null and o.incident_id = $1"
	" and o.replaces_id is null order by o.lead, o.made_at desc, o.id limit 1",
	.in = { DB_UUID },
	.out = { OFFER_TYPES },
};

Pb__Code store_newest_offer(struct call *c, const char *incident, struct offer_row *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_newest_offer, &r, DB_ARGS(db_uuid(incident)));
	return e ? e : read_offer(c, &r, 0, ret);
}

/* Of our regions alone; the lease is locked with it. An offer agreed to doesn't lapse: it ends with
 * the one that was to take over. */
const struct db_stmt sql_lock_due_offer = {
	"lock_due_offer",
	"select" OFFER_COLUMNS
	" join dispatch.region_lease l on l.region = i.region and l.owner = $2"
	" where o.outcome is null and o.agreed_at is null and o.expires_at <= $1"
	" order by o.expires_at limit 1 for update of i, o skip locked for share of l",
	.in = { DB_TIME, DB_UUID },
	.out = { OFFER_TYPES },
};

Pb__Code store_lock_due_offer(
	struct call *c, const char *owner, struct offer_row *ret, bool *ret_found)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_lock_due_offer, &r, DB_ARGS(db_time(c->at_us), db_uuid(owner)));
	if (!e)
		e = read_offer(c, &r, 0, ret);
	*ret_found = !e && ret->pb;
	return e;
}

/* A responder under way stays so. */
const struct db_stmt sql_end_offer = {
	"end_offer",
	"with o as (update dispatch.offer set outcome = $2, ended_at = $3, reason = $4"
	"  where id = $1 and outcome is null returning incident_id, responder_id, replaces_id),"
	" r as (update dispatch.responder r set status = $5, status_at = $3, incident_id = null"
	"  from o where r.id = o.responder_id and r.status = 'OFFERED'),"
	" i as (update dispatch.incident i set n_open = i.n_open - 1, state_at = $3,"
	"   next_try_at = greatest($3, i.hold_until)"
	"  from o where i.id = o.incident_id and o.replaces_id is null)"
	" select incident_id from o",
	.in = { DB_UUID, DB_TEXT, DB_TIME, DB_TEXT, DB_TEXT },
	.out = { DB_UUID },
};

Pb__Code store_end_offer(
	struct call *c, const char *id, const char *outcome, const char *reason, const char *status)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_end_offer, &r,
		DB_ARGS(db_uuid(id), db_text(outcome), db_time(c->at_us), db_text(reason),
			db_text(status)));
	if (e)
		return e;
	if (!r.n)
		return call_fail(c, PB__CODE__CONFLICT, "offer '%s' has ended already", id);
	return PB__CODE__OK;
}

const struct db_stmt sql_agree_offer = {
	"agree_offer",
	"update dispatch.offer set agreed_at = $2 where id = $1 and agreed_at is null",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_agree_offer(struct call *c, const char *id)
{
	return db_run(c, &sql_agree_offer, NULL, DB_ARGS(db_uuid(id), db_time(c->at_us)));
}
