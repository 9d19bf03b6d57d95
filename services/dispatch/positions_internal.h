/* positions_internal.h - shared by positions.c (slots by id) and positions_grid.c (slots by place).
 */
#ifndef DISPATCH_POSITIONS_INTERNAL_H
#define DISPATCH_POSITIONS_INTERNAL_H

#include "dispatch/positions.h"

enum { ID_MAX = 40, NONE = -1, FREE = -2 };

struct unit_vector {
	double x, y, z;
};

/* What a search looks at ... */
struct hot {
	struct unit_vector at;
	int32_t cell;       /* index in cells */
	int32_t next, prev; /* slots of the same cell */
	uint32_t tags;
};

/* ... and what it answers. */
struct cold {
	struct fix fix;
	char id[ID_MAX]; /* zero-padded */
};

/* Emptied cells stay until the next rebuild: their key still marks the way of probing. */
struct cell {
	int32_t ix, iy;
	int32_t first; /* slot; NONE: emptied; FREE: never used */
	uint32_t count;
};

struct positions {
	struct hot *hot;
	struct cold *cold;
	size_t n, room;
	int32_t *table; /* slots by id */
	size_t table_size;
	struct cell *cells;
	size_t cells_size, cells_used, cells_held; /* ever filled since the rebuild; not empty */
	double cell_deg;                           /* edge, in degrees of both */
	size_t moves; /* between cells since the last look at density */
};

struct unit_vector unit_vector(struct lonlat at);
/* False: no memory; the old grid stays. */
bool grid_rebuild(struct positions *p);
void grid_move(struct positions *p, size_t slot, struct lonlat to);
void grid_take(struct positions *p, size_t slot);
void grid_renumber(struct positions *p, size_t from, size_t to);

#endif
