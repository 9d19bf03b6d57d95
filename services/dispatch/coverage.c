/* coverage.c - expected cost of the incidents to come, zone by zone. */
#include "dispatch/coverage.h"
#include <math.h>
#include "dispatch/cost.h"

static const double METRES_PER_DEGREE = 111195.0;
static const double SIGMA = 0.28;
static const double PRICE_STEP_S = 5;
static const double NOBODY_S = 1800; /* when all are busy, somebody comes about then */

/* The post this place is; n_posts when it is none. */
static size_t post_at(const struct demand *d, struct lonlat place)
{
	size_t k = 0;

	while (k < d->n_posts && !(fabs(d->posts[k].at.lon - place.lon) < 1e-5 &&
					 fabs(d->posts[k].at.lat - place.lat) < 1e-5))
		k++;
	return k;
}

static double eta_s(const struct coverage *c, struct lonlat from, size_t post, size_t zone)
{
	const struct zone *z = &c->d->zones[zone];
	if (c->d->drive_s && post < c->d->n_posts)
		return c->turnout_s + c->slow * c->d->drive_s[post * c->d->n_zones + zone];
	double x = (z->at.lon - from.lon) * c->cos_lat, y = z->at.lat - from.lat;
	double crow = METRES_PER_DEGREE * sqrt(x * x + y * y);

	return c->turnout_s + (1.26 * crow + fmin(480.0, 1.6 * crow)) / c->mps;
}

static void make_prices(struct coverage *c)
{
	for (size_t k = 0; k < COVERAGE_PRICES; k++) {
		double eta = PRICE_STEP_S * (double)k;
		struct lateness l = cost_lateness(eta, SIGMA, c->p->cover_left_s);
		c->prices[k] = cost_pair(c->p, 1, &l, eta, 0);
	}
}

static double price(const struct coverage *c, double eta)
{
	double x = fmin(eta, NOBODY_S) / PRICE_STEP_S;
	size_t k = (size_t)x;

	return c->prices[k] + (x - (double)k) * (c->prices[k + 1] - c->prices[k]);
}

/* The soonest of one zone, in order; who comes later in the array goes behind his equals. */
static void sort_zone(struct coverage *c, size_t zone, const struct lonlat *at)
{
	double *eta = c->eta + zone * c->deep;
	size_t *unit = c->unit + zone * c->deep, held = 0;

	for (size_t i = 0; i < c->n; i++) {
		double t = eta_s(c, at[i], c->post[i], zone);
		if (held == c->deep && !(t < eta[held - 1]))
			continue;
		size_t k = held < c->deep ? held++ : held - 1;
		for (; k > 0 && t < eta[k - 1]; k--) {
			eta[k] = eta[k - 1];
			unit[k] = unit[k - 1];
		}
		eta[k] = t;
		unit[k] = i;
	}
}

static void add_up(struct coverage *c, size_t zone)
{
	double q = c->d->zones[zone].busy, *from = c->from + zone * (c->deep + 1);
	const double *eta = c->eta + zone * c->deep;

	/* who comes after the last looked at is little later than him */
	from[c->deep] = price(c, c->n > c->deep ? eta[c->deep - 1] : NOBODY_S);
	for (size_t k = c->deep; k-- > 0;)
		from[k] = (1 - q) * price(c, eta[k]) + q * from[k + 1];
}

bool coverage_make(struct coverage *c, const struct demand *d, const struct policy *p,
	int64_t now_us, const struct lonlat *at, size_t n, struct engine_work *w)
{
	int hour = travel_hour(now_us);
	size_t deep = n < COVERAGE_DEEP ? n : COVERAGE_DEEP;

	*c = (struct coverage){ .d = d,
		.p = p,
		.mps = travel_speed_mps(hour),
		.slow = travel_congestion(hour),
		.turnout_s = travel_turnout_s(hour, false),
		.cos_lat = cos(d->zones[0].at.lat * 0.017453292519943295),
		.n = n,
		.deep = deep,
		.post = WORK_ARRAY(w, size_t, n + 1),
		.eta = WORK_ARRAY(w, double, d->n_zones *deep + 1),
		.unit = WORK_ARRAY(w, size_t, d->n_zones * deep + 1),
		.from = WORK_ARRAY(w, double, d->n_zones *(deep + 1)) };
	if (!c->post || !c->eta || !c->unit || !c->from)
		return false;
	make_prices(c);
	for (size_t i = 0; i < n; i++)
		c->post[i] = d->drive_s ? post_at(d, at[i]) : d->n_posts;
	for (size_t z = 0; z < d->n_zones; z++) {
		sort_zone(c, z, at);
		add_up(c, z);
	}
	return true;
}

static double incidents_ahead(const struct coverage *c)
{
	return c->d->rate_per_s * c->p->cover_horizon_s;
}

void coverage_losses(const struct coverage *c, double *ret)
{
	for (size_t i = 0; i < c->n; i++)
		ret[i] = 0;
	for (size_t z = 0; z < c->d->n_zones; z++) {
		const double *from = c->from + z * (c->deep + 1);
		double share = c->d->zones[z].share;
		for (size_t k = 0; k < c->deep && share > 1e-9; k++, share *= c->d->zones[z].busy)
			ret[c->unit[z * c->deep + k]] += share * (from[k + 1] - from[k]);
	}
	for (size_t i = 0; i < c->n; i++)
		ret[i] *= incidents_ahead(c);
}

double coverage_gain(const struct coverage *c, struct lonlat place)
{
	size_t post = post_at(c->d, place);
	double sum = 0;

	for (size_t z = 0; z < c->d->n_zones; z++) {
		double t = eta_s(c, place, post, z), q = c->d->zones[z].busy;
		double share = c->d->zones[z].share;
		size_t k = 0;
		for (; k < c->deep && c->eta[z * c->deep + k] <= t && share > 1e-9; k++)
			share *= q;
		sum += share * (1 - q) * (c->from[z * (c->deep + 1) + k] - price(c, t));
	}
	return sum * incidents_ahead(c);
}
