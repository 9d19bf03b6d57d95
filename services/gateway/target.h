/* target.h - a request target as sent (raw path and query) into segments and parameters.
 *
 * Percent decoding happens here and once. Refused: %00 and other control characters, broken or
 * unfinished escapes, an encoded slash, invalid UTF-8, too many segments or parameters. Pure. */
#ifndef GATEWAY_TARGET_H
#define GATEWAY_TARGET_H

#include "kit/arena.h"

enum { SEGMENTS_MAX = 12, PARAMS_MAX = 64, TARGET_MAX = 8192 };

struct param {
	const char *name, *value;
};

struct target {
	const char *segments[SEGMENTS_MAX]; /* raw: still percent-encoded */
	size_t n_segments;
	struct param params[PARAMS_MAX]; /* decoded */
	size_t n_params;
	const char *fault; /* NULL when it could be read */
};

/* Everything is allocated from the arena. False with ret->fault, a constant sentence. */
bool target_parse(const char *raw, struct arena *a, struct target *ret);

/* Decoded copy of n bytes; plus_is_space for queries and forms. NULL: *ret_fault says why. */
char *percent_decode(
	const char *s, size_t n, bool plus_is_space, struct arena *a, const char **ret_fault);
/* name=value&...: decoded into params. -1 with *ret_fault. */
int params_parse(const char *s, size_t n, struct param *params, size_t max, struct arena *a,
	const char **ret_fault);
const char *param_get(const struct param *params, size_t n, const char *name); /* NULL: absent */
/* The value as it may stand in a path or query. */
char *percent_encode(const char *s, struct arena *a);

#endif
