/* policy.c - the versioned sets of weights and guards; how they came about is in docs/decisions.md.
 */
#include <string.h>
#include "dispatch/policy.h"

#define S INT64_C(1000000)

/* What is the same for all: offers, and how doubtful positions rank. */
#define COMMON \
	.offer_us = 20 * S, .stale_us = 60 * S, .forget_us = 600 * S, .reask_us = 30 * S, \
	.stale_s = 60, .doubtful_s = 60, .post_s = 30, .risk = 0.5

#define COST .per_late_min = 0.1, .per_s = 3e-4, .age_from_s = 1200, .age_per_min = 0.05
#define DIVERT \
	.swap = 0.05, .freeze_s = 75, .incident_swaps = 2, .trip_swaps = 2, .blind_share = 0.5
#define COVER .cover = 0.25, .cover_horizon_s = 1800, .cover_left_s = 550
#define GUARDS \
	.gain_s = 90, .gain_p = 0.1, .set_back_s = 240, .old_lane = 0.03, .old_most = 0.15, \
	.old_cap_s = 1800, .case_s = 1500, .old_turn = 0.1, .short_per_s = 7e-4, .drop = 0.3, \
	.remote = 0.8
#define REPOST \
	.repost = true, .repost_fleet = 12, .repost_idle = 2, .repost_max_s = 900, \
	.repost_gain = 0.01

const struct policy engine_default_policy = { "nearest", 1, MODE_CLOSEST, COMMON };

static const struct policy policies[] = {
	{ "nearest", 1, MODE_CLOSEST, COMMON },
	{ "P0", 1, MODE_CLOSEST, COMMON, .straight = true },
	{ "P1", 1, MODE_CLOSEST, COMMON, .at_post = true },
	{ "P2", 1, MODE_CLOSEST, COMMON },
	{ "P3", 1, MODE_SHORTEST, COMMON },
	{ "P4", 1, MODE_GREEDY, COMMON, COST, COVER },
	{ "P5", 1, MODE_BATCH, COMMON, COST, COVER },
	{ "P6", 1, MODE_DIVERT, COMMON, COST, DIVERT, .set_back_s = 1e6 },
	{ "P7", 1, MODE_DIVERT, COMMON, COST, DIVERT, COVER, GUARDS },
	{ "P8", 1, MODE_DIVERT, COMMON, COST, DIVERT, COVER, GUARDS, REPOST },
	{ "live", 1, MODE_DIVERT, COMMON, COST, DIVERT, COVER, GUARDS, REPOST },
};

size_t policy_count(void)
{
	return sizeof(policies) / sizeof(policies[0]);
}

const struct policy *policy_at(size_t i)
{
	return &policies[i];
}

const struct policy *policy_by_name(const char *name)
{
	for (size_t i = 0; i < policy_count(); i++)
		if (!strcmp(policies[i].name, name))
			return &policies[i];
	return NULL;
}
