/* trackers.h - what tracking apps send, as a fix: Traccar Client (OsmAnd protocol: query, form, and
 * JSON since version 9) and OwnTracks in HTTP mode. Pure; thread: any.
 *
 * Names and values come as the gateway found them, members of nested JSON objects as "outer.inner".
 * The apps know no datum and mean WGS-84; who has a phone that gives another says so in the address
 * the app is told to send to (?datum=GCJ02).
 */
#ifndef DISPATCH_TRACKERS_H
#define DISPATCH_TRACKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "jingbao/v1/dispatch.pb-c.h"

struct tracker_fix {
	bool there; /* false: a message without a position, which is fine */
	Pb__Fix fix;
	Pb__FixPosition position;
	const char *fault, *field; /* what can't be read, and where; NULL when all can */
};

/* now_us stands in where the app gives no time (OsmAnd's query form may leave it out). */
void tracker_osmand(
	Pb__LooseField *const *fields, size_t n, int64_t now_us, struct tracker_fix *ret);
void tracker_owntracks(Pb__LooseField *const *fields, size_t n, struct tracker_fix *ret);

#endif
