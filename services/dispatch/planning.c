/* planning.c - a region at once: everything open and everyone on duty through one plan of the
 * engine, so that trips under way are reconsidered, too. */
#include <math.h>
#include <string.h>
#include "dispatch/dispatch.h"
#include "dispatch/roads_live.h"
#include "kit/timeutil.h"

enum { COMMANDS = 384, BORROWS = 3, SCENE_S = 1200, SCENE_LEFT_S = 300 };

struct region_plan {
	const char *region;
	int64_t epoch;
	struct open_incidents open;
	struct region_crew crew;
	struct world world;
	struct engine_command *commands;
	size_t n;
};

/* Everything is offered: nothing can be decided before somebody answers. */
static bool all_offered(const struct open_incidents *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->incidents[i].state != INCIDENT_OFFERED ||
			!strcmp(o->rows[i].state, "WAITING"))
			return false;
	return o->n > 0;
}

static Pb__Code load(struct call *c, int64_t since_us, struct region_plan *p)
{
	Pb__Code e = store_open_incidents(c, p->region, &p->open);

	if (e || all_offered(&p->open)) {
		p->open.n = 0;
		return e;
	}
	e = store_crew_of_region(c, p->region, since_us, &p->crew);
	if (!e && p->open.n)
		e = store_asked_all(c, &p->open);
	if (e)
		return e;
	p->world = (struct world){ .crew = p->crew.crew };
	p->world.ranking.candidates = ARENA_ARRAY(c->arena, struct candidate, p->crew.crew.n + 1);
	p->world.ranking.rejections = ARENA_ARRAY(c->arena, struct rejection, p->crew.crew.n + 1);
	p->commands = ARENA_ARRAY(c->arena, struct engine_command, COMMANDS);
	if (!p->commands || !p->world.ranking.candidates || !p->world.ranking.rejections)
		return call_fail(c, PB__CODE__TOO_LARGE, "the region needs too much memory");
	return PB__CODE__OK;
}

static double busy_share(const struct crew *crew)
{
	size_t busy = 0;

	for (size_t i = 0; i < crew->n; i++)
		busy += crew->units[i].state != UNIT_AVAILABLE;
	return crew->n ? fmin(0.9, fmax(0.05, (double)busy / (double)crew->n)) : 0.5;
}

static void set_engine(struct call *c, struct region_plan *p)
{
	struct world *w = &p->world;

	w->engine = (struct engine){ .policy = current_policy(),
		.units = w->crew.units,
		.n_units = w->crew.n,
		.incidents = p->open.incidents,
		.n_incidents = p->open.n,
		.travel = dispatch_travel(),
		.demand = demand_of(c, p->region, busy_share(&w->crew)) };
	w->plan = (struct plan_ref){ .policy = w->engine.policy.name,
		.policy_version = w->engine.policy.version,
		.owner = process_id(),
		.epoch = p->epoch };
}

/* ---- queues: somebody better may be free ---- */

static double trip_s(const struct engine *e, struct lonlat from, struct lonlat to, int64_t now_us)
{
	struct travel_from f = { .at = from, .course_deg = -1, .speed_mps = -1 };
	struct travel t;

	e->travel.to(e->travel.ctx, to, now_us, &f, 1, &t);
	return t.eta_s;
}

/* When the one it is kept for could be there: he drives, works, and drives again. */
static double kept_for_s(
	const struct engine *e, const struct unit *u, const struct incident *in, int64_t now_us)
{
	double worked = (double)(now_us - u->since_us) / 1e6;
	double left = u->state == UNIT_ON_SCENE ? fmax(SCENE_LEFT_S, SCENE_S - worked) : SCENE_S;

	for (size_t i = 0; u->incident && i < e->n_incidents; i++)
		if (!strcmp(e->incidents[i].id, u->incident)) {
			struct lonlat scene = e->incidents[i].at;
			if (u->state == UNIT_EN_ROUTE)
				left += trip_s(e, u->fix.at, scene, now_us);
			return left + trip_s(e, scene, in->at, now_us);
		}
	return left + trip_s(e, u->fix.at, in->at, now_us);
}

static bool somebody_sooner(
	const struct engine *e, const struct incident *in, double than_s, int64_t now_us)
{
	for (size_t i = 0; i < e->n_units; i++) {
		const struct unit *u = &e->units[i];
		if (u->state == UNIT_AVAILABLE && (u->fix.at_us || u->has_post) &&
			trip_s(e, u->fix.at_us ? u->fix.at : u->post, in->at, now_us) < than_s)
			return true;
	}
	return false;
}

/* An incident kept for somebody is anybody's when another is there sooner. */
static void open_queues(struct engine *e, int64_t now_us)
{
	for (size_t i = 0; i < e->n_incidents; i++) {
		struct incident *in = &e->incidents[i];
		for (size_t k = 0; in->queued_unit && k < e->n_units; k++)
			if (!strcmp(e->units[k].id, in->queued_unit)) {
				double s = kept_for_s(e, &e->units[k], in, now_us);
				if (somebody_sooner(e, in, s, now_us))
					in->queued_unit = NULL;
			}
	}
}

/* ---- writing ---- */

static size_t index_of(const struct region_plan *p, const char *incident)
{
	size_t i = 0;

	while (i < p->open.n && strcmp(p->open.rows[i].id, incident) != 0)
		i++;
	return i;
}

/* What the offers are about to change; each once. */
static Pb__Code lock(struct call *c, const struct region_plan *p, bool *ret_all)
{
	size_t n = p->n + 1;
	struct plan_locks l = { .region = p->region,
		.incidents = ARENA_ARRAY(c->arena, const char *, n),
		.units = ARENA_ARRAY(c->arena, const char *, n),
		.status = ARENA_ARRAY(c->arena, const char *, n),
		.was = ARENA_ARRAY(c->arena, int64_t, n) };

	if (!l.incidents || !l.units || !l.status || !l.was)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	for (size_t i = 0; i < p->n; i++) {
		const struct engine_command *k = &p->commands[i];
		size_t at = k->kind == COMMAND_OFFER ? index_of(p, k->incident->id) : p->open.n;
		bool seen = false;
		if (at == p->open.n)
			continue;
		for (size_t m = 0; m < l.n_incidents; m++)
			seen |= l.incidents[m] == p->open.rows[at].id;
		if (!seen) {
			const struct incident_row *in = &p->open.rows[at];
			l.was[l.n_incidents] = in->n_live + 10 * in->n_open + 100 * in->swaps;
			l.incidents[l.n_incidents++] = in->id;
		}
		l.status[l.n_units] = *p->crew.assignment[k->unit - p->world.crew.units]
					      ? "EN_ROUTE"
					      : "AVAILABLE";
		l.units[l.n_units++] = k->unit->id;
	}
	return store_lock_for_plan(c, &l, ret_all);
}

/* Who could come from another region, when nobody of ours can in time. */
static Pb__Code borrow(struct call *c, const struct region_plan *p, size_t i, bool *ret_asked)
{
	const struct incident_row *in = &p->open.rows[i];
	struct incident wish = p->open.incidents[i];
	struct engine e = { .policy = current_policy(),
		.incidents = &wish,
		.n_incidents = 1,
		.travel = dispatch_travel() };
	struct ranking r;
	struct crew crew;
	Pb__Code code = store_crew_abroad(c, p->region, in->at, 8, &crew);

	*ret_asked = false;
	if (code || !crew.n)
		return code;
	e.units = crew.units;
	e.n_units = crew.n;
	r.candidates = ARENA_ARRAY(c->arena, struct candidate, crew.n + 1);
	r.rejections = ARENA_ARRAY(c->arena, struct rejection, crew.n + 1);
	if (!r.candidates || !r.rejections)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	engine_rank(&e, &wish, c->at_us, &r);
	for (size_t k = 0; !code && k < r.n_candidates && !*ret_asked; k++)
		code = store_ask_borrow(c, in, r.candidates[k].unit->id, p->epoch, ret_asked);
	return code;
}

static bool left_over(const struct incident *in, int64_t now_us)
{
	return in->state == INCIDENT_WAITING && in->hold_until_us <= now_us && !in->queued_unit;
}

static Pb__Code borrow_for_rest(struct call *c, const struct region_plan *p)
{
	Pb__Code e = PB__CODE__OK;
	size_t asked = 0;

	for (size_t i = 0; !e && i < p->open.n && asked < BORROWS; i++) {
		bool one = false;
		if (left_over(&p->open.incidents[i], c->at_us))
			e = borrow(c, p, i, &one);
		asked += one;
	}
	return e;
}

/* All of the plan or nothing: half of a hand-over would leave somebody waiting for a relief. */
static Pb__Code write(struct call *c, struct region_plan *p)
{
	struct carry k = { .rows = p->open.rows,
		.n_rows = p->open.n,
		.world = &p->world,
		.assignment = p->crew.assignment };
	bool all = false;
	Pb__Code e = lock(c, p, &all);

	if (!e && !all)
		return store_mark_region(c, p->region);
	if (!e)
		e = carry_out(c, &k, p->commands, p->n);
	return e ? e : borrow_for_rest(c, p);
}

static Pb__Code plan(struct call *c, const char *region, int64_t since_us)
{
	struct region_plan p = { .region = region };
	Pb__Code e = region_hold(c, region, &p.epoch);

	if (e || !p.epoch)
		return e;
	e = load(c, since_us, &p);
	if (e || (!p.open.n && !p.crew.freed))
		return e;
	set_engine(c, &p);
	open_queues(&p.world.engine, c->at_us);
	e = plan_begin(c, &p.world.engine, p.crew.freed, &p.world.plan);
	if (e)
		return e;
	p.n = record_step(
		&p.world.engine, c->at_us, p.crew.freed, &p.world.ranking, p.commands, COMMANDS);
	return p.n ? write(c, &p) : borrow_for_rest(c, &p);
}

/* ---- the tick ---- */

static struct {
	char region[33];
	int64_t since_us, next_us;
	bool claimed;
} turn;

static Pb__Code claim(struct call *c, bool *ret_more)
{
	const char *region;
	Pb__Code e = store_claim_region(c, process_id(), &region, &turn.since_us);

	if (e || !region)
		return e;
	(void)memccpy(turn.region, region, 0, sizeof(turn.region) - 1);
	*ret_more = turn.claimed = true;
	return e;
}

/* Two transactions: the mark is taken off first, so that whatever happens during the plan marks the
 * region again. A plan that fails is marked anew. Plans take a tenth of the time at most. */
Pb__Code plan_regions(struct call *c, bool *ret_more)
{
	int64_t began = mono_us();
	Pb__Code e;

	*ret_more = false;
	if (!turn.claimed)
		return began < turn.next_us ? PB__CODE__OK : claim(c, ret_more);
	e = plan(c, turn.region, turn.since_us);
	turn.claimed = e == PB__CODE__BUSY;
	turn.next_us = mono_us() + 9 * (mono_us() - began);
	return e;
}
