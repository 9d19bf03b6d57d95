/* test_roads_learn.c - speeds learned from made-up trips whose truth is known, and from real tracks
 * where they are at hand. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dispatch/roads_learn.h"

static uint64_t seed = 11;
static double draw(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
	return sqrt(-2 * log(draw())) * cos(6.283185307179586 * draw());
}

/* ---- the estimator ---- */

enum { ZONES = 6, TRIPS = 4000 };

static double truth(int zone, int hour)
{
	return (0.85 + 0.1 * zone) * (hour >= 17 && hour < 20 ? 1.3 : 1.0);
}

/* Trips with a mean-one lognormal noise, one in ten with a stop in it; zone 5 is never driven. */
static size_t make_samples(struct roads_sample *s, size_t n, double outliers)
{
	for (size_t i = 0; i < n; i++) {
		int zone = (int)(draw() * (ZONES - 1)), hour = (int)(draw() * 24);
		double e = 120 + 400 * draw(), noise = exp(0.25 * normal() - 0.25 * 0.25 / 2);
		s[i] = (struct roads_sample){ .trip = i,
			.zone = (uint16_t)zone,
			.hour = (uint8_t)hour,
			.expected_s = e,
			.observed_s = e * truth(zone, hour) * noise,
			.age_days = 20 * draw() };
		if (draw() < outliers)
			s[i].observed_s += 1200 + 2000 * draw();
	}
	return n;
}

static double factor[ZONES][24], trips[ZONES][24];

static struct roads_learned learned(const struct roads_sample *s, size_t n)
{
	struct roads_learned l = { .factor = factor, .trips = trips };

	assert_true(roads_learn(s, n, ZONES, &l));
	return l;
}

static double mean_error(void)
{
	double sum = 0;

	for (int z = 0; z < ZONES - 1; z++)
		for (int h = 0; h < 24; h++)
			sum += fabs(factor[z][h] / truth(z, h) - 1);
	return sum / (24 * (ZONES - 1));
}

static void known_factors_are_found_again(void **state)
{
	static struct roads_sample s[TRIPS];

	(void)state;
	struct roads_learned l = learned(s, make_samples(s, TRIPS, 0));
	assert_true(mean_error() < 0.05);
	for (int h = 0; h < 24; h++)
		assert_float_equal(l.sigma[h], 0.25, 0.05);
	/* One trip in ten with a long stop moves it little; a mean of times would be off by half.
	 */
	learned(s, make_samples(s, TRIPS, 0.1));
	assert_true(mean_error() < 0.09);
}

static void little_is_believed_of_little(void **state)
{
	struct roads_sample s[8] = { 0 };

	(void)state;
	struct roads_learned l = learned(s, 0);
	for (int h = 0; h < 24; h++) {
		assert_float_equal(factor[2][h], 1, 1e-9);
		assert_float_equal(l.sigma[h], 0.25, 1e-9);
	}
	/* One trip that took five times as long. */
	s[0] = (struct roads_sample){ 1, 2, 8, 200, 1000, 0 };
	learned(s, 1);
	assert_true(factor[2][8] < 1.4 && factor[2][8] > 1.05);
	assert_true(factor[1][3] < 1.15);
	/* Nonsense is left out. */
	s[1] = (struct roads_sample){ 2, ZONES, 8, 200, 200, 0 };
	s[2] = (struct roads_sample){ 3, 0, 24, 200, 200, 0 };
	s[3] = (struct roads_sample){ 4, 0, 8, 0, 200, 0 };
	s[4] = (struct roads_sample){ 5, 0, 8, 200, NAN, 0 };
	s[5] = (struct roads_sample){ 6, 0, 8, 200, -1, 0 };
	double before = factor[2][8];
	learned(s, 6);
	assert_true(factor[2][8] == before);
	/* And nothing leaves its bounds. */
	for (int i = 0; i < 8; i++)
		s[i] = (struct roads_sample){ (uint64_t)i, 0, 8, 300, 1e7, 0 };
	learned(s, 8);
	assert_true(factor[0][8] <= 3);
}

static void what_was_never_driven_follows_city_and_hour(void **state)
{
	static struct roads_sample s[TRIPS];

	(void)state;
	learned(s, make_samples(s, TRIPS, 0.02));
	assert_true(factor[5][18] / factor[5][12] > 1.2);
	assert_float_equal(factor[5][12], 1.05, 0.1);
	assert_true(trips[5][12] <= 0 && trips[0][12] > 5);
}

static void old_trips_weigh_less(void **state)
{
	static struct roads_sample s[400];

	(void)state;
	for (size_t i = 0; i < 400; i++)
		s[i] = (struct roads_sample){ i, 0, 8, 200, i % 2 ? 300 : 200, i % 2 ? 1 : 60 };
	learned(s, 400);
	assert_float_equal(factor[0][8], 1.5, 0.1);
}

static void the_order_of_samples_changes_nothing(void **state)
{
	static struct roads_sample s[500], t[500];
	double first[ZONES][24];

	(void)state;
	make_samples(s, 500, 0.05);
	learned(s, 500);
	memcpy(first, factor, sizeof(first));
	for (size_t i = 0; i < 500; i++)
		t[i] = s[499 - i];
	learned(t, 500);
	for (int z = 0; z < ZONES; z++)
		for (int h = 0; h < 24; h++)
			assert_float_equal(factor[z][h], first[z][h], 1e-9);
}

/* ---- matching ---- */

enum { SIDE = 15, FIXES = 2000 };

static struct lonlat crossing(double x, double y)
{
	return (struct lonlat){ 108.9 + x * 0.003, 34.2 + y * 0.0027 };
}

static struct roads *town(void)
{
	struct roads_builder *b = roads_builder_new();
	struct roads_fault f = { "" };

	for (int i = 0; i < SIDE * SIDE; i++)
		assert_true(roads_add_node(b, i, crossing(i % SIDE, i / SIDE), &f));
	for (int i = 0; i < SIDE * SIDE; i++) {
		struct roads_new_edge e = { .from = i,
			.class_ = i / SIDE % 3 ? ROAD_RESIDENTIAL : ROAD_SECONDARY,
			.both_ways = true };
		e.to = i + 1;
		if (i % SIDE + 1 < SIDE)
			assert_true(roads_add_edge(b, &e, &f));
		e.to = i + SIDE;
		if (i / SIDE + 1 < SIDE)
			assert_true(roads_add_edge(b, &e, &f));
	}
	return roads_build(b, NULL, NULL, &f);
}

static const int64_t NIGHT = INT64_C(19) * 3600 * 1000000; /* 3 h */

/* Fixes every 5 s along a way that takes `slow` times as long, with 8 m of noise. */
static size_t drive(
	const struct roads *r, const struct roads_path *p, double slow, struct track_fix *ret)
{
	size_t n = 0;

	for (double s = 0; s < p->seconds * slow && n < FIXES; s += 5) {
		double course, speed;
		struct lonlat at = roads_along(r, p, s / slow, &course, &speed);
		at.lon += normal() * 8 / 92000;
		at.lat += normal() * 8 / 111195;
		ret[n++] = (struct track_fix){ at, NIGHT + (int64_t)(s * 1e6), 10,
			n % 3 ? course : -1, n % 3 ? speed / slow : -1 };
	}
	return n;
}

static void driven_ways_teach_their_factor(void **state)
{
	static struct track_fix fix[FIXES];
	static struct roads_sample s[500];
	struct roads_stretch stretch[100];
	struct roads *r = town();
	struct roads_router *q = roads_router_new(r, NULL);
	double f[1][24], t[1][24], expected = 0, driven = 0;
	size_t n_samples = 0;

	(void)state;
	for (int trip = 0; trip < 80; trip++) {
		struct travel_from from = { .at = crossing(14 * draw(), 14 * draw()) };
		struct roads_path p;
		assert_true(roads_path(q, &from, crossing(14 * draw(), 14 * draw()), NIGHT, &p));
		double slow = 1.4 * exp(0.2 * normal() - 0.02);
		size_t n = drive(r, &p, slow, fix);
		size_t found = roads_stretches(q, fix, n, stretch, 100);
		driven += p.seconds;
		for (size_t i = 0; i < found; i++) {
			assert_true(stretch[i].last > stretch[i].first && stretch[i].last < n);
			expected += stretch[i].expected_s;
		}
		found = roads_add_up(stretch, found);
		assert_true(found <= 2);
		for (size_t i = 0; i < found; i++)
			s[n_samples++] = (struct roads_sample){ (uint64_t)trip, stretch[i].zone,
				stretch[i].hour, stretch[i].expected_s, stretch[i].observed_s, 0 };
		roads_path_free(&p);
	}
	assert_true(expected > 0.5 * driven); /* most of the driving is put to use */
	struct roads_learned l = { .factor = f, .trips = t };
	assert_true(roads_learn(s, n_samples, 1, &l));
	assert_float_equal(f[0][3], 1.4, 0.1);
	assert_float_equal(l.sigma[3], 0.2, 0.06);
	roads_router_free(q);
	roads_free(r);
}

static void detours_and_standing_teach_nothing(void **state)
{
	static struct track_fix fix[FIXES];
	struct roads_stretch stretch[100];
	struct roads *r = town();
	struct roads_router *q = roads_router_new(r, NULL);
	size_t n = 0;

	(void)state;
	/* Round three sides of a block of 4 x 4, again and again. */
	static const double corner[][2] = { { 2, 2 }, { 2, 6 }, { 6, 6 }, { 6, 2 } };
	for (int side = 0; side < 3; side++)
		for (int i = 0; i < 8; i++) {
			double k = i / 8.0;
			struct lonlat at = crossing(
				corner[side][0] + k * (corner[side + 1][0] - corner[side][0]),
				corner[side][1] + k * (corner[side + 1][1] - corner[side][1]));
			fix[n] = (struct track_fix){ at, NIGHT + (int64_t)n * 7500000, 5, -1, -1 };
			n++;
		}
	size_t found = roads_stretches(q, fix, n, stretch, 100);
	for (size_t i = 0; i < found; i++)
		assert_true(stretch[i].metres < 1800); /* parts, but never the short cut */
	for (n = 0; n < 200; n++)
		fix[n] = (struct track_fix){ crossing(3 + normal() * 0.02, 3 + normal() * 0.02),
			NIGHT + (int64_t)n * 5000000, 10, -1, 0 };
	assert_int_equal(roads_stretches(q, fix, n, stretch, 100), 0);
	/* Off all roads, and with bad fixes. */
	for (n = 0; n < 200; n++)
		fix[n] = (struct track_fix){ { 109.5 + (double)n * 1e-3, 34.9 },
			NIGHT + (int64_t)n * 5000000, 10, -1, -1 };
	assert_int_equal(roads_stretches(q, fix, n, stretch, 100), 0);
	for (n = 0; n < 200; n++)
		fix[n] = (struct track_fix){ crossing(3, (double)n * 0.05),
			NIGHT + (int64_t)n * 5000000, 500, -1, -1 };
	assert_int_equal(roads_stretches(q, fix, n, stretch, 100), 0);
	roads_router_free(q);
	roads_free(r);
}

/* ---- real tracks of a public matching benchmark, with the true way of each ---- */

struct arcs {
	uint32_t ends[20000][2];
	bool on_route[20000];
	size_t n;
};

static FILE *open_part(const char *dir, const char *id, const char *part)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.%s", dir, id, part);
	return fopen(path, "r");
}

static struct roads *real_map(const char *dir, const char *id, struct arcs *arcs)
{
	FILE *nodes = open_part(dir, id, "nodes"), *a = open_part(dir, id, "arcs");
	FILE *route = open_part(dir, id, "route");
	struct roads_builder *b = roads_builder_new();
	struct roads_fault f = { "" };
	struct lonlat at;
	unsigned from, to, arc;

	assert_true(nodes && a && route);
	for (int64_t i = 0; fscanf(nodes, "%lf %lf", &at.lon, &at.lat) == 2; i++)
		assert_true(roads_add_node(b, i, at, &f));
	memset(arcs, 0, sizeof(*arcs));
	while (fscanf(a, "%u %u", &from, &to) == 2) {
		struct roads_new_edge e = {
			.from = from, .to = to, .class_ = ROAD_SECONDARY, .way = (int64_t)arcs->n
		};
		if (from != to && !roads_add_edge(b, &e, &f))
			fail_msg("%s", f.text);
		arcs->ends[arcs->n][0] = from;
		arcs->ends[arcs->n++][1] = to;
		assert_true(arcs->n < 20000);
	}
	while (fscanf(route, "%u", &arc) == 1)
		if (arc < arcs->n)
			arcs->on_route[arc] = true;
	fclose(nodes);
	fclose(a);
	fclose(route);
	return roads_build(b, &(struct roads_options){ .keep_parts = true }, NULL, &f);
}

static size_t real_track(const char *dir, const char *id, struct track_fix *ret)
{
	FILE *f = open_part(dir, id, "track");
	double lon, lat, t;
	size_t n = 0;

	assert_non_null(f);
	while (n < FIXES && fscanf(f, "%lf %lf %lf", &lon, &lat, &t) == 3)
		ret[n++] = (struct track_fix){ { lon, lat }, (int64_t)(t * 1e6), 0, -1, -1 };
	fclose(f);
	return n;
}

/* Metres of the ways found, and those of them on the true route. */
static void compare(struct roads_router *q, const struct track_fix *fix, size_t n,
	const struct arcs *arcs, double *metres, double *right)
{
	struct roads_stretch s[200];
	size_t found = roads_stretches(q, fix, n, s, 200);
	const struct roads_edge *edges = roads_edges(roads_router_graph(q));

	for (size_t i = 0; i < found; i++) {
		struct travel_from from = { .at = fix[s[i].first].at };
		struct roads_path p;
		int64_t mid = fix[s[i].first].at_us / 2 + fix[s[i].last].at_us / 2;
		if (!roads_path(q, &from, fix[s[i].last].at, mid, &p))
			continue;
		for (size_t k = 0; k < p.n; k++) {
			double m = p.steps[k].until_m - (k ? p.steps[k - 1].until_m : 0);
			*metres += m;
			if (arcs->on_route[edges[p.steps[k].edge].way])
				*right += m;
		}
		roads_path_free(&p);
	}
}

static void real_tracks_match_their_true_ways(void **state)
{
	static const char *const ids[] = { "00000005", "00000007", "00000026", "00000027",
		"00000039" };
	static struct track_fix fix[FIXES];
	static struct arcs arcs;
	const char *shared = getenv("JB_SHARED");
	char dir[400];
	double metres = 0, right = 0;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/data/gps/open_tracks",
		shared ? shared : JB_SOURCE_DIR "/../shared");
	DIR *there = opendir(dir);
	if (!there)
		skip();
	closedir(there);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct roads *r = real_map(dir, ids[i], &arcs);
		assert_non_null(r);
		struct roads_router *q = roads_router_new(r, NULL);
		double m = 0, ok = 0;
		compare(q, fix, real_track(dir, ids[i], fix), &arcs, &m, &ok);
		print_message("track %s: %.1f km put to use, %.1f %% of it on the true way\n",
			ids[i], m / 1000, m > 0 ? 100 * ok / m : 0);
		metres += m;
		right += ok;
		roads_router_free(q);
		roads_free(r);
	}
	assert_true(metres > 20000);
	assert_true(right > 0.95 * metres);
}

/* ---- a week of a real city whose speeds nobody knew ---- */

enum { CITY_TRIPS = 2000, CITY_CHECKS = 300 };

static double hidden(uint16_t zone, int hour)
{
	uint64_t x = (zone * 24u + (unsigned)hour + 1) * UINT64_C(0x9e3779b97f4a7c15);

	x ^= x >> 31;
	return 0.8 + 0.45 * (double)(x * UINT64_C(0xbf58476d1ce4e5b9) >> 11) / 9007199254740992.0;
}

/* A city that is 15 % slower than thought on the whole, and each district and hour in its own way.
 */
static struct roads_router *true_city(struct roads *r, double (*f)[24])
{
	struct roads_speeds s = roads_default_speeds();

	s.n_zones = roads_n_zones(r);
	s.factor = f;
	for (uint16_t z = 0; z < s.n_zones; z++)
		for (int h = 0; h < 24; h++)
			f[z][h] = 1.15 * hidden(z, h);
	return roads_router_new(r, &s);
}

struct trip {
	struct travel_from from;
	struct lonlat to;
	int64_t at_us;
};

static struct trip draw_trip(const struct roads *r)
{
	struct trip t = { .from.at =
				  roads_node_at(r, (uint32_t)(draw() * (double)roads_n_nodes(r))),
		.at_us = (int64_t)(draw() * 24 * 3600) * 1000000 };

	do
		t.to = roads_node_at(r, (uint32_t)(draw() * (double)roads_n_nodes(r)));
	while (geo_distance_m(t.from.at, t.to) > 5000 || geo_distance_m(t.from.at, t.to) < 800);
	return t;
}

/* Fixes every 10 s with 15 m of error. */
static size_t drive_city(const struct roads *r, const struct roads_path *p, double noise,
	int64_t at_us, struct track_fix *ret)
{
	size_t n = 0;

	for (double s = 0; s < p->seconds * noise && n < FIXES; s += 10) {
		double course, speed;
		struct lonlat at = roads_along(r, p, s / noise, &course, &speed);
		at.lon += normal() * 10 / 92000;
		at.lat += normal() * 10 / 111195;
		ret[n++] = (struct track_fix){ at, at_us + (int64_t)(s * 1e6), 15, course,
			speed / noise };
	}
	return n;
}

static double eta_error(struct roads_router *q, struct roads_router *truth)
{
	const struct roads *r = roads_router_graph(q);
	uint64_t before = seed;
	double sum = 0;

	seed = 4711;
	for (int i = 0; i < CITY_CHECKS; i++) {
		struct trip t = draw_trip(r);
		struct roads_path a, b;
		assert_true(roads_path(q, &t.from, t.to, t.at_us, &a));
		assert_true(roads_path(truth, &t.from, t.to, t.at_us, &b));
		sum += fabs(log(a.seconds / b.seconds));
		roads_path_free(&a);
		roads_path_free(&b);
	}
	seed = before;
	return sum / CITY_CHECKS;
}

static struct roads *real_city(const char *shared)
{
	char nodes[500], edges[500], map[500], *why = NULL;
	struct roads_fault f = { "" };
	struct areas *a = NULL;

	snprintf(nodes, sizeof(nodes), "%s/data/xian/roads/xian_core_nodes.csv", shared);
	snprintf(edges, sizeof(edges), "%s/data/xian/roads/xian_core_edges.csv", shared);
	snprintf(map, sizeof(map), "%s/data/xian/districts/xian_districts_wgs84.geojson", shared);
	FILE *in = fopen(map, "r");
	if (!in)
		return NULL;
	char *text = malloc(1 << 24);
	size_t n = fread(text, 1, 1 << 24, in);
	fclose(in);
	a = areas_from_geojson(text, n, "adcode", "name", &why);
	free(text);
	assert_non_null(a);
	struct roads *r =
		roads_from_csv(nodes, edges, &(struct roads_options){ .districts = a }, NULL, &f);
	areas_free(a);
	if (!r)
		fail_msg("%s", f.text);
	return r;
}

/* What the trips of a week teach of it. */
static void learn_city(
	struct roads_router *plain, struct roads_router *truth, struct roads_learned *ret)
{
	static struct roads_sample s[CITY_TRIPS * 4];
	static struct track_fix fix[FIXES];
	struct roads_stretch stretch[100];
	size_t n = 0, trips_used = 0;

	for (int i = 0; i < CITY_TRIPS; i++) {
		struct trip t = draw_trip(roads_router_graph(plain));
		struct roads_path p;
		assert_true(roads_path(truth, &t.from, t.to, t.at_us, &p));
		size_t found = drive_city(roads_router_graph(plain), &p,
			exp(0.25 * normal() - 0.25 * 0.25 / 2), t.at_us, fix);
		found = roads_add_up(stretch, roads_stretches(plain, fix, found, stretch, 100));
		trips_used += found > 0;
		for (size_t k = 0; k < found && n < CITY_TRIPS * 4; k++)
			s[n++] = (struct roads_sample){ (uint64_t)i, stretch[k].zone,
				stretch[k].hour, stretch[k].expected_s, stretch[k].observed_s,
				7 * draw() };
		roads_path_free(&p);
	}
	assert_true(trips_used > CITY_TRIPS / 2);
	assert_true(roads_learn(s, n, roads_n_zones(roads_router_graph(plain)), ret));
}

static void a_week_of_trips_teaches_a_city(void **state)
{
	const char *shared = getenv("JB_SHARED");
	struct roads *r = real_city(shared ? shared : JB_SOURCE_DIR "/../shared");

	(void)state;
	if (!r)
		skip();
	size_t zones = roads_n_zones(r);
	struct roads_learned l = { .factor = calloc(zones, sizeof(*l.factor)),
		.trips = calloc(zones, sizeof(*l.trips)) };
	double(*f)[24] = calloc(zones, sizeof(*f));
	struct roads_router *plain = roads_router_new(r, NULL), *truth = true_city(r, f);
	double before = eta_error(plain, truth);
	learn_city(plain, truth, &l);
	struct roads_speeds s = roads_default_speeds();
	s.n_zones = zones;
	s.factor = l.factor;
	assert_true(roads_router_set_speeds(plain, &s));
	double after = eta_error(plain, truth);
	print_message("mean error of expected times: %.1f %% before, %.1f %% after %d trips\n",
		100 * before, 100 * after, CITY_TRIPS);
	assert_true(after < 0.6 * before);
	free(l.factor);
	free(l.trips);
	free(f);
	roads_router_free(plain);
	roads_router_free(truth);
	roads_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_factors_are_found_again),
		cmocka_unit_test(little_is_believed_of_little),
		cmocka_unit_test(what_was_never_driven_follows_city_and_hour),
		cmocka_unit_test(old_trips_weigh_less),
		cmocka_unit_test(the_order_of_samples_changes_nothing),
		cmocka_unit_test(driven_ways_teach_their_factor),
		cmocka_unit_test(detours_and_standing_teach_nothing),
		cmocka_unit_test(a_week_of_trips_teaches_a_city),
		cmocka_unit_test(real_tracks_match_their_true_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
