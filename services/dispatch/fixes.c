/* fixes.c - grades reported positions, as fixes.h explains. */
#include <math.h>
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

static bool in_china(double lon, double lat)
{
	return lon > 73 && lon < 136 && lat > 3 && lat < 54;
}

/* NULL, or why this is no place. In China longitudes are above latitudes, so order is easily seen.
 */
static const char *misplaced(double lon, double lat)
{
	bool turned = in_china(lat, lon);

	if (!isfinite(lon) || !isfinite(lat))
		return "no_position";
	if (fabs(lat) > 90)
		return fabs(lon) <= 90 ? "swapped_lon_lat" : "out_of_range";
	if (fabs(lon) > 180)
		return "out_of_range";
	if (fabs(lon) < 1e-6 && fabs(lat) < 1e-6)
		return "zero_island";
	return turned && !in_china(lon, lat) ? "swapped_lon_lat" : NULL;
}

static struct graded_fix grade(const Pb__Fix *f, int64_t now_us)
{
	const Pb__FixPosition *p = f->position;
	struct graded_fix g = { .flags = f->mock ? FIX_MOCK : 0,
		.rejected = p ? misplaced(p->lon, p->lat) : "no_position" };

	if (g.rejected)
		return g;
	if (!geo_to_wgs84((int)p->datum, (struct lonlat){ p->lon, p->lat }, &g.wgs84) ||
		!geo_valid(g.wgs84))
		g.rejected = "no_position";
	else if (f->fix_at > now_us + AHEAD_US)
		g.rejected = "clock_ahead";
	else if (f->fix_at < now_us - OLD_US)
		g.rejected = "too_old";
	if (p->accuracy_m > 1000)
		g.flags |= FIX_POOR;
	return g;
}

/* ---- the step from one fix to the next ---- */

struct step {
	double east_m, north_m, s;
};

static struct step step_of(struct lonlat a, struct lonlat b, double s)
{
	double m_per_deg = 6371008.8 * M_PI / 180;

	return (struct step){ (b.lon - a.lon) * m_per_deg * cos(a.lat * M_PI / 180),
		(b.lat - a.lat) * m_per_deg, s };
}

/* Is the step the offset, but for what a car drives meanwhile? */
static bool is_offset(struct step d, struct step offset)
{
	double slack = fmin(30 + 15 * d.s, 120);

	return hypot(d.east_m - offset.east_m, d.north_m - offset.north_m) < slack;
}

static struct lonlat wgs84_to_bd09(struct lonlat p)
{
	return gcj02_to_bd09(wgs84_to_gcj02(p));
}

static struct step opposite(struct step d)
{
	return (struct step){ -d.east_m, -d.north_m, d.s };
}

/* A way back from a shifted fix is no jump. */
unsigned fix_step(struct lonlat a, struct lonlat b, double s)
{
	static const struct {
		struct lonlat (*shift)(struct lonlat);
		unsigned flag;
	} datums[] = { { wgs84_to_gcj02, FIX_GCJ02 }, { wgs84_to_bd09, FIX_BD09 } };
	struct step d = step_of(a, b, s);
	double mps = hypot(d.east_m, d.north_m) / s;

	for (size_t i = 0; mps > 30 && i < sizeof datums / sizeof *datums; i++) {
		struct step there = step_of(a, datums[i].shift(a), s),
			    back = step_of(b, datums[i].shift(b), s);
		if (hypot(there.east_m, there.north_m) < 150)
			continue; /* no offset here, or too small to tell */
		if (is_offset(d, there))
			return datums[i].flag;
		if (is_offset(opposite(d), back))
			return 0;
	}
	return geo_distance_m(a, b) > FIX_JUMP_MPS * s ? FIX_JUMP : 0;
}

/* Half hours, since clocks are wrong by time zones; a queue sent late ends now, not then. */
static bool clock_behind(int64_t newest_us, int64_t now_us)
{
	const int64_t half_hour = 1800 * US_PER_S, slack = 45 * US_PER_S;
	int64_t age = now_us - newest_us, off = age % half_hour;

	return age > half_hour - slack && age < 14 * 2 * half_hour + slack &&
	       (off < slack || off > half_hour - slack);
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
	if (!kept)
		return;
	qsort(order, kept, sizeof(order[0]), compare_time);
	bool late = clock_behind(order[kept - 1].at_us, now_us);
	for (size_t k = 0, last = 0; k < kept; k++) {
		struct graded_fix *a = &out[order[last].index], *b = &out[order[k].index];
		int64_t us = order[k].at_us - order[last].at_us;
		b->flags |= late ? FIX_CLOCK : 0;
		if (k && us == 0) {
			b->duplicate = true;
			continue;
		}
		if (k)
			b->flags |= fix_step(a->wgs84, b->wgs84, (double)us / 1e6);
		last = k;
	}
}

size_t fix_flags(unsigned flags, const char *ret[static FIX_FLAGS])
{
	static const char *const words[FIX_FLAGS] = { "jump", "mock", "poor_accuracy",
		"gcj02_offset", "bd09_offset", "clock_behind" };
	size_t n = 0;

	for (unsigned i = 0; i < FIX_FLAGS; i++)
		if (flags >> i & 1u)
			ret[n++] = words[i];
	return n;
}

bool fix_doubtful(const struct fix *newest, bool mock, const struct fix *before, size_t n)
{
	bool seen = false;

	if (mock)
		return true;
	for (size_t i = 0; i < n; i++) {
		double s = (double)(newest->at_us - before[i].at_us) / 1e6;
		double slack = 2 * fmax(newest->accuracy_m, before[i].accuracy_m);

		if (s <= 0 || s > FIX_BEFORE_S)
			continue;
		if (geo_distance_m(before[i].at, newest->at) <= FIX_JUMP_MPS * s + slack)
			return false;
		seen = true;
	}
	return seen;
}
