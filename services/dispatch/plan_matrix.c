/* plan_matrix.c - the rows and columns of a plan, with times and costs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/coverage.h"
#include "dispatch/plan.h"
#include "dispatch/rank.h"

/* Parts equal costs by the order of the columns: who has waited longer. */
static const double TIE = 1e-8;

static int by_number(double a, double b)
{
	return (a > b) - (a < b);
}

static int by_wait(const void *a, const void *b)
{
	const struct plan_unit *x = a, *y = b;
	int c;

	if (x->unit->since_us != y->unit->since_us)
		return x->unit->since_us < y->unit->since_us ? -1 : 1;
	c = by_number(x->from.at.lon, y->from.at.lon);
	c = c ? c : by_number(x->from.at.lat, y->from.at.lat);
	return c ? c : strcmp(x->unit->id, y->unit->id);
}

static int by_age(const void *a, const void *b)
{
	const struct incident *x = ((const struct plan_row *)a)->in;
	const struct incident *y = ((const struct plan_row *)b)->in;
	int c;

	if (x->accepted_us != y->accepted_us)
		return x->accepted_us < y->accepted_us ? -1 : 1;
	c = by_number(x->at.lon, y->at.lon);
	c = c ? c : by_number(x->at.lat, y->at.lat);
	return c ? c : strcmp(x->id, y->id);
}

/* Its trip may change hands: it leads it, nothing is under way yet, and the guards allow it. */
static bool may_swap(const struct plan *p, const struct unit *u, const struct incident *in)
{
	const struct policy *po = &p->s->e->policy;

	return po->mode == MODE_DIVERT && in && in->state == INCIDENT_ASSIGNED && in->unit &&
	       !strcmp(in->unit, u->id) && !in->next_unit && !u->next &&
	       in->swaps < po->incident_swaps && u->trip_swaps < po->trip_swaps;
}

static void add_unit(struct plan *p, struct unit *u)
{
	struct plan_unit c = { .unit = u, .known = { .unit = u }, .row = NONE };
	struct incident *in =
		u->state == UNIT_EN_ROUTE ? find_incident(p->s->e, u->incident) : NULL;

	if (u->state != UNIT_AVAILABLE && !may_swap(p, u, in))
		return;
	if (!rank_place(&p->s->e->policy, u, p->s->ev->now_us, &c.from, &c.known))
		return;
	if (in && c.from.unsure) /* nobody is swapped on a guess */
		return;
	c.handicap_s = rank_handicap_s(&p->s->e->policy, c.known.reasons);
	p->n_free += !in;
	p->units[p->n_units++] = c;
}

static void add_row(struct plan *p, struct incident *in, size_t current)
{
	const struct policy *po = &p->s->e->policy;
	int64_t now = p->s->ev->now_us;

	p->n_waiting += current == NONE;
	p->rows[p->n_rows++] = (struct plan_row){ .in = in,
		.current = current,
		.match = current,
		.weight = cost_weight(po, in, now),
		.remaining_s = (double)(in->promised_us - now) / 1e6 };
}

static bool is_open(const struct incident *in, int64_t now_us)
{
	return in->state == INCIDENT_WAITING && in->hold_until_us <= now_us && !in->queued_unit;
}

/* After the rows are in order, each unit under way learns which is its own. */
static void link_rows(struct plan *p)
{
	for (size_t i = 0; i < p->n_rows; i++)
		if (p->rows[i].current != NONE)
			p->units[p->rows[i].current].row = i;
}

bool plan_gather(struct plan *p)
{
	struct engine *e = p->s->e;

	p->units = WORK_ARRAY(p->s->work, struct plan_unit, e->n_units + 1);
	p->rows = WORK_ARRAY(p->s->work, struct plan_row, e->n_incidents + 1);
	if (!p->units || !p->rows)
		return false;
	for (size_t i = 0; i < e->n_units; i++)
		add_unit(p, &e->units[i]);
	qsort(p->units, p->n_units, sizeof(p->units[0]), by_wait);
	for (size_t i = 0; i < e->n_incidents; i++)
		if (is_open(&e->incidents[i], p->s->ev->now_us))
			add_row(p, &e->incidents[i], NONE);
	for (size_t j = 0; j < p->n_units; j++)
		if (p->units[j].unit->state == UNIT_EN_ROUTE)
			add_row(p, find_incident(e, p->units[j].unit->incident), j);
	qsort(p->rows, p->n_rows, sizeof(p->rows[0]), by_age);
	link_rows(p);
	return true;
}

double plan_eta_s(const struct plan *p, size_t row, size_t column)
{
	return p->travel[at(p, row, column)].eta_s + p->units[column].handicap_s;
}

struct lateness plan_lateness(const struct plan *p, size_t row, size_t column)
{
	return cost_lateness(plan_eta_s(p, row, column), p->travel[at(p, row, column)].sigma,
		p->rows[row].remaining_s);
}

static bool price_cover(struct plan *p)
{
	const struct engine *e = p->s->e;
	struct coverage c;
	struct lonlat *places;
	double *losses;

	if (!e->demand || !e->demand->n_zones || !(e->policy.cover > 0))
		return true;
	places = WORK_ARRAY(p->s->work, struct lonlat, p->n_units + 1);
	losses = WORK_ARRAY(p->s->work, double, p->n_units + 1);
	if (!places || !losses)
		return false;
	for (size_t j = 0; j < p->n_units; j++)
		places[j] = p->units[j].from.at;
	if (!coverage_make(
		    &c, e->demand, &e->policy, p->s->ev->now_us, places, p->n_units, p->s->work))
		return false;
	coverage_losses(&c, losses);
	for (size_t j = 0; j < p->n_units; j++)
		p->units[j].cover = losses[j];
	return true;
}

/* Whoever was asked before is asked again only when nobody else is left, and rested; a trip is
 * never offered twice to the same unit, and a unit under way not the same incident. */
static bool may_ask(const struct plan *p, size_t row, size_t column, bool others_left)
{
	const struct plan_row *r = &p->rows[row];
	const struct asked *a = rank_asked(r->in, p->units[column].unit->id);

	if (!a || column == r->current)
		return true;
	if (others_left || r->current != NONE || p->units[column].row != NONE)
		return false;
	return p->s->ev->now_us - a->last_us >= p->s->e->policy.reask_us;
}

bool plan_others_left(const struct plan *p, size_t row)
{
	for (size_t j = 0; j < p->n_units; j++)
		if (p->units[j].row == NONE && !p->units[j].used &&
			isfinite(p->travel[at(p, row, j)].eta_s) &&
			!rank_asked(p->rows[row].in, p->units[j].unit->id))
			return true;
	return false;
}

double plan_pair_cost(const struct plan *p, size_t row, size_t column, bool others_left)
{
	const struct policy *po = &p->s->e->policy;
	const struct plan_row *r = &p->rows[row];
	const struct plan_unit *u = &p->units[column];
	double eta = plan_eta_s(p, row, column), c = eta;

	if (isinf(eta) || (r->in->n_asked && !may_ask(p, row, column, others_left)))
		return INFINITY;
	if (po->mode != MODE_SHORTEST) {
		struct lateness l = plan_lateness(p, row, column);
		c = cost_pair(po, r->weight, &l, eta, u->cover);
	}
	if (column != r->current)
		c += po->swap * (r->current != NONE) + po->swap * (u->row != NONE);
	return c + TIE * (double)column;
}

static void price_row(struct plan *p, size_t row)
{
	bool others_left = p->rows[row].in->n_asked && plan_others_left(p, row);

	for (size_t j = 0; j < p->n_units; j++)
		p->cost[at(p, row, j)] = plan_pair_cost(p, row, j, others_left);
}

/* Who is nearly there stays on his trip. */
static void freeze(struct plan *p)
{
	for (size_t i = 0; i < p->n_rows; i++) {
		struct plan_row *r = &p->rows[i];
		if (r->current == NONE)
			continue;
		r->frozen = !(plan_eta_s(p, i, r->current) >= p->s->e->policy.freeze_s);
		for (size_t k = 0; r->frozen && k < p->n_rows; k++)
			p->cost[at(p, k, r->current)] = INFINITY;
		for (size_t j = 0; r->frozen && j < p->n_units; j++)
			p->cost[at(p, i, j)] = INFINITY;
	}
}

bool plan_price(struct plan *p)
{
	const struct engine *e = p->s->e;
	struct travel_from *from = WORK_ARRAY(p->s->work, struct travel_from, p->n_units + 1);

	p->travel = WORK_ARRAY(p->s->work, struct travel, p->n_rows * p->n_units + 1);
	p->cost = WORK_ARRAY(p->s->work, double, p->n_rows * p->n_units + 1);
	if (!from || !p->travel || !p->cost || !price_cover(p))
		return false;
	for (size_t j = 0; j < p->n_units; j++)
		from[j] = p->units[j].from;
	for (size_t i = 0; i < p->n_rows; i++) {
		rank_travel(e, p->rows[i].in->at, p->s->ev->now_us, from, p->n_units,
			p->travel + at(p, i, 0));
		price_row(p, i);
	}
	freeze(p);
	return true;
}
