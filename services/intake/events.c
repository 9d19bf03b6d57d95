/* events.c - what other services report moves the phase, by one statement each. */
#include <string.h>
#include "intake/service.h"

struct step {
	const char *incident_id, *district;
	enum phase_cause cause;
	int64_t at;
	/* NULL: unchanged */
	const char *offered_to, *responder_id, *responder_name, *insurer, *only_if;
	int64_t assigned_at;
};

static Pb__Code bind_step(struct call *c, const struct step *s)
{
	Pb__IncidentPhaseChanged e = PB__INCIDENT_PHASE_CHANGED__INIT;
	struct event_row row;

	e.incident_id = s->incident_id;
	e.district = s->district;
	e.cause = cause_name(s->cause);
	e.at = s->at;
	row = event_pack(c, &e.base);
	db_bind(c, s->incident_id, &stmt_step_by_event,
		DB_ARGS(db_uuid(s->incident_id), db_text(e.cause), db_time(s->at),
			db_text(s->offered_to), db_text(s->responder_id),
			db_text(s->responder_name), db_text(s->insurer),
			db_time_or_null(s->assigned_at), db_text(s->only_if), EVENT_ARGS(row)));
	return c->faults.code;
}

/* The facts every such event carries. */
#define STEP(e, why) \
	.incident_id = (e)->incident_id, .district = (e)->district, .cause = (why), .at = (e)->at

static Pb__Code on_offer_made(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__OfferMade *e = (const Pb__OfferMade *)event;

	(void)info;
	return bind_step(c, &(struct step){ .incident_id = e->incident_id,
				    .district = e->district,
				    .cause = CAUSE_OFFER,
				    .at = e->made_at,
				    .offered_to = e->responder_id });
}

static Pb__Code on_responder_assigned(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__ResponderAssigned *e = (const Pb__ResponderAssigned *)event;

	(void)info;
	if (e->supporting)
		return PB__CODE__OK;
	return bind_step(
		c, &(struct step){ STEP(e, CAUSE_ASSIGN), .offered_to = "",
			   .responder_id = e->responder_id, .responder_name = e->responder_name,
			   .insurer = e->insurer, .assigned_at = e->at });
}

static Pb__Code on_responder_arrived(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__ResponderArrived *e = (const Pb__ResponderArrived *)event;

	(void)info;
	return bind_step(c, &(struct step){ STEP(e, CAUSE_ARRIVE) });
}

/* Given back or undone: the incident waits for another. Cleared and cancelled say nothing new here,
 * and who did the work stays on record; who replaced him is told by his own assignment. */
static Pb__Code on_assignment_ended(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__AssignmentEnded *e = (const Pb__AssignmentEnded *)event;

	(void)info;
	if (e->supporting || (e->how != PB__ASSIGNMENT_END__VALUE__RELEASED &&
				     e->how != PB__ASSIGNMENT_END__VALUE__UNDONE))
		return PB__CODE__OK;
	return bind_step(
		c, &(struct step){ STEP(e, CAUSE_RELEASE), .responder_id = "", .responder_name = "",
			   .insurer = "", .only_if = e->responder_id });
}

static Pb__Code on_scene_submitted(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__SceneSubmitted *e = (const Pb__SceneSubmitted *)event;

	(void)info;
	return bind_step(c, &(struct step){ STEP(e, CAUSE_SUBMIT) });
}

static Pb__Code on_review_diverted(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__ReviewDiverted *e = (const Pb__ReviewDiverted *)event;

	(void)info;
	if (strcmp(e->where, "retake") == 0)
		return bind_step(c, &(struct step){ STEP(e, CAUSE_RETAKE) });
	if (strcmp(e->where, "to_officer") == 0)
		return bind_step(c, &(struct step){ STEP(e, CAUSE_REVIEW_TO_OFFICER) });
	if (strcmp(e->where, "to_general") == 0)
		return bind_step(c, &(struct step){ STEP(e, CAUSE_REVIEW_TO_GENERAL) });
	return call_fail(c, PB__CODE__INVALID, "a review can't be diverted to '%s'", e->where);
}

static Pb__Code on_determination_made(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__DeterminationMade *e = (const Pb__DeterminationMade *)event;

	(void)info;
	return bind_step(c, &(struct step){ STEP(e, CAUSE_DETERMINE) });
}

static Pb__Code on_settlement_computed(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__SettlementComputed *e = (const Pb__SettlementComputed *)event;

	(void)info;
	return bind_step(c, &(struct step){ STEP(e, CAUSE_ASSESS) });
}

static Pb__Code on_claims_handed_off(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__ClaimsHandedOff *e = (const Pb__ClaimsHandedOff *)event;

	(void)info;
	return bind_step(c, &(struct step){ STEP(e, CAUSE_HAND_OFF) });
}

/* Settled, and with that closed: two steps, so a transaction of its own. */
static Pb__Code on_claims_settled(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__ClaimsSettled *e = (const Pb__ClaimsSettled *)event;
	struct incident i;
	Pb__Code code = store_lock_incident(c, e->incident_id, &i);

	(void)info;
	if (code || !phase_next(i.phase, CAUSE_SETTLE))
		return code;
	code = move_incident(c, &i, CAUSE_SETTLE, NULL);
	return code ? code : move_incident(c, &i, CAUSE_CLOSE, "");
}

const struct event_handler intake_events[] = {
	{ .type = &pb__offer_made__descriptor, .bind = on_offer_made },
	{ .type = &pb__responder_assigned__descriptor, .bind = on_responder_assigned },
	{ .type = &pb__responder_arrived__descriptor, .bind = on_responder_arrived },
	{ .type = &pb__assignment_ended__descriptor, .bind = on_assignment_ended },
	{ .type = &pb__scene_submitted__descriptor, .bind = on_scene_submitted },
	{ .type = &pb__review_diverted__descriptor, .bind = on_review_diverted },
	{ .type = &pb__determination_made__descriptor, .bind = on_determination_made },
	{ .type = &pb__settlement_computed__descriptor, .bind = on_settlement_computed },
	{ .type = &pb__claims_handed_off__descriptor, .bind = on_claims_handed_off },
	{ .type = &pb__claims_settled__descriptor, .run = on_claims_settled },
	{ 0 },
};
