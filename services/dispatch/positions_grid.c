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
enum {
	FEW = 32,  /* more than asked for: then looking at all is as quick */
	SOME = 64, /* asked for at most without memory of its own */
};

static int32_t cell_of(double deg, double size)
{
	return (int32_t)floor(deg / size);
}

static size_t cell_place(const struct positions *p, int32_t ix, int32_t iy)
{
	uint64_t h = ((uint64_t)(uint32_t)ix << 32 | (uint32_t)iy) * UINT64_C(0x9e3779b97f4a7c15);
	size_t mask = p->cells_size - 1, i = (h >> 32) & mask;

	while (p->cells[i].first != FREE && (p->cells[i].ix != ix || p->cells[i].iy != iy))
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

	if (c->first == FREE) {
		*c = (struct cell){ .ix = ix, .iy = iy, .first = NONE };
		p->cells_used++;
	}
	put_in(p, slot, place);
}

static void fill(struct positions *p)
{
	for (size_t i = 0; i < p->cells_size; i++)
		p->cells[i].first = FREE;
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
	size_t size = p->room * 2;
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

struct found {
	double d2; /* squared chord, which orders as distance does */
	int32_t slot;
};

struct search {
	const struct positions *p;
	struct lonlat asked;
	struct unit_vector at; /* the same */
	uint32_t want;
	size_t k, n;
	double far2; /* of the k-th; INFINITY while there are fewer */
	double cos_lat;
	struct found *ret;
};

static double chord2(const struct unit_vector *a, const struct unit_vector *b)
{
	double x = a->x - b->x, y = a->y - b->y, z = a->z - b->z;

	return x * x + y * y + z * z;
}

static bool comes_first(const struct search *s, const struct found *a, const struct found *b)
{
	const struct cold *cold = s->p->cold;

	return a->d2 < b->d2 || (a->d2 == b->d2 && strcmp(cold[a->slot].id, cold[b->slot].id) < 0);
}

/* Kept in order. Counting who comes first needs no branch to be guessed, and all move at once. */
static inline __attribute__((always_inline)) void consider(struct search *s, int32_t slot)
{
	const struct hot *h = &s->p->hot[slot];
	const struct found f = { chord2(&s->at, &h->at), slot };
	size_t rank = 0, stay = s->n < s->k ? s->n : s->k - 1;

	if (f.d2 > s->far2 || (h->tags & s->want) != s->want)
		return;
	for (size_t i = 0; i < s->n; i++)
		rank += s->ret[i].d2 < f.d2;
	while (rank < s->n && s->ret[rank].d2 == f.d2 && comes_first(s, &s->ret[rank], &f))
		rank++;
	if (rank == s->k)
		return;
	memmove(&s->ret[rank + 1], &s->ret[rank], (stay - rank) * sizeof *s->ret);
	s->ret[rank] = f;
	s->n = stay + 1;
	if (s->n == s->k)
		s->far2 = s->ret[s->k - 1].d2;
}

static void look_into(struct search *s, int32_t ix, int32_t iy)
{
	const struct cell *c = &s->p->cells[cell_place(s->p, ix, iy)];

	for (int32_t i = c->first; i >= 0; i = s->p->hot[i].next)
		consider(s, i);
}

/* Squared chord from the place asked for to the nearest point of a row (by latitude) or a column
 * (by longitude, to be multiplied by both cosines): (2 sin(d/2))^2, from below by the first terms.
 */
static double edge2(double at, double size, int32_t i)
{
	double low = i * size - at, high = at - (i + 1) * size, d = low > high ? low : high;

	d *= M_PI / 180;
	return d <= 0 ? 0 : d * d * (1 - d * d / 12);
}

/* Looks into the cells of a row from x to x2 that may hold somebody nearer than the k-th:
 * chord^2 = (2 sin(dlat/2))^2 + cos cos' (2 sin(dlon/2))^2. */
static void look_at_row(struct search *s, int32_t y, int32_t x, int32_t x2, int32_t step)
{
	double size = s->p->cell_deg, row2 = edge2(s->asked.lat, size, y) * (1 - 1e-9);

	if (row2 > s->far2)
		return;
	double away = fmax(fabs(y * size - s->asked.lat), fabs((y + 1) * size - s->asked.lat));
	double cosines = s->cos_lat * fmax(0, s->cos_lat - away * (M_PI / 180)) * (1 - 1e-9);
	for (; x <= x2; x += step)
		if (row2 + cosines * edge2(s->asked.lon, size, x) <= s->far2)
			look_into(s, x, y);
}

static void look_at_all(struct search *s)
{
	s->n = 0;
	s->far2 = INFINITY;
	for (size_t i = 0; i < s->p->n; i++)
		consider(s, (int32_t)i);
}

static void look_at_ring(struct search *s, int32_t ix, int32_t iy, int32_t r)
{
	if (r == 0) {
		look_into(s, ix, iy);
		return;
	}
	for (int32_t y = iy + 1 - r; y < iy + r; y++)
		look_at_row(s, y, ix - r, ix + r, 2 * r);
	look_at_row(s, iy - r, ix - r, ix + r, 1);
	look_at_row(s, iy + r, ix - r, ix + r, 1);
}

/* Everything outside the rings looked at is at least this far (squared chord): by latitude the edge
 * itself, by longitude the meridian of the edge, which is at asin(cos(lat) sin(dlon)). Sines from
 * below, by the first two terms of their series: no angle here is large. */
static double outside2(const struct search *s, struct lonlat at, int32_t ix, int32_t iy, int32_t r)
{
	double size = s->p->cell_deg, to_rad = M_PI / 180;
	double west = at.lon - (ix - r) * size, east = (ix + r + 1) * size - at.lon;
	double south = at.lat - (iy - r) * size, north = (iy + r + 1) * size - at.lat;
	double dlat = fmin(south, north) * to_rad, dlon = fmin(west, east) * to_rad;
	double up = dlat * (1 - dlat * dlat / 24), side = s->cos_lat * dlon * (1 - dlon * dlon / 6);

	/* The chord of an angle is no shorter than its sine. */
	return fmin(up * up, side * side) * (1 - 1e-9);
}

/* Of the chord: its arc. Short ones by series, exact to a micrometre. */
static double metres_of(double d2)
{
	if (d2 > 1e-3)
		return 2 * EARTH_M * asin(fmin(1, sqrt(d2) / 2));
	return EARTH_M * sqrt(d2) * (1 + d2 * (1.0 / 24 + d2 * (3.0 / 640)));
}

/* Rings of cells don't go around the world. */
static bool near_the_seam(struct lonlat at, double reach_deg)
{
	return fabs(at.lat) + reach_deg > 85 || fabs(at.lon) + reach_deg > 180;
}

static void look_around(struct search *s, struct lonlat at)
{
	const struct positions *p = s->p;
	int32_t ix = cell_of(at.lon, p->cell_deg), iy = cell_of(at.lat, p->cell_deg);
	size_t cells = 0, worth = p->n > s->k + FEW ? p->n : 0;

	for (int32_t r = 0;; r++) {
		if (cells >= worth || near_the_seam(at, (r + 2) * p->cell_deg)) {
			look_at_all(s);
			return;
		}
		look_at_ring(s, ix, iy, r);
		cells += r ? 8 * (size_t)r : 1;
		if (s->n == s->k && s->far2 < outside2(s, at, ix, iy, r))
			return;
	}
}

size_t positions_nearest(
	const struct positions *p, struct lonlat at, uint32_t want, size_t k, struct near *ret)
{
	struct found some[SOME];
	struct search s = { .p = p, .want = want, .k = k, .far2 = INFINITY, .ret = some };

	if (!k || !p->n || !geo_valid(at))
		return 0;
	if (k > SOME && !(s.ret = malloc(k * sizeof *s.ret)))
		return 0;
	s.asked = at;
	s.at = unit_vector(at);
	s.cos_lat = hypot(s.at.x, s.at.y);
	look_around(&s, at);
	for (size_t i = 0; i < s.n; i++) {
		const struct cold *c = &p->cold[s.ret[i].slot];
		ret[i] = (struct near){ c->id, &c->fix, metres_of(s.ret[i].d2) };
	}
	if (s.ret != some)
		free(s.ret);
	return s.n;
}
