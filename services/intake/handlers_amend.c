/* handlers_amend.c - corrects an order's facts; the lane may become stricter by it, never looser.
 */
#include <string.h>
#include "intake/difference.h"
#include "intake/service.h"
#include "intake/submission.h"
#include "kit/json.h"

/* What is given replaces, what is not stays. */
static void put_in(Pb__SubmitOrderRequest *o, const Pb__AmendOrderRequest *in)
{
	if (in->caller)
		o->caller = in->caller;
	if (in->place)
		o->place = in->place;
	if (*in->description)
		o->description = in->description;
	if (in->n_vehicles) {
		o->n_vehicles = in->n_vehicles;
		o->vehicles = in->vehicles;
	}
	if (in->casualties)
		o->casualties = in->casualties;
	if (in->n_flags) {
		o->n_flags = in->n_flags;
		o->flags = in->flags;
	}
	if (*in->weather)
		o->weather = in->weather;
	if (in->fled)
		o->fled = in->fled;
}

static Pb__Lane__Value stricter(Pb__Lane__Value a, Pb__Lane__Value b)
{
	return a > b ? a : b;
}

/* Into the stricter lane, if the phase still allows it. */
static Pb__Code follow_lane(struct call *c, struct incident *i, Pb__Lane__Value lane)
{
	enum phase_cause cause =
		lane == PB__LANE__VALUE__GENERAL ? CAUSE_LANE_GENERAL : CAUSE_LANE_OFFICER;

	if (lane == PB__LANE__VALUE__RAPID || !phase_next(i->phase, cause))
		return PB__CODE__OK;
	return move_incident(c, i, cause, NULL);
}

static Pb__Code tell(struct call *c, const struct incident *i, const struct judged *j,
	const Pb__SubmitOrderRequest *o, const Pb__AmendOrderReply *out)
{
	Pb__IncidentAmended e = PB__INCIDENT_AMENDED__INIT;

	e.incident_id = i->id;
	e.district = j->district;
	e.order_no = i->order_no;
	e.n_fields = out->n_fields;
	e.fields = out->fields;
	e.lane = out->lane;
	e.n_gates = out->n_gates;
	e.gates = out->gates;
	e.place = o->place;
	e.lon = j->at.lon;
	e.lat = j->at.lat;
	e.responder_id = i->responder_id;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}

static Pb__Code store(struct call *c, const struct incident *i, const struct judged *j,
	const Pb__SubmitOrderRequest *o, const void *before, size_t before_len,
	const Pb__AmendOrderReply *out)
{
	const struct amended a = {
		.order_no = o->order_no,
		.incident_id = i->id,
		.district = j->district,
		.lane = enum_name(&pb__lane__value__descriptor, (int)out->lane),
		.place = o->place->text,
		.phone = j->phone,
		.before = before,
		.before_len = before_len,
		.after = j->packed,
		.after_len = j->packed_len,
		.fields = out->fields,
		.n_fields = out->n_fields,
		.gates = j->hit_texts,
		.n_gates = j->n_hits,
		.plates = j->plates,
		.n_plates = j->n_plates,
		.gate_version = j->gates->version,
		.lon = j->at.lon,
		.lat = j->at.lat,
		.cell = j->cell,
	};

	return store_amend(c, &a);
}

static Pb__Code lock_amendable(
	struct call *c, const char *order_no, struct incident *i, const void **before, size_t *len)
{
	const char *id;
	Pb__Code e = store_incident_of_order(c, order_no, &id);

	if (!e)
		e = store_lock_incident(c, id, i);
	if (!e)
		e = store_lock_order(c, order_no, before, len);
	if (!e && !phase_open(i->phase))
		return call_fail(c, PB__CODE__REFUSED, "the incident is %s; reopen it first",
			phase_name(i->phase));
	return e;
}

/* The pointers of what changed; a request that changes nothing leaves everything as it is. */
static void find_changes(struct call *c, const ProtobufCMessage *before,
	const ProtobufCMessage *after, Pb__AmendOrderReply *out)
{
	const char **fields = ARENA_ARRAY(c->arena, const char *, DIFFERENCES_MAX);

	if (fields)
		out->n_fields = message_differences(
			&pb_meta_submit_order_request, before, after, c->arena, fields);
	out->fields = fields;
}

static Pb__Code apply(struct call *c, struct incident *i, const Pb__SubmitOrderRequest *o,
	const void *before, size_t before_len, Pb__AmendOrderReply *out)
{
	struct judged *j = ARENA_NEW(c->arena, struct judged);
	Pb__Code e = j ? judge_order(c, o, j)
		       : call_fail(c, PB__CODE__TOO_LARGE, "the order needs too much memory");

	if (e)
		return e;
	out->incident_id = i->id;
	out->district = j->district;
	out->lane = stricter(
		j->lane, (Pb__Lane__Value)enum_value(&pb__lane__value__descriptor, i->lane));
	out->gates = gate_hits_from_rules(c, j->gates->version, j->hits, j->n_hits);
	out->n_gates = out->gates ? j->n_hits : 0;
	if (out->n_fields) {
		e = store(c, i, j, o, before, before_len, out);
		i->version++;
		if (!e)
			e = tell(c, i, j, o, out);
		if (!e)
			e = follow_lane(c, i, out->lane);
	}
	out->phase = i->phase;
	return e;
}

Pb__Code intake_amend_run(struct call *c, const Pb__AmendOrderRequest *in, Pb__AmendOrderReply *out)
{
	struct incident i;
	const void *before;
	size_t len;
	Pb__SubmitOrderRequest *old, *o;
	Pb__Code e = lock_amendable(c, in->order_no, &i, &before, &len);

	if (e)
		return e;
	old = pb__submit_order_request__unpack(&c->arena->pb, len, before);
	o = pb__submit_order_request__unpack(&c->arena->pb, len, before);
	if (!old || !o)
		return call_fail(c, PB__CODE__TOO_LARGE, "the order needs too much memory");
	put_in(o, in);
	find_changes(c, &old->base, &o->base, out);
	return apply(c, &i, o, before, len, out);
}
