/* areas.c - polygons of districts from GeoJSON: which one holds a point, which border is nearest.
 */
#include "kit/geo.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS_MAX = 4000000 };

static const double metres_per_degree = 6371008.8 * 3.14159265358979323846 / 180.0;

struct box {
	double west, south, east, north;
};

struct ring {
	struct lonlat *points; /* closed: the last equals the first */
	size_t n;
	struct box box;
};

/* Even-odd over all rings of an area: holes count themselves out, and the polygons of one area do
 * not overlap, so they need no level of their own. */
struct area {
	char *code, *name;
	struct ring *rings;
	size_t n;
	struct box box;
};

struct areas {
	struct area *v;
	size_t n;
};

struct loader {
	const char *code_property, *name_property;
	char *error;
	size_t points;
};

__attribute__((format(printf, 2, 3))) static bool fail(struct loader *l, const char *fmt, ...)
{
	va_list ap;

	if (!l->error) {
		va_start(ap, fmt);
		if (vasprintf(&l->error, fmt, ap) < 0)
			l->error = NULL;
		va_end(ap);
	}
	return false;
}

static void box_add(struct box *b, double west, double south, double east, double north)
{
	b->west = fmin(b->west, west);
	b->south = fmin(b->south, south);
	b->east = fmax(b->east, east);
	b->north = fmax(b->north, north);
}

static const struct box empty_box = { INFINITY, INFINITY, -INFINITY, -INFINITY };

static bool load_point(struct loader *l, const json_t *j, struct lonlat *ret)
{
	const json_t *lon = json_array_get(j, 0), *lat = json_array_get(j, 1);

	if (!json_is_number(lon) || !json_is_number(lat))
		return fail(l, "a position must be an array of two numbers");
	*ret = (struct lonlat){ json_number_value(lon), json_number_value(lat) };
	if (!geo_valid(*ret))
		return fail(l, "a position is outside the world");
	return true;
}

static bool load_ring(struct loader *l, const json_t *j, struct ring *r)
{
	size_t n = json_array_size(j);

	r->box = empty_box;
	if (n < 4)
		return fail(l, "a ring must have at least four positions");
	l->points += n;
	if (l->points > POINTS_MAX)
		return fail(l, "more than %d positions", POINTS_MAX);
	r->points = calloc(n, sizeof(*r->points));
	if (!r->points)
		return fail(l, "out of memory");
	r->n = n;
	for (size_t i = 0; i < n; i++) {
		struct lonlat *p = &r->points[i];
		if (!load_point(l, json_array_get(j, i), p))
			return false;
		box_add(&r->box, p->lon, p->lat, p->lon, p->lat);
	}
	if (r->points[0].lon != r->points[n - 1].lon || r->points[0].lat != r->points[n - 1].lat)
		return fail(l, "a ring must end where it begins");
	return true;
}

static bool load_polygon(struct loader *l, const json_t *j, struct area *a)
{
	size_t n = json_array_size(j);
	struct ring *more;

	if (n == 0)
		return fail(l, "a polygon must have at least one ring");
	more = realloc(a->rings, (a->n + n) * sizeof(*more));
	if (!more)
		return fail(l, "out of memory");
	a->rings = more;
	for (size_t i = 0; i < n; i++) {
		struct ring *r = &a->rings[a->n++];
		*r = (struct ring){ 0 };
		if (!load_ring(l, json_array_get(j, i), r))
			return false;
		box_add(&a->box, r->box.west, r->box.south, r->box.east, r->box.north);
	}
	return true;
}

static bool load_geometry(struct loader *l, const json_t *geometry, struct area *a)
{
	const char *type = json_string_value(json_object_get(geometry, "type"));
	const json_t *coordinates = json_object_get(geometry, "coordinates"), *polygon;
	size_t i;

	if (type && strcmp(type, "Polygon") == 0)
		return load_polygon(l, coordinates, a);
	if (!type || strcmp(type, "MultiPolygon") != 0)
		return fail(l, "area '%s': geometry must be a Polygon or a MultiPolygon", a->code);
	if (json_array_size(coordinates) == 0)
		return fail(l, "area '%s': no polygon", a->code);
	json_array_foreach((json_t *)(uintptr_t)coordinates, i, polygon)
	{
		if (!load_polygon(l, polygon, a))
			return false;
	}
	return true;
}

static char *property_text(const json_t *properties, const char *name)
{
	const json_t *v = json_object_get(properties, name);
	char *text = NULL;

	if (json_is_integer(v)) {
		if (asprintf(&text, "%lld", (long long)json_integer_value(v)) < 0)
			return NULL;
		return text;
	}
	return strdup(json_is_string(v) ? json_string_value(v) : "");
}

static bool load_feature(struct loader *l, const json_t *feature, struct areas *set)
{
	const json_t *properties = json_object_get(feature, "properties");
	struct area *a = &set->v[set->n++];

	*a = (struct area){ .box = empty_box };
	a->code = property_text(properties, l->code_property);
	a->name = property_text(properties, l->name_property);
	if (!a->code || !a->name)
		return fail(l, "out of memory");
	if (!*a->code)
		return fail(l, "feature %zu has no property '%s'", set->n, l->code_property);
	for (size_t i = 0; i + 1 < set->n; i++) {
		if (strcmp(set->v[i].code, a->code) == 0)
			return fail(l, "area '%s' occurs twice", a->code);
	}
	return load_geometry(l, json_object_get(feature, "geometry"), a);
}

static bool load_collection(struct loader *l, const json_t *root, struct areas *set)
{
	const char *type = json_string_value(json_object_get(root, "type"));
	const json_t *features = json_object_get(root, "features");
	size_t n = json_array_size(features);

	if (!type || strcmp(type, "FeatureCollection") != 0)
		return fail(l, "must be a GeoJSON FeatureCollection");
	if (n == 0)
		return fail(l, "the collection has no features");
	set->v = calloc(n, sizeof(*set->v));
	if (!set->v)
		return fail(l, "out of memory");
	for (size_t i = 0; i < n; i++) {
		if (!load_feature(l, json_array_get(features, i), set))
			return false;
	}
	return true;
}

struct areas *areas_from_geojson(const char *text, size_t len, const char *code_property,
	const char *name_property, char **ret_error)
{
	struct loader l = { .code_property = code_property, .name_property = name_property };
	struct areas *set = calloc(1, sizeof(*set));
	json_error_t e;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &e);
	bool ok = false;

	*ret_error = NULL;
	if (!root)
		fail(&l, "not JSON: line %d: %s", e.line, e.text);
	else if (set)
		ok = load_collection(&l, root, set);
	json_decref(root);
	if (ok)
		return set;
	areas_free(set);
	*ret_error = l.error ? l.error : strdup("out of memory");
	return NULL;
}

void areas_free(struct areas *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->n; i++) {
		struct area *a = &set->v[i];
		for (size_t k = 0; k < a->n; k++)
			free(a->rings[k].points);
		free(a->rings);
		free(a->code);
		free(a->name);
	}
	free(set->v);
	free(set);
}

size_t areas_count(const struct areas *set)
{
	return set->n;
}

const char *areas_code(const struct areas *set, size_t i)
{
	return i < set->n ? set->v[i].code : "";
}

const char *areas_name(const struct areas *set, size_t i)
{
	return i < set->n ? set->v[i].name : "";
}

/* Does a ray to the east cross the edge? Ends are put in order first, so that two areas sharing the
 * edge compute the same crossing to the last bit and a point between them is in just one. */
static bool crosses(struct lonlat a, struct lonlat b, struct lonlat p)
{
	if (a.lat > b.lat) {
		struct lonlat t = a;
		a = b;
		b = t;
	}
	if (p.lat < a.lat || p.lat >= b.lat)
		return false;
	return p.lon < a.lon + (p.lat - a.lat) * (b.lon - a.lon) / (b.lat - a.lat);
}

static bool area_holds(const struct area *a, struct lonlat p)
{
	bool inside = false;

	if (p.lon < a->box.west || p.lon > a->box.east || p.lat < a->box.south ||
		p.lat > a->box.north)
		return false;
	for (size_t k = 0; k < a->n; k++) {
		const struct ring *r = &a->rings[k];
		/* A ring wholly west of the point is never crossed by a ray to the east. */
		if (p.lat < r->box.south || p.lat > r->box.north || p.lon > r->box.east)
			continue;
		for (size_t i = 1; i < r->n; i++)
			inside ^= crosses(r->points[i - 1], r->points[i], p);
	}
	return inside;
}

int areas_find(const struct areas *set, struct lonlat p)
{
	for (size_t i = 0; i < set->n; i++) {
		if (area_holds(&set->v[i], p))
			return (int)i;
	}
	return -1;
}

/* Distance from the origin to a segment, in a plane of metres around the point asked for. */
static double segment_distance(double ax, double ay, double bx, double by)
{
	double dx = bx - ax, dy = by - ay;
	double length2 = dx * dx + dy * dy;
	double t = length2 > 0 ? fmin(1.0, fmax(0.0, -(ax * dx + ay * dy) / length2)) : 0.0;

	return hypot(ax + t * dx, ay + t * dy);
}

static double ring_distance(const struct ring *r, struct lonlat p)
{
	double kx = metres_per_degree * cos(p.lat * (3.14159265358979323846 / 180.0));
	double best = INFINITY;

	for (size_t i = 1; i < r->n; i++) {
		struct lonlat a = r->points[i - 1], b = r->points[i];
		best = fmin(best,
			segment_distance((a.lon - p.lon) * kx, (a.lat - p.lat) * metres_per_degree,
				(b.lon - p.lon) * kx, (b.lat - p.lat) * metres_per_degree));
	}
	return best;
}

int areas_nearest(const struct areas *set, struct lonlat p, double *ret_m)
{
	double best = INFINITY;
	int found = -1;

	for (size_t i = 0; i < set->n; i++) {
		for (size_t k = 0; k < set->v[i].n; k++) {
			double d = ring_distance(&set->v[i].rings[k], p);
			if (d < best) {
				best = d;
				found = (int)i;
			}
		}
	}
	if (found >= 0)
		*ret_m = best;
	return found;
}
