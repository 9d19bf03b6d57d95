/* roads_builder.h - what the parts of the builder share: nodes and edges as they were given. */
#ifndef DISPATCH_ROADS_BUILDER_H
#define DISPATCH_ROADS_BUILDER_H

#include "dispatch/roads_image.h"

/* A growing array. */
struct list {
	void *v;
	size_t n, room;
};
/* Room for `more` further members of `size`; NULL when memory is out. */
void *list_add(struct list *l, size_t more, size_t size);

struct draft_node {
	int64_t id;
	struct image_point at;
};

struct draft_edge {
	uint32_t from, to;
	uint32_t base_ms, length_cm;
	uint32_t name;       /* offset into the builder's names */
	uint32_t shape;      /* into the builder's points */
	uint32_t order, way; /* order: as given, the last word between equals */
	uint16_t inner;
	uint8_t class_, limit, flags;
	bool reversed;
};

struct roads_builder {
	struct list nodes;  /* draft_node */
	struct list edges;  /* draft_edge */
	struct list points; /* image_point */
	struct list names;  /* char; texts ended by 0, first "" */
	uint32_t *by_id;    /* hash of id -> node + 1 */
	size_t by_id_room;
	uint32_t *by_name; /* hash of text -> offset + 1 */
	size_t by_name_room, n_names;
};

/* The place of a node given before. */
bool builder_place(const struct roads_builder *b, int64_t id, struct lonlat *ret);

/* Marks the nodes of the largest strongly connected part; false when memory is out. */
bool roads_main_part(const struct roads_builder *b, bool *ret_in);

/* The grid over the edges of an image under way; sets the header's counts. */
bool roads_grid_size(struct image_header *h);
struct grid_item {
	uint32_t cell, edge;
};
bool roads_grid_items(const struct roads *r, struct list *ret);

#endif
