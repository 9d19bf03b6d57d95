/* look.c - `roads info`, `path` and `check`. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"
#include "roads.h"

static int64_t at_hour(int hour)
{
	return (hour + 16) % 24 * INT64_C(3600) * US_PER_S; /* Asia/Shanghai is UTC+8 */
}

static void print_classes(const struct roads *r)
{
	double km[ROAD_CLASSES] = { 0 }, hours[ROAD_CLASSES] = { 0 };
	size_t n[ROAD_CLASSES] = { 0 };

	for (uint32_t i = 0; i < roads_n_edges(r); i++) {
		const struct roads_edge *e = &roads_edges(r)[i];
		km[e->class_] += e->length_cm / 1e5;
		hours[e->class_] += e->base_ms / 3.6e6;
		n[e->class_]++;
	}
	printf("%-16s %10s %10s %8s\n", "class", "edges", "km", "km/h");
	for (int c = 0; c < ROAD_CLASSES; c++)
		if (n[c])
			printf("%-16s %10zu %10.1f %8.1f\n", road_class_name((enum road_class)c),
				n[c], km[c], hours[c] > 0 ? km[c] / hours[c] : 0);
}

static void print_zones(const struct roads *r)
{
	size_t *n = calloc(roads_n_zones(r), sizeof(*n));

	if (!n)
		return;
	for (uint32_t i = 0; i < roads_n_edges(r); i++)
		n[roads_edges(r)[i].zone]++;
	for (size_t z = 0; z < roads_n_zones(r); z++)
		if (n[z])
			printf("district %-8s %8zu edges\n",
				*roads_zone_code(r, z) ? roads_zone_code(r, z) : "(none)", n[z]);
	free(n);
}

int info_main(int argc, char **argv)
{
	struct roads *r;
	struct lonlat sw, ne;

	if (argc != 2) {
		complain("info wants a graph");
		return 2;
	}
	r = open_graph(argv[1]);
	if (!r)
		return 1;
	roads_bounds(r, &sw, &ne);
	printf("nodes %zu\nedges %zu\nbounds %.5f,%.5f,%.5f,%.5f\ndigest %s\n", roads_n_nodes(r),
		roads_n_edges(r), sw.lon, sw.lat, ne.lon, ne.lat, roads_digest(r));
	if (*roads_source(r))
		printf("source %s\n", roads_source(r));
	print_classes(r);
	print_zones(r);
	roads_free(r);
	return 0;
}

/* ---- path ---- */

static void print_path(const struct roads *r, const struct roads_path *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct roads_edge *e = &roads_edges(r)[p->steps[i].edge];
		const char *name = roads_edge_name(r, p->steps[i].edge);
		bool goes_on = i + 1 < p->n &&
			       !strcmp(name, roads_edge_name(r, p->steps[i + 1].edge)) &&
			       e->class_ == roads_edges(r)[p->steps[i + 1].edge].class_;
		if (!goes_on)
			printf("%8.0f s %8.0f m  %-14s %s\n", p->steps[i].until_s,
				p->steps[i].until_m, road_class_name((enum road_class)e->class_),
				name);
	}
	printf("%.0f s over %.0f m, %.1f km/h\n", p->seconds, p->metres,
		p->seconds > 0 ? p->metres / p->seconds * 3.6 : 0);
}

static int print_way(struct roads *r, struct lonlat from, struct lonlat to, int hour)
{
	struct roads_router *q = roads_router_new(r, NULL);
	struct travel_from start = { .at = from, .course_deg = -1 };
	struct roads_path p;
	int code = 1;

	if (!q) {
		complain("out of memory");
	} else if (!roads_path(q, &start, to, at_hour(hour), &p)) {
		complain("one of the places is too far from any road");
	} else {
		print_path(r, &p);
		roads_path_free(&p);
		code = 0;
	}
	roads_router_free(q);
	return code;
}

int path_main(int argc, char **argv)
{
	struct lonlat from, to;
	long hour = 12;
	char *end;

	if (argc == 8 && !strcmp(argv[6], "--hour")) {
		hour = strtol(argv[7], &end, 10);
		argc = *end || end == argv[7] || hour < 0 || hour > 23 ? 0 : 6;
	}
	if (argc != 6) {
		complain("path wants GRAPH LON LAT LON LAT, and perhaps --hour 0..23");
		return 2;
	}
	if (!read_degrees_arg(argv[2], "longitude", 180, &from.lon) ||
		!read_degrees_arg(argv[3], "latitude", 90, &from.lat) ||
		!read_degrees_arg(argv[4], "longitude", 180, &to.lon) ||
		!read_degrees_arg(argv[5], "latitude", 90, &to.lat))
		return 2;
	struct roads *r = open_graph(argv[1]);
	int code = r ? print_way(r, from, to, (int)hour) : 1;
	roads_free(r);
	return code;
}

/* ---- check ---- */

enum { CHECK_PAIRS = 40 };

static uint32_t draw(uint64_t *state, uint32_t n)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((*state >> 33) % n);
}

/* Forwards and backwards must agree to the millisecond, and everything must be reached. */
static size_t check_searches(struct roads_router *q)
{
	uint32_t n = (uint32_t)roads_n_nodes(roads_router_graph(q));
	uint32_t *to = calloc(n, sizeof(*to)), *from = calloc(n, sizeof(*from));
	uint64_t state = 1;
	size_t wrong = 0, unreached = 0;

	for (int i = 0; to && from && i < CHECK_PAIRS; i++) {
		uint32_t a = draw(&state, n), b = draw(&state, n);
		int hour = (int)draw(&state, 24);
		roads_node_to(q, b, hour, to);
		roads_node_from(q, a, hour, from);
		wrong += to[a] != from[b];
		for (uint32_t k = 0; k < n; k++)
			unreached += to[k] == ROADS_UNREACHED;
	}
	free(to);
	free(from);
	if (unreached)
		printf("places without a way to others: %zu\n", unreached / CHECK_PAIRS);
	printf("searches forwards and backwards: %zu of %d disagree\n", wrong, CHECK_PAIRS);
	return wrong;
}

/* Lengths below the straight line, and speeds nobody drives, are told. */
static void check_edges(const struct roads *r)
{
	size_t shorter = 0, fast = 0, slow = 0;

	for (uint32_t i = 0; i < roads_n_edges(r); i++) {
		const struct roads_edge *e = &roads_edges(r)[i];
		double crow = geo_distance_m(roads_node_at(r, e->from), roads_node_at(r, e->to));
		double kmh = e->length_cm / 100.0 / (e->base_ms / 1000.0) * 3.6;
		shorter += e->length_cm / 100.0 < 0.97 * crow - 2;
		fast += kmh > 130;
		slow += kmh < 4 && e->base_ms > 5000;
	}
	printf("edges shorter than the straight line: %zu; above 130 km/h: %zu; below 4 km/h: "
	       "%zu\n",
		shorter, fast, slow);
}

int check_main(int argc, char **argv)
{
	struct roads *r;

	if (argc != 2) {
		complain("check wants a graph");
		return 2;
	}
	r = open_graph(argv[1]);
	if (!r)
		return 1;
	printf("format, checksum and every index: in order\n");
	check_edges(r);
	struct roads_router *q = roads_router_new(r, NULL);
	size_t wrong = q ? check_searches(q) : 1;
	if (q)
		printf("straight line must be taken times %.3f to agree\n",
			roads_fit_straight(q).factor);
	roads_router_free(q);
	roads_free(r);
	return wrong ? 1 : 0;
}
