/* test_geo.c - datum vectors, round trips, distances, and the guarantee of the grid cells. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "kit/geo.h"
#include "jingbao/v1/common.pb-c.h"

static void near(double got, double want, double within)
{
	if (!(fabs(got - want) <= within))
		fail_msg("%.9f is not %.9f", got, want);
}

/* Published vectors near Xi'an's Bell Tower and the south second ring, to the sixth digit. */
static const struct {
	struct lonlat wgs, gcj, bd;
	double gcj_m, bd_m;
} vectors[] = {
	{ { 108.940000, 34.260000 }, { 108.944650, 34.258409 }, { 108.951080, 34.264636 }, 463,
		1141 },
	{ { 108.960000, 34.220000 }, { 108.964709, 34.218435 }, { 108.971125, 34.224757 }, 467,
		1152 },
};

static void meets_the_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		struct lonlat gcj = wgs84_to_gcj02(vectors[i].wgs), bd = gcj02_to_bd09(gcj);

		near(gcj.lon, vectors[i].gcj.lon, 6e-7);
		near(gcj.lat, vectors[i].gcj.lat, 6e-7);
		near(bd.lon, vectors[i].bd.lon, 6e-7);
		near(bd.lat, vectors[i].bd.lat, 6e-7);
		near(geo_distance_m(vectors[i].wgs, gcj), vectors[i].gcj_m, 1.0);
		near(geo_distance_m(vectors[i].wgs, bd), vectors[i].bd_m, 1.0);
	}
}

static void comes_back(void **state)
{
	(void)state;
	for (double lon = 73; lon < 137; lon += 3.7) {
		for (double lat = 2; lat < 55; lat += 2.9) {
			struct lonlat p = { lon, lat }, q;

			q = gcj02_to_wgs84(wgs84_to_gcj02(p));
			near(q.lon, lon, 1e-7);
			near(q.lat, lat, 1e-7);
			q = bd09_to_gcj02(gcj02_to_bd09(p));
			near(q.lon, lon, 1e-7);
			near(q.lat, lat, 1e-7);
		}
	}
}

static void knows_every_datum(void **state)
{
	struct lonlat p = { 108.96, 34.22 }, q;
	static const int good[] = { PB__DATUM__VALUE__WGS84, PB__DATUM__VALUE__GCJ02,
		PB__DATUM__VALUE__BD09, PB__DATUM__VALUE__CGCS2000 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(geo_from_wgs84(good[i], p, &q));
		assert_true(geo_to_wgs84(good[i], q, &q));
		near(q.lon, p.lon, 1e-7);
		near(q.lat, p.lat, 1e-7);
	}
	assert_false(geo_to_wgs84(PB__DATUM__VALUE__UNSPECIFIED, p, &q));
	assert_false(geo_to_wgs84(99, p, &q));
	assert_false(geo_from_wgs84(-1, p, &q));
	assert_true(geo_to_wgs84(PB__DATUM__VALUE__BD09, vectors[1].bd, &q));
	near(q.lon, 108.96, 2e-6);
	near(q.lat, 34.22, 2e-6);
}

static void leaves_the_world_outside_alone(void **state)
{
	struct lonlat london = { -0.1276, 51.5072 }, q = wgs84_to_gcj02(london);

	(void)state;
	assert_true(q.lon == london.lon && q.lat == london.lat);
	q = gcj02_to_wgs84(london);
	assert_true(q.lon == london.lon && q.lat == london.lat);
}

static void measures_distance(void **state)
{
	struct lonlat a = { 108.94, 34.26 };

	(void)state;
	near(geo_distance_m(a, a), 0, 0);
	/* One degree of latitude on the mean sphere. */
	near(geo_distance_m(a, (struct lonlat){ 108.94, 35.26 }), 111195.08, 0.1);
	/* Antipodes: half the circumference, no NaN. */
	near(geo_distance_m((struct lonlat){ 0, 0 }, (struct lonlat){ 180, 0 }), 20015114.4, 1);
}

static void judges_validity(void **state)
{
	(void)state;
	assert_true(geo_valid((struct lonlat){ -180, 90 }));
	assert_false(geo_valid((struct lonlat){ 180.1, 0 }));
	assert_false(geo_valid((struct lonlat){ 0, -90.0001 }));
	assert_false(geo_valid((struct lonlat){ NAN, 0 }));
	assert_false(geo_valid((struct lonlat){ 0, INFINITY }));
}

/* Whatever is within size_m is in one of the nine cells: the promise near-by search rests on. */
static void cells_miss_nothing(void **state)
{
	unsigned short seed[3] = { 1, 2, 3 };

	(void)state;
	for (int i = 0; i < 200000; i++) {
		double size = i % 2 ? 300 : 1000;
		/* Around Xi'an, with the whole degree 34 and 35 crossed often. */
		struct lonlat p = { 107 + 3 * erand48(seed),
			i % 3 ? 33 + 2.5 * erand48(seed) : 34.99 + 0.02 * erand48(seed) };
		double angle = 6.2831853 * erand48(seed), far = size * 0.999 * erand48(seed);
		struct lonlat q = { p.lon + far * sin(angle) / (111195.08 * cos(p.lat / 57.29578)),
			p.lat + far * cos(angle) / 111195.08 };
		int64_t around[9], cell = geo_cell(q, size);
		bool found = false;

		geo_cells_around(p, size, around);
		for (int k = 0; k < 9; k++)
			found |= around[k] == cell;
		if (!found)
			fail_msg("%f %f misses %f %f at %f m", p.lon, p.lat, q.lon, q.lat, far);
	}
	assert_true(geo_cell((struct lonlat){ 108.94, 34.26 }, 300) !=
		    geo_cell((struct lonlat){ 108.95, 34.26 }, 300));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meets_the_vectors),
		cmocka_unit_test(comes_back),
		cmocka_unit_test(knows_every_datum),
		cmocka_unit_test(leaves_the_world_outside_alone),
		cmocka_unit_test(measures_distance),
		cmocka_unit_test(judges_validity),
		cmocka_unit_test(cells_miss_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
