/* roads_limits.c - signed speed limits as OpenStreetMap writes them. */
#include "dispatch/roads_limits.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static double by_zone(const char *zone)
{
	static const struct {
		const char *name;
		double kmh;
	} zones[] = { { "living_street", 20 }, { "urban", 50 }, { "rural", 70 }, { "trunk", 80 },
		{ "motorway", 120 } };

	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (!strcasecmp(zone, zones[i].name))
			return zones[i].kmh;
	return 0;
}

bool read_limit(const char *text, double *ret_kmh)
{
	char *end;

	*ret_kmh = 0;
	while (*text && !isalnum((unsigned char)*text) && *text != '-' && *text != '.')
		text++;
	if (isalpha((unsigned char)*text)) {
		const char *colon = strchr(text, ':');
		if (!strcasecmp(text, "walk"))
			*ret_kmh = 6;
		else if (colon)
			*ret_kmh = by_zone(colon + 1);
		return true; /* none, signals, nan: no figure */
	}
	if (!*text)
		return true;
	*ret_kmh = strtod(text, &end);
	while (*end == ' ')
		end++;
	if (!strncasecmp(end, "mph", 3))
		*ret_kmh *= 1.609344;
	if (isfinite(*ret_kmh) && *ret_kmh >= 0 && *ret_kmh <= 300)
		return true;
	*ret_kmh = 0;
	return false;
}
