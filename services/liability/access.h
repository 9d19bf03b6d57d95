/* access.h - who may see or touch an incident; what they may not see is NOT_FOUND. */
#ifndef LIABILITY_ACCESS_H
#define LIABILITY_ACCESS_H

#include "liability/store.h"

/* Does the caller's role reach this incident: responders the ones assigned to them, parties their
 * own, police those of their districts, the centre and its supervisors all. */
bool may_see(const struct call *c, const struct incident *i);
/* Loads and checks in one; `lock` holds the incident until the transaction ends, so that writers of
 * one incident take turns. */
Pb__Code see_incident(struct call *c, const char *id, bool lock, struct incident *ret);
/* REFUSED with the reason when the remote flow of the incident is over. */
Pb__Code check_open(struct call *c, const struct incident *i);
/* Loads a review the officer (or supervisor) may see, locked. */
Pb__Code see_review(struct call *c, const char *id, struct review *ret);
/* CONFLICT unless the caller holds the review's lease now. */
Pb__Code check_lease(struct call *c, const struct review *r);
/* Is a code among the principal's districts? True when not bound to any. */
bool in_districts(const struct principal *who, const char *district);
/* The principal's districts as a list in the arena. */
const char *const *districts_of(struct call *c, size_t *ret_n);
/* The role under which something is written down: "PARTY", "RESPONDER" or "OFFICER". */
const char *acting_role(const struct call *c);
/* The time a device gives for a signature; the call's when it gives none. */
Pb__Code check_signed_at(struct call *c, int64_t given, int64_t *ret);
/* Strokes or an image's digest, and valid. */
Pb__Code check_mark(struct call *c, const char *strokes, const char *image_sha256);

#endif
