/* arrival.h - how well an arrival at the scene is proved. Pure; thread: any.
 *
 * The tap is one proof; being inside the geofence, by the position sent along or by the newest fix,
 * is another. Two make the arrival confirmed. A tap from far away is taken, unconfirmed, with the
 * distance on record: people at the scene must be able to go on.
 */
#ifndef DISPATCH_ARRIVAL_H
#define DISPATCH_ARRIVAL_H

#include "dispatch/engine.h"

enum {
	GEOFENCE_M = 150,
	GEOFENCE_ACCURACY_M = 50, /* of the fix's own accuracy at most this much is added */
	GEOFENCE_FIX_AGE_S = 60,
};

struct arrival_facts {
	struct lonlat scene;
	bool given; /* a position came with the tap */
	struct lonlat at;
	double accuracy_m;
	struct fix newest; /* at_us 0: none */
	int64_t now_us;
	bool self_initiated; /* the responder reported the crash himself: that is the first proof */
};

struct arrival {
	const char *proofs[2];
	size_t n_proofs;
	bool confirmed;
	bool known; /* where the responder was */
	struct lonlat at;
	double accuracy_m;
	double distance_m; /* from the scene; -1 when not known */
};

struct arrival arrival_judge(const struct arrival_facts *f);

#endif
