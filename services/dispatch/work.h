/* work.h - memory for one plan of the engine, given back all at once by the next.
 * Thread: one at a time.
 */
#ifndef DISPATCH_WORK_H
#define DISPATCH_WORK_H

#include <stddef.h>
#include <stdint.h>
#include "dispatch/engine.h"

enum { WORK_BLOCKS = 20 };

struct engine_work {
	unsigned char *block[WORK_BLOCKS];
	size_t size[WORK_BLOCKS];
	size_t at, used;
};

struct work_mark {
	size_t at, used;
};
/* What was taken after the mark is given back by the release. */
struct work_mark work_mark(const struct engine_work *w);
void work_release(struct engine_work *w, struct work_mark m);
void work_reset(struct engine_work *w);
/* Room for n things, not cleared; NULL when memory is out. Valid until the reset. */
void *work_take(struct engine_work *w, size_t n, size_t size);

#define WORK_ARRAY(w, type, n) ((type *)work_take((w), (n), sizeof(type)))

#endif
