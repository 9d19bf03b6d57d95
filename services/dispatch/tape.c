/* tape.c - notes a travel-time model's answers, and gives them again. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/record.h"

static bool room_for(struct tape *t, size_t n)
{
	if (t->n_calls == t->calls_room) {
		size_t room = t->calls_room ? 2 * t->calls_room : 64;
		struct tape_call *calls = realloc(t->calls, room * sizeof(*calls));
		if (!calls)
			return false;
		t->calls = calls;
		t->calls_room = room;
	}
	if (t->n_figures + n <= t->figures_room)
		return true;
	size_t room = 2 * t->figures_room + n + 1024;
	for (size_t k = 0; k < TAPE_FIGURES; k++) {
		int32_t *f = realloc(t->figures[k], room * sizeof(*f));
		if (!f)
			return false;
		t->figures[k] = f;
	}
	t->figures_room = room;
	return true;
}

void tape_start(struct tape *t, struct travel_model model)
{
	t->model = model.to ? model : travel_straight;
	t->n_calls = t->n_figures = t->played = 0;
	t->failed = false;
}

static const double unit[TAPE_FIGURES] = { 0.1, 0.01, 0.01, 1e-4 };

static void note(struct tape *t, size_t k, double v)
{
	double n = round(v / unit[k]);

	t->figures[k][t->n_figures] = n >= 0 && n < INT32_MAX ? (int32_t)n : -1;
}

static double figure(const struct tape *t, size_t k, size_t i)
{
	return t->figures[k][i] < 0 ? INFINITY : t->figures[k][i] * unit[k];
}

static void give(const struct tape *t, size_t i, struct travel *ret)
{
	*ret = (struct travel){ .distance_m = figure(t, TAPE_DISTANCE, i),
		.eta_s = figure(t, TAPE_ETA, i),
		.eta_p90_s = figure(t, TAPE_P90, i),
		.sigma = figure(t, TAPE_SIGMA, i) };
}

/* The engine's model is const; the tape behind it isn't. */
struct handle {
	struct tape *tape;
};

static void record(const void *ctx, struct lonlat target, int64_t at_us,
	const struct travel_from *from, size_t n, struct travel *ret)
{
	struct tape *t = ((const struct handle *)ctx)->tape;

	t->model.to(t->model.ctx, target, at_us, from, n, ret);
	if (t->failed || !room_for(t, n)) {
		t->failed = true;
		return;
	}
	t->calls[t->n_calls++] = (struct tape_call){ target, n, t->n_figures };
	for (size_t i = 0; i < n; i++, t->n_figures++) {
		note(t, TAPE_DISTANCE, ret[i].distance_m);
		note(t, TAPE_ETA, ret[i].eta_s);
		note(t, TAPE_P90, ret[i].eta_p90_s);
		note(t, TAPE_SIGMA, ret[i].sigma);
		give(t, t->n_figures, &ret[i]);
	}
}

static bool same_place(struct lonlat a, struct lonlat b)
{
	return !(a.lon < b.lon) && !(a.lon > b.lon) && !(a.lat < b.lat) && !(a.lat > b.lat);
}

static void play(const void *ctx, struct lonlat target, int64_t at_us,
	const struct travel_from *from, size_t n, struct travel *ret)
{
	struct tape *t = ((const struct handle *)ctx)->tape;
	const struct tape_call *c = t->played < t->n_calls ? &t->calls[t->played++] : NULL;

	if (!c || c->n != n || !same_place(c->target, target)) {
		t->failed = true;
		travel_straight.to(NULL, target, at_us, from, n, ret);
		return;
	}
	for (size_t i = 0; i < n; i++)
		give(t, c->first + i, &ret[i]);
}

struct travel_model tape_recorder(struct tape *t)
{
	static struct handle h; /* one tape at a time */

	h.tape = t;
	return (struct travel_model){ &h, record };
}

struct travel_model tape_player(struct tape *t)
{
	static struct handle h;

	h.tape = t;
	return (struct travel_model){ &h, play };
}

bool tape_load(struct tape *t, const Pb__DecisionInputs *in)
{
	tape_start(t, travel_straight);
	for (size_t i = 0; i < in->n_travels; i++) {
		const Pb__DecisionTravel *d = in->travels[i];
		size_t n = d->n_eta;
		const int32_t *from[TAPE_FIGURES] = { d->distance, d->eta, d->eta_p90, d->sigma };
		if (d->n_distance != n || d->n_eta_p90 != n || d->n_sigma != n || !room_for(t, n))
			return false;
		t->calls[t->n_calls++] = (struct tape_call){ { d->lon, d->lat }, n, t->n_figures };
		for (size_t k = 0; n && k < TAPE_FIGURES; k++)
			memcpy(t->figures[k] + t->n_figures, from[k], n * sizeof(int32_t));
		t->n_figures += n;
	}
	return true;
}

void tape_free(struct tape *t)
{
	free(t->calls);
	for (size_t k = 0; k < TAPE_FIGURES; k++)
		free(t->figures[k]);
	memset(t, 0, sizeof(*t));
}
