/* belief.c - expected driving times from noisy positions. */
#include "belief.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "prng.h"

static const double SIGMA = 0.25, SIGMA_UNSURE = 0.40, LAG_S = 1800, WALK_MPS = 8, ROAD_SIDE_M = 25;

bool belief_init(struct belief *b, struct city *c, const struct scenario *s, uint64_t seed)
{
	*b = (struct belief){ .city = c, .scenario = s, .low = c->at[0], .high = c->at[0] };
	for (size_t i = 0; i < c->n_nodes; i++) {
		b->low.lon = fmin(b->low.lon, c->at[i].lon);
		b->low.lat = fmin(b->low.lat, c->at[i].lat);
		b->high.lon = fmax(b->high.lon, c->at[i].lon);
		b->high.lat = fmax(b->high.lat, c->at[i].lat);
	}
	for (size_t d = 0; d < BELIEF_DISTRICTS * BELIEF_DISTRICTS; d++)
		for (size_t h = 0; h < 24; h++)
			b->wrong[d][h] = pow(1 + s->belief,
				2 * hash_unit(hash_mix(hash_mix(seed, 77), d * 24 + h)) - 1);
	b->cache = calloc(BELIEF_CACHE, sizeof *b->cache);
	return b->cache != NULL;
}

void belief_free(struct belief *b)
{
	free(b->cache);
	b->cache = NULL;
}

static uint64_t bits(double v)
{
	uint64_t ret;

	memcpy(&ret, &v, sizeof ret);
	return ret;
}

static bool same(double a, double b)
{
	return bits(a) == bits(b);
}

/* The graph's answer to a position; the same position is asked about again and again. */
static const struct remembered *locate(struct belief *b, struct lonlat p, double course)
{
	uint64_t key = hash_mix(hash_mix(bits(p.lon), bits(p.lat)), bits(course));
	struct remembered *r = &b->cache[key % BELIEF_CACHE];

	if (r->n && same(r->lon, p.lon) && same(r->lat, p.lat) && same(r->course, course))
		return r;
	*r = (struct remembered){ p.lon, p.lat, course, .n = 0 };
	r->n = city_guess(b->city, p, course, r->guess);
	return r;
}

/* Of the roads it may be on, the one from which it is there soonest: who drives to a call is on its
 * quickest way, and carriageways that lie side by side can be far apart in time. */
static double drive_s(struct belief *b, const struct travel_from *from, const struct row *row)
{
	double course = from->speed_mps >= 1 && from->course_deg >= 0 ? from->course_deg : -1;
	const struct remembered *r = locate(b, from->at, course);
	double best = INFINITY;

	for (size_t i = 0; i < r->n; i++) {
		const struct guess *g = &r->guess[i];
		const struct arc *a = &b->city->arcs[g->spot.arc];
		uint32_t node = course >= 0 ? a->head : a->tail;
		double s = course >= 0 ? (1 - g->spot.done) * (double)a->s : 0;
		if (g->off_m <= r->guess[0].off_m + ROAD_SIDE_M && row->quarter_s[node] != CITY_FAR)
			best = fmin(best, s + row->quarter_s[node] / 4.0);
	}
	return best + fmax(r->guess[0].off_m - 30, 0) / WALK_MPS;
}

static double wrongness(const struct belief *b, struct lonlat p, int hour)
{
	double x = (p.lon - b->low.lon) / fmax(b->high.lon - b->low.lon, 1e-9);
	double y = (p.lat - b->low.lat) / fmax(b->high.lat - b->low.lat, 1e-9);
	int i = (int)fmin(fmax(x * BELIEF_DISTRICTS, 0), BELIEF_DISTRICTS - 1);
	int k = (int)fmin(fmax(y * BELIEF_DISTRICTS, 0), BELIEF_DISTRICTS - 1);

	return b->wrong[k * BELIEF_DISTRICTS + i][hour];
}

static void believe(const void *ctx, struct lonlat target, int64_t at_us,
	const struct travel_from *from, size_t n, struct travel *ret)
{
	struct belief *b;
	double at, slow, known_storm;
	const struct row *row;

	memcpy(&b, &ctx, sizeof b); /* the cache is its own business */
	at = (double)(at_us - b->clock->midnight_us) / 1e6;
	/* the usual of this hour, and what was unusual half an hour ago */
	known_storm = clock_slow(b->clock, at - LAG_S) / clock_usual(b->clock, at - LAG_S);
	slow = clock_usual(b->clock, at) * known_storm;
	row = city_row(b->city, city_nearest_node(b->city, target));
	for (size_t i = 0; i < n; i++) {
		const struct scenario *s = b->scenario;
		double turnout = from[i].under_way || from[i].speed_mps >= 1 ? s->accept_s
									     : clock_turnout(s, at);
		double wrong = wrongness(b, from[i].at, travel_hour(at_us));
		ret[i] = travel_band(geo_distance_m(from[i].at, target), turnout,
			drive_s(b, &from[i], row) * slow * wrong,
			from[i].unsure ? SIGMA_UNSURE : SIGMA);
	}
}

struct travel_model belief_model(struct belief *b, const struct clock *clock)
{
	b->clock = clock;
	return (struct travel_model){ b, believe };
}
