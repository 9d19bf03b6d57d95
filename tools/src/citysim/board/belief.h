/* belief.h - what the product would believe about driving times: the graph, the hour's usual
 * congestion, a storm with half an hour's delay; never a trip's own luck. Under `belief` > 0 it is
 * wrong by district and hour.
 */
#ifndef BOARD_BELIEF_H
#define BOARD_BELIEF_H

#include "city.h"
#include "clock.h"
#include "dispatch/travel.h"

enum { BELIEF_CACHE = 4096, BELIEF_DISTRICTS = 3 };

/* What was last found out about a position. */
struct remembered {
	double lon, lat, course;
	struct guess guess[CITY_GUESSES];
	size_t n;
};

struct belief {
	struct city *city;
	const struct scenario *scenario;
	const struct clock *clock;
	double wrong[BELIEF_DISTRICTS * BELIEF_DISTRICTS][24];
	struct lonlat low, high;
	struct remembered *cache;
};

bool belief_init(struct belief *b, struct city *c, const struct scenario *s, uint64_t seed);
void belief_free(struct belief *b);
/* The model for an engine; `clock` is the day's. */
struct travel_model belief_model(struct belief *b, const struct clock *clock);

#endif
