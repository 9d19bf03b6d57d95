/* handlers_work.c - an assignment's course: depart, arrive, clear, release. */
#include <string.h>
#include "dispatch/arrival.h"
#include "dispatch/dispatch.h"

static bool may_see(const struct call *c, const struct assignment_row *a)
{
	bool staff = call_has_role(c, PB__ROLE__VALUE__DISPATCHER) ||
		     call_has_role(c, PB__ROLE__VALUE__SUPERVISOR) ||
		     call_has_role(c, PB__ROLE__VALUE__AUDITOR);

	return !strcmp(a->pb->responder_id, c->who.subject) ||
	       (staff && sees_district(c, a->district));
}

static Pb__Code hide(struct call *c, const char *id)
{
	return call_fail(c, PB__CODE__NOT_FOUND, "there is no assignment '%s'", id);
}

Pb__Code dispatch_get_assignment(
	struct call *c, const Pb__GetAssignmentRequest *in, Pb__GetAssignmentReply *out)
{
	struct assignment_row a;
	Pb__Code e = store_find_assignment(c, in->assignment_id, &a);

	if (!e && !may_see(c, &a))
		return hide(c, in->assignment_id);
	if (e)
		return e;
	out->assignment = a.pb;
	return PB__CODE__OK;
}

static Pb__Code lock_own(struct call *c, const char *id, struct assignment_row *ret)
{
	Pb__Code e = store_lock_assignment(c, id, ret);

	if (!e && strcmp(ret->pb->responder_id, c->who.subject))
		return hide(c, id);
	return e;
}

static Pb__Code refuse_ended(struct call *c, const struct assignment_row *a)
{
	const ProtobufCEnumValue *how = protobuf_c_enum_descriptor_get_value(
		&pb__assignment_end__value__descriptor, (int)a->pb->how);

	return call_fail(c, PB__CODE__CONFLICT, "assignment '%s' has ended: %s",
		a->pb->assignment_id, how ? how->name : "");
}

Pb__Code dispatch_depart(struct call *c, const Pb__DepartRequest *in, Pb__DepartReply *out)
{
	struct assignment_row a;
	Pb__Code e = lock_own(c, in->assignment_id, &a);

	if (e)
		return e;
	out->assignment = a.pb;
	if (a.pb->departed_at)
		return PB__CODE__OK;
	if (a.pb->ended_at)
		return refuse_ended(c, &a);
	if (a.pb->arrived_at)
		return call_fail(c, PB__CODE__CONFLICT, "assignment '%s' is at the scene already",
			in->assignment_id);
	e = store_depart(c, in->assignment_id);
	if (!e)
		e = tell_departed(c, &a);
	a.pb->departed_at = c->at_us;
	return e;
}

static Pb__Code position_given(struct call *c, const Pb__Position *p, struct arrival_facts *f)
{
	if (!p)
		return PB__CODE__OK;
	if (!geo_to_wgs84((int)p->datum, (struct lonlat){ p->lon, p->lat }, &f->at))
		return call_fail_field(
			c, "/position/datum", "required", "a position needs its datum");
	f->given = true;
	f->accuracy_m = p->accuracy_m;
	return PB__CODE__OK;
}

static Pb__Code arrive(struct call *c, const Pb__ArriveRequest *in, struct assignment_row *a)
{
	struct responder_row who;
	struct arrival_facts facts = { .scene = a->scene, .now_us = c->at_us };
	struct arrival how;
	Pb__Code e = position_given(c, in->position, &facts);

	if (!e)
		e = store_lock_responder(c, a->pb->responder_id, &who);
	if (e)
		return e;
	facts.newest = who.fix;
	how = arrival_judge(&facts);
	e = store_arrive(c, in->assignment_id, &how);
	if (!e)
		e = tell_arrived(c, in->assignment_id, a->pb->incident_id, a->district,
			a->pb->responder_id, &how);
	if (!e)
		e = tell_status(c, a->pb->responder_id, a->district,
			PB__RESPONDER_STATUS__VALUE__ON_SCENE, a->pb->incident_id);
	if (!e)
		e = withdraw_offers(c, REPLACING, in->assignment_id, "he has arrived");
	if (!e)
		e = withdraw_offers(c, LEAVING, in->assignment_id, "you have arrived");
	if (!e)
		e = store_find_assignment(c, in->assignment_id, a);
	return e;
}

/* The first arrival counts; a repeat is answered with it. */
Pb__Code dispatch_arrive(struct call *c, const Pb__ArriveRequest *in, Pb__ArriveReply *out)
{
	struct assignment_row a;
	Pb__Code e = lock_own(c, in->assignment_id, &a);

	if (!e && !a.pb->arrived_at)
		e = a.pb->ended_at ? refuse_ended(c, &a) : arrive(c, in, &a);
	if (e)
		return e;
	out->assignment = a.pb;
	return PB__CODE__OK;
}

Pb__Code dispatch_clear(struct call *c, const Pb__ClearRequest *in, Pb__ClearReply *out)
{
	struct assignment_row a;
	Pb__Code e = lock_own(c, in->assignment_id, &a);

	if (e)
		return e;
	out->assignment = a.pb;
	if (a.pb->how == PB__ASSIGNMENT_END__VALUE__CLEARED)
		return PB__CODE__OK;
	if (a.pb->ended_at)
		return refuse_ended(c, &a);
	if (!a.pb->arrived_at)
		return call_fail(c, PB__CODE__CONFLICT,
			"assignment '%s' has not arrived: arrive first, or release it",
			in->assignment_id);
	e = end_assignment(c, &a,
		(struct ending){ .how = PB__ASSIGNMENT_END__VALUE__CLEARED, .phase = "SERVED" });
	return e ? e : take_from_queue(c, c->who.subject);
}

/* Given back by the responder, or he is stood down by a dispatcher; the incident goes on at once.
 */
Pb__Code dispatch_release(struct call *c, const Pb__ReleaseRequest *in, Pb__ReleaseReply *out)
{
	struct assignment_row a;
	struct incident_row incident;
	bool offered;
	Pb__Code e = store_lock_assignment(c, in->assignment_id, &a);

	if (!e && !may_see(c, &a))
		return hide(c, in->assignment_id);
	if (e)
		return e;
	out->assignment = a.pb;
	if (a.pb->how == PB__ASSIGNMENT_END__VALUE__RELEASED)
		return PB__CODE__OK;
	if (a.pb->ended_at)
		return refuse_ended(c, &a);
	e = end_assignment(c, &a,
		(struct ending){ .how = PB__ASSIGNMENT_END__VALUE__RELEASED,
			.reason = in->reason,
			.by = strcmp(c->who.subject, a.pb->responder_id) ? c->who.subject : "" });
	if (!e)
		e = store_lock_incident(c, a.pb->incident_id, &incident);
	if (!e && !strcmp(incident.state, "WAITING"))
		e = offer_next(c, &incident, &offered);
	return e ? e : take_from_queue(c, a.pb->responder_id);
}
