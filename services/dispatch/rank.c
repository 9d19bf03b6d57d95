/* rank.c - the order in which responders would be asked for an incident, and who not and why. */
#include <stdlib.h>
#include <string.h>
#include "dispatch/engine.h"

static const char *const state_words[] = {
	[UNIT_OFF_DUTY] = "off_duty",
	[UNIT_AVAILABLE] = "available",
	[UNIT_OFFERED] = "offered",
	[UNIT_EN_ROUTE] = "en_route",
	[UNIT_ON_SCENE] = "on_scene",
	[UNIT_ON_BREAK] = "on_break",
};

static const char *const unit_names[] = {
	[UNIT_OFF_DUTY] = "OFF_DUTY",
	[UNIT_AVAILABLE] = "AVAILABLE",
	[UNIT_OFFERED] = "OFFERED",
	[UNIT_EN_ROUTE] = "EN_ROUTE",
	[UNIT_ON_SCENE] = "ON_SCENE",
	[UNIT_ON_BREAK] = "ON_BREAK",
};

static const char *const incident_names[] = {
	[INCIDENT_WAITING] = "WAITING",
	[INCIDENT_OFFERED] = "OFFERED",
	[INCIDENT_ASSIGNED] = "ASSIGNED",
	[INCIDENT_SERVED] = "SERVED",
	[INCIDENT_ENDED] = "ENDED",
};

const char *unit_state_name(enum unit_state s)
{
	return unit_names[s];
}

const char *incident_state_name(enum incident_state s)
{
	return incident_names[s];
}

size_t candidate_reasons(unsigned reasons, const char *ret[static ENGINE_REASONS_MAX])
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {
		{ CANDIDATE_NEAREST, "nearest" },
		{ CANDIDATE_STALE, "stale_fix" },
		{ CANDIDATE_DOUBTFUL, "doubtful_fix" },
		{ CANDIDATE_POST, "post_position" },
		{ CANDIDATE_ASKED, "asked_before" },
		{ CANDIDATE_CHEAPEST, "least_risk" },
		{ CANDIDATE_CHOSEN, "best_overall" },
		{ CANDIDATE_DIVERTED, "diverted" },
		{ CANDIDATE_CURRENT, "on_the_way" },
		{ CANDIDATE_COVER, "leaves_gap" },
		{ CANDIDATE_NEEDED, "needed_elsewhere" },
		{ CANDIDATE_POSITIONS, "positions_stale" },
		{ CANDIDATE_OLD_LANE, "waited_long" },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (reasons & words[i].bit)
			ret[n++] = words[i].word;
	return n;
}

static const struct asked *was_asked(const struct incident *in, const char *unit)
{
	for (size_t i = 0; i < in->n_asked; i++)
		if (!strcmp(in->asked[i].unit, unit))
			return &in->asked[i];
	return NULL;
}

/* Where the unit is thought to be; false when nothing is known. */
static bool place_unit(const struct policy *p, const struct unit *u, int64_t now_us,
	struct lonlat *ret, struct candidate *c)
{
	int64_t age = now_us - u->fix.at_us;

	if (u->fix.at_us && age <= p->forget_us) {
		*ret = u->fix.at;
		c->fix_age_s = age > 0 ? (double)age / 1e6 : 0;
		if (age > p->stale_us)
			c->reasons |= CANDIDATE_STALE;
		if (u->fix.doubtful)
			c->reasons |= CANDIDATE_DOUBTFUL;
		return true;
	}
	if (!u->has_post)
		return false;
	*ret = u->post;
	c->fix_age_s = -1;
	c->reasons |= CANDIDATE_POST;
	return true;
}

static double handicap_s(const struct policy *p, unsigned reasons)
{
	return (reasons & CANDIDATE_STALE ? p->stale_s : 0) +
	       (reasons & CANDIDATE_DOUBTFUL ? p->doubtful_s : 0) +
	       (reasons & CANDIDATE_POST ? p->post_s : 0);
}

static bool judge_unit(const struct engine *e, const struct incident *in, const struct unit *u,
	int64_t now_us, struct candidate *ret)
{
	struct lonlat at;

	*ret = (struct candidate){ .unit = u };
	if (!place_unit(&e->policy, u, now_us, &at, ret))
		return false;
	ret->travel = travel_time(at, in->at, now_us,
		ret->reasons & (CANDIDATE_STALE | CANDIDATE_DOUBTFUL | CANDIDATE_POST));
	ret->on_time = travel_on_time(&ret->travel, (double)(in->promised_us - now_us) / 1e6);
	ret->rank_s = ret->travel.eta_s + handicap_s(&e->policy, ret->reasons);
	return true;
}

static int by_rank(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->asked != y->asked)
		return x->asked < y->asked ? -1 : 1;
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
		const struct asked *a = c.asked ? was_asked(in, c.unit->id) : NULL;
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

void engine_rank(
	const struct engine *e, const struct incident *in, int64_t now_us, struct ranking *r)
{
	r->n_candidates = r->n_rejections = 0;
	for (size_t i = 0; i < e->n_units; i++) {
		const struct unit *u = &e->units[i];
		struct candidate c;
		if (u->state != UNIT_AVAILABLE) {
			reject(r, u, state_words[u->state]);
		} else if (!judge_unit(e, in, u, now_us, &c)) {
			reject(r, u, "no_position");
		} else {
			const struct asked *a = was_asked(in, u->id);
			c.asked = a ? a->times : 0;
			r->candidates[r->n_candidates++] = c;
		}
	}
	drop_asked(e, in, now_us, r);
	if (r->n_candidates)
		qsort(r->candidates, r->n_candidates, sizeof(struct candidate), by_rank);
	if (r->n_rejections)
		qsort(r->rejections, r->n_rejections, sizeof(struct rejection), by_unit);
	if (r->n_candidates)
		r->candidates[0].reasons |= CANDIDATE_NEAREST;
}
