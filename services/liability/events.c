/* events.c - what liability keeps of other services' facts: incidents, responders, photos. */
#include <string.h>
#include "kit/json.h"
#include "liability/handlers.h"
#include "liability/store.h"

static Pb__Code incident_reported(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__IncidentReported *in = (const Pb__IncidentReported *)(const void *)event;
	(void)e;
	db_bind(c, in->incident_id, &st_incident_reported,
		DB_ARGS(db_uuid(in->incident_id), db_text(in->district), db_text(in->case_no),
			db_text(enum_name(&pb__lane__value__descriptor, (int)in->lane)),
			db_text(in->place ? in->place->text : ""), db_text(in->weather),
			db_text(in->description), db_i32((int32_t)in->n_vehicles),
			db_bool(in->casualties && in->casualties->injured > 0 &&
				in->casualties->slight_injury_all_agree),
			db_time(in->reported_at), db_text(in->responder_id)));
	return PB__CODE__OK;
}

static Pb__Code responder_assigned(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__ResponderAssigned *in = (const Pb__ResponderAssigned *)(const void *)event;
	(void)e;
	if (in->supporting)
		return PB__CODE__OK;
	db_bind(c, in->incident_id, &st_responder_assigned,
		DB_ARGS(db_uuid(in->incident_id), db_text(in->district), db_text(in->responder_id),
			db_text(in->assignment_id)));
	return PB__CODE__OK;
}

/* He who cleared the scene may still be needed for signatures; one taken off may not. */
static Pb__Code assignment_ended(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__AssignmentEnded *in = (const Pb__AssignmentEnded *)(const void *)event;
	(void)e;
	if (in->how == PB__ASSIGNMENT_END__VALUE__CLEARED)
		return PB__CODE__OK;
	db_bind(c, in->incident_id, &st_assignment_ended,
		DB_ARGS(db_uuid(in->incident_id), db_text(in->assignment_id)));
	return PB__CODE__OK;
}

static Pb__Code item_added(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__ItemAdded *in = (const Pb__ItemAdded *)(const void *)event;
	(void)e;
	if (in->verdict == PB__ITEM_VERDICT__VALUE__UNSPECIFIED)
		return call_fail(c, PB__CODE__INVALID, "a photo without verdict");
	db_bind(c, in->incident_id, &st_item_added,
		DB_ARGS(db_uuid(in->item_id), db_uuid(in->incident_id), db_text(in->slot),
			db_text(enum_name(&pb__item_verdict__value__descriptor, (int)in->verdict)),
			db_time(in->at)));
	return PB__CODE__OK;
}

static Pb__Code retake_requested(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__RetakeRequested *in = (const Pb__RetakeRequested *)(const void *)event;
	(void)e;
	db_bind(c, in->incident_id, &st_item_retake, DB_ARGS(db_uuid(in->item_id)));
	return PB__CODE__OK;
}

static Pb__Code officer_requested(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__OfficerRequested *in = (const Pb__OfficerRequested *)(const void *)event;
	(void)e;
	db_bind(c, in->incident_id, &st_incident_left,
		DB_ARGS(db_uuid(in->incident_id), db_text(in->district),
			db_text("OFFICER_REQUESTED"), db_time(in->at)));
	return PB__CODE__OK;
}

/* Phases in which nobody decides from a desk any more. */
static bool phase_left(Pb__Phase__Value phase)
{
	switch (phase) {
	case PB__PHASE__VALUE__TO_OFFICER:
	case PB__PHASE__VALUE__TO_GENERAL:
	case PB__PHASE__VALUE__SELF_SETTLED:
	case PB__PHASE__VALUE__CANCELLED:
	case PB__PHASE__VALUE__MERGED:
	case PB__PHASE__VALUE__CLOSED:
		return true;
	default:
		return false;
	}
}

static Pb__Code phase_changed(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__IncidentPhaseChanged *in = (const Pb__IncidentPhaseChanged *)(const void *)event;
	(void)e;
	if (phase_left(in->to))
		db_bind(c, in->incident_id, &st_incident_left,
			DB_ARGS(db_uuid(in->incident_id), db_text(in->district),
				db_text(enum_name(&pb__phase__value__descriptor, (int)in->to)),
				db_time(in->at)));
	else if (phase_left(in->from))
		db_bind(c, in->incident_id, &st_incident_back, DB_ARGS(db_uuid(in->incident_id)));
	return PB__CODE__OK;
}

const struct event_handler liability_events[] = {
	{ .type = &pb__incident_reported__descriptor, .bind = incident_reported },
	{ .type = &pb__responder_assigned__descriptor, .bind = responder_assigned },
	{ .type = &pb__assignment_ended__descriptor, .bind = assignment_ended },
	{ .type = &pb__item_added__descriptor, .bind = item_added },
	{ .type = &pb__retake_requested__descriptor, .bind = retake_requested },
	{ .type = &pb__officer_requested__descriptor, .bind = officer_requested },
	{ .type = &pb__incident_phase_changed__descriptor, .bind = phase_changed },
	{ 0 },
};
