/* fixes.h - the check of reported positions before they are stored. Pure; thread: any.
 *
 * Refused: (0, 0), a fix time more than 5 minutes ahead or 30 days old. Kept but doubted: speeds no
 * patrol car reaches between two fixes, positions the phone itself calls simulated, an accuracy
 * worse than 1000 m.
 */
#ifndef DISPATCH_FIXES_H
#define DISPATCH_FIXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kit/geo.h"
#include "jingbao/v1/dispatch.pb-c.h"

enum { FIX_JUMP = 1, FIX_MOCK = 2, FIX_POOR = 4, FIXES_MAX = 1000 };
enum { FIX_JUMP_MPS = 70 };

struct graded_fix {
	const char *rejected; /* constant word, NULL when kept */
	bool duplicate;       /* of an earlier one in the same report */
	unsigned flags;       /* FIX_ bits */
	struct lonlat wgs84;
};

/* `out` has room for n. */
void fixes_grade(Pb__Fix *const *fixes, size_t n, int64_t now_us, struct graded_fix *out);
/* Words of the flag bits; returns how many. */
size_t fix_flags(unsigned flags, const char *ret[static 3]);

#endif
