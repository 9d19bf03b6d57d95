/* roads.h - a directed road graph: places projected on its edges, travel times over it by class of
 * road and hour, paths to drive along.
 *
 *   struct roads         the graph. Immutable: any number of threads may read it. Held as one image
 *                        of bytes, the same in a file (tools/roads) and in memory (the builder).
 *   struct roads_speeds  how times depend on hour, class and district; learned factors go in here.
 *   struct roads_router  searches over one graph with one set of speeds: scratch memory and a cache
 *                        of searches. One thread at a time.
 *
 * Times of edges are kept for free flow. In hour h an edge of class c in zone z takes
 *   base x congestion[h]^exponent[c] x factor[z][h]
 * Nodes outside the main strongly connected part are left out when a graph is built, so between any
 * two places on it there is a way. Positions are WGS-84.
 */
#ifndef DISPATCH_ROADS_H
#define DISPATCH_ROADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "dispatch/travel.h"

/* What went wrong, naming file and line or offset. The first failure is kept. */
struct roads_fault {
	char text[400];
};

enum road_class {
	ROAD_MOTORWAY,
	ROAD_TRUNK,
	ROAD_PRIMARY,
	ROAD_SECONDARY,
	ROAD_TERTIARY,
	ROAD_UNCLASSIFIED,
	ROAD_RESIDENTIAL,
	ROAD_LIVING_STREET,
	ROAD_SERVICE,
	ROAD_MOTORWAY_LINK,
	ROAD_TRUNK_LINK,
	ROAD_PRIMARY_LINK,
	ROAD_SECONDARY_LINK,
	ROAD_TERTIARY_LINK,
	ROAD_CLASSES
};
const char *road_class_name(enum road_class c);
/* From OpenStreetMap's highway value; false for what cars don't drive on. */
bool road_class_of(const char *highway, enum road_class *ret);
/* Free-flow speed of a class; with a signed limit (km/h, 0 none) that of the limit. */
double road_class_kmh(enum road_class c, double limit_kmh);

/* ---- the graph ---- */

struct roads;

struct roads_edge {
	uint32_t from, to; /* nodes */
	uint32_t base_ms;  /* in free flow */
	uint32_t length_cm;
	uint32_t name;  /* offset: roads_edge_name */
	uint32_t shape; /* first inner point */
	uint16_t inner; /* inner points; they lie in reverse when ROADS_REVERSED */
	uint16_t zone;  /* index of its district; 0 is "none known" */
	uint8_t class_; /* enum road_class */
	uint8_t limit;  /* signed, km/h; 0 none */
	uint8_t flags;  /* ROADS_ */
	uint8_t unused;
	uint32_t way; /* the source's number of the road, as far as it fits */
};
enum { ROADS_REVERSED = 1, ROADS_ROUNDABOUT = 2 };
enum { ROADS_NONE = -1 }; /* no such node or edge */

/* A graph from a file of tools/roads: mapped (the file must not be written to, only replaced), or
 * read into memory, which is safe whatever happens to the file. Checked in full: checksum, sizes
 * and every index. NULL with a fault. */
struct roads *roads_load(const char *path, struct roads_fault *f);
struct roads *roads_read(const char *path, struct roads_fault *f);
/* From bytes somebody else keeps (8-byte aligned). */
struct roads *roads_from_image(const void *image, size_t len, struct roads_fault *f);
/* Writes beside `path`, then renames: a reader sees the old or the new one. */
bool roads_save(const struct roads *r, const char *path, struct roads_fault *f);
struct roads *roads_hold(struct roads *r); /* one more owner */
void roads_free(struct roads *r);          /* one owner less; NULL is fine */

size_t roads_n_nodes(const struct roads *r);
size_t roads_n_edges(const struct roads *r);
struct lonlat roads_node_at(const struct roads *r, uint32_t node);
int64_t roads_node_id(const struct roads *r, uint32_t node); /* the source's id */
int64_t roads_find_node(const struct roads *r, int64_t id);  /* ROADS_NONE when not in it */
const struct roads_edge *roads_edges(const struct roads *r); /* sorted by `from` */
/* Edges leaving a node: [*ret_first, *ret_end). */
void roads_out(const struct roads *r, uint32_t node, uint32_t *ret_first, uint32_t *ret_end);
const char *roads_edge_name(const struct roads *r, uint32_t edge); /* "" when none */
/* Points of an edge from start to end, `max` at most; returns how many there are. */
size_t roads_edge_points(const struct roads *r, uint32_t edge, struct lonlat *ret, size_t max);
size_t roads_n_zones(const struct roads *r);                     /* with zone 0 */
const char *roads_zone_code(const struct roads *r, size_t zone); /* "" for zone 0 */
void roads_bounds(const struct roads *r, struct lonlat *ret_sw, struct lonlat *ret_ne);
const char *roads_source(const struct roads *r); /* what it was made from, and its licence */
const char *roads_digest(const struct roads *r); /* of its content, hexadecimal */

/* ---- making one ---- */

struct roads_new_edge {
	int64_t from, to; /* ids of nodes */
	enum road_class class_;
	double length_m;            /* 0: measured along its points */
	double seconds;             /* in free flow; 0: by length, class and limit */
	double limit_kmh;           /* 0 none */
	const char *name;           /* NULL none */
	const struct lonlat *inner; /* points between its ends */
	size_t n_inner;
	int64_t way;
	bool both_ways, roundabout;
};
struct roads_options {
	const struct areas *districts; /* zones; NULL: one zone */
	const char *source;            /* text kept in the graph */
	int datum;                     /* of the positions given (Pb__Datum__Value); 0: WGS-84 */
	bool keep_parts;               /* keep nodes outside the main strongly connected part */
};
struct roads_report {
	size_t nodes, edges;                 /* kept */
	size_t dropped_nodes, dropped_edges; /* outside the main part */
	double km;
};
struct roads_builder;
struct roads_builder *roads_builder_new(void);
void roads_builder_free(struct roads_builder *b);
/* False with a fault: a node twice, a place outside the world, an unknown node, a negative or
 * impossible length. Nodes come before the edges that use them. */
bool roads_add_node(struct roads_builder *b, int64_t id, struct lonlat at, struct roads_fault *f);
bool roads_add_edge(struct roads_builder *b, const struct roads_new_edge *e, struct roads_fault *f);
/* The builder is used up. Nodes come out in an order along a curve through the plane, whatever
 * order they went in; the same content gives the same bytes. */
struct roads *roads_build(struct roads_builder *b, const struct roads_options *o,
	struct roads_report *ret, struct roads_fault *f);

/* From two CSV files, columns found by their headers (roads_csv.c names those it knows). */
struct roads *roads_from_csv(const char *nodes, const char *edges, const struct roads_options *o,
	struct roads_report *ret, struct roads_fault *f);
/* The same from text; the names are for faults. */
struct roads *roads_from_csv_text(const char *nodes, size_t nodes_len, const char *edges,
	size_t edges_len, const struct roads_options *o, struct roads_report *ret,
	struct roads_fault *f);

/* ---- places on it ---- */

struct roads_place {
	uint32_t edge;
	float along;      /* 0 at its start .. 1 at its end */
	float off_m;      /* distance from the road */
	struct lonlat at; /* the point on the road */
};
enum { ROADS_PLACES = 6 };
/* The edges a fix may be on, likeliest first: those about as near as the nearest, within
 * `radius_m`. With a course (>= 0) only edges that lead that way, where there are any. Returns how
 * many. */
size_t roads_project(const struct roads *r, struct lonlat at, double course_deg, double radius_m,
	struct roads_place ret[static ROADS_PLACES]);
/* The node nearest to a place; ROADS_NONE in an empty graph. */
int64_t roads_nearest_node(const struct roads *r, struct lonlat at, double *ret_m);

/* ---- speeds ---- */

struct roads_speeds {
	double congestion[24];         /* by hour; 1 in free flow */
	double exponent[ROAD_CLASSES]; /* how much a class feels of it */
	double sigma[24];              /* of a trip's lognormal time */
	size_t n_zones;
	double (*factor)[24]; /* [zone][hour]; NULL: all 1. Copied by the router */
};
/* The published congestion curve; small streets feel 0.6 of it (in the exponent). No factors. */
struct roads_speeds roads_default_speeds(void);
/* Class speeds alone, at all hours: for tests and for worlds with a clock of their own. */
struct roads_speeds roads_free_flow(void);

/* ---- searches ---- */

struct roads_router;
/* Holds the graph. NULL when memory is out. speeds NULL: the default. */
struct roads_router *roads_router_new(struct roads *r, const struct roads_speeds *speeds);
/* Another one over the same graph, with the default speeds. */
struct roads_router *roads_router_plain(const struct roads_router *q);
void roads_router_free(struct roads_router *q);
const struct roads *roads_router_graph(const struct roads_router *q);
/* False when memory is out; the old ones then stay. Empties the cache. */
bool roads_router_set_speeds(struct roads_router *q, const struct roads_speeds *speeds);
/* Roads out of use: one byte an edge, copied; NULL none. Then there may be no way (INFINITY). */
bool roads_router_close(struct roads_router *q, const uint8_t *closed);
/* Seconds of an edge in an hour. */
double roads_edge_s(const struct roads_router *q, uint32_t edge, int hour);

enum { ROADS_UNREACHED = UINT32_MAX };
/* Milliseconds from every node to a target (roads_to) or from a place to every node (roads_from),
 * in the hour of at_us; into `ret` of roads_n_nodes. False when the place is off the graph. */
bool roads_to(struct roads_router *q, struct lonlat target, int64_t at_us, uint32_t *ret);
bool roads_from(
	struct roads_router *q, const struct travel_from *from, int64_t at_us, uint32_t *ret);
/* The same to and from a node, in a given hour. */
void roads_node_to(struct roads_router *q, uint32_t node, int hour, uint32_t *ret);
void roads_node_from(struct roads_router *q, uint32_t node, int hour, uint32_t *ret);

struct roads_step {
	uint32_t edge;
	float from, to; /* part of the edge driven, 0..1 */
	double until_s; /* seconds from the start to the end of this step */
	double until_m;
};
struct roads_path {
	struct roads_step *steps;
	size_t n;
	double seconds, metres; /* of the road; without turnout and the metres off the road */
};
/* The quickest way; false when there is none or a place is off the graph. Free with
 * roads_path_free. */
bool roads_path(struct roads_router *q, const struct travel_from *from, struct lonlat to,
	int64_t at_us, struct roads_path *ret);
void roads_path_free(struct roads_path *p);
/* Where one is after `seconds` on a path. */
struct lonlat roads_along(const struct roads *r, const struct roads_path *p, double seconds,
	double *ret_course_deg, double *ret_speed_mps);

/* The model for an engine: times of all responders from one backward search; who is off the graph
 * is judged by the straight line fitted to it. ctx is the router, which must outlive the model and
 * belong to the thread that asks. */
struct travel_model roads_model(struct roads_router *q);

/* How the straight line must be corrected to agree with the graph: median of the ratio of driving
 * times over pairs of junctions in free flow. The router's model uses it by itself. */
struct travel_straight_fit roads_fit_straight(struct roads_router *q);

#endif
