/* roads_learn.c - factors of speed from driven times; the method is explained in roads_learn.h. */
#include "dispatch/roads_learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double WEIGHT_MAX_S = 300, TRIP_S = 120, HALF_LIFE_DAYS = 14;
static const double K_CITY = 20, K_PART = 20, K_CELL = 30, K_SIGMA = 30;
static const double LOG_MAX = 1.0986; /* a ratio beyond 3 is no traffic */
static const double FACTOR_MIN = 0.4, FACTOR_MAX = 3, SIGMA_MIN = 0.15, SIGMA_MAX = 0.6;
static const double SIGMA_BEFORE = 0.25;
static const double MAD_TO_SIGMA = 1.4826; /* of a normal distribution */

struct point {
	double log, weight;
	uint32_t group; /* zone * 24 + hour */
	uint64_t trip;
	double expected_s, observed_s;
};

struct value {
	double v, weight;
};

static int by_value(const void *a, const void *b)
{
	const struct value *x = a, *y = b;

	return x->v < y->v ? -1 : x->v > y->v;
}

/* The weighted median; sorts. */
static double median(struct value *v, size_t n)
{
	double total = 0, half = 0;

	if (!n)
		return 0;
	qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 0; i < n; i++)
		total += v[i].weight;
	for (size_t i = 0; i < n; i++) {
		half += v[i].weight;
		if (half > total / 2)
			return v[i].v;
		if (half >= total / 2 && i + 1 < n)
			return (v[i].v + v[i + 1].v) / 2;
	}
	return v[n - 1].v;
}

static bool sensible(const struct roads_sample *s, size_t n_zones)
{
	return s->zone < n_zones && s->hour < 24 && isfinite(s->expected_s) &&
	       isfinite(s->observed_s) && s->expected_s > 0 && s->observed_s > 0 &&
	       isfinite(s->age_days);
}

static size_t take_points(const struct roads_sample *s, size_t n, size_t n_zones, struct point *ret)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (sensible(&s[i], n_zones))
			ret[kept++] = (struct point){
				.log = fmin(fmax(log(s[i].observed_s / s[i].expected_s), -LOG_MAX),
					LOG_MAX),
				.weight = fmin(s[i].expected_s, WEIGHT_MAX_S) / TRIP_S *
					  exp2(-fmax(s[i].age_days, 0) / HALF_LIFE_DAYS),
				.group = s[i].zone * 24u + s[i].hour,
				.trip = s[i].trip,
				.expected_s = s[i].expected_s,
				.observed_s = s[i].observed_s
			};
	return kept;
}

/* One level: the points that share key(group) share a drawn-in median, taken off what remains and
 * added to the effect of their groups. */
typedef uint32_t key_fn(uint32_t group);

static uint32_t key_all(uint32_t group)
{
	(void)group;
	return 0;
}

static uint32_t key_hour(uint32_t group)
{
	return group % 24;
}

static uint32_t key_zone(uint32_t group)
{
	return group / 24;
}

static uint32_t key_cell(uint32_t group)
{
	return group;
}

static double drawn_in(struct value *v, size_t n, double k)
{
	double weight = 0, m = median(v, n);

	for (size_t i = 0; i < n; i++)
		weight += v[i].weight;
	return m * weight / (weight + k);
}

/* Points sorted by key, so that each level is one pass. */
struct keyed {
	uint32_t key, point;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->point < y->point ? -1 : x->point > y->point;
}

struct memory {
	struct point *points;
	struct keyed *keyed;
	struct value *values;
	double *effect; /* by group */
	double *by_key; /* of one level */
};

static double level(struct memory *m, size_t n, size_t n_groups, key_fn *key, double k)
{
	double last = 0;

	memset(m->by_key, 0, n_groups * sizeof(*m->by_key));
	for (size_t i = 0; i < n; i++)
		m->keyed[i] = (struct keyed){ key(m->points[i].group), (uint32_t)i };
	qsort(m->keyed, n, sizeof(*m->keyed), by_key);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && m->keyed[end].key == m->keyed[i].key; end++) {
			const struct point *p = &m->points[m->keyed[end].point];
			m->values[end - i] = (struct value){ p->log, p->weight };
		}
		last = drawn_in(m->values, end - i, k);
		m->by_key[m->keyed[i].key] = last;
		for (size_t at = i; at < end; at++)
			m->points[m->keyed[at].point].log -= last;
	}
	for (uint32_t g = 0; g < n_groups; g++)
		m->effect[g] += m->by_key[key(g)];
	return last;
}

/* Spread of what remains, by the median absolute deviation. */
static double spread(struct value *v, size_t n)
{
	double middle = median(v, n);

	for (size_t i = 0; i < n; i++)
		v[i].v = fabs(v[i].v - middle);
	return MAD_TO_SIGMA * median(v, n);
}

static double spread_left(struct memory *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		m->values[i] = (struct value){ m->points[i].log, m->points[i].weight };
	return fmin(spread(m->values, n), 0.5);
}

/* Whole trips against what the effects say of them, in one hour (-1: all). */
static size_t trip_errors(const struct memory *m, size_t n, int hour, struct value *ret)
{
	size_t found = 0;

	for (size_t i = 0, end; i < n; i = end) {
		double expected = 0, observed = 0;
		for (end = i; end < n && m->points[end].trip == m->points[i].trip; end++) {
			expected +=
				m->points[end].expected_s * exp(m->effect[m->points[end].group]);
			observed += m->points[end].observed_s;
		}
		if (expected >= TRIP_S && (hour < 0 || (int)(m->points[i].group % 24) == hour))
			ret[found++] = (struct value){ log(observed / expected), 1 };
	}
	return found;
}

static double drawn_sigma(double sigma, size_t n, double before)
{
	double k = K_SIGMA, s = ((double)n * sigma + k * before) / ((double)n + k);

	return fmin(fmax(s, SIGMA_MIN), SIGMA_MAX);
}

static void find_sigma(struct memory *m, size_t n, double ret[static 24])
{
	size_t all = trip_errors(m, n, -1, m->values);
	double city = drawn_sigma(spread(m->values, all), all, SIGMA_BEFORE);

	for (int h = 0; h < 24; h++) {
		size_t some = trip_errors(m, n, h, m->values);
		ret[h] = drawn_sigma(spread(m->values, some), some, city);
	}
}

static double factor_of(double effect, double sigma)
{
	return fmin(fmax(exp(effect + sigma * sigma / 2), FACTOR_MIN), FACTOR_MAX);
}

static void learn(struct memory *m, size_t n, size_t n_zones, struct roads_learned *ret)
{
	size_t groups = n_zones * 24;
	double city = n ? level(m, n, groups, key_all, K_CITY) : 0, left, weight = 0;

	level(m, n, groups, key_hour, K_PART);
	level(m, n, groups, key_zone, K_PART);
	level(m, n, groups, key_cell, K_CELL);
	for (size_t i = 0; i < n; i++) {
		const struct point *p = &m->points[i];
		ret->trips[p->group / 24][p->group % 24] += p->weight;
		weight += p->weight;
	}
	/* With few trips their spread is chance. */
	left = n ? spread_left(m, n) * weight / (weight + K_PART) : 0;
	find_sigma(m, n, ret->sigma);
	for (size_t g = 0; g < groups; g++)
		ret->factor[g / 24][g % 24] = factor_of(m->effect[g], left);
	ret->city = factor_of(city, left);
}

bool roads_learn(const struct roads_sample *s, size_t n, size_t n_zones, struct roads_learned *ret)
{
	struct memory m = { calloc(n + 1, sizeof(*m.points)), calloc(n + 1, sizeof(*m.keyed)),
		calloc(n + 1, sizeof(*m.values)), calloc(n_zones * 24, sizeof(*m.effect)),
		calloc(n_zones * 24, sizeof(*m.by_key)) };
	bool ok = m.points && m.keyed && m.values && m.effect && m.by_key;

	if (ok) {
		memset(ret->trips, 0, n_zones * sizeof(*ret->trips));
		learn(&m, take_points(s, n, n_zones, m.points), n_zones, ret);
	}
	free(m.points);
	free(m.keyed);
	free(m.values);
	free(m.effect);
	free(m.by_key);
	return ok;
}
