/* sim_setup.c - a day's beginning and end: names, cars at their posts, memory, the last sums. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"
#include "prng.h"
#include "sim_internal.h"

/* Ids and places in the arrays: as numbered, or by a shuffle. */
static void name_everything(struct sim *s)
{
	const struct fleet *f = s->set->fleet;
	struct prng r;

	prng_seed(&r, s->set->permute);
	for (size_t i = 0; i < f->n; i++)
		s->slot[i] = i;
	for (size_t i = f->n; s->set->permute && i > 1; i--) {
		size_t k = prng_below(&r, i), t = s->slot[i - 1];
		s->slot[i - 1] = s->slot[k];
		s->slot[k] = t;
	}
	for (size_t i = 0; i < f->n; i++) {
		s->car_of[s->slot[i]] = i;
		snprintf(s->unit_ids[i], ID_MAX, "u%04zu", s->slot[i]);
	}
	for (size_t i = 0; i < s->set->day->n; i++)
		snprintf(s->call_ids[i], ID_MAX, "i%016llx",
			s->set->permute ? (unsigned long long)hash_mix(s->set->permute, i)
					: (unsigned long long)i);
}

static void place_cars(struct sim *s)
{
	const struct fleet *f = s->set->fleet;

	for (size_t i = 0; i < f->n; i++) {
		struct car *c = &s->cars[i];
		bool on = !(f->on_duty_s[i] > 0);
		*c = (struct car){ .call = -1,
			.offer = -1,
			.on_duty = on,
			.home = f->home[i],
			.busy_since = -1,
			.sent_fix = -1e9 };
		vehicle_init(&c->v, i, f->start[i]);
		c->v.fix_s = -1e9;
		s->e.units[s->slot[i]] = (struct unit){ .id = s->unit_ids[i],
			.state = on ? UNIT_AVAILABLE : UNIT_OFF_DUTY,
			.since_us = s->clock.midnight_us - 3600 * US_PER_S,
			.post = s->set->city->at[f->home[i]],
			.has_post = true };
		if (!on)
			queue_push(&s->queue, f->on_duty_s[i], DUTY, i, 0);
		else if (f->loop && f->loop[i][0] != UINT32_MAX)
			queue_push(&s->queue, 0, LEG, i, 0);
	}
}

bool sim_allocate(struct sim *s)
{
	const struct sim_setup *set = s->set;
	struct sim_result *r = s->ret;
	size_t units = set->fleet->n, calls = set->day->n;

	s->cars = calloc(units + 1, sizeof *s->cars);
	s->slot = calloc(units + 1, sizeof *s->slot);
	s->car_of = calloc(units + 1, sizeof *s->car_of);
	s->unit_ids = calloc(units + 1, sizeof *s->unit_ids);
	s->call_ids = calloc(calls + 1, sizeof *s->call_ids);
	s->live = calloc(calls + 1, sizeof *s->live);
	s->zones = calloc(set->foresight->n_zones + 1, sizeof *s->zones);
	s->e.units = calloc(units + 1, sizeof *s->e.units);
	s->e.incidents = calloc(calls + 1, sizeof *s->e.incidents);
	s->scratch.candidates = calloc(units + 1, sizeof *s->scratch.candidates);
	s->scratch.rejections = calloc(units + 1, sizeof *s->scratch.rejections);
	s->out = calloc(OUT_MAX, sizeof *s->out);
	s->e.work = engine_work_new();
	r->calls = calloc(calls + 1, sizeof *r->calls);
	r->units = calloc(units + 1, sizeof *r->units);
	return s->cars && s->slot && s->car_of && s->unit_ids && s->call_ids && s->live &&
	       s->zones && s->e.units && s->e.incidents && s->scratch.candidates &&
	       s->scratch.rejections && s->out && s->e.work && r->calls && r->units;
}

void sim_release(struct sim *s)
{
	for (size_t i = 0; s->cars && i < s->set->fleet->n; i++)
		vehicle_free(&s->cars[i].v);
	queue_free(&s->queue);
	engine_work_free(s->e.work);
	free(s->cars);
	free(s->slot);
	free(s->car_of);
	free(s->unit_ids);
	free(s->call_ids);
	free(s->live);
	free(s->zones);
	free(s->e.units);
	free(s->e.incidents);
	free(s->scratch.candidates);
	free(s->scratch.rejections);
	free(s->out);
}

void sim_begin(struct sim *s)
{
	const struct sim_setup *set = s->set;
	const struct foresight *f = set->foresight;

	clock_init(&s->clock, set->scenario, set->day->day);
	s->e.policy = *set->policy;
	s->e.travel = belief_model(set->belief, &s->clock);
	s->e.n_units = set->fleet->n;
	memcpy(s->zones, f->zones, f->n_zones * sizeof *f->zones);
	s->demand = (struct demand){ .zones = s->zones,
		.n_zones = f->n_zones,
		.posts = f->posts,
		.n_posts = f->n_posts,
		.drive_s = f->drive_s };
	s->e.demand = f->n_zones ? &s->demand : NULL;
	name_everything(s);
	place_cars(s);
	for (size_t i = 0; i < set->day->n; i++) {
		s->ret->calls[i].response_s = INFINITY;
		queue_push(&s->queue, set->day->calls[i].known_s, CALL, i, 0);
	}
}

void sim_finish(struct sim *s)
{
	double tape = 0;

	for (size_t i = 0; i < s->set->fleet->n; i++) {
		sim_end_busy(s, &s->cars[i]);
		s->ret->units[i].metres =
			vehicle_metres(&s->cars[i].v, s->set->city, &s->clock, s->now);
	}
	for (size_t i = 0; i < s->set->day->n; i++)
		if (s->ret->calls[i].response_s < INFINITY)
			tape += s->set->day->calls[i].scene_s;
	if (fabs(tape - s->ret->scene_s) > 1e-6 * (tape + 1))
		sim_violate(s, "time on scenes differs from the tape's", -1, -1);
}
