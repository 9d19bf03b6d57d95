/* plan_swaps.c - the guards of the hand-over: which changes of the cheapest assignment are made.
 *
 * The changes form paths: an incident gets a unit under way, that unit's incident gets another, and
 * so on to a free unit. A path is made when it saves enough for the trips it disturbs; else every
 * trip in it stays and a waiting incident at its head gets the free unit at its end. Circles of
 * units that only change places are left as they are.
 */
#include <math.h>
#include "dispatch/plan.h"

enum { LONGEST = 4 }; /* rows of one path */

struct path {
	size_t rows[LONGEST];
	size_t n;    /* LONGEST + 1: longer */
	size_t last; /* column at the end: a free unit, or NONE */
};

static struct path follow(const struct plan *p, size_t head)
{
	struct path t = { .n = 0, .last = NONE };

	for (size_t row = head; t.n <= LONGEST;) {
		if (t.n < LONGEST)
			t.rows[t.n] = row;
		t.n++;
		t.last = p->rows[row].match;
		if (t.last == NONE || p->units[t.last].row == NONE)
			break;
		row = p->units[t.last].row;
		if (row == head)
			break;
	}
	return t;
}

/* What the row would have if no trip were disturbed. */
static size_t undisturbed(const struct plan *p, const struct path *t, size_t row)
{
	if (p->rows[row].current != NONE)
		return p->rows[row].current;
	if (t->last == NONE || p->units[t->last].row != NONE ||
		!isfinite(p->cost[at(p, row, t->last)]))
		return NONE;
	return t->last;
}

static bool worth_it(const struct plan *p, const struct path *t)
{
	const struct policy *po = &p->s->e->policy;
	double gain_p = 0, gain_s = 0;
	size_t swaps = 0;

	if (t->n > LONGEST)
		return false;
	for (size_t k = 0; k < t->n; k++) {
		const struct plan_row *r = &p->rows[t->rows[k]];
		size_t before = undisturbed(p, t, t->rows[k]);
		if (r->match == NONE) /* dropped at the path's end: only for a good deal more */
			return k == t->n - 1 && gain_p >= po->drop;
		swaps += r->current != NONE;
		if (before == NONE && t->last != NONE) /* it would have nobody at all */
			return true;
		if (before == NONE) {
			gain_p += 1 - plan_lateness(p, t->rows[k], r->match).p;
			continue;
		}
		if (r->current != NONE &&
			plan_eta_s(p, t->rows[k], r->match) - plan_eta_s(p, t->rows[k], before) >
				po->set_back_s)
			return false;
		gain_p += plan_lateness(p, t->rows[k], before).p -
			  plan_lateness(p, t->rows[k], r->match).p;
		gain_s += plan_eta_s(p, t->rows[k], before) - plan_eta_s(p, t->rows[k], r->match);
	}
	return gain_p >= po->gain_p * (double)swaps || gain_s >= po->gain_s * (double)swaps;
}

static void leave(struct plan *p, const struct path *t)
{
	size_t row = t->rows[0], n = 0;
	size_t head_gets = undisturbed(p, t, t->rows[0]);

	for (; n < t->n && row != NONE; n++) {
		size_t column = p->rows[row].match;
		p->rows[row].match = p->rows[row].current;
		p->rows[row].done = true;
		row = column == NONE ? NONE : p->units[column].row;
		if (row != NONE && p->rows[row].done)
			break;
	}
	p->rows[t->rows[0]].match = head_gets;
}

static void decide(struct plan *p, size_t head)
{
	struct path t = follow(p, head);
	bool simple = t.n == 1 && p->rows[head].current == NONE;

	if (!simple && !worth_it(p, &t)) {
		leave(p, &t);
		return;
	}
	for (size_t k = 0; k < t.n; k++)
		p->rows[t.rows[k]].done = true;
}

static void mark_used(struct plan *p)
{
	for (size_t j = 0; j < p->n_units; j++)
		p->units[j].used = false;
	for (size_t i = 0; i < p->n_rows; i++)
		if (p->rows[i].match != NONE)
			p->units[p->rows[i].match].used = true;
}

void plan_swaps(struct plan *p)
{
	mark_used(p);
	for (size_t i = 0; i < p->n_rows; i++)
		if (p->rows[i].current == NONE && p->rows[i].match != NONE)
			decide(p, i);
	for (size_t i = 0; i < p->n_rows; i++) { /* trips whose unit becomes free */
		struct plan_row *r = &p->rows[i];
		if (r->current != NONE && !r->done && r->match != r->current &&
			!p->units[r->current].used)
			decide(p, i);
	}
	for (size_t i = 0; i < p->n_rows; i++)
		if (p->rows[i].current != NONE && !p->rows[i].done)
			p->rows[i].match = p->rows[i].current;
	mark_used(p);
	plan_fill(p);
}

static size_t cheapest_unused(struct plan *p, size_t row)
{
	bool others_left = plan_others_left(p, row);
	size_t best = NONE;

	for (size_t j = 0; j < p->n_units; j++) {
		double *cost = &p->cost[at(p, row, j)];
		if (p->units[j].row != NONE || p->units[j].used)
			continue;
		*cost = plan_pair_cost(p, row, j, others_left);
		if (isfinite(*cost) && (best == NONE || *cost < p->cost[at(p, row, best)]))
			best = j;
	}
	return best;
}

void plan_fill(struct plan *p)
{
	for (size_t i = 0; i < p->n_rows; i++) {
		size_t best = p->rows[i].match == NONE ? cheapest_unused(p, i) : NONE;
		if (best == NONE)
			continue;
		p->rows[i].match = best;
		p->units[best].used = true;
	}
}
