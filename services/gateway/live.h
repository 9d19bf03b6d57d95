/* live.h - live events: told as they happen, kept nowhere, only the newest of each key counts.
 *
 * The key is the event's type and its first scoped value that is not the district. A newer frame
 * takes the place of the one before it, so a client that is behind finds what is, not what was.
 * Places are numbered from the start of the process and never reused. The caller locks. */
#ifndef GATEWAY_LIVE_H
#define GATEWAY_LIVE_H

#include "gateway/frame.h"

enum { LIVE_FRAMES = 1 << 14, LIVE_KEYS = 1 << 15 };

struct live_key {
	uint64_t hash; /* 0: free */
	uint64_t place;
};

struct live {
	struct frame **slots; /* LIVE_FRAMES; NULL where a newer one of the key came */
	uint64_t tail, head;  /* places [tail, head) */
	struct live_key *keys;
	size_t n_keys;
};

bool live_init(struct live *l);
void live_release(struct live *l);
void live_put(struct live *l, struct frame *f); /* takes over the frame */
/* The first frame at or after *place, which moves behind it; NULL: there is none. */
struct frame *live_next(const struct live *l, uint64_t *place);

#endif
