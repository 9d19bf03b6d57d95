/* roads_project.c - which edges a place may lie on.
 *
 * The nearest edge sets the measure: edges up to 10 m (or a fifth) further away are as likely, such
 * as both directions of a street. A course drops those that lead more than 60 degrees another way,
 * unless all do: so a phone on a ring road is put on the carriageway it drives on, though the
 * other one is as near.
 */
#include <math.h>
#include <stdlib.h>
#include "dispatch/roads_image.h"

static const double M_PER_DEG = 6371008.8 * 3.14159265358979323846 / 180.0;
static const double COURSE_DEG = 60, SLACK_M = 10, SLACK_SHARE = 0.2;
/* With a course the right carriageway may be this much further away than the wrong one. */
static const double COURSE_SLACK_M = 30;

enum { NEAR_MAX = 48 };

struct near {
	uint32_t edge, stretch; /* the stretch with the foot */
	double off_m;
};

struct look {
	const struct roads *r;
	struct lonlat centre;
	double kx, ky; /* metres per degree */
	double lon_e7, lat_e7, kx_e7, ky_e7;
	double radius_m;
	struct near v[NEAR_MAX];
	size_t n;
};

struct flat {
	double x, y;
};

static struct flat flatten(const struct look *l, struct image_point p)
{
	return (struct flat){ (p.lon_e7 - l->lon_e7) * l->kx_e7,
		(p.lat_e7 - l->lat_e7) * l->ky_e7 };
}

static double course_of(double dx, double dy)
{
	double deg = atan2(dx, dy) * 180 / 3.14159265358979323846;

	return deg < 0 ? deg + 360 : deg;
}

/* The point of a stretch nearest to the centre, as a share of it; its square distance. */
static inline double foot_on(struct flat a, struct flat b, double *ret_off2)
{
	double dx = b.x - a.x, dy = b.y - a.y, len2 = dx * dx + dy * dy;
	double t = len2 > 0 ? -(a.x * dx + a.y * dy) / len2 : 0;

	t = t < 0 ? 0 : t > 1 ? 1 : t;
	double x = a.x + t * dx, y = a.y + t * dy;
	*ret_off2 = x * x + y * y;
	return t;
}

/* How near an edge comes; of stretches as near the first counts. */
static struct near nearest_stretch(const struct look *l, uint32_t edge)
{
	const struct roads_edge *e = &l->r->edges[edge];
	struct flat a = flatten(l, edge_point(l->r, e, 0));
	double least = INFINITY, off2;
	uint32_t stretch = 0;

	for (uint32_t i = 0; i <= e->inner; i++) {
		struct flat b = flatten(l, edge_point(l->r, e, i + 1));
		foot_on(a, b, &off2);
		if (off2 < least) {
			least = off2;
			stretch = i;
		}
		a = b;
	}
	return (struct near){ edge, stretch, sqrt(least) };
}

static struct roads_place place_on(const struct look *l, const struct near *c)
{
	const struct roads_edge *e = &l->r->edges[c->edge];
	struct flat a = flatten(l, edge_point(l->r, e, 0));
	double before = 0, along = 0, off2, t;
	struct roads_place p = { .edge = c->edge, .off_m = (float)c->off_m };

	for (uint32_t i = 0; i <= e->inner; i++) {
		struct flat b = flatten(l, edge_point(l->r, e, i + 1));
		double dx = b.x - a.x, dy = b.y - a.y, len = sqrt(dx * dx + dy * dy);
		if (i == c->stretch) {
			t = foot_on(a, b, &off2);
			along = before + t * len;
			p.at = (struct lonlat){ l->centre.lon + (a.x + t * dx) / l->kx,
				l->centre.lat + (a.y + t * dy) / l->ky };
		}
		before += len;
		a = b;
	}
	p.along = (float)(before > 0 ? along / before : 0);
	return p;
}

static double course_on(const struct look *l, const struct near *c)
{
	const struct roads_edge *e = &l->r->edges[c->edge];
	struct flat a = flatten(l, edge_point(l->r, e, c->stretch));
	struct flat b = flatten(l, edge_point(l->r, e, c->stretch + 1));

	return course_of(b.x - a.x, b.y - a.y);
}

static bool nearer(const struct near *a, const struct near *b)
{
	/* Both directions of a street compute the same foot but for the last bits. */
	double d = a->off_m - b->off_m;

	return fabs(d) > 1e-4 ? d < 0 : a->edge < b->edge;
}

/* Keeps the list sorted, nearest first, each edge once; the farthest falls out when it is full. */
static void keep(struct look *l, const struct near *c)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].edge == c->edge)
			return;
	if (l->n == NEAR_MAX) {
		if (!nearer(c, &l->v[NEAR_MAX - 1]))
			return;
		l->n--;
	}
	for (i = l->n; i > 0 && nearer(c, &l->v[i - 1]); i--)
		l->v[i] = l->v[i - 1];
	l->v[i] = *c;
	l->n++;
}

/* Distance beyond which nothing more is of interest. */
static double reach(const struct look *l)
{
	double d = l->n ? l->v[0].off_m : l->radius_m;

	return fmin(l->radius_m, d + fmax(COURSE_SLACK_M, d * SLACK_SHARE));
}

static void look_cell(struct look *l, uint32_t x, uint32_t y)
{
	size_t cell = (size_t)y * l->r->head->columns + x;

	for (uint32_t i = l->r->cells[cell]; i < l->r->cells[cell + 1]; i++) {
		struct near c = nearest_stretch(l, l->r->items[i]);
		if (c.off_m <= reach(l))
			keep(l, &c);
	}
}

/* A box of cells, ends included; empty when it lies beside the grid. */
struct cell_box {
	int64_t x0, x1, y0, y1;
};

static int64_t cell_of(double deg, int32_t low_e7, int32_t size_e7)
{
	return (int64_t)floor((deg * 1e7 - low_e7) / size_e7);
}

static struct cell_box box_around(const struct look *l, double half_m)
{
	const struct image_header *h = l->r->head;
	double dx = half_m / l->kx, dy = half_m / l->ky;
	struct cell_box b = { cell_of(l->centre.lon - dx, h->sw.lon_e7, h->cell_e7),
		cell_of(l->centre.lon + dx, h->sw.lon_e7, h->cell_e7),
		cell_of(l->centre.lat - dy, h->sw.lat_e7, h->cell_e7),
		cell_of(l->centre.lat + dy, h->sw.lat_e7, h->cell_e7) };

	b.x0 = b.x0 < 0 ? 0 : b.x0;
	b.y0 = b.y0 < 0 ? 0 : b.y0;
	b.x1 = b.x1 < h->columns ? b.x1 : h->columns - 1;
	b.y1 = b.y1 < h->rows ? b.y1 : h->rows - 1;
	return b;
}

static bool within(const struct cell_box *b, int64_t x, int64_t y)
{
	return x >= b->x0 && x <= b->x1 && y >= b->y0 && y <= b->y1;
}

/* Looks in growing boxes until nothing outside can matter. */
static void look_around(struct look *l)
{
	struct cell_box seen = { 0, -1, 0, -1 };

	for (double half = 50;; half = l->n ? reach(l) : 2 * half) {
		struct cell_box b = box_around(l, fmin(half, l->radius_m));
		for (int64_t y = b.y0; y <= b.y1; y++)
			for (int64_t x = b.x0; x <= b.x1; x++)
				if (!within(&seen, x, y))
					look_cell(l, (uint32_t)x, (uint32_t)y);
		seen = b;
		if (half >= reach(l))
			return;
	}
}

static double turn_between(double a, double b)
{
	double d = fabs(fmod(a - b, 360));

	return d > 180 ? 360 - d : d;
}

static bool leads(const struct look *l, const struct near *c, double course_deg)
{
	return course_deg < 0 || turn_between(course_on(l, c), course_deg) <= COURSE_DEG;
}

static size_t pick(const struct look *l, double course_deg, struct roads_place *ret)
{
	double least = INFINITY;
	size_t n = 0;

	for (size_t i = 0; i < l->n && n < ROADS_PLACES; i++) {
		const struct near *c = &l->v[i];
		if (isfinite(least) && c->off_m > least + fmax(SLACK_M, least * SLACK_SHARE))
			break;
		if (c->off_m > l->v[0].off_m + COURSE_SLACK_M || !leads(l, c, course_deg))
			continue;
		if (isinf(least))
			least = c->off_m;
		ret[n++] = place_on(l, c);
	}
	return n || course_deg < 0 ? n : pick(l, -1, ret);
}

static struct look look_at(const struct roads *r, struct lonlat at, double radius_m)
{
	double kx = M_PER_DEG * fmax(cos(at.lat * 3.14159265358979323846 / 180), 0.01);

	return (struct look){ .r = r,
		.centre = at,
		.kx = kx,
		.ky = M_PER_DEG,
		.lon_e7 = at.lon * 1e7,
		.lat_e7 = at.lat * 1e7,
		.kx_e7 = kx / 1e7,
		.ky_e7 = M_PER_DEG / 1e7,
		.radius_m = radius_m };
}

size_t roads_project(const struct roads *r, struct lonlat at, double course_deg, double radius_m,
	struct roads_place ret[static ROADS_PLACES])
{
	if (!geo_valid(at))
		return 0;
	struct look l = look_at(r, at, radius_m);
	look_around(&l);
	return l.n ? pick(&l, course_deg, ret) : 0;
}

int64_t roads_nearest_node(const struct roads *r, struct lonlat at, double *ret_m)
{
	int64_t best = ROADS_NONE;
	double least = INFINITY;
	double kx = cos(at.lat * 3.14159265358979323846 / 180);

	for (uint32_t i = 0; i < r->head->n_nodes; i++) {
		struct lonlat p = point_place(r->nodes[i].at);
		double dx = (p.lon - at.lon) * kx, dy = p.lat - at.lat, d = dx * dx + dy * dy;
		if (d < least) {
			least = d;
			best = i;
		}
	}
	if (best >= 0 && ret_m)
		*ret_m = geo_distance_m(at, point_place(r->nodes[best].at));
	return best;
}
