/* roads_live.h - the road graph of a running service: loaded from a file, replaced when the file
 * is, with the factors learned so far.
 *
 * A thread of its own looks at the file once a second, and at once on SIGHUP. A new graph is read,
 * checked and prepared there; the service thread takes it over between two calls. A file that is
 * damaged or of another format is refused with a message, and the graph in use stays. With no graph
 * the straight line answers.
 *
 * All but roads_live_start and roads_live_stop: the service thread only.
 */
#ifndef DISPATCH_ROADS_LIVE_H
#define DISPATCH_ROADS_LIVE_H

#include "dispatch/roads.h"

/* Begins watching `path` ("" for none; then nothing happens). A first graph that is there and whole
 * is in use when this returns. False when the thread can't be started. */
bool roads_live_start(const char *path);
void roads_live_stop(void);

/* The model to decide with. What it says holds good until the call after next that asks. */
struct travel_model dispatch_travel(void);
/* What it stands on, for the record of a decision: "straight", or "roads:" and the beginning of the
 * graph's digest. */
const char *dispatch_travel_name(void);
/* The router behind it; NULL when there is no graph. */
struct roads_router *dispatch_router(void);

/* What was learned for one district: how much slower than the model, by hour. */
struct roads_factor {
	char zone[8]; /* "" for places of no known district */
	double factor[24];
};
/* Used from now on, and with every later graph. `sigma` by hour; NULL: the default. Copied. */
bool roads_live_learned(const struct roads_factor *v, size_t n, const double *sigma);

#endif
