/* plan_decide.c - the figures of one candidate and the record of one decision. */
#include <math.h>
#include <string.h>
#include "dispatch/plan.h"

/* A loss of cover below this is not worth a word. */
static const double SLIGHT = 0.02;

struct candidate plan_candidate(const struct plan *p, size_t row, size_t column)
{
	const struct plan_row *r = &p->rows[row];
	const struct plan_unit *u = &p->units[column];
	struct candidate c = u->known;
	struct lateness l = plan_lateness(p, row, column);

	c.travel = p->travel[at(p, row, column)];
	c.rank_s = plan_eta_s(p, row, column);
	c.on_time = travel_on_time(&c.travel, r->remaining_s);
	c.late_min = l.minutes;
	c.cover = u->cover;
	c.cost = p->cost[at(p, row, column)];
	if (column == r->current)
		c.reasons |= CANDIDATE_CURRENT;
	else if (u->row != NONE)
		c.reasons |= CANDIDATE_DIVERTED;
	if (p->s->e->policy.cover * u->cover >= SLIGHT)
		c.reasons |= CANDIDATE_COVER;
	if (column == r->match)
		c.reasons |= CANDIDATE_CHOSEN;
	if (column == r->match && r->must)
		c.reasons |= CANDIDATE_OLD_LANE;
	for (size_t i = 0; i < r->in->n_asked; i++)
		if (!strcmp(r->in->asked[i].unit, u->unit->id)) {
			c.asked = r->in->asked[i].times;
			c.reasons |= CANDIDATE_ASKED;
		}
	return c;
}

/* Keeps the best of the columns in order; a column goes behind its equals. */
static size_t keep_best(const struct plan *p, size_t row, size_t *best, size_t n, size_t column)
{
	const double *cost = p->cost + at(p, row, 0);
	size_t k = n < ENGINE_RANKED ? n : ENGINE_RANKED;

	if (k == ENGINE_RANKED && !(cost[column] < cost[best[k - 1]]))
		return n + 1;
	k -= k == ENGINE_RANKED;
	for (; k > 0 && cost[column] < cost[best[k - 1]]; k--)
		best[k] = best[k - 1];
	best[k] = column;
	return n + 1;
}

static bool needed_elsewhere(const struct plan *p, size_t row, size_t column)
{
	for (size_t i = 0; i < p->n_rows; i++)
		if (i != row && p->rows[i].match == column)
			return true;
	return false;
}

static void rank_columns(const struct plan *p, size_t row, struct decision *d)
{
	size_t best[ENGINE_RANKED] = { 0 }, chosen = p->rows[row].match;
	size_t nearest = NONE, n = 0;
	bool listed = false;

	for (size_t j = 0; j < p->n_units; j++) {
		if (!isfinite(p->cost[at(p, row, j)]))
			continue;
		n = keep_best(p, row, best, n, j);
		if (p->units[j].row == NONE &&
			(nearest == NONE || p->travel[at(p, row, j)].eta_s <
						    p->travel[at(p, row, nearest)].eta_s))
			nearest = j;
	}
	d->n_candidates = n;
	for (size_t k = 0; k < n && k < ENGINE_RANKED; k++) {
		struct candidate *c = &d->ranked[d->n_ranked++];
		*c = plan_candidate(p, row, best[k]);
		c->reasons |= (best[k] == nearest ? CANDIDATE_NEAREST : 0) |
			      (k == 0 ? CANDIDATE_CHEAPEST : 0);
		if (best[k] != chosen && needed_elsewhere(p, row, best[k]))
			c->reasons |= CANDIDATE_NEEDED;
		listed |= best[k] == chosen;
	}
	if (!listed)
		d->ranked[d->n_ranked++] = plan_candidate(p, row, chosen);
}

static struct decision *new_decision(struct step *s, const struct incident *in)
{
	struct decision *d = s->e->work ? WORK_ARRAY(s->work, struct decision, 1) : NULL;

	if (d) {
		memset(d, 0, sizeof *d);
		d->policy = s->e->policy.name;
		d->policy_version = s->e->policy.version;
		d->at_us = s->ev->now_us;
		d->incident = in;
	}
	return d;
}

const struct decision *plan_decision(struct plan *p, size_t row)
{
	struct decision *d = new_decision(p->s, p->rows[row].in);

	if (!d)
		return NULL;
	memcpy(d->digest, p->digest, sizeof d->digest);
	d->chosen = p->units[p->rows[row].match].unit;
	rank_columns(p, row, d);
	return d;
}

const struct decision *rank_decision(struct step *s, const struct incident *in)
{
	const struct ranking *r = s->scratch;
	struct decision *d = new_decision(s, in);

	if (!d)
		return NULL;
	inputs_digest(s->e, s->ev->now_us, d->digest);
	d->chosen = r->candidates[0].unit;
	d->n_candidates = r->n_candidates;
	d->n_ranked = r->n_candidates < ENGINE_RANKED ? r->n_candidates : ENGINE_RANKED;
	memcpy(d->ranked, r->candidates, d->n_ranked * sizeof(struct candidate));
	return d;
}
