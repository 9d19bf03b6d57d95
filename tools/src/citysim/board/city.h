/* city.h - the road graph of the simulated city, and everybody's free-flow driving times on it.
 *
 * Times to a node are found by one backward search when they are first asked for and kept (16 bits,
 * quarter seconds, and the arc to take), so that a long run has the times of all pairs and a short
 * one doesn't wait for them. Nodes are numbered 0..n-1 within the greatest strongly connected part;
 * the rest is dropped. Thread: one city per thread.
 */
#ifndef BOARD_CITY_H
#define BOARD_CITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kit/geo.h"
#include "prng.h"

struct arc {
	uint32_t tail, head;
	float s; /* free flow */
	float m;
	int32_t twin; /* the arc back, -1 when one-way */
	bool closed;
};

struct row {
	uint16_t *quarter_s; /* by node; CITY_FAR: not within 4.5 h */
	uint8_t *next;       /* by node: which of its out-arcs leads there */
};

enum { CITY_FAR = 65535, CITY_NAME_MAX = 24 };

struct city {
	size_t n_nodes, n_arcs;
	struct lonlat *at;
	char (*name)[CITY_NAME_MAX]; /* the file's own name of the node */
	struct arc *arcs;            /* by tail */
	uint32_t *first_out;         /* n_nodes + 1 */
	uint32_t *first_in;          /* n_nodes + 1 */
	uint32_t *in;                /* arcs by head */
	float *busy;                 /* 0..1: how busy the fastest road at a node is */
	double max_mps;              /* fastest arc */
	double trip_kmh;             /* mean free-flow speed of trips between random nodes */
	bool timed;                  /* the file gave times, nothing was calibrated */
	size_t n_dropped;            /* nodes outside the strongly connected part */
	size_t n_closed;
	struct row *rows; /* by node */
	uint32_t *row_ring;
	size_t n_rows, max_rows, ring_at;
	struct search *search;
	struct grid *grid;
};

/* A place on the road network: `done` (0..1) of an arc. */
struct spot {
	uint32_t arc;
	double done;
};

/* Draft of a graph, by node number; city_build takes it over (and frees it). */
struct draft {
	struct lonlat *at;
	char (*name)[CITY_NAME_MAX];
	size_t n_nodes, nodes_size;
	struct draft_arc {
		uint32_t tail, head;
		double m, s; /* s 0: by speed of the class */
		double kmh;
		bool closed;
	} * arcs;
	size_t n_arcs, arcs_size;
};

bool draft_node(struct draft *d, struct lonlat at, const char *name);
bool draft_arc(struct draft *d, struct draft_arc a);
void draft_free(struct draft *d);

/* Free-flow speed of an OpenStreetMap road class before calibration. */
double city_class_kmh(const char *fclass);

/* Closed arcs are left out. Speeds are scaled so that short trips between busy nodes run at
 * `trip_kmh` free flow, when at least one arc had no time of its own. NULL and a text in error. */
struct city *city_build(struct draft *d, double trip_kmh, char *error, size_t size);
void city_free(struct city *c);

const struct row *city_row(struct city *c, uint32_t target);
double city_s(struct city *c, uint32_t from, uint32_t to); /* INFINITY when too far */
uint32_t city_next_arc(struct city *c, uint32_t from, uint32_t to);

/* A node at random, the busier the likelier. */
uint32_t city_draw_node(struct city *c, struct prng *r);

uint32_t city_nearest_node(struct city *c, struct lonlat p);
/* Where a position may lie, likeliest first, with weights that add up to 1: nodes for who stands
 * (course_deg < 0: then spot.done is 0 and spot.arc leaves the node), arcs that lead about that way
 * for who drives. Returns how many, at least 1. */
enum { CITY_GUESSES = 4 };
struct guess {
	struct spot spot;
	double weight, off_m;
};
size_t city_guess(
	struct city *c, struct lonlat p, double course_deg, struct guess ret[static CITY_GUESSES]);
struct lonlat city_place(const struct city *c, struct spot s);
double city_course(const struct city *c, uint32_t arc); /* degrees from north */
/* Metres east and north of another place. */
void city_metres(const struct city *c, struct lonlat from, struct lonlat to, double ret[2]);
struct lonlat city_shift(const struct city *c, struct lonlat p, double east_m, double north_m);

#endif
