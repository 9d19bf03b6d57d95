/* arrival.c - proofs of arrival, as arrival.h explains. */
#include "dispatch/arrival.h"
#include "kit/timeutil.h"

static bool inside(struct lonlat scene, struct lonlat at, double accuracy_m)
{
	double slack = accuracy_m < GEOFENCE_ACCURACY_M ? accuracy_m : GEOFENCE_ACCURACY_M;

	return geo_distance_m(scene, at) <= GEOFENCE_M + slack;
}

struct arrival arrival_judge(const struct arrival_facts *f)
{
	int64_t age_us = f->now_us - f->newest.at_us;
	bool fresh =
		f->newest.at_us && age_us <= GEOFENCE_FIX_AGE_S * US_PER_S && !f->newest.doubtful;
	struct arrival a = {
		.proofs = { f->self_initiated ? "self_initiated" : "tap" },
		.n_proofs = 1,
		.known = f->given || f->newest.at_us,
		.at = f->given ? f->at : f->newest.at,
		.accuracy_m = f->given ? f->accuracy_m : f->newest.accuracy_m,
		.distance_m = -1,
	};

	if (a.known)
		a.distance_m = geo_distance_m(f->scene, a.at);
	if ((f->given && inside(f->scene, f->at, f->accuracy_m)) ||
		(fresh && inside(f->scene, f->newest.at, f->newest.accuracy_m)))
		a.proofs[a.n_proofs++] = "geofence";
	a.confirmed = a.n_proofs > 1;
	return a;
}
