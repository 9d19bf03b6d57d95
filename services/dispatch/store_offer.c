/* store_offer.c - offers: made, found, ended. */
#include <string.h>
#include "dispatch/store.h"

#define OFFER_COLUMNS \
	" o.id, o.incident_id, o.responder_id, o.made_at, o.expires_at, coalesce(o.outcome, '')," \
	" o.ended_at, o.eta_s, o.distance_m, i.case_no, i.place, i.lon, i.lat, i.promised_at," \
	" i.district from dispatch.offer o join dispatch.incident i on i.id = o.incident_id"
#define OFFER_TYPES \
	DB_UUID, DB_UUID, DB_UUID, DB_TIME, DB_TIME, DB_TEXT, DB_TIME, DB_F64, DB_F64, DB_TEXT, \
		DB_TEXT, DB_F64, DB_F64, DB_TIME, DB_TEXT

/* The incident waits and the responder is available, or nothing happens at all. */
const struct db_stmt sql_make_offer = {
	"make_offer",
	"with i as (update dispatch.incident set state = 'OFFERED', state_at = $4,"
	"   warned_nobody_at = null where id = $2 and state = 'WAITING' returning id),"
	" r as (update dispatch.responder set status = 'OFFERED', status_at = $4, incident_id = $2"
	"  where id = $3 and status = 'AVAILABLE' and not disabled and exists (select from i)"
	"  returning id),"
	" d as (insert into dispatch.decision (id, incident_id, at, kind, policy, policy_version,"
	"   chosen_id, candidates) select $8, $2, $4, 'OFFER', $9, $10, $3, $11 from r"
	"  returning id),"
	" o as (insert into dispatch.offer (id, incident_id, responder_id, decision_id, made_at,"
	"   expires_at, eta_s, distance_m) select $1, $2, $3, d.id, $4, $5, $6, $7 from d"
	"  returning id),"
	" e as (insert into dispatch.outbox (id, type, key, district, body, trace)"
	"  select $12, $13, $14, $15, $16, $17 from o"
	"  union all select $18, $19, $20, $21, $22, $23 from o)"
	" select id from o",
	.in = { DB_UUID, DB_UUID, DB_UUID, DB_TIME, DB_TIME, DB_F64, DB_F64, DB_UUID, DB_TEXT,
		DB_I32, DB_JSON, EVENT_TYPES, EVENT_TYPES },
	.out = { DB_UUID },
};

Pb__Code store_make_offer(struct call *c, const struct new_offer *o)
{
	struct db_rows r;
	struct event_row made = event_pack(c, o->made), status = event_pack(c, o->status);
	Pb__Code e = db_run(c, &sql_make_offer, &r,
		DB_ARGS(db_uuid(o->id), db_uuid(o->incident->id), db_uuid(o->responder_id),
			db_time(c->at_us), db_time(o->expires_us), db_f64(o->eta_s),
			db_f64(o->distance_m), db_uuid(o->decision_id), db_text(ENGINE_POLICY),
			db_i32(ENGINE_POLICY_VERSION), db_json(o->candidates), EVENT_ARGS(made),
			EVENT_ARGS(status)));
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

static Pb__Code read_offer(struct call *c, const struct db_rows *r, struct offer_row *ret)
{
	Pb__Offer *o = ARENA_NEW(c->arena, Pb__Offer);

	*ret = (struct offer_row){ .district = "" };
	if (!r->n)
		return PB__CODE__OK;
	if (!o)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	pb__offer__init(o);
	o->offer_id = db_get_text(r, 0, 0);
	o->incident_id = db_get_text(r, 0, 1);
	o->responder_id = db_get_text(r, 0, 2);
	o->made_at = db_get_i64(r, 0, 3);
	o->expires_at = db_get_i64(r, 0, 4);
	o->outcome = outcome_of(db_get_text(r, 0, 5));
	o->ended_at = db_get_i64(r, 0, 6);
	o->eta_s = db_get_f64(r, 0, 7);
	o->distance_m = db_get_f64(r, 0, 8);
	o->case_no = db_get_text(r, 0, 9);
	o->place = db_get_text(r, 0, 10);
	o->position = wgs84_position(c->arena, db_get_f64(r, 0, 11), db_get_f64(r, 0, 12), 0);
	o->promised_arrival_at = db_get_i64(r, 0, 13);
	*ret = (struct offer_row){ .pb = o, .district = db_get_text(r, 0, 14) };
	return PB__CODE__OK;
}

static Pb__Code find(struct call *c, const struct db_stmt *s, const char *id, struct offer_row *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, s, &r, DB_ARGS(db_uuid(id)));
	if (!e)
		e = read_offer(c, &r, ret);
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
	"select" OFFER_COLUMNS
	" where o.outcome is null and (o.incident_id = $1 or o.responder_id = $2) limit 1",
	.in = { DB_UUID, DB_UUID },
	.out = { OFFER_TYPES },
};

Pb__Code store_open_offer(
	struct call *c, const char *incident, const char *responder, struct offer_row *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_open_offer, &r, DB_ARGS(db_uuid(incident), db_uuid(responder)));
	return e ? e : read_offer(c, &r, ret);
}

const struct db_stmt sql_lock_due_offer = {
	"lock_due_offer",
	"select" OFFER_COLUMNS " where o.outcome is null and o.expires_at <= $1"
	" order by o.expires_at limit 1 for update of i, o skip locked",
	.in = { DB_TIME },
	.out = { OFFER_TYPES },
};

Pb__Code store_lock_due_offer(struct call *c, struct offer_row *ret, bool *ret_found)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_lock_due_offer, &r, DB_ARGS(db_time(c->at_us)));
	if (!e)
		e = read_offer(c, &r, ret);
	*ret_found = !e && ret->pb;
	return e;
}

const struct db_stmt sql_end_offer = {
	"end_offer",
	"with o as (update dispatch.offer set outcome = $2, ended_at = $3, reason = $4"
	"  where id = $1 and outcome is null returning incident_id, responder_id),"
	" r as (update dispatch.responder r set status = $5, status_at = $3, incident_id = null"
	"  from o where r.id = o.responder_id and r.status = 'OFFERED'),"
	" i as (update dispatch.incident i set state = 'WAITING', state_at = $3, next_try_at = $3"
	"  from o where i.id = o.incident_id and i.state = 'OFFERED')"
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
