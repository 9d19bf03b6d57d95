/* summary.h - the facts of any event by its declared rules: whom it concerns, when, what it says.
 * Pure; thread: any, with an arena of its own. */
#ifndef OVERSIGHT_SUMMARY_H
#define OVERSIGHT_SUMMARY_H

#include "kit/arena.h"
#include "kit/meta.h"

struct summary {
	const char *incident, *district, *responder, *insurer; /* "" when the event names none */
	int64_t at_us;    /* when it happened; 0 when the event doesn't say */
	const char *json; /* personal data masked, secrets left out; NULL: the arena is full */
};

struct summary summarise(const struct msg_meta *m, const ProtobufCMessage *event, struct arena *a);

#endif
