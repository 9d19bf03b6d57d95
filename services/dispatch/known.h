/* known.h - where everyone is, as this process knows it: the index of positions.h behind a lock,
 * fed by the lots written here at once and by what other processes wrote within a second.
 *
 * Thread: any. */
#ifndef DISPATCH_KNOWN_H
#define DISPATCH_KNOWN_H

#include "dispatch/engine.h"
#include "kit/call.h"

enum { KNOWN_ON_DUTY = 1, KNOWN_AVAILABLE = 2, KNOWN_NEAREST_MAX = 400 };

/* From the lot that wrote it. */
void known_put(const char *id, const struct fix *fix);
/* At start, all; as a tick, what changed. Memory follows the rows, never the other way round. */
Pb__Code known_refresh(struct call *c, bool *ret_more);
/* The k nearest with all bits of `want`, in the arena; NULL when out of memory. */
const char **known_nearest(
	struct arena *a, struct lonlat at, uint32_t want, size_t k, size_t *ret_n);
void known_stop(void);

extern const struct db_stmt sql_whereabouts;

#endif
