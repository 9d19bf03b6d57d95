/* roads_grid.c - the grid over a graph: which edges touch which cell. */
#include <stdlib.h>
#include "dispatch/roads_builder.h"

enum { CELL_E7 = 10000 /* about 100 m */, SIDE_MAX = 100000 };

/* Cells grow until there are no more than a few for each edge. */
bool roads_grid_size(struct image_header *h)
{
	uint64_t most = 4 * (uint64_t)h->n_edges + 64;

	h->cell_e7 = CELL_E7;
	for (;;) {
		int64_t columns = ((int64_t)h->ne.lon_e7 - h->sw.lon_e7) / h->cell_e7 + 1;
		int64_t rows = ((int64_t)h->ne.lat_e7 - h->sw.lat_e7) / h->cell_e7 + 1;
		if (columns <= SIDE_MAX && rows <= SIDE_MAX && (uint64_t)(columns * rows) <= most) {
			h->columns = (uint32_t)columns;
			h->rows = (uint32_t)rows;
			return true;
		}
		h->cell_e7 *= 2;
	}
}

static uint32_t cell_index(int32_t at, int32_t low, int32_t size, uint32_t n)
{
	int64_t i = ((int64_t)at - low) / size;

	if (i < 0 || at < low)
		return 0;
	return i >= n ? n - 1 : (uint32_t)i;
}

uint32_t image_column(const struct image_header *h, int32_t lon_e7)
{
	return cell_index(lon_e7, h->sw.lon_e7, h->cell_e7, h->columns);
}

uint32_t image_row(const struct image_header *h, int32_t lat_e7)
{
	return cell_index(lat_e7, h->sw.lat_e7, h->cell_e7, h->rows);
}

static bool add_box(const struct image_header *h, struct image_point a, struct image_point b,
	uint32_t edge, struct list *ret)
{
	uint32_t x0 = image_column(h, a.lon_e7), x1 = image_column(h, b.lon_e7);
	uint32_t y0 = image_row(h, a.lat_e7), y1 = image_row(h, b.lat_e7);

	for (uint32_t y = y0 < y1 ? y0 : y1; y <= (y0 < y1 ? y1 : y0); y++)
		for (uint32_t x = x0 < x1 ? x0 : x1; x <= (x0 < x1 ? x1 : x0); x++) {
			struct grid_item *item = list_add(ret, 1, sizeof(*item));
			if (!item)
				return false;
			*item = (struct grid_item){ y * h->columns + x, edge };
		}
	return true;
}

/* A stretch longer than a cell is taken in pieces, so that a slanting one fills few cells. */
static bool add_stretch(const struct image_header *h, struct image_point a, struct image_point b,
	uint32_t edge, struct list *ret)
{
	int64_t dx = (int64_t)b.lon_e7 - a.lon_e7, dy = (int64_t)b.lat_e7 - a.lat_e7;
	int64_t far = llabs(dx) > llabs(dy) ? llabs(dx) : llabs(dy);
	int64_t n = far / h->cell_e7 + 1;
	struct image_point from = a;

	for (int64_t i = 1; i <= n; i++) {
		struct image_point to = { (int32_t)(a.lon_e7 + dx * i / n),
			(int32_t)(a.lat_e7 + dy * i / n) };
		if (!add_box(h, from, to, edge, ret))
			return false;
		from = to;
	}
	return true;
}

static int by_cell(const void *a, const void *b)
{
	const struct grid_item *x = a, *y = b;

	if (x->cell != y->cell)
		return x->cell < y->cell ? -1 : 1;
	return x->edge < y->edge ? -1 : x->edge > y->edge;
}

bool roads_grid_items(const struct roads *r, struct list *ret)
{
	struct grid_item *items;
	size_t kept = 0;

	for (uint32_t i = 0; i < r->head->n_edges; i++) {
		const struct roads_edge *e = &r->edges[i];
		for (uint32_t k = 0; k <= e->inner; k++)
			if (!add_stretch(
				    r->head, edge_point(r, e, k), edge_point(r, e, k + 1), i, ret))
				return false;
	}
	items = ret->v;
	qsort(items, ret->n, sizeof(*items), by_cell);
	for (size_t i = 0; i < ret->n; i++)
		if (!i || by_cell(&items[i], &items[kept - 1]))
			items[kept++] = items[i];
	ret->n = kept;
	return true;
}
