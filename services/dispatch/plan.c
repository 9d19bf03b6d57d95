/* plan.c - decides what can be decided now: by the policy's mode, or closest available when
 * positions can't be trusted. */
#include <math.h>
#include <string.h>
#include "dispatch/plan.h"
#include "dispatch/rank.h"

static void warn_nobody(struct step *s, struct incident *in, const char *why)
{
	in->waits = why;
	if (!in->warned_nobody && room(s))
		say(s, COMMAND_WARN, in, NULL, "nobody_available");
	in->warned_nobody = true;
}

static void warn_risk(
	struct step *s, struct incident *in, struct unit *u, const struct candidate *c)
{
	if (c->on_time >= s->e->policy.risk || in->warned_risk)
		return;
	in->warned_risk = true;
	say(s, COMMAND_WARN, in, u, "promise_at_risk")->candidate = *c;
}

/* ---- one by one, by the ranking ---- */

static const char *why_nobody(const struct ranking *r)
{
	for (size_t i = 0; i < r->n_rejections; i++)
		if (!strcmp(r->rejections[i].reason, "declined") ||
			!strcmp(r->rejections[i].reason, "expired"))
			return "all_asked";
	return "nobody_available";
}

static void offer_best(struct step *s, struct incident *in, unsigned reasons)
{
	struct candidate *best = s->scratch->candidates;
	const struct decision *d;
	struct unit *u;

	engine_rank(s->e, in, s->ev->now_us, s->scratch);
	if (!s->scratch->n_candidates) {
		warn_nobody(s, in, why_nobody(s->scratch));
		return;
	}
	best->reasons |= reasons;
	u = find_unit(s->e, best->unit->id);
	d = rank_decision(s, in);
	make_offer(s, in, u, best, d);
	warn_risk(s, in, u, best);
}

static size_t count_units(const struct engine *e, enum unit_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n_units; i++)
		n += e->units[i].state == state;
	return n;
}

static bool is_kept(const struct step *s, const struct incident *in)
{
	return in->hold_until_us > s->ev->now_us || in->queued_unit;
}

/* Oldest first. With nobody free the ranking would only say so for each of them. */
static void send_closest(struct step *s, unsigned reasons)
{
	size_t free = count_units(s->e, UNIT_AVAILABLE);
	struct incident *in = NULL;

	while (room(s) && (in = next_in_order(s->e, in, INCIDENT_WAITING))) {
		if (is_kept(s, in))
			continue;
		if (!free)
			warn_nobody(s, in, "nobody_available");
		else
			offer_best(s, in, reasons);
		free -= free && in->state == INCIDENT_OFFERED;
	}
}

/* ---- all at once ---- */

/* The cheapest pair first, until none is left. */
static void match_greedily(struct plan *p)
{
	for (;;) {
		size_t row = NONE, column = NONE;
		for (size_t i = 0; i < p->n_rows; i++)
			for (size_t j = 0; p->rows[i].match == NONE && j < p->n_units; j++)
				if (!p->units[j].used && isfinite(p->cost[at(p, i, j)]) &&
					(row == NONE || p->cost[at(p, i, j)] <
								p->cost[at(p, row, column)])) {
					row = i;
					column = j;
				}
		if (row == NONE)
			return;
		p->rows[row].match = column;
		p->units[column].used = true;
	}
}

static bool match_best(struct plan *p)
{
	size_t *match = WORK_ARRAY(p->s->work, size_t, p->n_rows + 1);
	double *alone = WORK_ARRAY(p->s->work, double, p->n_rows + 1);

	if (!match || !alone)
		return false;
	plan_lanes(p);
	for (size_t i = 0; i < p->n_rows; i++)
		alone[i] = p->rows[i].alone;
	if (!assignment_solve(&(struct assignment_problem){ p->n_rows, p->n_units, p->cost, alone },
		    p->s->work, match))
		return false;
	for (size_t i = 0; i < p->n_rows; i++)
		if (!p->rows[i].frozen)
			p->rows[i].match = match[i];
	plan_swaps(p);
	return true;
}

static void say_remote(struct plan *p, size_t row)
{
	const struct policy *po = &p->s->e->policy;
	struct plan_row *r = &p->rows[row];
	bool late = r->certain;

	if (r->match != NONE)
		late = plan_lateness(p, row, r->match).p >= po->remote;
	if (!(po->remote > 0) || !late || r->in->remote_told || r->current != NONE)
		return;
	r->in->remote_told = true;
	struct engine_command *c = say(p->s, COMMAND_REMOTE, r->in, NULL, "cannot_be_in_time");
	if (r->match != NONE)
		c->candidate = plan_candidate(p, row, r->match);
}

static void offer_row(struct plan *p, size_t row)
{
	struct plan_row *r = &p->rows[row];
	struct unit *u = p->units[r->match].unit;
	struct candidate c = plan_candidate(p, row, r->match);
	const struct decision *d = plan_decision(p, row);

	for (size_t k = 0; d && k < d->n_ranked; k++)
		if (d->ranked[k].unit == u)
			c = d->ranked[k];
	say_remote(p, row);
	r->in->old_lane = r->must;
	make_offer(p->s, r->in, u, &c, d);
	warn_risk(p->s, r->in, u, &c);
	r->done = true;
}

/* A path is offered whole or not at all: nobody is taken off a trip that nobody takes over. */
static void offer_path(struct plan *p, size_t head)
{
	size_t n = 0, row = head;

	for (; row != NONE && p->rows[row].match != p->rows[row].current &&
		p->rows[row].match != NONE;
		n++)
		row = p->units[p->rows[row].match].row;
	if (p->s->n + n * ENGINE_COMMANDS_PER_INCIDENT > p->s->max)
		return;
	if (p->s->e->work && !p->digested)
		inputs_digest(p->s->e, p->s->ev->now_us, p->digest);
	p->digested = true;
	for (row = head; n > 0; n--) {
		size_t next = p->units[p->rows[row].match].row;
		offer_row(p, row);
		row = next;
	}
}

static void tell_waiting(struct plan *p)
{
	for (size_t i = 0; i < p->n_rows; i++) {
		struct plan_row *r = &p->rows[i];
		if (r->match != NONE || r->current != NONE || !room(p->s))
			continue;
		say_remote(p, i);
		bool some = false;
		for (size_t j = 0; j < p->n_units && !some; j++)
			some = p->units[j].row == NONE && isfinite(p->cost[at(p, i, j)]);
		warn_nobody(p->s, r->in,
			some        ? "overload"
			: p->n_free ? "all_asked"
				    : "nobody_available");
	}
}

static void carry_out(struct plan *p)
{
	for (size_t i = 0; i < p->n_rows; i++) {
		p->rows[i].done = false;
		if (p->rows[i].match != NONE)
			p->units[p->rows[i].match].used = true;
	}
	for (size_t i = 0; i < p->n_rows; i++) {
		struct plan_row *r = &p->rows[i];
		bool head = r->current == NONE || !p->units[r->current].used;
		if (r->match != NONE && r->match != r->current && !r->done && head)
			offer_path(p, i);
	}
	tell_waiting(p);
}

/* False when memory is out; nothing was changed then. */
static bool send_planned(struct step *s)
{
	struct plan p = { .s = s };

	if (!plan_gather(&p))
		return false;
	if (!p.n_waiting && !(p.n_free && p.n_rows))
		return true;
	if (!plan_price(&p))
		return false;
	if (s->e->policy.mode >= MODE_BATCH && !match_best(&p))
		return false;
	if (s->e->policy.mode < MODE_BATCH) {
		match_greedily(&p);
		plan_fill(&p);
	}
	carry_out(&p);
	return true;
}

static void plan_with_memory(struct step *s)
{
	bool blind = s->e->policy.mode >= MODE_GREEDY && rank_blind(s->e, s->ev->now_us);

	plan_serve_queues(s);
	plan_note_holds(s);
	if (s->e->policy.mode == MODE_CLOSEST || blind) {
		send_closest(s, blind ? CANDIDATE_POSITIONS : 0);
	} else if (!send_planned(s)) {
		say(s, COMMAND_WARN, NULL, NULL, "out_of_memory");
		send_closest(s, 0);
	}
	plan_send_helpers(s);
}

void make_plan(struct step *s)
{
	bool own = !s->work;

	if (!room(s))
		return;
	if (own)
		s->work = engine_work_new();
	if (s->work)
		plan_with_memory(s);
	else
		say(s, COMMAND_WARN, NULL, NULL, "out_of_memory");
	if (own) {
		engine_work_free(s->work);
		s->work = NULL;
	}
}
