/* plan_lanes.c - what waiting costs, and the share of the oldest when units are too few. */
#include <math.h>
#include "dispatch/plan.h"

/* Above any sum of real costs: as many incidents as possible get somebody. */
static const double WAIT = 1e6;
static const double FIRST = 2e7; /* ... these before the others */
static const double LOST = 1e4;  /* ... and these after */
static const double KEEP = 4e8;  /* ... and nobody's unit is taken away without another */
/* How much longer whoever gets nobody now is thought to wait, and from how far somebody comes. */
static const double LONGER_S = 300, USUAL_S = 240, USUAL_SIGMA = 0.3;
static const double TOO_LATE = 0.8;

/* The soonest of all usable units, or what is usual if that is sooner. */
static double soonest_s(const struct plan *p, size_t row)
{
	double best = USUAL_S;

	for (size_t j = 0; j < p->n_units; j++)
		if (isfinite(p->cost[at(p, row, j)]))
			best = fmin(best, plan_eta_s(p, row, j));
	return best;
}

static double age_s(const struct plan *p, const struct plan_row *r)
{
	return (double)(p->s->ev->now_us - r->in->accepted_us) / 1e6;
}

static void price_waiting(struct plan *p, size_t row)
{
	const struct policy *po = &p->s->e->policy;
	struct plan_row *r = &p->rows[row];
	double eta = soonest_s(p, row);
	struct lateness now = cost_lateness(eta, USUAL_SIGMA, r->remaining_s);
	struct lateness later = cost_lateness(eta, USUAL_SIGMA, r->remaining_s - LONGER_S);

	r->certain = now.p >= TOO_LATE;
	if (r->current != NONE)
		r->alone = KEEP;
	else
		r->alone = WAIT + cost_pair(po, r->weight, &later, eta + LONGER_S, 0);
}

/* ---- more incidents than units ---- */

static size_t working(const struct engine *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n_units; i++)
		n += e->units[i].state != UNIT_OFF_DUTY && e->units[i].state != UNIT_ON_BREAK;
	return n;
}

/* Who waits longer than this waits too long, even for such a queue: first come first served, all
 * would wait as long as the queue takes. */
static double too_long_s(const struct plan *p)
{
	const struct policy *po = &p->s->e->policy;
	double queue_s = (double)p->n_waiting * po->case_s / fmax((double)working(p->s->e), 1);

	return po->old_cap_s > 0 ? fmax(po->old_cap_s, queue_s) : INFINITY;
}

/* Its unit may leave it for somebody who can still be served in time: not when it has waited too
 * long, and a second time only when there are more incidents than all units together. */
static bool may_drop(const struct plan *p, const struct plan_row *r)
{
	return p->s->e->policy.drop > 0 && !r->in->old_lane && age_s(p, r) < too_long_s(p) &&
	       (!r->in->swaps || p->n_waiting > working(p->s->e));
}

/* Time of units is what is short: it gets its price, and those that can't be in time any more no
 * longer count their minutes, only their turn. */
static void price_shortage(struct plan *p, size_t row)
{
	const struct policy *po = &p->s->e->policy;
	struct plan_row *r = &p->rows[row];

	for (size_t j = 0; j < p->n_units; j++) {
		double *cost = &p->cost[at(p, row, j)];
		double eta = plan_eta_s(p, row, j);
		if (isinf(*cost))
			continue;
		if (r->certain && r->current == NONE)
			*cost = po->short_per_s * eta;
		else
			*cost += po->short_per_s * eta;
	}
	if (r->certain && (r->current == NONE || may_drop(p, r)))
		r->alone = LOST + po->short_per_s * (USUAL_S + po->old_turn * age_s(p, r));
}

/* Units that may go to lost incidents now: a share of those at work, less those that do. */
static size_t old_quota(const struct plan *p, double share)
{
	const struct engine *e = p->s->e;
	size_t old = 0;
	double quota;

	for (size_t i = 0; i < e->n_incidents; i++)
		old += e->incidents[i].old_lane &&
		       (e->incidents[i].state == INCIDENT_OFFERED ||
			       e->incidents[i].state == INCIDENT_ASSIGNED);
	quota = floor(share * (double)working(e) + 0.5) - (double)old;
	quota = fmin(quota, (double)p->n_free);
	return quota > 0 ? (size_t)quota : 0;
}

/* Which lost incident is next: the oldest once somebody waited too long, else whom it costs the
 * least time to serve, for which waiting counts. */
static double turn(const struct plan *p, size_t row, double too_long)
{
	double age = age_s(p, &p->rows[row]), eta = INFINITY;

	if (age >= too_long)
		return 1e6 + age;
	for (size_t j = 0; j < p->n_units; j++)
		if (p->units[j].row == NONE && isfinite(p->cost[at(p, row, j)]))
			eta = fmin(eta, plan_eta_s(p, row, j));
	return p->s->e->policy.old_turn * age - eta;
}

static size_t next_lost(const struct plan *p, double too_long)
{
	size_t best = NONE;

	for (size_t i = 0; i < p->n_rows; i++) {
		const struct plan_row *r = &p->rows[i];
		if (r->current == NONE && r->certain && !r->must &&
			(best == NONE || turn(p, i, too_long) > turn(p, best, too_long)))
			best = i;
	}
	return best;
}

static void put_first(struct plan *p)
{
	const struct policy *po = &p->s->e->policy;
	double too_long = too_long_s(p);
	size_t usual = old_quota(p, po->old_lane), most = old_quota(p, po->old_most);

	for (size_t k = 0; k < (usual > most ? usual : most); k++) {
		size_t row = next_lost(p, too_long);
		if (row == NONE || (k >= usual && age_s(p, &p->rows[row]) < too_long))
			return;
		p->rows[row].must = true;
		p->rows[row].alone += FIRST;
	}
}

void plan_lanes(struct plan *p)
{
	bool overload = p->s->e->policy.old_lane > 0 && p->n_waiting > p->n_free;

	for (size_t i = 0; i < p->n_rows; i++) {
		price_waiting(p, i);
		if (overload)
			price_shortage(p, i);
	}
	if (overload)
		put_first(p);
}
