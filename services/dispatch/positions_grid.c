/* positions_grid.c - the hashed grid of positions.c: cells by place, and the search for the nearest
 * in rings around the place asked for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/positions_internal.h"

/* A cell should hold about two: more, and a search looks at many in vain; fewer, and it looks into
 * many cells in vain. */
static const double DENSE = 5, SPARSE = 1.25;
static const double CELL_MIN_DEG = 0.0005, CELL_MAX_DEG = 1;
static const double EARTH_M = 6371008.8;
enum { FEW = 32 }; /* more than asked for: then looking at all is as quick */

static int32_t cell_of(double deg, double size)
{
	return (int32_t)floor(deg / size);
}

static size_t cell_place(const struct positions *p, int32_t ix, int32_t iy)
{
	uint64_t h = ((uint64_t)(uint32_t)ix << 32 | (uint32_t)iy) * UINT64_C(0x9e3779b97f4a7c15);
	size_t mask = p->cells_size - 1, i = (h >> 32) & mask;

	while (p->cells[i].used && (p->cells[i].ix != ix || p->cells[i].iy != iy))
		i = (i + 1) & mask;
	return i;
}

void grid_take(struct positions *p, size_t slot)
{
	struct hot *h = &p->hot[slot];

	if (h->cell == NONE)
		return;
	struct cell *c = &p->cells[h->cell];
	if (h->prev != NONE)
		p->hot[h->prev].next = h->next;
	else
		c->first = h->next;
	if (h->next != NONE)
		p->hot[h->next].prev = h->prev;
	p->cells_held -= --c->count == 0;
	h->cell = NONE;
}

static void put_in(struct positions *p, size_t slot, size_t place)
{
	struct hot *h = &p->hot[slot];
	struct cell *c = &p->cells[place];

	h->cell = (int32_t)place;
	h->prev = NONE;
	h->next = c->first;
	if (c->first != NONE)
		p->hot[c->first].prev = (int32_t)slot;
	c->first = (int32_t)slot;
	p->cells_held += c->count++ == 0;
}

static void place_slot(struct positions *p, size_t slot, struct lonlat at)
{
	int32_t ix = cell_of(at.lon, p->cell_deg), iy = cell_of(at.lat, p->cell_deg);
	size_t place = cell_place(p, ix, iy);
	struct cell *c = &p->cells[place];

	if (!c->used) {
		*c = (struct cell){ .ix = ix, .iy = iy, .first = NONE, .used = true };
		p->cells_used++;
	}
	put_in(p, slot, place);
}

static void fill(struct positions *p)
{
	memset(p->cells, 0, p->cells_size * sizeof *p->cells);
	p->cells_used = p->cells_held = 0;
	for (size_t i = 0; i < p->n; i++) {
		p->hot[i].cell = NONE;
		place_slot(p, i, p->cold[i].fix.at);
	}
}

/* True: the cells are of another size now, and all must be placed again. */
static bool fit_density(struct positions *p)
{
	double each = p->cells_held ? (double)p->n / (double)p->cells_held : 0, deg = p->cell_deg;

	p->moves = 0;
	if (p->n < 32)
		return false;
	if (each > DENSE)
		deg /= each > 4 * DENSE ? 4 : 2;
	else if (each < SPARSE)
		deg *= 2;
	deg = fmin(fmax(deg, CELL_MIN_DEG), CELL_MAX_DEG);
	if (deg == p->cell_deg)
		return false;
	p->cell_deg = deg;
	return true;
}

bool grid_rebuild(struct positions *p)
{
	size_t size = p->room * 4;
	struct cell *cells = p->cells_size == size ? p->cells : malloc(size * sizeof *cells);

	if (!cells)
		return false;
	if (cells != p->cells)
		free(p->cells);
	p->cells = cells;
	p->cells_size = size;
	fill(p);
	/* Finer or coarser until it fits; where one stack of people stands on one spot it never
	 * does, and the last size will do. */
	for (int i = 0; i < 8 && fit_density(p); i++)
		fill(p);
	return true;
}

void grid_move(struct positions *p, size_t slot, struct lonlat to)
{
	int32_t at = p->hot[slot].cell;

	if (at != NONE && p->cells[at].ix == cell_of(to.lon, p->cell_deg) &&
		p->cells[at].iy == cell_of(to.lat, p->cell_deg))
		return;
	grid_take(p, slot);
	if (p->cells_used * 4 > p->cells_size * 3) {
		(void)grid_rebuild(p); /* of the same size: needs no memory */
		if (p->hot[slot].cell != NONE)
			return;
	}
	place_slot(p, slot, to);
	if (++p->moves > 8 * p->n + 64 && fit_density(p))
		fill(p);
}

void grid_renumber(struct positions *p, size_t from, size_t to)
{
	const struct hot *h = &p->hot[from];

	if (h->prev != NONE)
		p->hot[h->prev].next = (int32_t)to;
	else
		p->cells[h->cell].first = (int32_t)to;
	if (h->next != NONE)
		p->hot[h->next].prev = (int32_t)to;
}

/* ---- the search ---- */

struct search {
	const struct positions *p;
	struct unit_vector at;
	uint32_t want;
	size_t k, n;
	double far2; /* squared chord of the k-th so far; INFINITY while there are fewer */
	struct near *ret;
};

/* Squared chords order as distances do. They are kept in distance_m until the end. */
static double chord2(const struct unit_vector *a, const struct unit_vector *b)
{
	double x = a->x - b->x, y = a->y - b->y, z = a->z - b->z;

	return x * x + y * y + z * z;
}

static bool comes_first(double d2, const char *id, const struct near *other)
{
	return d2 < other->distance_m || (d2 == other->distance_m && strcmp(id, other->id) < 0);
}

static void consider(struct search *s, size_t slot)
{
	const struct hot *h = &s->p->hot[slot];
	double d2 = chord2(&s->at, &h->at);

	if (d2 > s->far2 || (h->tags & s->want) != s->want)
		return;
	const struct cold *c = &s->p->cold[slot];
	if (s->n == s->k && !comes_first(d2, c->id, &s->ret[s->n - 1]))
		return;
	size_t i = s->n < s->k ? s->n++ : s->n - 1;
	for (; i > 0 && comes_first(d2, c->id, &s->ret[i - 1]); i--)
		s->ret[i] = s->ret[i - 1];
	s->ret[i] = (struct near){ c->id, &c->fix, d2 };
	if (s->n == s->k)
		s->far2 = s->ret[s->n - 1].distance_m;
}

static void look_into(struct search *s, int32_t ix, int32_t iy)
{
	const struct cell *c = &s->p->cells[cell_place(s->p, ix, iy)];

	if (!c->used)
		return;
	for (int32_t i = c->first; i != NONE; i = s->p->hot[i].next)
		consider(s, (size_t)i);
}

static void look_at_all(struct search *s)
{
	s->n = 0;
	s->far2 = INFINITY;
	for (size_t i = 0; i < s->p->n; i++)
		consider(s, i);
}

static void look_at_ring(struct search *s, int32_t ix, int32_t iy, int32_t r)
{
	if (r == 0) {
		look_into(s, ix, iy);
		return;
	}
	for (int32_t d = -r; d <= r; d++) {
		look_into(s, ix + d, iy - r);
		look_into(s, ix + d, iy + r);
	}
	for (int32_t d = 1 - r; d < r; d++) {
		look_into(s, ix - r, iy + d);
		look_into(s, ix + r, iy + d);
	}
}

/* Everything outside the rings looked at is at least this far (squared chord): by latitude the edge
 * itself, by longitude the meridian of the edge, which is at asin(cos(lat) sin(dlon)). */
static double outside2(const struct search *s, struct lonlat at, int32_t ix, int32_t iy, int32_t r)
{
	double size = s->p->cell_deg, to_rad = M_PI / 180;
	double west = at.lon - (ix - r) * size, east = (ix + r + 1) * size - at.lon;
	double south = at.lat - (iy - r) * size, north = (iy + r + 1) * size - at.lat;
	double dlat = fmin(south, north) * to_rad, dlon = fmin(fmin(west, east), 90) * to_rad;
	double up = 2 * sin(fmax(dlat, 0) / 2);
	double side = cos(at.lat * to_rad) * sin(fmax(dlon, 0));

	/* The chord of an angle is no shorter than its sine. */
	return fmin(up * up, side * side) * (1 - 1e-9);
}

/* Rings of cells don't go around the world. */
static bool near_the_seam(struct lonlat at, double reach_deg)
{
	return fabs(at.lat) + reach_deg > 85 || fabs(at.lon) + reach_deg > 180;
}

size_t positions_nearest(
	const struct positions *p, struct lonlat at, uint32_t want, size_t k, struct near *ret)
{
	struct search s = {
		.p = p, .want = want, .k = k, .far2 = INFINITY, .ret = ret, .at = unit_vector(at)
	};

	if (!k || !p->n || !geo_valid(at))
		return 0;
	int32_t ix = cell_of(at.lon, p->cell_deg), iy = cell_of(at.lat, p->cell_deg);
	size_t cells = 0, worth = p->n > k + FEW ? p->n : 0;
	for (int32_t r = 0;; r++) {
		if (cells >= worth || near_the_seam(at, (r + 2) * p->cell_deg)) {
			look_at_all(&s);
			break;
		}
		look_at_ring(&s, ix, iy, r);
		cells += r ? 8 * (size_t)r : 1;
		if (s.n == s.k && s.far2 < outside2(&s, at, ix, iy, r))
			break;
	}
	for (size_t i = 0; i < s.n; i++)
		ret[i].distance_m = 2 * EARTH_M * asin(fmin(1, sqrt(ret[i].distance_m) / 2));
	return s.n;
}
