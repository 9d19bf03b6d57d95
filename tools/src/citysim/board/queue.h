/* queue.h - what happens when: a heap by time; at the same time in the order of being planned. */
#ifndef BOARD_QUEUE_H
#define BOARD_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queued {
	double at;
	uint64_t order;
	unsigned kind, serial;
	size_t what;
};

struct queue {
	struct queued *heap;
	size_t n, size;
	uint64_t planned;
	bool failed; /* memory was out */
};

void queue_push(struct queue *q, double at, unsigned kind, size_t what, unsigned serial);
bool queue_pop(struct queue *q, struct queued *ret);
void queue_free(struct queue *q);

#endif
