/* record.c - the engine's world as a message, and the message as a world again. */
#include <math.h>
#include <string.h>
#include "dispatch/record.h"

static const char *text(const char *s)
{
	return s ? s : "";
}

static const char *name(const char *s)
{
	return *s ? s : NULL;
}

/* ---- to the message ---- */

static Pb__DecisionUnit *put_unit(const struct unit *u, struct arena *a)
{
	Pb__DecisionUnit *p = ARENA_NEW(a, Pb__DecisionUnit);

	if (!p)
		return NULL;
	pb__decision_unit__init(p);
	p->id = u->id;
	p->state = (uint32_t)u->state;
	p->since_at = u->since_us;
	p->lon = u->fix.at.lon;
	p->lat = u->fix.at.lat;
	p->fix_at = u->fix.at_us;
	p->accuracy_m = u->fix.accuracy_m;
	p->doubtful = u->fix.doubtful;
	p->speed_mps = u->fix.speed_mps;
	p->course_deg = u->fix.course_deg;
	p->has_post = u->has_post;
	p->post_lon = u->post.lon;
	p->post_lat = u->post.lat;
	p->incident = text(u->incident);
	p->next = text(u->next);
	p->next_accepted = u->next_accepted;
	p->trip_swaps = u->trip_swaps;
	return p;
}

static bool put_asked(Pb__DecisionIncident *p, const struct incident *in, struct arena *a)
{
	p->asked = ARENA_ARRAY(a, Pb__DecisionAsked *, in->n_asked + 1);
	for (size_t i = 0; p->asked && i < in->n_asked; i++, p->n_asked++) {
		Pb__DecisionAsked *k = p->asked[i] = ARENA_NEW(a, Pb__DecisionAsked);
		if (!k)
			return false;
		pb__decision_asked__init(k);
		k->unit = in->asked[i].unit;
		k->declined = in->asked[i].declined;
		k->times = in->asked[i].times;
		k->last_at = in->asked[i].last_us;
	}
	return p->asked;
}

static bool put_helpers(Pb__DecisionIncident *p, const struct incident *in, struct arena *a)
{
	p->helpers = ARENA_ARRAY(a, Pb__DecisionHelper *, in->n_helpers + 1);
	for (size_t i = 0; p->helpers && i < in->n_helpers; i++, p->n_helpers++) {
		Pb__DecisionHelper *h = p->helpers[i] = ARENA_NEW(a, Pb__DecisionHelper);
		if (!h)
			return false;
		pb__decision_helper__init(h);
		h->unit = in->helpers[i].unit;
		h->assigned = in->helpers[i].assigned;
		h->expires_at = in->helpers[i].expires_us;
	}
	return p->helpers;
}

static Pb__DecisionIncident *put_incident(const struct incident *in, struct arena *a)
{
	Pb__DecisionIncident *p = ARENA_NEW(a, Pb__DecisionIncident);

	if (!p)
		return NULL;
	pb__decision_incident__init(p);
	p->id = in->id;
	p->lon = in->at.lon;
	p->lat = in->at.lat;
	p->accepted_at = in->accepted_us;
	p->promised_at = in->promised_us;
	p->state = (uint32_t)in->state;
	p->unit = text(in->unit);
	p->offer_expires_at = in->offer_expires_us;
	p->warned_nobody = in->warned_nobody;
	p->warned_risk = in->warned_risk;
	p->warned_remote = in->remote_told;
	p->severity = in->severity;
	p->next_unit = text(in->next_unit);
	p->next_expires_at = in->next_expires_us;
	p->swaps = in->swaps;
	p->hold_until = in->hold_until_us;
	p->queued_unit = text(in->queued_unit);
	p->queued_at = in->queued_us;
	p->wanted = in->wanted;
	p->old_lane = in->old_lane;
	return put_asked(p, in, a) && put_helpers(p, in, a) ? p : NULL;
}

static bool put_drives(Pb__DecisionInputs *p, const struct demand *d, struct arena *a)
{
	size_t n = d->drive_s ? d->n_posts * d->n_zones : 0;

	p->drive_tenths = ARENA_ARRAY(a, uint32_t, n + 1);
	if (!p->drive_tenths)
		return false;
	for (; p->n_drive_tenths < n; p->n_drive_tenths++)
		p->drive_tenths[p->n_drive_tenths] =
			(uint32_t)lround((double)d->drive_s[p->n_drive_tenths] * 10);
	return true;
}

static bool put_demand(Pb__DecisionInputs *p, const struct demand *d, struct arena *a)
{
	p->zones = ARENA_ARRAY(a, Pb__DecisionZone *, d->n_zones + 1);
	p->posts = ARENA_ARRAY(a, Pb__DecisionPost *, d->n_posts + 1);
	if (!p->zones || !p->posts)
		return false;
	p->rate_per_s = d->rate_per_s;
	for (size_t i = 0; i < d->n_zones; i++, p->n_zones++) {
		Pb__DecisionZone *z = p->zones[i] = ARENA_NEW(a, Pb__DecisionZone);
		if (!z)
			return false;
		pb__decision_zone__init(z);
		z->lon = d->zones[i].at.lon;
		z->lat = d->zones[i].at.lat;
		z->share = d->zones[i].share;
		z->busy = d->zones[i].busy;
	}
	for (size_t i = 0; i < d->n_posts; i++, p->n_posts++) {
		Pb__DecisionPost *o = p->posts[i] = ARENA_NEW(a, Pb__DecisionPost);
		if (!o)
			return false;
		pb__decision_post__init(o);
		o->code = d->posts[i].id;
		o->lon = d->posts[i].at.lon;
		o->lat = d->posts[i].at.lat;
	}
	return put_drives(p, d, a);
}

static bool put_arrays(Pb__DecisionInputs *p, const struct engine *e, struct arena *a)
{
	p->units = ARENA_ARRAY(a, Pb__DecisionUnit *, e->n_units + 1);
	p->incidents = ARENA_ARRAY(a, Pb__DecisionIncident *, e->n_incidents + 1);
	if (!p->units || !p->incidents)
		return false;
	for (size_t i = 0; i < e->n_units; i++, p->n_units++)
		if (!(p->units[i] = put_unit(&e->units[i], a)))
			return false;
	for (size_t i = 0; i < e->n_incidents; i++, p->n_incidents++)
		if (!(p->incidents[i] = put_incident(&e->incidents[i], a)))
			return false;
	return !e->demand || put_demand(p, e->demand, a);
}

Pb__DecisionInputs *record_world(const struct engine *e, int64_t now_us, const char *travel_name,
	const char *freed, struct arena *a)
{
	Pb__DecisionInputs *p = ARENA_NEW(a, Pb__DecisionInputs);

	if (!p)
		return NULL;
	pb__decision_inputs__init(p);
	p->at = now_us;
	p->policy = e->policy.name;
	p->policy_version = (uint32_t)e->policy.version;
	p->offer_us = e->policy.offer_us;
	p->stale_us = e->policy.stale_us;
	p->reask_us = e->policy.reask_us;
	p->travel_model = travel_name;
	p->freed = text(freed);
	return put_arrays(p, e, a) ? p : NULL;
}

bool record_travel(Pb__DecisionInputs *p, const struct tape *t, struct arena *a)
{
	p->travels = ARENA_ARRAY(a, Pb__DecisionTravel *, t->n_calls + 1);
	if (!p->travels || t->failed)
		return false;
	for (size_t i = 0; i < t->n_calls; i++, p->n_travels++) {
		const struct tape_call *c = &t->calls[i];
		Pb__DecisionTravel *d = p->travels[i] = ARENA_NEW(a, Pb__DecisionTravel);
		if (!d)
			return false;
		pb__decision_travel__init(d);
		d->lon = c->target.lon;
		d->lat = c->target.lat;
		d->n_distance = d->n_eta = d->n_eta_p90 = d->n_sigma = c->n;
		d->distance = t->figures[TAPE_DISTANCE] + c->first;
		d->eta = t->figures[TAPE_ETA] + c->first;
		d->eta_p90 = t->figures[TAPE_P90] + c->first;
		d->sigma = t->figures[TAPE_SIGMA] + c->first;
	}
	return true;
}

/* ---- from the message ---- */

static struct unit get_unit(const Pb__DecisionUnit *p)
{
	return (struct unit){
		.id = p->id,
		.state = (enum unit_state)p->state,
		.since_us = p->since_at,
		.fix = { .at = { p->lon, p->lat },
			.at_us = p->fix_at,
			.accuracy_m = p->accuracy_m,
			.doubtful = p->doubtful,
			.speed_mps = p->speed_mps,
			.course_deg = p->course_deg },
		.post = { p->post_lon, p->post_lat },
		.has_post = p->has_post,
		.incident = name(p->incident),
		.next = name(p->next),
		.next_accepted = p->next_accepted,
		.trip_swaps = p->trip_swaps,
	};
}

static void get_lists(const Pb__DecisionIncident *p, struct incident *in)
{
	for (size_t i = 0; i < p->n_asked && i < ENGINE_ASKED_MAX; i++)
		in->asked[in->n_asked++] = (struct asked){ .unit = p->asked[i]->unit,
			.declined = p->asked[i]->declined,
			.times = p->asked[i]->times,
			.last_us = p->asked[i]->last_at };
	for (size_t i = 0; i < p->n_helpers && i < ENGINE_WANTED_MAX - 1; i++)
		in->helpers[in->n_helpers++] = (struct helper){ .unit = p->helpers[i]->unit,
			.assigned = p->helpers[i]->assigned,
			.expires_us = p->helpers[i]->expires_at };
}

static void get_incident(const Pb__DecisionIncident *p, struct incident *in)
{
	*in = (struct incident){
		.id = p->id,
		.at = { p->lon, p->lat },
		.accepted_us = p->accepted_at,
		.promised_us = p->promised_at,
		.state = (enum incident_state)p->state,
		.unit = name(p->unit),
		.offer_expires_us = p->offer_expires_at,
		.warned_nobody = p->warned_nobody,
		.warned_risk = p->warned_risk,
		.remote_told = p->warned_remote,
		.severity = p->severity,
		.next_unit = name(p->next_unit),
		.next_expires_us = p->next_expires_at,
		.swaps = p->swaps,
		.hold_until_us = p->hold_until,
		.queued_unit = name(p->queued_unit),
		.queued_us = p->queued_at,
		.wanted = p->wanted,
		.old_lane = p->old_lane,
	};
	get_lists(p, in);
}

/* NULL with *ret_ok: none were used. */
static const float *get_drives(const Pb__DecisionInputs *p, struct arena *a, bool *ret_ok)
{
	float *drives = ARENA_ARRAY(a, float, p->n_drive_tenths + 1);

	*ret_ok = drives && (!p->n_drive_tenths || p->n_drive_tenths == p->n_posts * p->n_zones);
	for (size_t i = 0; *ret_ok && i < p->n_drive_tenths; i++)
		drives[i] = (float)p->drive_tenths[i] / 10;
	return p->n_drive_tenths ? drives : NULL;
}

static bool get_demand(const Pb__DecisionInputs *p, struct arena *a, struct demand *ret)
{
	struct zone *zones = ARENA_ARRAY(a, struct zone, p->n_zones + 1);
	struct post_site *posts = ARENA_ARRAY(a, struct post_site, p->n_posts + 1);
	bool ok;
	const float *drives = get_drives(p, a, &ok);

	if (!zones || !posts || !ok)
		return false;
	for (size_t i = 0; i < p->n_zones; i++)
		zones[i] = (struct zone){ { p->zones[i]->lon, p->zones[i]->lat },
			p->zones[i]->share, p->zones[i]->busy };
	for (size_t i = 0; i < p->n_posts; i++)
		posts[i] = (struct post_site){ p->posts[i]->code,
			{ p->posts[i]->lon, p->posts[i]->lat } };
	*ret = (struct demand){ .zones = zones,
		.n_zones = p->n_zones,
		.rate_per_s = p->rate_per_s,
		.posts = posts,
		.n_posts = p->n_posts,
		.drive_s = drives };
	return true;
}

static bool get_policy(const Pb__DecisionInputs *p, struct policy *ret, const char **ret_why)
{
	const struct policy *known = policy_by_name(p->policy);

	*ret_why = "this program doesn't know that version of the policy";
	if (!known || known->version != (int)p->policy_version)
		return false;
	*ret = *known;
	ret->offer_us = p->offer_us;
	ret->stale_us = p->stale_us;
	ret->reask_us = p->reask_us;
	return true;
}

bool record_restore(const Pb__DecisionInputs *in, struct tape *t, struct arena *a,
	struct engine *ret, struct demand *demand, const char **ret_why)
{
	*ret = (struct engine){ .n_units = in->n_units, .n_incidents = in->n_incidents };
	if (!get_policy(in, &ret->policy, ret_why))
		return false;
	*ret_why = "out of memory, or the inputs are damaged";
	ret->units = ARENA_ARRAY(a, struct unit, in->n_units + 1);
	ret->incidents = ARENA_ARRAY(a, struct incident, in->n_incidents + 2);
	if (!ret->units || !ret->incidents || !get_demand(in, a, demand) || !tape_load(t, in))
		return false;
	for (size_t i = 0; i < in->n_units; i++)
		ret->units[i] = get_unit(in->units[i]);
	for (size_t i = 0; i < in->n_incidents; i++)
		get_incident(in->incidents[i], &ret->incidents[i]);
	ret->travel = tape_player(t);
	ret->demand = demand->n_zones || demand->n_posts ? demand : NULL;
	return true;
}

/* ---- the step ---- */

/* Back at its work, on an incident of its own name. */
static bool put_back(struct engine *e, const char *unit)
{
	for (size_t i = 0; unit && i < e->n_units; i++) {
		struct unit *u = &e->units[i];
		if (strcmp(u->id, unit) != 0 || u->state != UNIT_AVAILABLE)
			continue;
		e->incidents[e->n_incidents++] = (struct incident){
			.id = u->id, .at = u->fix.at, .state = INCIDENT_ASSIGNED, .unit = u->id
		};
		u->state = UNIT_ON_SCENE;
		u->incident = u->id;
		return true;
	}
	return false;
}

size_t record_step(struct engine *e, int64_t now_us, const char *freed, struct ranking *scratch,
	struct engine_command *out, size_t max)
{
	struct engine_event ev = { .kind = EVENT_PLAN, .now_us = now_us };

	if (put_back(e, freed))
		ev = (struct engine_event){
			.kind = EVENT_CLEAR, .now_us = now_us, .incident = freed, .unit = freed
		};
	return engine_step(e, &ev, scratch, out, max);
}
