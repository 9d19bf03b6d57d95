/* engine.c - the state machine of units and incidents: events in, commands out. */
#include <stdlib.h>
#include <string.h>
#include "dispatch/engine.h"

struct step {
	struct engine *e;
	const struct engine_event *ev;
	struct ranking *scratch;
	struct engine_command *out;
	size_t n, max;
};

static struct unit *find_unit(struct engine *e, const char *id)
{
	for (size_t i = 0; id && i < e->n_units; i++)
		if (!strcmp(e->units[i].id, id))
			return &e->units[i];
	return NULL;
}

static struct incident *find_incident(struct engine *e, const char *id)
{
	for (size_t i = 0; id && i < e->n_incidents; i++)
		if (!strcmp(e->incidents[i].id, id))
			return &e->incidents[i];
	return NULL;
}

static bool room(const struct step *s)
{
	return s->n + ENGINE_COMMANDS_PER_INCIDENT <= s->max;
}

static struct engine_command *say(struct step *s, enum engine_command_kind kind,
	struct incident *in, struct unit *u, const char *word)
{
	struct engine_command *c = &s->out[s->n++];
	*c = (struct engine_command){ .kind = kind, .incident = in, .unit = u, .word = word };
	return c;
}

static void set_unit(struct step *s, struct unit *u, enum unit_state state, struct incident *in)
{
	u->state = state;
	u->since_us = s->ev->now_us;
	u->incident = in ? in->id : NULL;
	say(s, COMMAND_STATUS, in, u, unit_state_name(state));
}

static void set_incident(struct incident *in, enum incident_state state, const struct unit *u)
{
	in->state = state;
	in->unit = u ? u->id : NULL;
	in->offer_expires_us = 0;
}

static void remember_asked(struct incident *in, const struct unit *u, bool declined, int64_t now)
{
	struct asked *a = NULL;

	for (size_t i = 0; i < in->n_asked && !a; i++)
		if (!strcmp(in->asked[i].unit, u->id))
			a = &in->asked[i];
	if (!a && in->n_asked < ENGINE_ASKED_MAX) {
		a = &in->asked[in->n_asked++];
		*a = (struct asked){ .unit = u->id };
	}
	if (!a) { /* full: the one asked longest ago is forgotten */
		a = &in->asked[0];
		for (size_t i = 1; i < in->n_asked; i++)
			if (in->asked[i].last_us < a->last_us)
				a = &in->asked[i];
		*a = (struct asked){ .unit = u->id };
	}
	a->declined = declined;
	a->times++;
	a->last_us = now;
}

/* Offers a waiting incident to the best unit, or warns once that there is none. */
static void offer_next(struct step *s, struct incident *in)
{
	if (in->state != INCIDENT_WAITING || !room(s))
		return;
	engine_rank(s->e, in, s->ev->now_us, s->scratch);
	if (!s->scratch->n_candidates) {
		if (!in->warned_nobody)
			say(s, COMMAND_WARN, in, NULL, "nobody_available");
		in->warned_nobody = true;
		return;
	}
	const struct candidate best = s->scratch->candidates[0];
	struct unit *u = find_unit(s->e, best.unit->id);

	set_incident(in, INCIDENT_OFFERED, u);
	in->offer_expires_us = s->ev->now_us + s->e->policy.offer_us;
	in->warned_nobody = false;
	say(s, COMMAND_OFFER, in, u, "OFFER")->candidate = best;
	set_unit(s, u, UNIT_OFFERED, in);
	if (best.on_time < s->e->policy.risk && !in->warned_risk) {
		in->warned_risk = true;
		say(s, COMMAND_WARN, in, u, "promise_at_risk")->candidate = best;
	}
}

/* Ends the open offer of an incident; the unit is free again unless it accepted. */
static void end_offer(
	struct step *s, struct incident *in, const char *outcome, enum unit_state unit_then)
{
	struct unit *u = in ? find_unit(s->e, in->unit) : NULL;

	if (!in)
		return;
	set_incident(in, INCIDENT_WAITING, NULL);
	if (!u)
		return;
	if (!strcmp(outcome, "DECLINED") || !strcmp(outcome, "EXPIRED"))
		remember_asked(in, u, outcome[0] == 'D', s->ev->now_us);
	say(s, COMMAND_END_OFFER, in, u, outcome);
	set_unit(s, u, unit_then, NULL);
}

static void end_assignment(
	struct step *s, struct incident *in, const char *how, enum incident_state then)
{
	struct unit *u = find_unit(s->e, in->unit);

	set_incident(in, then, NULL);
	say(s, COMMAND_END_ASSIGNMENT, in, u, how);
	if (u)
		set_unit(s, u, UNIT_AVAILABLE, NULL);
}

static void assign(struct step *s, struct incident *in, struct unit *u, enum unit_state state)
{
	set_incident(in, INCIDENT_ASSIGNED, u);
	in->warned_nobody = false;
	say(s, COMMAND_ASSIGN, in, u, unit_state_name(state));
	set_unit(s, u, state, in);
}

static void refuse(struct step *s, struct incident *in, struct unit *u, const char *why)
{
	say(s, COMMAND_REFUSE, in, u, why);
}

static void on_opened(struct step *s, struct incident *in, struct unit *finder)
{
	if (finder && finder->state == UNIT_OFFERED)
		end_offer(s, find_incident(s->e, finder->incident), "WITHDRAWN", UNIT_AVAILABLE);
	if (finder && (finder->state == UNIT_AVAILABLE || finder->state == UNIT_ON_BREAK)) {
		assign(s, in, finder, UNIT_ON_SCENE);
		say(s, COMMAND_ARRIVED, in, finder, "self_initiated");
		return;
	}
	offer_next(s, in);
}

static void on_closed(struct step *s, struct incident *in)
{
	struct unit *u = find_unit(s->e, in->unit);

	if (in->state == INCIDENT_OFFERED)
		end_offer(s, in, "WITHDRAWN", UNIT_AVAILABLE);
	else if (in->state == INCIDENT_ASSIGNED && u)
		end_assignment(s, in, "CANCELLED", INCIDENT_ENDED);
	set_incident(in, INCIDENT_ENDED, NULL);
}

static void on_duty(struct step *s, struct unit *u)
{
	enum unit_state to = s->ev->duty;

	if (u->state == to)
		return;
	if (u->state == UNIT_EN_ROUTE || u->state == UNIT_ON_SCENE) {
		refuse(s, NULL, u, "has_an_assignment");
	} else if (u->state == UNIT_OFFERED && to == UNIT_OFF_DUTY) {
		struct incident *in = find_incident(s->e, u->incident);
		end_offer(s, in, "DECLINED", UNIT_OFF_DUTY);
		offer_next(s, in);
	} else if (u->state == UNIT_OFFERED) {
		refuse(s, NULL, u, "has_an_offer");
	} else if (u->state == UNIT_OFF_DUTY && to == UNIT_ON_BREAK) {
		refuse(s, NULL, u, "is_off_duty");
	} else {
		set_unit(s, u, to, NULL);
	}
}

/* Accept, decline and expire concern the open offer of this incident to this unit. */
static void on_answer(struct step *s, struct incident *in, struct unit *u)
{
	if (in->state != INCIDENT_OFFERED || !u || strcmp(in->unit, u->id)) {
		refuse(s, in, u, "no_such_offer");
		return;
	}
	if (s->ev->kind == EVENT_ACCEPT) {
		say(s, COMMAND_END_OFFER, in, u, "ACCEPTED");
		assign(s, in, u, UNIT_EN_ROUTE);
		return;
	}
	end_offer(s, in, s->ev->kind == EVENT_DECLINE ? "DECLINED" : "EXPIRED", UNIT_AVAILABLE);
	offer_next(s, in);
}

/* Arrive, clear and release concern the live assignment of this incident to this unit. */
static void on_work(struct step *s, struct incident *in, struct unit *u)
{
	if (in->state != INCIDENT_ASSIGNED || !u || strcmp(in->unit, u->id)) {
		refuse(s, in, u, "no_such_assignment");
	} else if (s->ev->kind == EVENT_ARRIVE) {
		if (u->state == UNIT_ON_SCENE)
			return;
		say(s, COMMAND_ARRIVED, in, u, "tap");
		set_unit(s, u, UNIT_ON_SCENE, in);
	} else if (s->ev->kind == EVENT_CLEAR && u->state != UNIT_ON_SCENE) {
		refuse(s, in, u, "not_arrived");
	} else if (s->ev->kind == EVENT_CLEAR) {
		end_assignment(s, in, "CLEARED", INCIDENT_SERVED);
	} else {
		remember_asked(in, u, true, s->ev->now_us);
		end_assignment(s, in, "RELEASED", INCIDENT_WAITING);
		offer_next(s, in);
	}
}

static void on_assign(struct step *s, struct incident *in, struct unit *u)
{
	bool offered_here = u && u->state == UNIT_OFFERED && !strcmp(u->incident, in->id);

	if (in->state != INCIDENT_WAITING && in->state != INCIDENT_OFFERED) {
		refuse(s, in, u, "incident_not_open");
	} else if (!u || (u->state != UNIT_AVAILABLE && u->state != UNIT_OFFERED)) {
		refuse(s, in, u, "unit_not_free");
	} else if (offered_here) {
		say(s, COMMAND_END_OFFER, in, u, "ACCEPTED");
		assign(s, in, u, UNIT_EN_ROUTE);
	} else {
		if (u->state == UNIT_OFFERED)
			end_offer(s, find_incident(s->e, u->incident), "WITHDRAWN", UNIT_AVAILABLE);
		if (in->state == INCIDENT_OFFERED)
			end_offer(s, in, "WITHDRAWN", UNIT_AVAILABLE);
		assign(s, in, u, UNIT_EN_ROUTE);
	}
}

/* Which of two incidents is served first: the older promise, then the id. */
static bool comes_before(const struct incident *a, const struct incident *b)
{
	if (a->accepted_us != b->accepted_us)
		return a->accepted_us < b->accepted_us;
	return strcmp(a->id, b->id) < 0;
}

/* The first incident after `last` in serving order that is in `state`; NULL when none is. */
static struct incident *next_in_order(
	struct engine *e, const struct incident *last, enum incident_state state)
{
	struct incident *best = NULL;

	for (size_t i = 0; i < e->n_incidents; i++) {
		struct incident *in = &e->incidents[i];
		if (in->state == state && (!last || comes_before(last, in)) &&
			(!best || comes_before(in, best)))
			best = in;
	}
	return best;
}

static void on_tick(struct step *s)
{
	struct incident *in = NULL;

	while (room(s) && (in = next_in_order(s->e, in, INCIDENT_OFFERED)))
		if (in->offer_expires_us <= s->ev->now_us)
			end_offer(s, in, "EXPIRED", UNIT_AVAILABLE);
	in = NULL;
	while (room(s) && (in = next_in_order(s->e, in, INCIDENT_WAITING)))
		offer_next(s, in);
}

static void on_position(struct unit *u, const struct fix *fix)
{
	if (fix->at_us > u->fix.at_us)
		u->fix = *fix;
}

size_t engine_step(struct engine *e, const struct engine_event *ev, struct ranking *scratch,
	struct engine_command *out, size_t max)
{
	struct step s = { .e = e, .ev = ev, .scratch = scratch, .out = out, .max = max };
	struct incident *in = find_incident(e, ev->incident);
	struct unit *u = find_unit(e, ev->unit);

	if (max < ENGINE_COMMANDS_PER_INCIDENT)
		return 0;
	if (ev->kind == EVENT_TICK || ev->kind == EVENT_PLAN) {
		on_tick(&s);
	} else if (ev->kind == EVENT_POSITION || ev->kind == EVENT_DUTY) {
		if (!u)
			refuse(&s, NULL, NULL, "unknown_unit");
		else if (ev->kind == EVENT_POSITION)
			on_position(u, &ev->fix);
		else
			on_duty(&s, u);
	} else if (!in) {
		refuse(&s, NULL, u, "unknown_incident");
	} else if (ev->kind == EVENT_OPENED) {
		on_opened(&s, in, u);
	} else if (ev->kind == EVENT_CLOSED) {
		on_closed(&s, in);
	} else if (ev->kind == EVENT_ASSIGN) {
		on_assign(&s, in, u);
	} else if (ev->kind == EVENT_ACCEPT || ev->kind == EVENT_DECLINE ||
		   ev->kind == EVENT_EXPIRE) {
		on_answer(&s, in, u);
	} else {
		on_work(&s, in, u);
	}
	return s.n;
}
