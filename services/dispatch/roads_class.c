/* roads_class.c - classes of roads, and how fast one drives on them with nobody in the way.
 *
 * Speeds include what lights and crossings cost, so that the mean trip between random junctions of
 * the Xi'an core graph runs at the city's published free flow of about 48 km/h in a straight count
 * of road metres. A signed limit overrules the class: people drive 0.9 of it.
 */
#include <math.h>
#include <string.h>
#include "dispatch/roads.h"

static const struct {
	const char *name;
	double kmh;
} classes[ROAD_CLASSES] = {
	[ROAD_MOTORWAY] = { "motorway", 80 },
	[ROAD_TRUNK] = { "trunk", 65 },
	[ROAD_PRIMARY] = { "primary", 52 },
	[ROAD_SECONDARY] = { "secondary", 45 },
	[ROAD_TERTIARY] = { "tertiary", 38 },
	[ROAD_UNCLASSIFIED] = { "unclassified", 32 },
	[ROAD_RESIDENTIAL] = { "residential", 26 },
	[ROAD_LIVING_STREET] = { "living_street", 15 },
	[ROAD_SERVICE] = { "service", 18 },
	[ROAD_MOTORWAY_LINK] = { "motorway_link", 45 },
	[ROAD_TRUNK_LINK] = { "trunk_link", 40 },
	[ROAD_PRIMARY_LINK] = { "primary_link", 35 },
	[ROAD_SECONDARY_LINK] = { "secondary_link", 32 },
	[ROAD_TERTIARY_LINK] = { "tertiary_link", 28 },
};

const char *road_class_name(enum road_class c)
{
	return classes[c].name;
}

bool road_class_of(const char *highway, enum road_class *ret)
{
	if (!strcmp(highway, "road")) {
		*ret = ROAD_UNCLASSIFIED;
		return true;
	}
	for (int i = 0; i < ROAD_CLASSES; i++)
		if (!strcmp(highway, classes[i].name)) {
			*ret = (enum road_class)i;
			return true;
		}
	return false;
}

double road_class_kmh(enum road_class c, double limit_kmh)
{
	if (limit_kmh > 0)
		return fmin(fmax(0.9 * limit_kmh, 5), 120);
	return classes[c].kmh;
}
