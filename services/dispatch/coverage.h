/* coverage.h - what is lost elsewhere when a unit leaves: expected late arrivals within a time.
 *
 * Zone z with share d of the demand is reached in time by unit u with probability p(u,z); a unit
 * that could come is free with probability a = 1 - busy(z). Of the zone's incidents the part
 *   miss(z) = product over units of (1 - a p(u,z))
 * finds nobody in time; without u it is miss / (1 - a p(u,z)). The loss of u is the sum over the
 * zones of d x the difference, times the incidents expected. Times are by straight line: the
 * zones are blurred anyway. Pure; thread: any.
 */
#ifndef DISPATCH_COVERAGE_H
#define DISPATCH_COVERAGE_H

#include "dispatch/engine.h"
#include "dispatch/work.h"

/* ret[i]: loss when the i-th of n places loses its unit. False when memory is out. */
bool coverage_losses(const struct demand *d, const struct policy *p, int64_t now_us,
	const struct lonlat *at, size_t n, struct engine_work *w, double *ret);
/* ret[k]: late arrivals saved by one more unit at post k beside the n units. */
bool coverage_gains(const struct demand *d, const struct policy *p, int64_t now_us,
	const struct lonlat *at, size_t n, struct engine_work *w, double *ret);
/* ... by one more unit at `place`. */
bool coverage_gain_at(const struct demand *d, const struct policy *p, int64_t now_us,
	const struct lonlat *at, size_t n, struct lonlat place, struct engine_work *w, double *ret);

#endif
