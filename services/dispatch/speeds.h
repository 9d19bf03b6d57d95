/* speeds.h - learning from trips, as ticks of the service; the statistics are in roads_learn.h. */
#ifndef DISPATCH_SPEEDS_H
#define DISPATCH_SPEEDS_H

#include "dispatch/roads_learn.h"
#include "kit/call.h"

/* ---- speeds.c ---- */

/* Reads the track of one finished trip and keeps what it teaches. Nothing without a road graph. */
Pb__Code learn_trip(struct call *c, bool *ret_more);
/* Fits the factors again when there are new trips. */
Pb__Code fit_speeds(struct call *c, bool *ret_more);
/* Takes factors into use that this or another process fitted. */
Pb__Code use_speeds(struct call *c, bool *ret_more);
void speeds_stop(void);

/* ---- store_speed.c ---- */

struct trip_row {
	const char *assignment, *responder;
	int64_t from_us, arrived_us;
};
Pb__Code store_next_trip(struct call *c, struct trip_row *ret, bool *ret_found);
Pb__Code store_trip_track(
	struct call *c, const struct trip_row *t, struct track_fix **ret, size_t *ret_n);
Pb__Code store_trip_speeds(struct call *c, const struct trip_row *t, const char *graph,
	const struct roads *r, const struct roads_stretch *v, size_t n, size_t stretches);

/* Since when and for which graph the factors hold; 0 and "" before the first fit. */
struct fit_row {
	int64_t fitted_us, newest_us;
	const char *graph;
	double sigma[24];
};
Pb__Code store_last_fit(struct call *c, struct fit_row *ret);
Pb__Code store_newest_trip(struct call *c, int64_t *ret_us);
/* Trips of the last 60 days, those of unknown districts as zone 0 of the graph. */
Pb__Code store_samples(
	struct call *c, const struct roads *r, struct roads_sample **ret, size_t *ret_n);
Pb__Code store_keep_fit(struct call *c, const struct roads *r, const char *graph, int64_t newest_us,
	size_t samples, const struct roads_learned *l);
struct roads_factor;
Pb__Code store_factors(struct call *c, struct roads_factor **ret, size_t *ret_n);

extern const struct db_stmt sql_next_trip, sql_trip_track, sql_note_trip, sql_note_speed;
extern const struct db_stmt sql_last_fit, sql_newest_trip, sql_samples, sql_drop_old_trips,
	sql_keep_factors, sql_keep_fit, sql_factors;

#endif
