/* test_areas.c - points in districts: shared borders, holes, several polygons, bad GeoJSON. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kit/geo.h"

#define FEATURE(code, type, coords) \
	"{\"type\":\"Feature\",\"properties\":{\"adcode\":" code ",\"name\":\"n" code "\"}," \
	"\"geometry\":{\"type\":\"" type "\",\"coordinates\":" coords "}}"
#define COLLECTION(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"
#define SQUARE(x0, y0, x1, y1) \
	"[[" #x0 "," #y0 "],[" #x1 "," #y0 "],[" #x1 "," #y1 "],[" #x0 "," #y1 "],[" #x0 "," #y0 \
	"]]"

static struct areas *load(const char *text)
{
	char *error;
	struct areas *a = areas_from_geojson(text, strlen(text), "adcode", "name", &error);

	if (!a)
		fail_msg("%s", error);
	assert_null(error);
	return a;
}

static int at(const struct areas *a, double lon, double lat)
{
	return areas_find(a, (struct lonlat){ lon, lat });
}

static void finds_the_area(void **state)
{
	struct areas *a = load(COLLECTION(
		FEATURE("610102", "Polygon", "[" SQUARE(0, 0, 1, 1) "]") "," FEATURE("610103",
			"MultiPolygon", "[[" SQUARE(1, 0, 2, 1) "],[" SQUARE(4, 4, 5, 5) "]]")));

	(void)state;
	assert_int_equal(areas_count(a), 2);
	assert_string_equal(areas_code(a, 0), "610102");
	assert_string_equal(areas_name(a, 1), "n610103");
	assert_string_equal(areas_code(a, 2), "");
	assert_int_equal(at(a, 0.5, 0.5), 0);
	assert_int_equal(at(a, 1.5, 0.5), 1);
	assert_int_equal(at(a, 4.5, 4.5), 1);
	assert_int_equal(at(a, 3, 3), -1);
	assert_int_equal(at(a, NAN, 0), -1);
	areas_free(a);
}

static void leaves_holes_out(void **state)
{
	struct areas *a = load(COLLECTION(FEATURE(
		"1", "Polygon", "[" SQUARE(0, 0, 9, 9) "," SQUARE(3, 3, 6, 6) "]") "," FEATURE("2",
		"Polygon", "[" SQUARE(3, 3, 6, 6) "]")));

	(void)state;
	assert_int_equal(at(a, 1, 1), 0);
	assert_int_equal(at(a, 4, 4), 1);
	areas_free(a);
}

static void shared_border_belongs_to_one(void **state)
{
	/* Two triangles along a slanted edge, each drawn in its own direction. */
	struct areas *a = load(
		COLLECTION(FEATURE("1", "Polygon", "[[[0,0],[3.3,7.1],[0,7.1],[0,0]]]") "," FEATURE(
			"2", "Polygon", "[[[3.3,7.1],[0,0],[3.3,0],[3.3,7.1]]]")));

	(void)state;
	for (int i = 1; i < 1000; i++) {
		double t = i / 1000.0;
		int found = at(a, 3.3 * t, 7.1 * t);
		if (found < 0)
			fail_msg("lost at %f", t);
		assert_int_equal(at(a, 3.3 * t, 7.1 * t), found);
	}
	areas_free(a);
}

static void finds_the_nearest(void **state)
{
	struct areas *a = load(
		COLLECTION(FEATURE("1", "Polygon", "[" SQUARE(108, 34, 109, 35) "]") "," FEATURE(
			"2", "Polygon", "[" SQUARE(110, 34, 111, 35) "]")));
	double m = -1;

	(void)state;
	assert_int_equal(areas_nearest(a, (struct lonlat){ 109.1, 34.5 }, &m), 0);
	assert_true(fabs(m - geo_distance_m((struct lonlat){ 109, 34.5 },
				     (struct lonlat){ 109.1, 34.5 })) < 5);
	assert_int_equal(areas_nearest(a, (struct lonlat){ 109.9, 34.5 }, &m), 1);
	/* Beyond a corner the corner counts. */
	assert_int_equal(areas_nearest(a, (struct lonlat){ 107.9, 33.9 }, &m), 0);
	assert_true(fabs(m - geo_distance_m((struct lonlat){ 108, 34 },
				     (struct lonlat){ 107.9, 33.9 })) < 30);
	areas_free(a);
}

static void refuses_bad_geojson(void **state)
{
	static const char *const bad[] = {
		"",
		"[]",
		"{\"type\":\"Feature\"}",
		"{\"type\":\"FeatureCollection\"}",
		COLLECTION(""),
		COLLECTION("{}"),
		COLLECTION("null"),
		COLLECTION(FEATURE("1", "Point", "[1,2]")),
		COLLECTION(FEATURE("1", "Polygon", "[]")),
		COLLECTION(FEATURE("1", "Polygon", "7")),
		COLLECTION(FEATURE("1", "MultiPolygon", "[]")),
		COLLECTION(FEATURE("1", "Polygon", "[[[0,0],[1,0],[0,0]]]")),
		COLLECTION(FEATURE("1", "Polygon", "[[[0,0],[1,0],[1,1],[0,1]]]")),
		COLLECTION(FEATURE("1", "Polygon", "[[[0,0],[1,0],[1,\"1\"],[0,0]]]")),
		COLLECTION(FEATURE("1", "Polygon", "[[[0,0],[1,0],[1,91],[0,0]]]")),
		COLLECTION(FEATURE("1", "Polygon", "[" SQUARE(0, 0, 1, 1) "]") "," FEATURE(
			"1", "Polygon", "[" SQUARE(0, 0, 1, 1) "]")),
		COLLECTION("{\"type\":\"Feature\",\"properties\":{},\"geometry\":null}"),
		"{\"type\":\"FeatureCollection\",\"features\":[{",
		"\xff\xfe",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *error = NULL;
		if (areas_from_geojson(bad[i], strlen(bad[i]), "adcode", "name", &error))
			fail_msg("took %s", bad[i]);
		assert_non_null(error);
		free(error);
	}
}

static char *read_file(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	size_t room = 4 << 20;

	if (!f)
		return NULL;
	text = malloc(room);
	*ret_len = fread(text, 1, room, f);
	fclose(f);
	return text;
}

/* The real districts: each one's own centre is in it, and well-known places are where they are. */
static void knows_real_districts(void **state)
{
	static const struct {
		const char *code;
		double lon, lat;
	} places[] = {
		{ "610113", 108.9593, 34.2187 }, /* Great Wild Goose Pagoda */
		{ "610112", 108.9413, 34.3098 }, /* city hall, Weiyang */
		{ "610115", 109.2736, 34.3848 }, /* Terracotta Army, Lintong */
		{ "610114", 109.2229, 34.6633 }, /* Yanliang town */
		{ "610124", 108.2118, 34.1630 }, /* Zhouzhi town */
	};
	const char *shared = getenv("JB_SHARED");
	char path[1024], *text, *error;
	struct areas *a;
	size_t len;

	(void)state;
	snprintf(path, sizeof(path), "%s/data/xian/districts/xian_districts_wgs84.geojson",
		shared ? shared : JB_SOURCE_DIR "/../shared");
	text = read_file(path, &len);
	if (!text)
		skip();
	a = areas_from_geojson(text, len, "adcode", "name", &error);
	free(text);
	if (!a)
		fail_msg("%s", error);
	assert_int_equal(areas_count(a), 13);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		int found = at(a, places[i].lon, places[i].lat);
		if (found < 0 || strcmp(areas_code(a, (size_t)found), places[i].code) != 0)
			fail_msg("%s is found as %d", places[i].code, found);
	}
	assert_int_equal(at(a, 108.70, 34.34), -1); /* Xianyang */
	areas_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_area),
		cmocka_unit_test(leaves_holes_out),
		cmocka_unit_test(shared_border_belongs_to_one),
		cmocka_unit_test(finds_the_nearest),
		cmocka_unit_test(refuses_bad_geojson),
		cmocka_unit_test(knows_real_districts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
