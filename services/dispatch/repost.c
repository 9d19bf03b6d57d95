/* repost.c - a unit that became free and isn't needed: would another post save more? */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/coverage.h"
#include "dispatch/rank.h"
#include "dispatch/step.h"

/* Where the others stand by or will; in the order of their ids. */
struct others {
	struct lonlat *at;
	size_t n, on_duty;
};

static int by_id(const void *a, const void *b)
{
	const struct unit *const *x = a, *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

static bool find_others(struct step *s, const struct unit *me, struct others *ret)
{
	const struct engine *e = s->e;
	const struct unit **u = WORK_ARRAY(s->work, const struct unit *, e->n_units + 1);

	*ret = (struct others){ .at = WORK_ARRAY(s->work, struct lonlat, e->n_units + 1) };
	if (!u || !ret->at)
		return false;
	for (size_t i = 0; i < e->n_units; i++)
		u[i] = &e->units[i];
	qsort(u, e->n_units, sizeof(u[0]), by_id);
	for (size_t i = 0; i < e->n_units; i++) {
		ret->on_duty += u[i]->state != UNIT_OFF_DUTY;
		if (u[i] != me && u[i]->state == UNIT_AVAILABLE)
			ret->at[ret->n++] = u[i]->has_post ? u[i]->post : u[i]->fix.at;
	}
	return true;
}

static size_t best_post(const struct step *s, const struct unit *u, const double *gains)
{
	const struct demand *d = s->e->demand;
	struct travel_from from;
	struct candidate c = { 0 };
	size_t best = d->n_posts;

	if (!rank_place(&s->e->policy, u, s->ev->now_us, &from, &c))
		return best;
	for (size_t k = 0; k < d->n_posts; k++) {
		struct travel t;
		if (best < d->n_posts && !(gains[k] > gains[best]))
			continue;
		rank_travel(s->e, d->posts[k].at, s->ev->now_us, &from, 1, &t);
		if (t.eta_s <= s->e->policy.repost_max_s)
			best = k;
	}
	return best;
}

static void suggest(struct step *s, struct unit *u)
{
	const struct engine *e = s->e;
	const struct demand *d = e->demand;
	double *gains = WORK_ARRAY(s->work, double, d->n_posts + 1), home = 0;
	struct others o;

	if (!gains || !find_others(s, u, &o) || o.on_duty < e->policy.repost_fleet ||
		!((double)(o.n + 1) < e->policy.repost_idle * (double)d->n_posts) ||
		!coverage_gains(d, &e->policy, s->ev->now_us, o.at, o.n, s->work, gains))
		return;
	if (u->has_post &&
		!coverage_gain_at(d, &e->policy, s->ev->now_us, o.at, o.n, u->post, s->work, &home))
		return;
	size_t k = best_post(s, u, gains);
	if (k == d->n_posts || gains[k] - home < e->policy.repost_gain)
		return;
	struct engine_command *c = say(s, COMMAND_REPOST, NULL, u, "better_cover");
	c->post = &d->posts[k];
	c->gain = gains[k] - home;
}

void suggest_post(struct step *s, struct unit *u)
{
	bool own = !s->work;

	if (!s->e->policy.repost || !s->e->demand || !s->e->demand->n_zones ||
		u->state != UNIT_AVAILABLE || !room(s))
		return;
	if (own)
		s->work = engine_work_new();
	if (s->work)
		suggest(s, u);
	if (own) {
		engine_work_free(s->work);
		s->work = NULL;
	}
}
