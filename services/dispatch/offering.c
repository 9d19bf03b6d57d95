/* offering.c - runs the engine over what the database knows and writes down what it decides. */
#include <math.h>
#include <string.h>
#include "dispatch/dispatch.h"
#include "dispatch/roads_live.h"
#include "kit/json.h"
#include "kit/timeutil.h"

enum { CANDIDATES_ON_RECORD = 8, COMMANDS = 32, FEW = 24, MANY = ENGINE_ASKED_MAX };

struct policy current_policy(void)
{
	const struct policy *named = policy_by_name(settings.policy);
	struct policy p = named ? *named : engine_default_policy;

	p.offer_us = settings.offer_seconds * US_PER_S;
	p.stale_us = settings.stale_seconds * US_PER_S;
	p.reask_us = settings.reask_seconds * US_PER_S;
	return p;
}

static Pb__Code load_crew(
	struct call *c, const struct incident_row *in, enum world_scope scope, struct world *w)
{
	Pb__Code e = scope == WORLD_ALL ? store_crew_all(c, in->at, &w->crew)
					: store_crew(c, in->region, in->at,
						  scope == WORLD_FRESH ? FEW : MANY, &w->crew);

	return e || scope == WORLD_FRESH ? e : store_asked(c, &w->incident);
}

Pb__Code world_load(
	struct call *c, const struct incident_row *in, enum world_scope scope, struct world *w)
{
	Pb__Code e;

	*w = (struct world){ .incident = { .id = in->id,
				     .at = in->at,
				     .accepted_us = in->accepted_us,
				     .promised_us = in->promised_us,
				     .state = INCIDENT_WAITING,
				     .warned_nobody = in->warned_nobody_us != 0,
				     .warned_risk = in->warned_risk,
				     .remote_told = in->warned_remote_us != 0 } };
	e = load_crew(c, in, scope, w);
	if (e)
		return e;
	w->engine = (struct engine){ .policy = current_policy(),
		.units = w->crew.units,
		.n_units = w->crew.n,
		.incidents = &w->incident,
		.n_incidents = 1,
		.travel = dispatch_travel() };
	w->ranking.candidates = ARENA_ARRAY(c->arena, struct candidate, w->crew.n + 1);
	w->ranking.rejections = ARENA_ARRAY(c->arena, struct rejection, w->crew.n + 1);
	if (!w->ranking.candidates || !w->ranking.rejections)
		return call_fail(c, PB__CODE__TOO_LARGE, "too many responders for one message");
	w->plan = (struct plan_ref){ .policy = w->engine.policy.name,
		.policy_version = w->engine.policy.version,
		.owner = process_id(),
		.epoch = in->epoch };
	return PB__CODE__OK;
}

struct plan_ref world_plan(const struct world *w)
{
	return w->plan;
}

double rounded(double v, double unit)
{
	return round(v / unit) * unit;
}

static Pb__Candidate *report_candidate(
	struct call *c, const struct world *w, const struct candidate *from, bool names)
{
	Pb__Candidate *p = ARENA_NEW(c->arena, Pb__Candidate);
	const char **reasons = ARENA_ARRAY(c->arena, const char *, ENGINE_REASONS_MAX);

	if (!p || !reasons)
		return NULL;
	pb__candidate__init(p);
	p->responder_id = from->unit->id;
	p->name = names ? w->crew.names[from->unit - w->crew.units] : "";
	p->eta_s = rounded(from->travel.eta_s, 0.1);
	p->eta_p90_s = rounded(from->travel.eta_p90_s, 0.1);
	p->on_time_probability = rounded(from->on_time, 0.001);
	p->distance_m = rounded(from->travel.distance_m, 1);
	p->fix_age_s = rounded(from->fix_age_s, 0.1);
	p->reasons = reasons;
	p->n_reasons = candidate_reasons(from->reasons, reasons);
	return p;
}

static Pb__Rejected *report_rejection(struct call *c, const struct rejection *from)
{
	Pb__Rejected *p = ARENA_NEW(c->arena, Pb__Rejected);

	if (!p)
		return NULL;
	pb__rejected__init(p);
	p->responder_id = from->unit->id;
	p->reason = from->reason;
	return p;
}

static bool fill_report(struct call *c, const struct world *w, size_t limit, bool names,
	Pb__ListCandidatesReply *out)
{
	size_t n = w->ranking.n_candidates < limit ? w->ranking.n_candidates : limit;

	out->items = ARENA_ARRAY(c->arena, Pb__Candidate *, n + 1);
	out->rejected = ARENA_ARRAY(c->arena, Pb__Rejected *, w->ranking.n_rejections + 1);
	if (!out->items || !out->rejected)
		return false;
	for (size_t i = 0; i < n; i++) {
		out->items[i] = report_candidate(c, w, &w->ranking.candidates[i], names);
		if (!out->items[i])
			return false;
		out->n_items++;
	}
	for (size_t i = 0; i < w->ranking.n_rejections; i++) {
		out->rejected[i] = report_rejection(c, &w->ranking.rejections[i]);
		if (!out->rejected[i])
			return false;
		out->n_rejected++;
	}
	return true;
}

Pb__ListCandidatesReply *world_report(
	struct call *c, const struct world *w, size_t limit, bool names)
{
	Pb__ListCandidatesReply *out = ARENA_NEW(c->arena, Pb__ListCandidatesReply);

	if (!out)
		return NULL;
	pb__list_candidates_reply__init(out);
	if (!fill_report(c, w, limit, names, out))
		return NULL;
	out->incident_id = w->incident.id;
	out->policy = w->plan.policy;
	out->policy_version = (uint32_t)w->plan.policy_version;
	out->at = c->at_us;
	return out;
}

const char *world_json(struct call *c, const struct world *w)
{
	Pb__ListCandidatesReply *report = world_report(c, w, CANDIDATES_ON_RECORD, false);
	size_t len;

	if (!report)
		return NULL;
	return message_to_json(&pb_meta_list_candidates_reply, &report->base,
		(struct json_out){ 0 }, c->arena, &len);
}

static void fill_made(struct call *c, const struct incident_row *in, const struct new_offer *o,
	const struct candidate *best, Pb__OfferMade *e)
{
	const char **reasons = ARENA_ARRAY(c->arena, const char *, ENGINE_REASONS_MAX);

	e->offer_id = o->id;
	e->incident_id = in->id;
	e->district = in->district;
	e->responder_id = o->responder_id;
	e->made_at = c->at_us;
	e->expires_at = o->expires_us;
	e->eta_s = o->eta_s;
	e->distance_m = o->distance_m;
	e->reasons = reasons;
	e->n_reasons = reasons ? candidate_reasons(best->reasons, reasons) : 0;
	e->case_no = in->case_no;
	e->place = in->place;
	e->lon = in->at.lon;
	e->lat = in->at.lat;
	e->promised_arrival_at = in->promised_us;
}

/* Writes the offer, the decision behind it and the two events in one statement. */
static Pb__Code persist_offer(struct call *c, const struct incident_row *in, const struct world *w,
	const struct candidate *best)
{
	Pb__OfferMade made = PB__OFFER_MADE__INIT;
	Pb__ResponderStatusChanged status = PB__RESPONDER_STATUS_CHANGED__INIT;
	struct new_offer o = {
		.id = call_uuid(c),
		.decision_id = call_uuid(c),
		.incident = in,
		.responder_id = best->unit->id,
		.replaces_id = "",
		.leaves_id = "",
		.expires_us = w->incident.offer_expires_us,
		.eta_s = rounded(best->travel.eta_s, 0.1),
		.distance_m = rounded(best->travel.distance_m, 1),
		.candidates = world_json(c, w),
		.made = &made.base,
		.status = &status.base,
		.plan = w->plan,
	};

	if (!o.candidates)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	fill_made(c, in, &o, best, &made);
	status.responder_id = o.responder_id;
	status.district = in->district;
	status.status = PB__RESPONDER_STATUS__VALUE__OFFERED;
	status.at = c->at_us;
	status.incident_id = in->id;
	return store_make_offer(c, &o);
}

static Pb__Code persist_warning(
	struct call *c, const struct incident_row *in, const struct engine_command *cmd)
{
	bool nobody = !cmd->unit;
	const char *text =
		nobody ? "no responder can be offered the incident now"
		       : arena_printf(c->arena,
				 "the best responder is expected in %.0f s, on time with %.0f %%",
				 cmd->candidate.travel.eta_s, cmd->candidate.on_time * 100);
	Pb__Code e = store_note_warning(c, in->id, nobody ? WARN_NOBODY : WARN_RISK);

	return e ? e : tell_warning(c, in, cmd->word, text ? text : "", &cmd->candidate);
}

static Pb__Code offer(
	struct call *c, const struct incident_row *in, enum world_scope scope, bool *ret_offered)
{
	struct world w;
	struct engine_command out[COMMANDS];
	struct engine_event look = { .kind = EVENT_TICK, .now_us = c->at_us };
	Pb__Code e = world_load(c, in, scope, &w);
	size_t n;

	if (e)
		return e;
	n = engine_step(&w.engine, &look, &w.ranking, out, COMMANDS);
	for (size_t i = 0; i < n && !e; i++) {
		if (out[i].kind == COMMAND_OFFER) {
			e = persist_offer(c, in, &w, &out[i].candidate);
			*ret_offered = !e;
		} else if (out[i].kind == COMMAND_WARN) {
			e = persist_warning(c, in, &out[i]);
		}
	}
	if (!e && !*ret_offered)
		e = store_try_later(c, in->id, c->at_us + settings.retry_seconds * US_PER_S);
	return e;
}

/* One that is kept for somebody is weighed against all others by the plan of the region. */
static Pb__Code leave_to_plan(struct call *c, const struct incident_row *in)
{
	Pb__Code e = store_mark_region(c, in->region);

	return e ? e : store_try_later(c, in->id, c->at_us + settings.retry_seconds * US_PER_S);
}

Pb__Code offer_next(struct call *c, const struct incident_row *in, bool *ret_offered)
{
	struct incident_row ours = *in;
	Pb__Code e;

	*ret_offered = false;
	if (in->hold_until_us > c->at_us)
		return PB__CODE__OK;
	e = region_hold(c, in->region, &ours.epoch);
	if (e || !ours.epoch || *in->queued_for)
		return e ? e : leave_to_plan(c, in);
	return offer(c, &ours, WORLD_AVAILABLE, ret_offered);
}

Pb__Code offer_first(struct call *c, const struct incident_row *in)
{
	bool offered = false;

	return in->epoch ? offer(c, in, WORLD_FRESH, &offered) : PB__CODE__OK;
}
