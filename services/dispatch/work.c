/* work.c - the engine's memory between steps: one growing block handed out piece by piece. */
#include <stdlib.h>
#include "dispatch/work.h"

enum { FIRST = 1 << 16, ALIGN = 16 };

struct engine_work *engine_work_new(void)
{
	return calloc(1, sizeof(struct engine_work));
}

void engine_work_free(struct engine_work *w)
{
	for (size_t i = 0; w && i < WORK_BLOCKS; i++)
		free(w->block[i]);
	free(w);
}

void work_reset(struct engine_work *w)
{
	w->at = 0;
	w->used = 0;
}

struct work_mark work_mark(const struct engine_work *w)
{
	return (struct work_mark){ w->at, w->used };
}

void work_release(struct engine_work *w, struct work_mark m)
{
	w->at = m.at;
	w->used = m.used;
}

void *work_take(struct engine_work *w, size_t n, size_t size)
{
	size_t want;

	if (__builtin_mul_overflow(n, size, &want) || want > SIZE_MAX / 2)
		return NULL;
	want = (want + ALIGN - 1) / ALIGN * ALIGN;
	for (; w->at < WORK_BLOCKS; w->at++, w->used = 0) {
		size_t had = w->size[w->at];
		if (!had) {
			size_t fresh = (size_t)FIRST << w->at;
			fresh = fresh > want ? fresh : want;
			w->block[w->at] = malloc(fresh);
			if (!w->block[w->at])
				return NULL;
			w->size[w->at] = had = fresh;
		}
		if (had - w->used >= want) {
			void *p = w->block[w->at] + w->used;
			w->used += want;
			return p;
		}
	}
	return NULL;
}
