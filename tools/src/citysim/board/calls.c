/* calls.c - tapes made by chance: a non-homogeneous Poisson day around hot spots. */
#include "calls.h"

#include <math.h>
#include <stdlib.h>
#include "prng.h"

/* Shares of the day by hour, as in crash records of large cities: two peaks, the later higher. */
static const double hour_share[24] = { 1.5, 1.1, 0.9, 0.7, 0.8, 1.4, 2.8, 5.0, 5.8, 4.7, 4.7, 5.3,
	5.9, 5.9, 6.5, 7.6, 8.2, 8.4, 6.5, 4.7, 3.9, 3.3, 2.7, 2.1 };

enum { KEY_PLACES = 1, KEY_DAY, KEY_GPS, KEY_PAIR, KEY_ANSWER };

void places_draw(struct places *p, struct city *c, const struct scenario *s, uint64_t seed)
{
	struct prng r;

	prng_seed(&r, hash_mix(seed, KEY_PLACES));
	*p = (struct places){ .n = s->hot < 64 ? (size_t)s->hot : 64 };
	for (size_t i = 0; i < p->n; i++) {
		p->spots[i].at = c->at[city_draw_node(c, &r)];
		p->spots[i].spread_m = 200 + 700 * prng_unit(&r);
		p->spots[i].weight = 0.2 + prng_exponential(&r, 1);
		p->total += p->spots[i].weight;
	}
}

/* Around a hot spot, or anywhere; busy junctions are likelier in both. */
static uint32_t draw_node(
	struct city *c, const struct scenario *s, const struct places *p, struct prng *r)
{
	double pick = prng_unit(r), where = prng_unit(r) * p->total;
	uint32_t node = 0;
	size_t i = 0;

	if (pick >= s->hot_share || !p->n)
		return city_draw_node(c, r);
	while (i + 1 < p->n && where >= p->spots[i].weight)
		where -= p->spots[i++].weight;
	for (int tries = 0; tries < 20; tries++) {
		double east = prng_normal(r), north = prng_normal(r);
		node = city_nearest_node(
			c, city_shift(c, p->spots[i].at, east * p->spots[i].spread_m,
				   north * p->spots[i].spread_m));
		if (prng_unit(r) < c->busy[node])
			break;
	}
	return node;
}

static double hour_rate(const struct scenario *s, int h)
{
	double sum = 0;

	for (int i = 0; i < 24; i++)
		sum += hour_share[i];
	return s->calls * hour_share[h] / sum / 3600 *
	       (h >= s->storm_from && h < s->storm_to ? s->storm : 1);
}

static unsigned draw_severity(double u)
{
	return u < 0.1 ? 2 : u < 0.4 ? 1 : 0;
}

static double clamp(double v, double low, double high)
{
	return v < low ? low : v > high ? high : v;
}

static struct incident_call draw_call(
	struct city *c, const struct scenario *s, const struct places *p, struct prng *r, double at)
{
	double heavy = prng_unit(r);
	double mean = heavy < s->heavy ? s->heavy_s : s->scene_s;
	struct incident_call k = { .at_s = at, .known_s = at + s->handling_s };

	k.node = draw_node(c, s, p, r);
	k.scene_s = clamp(prng_lognormal(r, mean, s->scene_cv), 60, 4 * 3600);
	k.severity = draw_severity(prng_unit(r));
	k.key = prng_next(r);
	return k;
}

struct calls_day calls_make(
	struct city *c, const struct scenario *s, const struct places *p, uint64_t seed, int day)
{
	struct calls_day d = { .day = day };
	struct prng r;
	double factor, highest = 0, at = 0;
	size_t size = 0;

	d.key = hash_mix(hash_mix(seed, KEY_GPS), (uint64_t)day + 100000);
	prng_seed(&r, hash_mix(hash_mix(seed, KEY_DAY), (uint64_t)day + 100000));
	factor = s->day_cv > 0 ? prng_gamma(&r, 1 / (s->day_cv * s->day_cv), s->day_cv * s->day_cv)
			       : 1;
	for (int h = 0; h < 24; h++)
		highest = fmax(highest, hour_rate(s, h) * factor);
	while (highest > 0 && (at += prng_exponential(&r, 1 / highest)) < 86400) {
		if (prng_unit(&r) * highest >= hour_rate(s, (int)(at / 3600)) * factor)
			continue;
		if (d.n == size) {
			struct incident_call *more =
				realloc(d.calls, (size = size ? 2 * size : 256) * sizeof *more);
			if (!more)
				abort();
			d.calls = more;
		}
		d.calls[d.n++] = draw_call(c, s, p, &r, at);
	}
	return d;
}

void calls_free(struct calls_day *d)
{
	free(d->calls);
	*d = (struct calls_day){ 0 };
}

double luck_drive(const struct scenario *s, uint64_t call_key, size_t unit)
{
	double z = s->noise_common * hash_normal(call_key) +
		   s->noise_pair * hash_normal(hash_mix(hash_mix(call_key, KEY_PAIR), unit));

	return exp(s->noise * z - s->noise * s->noise / 2);
}

enum answer luck_answer(const struct scenario *s, uint64_t call_key, size_t unit, unsigned n)
{
	double u = hash_unit(hash_mix(hash_mix(call_key, KEY_ANSWER), unit * 64 + n));

	return u < s->decline                  ? ANSWER_DECLINE
	       : u < s->decline + s->no_answer ? ANSWER_NONE
					       : ANSWER_ACCEPT;
}
