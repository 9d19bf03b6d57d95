/* policy.h - whom to send, as data: named, versioned sets of weights and guards for the engine.
 *
 * A set that has decided anything is never changed: a new one gets the next version. The names P0
 * to P8 are the rungs of the scoreboard, each adding one thing to the one before; "nearest" is what
 * is left when positions can't be trusted, "live" what the service runs.
 *
 *   nearest  closest available by expected time; doubtful positions ranked down
 *   P0  closest by straight line, first come first served
 *   P1  closest by expected time from the posts      P2  the same from live positions
 *   P3  the shortest trip first                      P4  least risk of lateness and cover, one by
 * one P5  all waiting incidents and free units at once P6  units under way too, handed over in two
 * phases P7  P6 with cover, guards, lanes in overload     P8  P7 and units suggested to better
 * posts
 *
 * Pure data; thread: any.
 */
#ifndef DISPATCH_POLICY_H
#define DISPATCH_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum policy_mode {
	MODE_CLOSEST,  /* oldest incident first, each the unit soonest there */
	MODE_SHORTEST, /* the shortest trip first */
	MODE_GREEDY,   /* the cheapest pair first */
	MODE_BATCH,    /* the cheapest assignment of all waiting incidents to free units */
	MODE_DIVERT,   /* ... and of those under way */
};

struct policy {
	const char *name;
	int version;
	enum policy_mode mode;
	bool straight; /* times by straight line even when roads are loaded */
	bool at_post;  /* units are thought to be at their posts */

	int64_t offer_us;  /* life of an offer */
	int64_t stale_us;  /* a fix older than this is stale */
	int64_t forget_us; /* a fix older than this counts as none */
	int64_t reask_us;  /* rest before a unit is asked again for the same incident */
	double stale_s;    /* ranked down by */
	double doubtful_s;
	double post_s;
	double risk; /* warn when the best is on time with less than this probability */

	/* The cost of sending a unit, in late arrivals (cost.h). */
	double per_late_min;    /* of an expected minute after the promise */
	double per_s;           /* of an expected second of response */
	double cover;           /* of a late arrival expected elsewhere because the unit is gone */
	double cover_horizon_s; /* ... within this time */
	double cover_left_s;    /* of the promise when a unit is sent, the call having been taken */
	double swap;        /* of taking a unit off its trip, and of changing an incident's unit */
	double age_from_s;  /* from this age on an incident weighs more, ... */
	double age_per_min; /* ... by this much of itself a minute */

	/* Guards of MODE_DIVERT. */
	double freeze_s;         /* nobody is diverted who is nearer than this to the scene */
	unsigned incident_swaps; /* at most, an incident */
	unsigned trip_swaps;     /* at most, a unit until it arrives */
	double gain_s,
		gain_p;     /* a swap saves this much time or this much risk, else it isn't made */
	double set_back_s;  /* nobody's expected arrival is put off further than this */
	double blind_share; /* with fewer units of fresh position the closest are sent, no swaps */

	/* Overload: more incidents than units. */
	double old_lane;  /* share of the working units for who can't be served in time any more */
	double old_most;  /* ... and for those of them that waited too long: ... */
	double old_cap_s; /* ... this long, or as long as all would in turn; 0: never */
	double case_s;    /* ... a case taking a unit about so long */
	double old_turn;  /* else a second of waiting counts as so many of driving */
	double short_per_s; /* further price of a unit's second */
	double drop; /* a unit leaves who is late anyway for who gains as much as this; 0: never */

	double remote; /* offer remote handling when the best is late with this probability; 0:
			  never */

	/* Re-posting. */
	bool repost;
	size_t repost_fleet; /* units on duty at least */
	double repost_idle;  /* ... and fewer of them idle than this share of the posts */
	double repost_max_s; /* no longer ways */
	double repost_gain;  /* late arrivals saved within the horizon at least */
};

extern const struct policy engine_default_policy; /* "nearest" */
/* NULL when there is none of that name. */
const struct policy *policy_by_name(const char *name);
/* All of them, in the order above. */
size_t policy_count(void);
const struct policy *policy_at(size_t i);

#endif
