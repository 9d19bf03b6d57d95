/* positions.h - the newest known position of each responder, in memory, and who is nearest to a
 * place. Pure: no I/O, no clock.
 *
 * Newest is by the fix's own time, so that late and repeated fixes change nothing; of two of the
 * same instant the one further west, then south, stays: the outcome doesn't depend on the order of
 * arrival.
 *
 * Places are kept as unit vectors, so that comparing distances takes no trigonometry, and found by
 * a hashed grid whose cells grow and shrink with how densely responders stand. Answers are exact on
 * the sphere of geo_distance_m, nearest first, ties by id.
 *
 * Not synchronised: one thread, or the caller's lock.
 */
#ifndef DISPATCH_POSITIONS_H
#define DISPATCH_POSITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "dispatch/engine.h"

struct positions;

/* A responder's id is 36 characters at most. NULL: no memory. */
struct positions *positions_new(void);
void positions_free(struct positions *p); /* NULL is fine */
size_t positions_count(const struct positions *p);

enum put { PUT_NEWER, PUT_NOT_NEWER, PUT_REFUSED /* no place on earth, or no memory */ };
enum put positions_put(struct positions *p, const char *id, const struct fix *fix);
/* Bits of the caller's own by which positions_nearest chooses; 0 at first. False: unknown. */
bool positions_tag(struct positions *p, const char *id, uint32_t tags);
bool positions_get(const struct positions *p, const char *id, struct fix *ret, uint32_t *ret_tags);
void positions_remove(struct positions *p, const char *id);

struct near {
	const char *id; /* until the next change */
	const struct fix *fix;
	double distance_m;
};
/* The k nearest of those that have all bits of `want`; how many there are. `ret` has room for k. */
size_t positions_nearest(
	const struct positions *p, struct lonlat at, uint32_t want, size_t k, struct near *ret);

#endif
