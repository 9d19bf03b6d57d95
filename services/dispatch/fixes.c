/* fixes.c - grades reported positions, as fixes.h explains. */
#include <stdlib.h>
#include "dispatch/fixes.h"
#include "kit/timeutil.h"

static const int64_t AHEAD_US = 300 * US_PER_S;
static const int64_t OLD_US = 30 * 86400 * US_PER_S;

struct by_time {
	int64_t at_us;
	size_t index;
};

static int compare_time(const void *a, const void *b)
{
	const struct by_time *x = a, *y = b;

	if (x->at_us != y->at_us)
		return x->at_us < y->at_us ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static struct graded_fix grade(const Pb__Fix *f, int64_t now_us)
{
	const Pb__Position *p = f->position;
	struct graded_fix g = { .flags = f->mock ? FIX_MOCK : 0 };

	if (!p || !geo_to_wgs84((int)p->datum, (struct lonlat){ p->lon, p->lat }, &g.wgs84) ||
		!geo_valid(g.wgs84)) {
		g.rejected = "no_position";
		return g;
	}
	if (p->lon > -1e-6 && p->lon < 1e-6 && p->lat > -1e-6 && p->lat < 1e-6)
		g.rejected = "zero_island";
	else if (f->fix_at > now_us + AHEAD_US)
		g.rejected = "future";
	else if (f->fix_at < now_us - OLD_US)
		g.rejected = "too_old";
	if (p->accuracy_m > 1000)
		g.flags |= FIX_POOR;
	return g;
}

static bool jumps(const struct graded_fix *a, const struct graded_fix *b, int64_t us)
{
	return geo_distance_m(a->wgs84, b->wgs84) > FIX_JUMP_MPS * ((double)us / 1e6);
}

void fixes_grade(Pb__Fix *const *fixes, size_t n, int64_t now_us, struct graded_fix *out)
{
	static _Thread_local struct by_time order[FIXES_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		out[i] = grade(fixes[i], now_us);
		if (!out[i].rejected && kept < FIXES_MAX)
			order[kept++] = (struct by_time){ fixes[i]->fix_at, i };
	}
	if (kept)
		qsort(order, kept, sizeof(order[0]), compare_time);
	for (size_t k = 1, last = 0; k < kept; k++) {
		struct graded_fix *a = &out[order[last].index], *b = &out[order[k].index];
		int64_t us = order[k].at_us - order[last].at_us;
		if (us == 0) {
			b->duplicate = true;
			continue;
		}
		if (jumps(a, b, us))
			b->flags |= FIX_JUMP;
		last = k;
	}
}

size_t fix_flags(unsigned flags, const char *ret[static 3])
{
	size_t n = 0;

	if (flags & FIX_JUMP)
		ret[n++] = "jump";
	if (flags & FIX_MOCK)
		ret[n++] = "mock";
	if (flags & FIX_POOR)
		ret[n++] = "poor_accuracy";
	return n;
}
