/* claim_state.c - the table of moves; db/0060 holds the same rows in claims.claim_move. */
#include "claims/claim_state.h"

#define S(x) PB__CLAIM_STATE__VALUE__##x

static const bool moves[CLAIM_STATES][CLAIM_STATES] = {
	[S(UNSPECIFIED)] = { [S(NOTIFIED)] = true },
	[S(NOTIFIED)] = { [S(ACKNOWLEDGED)] = true },
	[S(ACKNOWLEDGED)] = { [S(SURVEY_REQUESTED)] = true,
		[S(DISPUTED)] = true,
		[S(APPROVED)] = true,
		[S(REJECTED)] = true },
	[S(SURVEY_REQUESTED)] = { [S(DISPUTED)] = true,
		[S(APPROVED)] = true,
		[S(REJECTED)] = true },
	[S(DISPUTED)] = { [S(APPROVED)] = true, [S(REJECTED)] = true },
	[S(APPROVED)] = { [S(PAID)] = true },
};

static const char *const verbs[CLAIM_STATES] = {
	[S(ACKNOWLEDGED)] = "acknowledge",
	[S(SURVEY_REQUESTED)] = "requestSurvey",
	[S(DISPUTED)] = "dispute",
	[S(APPROVED)] = "approve",
	[S(PAID)] = "pay",
	[S(REJECTED)] = "reject",
};

static bool known(Pb__ClaimState__Value s)
{
	return (unsigned)s < CLAIM_STATES;
}

bool claim_may_move(Pb__ClaimState__Value from, Pb__ClaimState__Value to)
{
	return known(from) && known(to) && moves[from][to];
}

bool claim_is_final(Pb__ClaimState__Value state)
{
	return state == S(PAID) || state == S(REJECTED);
}

const char *claim_verb(Pb__ClaimState__Value to)
{
	return known(to) ? verbs[to] : NULL;
}

size_t claim_allowed(Pb__ClaimState__Value from, const char *ret[static CLAIM_STATES])
{
	size_t n = 0;
	for (unsigned to = 0; to < CLAIM_STATES; to++) {
		if (verbs[to] && claim_may_move(from, (Pb__ClaimState__Value)to))
			ret[n++] = verbs[to];
	}
	return n;
}
