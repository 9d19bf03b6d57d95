/* sessions.h - principals kept for a short while under the SHA-256 of a token.
 *
 * Used twice: as the cache in front of Identity.Authenticate (ten seconds, dropped when a session
 * ends) and as the store of one-time stream tickets. Bounded: a full set gives up its oldest.
 * What is found is copied to the caller's arena. Thread: any. */
#ifndef GATEWAY_SESSIONS_H
#define GATEWAY_SESSIONS_H

#include "kit/arena.h"
#include "kit/call.h"

enum { TOKEN_HASH = 32 };

struct who {
	struct principal p;
	const char *session_id; /* "" none */
	const char *methods;    /* "" any; else the only RPCs, "Dispatch.ReportPositions ..." */
	int64_t expires_at_us;  /* wall clock; 0 never */
};

struct sessions;
struct sessions *sessions_new(size_t entries, int64_t keep_us);
void sessions_free(struct sessions *s);

void token_hash(const char *token, unsigned char ret[static TOKEN_HASH]);

/* Counts sessions ended so far; hand it to sessions_keep so that an answer asked for before an end
 * came is not kept after it. */
uint64_t sessions_ended(struct sessions *s);
void sessions_keep(struct sessions *s, const unsigned char hash[static TOKEN_HASH],
	const struct who *who, uint64_t ended);
bool sessions_find(struct sessions *s, const unsigned char hash[static TOKEN_HASH], struct arena *a,
	struct who *ret);
/* The same and forgets it: a ticket works once. */
bool sessions_take(struct sessions *s, const unsigned char hash[static TOKEN_HASH], struct arena *a,
	struct who *ret);
void sessions_drop(struct sessions *s, const char *session_id);

/* A copy in one malloc'd block, strings behind the struct. NULL: no memory. */
struct who *who_copy(const struct who *from);
bool who_to_arena(const struct who *from, struct arena *a, struct who *ret);

#endif
