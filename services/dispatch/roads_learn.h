/* roads_learn.h - what responders' own tracks teach about speeds. Pure but for the router's
 * scratch.
 *
 * 1. A trip's fixes are cut into stretches of about a minute between two fixes. A stretch counts
 * only when the quickest way between its ends is the way that was driven: every fix between lies
 * near it, and its length agrees with the track's. Observed is the time between the fixes, expected
 *    the way's time without anything learned. Errors of matching thus cost stretches, not truth.
 * 2. Stretches of one trip in the same district and hour are added up to one sample, since they
 *    share their driver and their traffic: log(observed / expected), weight by expected time (300 s
 *    at most) and age (half after 14 days); a ratio beyond 3 counts as 3.
 * 3. Weighted medians of the logs, coarse before fine: whole city, then what remains by hour, by
 *    district, and by both. Each is drawn towards 0 by n / (n + k), n in trips of 120 s, k = 20
 *    for the city, for hours and for districts, 30 for a district's hour. So a lone strange trip
 * moves nothing much, outliers (a stop for fuel) don't count by their size, and what was never
 *    driven gets what its district and its hour taught.
 * 4. A median of logs is below the mean time by sigma^2 / 2, which is added with the spread of what
 *    remains (by the median absolute deviation).
 * The factor is exp of all that, kept within 0.4 .. 3. The spread of whole trips, by hour, drawn
 * towards 0.25 (k = 30 trips), is the sigma of the band.
 */
#ifndef DISPATCH_ROADS_LEARN_H
#define DISPATCH_ROADS_LEARN_H

#include "dispatch/roads.h"

/* ---- matching ---- */

struct track_fix {
	struct lonlat at;
	int64_t at_us;
	double accuracy_m, course_deg, speed_mps; /* course, speed: < 0 unknown */
};
struct roads_stretch {
	size_t first, last; /* fixes */
	uint16_t zone;      /* where most of its time goes by */
	uint8_t hour;
	double expected_s, observed_s, metres;
};
/* Fixes in order of time. Returns how many stretches were found, `max` at most. The router's speeds
 * are those the expected time is by. */
size_t roads_stretches(struct roads_router *q, const struct track_fix *fix, size_t n,
	struct roads_stretch *ret, size_t max);
/* Adds the stretches of one trip up by zone and hour, in place; returns how many are left. */
size_t roads_add_up(struct roads_stretch *v, size_t n);

/* ---- estimating ---- */

struct roads_sample {
	uint64_t trip; /* the same for samples of one trip, which stand together */
	uint16_t zone;
	uint8_t hour;
	double expected_s, observed_s, age_days;
};
struct roads_learned {
	double (*factor)[24]; /* [zone][hour], room for n_zones from the caller */
	double (*trips)[24];  /* the same: how much was driven there, in trips of 120 s */
	double sigma[24];
	double city; /* factor for where nothing else is known */
};
/* False when memory is out; samples that make no sense are left out. */
bool roads_learn(const struct roads_sample *s, size_t n, size_t n_zones, struct roads_learned *ret);

#endif
