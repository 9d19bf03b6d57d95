/* world.c - the shared clock, stopwatch and sign-in. */
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "kit/timeutil.h"

void city_sleep(struct world *w, double seconds)
{
	double wall = fmax(seconds / w->speed, 0.001);
	int64_t until = mono_us() + (int64_t)(wall * 1e6);

	while (!atomic_load(&w->stop)) {
		int64_t left = until - mono_us();
		int64_t nap = left > 200000 ? 200000 : left;
		struct timespec ts = { 0, (long)nap * 1000 };

		if (left <= 0)
			return;
		nanosleep(&ts, NULL);
	}
}

struct sim_case *world_case(struct world *w, const char *incident_id)
{
	for (size_t i = 0; i < w->n_cases; i++)
		if (*incident_id && !strcmp(w->cases[i].incident_id, incident_id))
			return &w->cases[i];
	return NULL;
}

void world_stamp(struct world *w, const char *incident_id, enum leg leg)
{
	struct sim_case *c;

	pthread_mutex_lock(&w->lock);
	c = world_case(w, incident_id);
	if (c && !c->at_us[leg])
		c->at_us[leg] = now_us();
	pthread_mutex_unlock(&w->lock);
}

void world_fail(struct world *w, const char *incident_id, const char *what)
{
	struct sim_case *c;

	atomic_fetch_add(&w->refusals, 1);
	pthread_mutex_lock(&w->lock);
	c = world_case(w, incident_id);
	if (c)
		snprintf(c->failure, sizeof c->failure, "%s", what);
	else
		fprintf(stderr, "citysim: %s\n", what);
	pthread_mutex_unlock(&w->lock);
}

bool person_sign_in(struct person *p, struct http *h)
{
	while (!atomic_load(&p->w->stop)) {
		bool ok = p->client ? http_client_token(h, p->username, p->password)
				    : http_sign_in(h, p->username, p->password);

		if (ok) {
			atomic_fetch_add(&p->w->people, 1);
			return true;
		}
		fprintf(stderr, "citysim: %s can't sign in: %s\n", p->username, h->problem);
		city_sleep(p->w, p->w->speed);
	}
	return false;
}

static const json_t *down(const json_t *v, const char *a, const char *b)
{
	v = json_object_get(v, a);
	return b ? json_object_get(v, b) : v;
}

const char *text_at(const json_t *v, const char *a, const char *b)
{
	const char *s = json_string_value(down(v, a, b));

	return s ? s : "";
}

double number_at(const json_t *v, const char *a, const char *b)
{
	const json_t *n = down(v, a, b);

	return json_is_string(n) ? strtod(json_string_value(n), NULL) : json_number_value(n);
}
