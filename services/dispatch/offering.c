/* offering.c - runs the engine over what the database knows and writes down what it decides. */
#include <math.h>
#include <string.h>
#include "dispatch/dispatch.h"
#include "dispatch/roads_live.h"
#include "kit/json.h"
#include "kit/timeutil.h"

enum { CANDIDATES_ON_RECORD = 8, COMMANDS = 48, FEW = 24, MANY = ENGINE_ASKED_MAX };

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
	Pb__Code e = scope == WORLD_ALL
			     ? store_crew_all(c, in->at, &w->crew)
			     : store_crew(c, in->region, in->at, scope == WORLD_FRESH ? FEW : MANY,
				       &w->crew, &w->turn);

	return e || scope == WORLD_FRESH ? e : store_asked(c, &w->incidents[0]);
}

Pb__Code world_load(
	struct call *c, const struct incident_row *in, enum world_scope scope, struct world *w)
{
	Pb__Code e;

	*w = (struct world){ .incidents = { { .id = in->id,
				     .at = in->at,
				     .accepted_us = in->accepted_us,
				     .promised_us = in->promised_us,
				     .state = INCIDENT_WAITING,
				     .warned_nobody = in->warned_nobody_us != 0,
				     .warned_risk = in->warned_risk,
				     .remote_told = in->warned_remote_us != 0 } } };
	e = load_crew(c, in, scope, w);
	if (e)
		return e;
	w->engine = (struct engine){ .policy = current_policy(),
		.units = w->crew.units,
		.n_units = w->crew.n,
		.incidents = w->incidents,
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
	out->incident_id = w->incidents[0].id;
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

/* The candidates as the engine weighed them, for the record. */
const char *decision_json(struct call *c, const struct world *w, const struct decision *d)
{
	Pb__ListCandidatesReply *out = ARENA_NEW(c->arena, Pb__ListCandidatesReply);
	size_t n = d->n_ranked < CANDIDATES_ON_RECORD ? d->n_ranked : CANDIDATES_ON_RECORD, len;

	if (!out)
		return NULL;
	pb__list_candidates_reply__init(out);
	out->items = ARENA_ARRAY(c->arena, Pb__Candidate *, n + 2);
	for (size_t i = 0; out->items && i < d->n_ranked; i++) {
		if (i >= n && d->ranked[i].unit != d->chosen)
			continue;
		if (!(out->items[out->n_items++] = report_candidate(c, w, &d->ranked[i], false)))
			return NULL;
	}
	if (!out->items)
		return NULL;
	out->incident_id = d->incident->id;
	out->policy = d->policy;
	out->policy_version = (uint32_t)d->policy_version;
	out->at = d->at_us;
	return message_to_json(
		&pb_meta_list_candidates_reply, &out->base, (struct json_out){ 0 }, c->arena, &len);
}

/* ---- deciding on one incident ---- */

/* Left to the plan of the region, which weighs all of it. */
static Pb__Code leave_to_plan(struct call *c, const struct incident_row *in)
{
	Pb__Code e = store_mark_region(c, in->region);

	return e ? e : store_try_later(c, in->id, c->at_us + settings.retry_seconds * US_PER_S);
}

static Pb__Code offer(
	struct call *c, const struct incident_row *in, enum world_scope scope, bool *ret_offered)
{
	struct world w;
	struct engine_command out[COMMANDS];
	struct carry k = { .rows = in, .n_rows = 1, .world = &w };
	Pb__Code e = world_load(c, in, scope, &w);
	size_t n;

	*ret_offered = false;
	if (!e && w.turn && w.engine.policy.mode == MODE_DIVERT)
		return leave_to_plan(c, in);
	if (!e)
		e = plan_begin(c, &w.engine, NULL, &w.plan);
	if (e)
		return e;
	n = record_step(&w.engine, c->at_us, NULL, &w.ranking, out, COMMANDS);
	e = carry_out(c, &k, out, n);
	*ret_offered = k.offers > 0;
	if (!e && !*ret_offered)
		e = store_try_later(c, in->id, c->at_us + settings.retry_seconds * US_PER_S);
	return e;
}

Pb__Code offer_next(struct call *c, const struct incident_row *in, bool *ret_offered)
{
	struct incident_row ours = *in;
	Pb__Code e;

	*ret_offered = false;
	if (in->hold_until_us > c->at_us)
		return PB__CODE__OK;
	e = region_hold(c, in->region, &ours.epoch);
	/* One that is kept for somebody is weighed against all others. */
	if (e || !ours.epoch || *in->queued_for)
		return e ? e : leave_to_plan(c, in);
	return offer(c, &ours, WORLD_AVAILABLE, ret_offered);
}

Pb__Code offer_first(struct call *c, const struct incident_row *in)
{
	bool offered = false;

	return in->epoch ? offer(c, in, WORLD_FRESH, &offered) : PB__CODE__OK;
}
