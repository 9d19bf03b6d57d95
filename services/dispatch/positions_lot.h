/* positions_lot.h - reported positions, written in lots on the gatherer's thread. */
#ifndef DISPATCH_POSITIONS_LOT_H
#define DISPATCH_POSITIONS_LOT_H

#include "dispatch/fixes.h"
#include "dispatch/trackers.h"
#include "kit/gather.h"

/* A report under way: from the gatherer to answer, in call->prepared. */
struct report {
	Pb__Fix *const *fixes;
	size_t n;
	struct graded_fix *grades; /* flags grow with what the track knows */
	char *verdicts;            /* s stored, o older, d duplicate, r off duty; 0 by its grade */
	struct tracker_fix tracker;
	Pb__Fix *one; /* the tracker's */
};

extern const struct gather positions_gather;

#endif
