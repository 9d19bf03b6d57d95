/* handlers_move.c - commands that end, resume or divert an incident. */
#include <string.h>
#include "intake/service.h"

/* An incident of a stricter lane begins, and begins again, where that lane begins. */
static Pb__Code enter_lane(struct call *c, struct incident *i)
{
	if (strcmp(i->lane, "OFFICER") == 0)
		return move_incident(c, i, CAUSE_LANE_OFFICER, NULL);
	if (strcmp(i->lane, "GENERAL") == 0)
		return move_incident(c, i, CAUSE_LANE_GENERAL, NULL);
	return PB__CODE__OK;
}

static Pb__Code lock_visible(struct call *c, const char *id, struct incident *ret)
{
	Pb__Code e = store_lock_incident(c, id, ret);

	if (!e && !may_see(c, id, ret->district, ret->responder_id, ret->offered_to))
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no incident '%s'", id);
	return e;
}

/* Cancelling what is cancelled answers the same again. */
static Pb__Code cancel(struct call *c, const char *id, const char *reason, Pb__Phase__Value *ret)
{
	struct incident i;
	Pb__Code e = lock_visible(c, id, &i);

	if (!e && i.phase != PB__PHASE__VALUE__CANCELLED)
		e = move_incident(c, &i, CAUSE_CANCEL, reason);
	if (!e)
		*ret = i.phase;
	return e;
}

Pb__Code intake_cancel_run(
	struct call *c, const Pb__CancelIncidentRequest *in, Pb__CancelIncidentReply *out)
{
	out->incident_id = in->incident_id;
	return cancel(c, in->incident_id, in->reason, &out->phase);
}

Pb__Code intake_cancel_order_run(
	struct call *c, const Pb__CancelOrderRequest *in, Pb__CancelOrderReply *out)
{
	const char *id;
	Pb__Code e = store_incident_of_order(c, in->order_no, &id);

	if (e)
		return e;
	out->incident_id = id;
	return cancel(c, id, in->reason, &out->phase);
}

Pb__Code intake_self_settle_run(
	struct call *c, const Pb__SelfSettleIncidentRequest *in, Pb__SelfSettleIncidentReply *out)
{
	struct incident i;
	Pb__Code e = lock_visible(c, in->incident_id, &i);

	if (!e && i.phase != PB__PHASE__VALUE__SELF_SETTLED)
		e = move_incident(c, &i, CAUSE_SELF_SETTLE, in->reason);
	if (e)
		return e;
	out->incident_id = in->incident_id;
	out->phase = i.phase;
	return PB__CODE__OK;
}

Pb__Code intake_close_run(
	struct call *c, const Pb__CloseIncidentRequest *in, Pb__CloseIncidentReply *out)
{
	struct incident i;
	Pb__Code e = lock_visible(c, in->incident_id, &i);

	if (!e && i.phase != PB__PHASE__VALUE__CLOSED)
		e = move_incident(c, &i, CAUSE_CLOSE, in->reason);
	if (e)
		return e;
	out->incident_id = in->incident_id;
	out->phase = i.phase;
	return PB__CODE__OK;
}

Pb__Code intake_reopen_run(
	struct call *c, const Pb__ReopenIncidentRequest *in, Pb__ReopenIncidentReply *out)
{
	struct incident i;
	Pb__Code e = lock_visible(c, in->incident_id, &i);

	if (!e)
		e = move_incident(c, &i, CAUSE_REOPEN, "");
	if (!e && i.phase == PB__PHASE__VALUE__REPORTED)
		e = enter_lane(c, &i);
	if (e)
		return e;
	out->incident_id = in->incident_id;
	out->phase = i.phase;
	return PB__CODE__OK;
}

/* Both are locked in the order of their ids, so that two merges the other way round can't wait for
 * each other. */
static Pb__Code lock_both(
	struct call *c, const char *id, const char *into, struct incident *i, struct incident *t)
{
	bool first = strcmp(id, into) < 0;
	Pb__Code e = lock_visible(c, first ? id : into, first ? i : t);

	return e ? e : lock_visible(c, first ? into : id, first ? t : i);
}

static Pb__Code check_merge(struct call *c, const struct incident *i, const struct incident *into)
{
	bool has = false;
	Pb__Code e = store_has_merged(c, i->id, &has);

	if (e)
		return e;
	if (has)
		return call_fail(c, PB__CODE__REFUSED,
			"others are merged into this incident; unmerge them first");
	if (!phase_open(into->phase))
		return call_fail(c, PB__CODE__REFUSED, "the incident to go on with is %s",
			phase_name(into->phase));
	return PB__CODE__OK;
}

/* What one report had already brought about holds for the accident: an officer asked for, or needed
 * by its lane, comes to the incident gone on with. */
static Pb__Code carry_over(struct call *c, const struct incident *i, struct incident *into)
{
	enum phase_cause cause = i->officer_requested ? CAUSE_REQUEST_OFFICER : CAUSE_LANE_OFFICER;
	Pb__Code e = PB__CODE__OK;

	if (phase_next(into->phase, cause))
		e = move_incident(c, into, cause, NULL);
	if (!e && i->officer_requested)
		e = store_note_officer_request(c, into->id);
	return e;
}

Pb__Code intake_merge_run(
	struct call *c, const Pb__MergeIncidentRequest *in, Pb__MergeIncidentReply *out)
{
	struct incident i, into;
	bool officer;
	Pb__Code e;

	if (strcmp(in->incident_id, in->into) == 0)
		return call_fail_field(c, "/into", "other", "must be another incident");
	e = lock_both(c, in->incident_id, in->into, &i, &into);
	if (e)
		return e;
	if (i.phase != PB__PHASE__VALUE__MERGED || strcmp(i.merged_into, in->into) != 0) {
		e = check_merge(c, &i, &into);
		if (e)
			return e;
		officer = i.phase == PB__PHASE__VALUE__TO_OFFICER || i.officer_requested;
		i.merged_into = in->into;
		e = move_incident(c, &i, CAUSE_MERGE, NULL);
		if (!e)
			e = store_link(c, i.id, in->into);
		if (!e && officer)
			e = carry_over(c, &i, &into);
	}
	out->incident_id = in->incident_id;
	out->merged_into = in->into;
	out->phase = i.phase;
	return e;
}

Pb__Code intake_unmerge_run(
	struct call *c, const Pb__UnmergeIncidentRequest *in, Pb__UnmergeIncidentReply *out)
{
	struct incident i;
	Pb__Code e = lock_visible(c, in->incident_id, &i);

	/* Done before: it stands where it was put, or has gone on from there. */
	if (!e && i.phase == PB__PHASE__VALUE__MERGED) {
		e = store_unlink(c, i.id);
		if (!e)
			e = move_incident(c, &i, CAUSE_UNMERGE, NULL);
		if (!e)
			e = enter_lane(c, &i);
	}
	out->incident_id = in->incident_id;
	out->phase = i.phase;
	return e;
}
