/* roads_image.h - the bytes of a road graph, the same in a file and in memory; for the roads_*.c.
 *
 * Little-endian. A header, then these arrays, each beginning at a multiple of 8, in this order:
 *   nodes[n_nodes + 1]   the last one only ends the lists of the one before
 *   edges[n_edges]       sorted by `from`
 *   arcs[n_edges]        the same sorted by `to`: what a backward search reads
 *   points[n_points]     inner points of edges
 *   zones[n_zones]       district codes
 *   cells[columns * rows + 1], items[n_items]   the grid: edges that touch a cell
 *   names[name_bytes]    texts ended by 0; offset 0 is ""
 *   source[source_bytes] text
 * `digest` is BLAKE2b-256 of all of it with the digest itself as zeros.
 */
#ifndef DISPATCH_ROADS_IMAGE_H
#define DISPATCH_ROADS_IMAGE_H

#include <stdatomic.h>
#include "dispatch/roads.h"

#define ROADS_MAGIC "JBROADS"
enum {
	ROADS_VERSION = 1,
	ROADS_ORDER = 0x01020304,
	ROADS_ZONES_MAX = 4000,
	ROADS_NODES_MAX = 200 * 1000 * 1000,
};

struct image_point {
	int32_t lon_e7, lat_e7;
};

struct image_node {
	struct image_point at;
	uint32_t first_out, first_in; /* into edges, into arcs */
	int64_t id;
};

struct image_arc {
	uint32_t from, edge, base_ms;
	uint16_t kind, unused;
};

struct image_zone {
	char code[8];
};

struct image_header {
	char magic[8];
	uint32_t version, order;
	uint64_t size;
	uint8_t digest[32];
	uint32_t n_nodes, n_edges, n_points, n_zones;
	uint32_t columns, rows, n_items, name_bytes;
	uint32_t source_bytes;
	int32_t cell_e7; /* height of a cell; its width too, in degrees */
	struct image_point sw, ne;
};

/* Offsets of the arrays, in their order, and the end. */
enum image_part {
	PART_NODES,
	PART_EDGES,
	PART_ARCS,
	PART_POINTS,
	PART_ZONES,
	PART_CELLS,
	PART_ITEMS,
	PART_NAMES,
	PART_SOURCE,
	PART_END,
	PARTS
};
void image_layout(const struct image_header *h, uint64_t ret[static PARTS]);
void image_digest(const void *image, size_t len, uint8_t ret[static 32]);

struct roads {
	const struct image_header *head;
	const struct image_node *nodes;
	const struct roads_edge *edges;
	const struct image_arc *arcs;
	const struct image_point *points;
	const struct image_zone *zones;
	const uint32_t *cells, *items;
	const char *names, *source;
	size_t len;
	void *owned;  /* to free */
	void *mapped; /* to unmap */
	char digest[65];
	atomic_int owners;
};

/* What decides how an edge's time follows the hour: its class and zone. */
enum { ROADS_KINDS_PER_ZONE = 16 };
static inline uint16_t edge_kind(const struct roads_edge *e)
{
	return (uint16_t)(e->zone * ROADS_KINDS_PER_ZONE + e->class_);
}

static inline struct lonlat point_place(struct image_point p)
{
	return (struct lonlat){ p.lon_e7 / 1e7, p.lat_e7 / 1e7 };
}

/* Takes over `image` from malloc, whatever happens. */
struct roads *roads_own(void *image, size_t len, struct roads_fault *f);

bool roads_fail(struct roads_fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Points of an edge, one after another from start to end. */
static inline struct image_point edge_point(
	const struct roads *r, const struct roads_edge *e, uint32_t i)
{
	if (i == 0)
		return r->nodes[e->from].at;
	if (i > e->inner)
		return r->nodes[e->to].at;
	return r->points[e->shape + (e->flags & ROADS_REVERSED ? e->inner - i : i - 1)];
}

/* The grid cells a stretch between two points may touch, for the builder; `add` gets each once or
 * more. */
uint32_t image_column(const struct image_header *h, int32_t lon_e7);
uint32_t image_row(const struct image_header *h, int32_t lat_e7);

#endif
