/* phases.h - which cause moves an incident's phase where; one table, the same as the database's.
 *
 * News of other services may come out of their causal order, so along the main line a later fact
 * jumps forward over phases not heard of yet, and an earlier one coming late moves nothing. Pure.
 */
#ifndef INTAKE_PHASES_H
#define INTAKE_PHASES_H

#include <stdbool.h>
#include "jingbao/v1/intake.pb-c.h"

#define PHASE_CAUSES(X) \
	X(OFFER, "OfferMade") \
	X(ASSIGN, "ResponderAssigned") \
	X(ARRIVE, "ResponderArrived") \
	X(RELEASE, "AssignmentReleased") \
	X(SUBMIT, "SceneSubmitted") \
	X(RETAKE, "ReviewRetake") \
	X(REVIEW_TO_OFFICER, "ReviewToOfficer") \
	X(REVIEW_TO_GENERAL, "ReviewToGeneral") \
	X(DETERMINE, "DeterminationMade") \
	X(ASSESS, "SettlementComputed") \
	X(HAND_OFF, "ClaimsHandedOff") \
	X(SETTLE, "ClaimsSettled") \
	X(LANE_OFFICER, "laneOfficer") \
	X(LANE_GENERAL, "laneGeneral") \
	X(REQUEST_OFFICER, "requestOfficer") \
	X(SELF_SETTLE, "selfSettle") \
	X(CANCEL, "cancel") \
	X(MERGE, "merge") \
	X(UNMERGE, "unmerge") \
	X(REOPEN, "reopen") \
	X(CLOSE, "close")

enum phase_cause {
#define PHASE_CAUSE(id, name) CAUSE_##id,
	PHASE_CAUSES(PHASE_CAUSE)
#undef PHASE_CAUSE
		CAUSES
};

enum { PHASES = PB__PHASE__VALUE__MERGED + 1 };

/* The phase moved to, or UNSPECIFIED when the cause moves nothing from here. */
Pb__Phase__Value phase_next(Pb__Phase__Value from, enum phase_cause cause);
/* Where an incident of this lane begins. */
Pb__Phase__Value phase_first(Pb__Lane__Value lane);
/* Somebody still has to work on it. */
bool phase_open(Pb__Phase__Value phase);

const char *cause_name(enum phase_cause cause);
const char *phase_name(Pb__Phase__Value phase);
Pb__Phase__Value phase_by_name(const char *name); /* UNSPECIFIED when unknown */

#endif
