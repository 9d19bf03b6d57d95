/* fuzz_kit_areas.c - GeoJSON of any kind ends in areas or in a reason, and areas answer any point.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "kit/geo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lonlat p = { 108.94, 34.26 };
	char *why = NULL;
	struct areas *a = areas_from_geojson((const char *)data, size, "adcode", "name", &why);
	double m = 0;

	if (!a != !!why)
		abort();
	free(why);
	if (!a)
		return 0;
	if (size >= sizeof(p))
		memcpy(&p, data + size - sizeof(p), sizeof(p));
	if (areas_find(a, p) >= (int)areas_count(a))
		abort();
	areas_nearest(a, p, &m);
	areas_free(a);
	return 0;
}
