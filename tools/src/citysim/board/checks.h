/* checks.h - assertions that need a day run again: the same twice, under other names, and with
 * another future.
 */
#ifndef BOARD_CHECKS_H
#define BOARD_CHECKS_H

#include "sim.h"

/* `first` is the day's run. The first assertion that fails is written into violation. False only
 * when memory is out. */
bool checks_run(
	const struct sim_setup *set, const struct sim_result *first, char *violation, size_t size);

#endif
