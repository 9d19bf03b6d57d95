/* coverage.c - expected demand that finds nobody in time, and what one unit adds to it. */
#include <math.h>
#include "dispatch/cost.h"
#include "dispatch/coverage.h"

static const double PROMISE_S = 600;
static const double METRES_PER_DEGREE = 111195.0;
static const double FURTHEST = 0.999; /* nobody covers a zone beyond doubt */

/* How times of this hour follow from the straight line; see travel.h. */
struct scale {
	double mps, turnout_s, sigma, cos_lat;
};

static struct scale scale_at(const struct demand *d, int64_t now_us)
{
	int hour = travel_hour(now_us);

	return (struct scale){ .mps = travel_speed_mps(hour),
		.turnout_s = travel_turnout_s(hour, false),
		.sigma = 0.30,
		.cos_lat = cos(d->zones[0].at.lat * 0.017453292519943295) };
}

/* Probability that a free unit at `from` covers the zone in time. */
static double reach(const struct scale *s, struct lonlat from, const struct zone *z)
{
	double x = (z->at.lon - from.lon) * s->cos_lat, y = z->at.lat - from.lat;
	double crow = METRES_PER_DEGREE * sqrt(x * x + y * y);
	double eta = s->turnout_s + (1.26 * crow + fmin(480.0, 1.6 * crow)) / s->mps;
	double p = 1 - cost_lateness(eta, s->sigma, PROMISE_S).p;

	return fmin(p * (1 - z->busy), FURTHEST);
}

/* miss[z] of all units; reaches[i * zones + z] when asked for. */
static double *misses(const struct demand *d, const struct scale *s, const struct lonlat *at,
	size_t n, struct engine_work *w, double *reaches)
{
	double *miss = WORK_ARRAY(w, double, d->n_zones);

	for (size_t z = 0; miss && z < d->n_zones; z++) {
		miss[z] = 1;
		for (size_t i = 0; i < n; i++) {
			double r = reach(s, at[i], &d->zones[z]);
			miss[z] *= 1 - r;
			if (reaches)
				reaches[i * d->n_zones + z] = r;
		}
	}
	return miss;
}

static double incidents_ahead(const struct demand *d, const struct policy *p)
{
	return d->rate_per_s * p->cover_horizon_s;
}

bool coverage_losses(const struct demand *d, const struct policy *p, int64_t now_us,
	const struct lonlat *at, size_t n, struct engine_work *w, double *ret)
{
	struct scale s = scale_at(d, now_us);
	double *reaches = WORK_ARRAY(w, double, n * d->n_zones + 1);
	double *miss = reaches ? misses(d, &s, at, n, w, reaches) : NULL;

	if (!miss)
		return false;
	for (size_t i = 0; i < n; i++) {
		const double *r = reaches + i * d->n_zones;
		ret[i] = 0;
		for (size_t z = 0; z < d->n_zones; z++)
			ret[i] += d->zones[z].share * miss[z] * r[z] / (1 - r[z]);
		ret[i] *= incidents_ahead(d, p);
	}
	return true;
}

static double gain(const struct demand *d, const struct policy *p, const struct scale *s,
	const double *miss, struct lonlat place)
{
	double sum = 0;

	for (size_t z = 0; z < d->n_zones; z++)
		sum += d->zones[z].share * miss[z] * reach(s, place, &d->zones[z]);
	return sum * incidents_ahead(d, p);
}

bool coverage_gains(const struct demand *d, const struct policy *p, int64_t now_us,
	const struct lonlat *at, size_t n, struct engine_work *w, double *ret)
{
	struct scale s = scale_at(d, now_us);
	double *miss = misses(d, &s, at, n, w, NULL);

	for (size_t k = 0; miss && k < d->n_posts; k++)
		ret[k] = gain(d, p, &s, miss, d->posts[k].at);
	return miss;
}

bool coverage_gain_at(const struct demand *d, const struct policy *p, int64_t now_us,
	const struct lonlat *at, size_t n, struct lonlat place, struct engine_work *w, double *ret)
{
	struct scale s = scale_at(d, now_us);
	double *miss = misses(d, &s, at, n, w, NULL);

	if (miss)
		*ret = gain(d, p, &s, miss, place);
	return miss;
}
