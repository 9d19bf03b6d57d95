/* events.c - what dispatch learns from the others: incidents and their phase, responders' accounts.
 */
#include <string.h>
#include "dispatch/arrival.h"
#include "dispatch/dispatch.h"
#include "kit/json.h"

/* The responder who came upon the crash has it at once; one who is busy or off duty hasn't. */
static Pb__Code give_to_finder(
	struct call *c, const struct incident_row *in, const char *finder, bool *ret_given)
{
	struct responder_row who;
	struct offer_row open;
	struct new_assignment a = { .id = call_uuid(c),
		.incident_id = in->id,
		.responder_id = finder,
		.offer_id = "",
		.bypass_reason = "",
		.assigned_by = finder };
	bool known;
	Pb__Code e = store_responder_exists(c, finder, &known);

	*ret_given = false;
	if (e || !known)
		return e;
	e = store_lock_responder(c, finder, &who);
	if (e)
		return e;
	if (who.pb->disabled || who.pb->status == PB__RESPONDER_STATUS__VALUE__OFF_DUTY ||
		who.pb->status == PB__RESPONDER_STATUS__VALUE__EN_ROUTE ||
		who.pb->status == PB__RESPONDER_STATUS__VALUE__ON_SCENE)
		return PB__CODE__OK;
	e = store_open_offer(c, OF_RESPONDER, finder, &open);
	if (!e && open.pb)
		e = end_offer(c, &open, PB__OFFER_OUTCOME__VALUE__WITHDRAWN,
			"came upon another incident", PB__RESPONDER_STATUS__VALUE__AVAILABLE);
	if (!e)
		e = store_note_decision(
			c, &(struct new_decision){ .incident = in->id,
				   .kind = "SELF_INITIATED",
				   .chosen = finder,
				   .candidates = "{}",
				   .plan = { .policy = ENGINE_POLICY,
					   .policy_version = ENGINE_POLICY_VERSION } });
	if (!e)
		e = assign(c, &a, in, who.pb);
	if (e)
		return e;

	struct arrival_facts facts = {
		.scene = in->at, .newest = who.fix, .now_us = c->at_us, .self_initiated = true
	};
	struct arrival how = arrival_judge(&facts);
	e = store_arrive(c, a.id, &how);
	if (!e)
		e = tell_arrived(c, a.id, in->id, in->district, finder, &how);
	if (!e)
		e = tell_status(
			c, finder, in->district, PB__RESPONDER_STATUS__VALUE__ON_SCENE, in->id);
	*ret_given = !e;
	return e;
}

static Pb__Code on_reported(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__IncidentReported *r = (const Pb__IncidentReported *)event;
	bool rapid = r->lane == PB__LANE__VALUE__RAPID, fresh = false, done = false;
	const char *lane = enum_name(&pb__lane__value__descriptor, (int)r->lane);
	struct incident_row in = {
		.id = r->incident_id,
		.district = r->district,
		.case_no = r->case_no,
		.lane = lane,
		.place = r->place ? r->place->text : "",
		.state = rapid ? "WAITING" : "ENDED",
		.end_reason = rapid ? "" : arena_printf(c->arena, "lane %s", lane),
		.at = { r->lon, r->lat },
		.accepted_us = r->accepted_at,
		.promised_us = r->promised_arrival_at,
		.queued_for = "",
	};
	Pb__Code e = store_add_incident(c, &in, process_id(), &fresh);

	(void)info;
	if (e || !fresh || !rapid)
		return e;
	if (*r->responder_id)
		e = give_to_finder(c, &in, r->responder_id, &done);
	if (!e && !done)
		e = offer_first(c, &in);
	return e;
}

/* Phases after which nobody is sent any more. */
static bool ends_dispatch(Pb__Phase__Value p)
{
	switch (p) {
	case PB__PHASE__VALUE__CANCELLED:
	case PB__PHASE__VALUE__MERGED:
	case PB__PHASE__VALUE__TO_OFFICER:
	case PB__PHASE__VALUE__TO_GENERAL:
	case PB__PHASE__VALUE__SELF_SETTLED:
	case PB__PHASE__VALUE__CLOSED:
		return true;
	default:
		return false;
	}
}

static Pb__Code end_work(
	struct call *c, const struct incident_row *in, Pb__Phase__Value phase, const char *reason)
{
	struct assignment_row a;
	Pb__Code e = withdraw_offers(c, OF_INCIDENT, in->id, reason);

	if (!e)
		e = store_live_assignment(c, in->id, NULL, &a);
	while (!e && a.pb) {
		bool done = phase == PB__PHASE__VALUE__CLOSED && a.pb->arrived_at;
		e = end_assignment(c, &a,
			(struct ending){ .how = done ? PB__ASSIGNMENT_END__VALUE__CLEARED
						     : PB__ASSIGNMENT_END__VALUE__CANCELLED,
				.reason = reason,
				.phase = "ENDED" });
		if (!e)
			e = take_from_queue(c, a.pb->responder_id);
		if (!e)
			e = store_live_assignment(c, in->id, NULL, &a);
	}
	if (!e && *in->queued_for)
		e = tell_unqueued(c, in->id, in->district, in->queued_for, "ended");
	return e;
}

/* Taken up again: a cancelled, merged or settled incident is back at the start. */
static bool starts_again(const Pb__IncidentPhaseChanged *p)
{
	return p->to == PB__PHASE__VALUE__REPORTED && ends_dispatch(p->from);
}

static Pb__Code reopen(struct call *c, const char *incident)
{
	struct incident_row in;
	bool offered;
	Pb__Code e = store_lock_incident(c, incident, &in);

	if (e || strcmp(in.lane, "RAPID") || strcmp(in.state, "ENDED"))
		return e;
	e = store_reopen_incident(c, incident);
	in.state = "WAITING";
	return e ? e : offer_next(c, &in, &offered);
}

static bool phase_concerns(const ProtobufCMessage *event)
{
	const Pb__IncidentPhaseChanged *p = (const Pb__IncidentPhaseChanged *)event;

	return starts_again(p) || ends_dispatch(p->to);
}

static Pb__Code on_phase(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__IncidentPhaseChanged *p = (const Pb__IncidentPhaseChanged *)event;
	const char *phase = enum_name(&pb__phase__value__descriptor, (int)p->to);
	struct incident_row in;
	Pb__Code e;

	(void)info;
	if (starts_again(p))
		return reopen(c, p->incident_id);
	e = store_lock_incident(c, p->incident_id, &in);
	if (e || !strcmp(in.state, "ENDED"))
		return e;
	e = end_work(c, &in, p->to, phase);
	return e ? e : store_end_incident(c, in.id, phase);
}

/* The place may have been wrong; a change of lane comes as a phase of its own. */
static Pb__Code on_amended(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__IncidentAmended *a = (const Pb__IncidentAmended *)event;

	(void)info;
	if (!a->place)
		return PB__CODE__OK;
	return store_move_incident(
		c, a->incident_id, a->district, a->place->text, (struct lonlat){ a->lon, a->lat });
}

static bool is_responder(const Pb__AccountChanged *a)
{
	for (size_t i = 0; i < a->n_roles; i++)
		if (a->roles[i] == PB__ROLE__VALUE__RESPONDER)
			return !a->disabled;
	return false;
}

/* An arrival is kept: whoever stands at a scene finishes it even when his account is closed. */
static Pb__Code drop_responder(struct call *c, const Pb__AccountChanged *a)
{
	struct responder_row who;
	bool known;
	Pb__Code e = store_responder_exists(c, a->account_id, &known);

	if (e || !known)
		return e;
	e = store_lock_responder(c, a->account_id, &who);
	if (!e && who.pb->status != PB__RESPONDER_STATUS__VALUE__ON_SCENE)
		e = stand_down(c, &who, PB__OFFER_OUTCOME__VALUE__WITHDRAWN, "account disabled");
	return e ? e : store_disable_account(c, a->account_id, a->version);
}

static Pb__Code on_account(
	struct call *c, const struct event_info *info, const ProtobufCMessage *event)
{
	const Pb__AccountChanged *a = (const Pb__AccountChanged *)event;
	Pb__Responder r = PB__RESPONDER__INIT;

	(void)info;
	if (!is_responder(a))
		return drop_responder(c, a);
	r.username = a->username;
	r.name = a->name;
	r.phone = a->phone;
	r.insurer = a->org;
	r.districts = a->districts;
	r.n_districts = a->n_districts;
	return store_put_account(c, a->account_id, &r, a->version);
}

const struct event_handler dispatch_events[] = {
	{ .type = &pb__incident_reported__descriptor, .run = on_reported },
	{ .type = &pb__incident_phase_changed__descriptor,
		.run = on_phase,
		.concerns = phase_concerns },
	{ .type = &pb__incident_amended__descriptor, .run = on_amended },
	{ .type = &pb__account_changed__descriptor, .run = on_account },
	{ 0 },
};
