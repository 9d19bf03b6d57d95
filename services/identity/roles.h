/* roles.h - roles as names, masks and messages, and what an account or client may be given.
 * Pure. Thread: any. */
#ifndef IDENTITY_ROLES_H
#define IDENTITY_ROLES_H

#include "kit/call.h"
#include "jingbao/v1/options.pb-c.h"

/* Names in the arena, each once, in the order of the enum; for text[] columns. */
const char *const *roles_to_names(
	struct arena *a, const Pb__Role__Value *roles, size_t n, size_t *ret_n);
Pb__Role__Value *roles_from_names(
	struct arena *a, const char *const *names, size_t n, size_t *ret_n);

/* Checks what may be given: no ANYONE, PARTY or SYSTEM; an insurer's people need an org. Faults are
 * set at /roles or /org. */
Pb__Code roles_check(struct call *c, const Pb__Role__Value *roles, size_t n, const char *org);

/* "610102 610103" as a list. */
const char **words_to_list(struct arena *a, const char *words, size_t *ret_n);

#endif
