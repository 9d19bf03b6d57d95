/* engine.c - the state machine of units and incidents: events in, commands out. */
#include <string.h>
#include "dispatch/step.h"

static bool holds_offer(struct incident *in, const struct unit *u)
{
	const struct helper *h = find_helper(in, u->id);

	if (in->state == INCIDENT_OFFERED && in->unit && !strcmp(in->unit, u->id))
		return true;
	if (in->next_unit && !strcmp(in->next_unit, u->id))
		return true;
	return h && !h->assigned;
}

static bool is_lead(const struct incident *in, const struct unit *u)
{
	return in->state == INCIDENT_ASSIGNED && in->unit && !strcmp(in->unit, u->id);
}

static void on_opened(struct step *s, struct incident *in, struct unit *finder)
{
	if (finder && finder->state == UNIT_OFFERED)
		offer_ends(s, find_incident(s->e, finder->incident), finder, "WITHDRAWN",
			UNIT_AVAILABLE);
	if (finder && (finder->state == UNIT_AVAILABLE || finder->state == UNIT_ON_BREAK)) {
		trip_begins(s, in, finder, UNIT_ON_SCENE);
		say(s, COMMAND_ARRIVED, in, finder, "self_initiated");
	}
	make_plan(s);
}

static void on_closed(struct step *s, struct incident *in)
{
	struct unit *offered = in->state == INCIDENT_OFFERED ? find_unit(s->e, in->unit) : NULL;
	struct unit *freed = in->state == INCIDENT_ASSIGNED ? find_unit(s->e, in->unit) : NULL;

	if (offered)
		offer_ends(s, in, offered, "WITHDRAWN", UNIT_AVAILABLE);
	else if (freed)
		trip_ends(s, in, "CANCELLED", INCIDENT_ENDED, UNIT_AVAILABLE);
	end_helpers(s, in, "CANCELLED");
	set_incident(in, INCIDENT_ENDED, NULL);
	make_plan(s);
	if (freed)
		suggest_post(s, freed);
}

static void on_duty(struct step *s, struct unit *u)
{
	enum unit_state to = s->ev->duty;

	if (u->state == to)
		return;
	if (u->state == UNIT_EN_ROUTE || u->state == UNIT_ON_SCENE) {
		refuse(s, NULL, u, "has_an_assignment");
	} else if (u->state == UNIT_OFFERED && to == UNIT_OFF_DUTY) {
		offer_ends(s, find_incident(s->e, u->incident), u, "DECLINED", UNIT_OFF_DUTY);
		make_plan(s);
	} else if (u->state == UNIT_OFFERED) {
		refuse(s, NULL, u, "has_an_offer");
	} else if (u->state == UNIT_OFF_DUTY && to == UNIT_ON_BREAK) {
		refuse(s, NULL, u, "is_off_duty");
	} else {
		set_unit(s, u, to, NULL);
		make_plan(s);
	}
}

/* Leaves its own incident to wait, which nobody takes over. */
static void leave_trip(struct step *s, struct unit *u)
{
	struct incident *own = find_incident(s->e, u->incident);

	if (!own)
		return;
	set_incident(own, INCIDENT_WAITING, NULL);
	own->swaps++;
	u->trip_swaps++;
	say(s, COMMAND_END_ASSIGNMENT, own, u, "REPLACED");
}

/* A unit under way agreed to another incident: at once, or when its own is taken over. */
static void on_accept_diverted(struct step *s, struct incident *in, struct unit *u)
{
	struct incident *own = find_incident(s->e, u->incident);

	if (own && own->next_unit) {
		if (!u->next_accepted)
			say(s, COMMAND_PENDING, in, u, "waits_for_hand_over");
		u->next_accepted = true;
		return;
	}
	u->next = NULL;
	leave_trip(s, u);
	hand_over(s, in, u);
	make_plan(s);
}

/* Accept, decline and expire concern the open offer of this incident to this unit. */
static void on_answer(struct step *s, struct incident *in, struct unit *u)
{
	const char *outcome = s->ev->kind == EVENT_DECLINE ? "DECLINED" : "EXPIRED";

	if (!u || !holds_offer(in, u)) {
		refuse(s, in, u, "no_such_offer");
	} else if (s->ev->kind == EVENT_ACCEPT && u->state == UNIT_EN_ROUTE) {
		on_accept_diverted(s, in, u);
	} else if (s->ev->kind == EVENT_ACCEPT && find_helper(in, u->id)) {
		accept_helper(s, in, u);
	} else if (s->ev->kind == EVENT_ACCEPT) {
		bool took_over = in->state == INCIDENT_ASSIGNED;
		hand_over(s, in, u);
		if (took_over)
			make_plan(s);
		else if (helpers_missing(in))
			make_plan(s);
	} else if (s->ev->kind == EVENT_EXPIRE && u->next_accepted) {
		refuse(s, in, u, "accepted_already");
	} else {
		offer_ends(s, in, u, outcome, UNIT_AVAILABLE);
		make_plan(s);
	}
}

static void on_arrive(struct step *s, struct incident *in, struct unit *u)
{
	if (u->state == UNIT_ON_SCENE)
		return;
	if (is_lead(in, u))
		untangle(s, u);
	say(s, COMMAND_ARRIVED, in, u, "tap")->helper = !is_lead(in, u);
	set_unit(s, u, UNIT_ON_SCENE, in);
	make_plan(s);
}

static void on_clear(struct step *s, struct incident *in, struct unit *u)
{
	if (u->state != UNIT_ON_SCENE) {
		refuse(s, in, u, "not_arrived");
		return;
	}
	if (is_lead(in, u)) {
		trip_ends(s, in, "CLEARED", INCIDENT_SERVED, UNIT_AVAILABLE);
		end_helpers(s, in, "CLEARED");
	} else {
		end_helper(s, in, u, "CLEARED", UNIT_AVAILABLE);
		in->wanted -= in->wanted > 1;
	}
	make_plan(s);
	suggest_post(s, u);
}

static void on_release(struct step *s, struct incident *in, struct unit *u)
{
	if (is_lead(in, u)) {
		remember_asked(in, u, true, s->ev->now_us);
		trip_ends(s, in, "RELEASED", INCIDENT_WAITING, UNIT_AVAILABLE);
		promote_helper(s, in);
	} else {
		end_helper(s, in, u, "RELEASED", UNIT_AVAILABLE);
	}
	make_plan(s);
}

/* Arrive, clear and release concern a live assignment of this incident to this unit. */
static void on_work(struct step *s, struct incident *in, struct unit *u)
{
	const struct helper *h = u ? find_helper(in, u->id) : NULL;

	if (!u || (!is_lead(in, u) && !(h && h->assigned)))
		refuse(s, in, u, "no_such_assignment");
	else if (s->ev->kind == EVENT_ARRIVE)
		on_arrive(s, in, u);
	else if (s->ev->kind == EVENT_CLEAR)
		on_clear(s, in, u);
	else
		on_release(s, in, u);
}

static void expire_of(struct step *s, struct incident *in)
{
	int64_t now = s->ev->now_us;
	struct unit *u = find_unit(s->e, in->next_unit);

	if (in->state == INCIDENT_OFFERED && in->offer_expires_us <= now)
		u = find_unit(s->e, in->unit);
	else if (!u || in->next_expires_us > now)
		u = NULL;
	if (u && !u->next_accepted)
		offer_ends(s, in, u, "EXPIRED", UNIT_AVAILABLE);
	for (size_t i = in->n_helpers; i-- > 0 && room(s);) {
		u = find_unit(s->e, in->helpers[i].unit);
		if (u && !in->helpers[i].assigned && in->helpers[i].expires_us <= now)
			end_helper(s, in, u, "EXPIRED", UNIT_AVAILABLE);
	}
}

static void on_tick(struct step *s)
{
	struct incident *in = NULL;

	while (room(s) && (in = next_in_order(s->e, in, INCIDENT_OFFERED)))
		expire_of(s, in);
	in = NULL;
	while (room(s) && (in = next_in_order(s->e, in, INCIDENT_ASSIGNED)))
		expire_of(s, in);
	make_plan(s);
}

static void on_position(struct unit *u, const struct fix *fix)
{
	if (fix->at_us > u->fix.at_us)
		u->fix = *fix;
}

static void on_unit_event(struct step *s, struct unit *u)
{
	if (!u)
		refuse(s, NULL, NULL, "unknown_unit");
	else if (s->ev->kind == EVENT_POSITION)
		on_position(u, &s->ev->fix);
	else if (s->ev->kind == EVENT_DUTY)
		on_duty(s, u);
	else
		on_stand_down(s, u);
}

static void on_incident_event(struct step *s, struct incident *in, struct unit *u)
{
	switch (s->ev->kind) {
	case EVENT_OPENED:
		on_opened(s, in, u);
		break;
	case EVENT_CLOSED:
		on_closed(s, in);
		break;
	case EVENT_ACCEPT:
	case EVENT_DECLINE:
	case EVENT_EXPIRE:
		on_answer(s, in, u);
		break;
	case EVENT_ASSIGN:
		on_assign(s, in, u);
		break;
	case EVENT_HOLD:
		on_hold(s, in);
		break;
	case EVENT_QUEUE:
		on_queue(s, in, u);
		break;
	case EVENT_WANT:
		on_want(s, in);
		break;
	case EVENT_UNDO:
		on_undo(s, in, u);
		break;
	default:
		on_work(s, in, u);
	}
}

static void run(struct step *s)
{
	struct incident *in = find_incident(s->e, s->ev->incident);
	struct unit *u = find_unit(s->e, s->ev->unit);

	if (s->ev->kind == EVENT_TICK)
		on_tick(s);
	else if (s->ev->kind == EVENT_PLAN)
		make_plan(s);
	else if (s->ev->kind == EVENT_POSITION || s->ev->kind == EVENT_DUTY ||
		 s->ev->kind == EVENT_STAND_DOWN)
		on_unit_event(s, u);
	else if (!in)
		refuse(s, NULL, u, "unknown_incident");
	else
		on_incident_event(s, in, u);
}

size_t engine_step(struct engine *e, const struct engine_event *ev, struct ranking *scratch,
	struct engine_command *out, size_t max)
{
	struct step s = {
		.e = e, .ev = ev, .scratch = scratch, .work = e->work, .out = out, .max = max
	};

	if (max < ENGINE_COMMANDS_MIN)
		return 0;
	if (s.work)
		work_reset(s.work);
	run(&s);
	return s.n;
}
