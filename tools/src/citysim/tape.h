/* tape.h - a day of real accidents read from a CSV file and laid over Xi'an.
 *
 * Known columns, found by name: date (DATE, k, date, crash_date), time (TIME, t, time), latitude
 * (LATITUDE, x, lat) and longitude (LONGITUDE, y, lon). Times of day are kept, with up to +-5
 * minutes of jitter against the rounding of police reports (seeded: the same file and day give the
 * same tape). Places keep their relative position: the day's cloud is scaled to the city and
 * centred on it.
 */
#ifndef CITYSIM_TAPE_H
#define CITYSIM_TAPE_H

#include <stddef.h>
#include "kit/geo.h"

struct accident {
	double at_s;         /* seconds since the day's midnight */
	struct lonlat place; /* WGS-84, in Xi'an */
};

struct tape {
	struct accident *items; /* by time */
	size_t n;
	char day[11]; /* the day replayed, YYYY-MM-DD */
};

/* day NULL: the busiest. limit 0: all. 0 ok, -1 with a message on stderr. */
int tape_read(struct tape *t, const char *file, const char *day, size_t limit, unsigned seed);
void tape_free(struct tape *t);

#endif
