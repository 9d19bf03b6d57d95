/* fuzz_roads_osm.c - OpenStreetMap files of any bytes, in both forms: a graph that is whole, or a
 * fault with words. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "osm/osm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says which form; in a block without compression more is reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct roads_fault f = { "" };
	struct osm_report rep;
	struct roads *r;

	if (!size)
		return 0;
	if (data[0] & 1)
		r = osm_from_pbf("f", data + 1, size - 1, NULL, NULL, &rep, &f);
	else
		r = osm_from_xml("f", data + 1, size - 1, NULL, NULL, &rep, &f);
	if (!r && !f.text[0])
		abort();
	if (r) {
		struct lonlat at = roads_node_at(r, 0);
		struct roads_place p[ROADS_PLACES];
		if (!roads_project(r, at, -1, 100, p))
			abort();
	}
	roads_free(r);
	return 0;
}
