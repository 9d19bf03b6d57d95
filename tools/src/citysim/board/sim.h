/* sim.h - one day, one policy: plays a tape against the dispatch engine
 * (services/dispatch/engine.c) through its events and commands, and keeps the stopwatch.
 *
 * The engine sees what the service would see: calls once they are handled, positions as phones send
 * them, taps. What really happens (driving luck, on-scene times, answers) is the tape's.
 */
#ifndef BOARD_SIM_H
#define BOARD_SIM_H

#include "belief.h"
#include "calls.h"
#include "dispatch/engine.h"
#include "vehicle.h"

/* Where the fleet stands: posts by unit, and where units start (aid comes from elsewhere). */
struct fleet {
	size_t n;
	uint32_t *home;
	uint32_t *start;
	double *on_duty_s;   /* from when */
	uint32_t (*loop)[8]; /* patrol: nodes driven round; loop[i][0] == UINT32_MAX: none */
};

/* What the engine may know of demand: learnt from the days before the first. */
struct foresight {
	struct zone *zones;
	size_t n_zones;
	double hour_rate[24]; /* per second */
	double scene_s;
	struct post_site *posts;
	char (*post_ids)[16];
	size_t n_posts;
	float *drive_s; /* [post * n_zones + zone] */
};

struct sim_setup {
	const struct scenario *scenario;
	struct city *city;
	const struct calls_day *day;
	const struct fleet *fleet;
	const struct foresight *foresight;
	const struct policy *policy;
	struct belief *belief;
	uint64_t permute; /* other ids and another order of the arrays; 0: as they are */
	bool log;         /* keep every decision, for comparing */
};

struct outcome {
	double response_s; /* from the call; INFINITY: never */
	unsigned swaps, asked;
	bool remote; /* remote handling was suggested */
};

struct logged {
	int64_t at_us;
	uint64_t hash; /* of all so far */
};

struct unit_result {
	unsigned jobs;
	double busy_s, metres, longest_s; /* longest stretch without being free */
};

enum { SIM_DECIDED = 1 << 16 };

struct sim_result {
	struct outcome *calls; /* as in the day */
	size_t n_calls;
	struct unit_result *units;
	size_t n_units;
	unsigned swaps, twice, aborted, offers, declined, reposts, warnings;
	double scene_s;     /* spent on scenes */
	double idle_wait_s; /* longest time a call waited while a unit was free and willing */
	uint64_t digest;
	struct logged *log;
	size_t n_log;
	float *step_us; /* of each decision */
	size_t n_steps;
	char violation[200]; /* "" when every assertion held */
};

/* False only when memory is out. */
bool sim_run(const struct sim_setup *set, struct sim_result *ret);
void sim_result_free(struct sim_result *r);

#endif
