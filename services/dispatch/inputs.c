/* inputs.c - the digest of everything a plan was made from, in an order of its own. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/plan.h"

static void add(crypto_generichash_state *h, const void *data, size_t n)
{
	crypto_generichash_update(h, data, n);
}

static void add_text(crypto_generichash_state *h, const char *text)
{
	uint8_t none = !text;

	add(h, &none, 1);
	if (text)
		add(h, text, strlen(text) + 1);
}

/* Numbers of a thing at a time; whole ones up to 2^53 are exact. */
static void add_numbers(crypto_generichash_state *h, const double *v, size_t n)
{
	add(h, v, n * sizeof(double));
}
#define NUMBERS(h, ...) \
	add_numbers(h, (const double[]){ __VA_ARGS__ }, \
		sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

static void add_policy(crypto_generichash_state *h, const struct policy *p)
{
	add_text(h, p->name);
	NUMBERS(h, p->version, p->mode, p->straight, p->at_post, (double)p->offer_us,
		(double)p->stale_us, (double)p->forget_us, (double)p->reask_us, p->stale_s,
		p->doubtful_s, p->post_s, p->risk, p->per_late_min, p->per_s, p->cover,
		p->cover_horizon_s, p->swap, p->age_from_s, p->age_per_min, p->freeze_s,
		p->incident_swaps, p->trip_swaps, p->gain_s, p->gain_p, p->set_back_s,
		p->blind_share, p->old_lane, p->old_cap_s, p->old_most, p->case_s, p->remote);
}

static void add_unit(crypto_generichash_state *h, const struct unit *u)
{
	add_text(h, u->id);
	add_text(h, u->incident);
	add_text(h, u->next);
	NUMBERS(h, u->state, (double)u->since_us, u->fix.at.lon, u->fix.at.lat,
		(double)u->fix.at_us, u->fix.doubtful, u->fix.speed_mps, u->fix.course_deg,
		u->post.lon, u->post.lat, u->has_post, u->next_accepted, u->trip_swaps);
}

static void add_incident(crypto_generichash_state *h, const struct incident *in)
{
	add_text(h, in->id);
	add_text(h, in->unit);
	add_text(h, in->next_unit);
	add_text(h, in->queued_unit);
	NUMBERS(h, in->at.lon, in->at.lat, (double)in->accepted_us, (double)in->promised_us,
		in->state, in->severity, in->swaps, (double)in->hold_until_us, in->wanted,
		(double)in->n_helpers, in->old_lane, (double)in->n_asked);
	for (size_t i = 0; i < in->n_asked; i++) {
		add_text(h, in->asked[i].unit);
		NUMBERS(h, (double)in->asked[i].last_us, in->asked[i].times, in->asked[i].declined);
	}
}

static int by_unit(const void *a, const void *b)
{
	const struct unit *const *x = a, *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

static int by_incident(const void *a, const void *b)
{
	const struct incident *const *x = a, *const *y = b;
	return strcmp((*x)->id, (*y)->id);
}

static void add_units(crypto_generichash_state *h, const struct engine *e, const void **order)
{
	for (size_t i = 0; i < e->n_units; i++)
		order[i] = &e->units[i];
	qsort(order, e->n_units, sizeof(order[0]), by_unit);
	for (size_t i = 0; i < e->n_units; i++)
		add_unit(h, order[i]);
}

static void add_incidents(crypto_generichash_state *h, const struct engine *e, const void **order)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n_incidents; i++)
		if (e->incidents[i].state <= INCIDENT_ASSIGNED)
			order[n++] = &e->incidents[i];
	qsort(order, n, sizeof(order[0]), by_incident);
	for (size_t i = 0; i < n; i++)
		add_incident(h, order[i]);
}

void inputs_digest(const struct engine *e, int64_t now_us, uint8_t ret[static ENGINE_DIGEST])
{
	struct work_mark mark = work_mark(e->work);
	size_t most = e->n_units > e->n_incidents ? e->n_units : e->n_incidents;
	const void **order = WORK_ARRAY(e->work, const void *, most + 1);
	crypto_generichash_state h;

	memset(ret, 0, ENGINE_DIGEST);
	if (!order)
		return;
	crypto_generichash_init(&h, NULL, 0, ENGINE_DIGEST);
	add_policy(&h, &e->policy);
	NUMBERS(&h, (double)now_us, e->demand ? e->demand->rate_per_s : 0);
	add_units(&h, e, order);
	add_incidents(&h, e, order);
	crypto_generichash_final(&h, ret, ENGINE_DIGEST);
	work_release(e->work, mark);
}
