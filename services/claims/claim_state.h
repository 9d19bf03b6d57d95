/* claim_state.h - the states of an insurer's claim and the verbs that move it. Pure. */
#ifndef CLAIMS_CLAIM_STATE_H
#define CLAIMS_CLAIM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include "jingbao/v1/claims.pb-c.h"

enum { CLAIM_STATES = PB__CLAIM_STATE__VALUE__REJECTED + 1 };

bool claim_may_move(Pb__ClaimState__Value from, Pb__ClaimState__Value to);
bool claim_is_final(Pb__ClaimState__Value state);

/* The verb that leads to a state ("acknowledge"); NULL when no insurer's verb does. */
const char *claim_verb(Pb__ClaimState__Value to);

/* Verbs allowed from a state, into ret (CLAIM_STATES entries are enough). Returns how many. */
size_t claim_allowed(Pb__ClaimState__Value from, const char *ret[static CLAIM_STATES]);

#endif
