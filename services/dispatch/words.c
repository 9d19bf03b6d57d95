/* words.c - the engine's states and reasons as words. */
#include "dispatch/engine.h"

static const char *const unit_names[] = {
	[UNIT_OFF_DUTY] = "OFF_DUTY",
	[UNIT_AVAILABLE] = "AVAILABLE",
	[UNIT_OFFERED] = "OFFERED",
	[UNIT_EN_ROUTE] = "EN_ROUTE",
	[UNIT_ON_SCENE] = "ON_SCENE",
	[UNIT_ON_BREAK] = "ON_BREAK",
};

static const char *const incident_names[] = {
	[INCIDENT_WAITING] = "WAITING",
	[INCIDENT_OFFERED] = "OFFERED",
	[INCIDENT_ASSIGNED] = "ASSIGNED",
	[INCIDENT_SERVED] = "SERVED",
	[INCIDENT_ENDED] = "ENDED",
};

const char *unit_state_name(enum unit_state s)
{
	return unit_names[s];
}

const char *incident_state_name(enum incident_state s)
{
	return incident_names[s];
}

size_t candidate_reasons(unsigned reasons, const char *ret[static ENGINE_REASONS_MAX])
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {
		{ CANDIDATE_NEAREST, "nearest" },
		{ CANDIDATE_STALE, "stale_fix" },
		{ CANDIDATE_DOUBTFUL, "doubtful_fix" },
		{ CANDIDATE_POST, "post_position" },
		{ CANDIDATE_ASKED, "asked_before" },
		{ CANDIDATE_CHEAPEST, "least_risk" },
		{ CANDIDATE_CHOSEN, "best_overall" },
		{ CANDIDATE_DIVERTED, "diverted" },
		{ CANDIDATE_CURRENT, "on_the_way" },
		{ CANDIDATE_COVER, "leaves_gap" },
		{ CANDIDATE_NEEDED, "needed_elsewhere" },
		{ CANDIDATE_POSITIONS, "positions_stale" },
		{ CANDIDATE_OLD_LANE, "waited_long" },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (reasons & words[i].bit)
			ret[n++] = words[i].word;
	return n;
}
