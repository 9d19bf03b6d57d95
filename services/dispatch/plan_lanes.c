/* plan_lanes.c - what waiting costs, and the share of the oldest when units are too few. */
#include <math.h>
#include "dispatch/plan.h"

/* Above any sum of real costs: as many incidents as possible get somebody. */
static const double WAIT = 1e6;
static const double FIRST = 2e7; /* ... these before the others */
static const double KEEP = 4e8;  /* ... and nobody's unit is taken away without another */
/* How much longer whoever gets nobody now is thought to wait. */
static const double LONGER_S = 300;

/* The column that is best for the row; NONE when there is none. */
static size_t best_column(const struct plan *p, size_t row)
{
	size_t best = NONE;

	for (size_t j = 0; j < p->n_units; j++)
		if (isfinite(p->cost[at(p, row, j)]) &&
			(best == NONE || p->cost[at(p, row, j)] < p->cost[at(p, row, best)]))
			best = j;
	return best;
}

static void price_waiting(struct plan *p, size_t row)
{
	const struct policy *po = &p->s->e->policy;
	struct plan_row *r = &p->rows[row];
	size_t j = best_column(p, row);
	double eta = j == NONE ? LONGER_S : plan_eta_s(p, row, j);
	double sigma = j == NONE ? 0.3 : p->travel[at(p, row, j)].sigma;
	struct lateness now = cost_lateness(eta, sigma, r->remaining_s);
	struct lateness later = cost_lateness(eta, sigma, r->remaining_s - LONGER_S);

	r->certain = now.p >= (po->remote > 0 ? po->remote : 0.8);
	if (r->current != NONE)
		r->alone = KEEP;
	else
		r->alone = WAIT + cost_pair(po, r->weight, &later, eta + LONGER_S, 0);
}

static double age_s(const struct plan *p, const struct plan_row *r)
{
	return (double)(p->s->ev->now_us - r->in->accepted_us) / 1e6;
}

/* Units that may go to hopeless incidents now: a share of those at work, less those that do. */
static size_t old_quota(const struct plan *p)
{
	const struct engine *e = p->s->e;
	size_t working = 0, old = 0;
	double quota;

	for (size_t i = 0; i < e->n_units; i++)
		working += e->units[i].state != UNIT_OFF_DUTY && e->units[i].state != UNIT_ON_BREAK;
	for (size_t i = 0; i < e->n_incidents; i++)
		old += e->incidents[i].old_lane &&
		       (e->incidents[i].state == INCIDENT_OFFERED ||
			       e->incidents[i].state == INCIDENT_ASSIGNED);
	quota = floor(e->policy.old_lane * (double)working + 0.5) - (double)old;
	return quota > 0 ? (size_t)quota : 0;
}

void plan_lanes(struct plan *p)
{
	const struct policy *po = &p->s->e->policy;
	bool overload = p->n_waiting > p->n_free;
	size_t quota = overload && po->old_lane > 0 ? old_quota(p) : 0;

	for (size_t i = 0; i < p->n_rows; i++)
		price_waiting(p, i);
	for (size_t i = 0; overload && i < p->n_rows; i++) { /* oldest first */
		struct plan_row *r = &p->rows[i];
		bool oldest = po->old_cap_s > 0 && age_s(p, r) >= po->old_cap_s;
		if (r->current != NONE || !(oldest || (quota && r->certain)))
			continue;
		quota -= quota > 0;
		r->must = true;
		r->alone = FIRST + age_s(p, r);
	}
}
