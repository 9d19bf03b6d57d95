/* fixes.h - what is to be thought of reported positions. Pure; thread: any.
 *
 * Refused, with a word: coordinates in the wrong order, none of this earth, (0, 0), a clock more
 * than 5 minutes ahead, older than 30 days. Kept but doubted: speeds no patrol car reaches between
 * two fixes, positions the phone itself calls simulated, an accuracy worse than 1000 m, a step that
 * is just the offset of GCJ-02 or BD-09 (the phone mixes datums and says nothing), and a report
 * whose newest fix is whole half hours old (a clock or time zone set wrong).
 */
#ifndef DISPATCH_FIXES_H
#define DISPATCH_FIXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "dispatch/engine.h"
#include "kit/geo.h"
#include "jingbao/v1/dispatch.pb-c.h"

enum {
	FIX_JUMP = 1,
	FIX_MOCK = 2,
	FIX_POOR = 4,
	FIX_GCJ02 = 8,
	FIX_BD09 = 16,
	FIX_CLOCK = 32,
	FIX_FLAGS = 6,
	FIXES_MAX = 1000
};
enum { FIX_JUMP_MPS = 70 };

struct graded_fix {
	const char *rejected; /* constant word, NULL when kept */
	bool duplicate;       /* of an earlier one in the same report */
	unsigned flags;       /* FIX_ bits */
	struct lonlat wgs84;
};

/* `out` has room for n. */
void fixes_grade(Pb__Fix *const *fixes, size_t n, int64_t now_us, struct graded_fix *out);
/* FIX_ bits of a step that took so many seconds. */
unsigned fix_step(struct lonlat from, struct lonlat to, double s);
/* Words of the flag bits; returns how many. */
size_t fix_flags(unsigned flags, const char *ret[static FIX_FLAGS]);

/* Is the newest fix to be doubted, seen from up to two before it (newest first)? Not when either of
 * them agrees: after one stray fix the next good one is believed again. What it says depends on the
 * fixes alone, not on when they came. */
enum { FIX_BEFORE = 2, FIX_BEFORE_S = 600 };
bool fix_doubtful(const struct fix *newest, bool mock, const struct fix *before, size_t n);

#endif
