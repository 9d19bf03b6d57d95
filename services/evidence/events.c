/* events.c - what evidence keeps of other services' facts: incidents, responders, vehicles,
 * insurers. */
#include <string.h>
#include "evidence/handlers.h"
#include "evidence/store.h"
#include "jingbao/v1/claims.pb-c.h"
#include "jingbao/v1/dispatch.pb-c.h"
#include "jingbao/v1/intake.pb-c.h"
#include "jingbao/v1/liability.pb-c.h"

static bool hit_facility(const Pb__IncidentReported *in)
{
	for (size_t i = 0; i < in->n_gates; i++)
		if (strcmp(in->gates[i]->code, "X12") == 0)
			return true;
	return false;
}

static Pb__Code incident_reported(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__IncidentReported *in = (const Pb__IncidentReported *)(const void *)event;
	int64_t reported = in->reported_at ? in->reported_at : in->accepted_at;

	if (in->accepted_at && in->accepted_at < reported)
		reported = in->accepted_at;
	db_bind(c, in->incident_id, &st_incident_reported,
		DB_ARGS(db_uuid(in->incident_id), db_text(*in->district ? in->district : "000000"),
			db_text(in->case_no), db_f64(in->lon), db_f64(in->lat),
			db_f64(in->place ? in->place->uncertainty_m : 0),
			db_time(reported ? reported : e->recorded_at_us),
			db_i32((int32_t)in->n_vehicles), db_bool(hit_facility(in)),
			db_text(in->responder_id)));
	return PB__CODE__OK;
}

static Pb__Code responder_assigned(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__ResponderAssigned *in = (const Pb__ResponderAssigned *)(const void *)event;

	db_bind(c, in->incident_id, &st_responder_assigned,
		DB_ARGS(db_uuid(in->incident_id), db_text(in->responder_id),
			db_time(in->at ? in->at : e->recorded_at_us)));
	return PB__CODE__OK;
}

/* db_bind keeps the list's address, so it lives in the arena. */
static struct db_arg insurer_list(struct call *c, const char *one, const char *other)
{
	const char **v = ARENA_ARRAY(c->arena, const char *, 2);

	if (!v)
		return db_texts(NULL, 0);
	v[0] = one;
	v[1] = other;
	return db_texts(v, 2);
}

static Pb__Code party_recorded(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__PartyRecorded *in = (const Pb__PartyRecorded *)(const void *)event;

	(void)e;
	if (!in->party)
		return call_fail(c, PB__CODE__INVALID, "a party record without a party");
	bool vehicle = *in->party->plate || *in->party->plate_type;
	db_bind(c, in->incident_id, &st_vehicle_known,
		DB_ARGS(db_uuid(in->incident_id), db_text(in->party->letter), db_bool(vehicle),
			insurer_list(c, in->party->insurer, in->party->commercial_insurer)));
	return PB__CODE__OK;
}

static Pb__Code claim_moved(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__ClaimStateChanged *in = (const Pb__ClaimStateChanged *)(const void *)event;

	(void)e;
	db_bind(c, in->incident_id, &st_insurer_known,
		DB_ARGS(db_uuid(in->incident_id), insurer_list(c, in->insurer, "")));
	return PB__CODE__OK;
}

static const char *ending(Pb__Phase__Value p)
{
	return p == PB__PHASE__VALUE__CANCELLED ? "CANCELLED"
	       : p == PB__PHASE__VALUE__MERGED  ? "MERGED"
	       : p == PB__PHASE__VALUE__CLOSED  ? "CLOSED"
						: NULL;
}

static Pb__Code phase_changed(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	const Pb__IncidentPhaseChanged *in = (const Pb__IncidentPhaseChanged *)(const void *)event;
	const char *over = ending(in->to);

	(void)e;
	if (over)
		db_bind(c, in->incident_id, &st_incident_closed,
			DB_ARGS(db_uuid(in->incident_id), db_text(over)));
	else if (ending(in->from))
		db_bind(c, in->incident_id, &st_incident_reopened,
			DB_ARGS(db_uuid(in->incident_id)));
	return PB__CODE__OK;
}

const struct event_handler evidence_events[] = {
	{ &pb__incident_reported__descriptor, .bind = incident_reported },
	{ &pb__incident_phase_changed__descriptor, .bind = phase_changed },
	{ &pb__responder_assigned__descriptor, .bind = responder_assigned },
	{ &pb__party_recorded__descriptor, .bind = party_recorded },
	{ &pb__claim_state_changed__descriptor, .bind = claim_moved },
	{ 0 },
};
