/* travel.h - how long a responder needs to a place when no road graph is loaded: straight line,
 * detour, speed of the hour, and how far the truth may lie from it. Pure; thread: any.
 *
 * Constants and where they come from:
 * - road metres = 1.26 x straight line + min(480 m, 1.6 x straight line): fitted to 29,872 shortest
 *   paths between random junctions of the Xi'an core road graph (mean ratio 1.62 at 1.5 km, 1.44 at
 *   3 km, 1.33 at 6 km, 1.28 beyond 8 km).
 * - free flow 48 km/h over congestion by hour 1.0 (night) .. 1.93 (18 h): the city's published peak
 *   delay index and peak mean of 25.0 km/h.
 * - turnout 20 s by day, 60 s from 23 to 6 h.
 * - travel time is lognormal about its mean: sigma 0.30 (0.25 traffic, 0.16 detour); 0.45 when the
 *   position is old or doubtful.
 */
#ifndef DISPATCH_TRAVEL_H
#define DISPATCH_TRAVEL_H

#include <stdbool.h>
#include <stdint.h>
#include "kit/geo.h"

struct travel {
	double distance_m; /* straight line */
	double eta_s;      /* expected */
	double eta_p90_s;
	double sigma;
};

/* Hour of day in Asia/Shanghai. */
int travel_hour(int64_t at_us);
double travel_speed_mps(int hour);
struct travel travel_time(struct lonlat from, struct lonlat to, int64_t at_us, bool unsure);
/* Probability to be there within the remaining seconds; 0 when none remain. */
double travel_on_time(const struct travel *t, double remaining_s);

#endif
