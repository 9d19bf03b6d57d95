/* moves.c - how offers and assignments begin and end, with every row and event that follows. */
#include <string.h>
#include "dispatch/dispatch.h"

/* ---- names, and who sees what ---- */

const char *status_name(Pb__ResponderStatus__Value s)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(
		&pb__responder_status__value__descriptor, (int)s);
	return v ? v->name : "UNSPECIFIED";
}

static const char *outcome_name(Pb__OfferOutcome__Value o)
{
	return protobuf_c_enum_descriptor_get_value(&pb__offer_outcome__value__descriptor, (int)o)
		->name;
}

static const char *end_name(Pb__AssignmentEnd__Value e)
{
	return protobuf_c_enum_descriptor_get_value(&pb__assignment_end__value__descriptor, (int)e)
		->name;
}

bool sees_district(const struct call *c, const char *district)
{
	size_t n = strlen(district);

	if (!*c->who.districts)
		return true;
	for (const char *p = c->who.districts; n && (p = strstr(p, district)); p += n)
		if ((p == c->who.districts || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

const char *own_district(const Pb__Responder *r)
{
	return r->n_districts ? r->districts[0] : "";
}

/* ---- offers ---- */

/* Whoever was to leave an assignment keeps it when nobody takes it over. */
static Pb__Code keep_on_trip(struct call *c, const char *assignment)
{
	struct offer_row o;
	Pb__Code e = store_open_offer(c, LEAVING, assignment, &o);

	if (e || !o.pb)
		return e;
	return end_offer(c, &o, PB__OFFER_OUTCOME__VALUE__WITHDRAWN, "nobody takes over",
		PB__RESPONDER_STATUS__VALUE__AVAILABLE);
}

Pb__Code end_offer(struct call *c, const struct offer_row *o, Pb__OfferOutcome__Value outcome,
	const char *reason, Pb__ResponderStatus__Value status)
{
	Pb__Code e = store_end_offer(
		c, o->pb->offer_id, outcome_name(outcome), reason, status_name(status));
	if (!e)
		e = tell_offer_ended(c, o, outcome, reason);
	if (!e && !*o->leaves_id)
		e = tell_status(c, o->pb->responder_id, o->district, status, "");
	if (!e && *o->replaces_id)
		e = keep_on_trip(c, o->replaces_id);
	if (!e)
		e = status == PB__RESPONDER_STATUS__VALUE__AVAILABLE && !*o->leaves_id
			    ? store_wake_waiting(c, o->region)
			    : store_mark_region(c, o->region);
	if (e)
		return e;
	o->pb->outcome = outcome;
	o->pb->ended_at = c->at_us;
	return PB__CODE__OK;
}

Pb__Code withdraw_offers(struct call *c, enum offer_by by, const char *id, const char *reason)
{
	struct offer_row o;
	Pb__Code e = store_open_offer(c, by, id, &o);

	while (!e && o.pb) {
		bool more = o.more || *o.replaces_id;
		e = end_offer(c, &o, PB__OFFER_OUTCOME__VALUE__WITHDRAWN, reason,
			PB__RESPONDER_STATUS__VALUE__AVAILABLE);
		if (e || !more)
			return e;
		e = store_open_offer(c, by, id, &o);
	}
	return e;
}

/* ---- the end of an assignment ---- */

/* The supporter who is there first leads from now on; told as if he had just been assigned. */
static Pb__Code promote(struct call *c, const char *incident)
{
	const char *id;
	struct assignment_row a;
	struct responder_row who;
	Pb__Code e = store_promote(c, incident, &id);

	if (e || !id)
		return e;
	e = store_find_assignment(c, id, &a);
	if (!e)
		e = store_lock_responder(c, a.pb->responder_id, &who);
	if (e)
		return e;
	struct new_assignment n = { .id = id,
		.incident_id = incident,
		.responder_id = a.pb->responder_id,
		.by_hand = a.pb->by_hand,
		.bypass_reason = a.pb->bypass_reason,
		.eta_s = a.pb->eta_s };
	e = tell_assigned(c, &n, a.district, who.pb);
	return e || !a.pb->arrived_at ? e : tell_arrival_again(c, &a);
}

/* What the end means for the incident: another lead, or no more offers. */
static Pb__Code after_lead(struct call *c, const struct assignment_row *a, const struct ending *how)
{
	if (a->pb->supporting || how->how == PB__ASSIGNMENT_END__VALUE__REPLACED)
		return PB__CODE__OK;
	if (how->how == PB__ASSIGNMENT_END__VALUE__CLEARED)
		return withdraw_offers(c, OF_INCIDENT, a->pb->incident_id, "served");
	if (how->how == PB__ASSIGNMENT_END__VALUE__CANCELLED)
		return PB__CODE__OK;
	return promote(c, a->pb->incident_id);
}

/* The incident he would have been diverted to is a plain offer now. */
static Pb__Code tell_freed(struct call *c, const struct assignment_row *a, const char *status)
{
	const char *who = a->pb->responder_id;
	struct offer_row o;
	Pb__Code e;

	if (!strcmp(status, "OFFERED")) {
		e = store_open_offer(c, OF_RESPONDER, who, &o);
		return e || !o.pb
			       ? e
			       : tell_status(c, who, o.district,
					 PB__RESPONDER_STATUS__VALUE__OFFERED, o.pb->incident_id);
	}
	return tell_status(c, who, a->district,
		!strcmp(status, "AVAILABLE") ? PB__RESPONDER_STATUS__VALUE__AVAILABLE
					     : PB__RESPONDER_STATUS__VALUE__OFF_DUTY,
		"");
}

Pb__Code end_assignment(struct call *c, const struct assignment_row *a, struct ending how)
{
	const char *status = "";
	Pb__Code e;

	how.name = end_name(how.how);
	how.reason = how.reason ? how.reason : "";
	how.by = how.by ? how.by : "";
	how.phase = how.phase ? how.phase : "";
	e = store_end_assignment(c, a->pb->assignment_id, &how, &status);
	if (!e)
		e = tell_assignment_ended(c, a, &how);
	if (!e)
		e = tell_freed(c, a, status);
	if (!e)
		e = after_lead(c, a, &how);
	if (!e)
		e = store_wake_waiting(c, a->region);
	if (e)
		return e;
	a->pb->ended_at = c->at_us;
	a->pb->how = how.how;
	a->pb->end_reason = how.reason;
	return PB__CODE__OK;
}

/* ---- the beginning of one ---- */

Pb__Code assign(struct call *c, struct new_assignment *a, const struct incident_row *in,
	const Pb__Responder *r)
{
	Pb__Code e = store_assign(c, a);

	if (!e && *in->queued_for)
		e = tell_unqueued(c, in->id, in->district, in->queued_for,
			!strcmp(in->queued_for, r->responder_id) ? "assigned" : "taken_by_another");
	if (!e && in->hold_until_us)
		e = tell_resumed(c, in, "");
	if (!e)
		e = tell_assigned(c, a, in->district, r);
	if (!e)
		e = tell_status(c, r->responder_id, in->district,
			PB__RESPONDER_STATUS__VALUE__EN_ROUTE, a->incident_id);
	return e;
}

/* The first of his queue that still waits is his, now that he is free. */
Pb__Code take_from_queue(struct call *c, const char *responder)
{
	struct responder_row who;
	struct incident_row in;
	struct queue q;
	Pb__Code e = store_lock_responder(c, responder, &who);

	if (!e && who.pb->status == PB__RESPONDER_STATUS__VALUE__AVAILABLE)
		e = store_queue_of(c, responder, &q);
	else
		return e;
	for (size_t i = 0; !e && i < q.n; i++) {
		struct new_assignment a = { .id = call_uuid(c),
			.incident_id = q.items[i].incident,
			.responder_id = responder,
			.offer_id = "",
			.by_hand = true,
			.bypass_reason = q.items[i].bypass_reason,
			.assigned_by = q.items[i].queued_by };
		if (!q.items[i].ready)
			continue;
		e = store_lock_incident(c, a.incident_id, &in);
		if (e || strcmp(in.state, "WAITING"))
			continue;
		a.wanted_before = in.wanted;
		return assign(c, &a, &in, who.pb);
	}
	return e;
}

Pb__Code empty_queue(struct call *c, const char *responder, const char *reason)
{
	struct queue q;
	Pb__Code e = store_queue_of(c, responder, &q);

	for (size_t i = 0; !e && i < q.n; i++) {
		e = store_unqueue(c, q.items[i].incident);
		if (!e)
			e = store_try_later(c, q.items[i].incident, c->at_us);
		if (!e)
			e = tell_unqueued(
				c, q.items[i].incident, q.items[i].district, responder, reason);
	}
	return e;
}

/* ---- status ---- */

Pb__Code change_status(struct call *c, const Pb__Responder *r, Pb__ResponderStatus__Value to)
{
	Pb__Code e = store_set_status(c, r->responder_id, status_name(to));
	if (!e)
		e = tell_status(c, r->responder_id, own_district(r), to, "");
	if (!e && to == PB__RESPONDER_STATUS__VALUE__AVAILABLE)
		e = store_wake_waiting(c, "");
	return e ? e : store_mark_home(c, r->responder_id);
}

Pb__Code stand_down(struct call *c, const struct responder_row *r, Pb__OfferOutcome__Value outcome,
	const char *reason)
{
	Pb__ResponderStatus__Value status = r->pb->status;
	Pb__Code e = empty_queue(c, r->pb->responder_id, "off_duty");

	if (!e && status == PB__RESPONDER_STATUS__VALUE__OFFERED) {
		struct offer_row o;
		e = store_open_offer(c, OF_RESPONDER, r->pb->responder_id, &o);
		if (!e && o.pb)
			return end_offer(c, &o, outcome, reason,
				       PB__RESPONDER_STATUS__VALUE__OFF_DUTY)
				       ? c->faults.code
				       : store_end_shift(c, r->pb->responder_id);
	} else if (!e && status == PB__RESPONDER_STATUS__VALUE__EN_ROUTE) {
		struct assignment_row a;
		e = withdraw_offers(c, OF_RESPONDER, r->pb->responder_id, reason);
		if (!e)
			e = store_live_assignment(c, NULL, r->pb->responder_id, &a);
		if (!e && a.pb)
			e = end_assignment(c, &a,
				(struct ending){ .how = PB__ASSIGNMENT_END__VALUE__RELEASED,
					.reason = reason });
	}
	if (!e && status != PB__RESPONDER_STATUS__VALUE__OFF_DUTY)
		e = change_status(c, r->pb, PB__RESPONDER_STATUS__VALUE__OFF_DUTY);
	if (!e)
		e = store_end_shift(c, r->pb->responder_id);
	return e;
}
