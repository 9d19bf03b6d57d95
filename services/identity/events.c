/* events.c - what identity learns from others: parties and who is on their case. */
#include "identity/identity.h"

#include "identity/store.h"

static Pb__Code responder_assigned_bind(
	struct call *c, const struct event_info *info, const ProtobufCMessage *m)
{
	const Pb__ResponderAssigned *e = (const Pb__ResponderAssigned *)m;

	(void)info;
	db_bind(c, e->incident_id, &keep_responder,
		DB_ARGS(db_uuid(e->incident_id), db_uuid(e->responder_id)));
	return PB__CODE__OK;
}

static Pb__Code assignment_ended_bind(
	struct call *c, const struct event_info *info, const ProtobufCMessage *m)
{
	const Pb__AssignmentEnded *e = (const Pb__AssignmentEnded *)m;

	(void)info;
	db_bind(c, e->incident_id, &drop_responder,
		DB_ARGS(db_uuid(e->incident_id), db_uuid(e->responder_id)));
	return PB__CODE__OK;
}

const struct event_handler identity_events[] = {
	{ &pb__party_recorded__descriptor, .run = party_recorded_run },
	{ &pb__responder_assigned__descriptor, .bind = responder_assigned_bind },
	{ &pb__assignment_ended__descriptor, .bind = assignment_ended_bind },
	{ 0 },
};
