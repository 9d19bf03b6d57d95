/* geo.h - positions: datums, distances, polygons. Degrees in, metres out. Pure; thread: any.
 *
 * WGS-84 is what phones measure, GCJ-02 what Chinese map services show, BD-09 Baidu's shift of it.
 * CGCS2000 differs from WGS-84 by centimetres and is taken as equal. Outside mainland China's
 * bounding box GCJ-02 and BD-09 conversions still apply the formula only inside the box (72.004..
 * 137.8347 E, 0.8293..55.8271 N), as the published algorithm does.
 */
#ifndef KIT_GEO_H
#define KIT_GEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lonlat {
	double lon, lat;
};

struct lonlat wgs84_to_gcj02(struct lonlat p);
struct lonlat gcj02_to_wgs84(struct lonlat p); /* iterated; within 1e-7 degrees */
struct lonlat gcj02_to_bd09(struct lonlat p);
struct lonlat bd09_to_gcj02(struct lonlat p);

/* datum: Pb__Datum__Value as int. False when unspecified or unknown. */
bool geo_to_wgs84(int datum, struct lonlat in, struct lonlat *ret);
bool geo_from_wgs84(int datum, struct lonlat in, struct lonlat *ret);

double geo_distance_m(struct lonlat a, struct lonlat b); /* haversine, mean radius 6371008.8 m */
bool geo_valid(struct lonlat p);                         /* finite and in the world */

/* Cell of a fixed grid of about `size_m` metres, and its 3x3 neighbourhood; for near-by search. */
int64_t geo_cell(struct lonlat p, double size_m);
void geo_cells_around(struct lonlat p, double size_m, int64_t ret[static 9]);

/* A set of areas (districts), each one or more polygons with holes. Owned by the caller; immutable
 * once built, so it can be read by several threads and replaced whole. */
struct areas;
/* From a GeoJSON FeatureCollection (RFC 7946: WGS-84, lon lat) whose features carry properties
 * `code_property` (text or number) and `name_property`. NULL with *ret_error set (static or
 * malloc'd by the call: always free()). */
struct areas *areas_from_geojson(const char *text, size_t len, const char *code_property,
	const char *name_property, char **ret_error);
void areas_free(struct areas *a);
size_t areas_count(const struct areas *a);
const char *areas_code(const struct areas *a, size_t i);
const char *areas_name(const struct areas *a, size_t i);
/* Index of the area holding p, -1 when none. A point on a shared border belongs to one of them,
 * always the same. */
int areas_find(const struct areas *a, struct lonlat p);
/* Index of the area whose border is nearest, with the distance; -1 when the set is empty. */
int areas_nearest(const struct areas *a, struct lonlat p, double *ret_m);

#endif
