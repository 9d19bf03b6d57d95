/* coverage.h - how well the free units cover the incidents to come, and what one of them adds.
 *
 * The next incident of zone z gets the soonest unit there that is not busy by then; each is busy
 * with probability q = busy(z). With the units in the order of their time to the zone, and c_k what
 * the k-th costs (its risk of being late and expected lateness, as in cost.h):
 *
 *   cost(z) = (1-q) c_1 + q (1-q) c_2 + q^2 (1-q) c_3 + ... + q^n c_nobody
 *
 * What a unit is worth is the change of the sum over the zones by their share of the demand, times
 * the incidents expected within the policy's horizon. A second unit for a zone counts only as far
 * as the first may be busy: two that are each likely late don't make one in time. Pure; thread:
 * any.
 */
#ifndef DISPATCH_COVERAGE_H
#define DISPATCH_COVERAGE_H

#include "dispatch/engine.h"
#include "dispatch/work.h"

enum { COVERAGE_DEEP = 12, COVERAGE_PRICES = 362 };

/* Free units as they cover the zones of `d`. */
struct coverage {
	const struct demand *d;
	const struct policy *p;
	double mps, slow, turnout_s, cos_lat;
	size_t n, deep; /* of the n units the soonest so many are looked at, a zone */
	size_t *post;   /* of each unit; n_posts when it stands at none */
	double *eta;    /* [zone * deep + k] in order */
	size_t *unit;   /* [zone * deep + k]: which of the places */
	double *from;   /* [zone * (deep + 1) + k]: cost of the k-th and all after it */
	double prices[COVERAGE_PRICES]; /* by 5 s */
};

/* The n places in an order that doesn't depend on the caller's arrays. False when memory is out. */
bool coverage_make(struct coverage *c, const struct demand *d, const struct policy *p,
	int64_t now_us, const struct lonlat *at, size_t n, struct engine_work *w);
/* ret[i]: what is lost when the i-th place loses its unit. */
void coverage_losses(const struct coverage *c, double *ret);
/* What one more unit at this place saves. */
double coverage_gain(const struct coverage *c, struct lonlat place);

#endif
