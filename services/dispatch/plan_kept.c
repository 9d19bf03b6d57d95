/* plan_kept.c - what isn't up for planning: incidents held back, those kept for one unit, and
 * further responders of those that have a lead. */
#include <string.h>
#include "dispatch/plan.h"
#include "dispatch/rank.h"

static struct incident *next_queued(const struct engine *e, const struct incident *last)
{
	struct incident *in = next_in_order(e, last, INCIDENT_WAITING);

	while (in && !in->queued_unit)
		in = next_in_order(e, in, INCIDENT_WAITING);
	return in;
}

/* The incident that has waited longest in this unit's queue is this one. */
static bool first_in_queue(const struct engine *e, const struct incident *in)
{
	for (size_t i = 0; i < e->n_incidents; i++) {
		const struct incident *o = &e->incidents[i];
		if (o != in && o->state == INCIDENT_WAITING && o->queued_unit &&
			!strcmp(o->queued_unit, in->queued_unit) &&
			(o->queued_us < in->queued_us ||
				(o->queued_us == in->queued_us && strcmp(o->id, in->id) < 0)))
			return false;
	}
	return true;
}

static void offer_queued(struct step *s, struct incident *in, struct unit *u)
{
	struct travel_from from;
	struct candidate c = { .unit = u, .reasons = CANDIDATE_CHOSEN };

	if (rank_place(&s->e->policy, u, s->ev->now_us, &from, &c)) {
		rank_travel(s->e, in->at, s->ev->now_us, &from, 1, &c.travel);
		c.rank_s = c.travel.eta_s;
		c.on_time =
			travel_on_time(&c.travel, (double)(in->promised_us - s->ev->now_us) / 1e6);
	}
	make_offer(s, in, u, &c, NULL);
}

void plan_serve_queues(struct step *s)
{
	struct incident *in = NULL;

	while (room(s) && (in = next_queued(s->e, in))) {
		struct unit *u = find_unit(s->e, in->queued_unit);
		const struct asked *a = rank_asked(in, in->queued_unit);
		in->waits = "queued";
		if (!u || u->state == UNIT_OFF_DUTY || u->state == UNIT_ON_BREAK ||
			(a && a->last_us >= in->queued_us))
			in->queued_unit = NULL;
		else if (u->state == UNIT_AVAILABLE && in->hold_until_us <= s->ev->now_us &&
			 first_in_queue(s->e, in))
			offer_queued(s, in, u);
	}
}

void plan_note_holds(struct step *s)
{
	for (size_t i = 0; i < s->e->n_incidents; i++) {
		struct incident *in = &s->e->incidents[i];
		if (in->state == INCIDENT_WAITING && in->hold_until_us > s->ev->now_us)
			in->waits = "held";
	}
}

void plan_send_helpers(struct step *s)
{
	struct incident *in = NULL;

	while ((in = next_in_order(s->e, in, INCIDENT_ASSIGNED))) {
		while (helpers_missing(in) && room(s)) {
			engine_rank(s->e, in, s->ev->now_us, s->scratch);
			if (!s->scratch->n_candidates)
				break;
			struct candidate c = s->scratch->candidates[0];
			offer_helper(s, in, find_unit(s->e, c.unit->id), &c);
		}
	}
}
