/* events.c - every event becomes a line of the timeline; some start, stop or cancel clocks.
 *
 * All are statement handlers: one statement writes the line and moves the clocks, so the kit runs
 * them in batches. */
#include "oversight/oversight.h"
#include "kit/json.h"
#include "kit/timeutil.h"
#include "oversight/summary.h"

enum { NOTE_ARGS = 9, EXTRA_MAX = 7 };

/* Binds `stmt` with the timeline row in front of `extra`. */
static Pb__Code note(struct call *c, const struct event_info *info, const ProtobufCMessage *event,
	const struct db_stmt *stmt, const struct db_arg *extra, size_t n_extra)
{
	const struct msg_meta *meta = contract_message(&jb_contract, info->type);
	struct summary s = summarise(meta, event, c->arena);
	int64_t recorded = info->recorded_at_us ? info->recorded_at_us : c->at_us;
	const char *type = event->descriptor->short_name;
	struct db_arg args[NOTE_ARGS + EXTRA_MAX] = {
		db_uuid(info->id),
		db_time(recorded),
		db_time(s.at_us ? s.at_us : recorded),
		db_uuid_or_null(s.incident),
		db_text(type),
		db_text(s.district),
		db_text(s.responder),
		db_text(s.insurer),
		db_json(s.json),
	};

	if (!s.json)
		return call_fail(c, PB__CODE__TOO_LARGE, "the event is too large to summarise");
	for (size_t i = 0; i < n_extra; i++)
		args[NOTE_ARGS + i] = extra[i];
	db_bind(c, s.incident, stmt, args, NOTE_ARGS + n_extra);
	return PB__CODE__OK;
}

static Pb__Code on_any(struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	return note(c, info, event, &sql_note, DB_NONE);
}

static struct db_arg warning_of(int64_t due_us, long limit_s, long warn_s)
{
	return db_time(warn_s > 0 && warn_s < limit_s ? due_us - warn_s * US_PER_S : due_us);
}

static Pb__Code on_reported(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__IncidentReported *r = (const Pb__IncidentReported *)event;
	int64_t arrival = r->accepted_at + settings.arrival_seconds * US_PER_S;
	int64_t whole = r->accepted_at + settings.whole_case_seconds * US_PER_S;

	return note(c, info, event, &sql_note_reported,
		DB_ARGS(db_text(enum_name(&pb__lane__value__descriptor, (int)r->lane)),
			db_time(r->accepted_at), db_bool(*r->responder_id != '\0'),
			db_time(arrival),
			warning_of(
				arrival, settings.arrival_seconds, settings.arrival_warn_seconds),
			db_time(whole),
			warning_of(whole, settings.whole_case_seconds,
				settings.whole_case_warn_seconds)));
}

static Pb__Code on_assigned(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__ResponderAssigned *a = (const Pb__ResponderAssigned *)event;

	if (a->supporting)
		return on_any(c, info, event);
	return note(c, info, event, &sql_note_assigned, DB_ARGS(db_uuid(a->responder_id)));
}

static Pb__Code on_arrived(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__ResponderArrived *a = (const Pb__ResponderArrived *)event;

	return note(c, info, event, &sql_note_arrived, DB_ARGS(db_uuid(a->responder_id)));
}

static Pb__Code on_handed_off(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	return note(c, info, event, &sql_note_handed_off, DB_NONE);
}

static Pb__Code on_phase(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__IncidentPhaseChanged *p = (const Pb__IncidentPhaseChanged *)event;

	switch (p->to) {
	case PB__PHASE__VALUE__CANCELLED:
	case PB__PHASE__VALUE__MERGED:
	case PB__PHASE__VALUE__TO_OFFICER:
	case PB__PHASE__VALUE__TO_GENERAL:
	case PB__PHASE__VALUE__SELF_SETTLED:
	case PB__PHASE__VALUE__CLOSED:
		return note(c, info, event, &sql_note_phase,
			DB_ARGS(db_text(enum_name(&pb__phase__value__descriptor, (int)p->to))));
	default:
		return on_any(c, info, event);
	}
}

const struct event_handler oversight_events[] = {
	{ .type = &pb__incident_reported__descriptor, .bind = on_reported },
	{ .type = &pb__responder_assigned__descriptor, .bind = on_assigned },
	{ .type = &pb__responder_arrived__descriptor, .bind = on_arrived },
	{ .type = &pb__claims_handed_off__descriptor, .bind = on_handed_off },
	{ .type = &pb__incident_phase_changed__descriptor, .bind = on_phase },
	{ .type = &pb__incident_amended__descriptor, .bind = on_any },
	{ .type = &pb__officer_requested__descriptor, .bind = on_any },
	{ .type = &pb__offer_made__descriptor, .bind = on_any },
	{ .type = &pb__offer_ended__descriptor, .bind = on_any },
	{ .type = &pb__responder_departed__descriptor, .bind = on_any },
	{ .type = &pb__assignment_ended__descriptor, .bind = on_any },
	{ .type = &pb__dispatch_warning__descriptor, .bind = on_any },
	{ .type = &pb__responder_status_changed__descriptor, .bind = on_any },
	{ .type = &pb__responder_signal_changed__descriptor, .bind = on_any },
	{ .type = &pb__incident_held__descriptor, .bind = on_any },
	{ .type = &pb__incident_resumed__descriptor, .bind = on_any },
	{ .type = &pb__incident_queued__descriptor, .bind = on_any },
	{ .type = &pb__incident_unqueued__descriptor, .bind = on_any },
	{ .type = &pb__responders_wanted__descriptor, .bind = on_any },
	{ .type = &pb__repost_suggested__descriptor, .bind = on_any },
	{ .type = &pb__item_added__descriptor, .bind = on_any },
	{ .type = &pb__retake_requested__descriptor, .bind = on_any },
	{ .type = &pb__party_recorded__descriptor, .bind = on_any },
	{ .type = &pb__scene_submitted__descriptor, .bind = on_any },
	{ .type = &pb__review_taken__descriptor, .bind = on_any },
	{ .type = &pb__review_diverted__descriptor, .bind = on_any },
	{ .type = &pb__determination_made__descriptor, .bind = on_any },
	{ .type = &pb__document_signed__descriptor, .bind = on_any },
	{ .type = &pb__determination_served__descriptor, .bind = on_any },
	{ .type = &pb__loss_assessed__descriptor, .bind = on_any },
	{ .type = &pb__settlement_computed__descriptor, .bind = on_any },
	{ .type = &pb__claim_state_changed__descriptor, .bind = on_any },
	{ .type = &pb__claims_settled__descriptor, .bind = on_any },
	{ .type = &pb__session_ended__descriptor, .bind = on_any },
	{ .type = &pb__account_changed__descriptor, .bind = on_any },
	{ .type = &pb__party_link_issued__descriptor, .bind = on_any },
	{ .type = &pb__message_settled__descriptor, .bind = on_any },
	{ .type = &pb__clock_warned__descriptor, .bind = on_any },
	{ .type = &pb__escalation_raised__descriptor, .bind = on_any },
	{ .type = &pb__escalation_acknowledged__descriptor, .bind = on_any },
	{ 0 },
};
