/* roads_limits.h - signed speed limits as OpenStreetMap writes them. */
#ifndef DISPATCH_ROADS_LIMITS_H
#define DISPATCH_ROADS_LIMITS_H

#include <stdbool.h>

/* "60", "60 km/h", "40 mph", "CN:urban", "60;80", "none" ... as km/h, 0 for no figure. False when
 * the text is a number that can't be a limit. */
bool read_limit(const char *text, double *ret_kmh);

#endif
