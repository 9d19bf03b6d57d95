/* handlers_hand.c - the dispatcher's hand on an incident: hold, resume, want, queue, undo. */
#include <string.h>
#include "dispatch/dispatch.h"
#include "kit/timeutil.h"

enum { HOLD_MAX_H = 24, QUEUE_MAX = 10, UNDO_S = 10 };

static Pb__Code show(struct call *c, const char *id, Pb__DispatchIncident **ret)
{
	struct incident_row in;
	Pb__Code e = store_lock_incident(c, id, &in);

	if (e)
		return e;
	*ret = board_incident(c, &in);
	return *ret ? PB__CODE__OK : call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
}

static Pb__Code refuse_over(struct call *c, const struct incident_row *in)
{
	return call_fail(c, PB__CODE__CONFLICT, "incident '%s' is %s: nobody is sent any more",
		in->id, in->state);
}

static bool is_over(const struct incident_row *in)
{
	return !strcmp(in->state, "ENDED") || !strcmp(in->state, "SERVED");
}

static Pb__Code plan_again(struct call *c, const char *id)
{
	struct incident_row in;
	bool offered;
	Pb__Code e = store_lock_incident(c, id, &in);

	return e || strcmp(in.state, "WAITING") ? e : offer_next(c, &in, &offered);
}

/* ---- hold ---- */

static Pb__Code check_hold(
	struct call *c, const struct incident_row *in, const Pb__HoldIncidentRequest *req)
{
	if (req->until <= c->at_us)
		return call_fail_field(c, "/until", "min", "'until' must be in the future");
	if (req->until > c->at_us + HOLD_MAX_H * 3600 * US_PER_S)
		return call_fail_field(
			c, "/until", "max", "an incident is held for %d hours at most", HOLD_MAX_H);
	if (is_over(in))
		return refuse_over(c, in);
	if (in->n_live)
		return call_fail(c, PB__CODE__CONFLICT,
			"incident '%s' has a responder: stand him down first", in->id);
	return PB__CODE__OK;
}

Pb__Code dispatch_hold_incident(
	struct call *c, const Pb__HoldIncidentRequest *req, Pb__HoldIncidentReply *out)
{
	struct incident_row in;
	Pb__Code e = lock_visible_incident(c, req->incident_id, &in);

	if (!e)
		e = check_hold(c, &in, req);
	if (!e && in.hold_until_us == req->until && !strcmp(in.hold_reason, req->reason))
		return show(c, in.id, &out->incident);
	if (!e)
		e = withdraw_offers(c, OF_INCIDENT, in.id, "held by the dispatcher");
	if (!e)
		e = store_hold(c, in.id, req->until, req->reason, c->who.subject);
	in.hold_until_us = req->until;
	in.hold_reason = req->reason;
	in.held_by = c->who.subject;
	if (!e)
		e = tell_held(c, &in);
	return e ? e : show(c, in.id, &out->incident);
}

Pb__Code dispatch_resume_incident(
	struct call *c, const Pb__ResumeIncidentRequest *req, Pb__ResumeIncidentReply *out)
{
	struct incident_row in;
	Pb__Code e = lock_visible_incident(c, req->incident_id, &in);

	if (!e && in.hold_until_us) {
		e = store_hold(c, in.id, 0, "", "");
		if (!e)
			e = tell_resumed(c, &in, c->who.subject);
		if (!e)
			e = plan_again(c, in.id);
	}
	return e ? e : show(c, req->incident_id, &out->incident);
}

/* ---- several responders ---- */

static Pb__Code withdraw_newest(struct call *c, const char *incident)
{
	struct offer_row o;
	Pb__Code e = store_newest_offer(c, incident, &o);

	if (e || !o.pb)
		return e;
	return end_offer(c, &o, PB__OFFER_OUTCOME__VALUE__WITHDRAWN, "fewer responders wanted",
		PB__RESPONDER_STATUS__VALUE__AVAILABLE);
}

Pb__Code dispatch_want_responders(
	struct call *c, const Pb__WantRespondersRequest *req, Pb__WantRespondersReply *out)
{
	struct incident_row in;
	Pb__Code e = lock_visible_incident(c, req->incident_id, &in);

	if (!e && is_over(&in))
		return refuse_over(c, &in);
	if (!e && req->wanted < in.n_live)
		return call_fail(c, PB__CODE__CONFLICT,
			"incident '%s' has %u responders: stand one down first", in.id, in.n_live);
	if (e || req->wanted == in.wanted)
		return e ? e : show(c, in.id, &out->incident);
	e = store_want(c, in.id, req->wanted);
	for (unsigned n = in.n_live + in.n_open; !e && n > req->wanted; n--)
		e = withdraw_newest(c, in.id);
	if (!e)
		e = tell_wanted(c, &in, req->wanted, req->reason);
	if (!e)
		e = plan_again(c, in.id);
	return e ? e : show(c, in.id, &out->incident);
}

/* ---- queues ---- */

static Pb__Code check_queue(struct call *c, const struct incident_row *in, const Pb__Responder *r)
{
	if (is_over(in))
		return refuse_over(c, in);
	if (in->n_live)
		return call_fail(c, PB__CODE__CONFLICT,
			"incident '%s' has a responder: stand him down first", in->id);
	if (r->status != PB__RESPONDER_STATUS__VALUE__EN_ROUTE &&
		r->status != PB__RESPONDER_STATUS__VALUE__ON_SCENE)
		return call_fail(c, PB__CODE__CONFLICT,
			"responder '%s' is %s, not at work: assign the incident to him",
			r->responder_id, status_name(r->status));
	return PB__CODE__OK;
}

/* Somebody could go now: passing him over needs a reason, and is on record. */
static Pb__Code note_queue(
	struct call *c, const Pb__QueueIncidentRequest *req, const struct incident_row *in)
{
	struct world w;
	const char *json;
	Pb__Code e = world_load(c, in, WORLD_AVAILABLE, &w);

	if (e)
		return e;
	engine_rank(&w.engine, &w.incidents[0], c->at_us, &w.ranking);
	if (w.ranking.n_candidates && !*req->bypass_reason)
		return call_fail_field(c, "/bypassReason", "required",
			"responder '%s' could go now; say why it waits for another",
			w.ranking.candidates[0].unit->id);
	json = world_json(c, &w);
	if (!json)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	return store_note_decision(c, &(struct new_decision){ .incident = in->id,
					      .kind = "QUEUED",
					      .chosen = req->responder_id,
					      .candidates = json,
					      .bypass_reason = req->bypass_reason,
					      .plan = world_plan(&w) });
}

static Pb__Code place_in_queue(struct call *c, const Pb__QueueIncidentRequest *req, uint32_t *ret)
{
	struct queue q;
	Pb__Code e = store_queue_of(c, req->responder_id, &q);

	*ret = 0;
	for (size_t i = 0; !e && i < q.n; i++)
		if (!strcmp(q.items[i].incident, req->incident_id))
			*ret = (uint32_t)i + 1;
	if (!e && !*ret && q.n >= QUEUE_MAX)
		return call_fail(c, PB__CODE__REFUSED, "responder '%s' has %d incidents waiting",
			req->responder_id, QUEUE_MAX);
	return e;
}

static Pb__Code queue(struct call *c, const Pb__QueueIncidentRequest *req, struct incident_row *in)
{
	Pb__Code e = withdraw_offers(c, OF_INCIDENT, in->id, "kept for another by hand");

	if (!e && *in->queued_for) {
		e = store_unqueue(c, in->id);
		if (!e)
			e = tell_unqueued(c, in->id, in->district, in->queued_for, "by_hand");
	}
	if (!e)
		e = store_queue(c, in->id, req->responder_id, c->who.subject, req->bypass_reason);
	return e ? e : tell_queued(c, in, req->responder_id, req->bypass_reason);
}

Pb__Code dispatch_queue_incident(
	struct call *c, const Pb__QueueIncidentRequest *req, Pb__QueueIncidentReply *out)
{
	struct incident_row in;
	struct responder_row who;
	Pb__Code e = lock_visible_incident(c, req->incident_id, &in);

	if (!e)
		e = store_lock_responder(c, req->responder_id, &who);
	if (!e)
		e = place_in_queue(c, req, &out->position_in_queue);
	if (!e && out->position_in_queue)
		return show(c, in.id, &out->incident);
	if (!e)
		e = check_queue(c, &in, who.pb);
	if (!e)
		e = note_queue(c, req, &in);
	if (!e)
		e = queue(c, req, &in);
	if (!e)
		e = place_in_queue(c, req, &out->position_in_queue);
	return e ? e : show(c, in.id, &out->incident);
}

Pb__Code dispatch_unqueue_incident(
	struct call *c, const Pb__UnqueueIncidentRequest *req, Pb__UnqueueIncidentReply *out)
{
	struct incident_row in;
	Pb__Code e = lock_visible_incident(c, req->incident_id, &in);

	if (!e && *in.queued_for) {
		e = store_unqueue(c, in.id);
		if (!e)
			e = tell_unqueued(c, in.id, in.district, in.queued_for, "by_hand");
		if (!e)
			e = plan_again(c, in.id);
	}
	return e ? e : show(c, req->incident_id, &out->incident);
}

/* ---- undo ---- */

static Pb__Code check_undo(struct call *c, const struct assignment_row *a)
{
	if (!a->pb->by_hand)
		return call_fail(c, PB__CODE__CONFLICT,
			"assignment '%s' wasn't made by hand: release it", a->pb->assignment_id);
	if (a->pb->ended_at)
		return call_fail(
			c, PB__CODE__CONFLICT, "assignment '%s' has ended", a->pb->assignment_id);
	if (a->pb->arrived_at)
		return call_fail(c, PB__CODE__CONFLICT, "the responder has arrived");
	if (c->at_us > a->pb->assigned_at + UNDO_S * US_PER_S)
		return call_fail(c, PB__CODE__CONFLICT,
			"an assignment is undone within %d s; release it", UNDO_S);
	return PB__CODE__OK;
}

/* By a fact that takes it back: responder, hold and queue are as they were, and it is offered. */
Pb__Code dispatch_undo_assign(
	struct call *c, const Pb__UndoAssignRequest *req, Pb__UndoAssignReply *out)
{
	struct assignment_row a;
	Pb__Code e = store_lock_assignment(c, req->assignment_id, &a);

	if (!e && !sees_district(c, a.district))
		return call_fail(
			c, PB__CODE__NOT_FOUND, "there is no assignment '%s'", req->assignment_id);
	if (e)
		return e;
	out->assignment = a.pb;
	if (a.pb->how == PB__ASSIGNMENT_END__VALUE__UNDONE)
		return show(c, a.pb->incident_id, &out->incident);
	e = check_undo(c, &a);
	if (!e)
		e = end_assignment(c, &a,
			(struct ending){ .how = PB__ASSIGNMENT_END__VALUE__UNDONE,
				.reason = req->reason,
				.by = c->who.subject });
	if (!e)
		e = store_restore(c, a.pb->assignment_id);
	if (!e)
		e = plan_again(c, a.pb->incident_id);
	return e ? e : show(c, a.pb->incident_id, &out->incident);
}
