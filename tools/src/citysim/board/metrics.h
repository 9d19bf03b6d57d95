/* metrics.h - what is counted of every policy, and how sure one can be of it.
 *
 * A call that is never served is late, and its response lasts to the end of the simulation.
 * Intervals are bootstrapped over days (2,000 draws, fixed seed); differences are paired, day by
 * day, on the same tape.
 */
#ifndef BOARD_METRICS_H
#define BOARD_METRICS_H

#include "stage.h"

struct day_score {
	double calls, late, late_min, response_s, swaps;
};

struct interval {
	double low, high;
};

/* Numbers added up over all days of all seeds. */
struct tally {
	const char *policy;
	int version;
	struct day_score *days;
	size_t n_days, days_size;
	float *responses;
	size_t n_responses, responses_size;
	float *steps;
	size_t n_steps, steps_size;
	double *zone_calls, *zone_late; /* by zone */
	size_t n_zones;
	double hour_calls[24], hour_late[24];
	double twice, aborted, offers, declined, reposts, remote, remote_late;
	double km, busy_h, jobs_cv, busy_cv, longest_busy_s, idle_wait_s;
	size_t runs, unserved;
	char violation[260];
};

struct figures {
	double calls, late_share, late_minutes, mean_s, median_s, p95_s, p99_s, longest_s;
	struct interval late_share_ci, late_diff_ci, mean_diff_ci; /* diffs: against the base */
	double late_diff, mean_diff;
	double worst_zones, worst_hour, zone_ratio;
	double swaps, twice, aborted;
	double step_p50_us, step_p99_us, step_max_us;
	double gap_closed; /* NAN without a bound */
};

bool tally_init(struct tally *t, const char *policy, int version, size_t n_zones);
void tally_free(struct tally *t);
/* zone_of: by node. */
bool tally_add(struct tally *t, const struct stage *g, const struct calls_day *d,
	const struct sim_result *r, const uint16_t *zone_of);
/* base: compared with; may be t itself. bound: late share nobody can beat; NAN none. */
struct figures tally_figures(struct tally *t, const struct tally *base, double bound);

#endif
