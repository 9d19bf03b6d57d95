/* live.h - a stretch of a scenario's day against the running services: the same tape, the same
 * cars, but offers come over HTTP, so that the time the system takes to decide counts.
 */
#ifndef CITYSIM_LIVE_H
#define CITYSIM_LIVE_H

#include "board/board.h"

struct live_options {
	const char *accounts, *url;
	double from_h, minutes; /* of the simulated day */
	double speed;           /* city seconds per wall second; the services' clocks run at 1 */
};

/* Needs an opened board (city, tape, posts). Returns the exit status. */
int live_run(struct board *b, const struct live_options *o, bool json);

#endif
