/* moves.c - how offers and assignments begin and end, with every row and event that follows. */
#include <string.h>
#include "dispatch/dispatch.h"

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

Pb__Code end_offer(struct call *c, const struct offer_row *o, Pb__OfferOutcome__Value outcome,
	const char *reason, Pb__ResponderStatus__Value status)
{
	Pb__Code e = store_end_offer(
		c, o->pb->offer_id, outcome_name(outcome), reason, status_name(status));
	if (!e)
		e = tell_offer_ended(c, o, outcome, reason);
	if (!e)
		e = tell_status(c, o->pb->responder_id, o->district, status, "");
	if (!e && status == PB__RESPONDER_STATUS__VALUE__AVAILABLE)
		e = store_wake_waiting(c);
	if (e)
		return e;
	o->pb->outcome = outcome;
	o->pb->ended_at = c->at_us;
	return PB__CODE__OK;
}

Pb__Code end_assignment(struct call *c, const struct assignment_row *a,
	Pb__AssignmentEnd__Value how, const char *reason, const char *incident_then)
{
	const char *status = "";
	Pb__Code e = store_end_assignment(
		c, a->pb->assignment_id, end_name(how), reason, incident_then, &status);
	if (!e)
		e = tell_assignment_ended(c, a, how, reason);
	if (!e)
		e = tell_status(c, a->pb->responder_id, a->district,
			!strcmp(status, "AVAILABLE") ? PB__RESPONDER_STATUS__VALUE__AVAILABLE
						     : PB__RESPONDER_STATUS__VALUE__OFF_DUTY,
			"");
	if (!e)
		e = store_wake_waiting(c);
	if (e)
		return e;
	a->pb->ended_at = c->at_us;
	a->pb->how = how;
	a->pb->end_reason = reason;
	return PB__CODE__OK;
}

Pb__Code assign(struct call *c, const struct new_assignment *a, const char *district,
	const Pb__Responder *r)
{
	Pb__Code e = store_assign(c, a);
	if (!e)
		e = tell_assigned(c, a, district, r);
	if (!e)
		e = tell_status(c, r->responder_id, district, PB__RESPONDER_STATUS__VALUE__EN_ROUTE,
			a->incident_id);
	return e;
}

Pb__Code change_status(struct call *c, const Pb__Responder *r, Pb__ResponderStatus__Value to)
{
	Pb__Code e = store_set_status(c, r->responder_id, status_name(to));
	if (!e)
		e = tell_status(c, r->responder_id, own_district(r), to, "");
	if (!e && to == PB__RESPONDER_STATUS__VALUE__AVAILABLE)
		e = store_wake_waiting(c);
	return e;
}

Pb__Code stand_down(struct call *c, const struct responder_row *r, Pb__OfferOutcome__Value outcome,
	const char *reason)
{
	Pb__ResponderStatus__Value status = r->pb->status;
	Pb__Code e = PB__CODE__OK;

	if (status == PB__RESPONDER_STATUS__VALUE__OFFERED) {
		struct offer_row o;
		e = store_open_offer(c, NULL, r->pb->responder_id, &o);
		if (!e && o.pb)
			return end_offer(c, &o, outcome, reason,
				       PB__RESPONDER_STATUS__VALUE__OFF_DUTY)
				       ? c->faults.code
				       : store_end_shift(c, r->pb->responder_id);
	} else if (status == PB__RESPONDER_STATUS__VALUE__EN_ROUTE) {
		struct assignment_row a;
		e = store_live_assignment(c, NULL, r->pb->responder_id, &a);
		if (!e && a.pb)
			e = end_assignment(
				c, &a, PB__ASSIGNMENT_END__VALUE__RELEASED, reason, "WAITING");
	}
	if (!e && status != PB__RESPONDER_STATUS__VALUE__OFF_DUTY)
		e = change_status(c, r->pb, PB__RESPONDER_STATUS__VALUE__OFF_DUTY);
	if (!e)
		e = store_end_shift(c, r->pb->responder_id);
	return e;
}
