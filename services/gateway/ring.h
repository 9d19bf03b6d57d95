/* ring.h - the newest frames, in order of their sequence, bounded by count and bytes.
 *
 * Places are numbered from the start of the process and never reused; the ring covers every event
 * of the stream from `from_seq` to `last_seq`, also those that became no frame. The caller locks.
 */
#ifndef GATEWAY_RING_H
#define GATEWAY_RING_H

#include "gateway/frame.h"

struct ring {
	struct frame **slots;
	size_t count;        /* of slots */
	uint64_t tail, head; /* places [tail, head) are filled */
	uint64_t from_seq, last_seq;
	size_t bytes, bytes_max;
};

bool ring_init(struct ring *r, size_t count, size_t bytes_max);
void ring_release(struct ring *r);
void ring_restart(struct ring *r, uint64_t from_seq); /* empties it; places go on */
/* Takes over the frame; NULL for an event that became none. */
void ring_add(struct ring *r, uint64_t seq, struct frame *f);
/* The frame at a place; the place must be within [tail, head). */
struct frame *ring_at(const struct ring *r, uint64_t place);
/* The first place whose frame has that sequence or a later one; head when there is none. */
uint64_t ring_place(const struct ring *r, uint64_t seq);

#endif
