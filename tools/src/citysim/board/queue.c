/* queue.c - a binary heap. */
#include "queue.h"

#include <stdlib.h>

static bool before(const struct queued *a, const struct queued *b)
{
	if (a->at < b->at || b->at < a->at)
		return a->at < b->at;
	return a->order < b->order;
}

void queue_push(struct queue *q, double at, unsigned kind, size_t what, unsigned serial)
{
	struct queued item = { at, q->planned++, kind, serial, what };
	size_t i = q->n;

	if (q->n == q->size) {
		size_t size = q->size ? 2 * q->size : 1024;
		struct queued *more = realloc(q->heap, size * sizeof *more);
		if (!more) {
			q->failed = true;
			return;
		}
		q->heap = more;
		q->size = size;
	}
	q->n++;
	for (; i && before(&item, &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
		q->heap[i] = q->heap[(i - 1) / 2];
	q->heap[i] = item;
}

bool queue_pop(struct queue *q, struct queued *ret)
{
	struct queued last;
	size_t i = 0, k;

	if (!q->n)
		return false;
	*ret = q->heap[0];
	last = q->heap[--q->n];
	for (; (k = 2 * i + 1) < q->n; i = k) {
		if (k + 1 < q->n && before(&q->heap[k + 1], &q->heap[k]))
			k++;
		if (!before(&q->heap[k], &last))
			break;
		q->heap[i] = q->heap[k];
	}
	if (q->n)
		q->heap[i] = last;
	return true;
}

void queue_free(struct queue *q)
{
	free(q->heap);
}
