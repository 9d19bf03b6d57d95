/* events.c - what claims learns from the others: it keeps what it needs and asks nobody. */
#include "claims/claims.h"
#include "kit/json.h"

static Pb__Code on_reported(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	(void)e;
	store_bind_report(c, (const Pb__IncidentReported *)event);
	return PB__CODE__OK;
}

static Pb__Code on_phase(struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__IncidentPhaseChanged *p = (const Pb__IncidentPhaseChanged *)event;
	(void)e;
	/* Other phases are ours to cause or none of our business. */
	if (p->to == PB__PHASE__VALUE__CANCELLED || p->to == PB__PHASE__VALUE__MERGED ||
		p->to == PB__PHASE__VALUE__SELF_SETTLED)
		store_bind_end(c, p->incident_id, p->district,
			enum_name(&pb__phase__value__descriptor, (int)p->to));
	return PB__CODE__OK;
}

static Pb__Code on_assigned(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	(void)e;
	if (!((const Pb__ResponderAssigned *)event)->supporting)
		store_bind_responder(c, (const Pb__ResponderAssigned *)event);
	return PB__CODE__OK;
}

static Pb__Code on_party(struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	(void)e;
	return store_bind_party(c, (const Pb__PartyRecorded *)event);
}

static Pb__Code on_item(struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	(void)e;
	store_bind_photo(c, (const Pb__ItemAdded *)event);
	return PB__CODE__OK;
}

static Pb__Code on_determined(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	(void)e;
	return store_note_determination(c, (const Pb__DeterminationMade *)event);
}

static Pb__Code on_served(struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__DeterminationServed *d = (const Pb__DeterminationServed *)event;
	struct case_row f;
	bool found;
	(void)e;
	Pb__Code code = store_note_served(c, d);
	if (!code)
		code = store_case(c, d->incident_id, true, &f, &found);
	return code ? code : try_hand_off(c, &f);
}

const struct event_handler claims_events[] = {
	{ &pb__incident_reported__descriptor, .bind = on_reported },
	{ &pb__incident_phase_changed__descriptor, .bind = on_phase },
	{ &pb__responder_assigned__descriptor, .bind = on_assigned },
	{ &pb__party_recorded__descriptor, .bind = on_party },
	{ &pb__item_added__descriptor, .bind = on_item },
	{ &pb__determination_made__descriptor, .run = on_determined },
	{ &pb__determination_served__descriptor, .run = on_served },
	{ 0 },
};
