/* scenario.h - what a simulated day is like: a table of data. A foreign city, more units or another
 * noise is another value, never another path through the code.
 */
#ifndef BOARD_SCENARIO_H
#define BOARD_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

struct scenario {
	const char *name, *title;
	/* demand */
	double calls;  /* a day */
	double day_cv; /* of the day's factor (gamma): real days are more uneven than Poisson */
	double hot;    /* hot spots, drawn anew for every seed */
	double hot_share;
	double storm, storm_from, storm_to; /* demand times `storm` between two hours */
	double storm_slow;                  /* roads slower by, in the storm */
	/* fleet */
	double units;
	double aid, aid_at; /* further units that come in at the edge of the city at an hour */
	double patrol;      /* share of units that drive loops instead of waiting at a post */
	/* time */
	double promise_s, handling_s;
	double turnout_s, turnout_night_s; /* offer to wheels rolling, from a standing car */
	double accept_s;                   /* of it, until the responder answers */
	double scene_s, scene_cv;
	double heavy, heavy_s; /* share of cases with another mean */
	/* roads */
	double trip_kmh;
	double congestion; /* exponent of the hour's congestion; 0: free flow all day */
	double noise, noise_common, noise_pair;
	const char *closed; /* roads whose name begins so are closed */
	/* people and phones */
	double decline, no_answer;
	double gps_gap, gps_error_m, gps_jump, gps_shift; /* shares; shift: units sending GCJ-02 */
	double belief; /* the engine's speeds are wrong by 1/(1+x) .. 1+x, by district and hour */
};

extern const struct scenario scenarios[];
extern const size_t n_scenarios;

/* NULL when there is none of that name. */
const struct scenario *scenario_find(const char *name);
/* Sets "name=value"; false when there is no such number. */
bool scenario_set(struct scenario *s, const char *assignment);
/* Writes the settable names with their values. */
void scenario_print(const struct scenario *s);

#endif
