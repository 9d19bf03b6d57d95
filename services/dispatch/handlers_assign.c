/* handlers_assign.c - the dispatcher's view of an incident: who could go, and sending one by hand.
 */
#include <string.h>
#include "dispatch/dispatch.h"

enum { CANDIDATES_SHOWN = 100 };

Pb__Code lock_visible_incident(struct call *c, const char *id, struct incident_row *ret)
{
	Pb__Code e = store_lock_incident(c, id, ret);

	if (!e && !sees_district(c, ret->district))
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no incident '%s'", id);
	return e;
}

Pb__Code dispatch_list_candidates(
	struct call *c, const Pb__ListCandidatesRequest *in, Pb__ListCandidatesReply *out)
{
	struct incident_row row;
	struct world w;
	Pb__ListCandidatesReply *report;
	Pb__Code e = lock_visible_incident(c, in->incident_id, &row);

	if (!e && strcmp(row.lane, "RAPID"))
		return call_fail(c, PB__CODE__REFUSED,
			"incident '%s' is in lane %s: no responder is sent", row.id, row.lane);
	if (!e)
		e = world_load(c, &row, WORLD_ALL, &w);
	if (e)
		return e;
	engine_rank(&w.engine, &w.incidents[0], c->at_us, &w.ranking);
	report = world_report(c, &w, CANDIDATES_SHOWN, true);
	if (!report)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	*out = *report;
	return PB__CODE__OK;
}

/* Refuses an incident nobody can be sent to any more, naming why. */
static Pb__Code check_incident(struct call *c, const struct incident_row *in, bool supporting)
{
	struct assignment_row live;
	Pb__Code e;

	if (!strcmp(in->state, "ENDED"))
		return call_fail(c, PB__CODE__CONFLICT, "incident '%s' is closed to dispatch: %s",
			in->id, in->end_reason);
	if (!strcmp(in->state, "SERVED"))
		return call_fail(c, PB__CODE__CONFLICT,
			"incident '%s' has been served by a responder already", in->id);
	if (supporting || strcmp(in->state, "ASSIGNED"))
		return PB__CODE__OK;
	e = store_live_assignment(c, in->id, NULL, &live);
	return e ? e
		 : call_fail(c, PB__CODE__CONFLICT,
			   "incident '%s' is already assigned to responder '%s'; another one "
			   "is sent as supporting",
			   in->id, live.pb ? live.pb->responder_id : "");
}

static Pb__Code check_responder(struct call *c, const Pb__Responder *r)
{
	switch (r->status) {
	case PB__RESPONDER_STATUS__VALUE__AVAILABLE:
	case PB__RESPONDER_STATUS__VALUE__OFFERED:
		return PB__CODE__OK;
	case PB__RESPONDER_STATUS__VALUE__EN_ROUTE:
	case PB__RESPONDER_STATUS__VALUE__ON_SCENE:
		return call_fail(c, PB__CODE__CONFLICT, "responder '%s' is %s for incident '%s'",
			r->responder_id, status_name(r->status), r->incident_id);
	default:
		return call_fail(c, PB__CODE__CONFLICT, "responder '%s' is %s", r->responder_id,
			status_name(r->status));
	}
}

/* Whom the policy would send now: whoever holds the open offer, else the best candidate. */
static const char *first_choice(const struct world *w, const struct offer_row *open)
{
	if (open->pb)
		return open->pb->responder_id;
	return w->ranking.n_candidates ? w->ranking.candidates[0].unit->id : NULL;
}

static const struct candidate *find_candidate(const struct world *w, const char *responder)
{
	for (size_t i = 0; i < w->ranking.n_candidates; i++)
		if (!strcmp(w->ranking.candidates[i].unit->id, responder))
			return &w->ranking.candidates[i];
	return NULL;
}

/* Offers that stand in the way are withdrawn; one to this responder for this incident is accepted.
 */
static Pb__Code clear_offers(struct call *c, const struct incident_row *in, const Pb__Responder *r,
	const struct offer_row *on_incident, const char **ret_offer)
{
	const struct offer_row *open = on_incident;
	struct offer_row own = { .pb = NULL };
	Pb__Code e = PB__CODE__OK;

	*ret_offer = "";
	if (r->status == PB__RESPONDER_STATUS__VALUE__OFFERED)
		e = store_open_offer(c, OF_RESPONDER, r->responder_id, &own);
	if (!e && own.pb && !strcmp(own.pb->incident_id, in->id)) {
		*ret_offer = own.pb->offer_id;
		return tell_offer_ended(c, &own, PB__OFFER_OUTCOME__VALUE__ACCEPTED, "by hand");
	}
	if (!e && own.pb)
		e = end_offer(c, &own, PB__OFFER_OUTCOME__VALUE__WITHDRAWN,
			"assigned to another incident by hand",
			PB__RESPONDER_STATUS__VALUE__AVAILABLE);
	if (!e && open->pb && in->n_live + in->n_open >= in->wanted)
		e = end_offer(c, open, PB__OFFER_OUTCOME__VALUE__WITHDRAWN,
			"assigned to another by hand", PB__RESPONDER_STATUS__VALUE__AVAILABLE);
	return e;
}

/* One more than it has, when a supporter is sent. */
static Pb__Code make_room(struct call *c, const Pb__AssignRequest *in, struct incident_row *row)
{
	Pb__Code e;

	if (!in->supporting || !row->n_live || row->n_live + row->n_open < row->wanted)
		return PB__CODE__OK;
	if (row->wanted >= ENGINE_WANTED_MAX)
		return call_fail(c, PB__CODE__REFUSED, "incident '%s' has %u responders already",
			row->id, row->wanted);
	e = store_want(c, row->id, ++row->wanted);
	return e ? e : tell_wanted(c, row, row->wanted, "a supporter is sent");
}

static Pb__Code assign_by_hand(struct call *c, const Pb__AssignRequest *in,
	struct incident_row *row, const struct responder_row *who, const struct world *w,
	const struct offer_row *open, const char **ret_id)
{
	const struct candidate *chosen = find_candidate(w, in->responder_id);
	struct new_assignment a = {
		.id = call_uuid(c),
		.incident_id = row->id,
		.responder_id = in->responder_id,
		.by_hand = true,
		.bypass_reason = in->bypass_reason,
		.assigned_by = c->who.subject,
		.eta_s = chosen ? rounded(chosen->travel.eta_s, 0.1) : 0,
		.wanted_before = row->wanted,
	};
	struct new_decision why = { .incident = row->id,
		.kind = "BY_HAND",
		.chosen = in->responder_id,
		.candidates = world_json(c, w),
		.bypass_reason = in->bypass_reason,
		.plan = world_plan(w) };
	Pb__Code e = why.candidates ? make_room(c, in, row)
				    : call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");

	if (!e)
		e = clear_offers(c, row, who->pb, open, &a.offer_id);
	if (!e)
		e = store_note_decision(c, &why);
	if (!e)
		e = assign(c, &a, row, who->pb);
	if (!e)
		e = store_mark_region(c, row->region);
	*ret_id = a.id;
	return e;
}

static Pb__Code check_bypass(struct call *c, const Pb__AssignRequest *in, const struct world *w,
	const struct offer_row *open)
{
	const char *first = first_choice(w, open);

	if (!first || !strcmp(first, in->responder_id) || *in->bypass_reason)
		return PB__CODE__OK;
	return call_fail_field(c, "/bypassReason", "required",
		"responder '%s' would be the first choice; say why another goes", first);
}

Pb__Code dispatch_assign(struct call *c, const Pb__AssignRequest *in, Pb__AssignReply *out)
{
	struct incident_row row;
	struct responder_row who;
	struct offer_row open;
	struct assignment_row made;
	struct world w;
	const char *id = NULL;
	Pb__Code e = lock_visible_incident(c, in->incident_id, &row);

	if (!e)
		e = check_incident(c, &row, in->supporting);
	if (!e)
		e = store_lock_responder(c, in->responder_id, &who);
	if (!e)
		e = check_responder(c, who.pb);
	if (!e)
		e = world_load(c, &row, WORLD_AVAILABLE, &w);
	if (!e)
		e = store_open_offer(c, OF_INCIDENT, row.id, &open);
	if (e)
		return e;
	engine_rank(&w.engine, &w.incidents[0], c->at_us, &w.ranking);
	e = check_bypass(c, in, &w, &open);
	if (!e)
		e = assign_by_hand(c, in, &row, &who, &w, &open, &id);
	if (!e)
		e = store_find_assignment(c, id, &made);
	if (e)
		return e;
	out->assignment = made.pb;
	return PB__CODE__OK;
}
