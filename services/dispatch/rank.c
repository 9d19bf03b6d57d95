/* rank.c - the order in which responders would be asked for an incident, and who not and why. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/cost.h"
#include "dispatch/coverage.h"
#include "dispatch/rank.h"
#include "dispatch/work.h"

static const double AT_POST_M = 80;

static const char *const state_words[] = {
	[UNIT_OFF_DUTY] = "off_duty",
	[UNIT_AVAILABLE] = "available",
	[UNIT_OFFERED] = "offered",
	[UNIT_EN_ROUTE] = "en_route",
	[UNIT_ON_SCENE] = "on_scene",
	[UNIT_ON_BREAK] = "on_break",
};

const struct asked *rank_asked(const struct incident *in, const char *unit)
{
	for (size_t i = 0; i < in->n_asked; i++)
		if (!strcmp(in->asked[i].unit, unit))
			return &in->asked[i];
	return NULL;
}

static bool fix_counts(const struct policy *p, const struct unit *u, int64_t now_us)
{
	if (p->at_post && u->has_post)
		return false;
	return u->fix.at_us && now_us - u->fix.at_us <= p->forget_us;
}

/* Standing by at its post: the post is known better than any fix. */
static bool at_post(const struct unit *u)
{
	return u->has_post && u->state == UNIT_AVAILABLE && u->fix.speed_mps < 1 &&
	       geo_distance_m(u->fix.at, u->post) <= AT_POST_M;
}

bool rank_place(const struct policy *p, const struct unit *u, int64_t now_us,
	struct travel_from *ret, struct candidate *c)
{
	int64_t age = now_us - u->fix.at_us;

	*ret = (struct travel_from){ .at = u->post, .course_deg = -1, .speed_mps = -1 };
	ret->under_way = u->state == UNIT_EN_ROUTE;
	if (fix_counts(p, u, now_us)) {
		ret->at = at_post(u) ? u->post : u->fix.at;
		ret->speed_mps = u->fix.speed_mps;
		ret->course_deg = u->fix.speed_mps > 1 ? u->fix.course_deg : -1;
		c->fix_age_s = age > 0 ? (double)age / 1e6 : 0;
		if (age > p->stale_us)
			c->reasons |= CANDIDATE_STALE;
		if (u->fix.doubtful)
			c->reasons |= CANDIDATE_DOUBTFUL;
	} else {
		c->fix_age_s = -1;
		c->reasons |= CANDIDATE_POST;
	}
	ret->unsure = c->reasons & (CANDIDATE_STALE | CANDIDATE_DOUBTFUL | CANDIDATE_POST);
	return c->fix_age_s >= 0 || u->has_post;
}

double rank_handicap_s(const struct policy *p, unsigned reasons)
{
	return (reasons & CANDIDATE_STALE ? p->stale_s : 0) +
	       (reasons & CANDIDATE_DOUBTFUL ? p->doubtful_s : 0) +
	       (reasons & CANDIDATE_POST && !p->at_post ? p->post_s : 0);
}

bool rank_blind(const struct engine *e, int64_t now_us)
{
	size_t n = 0, fresh = 0;

	for (size_t i = 0; i < e->n_units; i++) {
		const struct unit *u = &e->units[i];
		if (u->state != UNIT_AVAILABLE && u->state != UNIT_EN_ROUTE)
			continue;
		n++;
		fresh += u->fix.at_us && now_us - u->fix.at_us <= 2 * e->policy.stale_us;
	}
	return (double)fresh < e->policy.blind_share * (double)n;
}

void rank_travel(const struct engine *e, struct lonlat target, int64_t now_us,
	const struct travel_from *from, size_t n, struct travel *ret)
{
	const struct travel_model *m =
		e->travel.to && !e->policy.straight ? &e->travel : &travel_straight;

	m->to(m->ctx, target, now_us, from, n, ret);
}

/* ---- the order for one incident ---- */

static int by_rank(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->asked != y->asked)
		return x->asked < y->asked ? -1 : 1;
	if (x->cost < y->cost || x->cost > y->cost)
		return x->cost < y->cost ? -1 : 1;
	if (x->rank_s < y->rank_s || x->rank_s > y->rank_s)
		return x->rank_s < y->rank_s ? -1 : 1;
	if (x->unit->since_us != y->unit->since_us)
		return x->unit->since_us < y->unit->since_us ? -1 : 1;
	return strcmp(x->unit->id, y->unit->id);
}

static int by_unit(const void *a, const void *b)
{
	const struct rejection *x = a, *y = b;
	return strcmp(x->unit->id, y->unit->id);
}

static void reject(struct ranking *r, const struct unit *u, const char *reason)
{
	r->rejections[r->n_rejections++] = (struct rejection){ u, reason };
}

/* Asked units count only when no other is left, and only after their rest. */
static void drop_asked(
	const struct engine *e, const struct incident *in, int64_t now_us, struct ranking *r)
{
	size_t fresh = 0, kept = 0;

	for (size_t i = 0; i < r->n_candidates; i++)
		fresh += !r->candidates[i].asked;
	for (size_t i = 0; i < r->n_candidates; i++) {
		struct candidate c = r->candidates[i];
		const struct asked *a = c.asked ? rank_asked(in, c.unit->id) : NULL;
		if (a && (fresh || now_us - a->last_us < e->policy.reask_us)) {
			reject(r, c.unit, a->declined ? "declined" : "expired");
			continue;
		}
		if (a)
			c.reasons |= CANDIDATE_ASKED;
		r->candidates[kept++] = c;
	}
	r->n_candidates = kept;
}

/* Memory of one ranking. */
struct sheet {
	const struct unit **units; /* by id */
	struct travel_from *from;
	struct travel *travel;
	double *cover;
};

static int by_id(const void *a, const void *b)
{
	const struct unit *const *x = a, *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

/* Candidates with what is known of their positions; rejections with the reason. */
static void sort_out(const struct engine *e, const struct incident *in, int64_t now_us,
	struct sheet *s, struct ranking *r)
{
	for (size_t i = 0; i < e->n_units; i++) {
		const struct unit *u = s->units[i];
		struct candidate c = { .unit = u };
		struct travel_from from;
		if (u->state != UNIT_AVAILABLE) {
			reject(r, u, state_words[u->state]);
		} else if (!rank_place(&e->policy, u, now_us, &from, &c)) {
			reject(r, u, "no_position");
		} else {
			const struct asked *a = rank_asked(in, u->id);
			c.asked = a ? a->times : 0;
			s->from[r->n_candidates] = from;
			r->candidates[r->n_candidates++] = c;
		}
	}
}

static void drop_unreachable(struct ranking *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_candidates; i++)
		if (isinf(r->candidates[i].travel.eta_s))
			reject(r, r->candidates[i].unit, "unreachable");
		else
			r->candidates[kept++] = r->candidates[i];
	r->n_candidates = kept;
}

static void weigh(const struct engine *e, const struct incident *in, int64_t now_us,
	const struct sheet *s, struct ranking *r)
{
	const struct policy *p = &e->policy;
	double remaining_s = (double)(in->promised_us - now_us) / 1e6;
	double weight = cost_weight(p, in, now_us);

	rank_travel(e, in->at, now_us, s->from, r->n_candidates, s->travel);
	for (size_t i = 0; i < r->n_candidates; i++) {
		struct candidate *c = &r->candidates[i];
		c->travel = s->travel[i];
		c->rank_s = c->travel.eta_s + rank_handicap_s(p, c->reasons);
		c->on_time = travel_on_time(&c->travel, remaining_s);
		struct lateness l = cost_lateness(c->rank_s, c->travel.sigma, remaining_s);
		c->late_min = l.minutes;
		c->cover = s->cover ? s->cover[i] : 0;
		if (p->mode >= MODE_GREEDY)
			c->cost = cost_pair(p, weight, &l, c->rank_s, c->cover);
	}
	drop_unreachable(r);
}

static void mark_best(const struct engine *e, struct ranking *r)
{
	struct candidate *nearest = r->candidates;

	for (size_t i = 1; i < r->n_candidates; i++)
		if (r->candidates[i].travel.eta_s < nearest->travel.eta_s)
			nearest = &r->candidates[i];
	if (e->policy.mode >= MODE_GREEDY)
		r->candidates[0].reasons |= CANDIDATE_CHEAPEST;
	else
		nearest = r->candidates;
	nearest->reasons |= CANDIDATE_NEAREST;
}

/* Cover is worth a look only where it has a price. */
static double *cover_of(const struct engine *e, int64_t now_us, const struct sheet *s, size_t n,
	struct engine_work *w)
{
	double *cover = e->policy.cover > 0 && e->demand ? WORK_ARRAY(w, double, n + 1) : NULL;
	struct lonlat *at = cover ? WORK_ARRAY(w, struct lonlat, n + 1) : NULL;
	struct coverage c;

	for (size_t i = 0; at && i < n; i++)
		at[i] = s->from[i].at;
	if (!at || !e->demand->n_zones ||
		!coverage_make(&c, e->demand, &e->policy, now_us, at, n, w))
		return NULL;
	coverage_losses(&c, cover);
	return cover;
}

static void rank_with(const struct engine *e, const struct incident *in, int64_t now_us,
	struct engine_work *w, struct ranking *r)
{
	struct sheet s = { .units = WORK_ARRAY(w, const struct unit *, e->n_units + 1),
		.from = WORK_ARRAY(w, struct travel_from, e->n_units + 1),
		.travel = WORK_ARRAY(w, struct travel, e->n_units + 1) };

	if (!s.units || !s.from || !s.travel)
		return;
	for (size_t i = 0; i < e->n_units; i++)
		s.units[i] = &e->units[i];
	qsort(s.units, e->n_units, sizeof(s.units[0]), by_id);
	sort_out(e, in, now_us, &s, r);
	s.cover = cover_of(e, now_us, &s, r->n_candidates, w);
	weigh(e, in, now_us, &s, r);
	drop_asked(e, in, now_us, r);
	if (r->n_candidates)
		qsort(r->candidates, r->n_candidates, sizeof(struct candidate), by_rank);
	if (r->n_rejections)
		qsort(r->rejections, r->n_rejections, sizeof(struct rejection), by_unit);
	if (r->n_candidates)
		mark_best(e, r);
}

void engine_rank(
	const struct engine *e, const struct incident *in, int64_t now_us, struct ranking *r)
{
	struct engine_work *w = e->work ? e->work : engine_work_new();
	struct work_mark mark;

	r->n_candidates = r->n_rejections = 0;
	if (!w)
		return;
	mark = work_mark(w);
	rank_with(e, in, now_us, w, r);
	work_release(w, mark);
	if (!e->work)
		engine_work_free(w);
}
