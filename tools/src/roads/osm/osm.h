/* osm.h - a road graph from OpenStreetMap: which ways cars drive on and how, where they are cut,
 * and the two forms of file.
 *
 * Kept are the classes of roads.h but parking aisles, driveways and the like; dropped is what cars
 * may not enter (access, vehicle, motor_vehicle, motorcar: the most particular one counts).
 * One-way: `oneway` (also -1), else roundabouts, motorways and their ramps. Bans on turning are not
 * read.
 */
#ifndef ROADS_OSM_H
#define ROADS_OSM_H

#include "dispatch/roads.h"

struct osm_tag {
	const char *key, *value;
};

/* What the tags of a way say. */
struct osm_road {
	enum road_class class_;
	bool forward, backward, roundabout;
	double limit_forward, limit_backward; /* km/h, 0 none */
	const char *name;                     /* "" none; points into the tags */
};
/* False when cars don't drive there. */
bool osm_judge(const struct osm_tag *tags, size_t n, struct osm_road *ret);

/* ---- ways and nodes, as they are met in a file read twice ---- */

struct osm_network;
struct osm_box {
	double west, south, east, north;
};
/* box NULL: everything. */
struct osm_network *osm_network_new(const struct osm_box *box);
void osm_network_free(struct osm_network *w);
/* First reading: ways. */
bool osm_add_way(struct osm_network *w, int64_t id, const struct osm_tag *tags, size_t n,
	const int64_t *refs, size_t n_refs, struct roads_fault *f);
/* Between the readings. */
bool osm_nodes_wanted(struct osm_network *w, struct roads_fault *f);
/* Second reading: nodes; those of no road are ignored. */
bool osm_add_node(struct osm_network *w, int64_t id, struct lonlat at, struct roads_fault *f);
struct osm_report {
	size_t ways, ways_kept, nodes_missing; /* missing: outside the file or the box */
	struct roads_report graph;
};
/* Cuts the roads where they meet and builds the graph. The network is used up. */
struct roads *osm_build(struct osm_network *w, const struct roads_options *o,
	struct osm_report *ret, struct roads_fault *f);

/* ---- files, whole in memory; the name is for faults ---- */

struct roads *osm_from_pbf(const char *name, const void *v, size_t len, const struct osm_box *box,
	const struct roads_options *o, struct osm_report *ret, struct roads_fault *f);
struct roads *osm_from_xml(const char *name, const void *v, size_t len, const struct osm_box *box,
	const struct roads_options *o, struct osm_report *ret, struct roads_fault *f);

#endif
