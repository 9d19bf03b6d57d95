/* city_grid.c - which node or arc is nearest: cells of equal size over the city's box. */
#include <math.h>
#include <stdlib.h>
#include "city_internal.h"

struct cells {
	uint32_t *first, *items;
};

struct grid {
	struct lonlat corner;
	double cos_lat, cell_m;
	int nx, ny;
	struct cells nodes, arcs;
};

static const double METRES_PER_DEGREE = 6371008.8 * M_PI / 180;

void city_metres(const struct city *c, struct lonlat from, struct lonlat to, double ret[2])
{
	ret[0] = (to.lon - from.lon) * METRES_PER_DEGREE * c->grid->cos_lat;
	ret[1] = (to.lat - from.lat) * METRES_PER_DEGREE;
}

struct lonlat city_shift(const struct city *c, struct lonlat p, double east_m, double north_m)
{
	return (struct lonlat){ p.lon + east_m / (METRES_PER_DEGREE * c->grid->cos_lat),
		p.lat + north_m / METRES_PER_DEGREE };
}

static int clamp(double v, int n)
{
	return v < 0 ? 0 : v >= n ? n - 1 : (int)v;
}

static int cell_of(const struct city *c, struct lonlat p)
{
	const struct grid *g = c->grid;
	double m[2];

	city_metres(c, g->corner, p, m);
	return clamp(m[1] / g->cell_m, g->ny) * g->nx + clamp(m[0] / g->cell_m, g->nx);
}

/* Calls put(cells, cell, item) for each cell of the box around an arc or a node. */
static void each_cell(struct city *c, bool arcs, uint32_t item, uint32_t *count, uint32_t *items)
{
	struct grid *g = c->grid;
	struct lonlat a = c->at[arcs ? c->arcs[item].tail : item];
	struct lonlat b = c->at[arcs ? c->arcs[item].head : item];
	int from = cell_of(c, (struct lonlat){ fmin(a.lon, b.lon), fmin(a.lat, b.lat) });
	int to = cell_of(c, (struct lonlat){ fmax(a.lon, b.lon), fmax(a.lat, b.lat) });

	for (int y = from / g->nx; y <= to / g->nx; y++)
		for (int x = from % g->nx; x <= to % g->nx; x++) {
			if (items)
				items[count[y * g->nx + x]] = item;
			count[y * g->nx + x]++;
		}
}

static bool fill(struct city *c, bool arcs, struct cells *ret)
{
	size_t cells = (size_t)c->grid->nx * (size_t)c->grid->ny;
	size_t n = arcs ? c->n_arcs : c->n_nodes;
	uint32_t *count = calloc(cells + 1, sizeof *count), total = 0;

	ret->first = calloc(cells + 1, sizeof *ret->first);
	if (!count || !ret->first) {
		free(count);
		return false;
	}
	for (uint32_t i = 0; i < n; i++)
		each_cell(c, arcs, i, count, NULL);
	for (size_t k = 0; k < cells; k++) {
		ret->first[k] = total;
		total += count[k];
		count[k] = ret->first[k];
	}
	ret->first[cells] = total;
	ret->items = calloc(total + 1, sizeof *ret->items);
	for (uint32_t i = 0; ret->items && i < n; i++)
		each_cell(c, arcs, i, count, ret->items);
	free(count);
	return ret->items != NULL;
}

bool city_make_grid(struct city *c)
{
	struct grid *g = calloc(1, sizeof *g);
	struct lonlat low = c->at[0], high = c->at[0];
	double m[2];

	if (!g)
		return false;
	c->grid = g;
	for (size_t i = 0; i < c->n_nodes; i++) {
		low = (struct lonlat){ fmin(low.lon, c->at[i].lon), fmin(low.lat, c->at[i].lat) };
		high = (struct lonlat){ fmax(high.lon, c->at[i].lon),
			fmax(high.lat, c->at[i].lat) };
	}
	g->corner = low;
	g->cos_lat = fmax(cos((low.lat + high.lat) / 2 * M_PI / 180), 0.01);
	city_metres(c, low, high, m);
	g->cell_m = fmax(sqrt(m[0] * m[1] / (double)c->n_nodes) * 1.5, fmax(m[0], m[1]) / 2000);
	g->cell_m = fmax(g->cell_m, 1);
	g->nx = (int)(m[0] / g->cell_m) + 1;
	g->ny = (int)(m[1] / g->cell_m) + 1;
	return fill(c, false, &g->nodes) && fill(c, true, &g->arcs);
}

void city_free_grid(struct city *c)
{
	if (!c->grid)
		return;
	free(c->grid->nodes.first);
	free(c->grid->nodes.items);
	free(c->grid->arcs.first);
	free(c->grid->arcs.items);
	free(c->grid);
}

static const double DOUBT_M = 12; /* how fast likelihood falls with the distance */

/* The nearest few, in order. */
struct nearest {
	struct lonlat p;
	double course; /* < 0: not known */
	size_t n, want;
	struct guess best[CITY_GUESSES];
};

static void keep(struct nearest *n, uint32_t item, double done, double d)
{
	size_t i = n->n < n->want ? n->n++ : n->want - 1;

	if (n->n == n->want && i == n->want - 1 && n->best[i].off_m < d && n->best[i].weight > 0)
		return;
	for (; i && d < n->best[i - 1].off_m; i--)
		n->best[i] = n->best[i - 1];
	n->best[i] = (struct guess){ { item, done }, 1, d };
}

static double furthest(const struct nearest *n)
{
	return n->n < n->want ? INFINITY : n->best[n->n - 1].off_m;
}

static void try_node(const struct city *c, uint32_t item, struct nearest *n)
{
	double m[2];

	city_metres(c, n->p, c->at[item], m);
	if (hypot(m[0], m[1]) < furthest(n))
		keep(n, item, 0, hypot(m[0], m[1]));
}

static void try_arc(const struct city *c, uint32_t item, struct nearest *n)
{
	const struct arc *a = &c->arcs[item];
	double t[2], v[2], len2, done, d;

	city_metres(c, c->at[a->tail], n->p, t);
	city_metres(c, c->at[a->tail], c->at[a->head], v);
	len2 = v[0] * v[0] + v[1] * v[1];
	done = len2 > 0 ? (t[0] * v[0] + t[1] * v[1]) / len2 : 0;
	done = done < 0 ? 0 : done > 1 ? 1 : done;
	d = hypot(t[0] - done * v[0], t[1] - done * v[1]);
	if (n->course >= 0) { /* metres: against the course only when far better */
		double off = fabs(remainder(city_course(c, item) - n->course, 360));
		d += off > 30 ? off : 0;
	}
	for (size_t i = 0; i < n->n; i++) /* an arc that lies in two cells counts once */
		if (n->best[i].spot.arc == item)
			return;
	if (d < furthest(n))
		keep(n, item, done, d);
}

/* Rings of cells outwards until nothing nearer can come. */
static void look(const struct city *c, bool arcs, struct nearest *n)
{
	const struct grid *g = c->grid;
	const struct cells *cells = arcs ? &g->arcs : &g->nodes;
	int cell = cell_of(c, n->p), cx = cell % g->nx, cy = cell / g->nx;
	double m[2], outside;

	city_metres(c, g->corner, n->p, m);
	outside = fmax(fmax(-m[0], m[0] - g->nx * g->cell_m),
		fmax(fmax(-m[1], m[1] - g->ny * g->cell_m), 0));
	for (int r = 0; r <= g->nx + g->ny; r++) {
		/* what is out there is also too far to matter */
		double out = (r - 1) * g->cell_m + outside;
		if (n->n && (furthest(n) < out || n->best[0].off_m + 4 * DOUBT_M < out))
			break;
		for (int y = cy - r; y <= cy + r; y++)
			for (int x = cx - r; x <= cx + r;
				x += y == cy - r || y == cy + r ? 1 : 2 * r) {
				if (x >= 0 && y >= 0 && x < g->nx && y < g->ny)
					for (uint32_t i = cells->first[y * g->nx + x];
						i < cells->first[y * g->nx + x + 1]; i++)
						(arcs ? try_arc : try_node)(c, cells->items[i], n);
				if (r == 0)
					break;
			}
	}
}

uint32_t city_nearest_node(struct city *c, struct lonlat p)
{
	struct nearest n = { .p = p, .course = -1, .want = 1 };

	look(c, false, &n);
	return n.best[0].spot.arc;
}

size_t city_guess(
	struct city *c, struct lonlat p, double course_deg, struct guess ret[static CITY_GUESSES])
{
	struct nearest n = { .p = p, .course = course_deg, .want = CITY_GUESSES };
	double sum = 0;

	look(c, course_deg >= 0, &n);
	for (size_t i = 0; i < n.n; i++) {
		ret[i] = n.best[i];
		if (course_deg < 0)
			ret[i].spot.arc = c->first_out[n.best[i].spot.arc];
		ret[i].weight = exp((n.best[0].off_m - n.best[i].off_m) / DOUBT_M);
		sum += ret[i].weight;
	}
	for (size_t i = 0; i < n.n; i++)
		ret[i].weight /= sum;
	return n.n;
}

struct lonlat city_place(const struct city *c, struct spot s)
{
	struct lonlat a = c->at[c->arcs[s.arc].tail], b = c->at[c->arcs[s.arc].head];

	return (struct lonlat){ a.lon + (b.lon - a.lon) * s.done,
		a.lat + (b.lat - a.lat) * s.done };
}

double city_course(const struct city *c, uint32_t arc)
{
	double v[2];
	double deg;

	city_metres(c, c->at[c->arcs[arc].tail], c->at[c->arcs[arc].head], v);
	deg = atan2(v[0], v[1]) * 180 / M_PI;
	return deg < 0 ? deg + 360 : deg;
}
