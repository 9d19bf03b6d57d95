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

static size_t best_post(
	const struct step *s, const struct unit *u, const struct coverage *c, double *ret_gain)
{
	const struct demand *d = s->e->demand;
	struct travel_from from;
	struct candidate known = { 0 };
	size_t best = d->n_posts;

	if (!rank_place(&s->e->policy, u, s->ev->now_us, &from, &known))
		return best;
	for (size_t k = 0; k < d->n_posts; k++) {
		double gain = coverage_gain(c, d->posts[k].at);
		struct travel t;
		if (best < d->n_posts && !(gain > *ret_gain))
			continue;
		rank_travel(s->e, d->posts[k].at, s->ev->now_us, &from, 1, &t);
		if (!(t.eta_s <= s->e->policy.repost_max_s))
			continue;
		best = k;
		*ret_gain = gain;
	}
	return best;
}

static void suggest(struct step *s, struct unit *u)
{
	const struct engine *e = s->e;
	const struct demand *d = e->demand;
	double gain = 0, home;
	struct others o;
	struct coverage c;

	if (!find_others(s, u, &o) || o.on_duty < e->policy.repost_fleet ||
		!((double)(o.n + 1) < e->policy.repost_idle * (double)d->n_posts) ||
		!coverage_make(&c, d, &e->policy, s->ev->now_us, o.at, o.n, s->work))
		return;
	home = u->has_post ? coverage_gain(&c, u->post) : 0;
	size_t k = best_post(s, u, &c, &gain);
	if (k == d->n_posts || gain - home < e->policy.repost_gain)
		return;
	struct engine_command *cmd = say(s, COMMAND_REPOST, NULL, u, "better_cover");
	cmd->post = &d->posts[k];
	cmd->gain = gain - home;
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
