/* engine_hand.c - the dispatcher's hand: assign, hold, queue, several responders, undo, stand down.
 */
#include <string.h>
#include "dispatch/step.h"

static bool holds(const char *id, const struct unit *u)
{
	return id && u && !strcmp(id, u->id);
}

/* Withdraws the open offer of an incident that isn't assigned. */
static void withdraw_offer(struct step *s, struct incident *in)
{
	struct unit *u = in->state == INCIDENT_OFFERED ? find_unit(s->e, in->unit) : NULL;

	if (u)
		offer_ends(s, in, u, "WITHDRAWN", UNIT_AVAILABLE);
}

static void assign_lead(struct step *s, struct incident *in, struct unit *u)
{
	if (in->state == INCIDENT_OFFERED && holds(in->unit, u)) {
		hand_over(s, in, u);
	} else {
		if (u->state == UNIT_OFFERED)
			offer_ends(s, find_incident(s->e, u->incident), u, "WITHDRAWN",
				UNIT_AVAILABLE);
		withdraw_offer(s, in);
		trip_begins(s, in, u, UNIT_EN_ROUTE);
	}
}

static void assign_further(struct step *s, struct incident *in, struct unit *u)
{
	if (u->state == UNIT_OFFERED && !find_helper(in, u->id))
		offer_ends(s, find_incident(s->e, u->incident), u, "WITHDRAWN", UNIT_AVAILABLE);
	accept_helper(s, in, u);
}

void on_assign(struct step *s, struct incident *in, struct unit *u)
{
	bool open = in->state == INCIDENT_WAITING || in->state == INCIDENT_OFFERED;
	bool further = helpers_missing(in) || (u && find_helper(in, u->id));

	if (!open && !further) {
		refuse(s, in, u, "incident_not_open");
	} else if (!u || (u->state != UNIT_AVAILABLE && u->state != UNIT_OFFERED)) {
		refuse(s, in, u, "unit_not_free");
	} else {
		if (open)
			assign_lead(s, in, u);
		else
			assign_further(s, in, u);
		make_plan(s);
	}
}

void on_hold(struct step *s, struct incident *in)
{
	if (in->state != INCIDENT_WAITING && in->state != INCIDENT_OFFERED) {
		refuse(s, in, NULL, "incident_not_open");
		return;
	}
	in->hold_until_us = s->ev->until_us;
	if (in->hold_until_us > s->ev->now_us)
		withdraw_offer(s, in);
	make_plan(s);
}

void on_queue(struct step *s, struct incident *in, struct unit *u)
{
	if (in->state != INCIDENT_WAITING && in->state != INCIDENT_OFFERED) {
		refuse(s, in, u, "incident_not_open");
		return;
	}
	if (u && (u->state == UNIT_OFF_DUTY || u->state == UNIT_ON_BREAK)) {
		refuse(s, in, u, "unit_not_working");
		return;
	}
	in->queued_unit = u ? u->id : NULL;
	in->queued_us = u ? s->ev->now_us : 0;
	if (u && !holds(in->unit, u))
		withdraw_offer(s, in);
	make_plan(s);
}

void on_want(struct step *s, struct incident *in)
{
	size_t others = s->ev->wanted > 1 ? s->ev->wanted - 1 : 0;

	if (in->state == INCIDENT_SERVED || in->state == INCIDENT_ENDED) {
		refuse(s, in, NULL, "incident_not_open");
		return;
	}
	if (s->ev->wanted > ENGINE_WANTED_MAX) {
		refuse(s, in, NULL, "too_many");
		return;
	}
	in->wanted = s->ev->wanted;
	for (size_t i = in->n_helpers; i-- > 0 && in->n_helpers > others;) {
		struct unit *u = find_unit(s->e, in->helpers[i].unit);
		if (u && !in->helpers[i].assigned)
			end_helper(s, in, u, "WITHDRAWN", UNIT_AVAILABLE);
	}
	make_plan(s);
}

void on_undo(struct step *s, struct incident *in, struct unit *u)
{
	struct helper *h = u ? find_helper(in, u->id) : NULL;

	if (!u || u->state != UNIT_EN_ROUTE) {
		refuse(s, in, u, "no_such_trip");
	} else if (in->state == INCIDENT_ASSIGNED && holds(in->unit, u)) {
		trip_ends(s, in, "CANCELLED", INCIDENT_WAITING, UNIT_AVAILABLE);
		promote_helper(s, in);
	} else if (h && h->assigned) {
		end_helper(s, in, u, "CANCELLED", UNIT_AVAILABLE);
	} else {
		refuse(s, in, u, "no_such_assignment");
	}
}

void on_stand_down(struct step *s, struct unit *u)
{
	struct incident *in = find_incident(s->e, u->incident);

	if (u->state == UNIT_OFFERED && in) {
		offer_ends(s, in, u, "WITHDRAWN", UNIT_OFF_DUTY);
	} else if (in && holds(in->unit, u)) {
		trip_ends(s, in, "RELEASED", INCIDENT_WAITING, UNIT_OFF_DUTY);
		promote_helper(s, in);
	} else if (in && find_helper(in, u->id)) {
		end_helper(s, in, u, "RELEASED", UNIT_OFF_DUTY);
	} else if (u->state != UNIT_OFF_DUTY) {
		set_unit(s, u, UNIT_OFF_DUTY, NULL);
	}
	make_plan(s);
}
