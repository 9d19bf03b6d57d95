/* phases.c - the phase table. */
#include "intake/phases.h"

#include <stdint.h>
#include <string.h>

#define P(name) PB__PHASE__VALUE__##name

/* The main line from each of its phases on. */
#define ON_TO_SETTLED [CAUSE_SETTLE] = P(SETTLED)
#define ON_TO_HAND_OFF [CAUSE_HAND_OFF] = P(HANDED_OFF), ON_TO_SETTLED
#define ON_TO_ASSESSED [CAUSE_ASSESS] = P(LOSS_ASSESSED), ON_TO_HAND_OFF
#define ON_TO_DETERMINED [CAUSE_DETERMINE] = P(DETERMINED), ON_TO_ASSESSED
#define ON_TO_REVIEW [CAUSE_SUBMIT] = P(UNDER_REVIEW), ON_TO_DETERMINED
#define ON_TO_SCENE [CAUSE_ARRIVE] = P(ON_SCENE), ON_TO_REVIEW
#define ON_TO_ROUTE [CAUSE_ASSIGN] = P(EN_ROUTE), ON_TO_SCENE

/* Ways out while nothing is decided yet. */
#define TO_GENERAL_TEAM \
	[CAUSE_REVIEW_TO_GENERAL] = P(TO_GENERAL), [CAUSE_LANE_GENERAL] = P(TO_GENERAL)
#define UNDECIDED \
	[CAUSE_REVIEW_TO_OFFICER] = P(TO_OFFICER), [CAUSE_LANE_OFFICER] = P(TO_OFFICER), \
	[CAUSE_REQUEST_OFFICER] = P(TO_OFFICER), \
	TO_GENERAL_TEAM, [CAUSE_SELF_SETTLE] = P(SELF_SETTLED), [CAUSE_CANCEL] = P(CANCELLED)
#define MERGEABLE [CAUSE_MERGE] = P(MERGED)

static const uint8_t next_phase[PHASES][CAUSES] = {
	[P(REPORTED)] = { [CAUSE_OFFER] = P(DISPATCHING), ON_TO_ROUTE, UNDECIDED, MERGEABLE },
	[P(DISPATCHING)] = { ON_TO_ROUTE, UNDECIDED, MERGEABLE },
	[P(EN_ROUTE)] = { [CAUSE_RELEASE] = P(DISPATCHING), ON_TO_SCENE, UNDECIDED, MERGEABLE },
	[P(ON_SCENE)] = { [CAUSE_RELEASE] = P(DISPATCHING), ON_TO_REVIEW, UNDECIDED, MERGEABLE },
	[P(UNDER_REVIEW)] = { [CAUSE_RETAKE] = P(ON_SCENE), ON_TO_DETERMINED, UNDECIDED },
	[P(DETERMINED)] = { ON_TO_ASSESSED, [CAUSE_REQUEST_OFFICER] = P(TO_OFFICER) },
	[P(LOSS_ASSESSED)] = { ON_TO_HAND_OFF, [CAUSE_REQUEST_OFFICER] = P(TO_OFFICER) },
	[P(HANDED_OFF)] = { ON_TO_SETTLED },
	[P(SETTLED)] = { [CAUSE_CLOSE] = P(CLOSED) },
	[P(CLOSED)] = { [CAUSE_REOPEN] = P(UNDER_REVIEW) },
	[P(TO_OFFICER)] = { TO_GENERAL_TEAM, MERGEABLE, [CAUSE_SELF_SETTLE] = P(SELF_SETTLED),
		[CAUSE_CANCEL] = P(CANCELLED), [CAUSE_CLOSE] = P(CLOSED) },
	[P(TO_GENERAL)] = { [CAUSE_CANCEL] = P(CANCELLED), [CAUSE_CLOSE] = P(CLOSED) },
	[P(SELF_SETTLED)] = { [CAUSE_REQUEST_OFFICER] = P(TO_OFFICER),
		[CAUSE_REOPEN] = P(REPORTED),
		[CAUSE_CLOSE] = P(CLOSED) },
	[P(CANCELLED)] = { [CAUSE_REQUEST_OFFICER] = P(TO_OFFICER), [CAUSE_REOPEN] = P(REPORTED) },
	[P(MERGED)] = { [CAUSE_UNMERGE] = P(REPORTED) },
};

Pb__Phase__Value phase_next(Pb__Phase__Value from, enum phase_cause cause)
{
	if ((int)from < 0 || (int)from >= PHASES || (int)cause < 0 || cause >= CAUSES)
		return P(UNSPECIFIED);
	return (Pb__Phase__Value)next_phase[from][cause];
}

Pb__Phase__Value phase_first(Pb__Lane__Value lane)
{
	switch (lane) {
	case PB__LANE__VALUE__OFFICER:
		return P(TO_OFFICER);
	case PB__LANE__VALUE__GENERAL:
		return P(TO_GENERAL);
	default:
		return P(REPORTED);
	}
}

bool phase_open(Pb__Phase__Value phase)
{
	return phase != P(UNSPECIFIED) && phase != P(CLOSED) && phase != P(CANCELLED) &&
	       phase != P(MERGED);
}

const char *cause_name(enum phase_cause cause)
{
	static const char *const names[CAUSES] = {
#define PHASE_CAUSE(id, name) [CAUSE_##id] = name,
		PHASE_CAUSES(PHASE_CAUSE)
#undef PHASE_CAUSE
	};

	return (int)cause >= 0 && cause < CAUSES ? names[cause] : "?";
}

const char *phase_name(Pb__Phase__Value phase)
{
	const ProtobufCEnumValue *v =
		protobuf_c_enum_descriptor_get_value(&pb__phase__value__descriptor, (int)phase);

	return v ? v->name : "?";
}

Pb__Phase__Value phase_by_name(const char *name)
{
	const ProtobufCEnumValue *v =
		protobuf_c_enum_descriptor_get_value_by_name(&pb__phase__value__descriptor, name);

	return v ? (Pb__Phase__Value)v->value : P(UNSPECIFIED);
}
