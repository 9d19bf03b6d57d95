/* bound.h - how many calls of a day anybody could reach in time who knew all of it beforehand, with
 * units that return to their posts: an upper bound by Lagrangian relaxation.
 */
#ifndef BOARD_BOUND_H
#define BOARD_BOUND_H

#include "sim.h"

/* Calls on time at most; negative when memory is out. */
double bound_on_time(const struct sim_setup *set);

#endif
