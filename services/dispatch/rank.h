/* rank.h - what ranking and planning share: where a unit is thought to be, who was asked, times.
 * Pure; thread: any.
 */
#ifndef DISPATCH_RANK_H
#define DISPATCH_RANK_H

#include "dispatch/engine.h"

/* Where the unit is thought to be, with the fix's age and the reasons for doubt in `c`; false when
 * nothing is known. */
bool rank_place(const struct policy *p, const struct unit *u, int64_t now_us,
	struct travel_from *ret, struct candidate *c);
/* Seconds by which doubt ranks a unit down. */
double rank_handicap_s(const struct policy *p, unsigned reasons);
/* NULL when the unit was never offered the incident. */
const struct asked *rank_asked(const struct incident *in, const char *unit);
/* Times of n places to the target, by the policy's model. */
void rank_travel(const struct engine *e, struct lonlat target, int64_t now_us,
	const struct travel_from *from, size_t n, struct travel *ret);
/* True when too many units of the engine have no fresh position to judge risks by. */
bool rank_blind(const struct engine *e, int64_t now_us);

#endif
