/* travel.h - how long responders need to a place: the interface of travel-time models, and the
 * straight-line model for where no road graph is loaded. Pure; thread: any.
 *
 * Constants of the straight line and where they come from:
 * - road metres = 1.26 x straight line + min(480 m, 1.6 x straight line): fitted to 29,872 shortest
 *   paths between random junctions of the Xi'an core road graph (mean ratio 1.62 at 1.5 km, 1.44 at
 *   3 km, 1.33 at 6 km, 1.28 beyond 8 km).
 * - free flow 48 km/h over congestion by hour 1.0 (night) .. 1.93 (18 h): the city's published peak
 *   delay index and peak mean of 25.0 km/h.
 * - turnout 20 s by day, 60 s from 23 to 6 h; none for who is under way.
 * - travel time is lognormal about its mean: sigma 0.30 (0.25 traffic, 0.16 detour); 0.45 when the
 *   position is old or doubtful.
 */
#ifndef DISPATCH_TRAVEL_H
#define DISPATCH_TRAVEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kit/geo.h"

struct travel {
	double distance_m; /* straight line */
	double eta_s;      /* expected; INFINITY when unreachable */
	double eta_p90_s;
	double sigma;
};

/* Where a responder starts from. */
struct travel_from {
	struct lonlat at;
	double course_deg; /* clockwise from north; < 0 unknown */
	double speed_mps;  /* a course counts only with some speed; < 0 unknown */
	bool unsure;       /* the position is old, doubtful or a post's */
	bool under_way;    /* already driving to a call: no turnout */
};

/* Expected times of n places to one target at that time of day. The same question gives the same
 * answer whatever was asked before. */
struct travel_model {
	const void *ctx;
	void (*to)(const void *ctx, struct lonlat target, int64_t at_us,
		const struct travel_from *from, size_t n, struct travel *ret);
};

/* ctx: const struct travel_straight_fit *, NULL for the constants above. */
extern const struct travel_model travel_straight;

/* How a road graph corrects the straight line: see roads_fit_straight. */
struct travel_straight_fit {
	double factor; /* of the driving time */
};

/* Hour of day in Asia/Shanghai. */
int travel_hour(int64_t at_us);
double travel_congestion(int hour); /* 1 in free flow */
double travel_speed_mps(int hour);
double travel_turnout_s(int hour, bool under_way);
/* The figures for an expected drive that takes the turnout before it. */
struct travel travel_band(double distance_m, double turnout_s, double drive_s, double sigma);
/* One pair by straight line. */
struct travel travel_time(struct lonlat from, struct lonlat to, int64_t at_us, bool unsure);
/* Probability to be there within the remaining seconds; 0 when none remain. */
double travel_on_time(const struct travel *t, double remaining_s);

#endif
