/* tell.c - the events dispatch emits, filled from its rows. */
#include "dispatch/arrival.h"
#include "dispatch/dispatch.h"

Pb__Code tell_status(struct call *c, const char *responder, const char *district,
	Pb__ResponderStatus__Value status, const char *incident)
{
	Pb__ResponderStatusChanged e = PB__RESPONDER_STATUS_CHANGED__INIT;

	e.responder_id = responder;
	e.district = district;
	e.status = status;
	e.at = c->at_us;
	e.incident_id = incident;
	return event_emit(c, &e.base);
}

Pb__Code tell_offer_ended(struct call *c, const struct offer_row *o,
	Pb__OfferOutcome__Value outcome, const char *reason)
{
	Pb__OfferEnded e = PB__OFFER_ENDED__INIT;

	e.offer_id = o->pb->offer_id;
	e.incident_id = o->pb->incident_id;
	e.district = o->district;
	e.responder_id = o->pb->responder_id;
	e.outcome = outcome;
	e.reason = reason;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}

Pb__Code tell_assigned(struct call *c, const struct new_assignment *a, const char *district,
	const Pb__Responder *r)
{
	Pb__ResponderAssigned e = PB__RESPONDER_ASSIGNED__INIT;

	e.assignment_id = a->id;
	e.incident_id = a->incident_id;
	e.district = district;
	e.responder_id = r->responder_id;
	e.responder_name = r->name;
	e.responder_phone = r->phone;
	e.insurer = r->insurer;
	e.at = c->at_us;
	e.eta_s = a->eta_s;
	e.by_hand = a->by_hand;
	e.bypass_reason = a->bypass_reason;
	e.supporting = a->supporting;
	return event_emit(c, &e.base);
}

Pb__Code tell_departed(struct call *c, const struct assignment_row *a)
{
	Pb__ResponderDeparted e = PB__RESPONDER_DEPARTED__INIT;

	e.assignment_id = a->pb->assignment_id;
	e.incident_id = a->pb->incident_id;
	e.district = a->district;
	e.responder_id = a->pb->responder_id;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}

Pb__Code tell_arrived(struct call *c, const char *assignment, const char *incident,
	const char *district, const char *responder, const struct arrival *how)
{
	Pb__ResponderArrived e = PB__RESPONDER_ARRIVED__INIT;
	const char *proofs[2] = { how->proofs[0], how->proofs[1] };

	e.assignment_id = assignment;
	e.incident_id = incident;
	e.district = district;
	e.responder_id = responder;
	e.at = c->at_us;
	e.proofs = proofs;
	e.n_proofs = how->n_proofs;
	e.distance_m = how->distance_m;
	e.confirmed = how->confirmed;
	return event_emit(c, &e.base);
}

/* Whoever leads now was there before he led. */
Pb__Code tell_arrival_again(struct call *c, const struct assignment_row *a)
{
	Pb__ResponderArrived e = PB__RESPONDER_ARRIVED__INIT;

	e.assignment_id = a->pb->assignment_id;
	e.incident_id = a->pb->incident_id;
	e.district = a->district;
	e.responder_id = a->pb->responder_id;
	e.at = a->pb->arrived_at;
	e.proofs = a->pb->proofs;
	e.n_proofs = a->pb->n_proofs;
	e.distance_m = a->pb->arrival_distance_m;
	e.confirmed = a->pb->arrival_confirmed;
	return event_emit(c, &e.base);
}

Pb__Code tell_assignment_ended(
	struct call *c, const struct assignment_row *a, const struct ending *how)
{
	Pb__AssignmentEnded e = PB__ASSIGNMENT_ENDED__INIT;

	e.assignment_id = a->pb->assignment_id;
	e.incident_id = a->pb->incident_id;
	e.district = a->district;
	e.responder_id = a->pb->responder_id;
	e.how = how->how;
	e.reason = how->reason;
	e.at = c->at_us;
	e.by = how->by;
	e.supporting = a->pb->supporting;
	return event_emit(c, &e.base);
}

Pb__Code tell_warning(struct call *c, const struct incident_row *in, const char *kind,
	const char *text, const struct candidate *best)
{
	Pb__DispatchWarning e = PB__DISPATCH_WARNING__INIT;

	e.incident_id = in->id;
	e.district = in->district;
	e.kind = kind;
	e.text = text;
	e.at = c->at_us;
	if (best && best->unit) {
		e.responder_id = best->unit->id;
		e.eta_s = rounded(best->travel.eta_s, 0.1);
		e.on_time_probability = rounded(best->on_time, 0.001);
	}
	return event_emit(c, &e.base);
}

Pb__Code tell_held(struct call *c, const struct incident_row *in)
{
	Pb__IncidentHeld e = PB__INCIDENT_HELD__INIT;

	e.incident_id = in->id;
	e.district = in->district;
	e.until = in->hold_until_us;
	e.reason = in->hold_reason;
	e.by = in->held_by;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}

Pb__Code tell_resumed(struct call *c, const struct incident_row *in, const char *by)
{
	Pb__IncidentResumed e = PB__INCIDENT_RESUMED__INIT;

	e.incident_id = in->id;
	e.district = in->district;
	e.by = by;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}

Pb__Code tell_queued(struct call *c, const struct incident_row *in, const char *responder,
	const char *bypass_reason)
{
	Pb__IncidentQueued e = PB__INCIDENT_QUEUED__INIT;

	e.incident_id = in->id;
	e.district = in->district;
	e.responder_id = responder;
	e.by = c->who.subject;
	e.bypass_reason = bypass_reason;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}

Pb__Code tell_unqueued(struct call *c, const char *incident, const char *district,
	const char *responder, const char *reason)
{
	Pb__IncidentUnqueued e = PB__INCIDENT_UNQUEUED__INIT;

	e.incident_id = incident;
	e.district = district;
	e.responder_id = responder;
	e.reason = reason;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}

Pb__Code tell_wanted(
	struct call *c, const struct incident_row *in, unsigned wanted, const char *reason)
{
	Pb__RespondersWanted e = PB__RESPONDERS_WANTED__INIT;

	e.incident_id = in->id;
	e.district = in->district;
	e.wanted = wanted;
	e.reason = reason;
	e.by = c->who.subject;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}
