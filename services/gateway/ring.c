/* ring.c - the newest frames, in order of their sequence, bounded by count and bytes. */
#include "gateway/ring.h"

#include <stdlib.h>

bool ring_init(struct ring *r, size_t count, size_t bytes_max)
{
	*r = (struct ring){ .count = count, .bytes_max = bytes_max, .from_seq = 1 };
	r->slots = calloc(count, sizeof(*r->slots));
	return r->slots != NULL;
}

struct frame *ring_at(const struct ring *r, uint64_t place)
{
	return r->slots[place % r->count];
}

static void drop_oldest(struct ring *r)
{
	struct frame *f = ring_at(r, r->tail++);

	r->bytes -= f->bytes;
	r->from_seq = f->seq + 1;
	frame_unref(f);
}

void ring_restart(struct ring *r, uint64_t from_seq)
{
	while (r->tail < r->head)
		drop_oldest(r);
	r->from_seq = from_seq;
	r->last_seq = from_seq - 1;
}

void ring_release(struct ring *r)
{
	ring_restart(r, 1);
	free(r->slots);
	r->slots = NULL;
}

void ring_add(struct ring *r, uint64_t seq, struct frame *f)
{
	r->last_seq = seq;
	if (!f)
		return;
	while (r->tail < r->head &&
		(r->head - r->tail == r->count || r->bytes + f->bytes > r->bytes_max))
		drop_oldest(r);
	r->slots[r->head++ % r->count] = f;
	r->bytes += f->bytes;
}

uint64_t ring_place(const struct ring *r, uint64_t seq)
{
	uint64_t lo = r->tail, hi = r->head;

	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;
		if (ring_at(r, mid)->seq < seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}
