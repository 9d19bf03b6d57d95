/* engine_moves.c - how offers and trips begin, change hands and end, and what hangs on them. */
#include <assert.h>
#include <string.h>
#include "dispatch/step.h"

struct unit *find_unit(const struct engine *e, const char *id)
{
	for (size_t i = 0; id && i < e->n_units; i++)
		if (e->units[i].id == id || !strcmp(e->units[i].id, id))
			return &e->units[i];
	return NULL;
}

struct incident *find_incident(const struct engine *e, const char *id)
{
	for (size_t i = 0; id && i < e->n_incidents; i++)
		if (e->incidents[i].id == id || !strcmp(e->incidents[i].id, id))
			return &e->incidents[i];
	return NULL;
}

static bool comes_before(const struct incident *a, const struct incident *b)
{
	if (a->accepted_us != b->accepted_us)
		return a->accepted_us < b->accepted_us;
	return strcmp(a->id, b->id) < 0;
}

struct incident *next_in_order(
	const struct engine *e, const struct incident *last, enum incident_state state)
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

bool room(const struct step *s)
{
	return s->n + ENGINE_COMMANDS_PER_INCIDENT <= s->max;
}

struct engine_command *say(struct step *s, enum engine_command_kind kind, struct incident *in,
	struct unit *u, const char *word)
{
	assert(s->n < s->max); /* room() and ENGINE_COMMANDS_MIN see to it */
	struct engine_command *c = &s->out[s->n++];
	*c = (struct engine_command){ .kind = kind, .incident = in, .unit = u, .word = word };
	return c;
}

void refuse(struct step *s, struct incident *in, struct unit *u, const char *why)
{
	say(s, COMMAND_REFUSE, in, u, why);
}

void set_unit(struct step *s, struct unit *u, enum unit_state state, const struct incident *in)
{
	u->state = state;
	u->since_us = s->ev->now_us;
	u->incident = in ? in->id : NULL;
	if (state == UNIT_ON_SCENE || state == UNIT_OFF_DUTY)
		u->trip_swaps = 0;
	say(s, COMMAND_STATUS, find_incident(s->e, u->incident), u, unit_state_name(state));
}

void set_incident(struct incident *in, enum incident_state state, const struct unit *u)
{
	in->state = state;
	in->unit = u ? u->id : NULL;
	in->offer_expires_us = 0;
	in->next_unit = NULL;
	in->next_expires_us = 0;
	in->waits = state == INCIDENT_WAITING ? "not_planned" : NULL;
	if (state == INCIDENT_ASSIGNED || state == INCIDENT_ENDED) {
		in->warned_nobody = false;
		in->queued_unit = NULL;
		in->hold_until_us = 0;
	}
}

void remember_asked(struct incident *in, const struct unit *u, bool declined, int64_t now_us)
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
	a->last_us = now_us;
}

void make_offer(struct step *s, struct incident *in, struct unit *u, const struct candidate *c,
	const struct decision *d)
{
	int64_t expires = s->ev->now_us + s->e->policy.offer_us;
	struct engine_command *cmd = say(s, COMMAND_OFFER, in, u, "OFFER");

	cmd->candidate = *c;
	cmd->decision = d;
	if (in->state == INCIDENT_ASSIGNED) {
		cmd->replaces = in->unit;
		in->next_unit = u->id;
		in->next_expires_us = expires;
	} else {
		set_incident(in, INCIDENT_OFFERED, u);
		in->offer_expires_us = expires;
		in->warned_nobody = false;
	}
	if (u->state == UNIT_EN_ROUTE)
		u->next = in->id;
	else
		set_unit(s, u, UNIT_OFFERED, in);
}

/* Removes the offer from both sides. */
static void unlink_offer(struct incident *in, struct unit *u)
{
	if (in->state == INCIDENT_OFFERED) {
		set_incident(in, INCIDENT_WAITING, NULL);
	} else {
		in->next_unit = NULL;
		in->next_expires_us = 0;
	}
	if (u->state == UNIT_EN_ROUTE) {
		u->next = NULL;
		u->next_accepted = false;
	}
}

void offer_ends(struct step *s, struct incident *in, struct unit *u, const char *outcome,
	enum unit_state then)
{
	bool was_asked = !strcmp(outcome, "DECLINED") || !strcmp(outcome, "EXPIRED");

	if (find_helper(in, u->id)) {
		end_helper(s, in, u, outcome, then);
		return;
	}
	unlink_offer(in, u);
	if (was_asked)
		remember_asked(in, u, outcome[0] == 'D', s->ev->now_us);
	say(s, COMMAND_END_OFFER, in, u, outcome);
	if (u->state == UNIT_OFFERED)
		set_unit(s, u, then, NULL);
	else /* its own trip needs no taking over any more */
		untangle(s, u);
	if (in->state == INCIDENT_ASSIGNED) /* nobody takes this trip over */
		untangle(s, find_unit(s->e, in->unit));
}

void untangle(struct step *s, struct unit *u)
{
	struct incident *next = u ? find_incident(s->e, u->next) : NULL;
	struct incident *in =
		u && u->state == UNIT_EN_ROUTE ? find_incident(s->e, u->incident) : NULL;

	if (next)
		offer_ends(s, next, u, "WITHDRAWN", UNIT_AVAILABLE);
	if (in && in->next_unit && in->unit && !strcmp(in->unit, u->id))
		offer_ends(s, in, find_unit(s->e, in->next_unit), "WITHDRAWN", UNIT_AVAILABLE);
}

void trip_begins(struct step *s, struct incident *in, struct unit *u, enum unit_state state)
{
	set_incident(in, INCIDENT_ASSIGNED, u);
	say(s, COMMAND_ASSIGN, in, u, unit_state_name(state));
	set_unit(s, u, state, in);
}

/* Who lost its trip goes on to what it was offered meanwhile, or is free. */
static void set_free(struct step *s, struct unit *u, enum unit_state then)
{
	struct incident *next = find_incident(s->e, u->next);
	bool accepted = u->next_accepted;

	u->next = NULL;
	u->next_accepted = false;
	if (next && accepted) {
		u->incident = NULL;
		hand_over(s, next, u);
	} else if (next) {
		set_unit(s, u, UNIT_OFFERED, next);
	} else {
		set_unit(s, u, then, NULL);
	}
}

void hand_over(struct step *s, struct incident *in, struct unit *u)
{
	struct unit *old = in->state == INCIDENT_ASSIGNED ? find_unit(s->e, in->unit) : NULL;

	say(s, COMMAND_END_OFFER, in, u, "ACCEPTED");
	if (old) {
		say(s, COMMAND_END_ASSIGNMENT, in, old, "REPLACED");
		old->trip_swaps++;
		in->swaps++;
	}
	trip_begins(s, in, u, UNIT_EN_ROUTE);
	if (old)
		set_free(s, old, UNIT_AVAILABLE);
}

void trip_ends(struct step *s, struct incident *in, const char *how, enum incident_state then,
	enum unit_state unit_then)
{
	struct unit *u = find_unit(s->e, in->unit);

	untangle(s, u);
	set_incident(in, then, NULL);
	say(s, COMMAND_END_ASSIGNMENT, in, u, how);
	if (u)
		set_unit(s, u, unit_then, NULL);
}
