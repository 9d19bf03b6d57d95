/* geo.c - datum conversions, distance on the sphere, and grid cells for near-by search. */
#include "kit/geo.h"

#include <math.h>
#include "jingbao/v1/common.pb-c.h"

static const double pi = 3.14159265358979323846;
static const double earth_radius_m = 6371008.8;

/* The ellipsoid (Krasovsky 1940) of the published GCJ-02 algorithm. */
static const double gcj_a = 6378245.0;
static const double gcj_ee = 0.00669342162296594323;

static double radians(double degrees)
{
	return degrees * (pi / 180.0);
}

static bool in_china_box(struct lonlat p)
{
	return p.lon >= 72.004 && p.lon <= 137.8347 && p.lat >= 0.8293 && p.lat <= 55.8271;
}

/* The terms of the published algorithm, in metres before they are scaled to degrees. */
static double wave(double x, double a, double fa, double b, double fb)
{
	return (a * sin(x * fa * pi) + b * sin(x * fb * pi)) * 2.0 / 3.0;
}

static double shift_lat(double x, double y)
{
	double d = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x));

	d += wave(x, 20.0, 6.0, 20.0, 2.0);
	d += wave(y, 20.0, 1.0, 40.0, 1.0 / 3.0);
	d += wave(y, 160.0, 1.0 / 12.0, 320.0, 1.0 / 30.0);
	return d;
}

static double shift_lon(double x, double y)
{
	double d = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x));

	d += wave(x, 20.0, 6.0, 20.0, 2.0);
	d += wave(x, 20.0, 1.0, 40.0, 1.0 / 3.0);
	d += wave(x, 150.0, 1.0 / 12.0, 300.0, 1.0 / 30.0);
	return d;
}

static struct lonlat gcj_forward(struct lonlat p)
{
	double x = p.lon - 105.0, y = p.lat - 35.0;
	double s = sin(radians(p.lat));
	double magic = 1.0 - gcj_ee * s * s;
	double root = sqrt(magic);
	double metres_lat = gcj_a * (1.0 - gcj_ee) / (magic * root);
	double metres_lon = gcj_a / root * cos(radians(p.lat));

	return (struct lonlat){
		.lon = p.lon + shift_lon(x, y) * 180.0 / (metres_lon * pi),
		.lat = p.lat + shift_lat(x, y) * 180.0 / (metres_lat * pi),
	};
}

static struct lonlat bd_forward(struct lonlat p)
{
	double k = pi * 3000.0 / 180.0;
	double r = sqrt(p.lon * p.lon + p.lat * p.lat) + 0.00002 * sin(p.lat * k);
	double t = atan2(p.lat, p.lon) + 0.000003 * cos(p.lon * k);

	return (struct lonlat){ .lon = r * cos(t) + 0.0065, .lat = r * sin(t) + 0.006 };
}

/* Both shifts are small and smooth, so walking back by the miss converges in a few steps. */
static struct lonlat inverse(struct lonlat (*forward)(struct lonlat), struct lonlat want)
{
	struct lonlat p = want;

	for (int i = 0; i < 20; i++) {
		struct lonlat got = forward(p);
		double dx = got.lon - want.lon, dy = got.lat - want.lat;

		p.lon -= dx;
		p.lat -= dy;
		if (fabs(dx) < 1e-10 && fabs(dy) < 1e-10)
			break;
	}
	return p;
}

struct lonlat wgs84_to_gcj02(struct lonlat p)
{
	return in_china_box(p) ? gcj_forward(p) : p;
}

struct lonlat gcj02_to_wgs84(struct lonlat p)
{
	return in_china_box(p) ? inverse(gcj_forward, p) : p;
}

struct lonlat gcj02_to_bd09(struct lonlat p)
{
	return in_china_box(p) ? bd_forward(p) : p;
}

struct lonlat bd09_to_gcj02(struct lonlat p)
{
	return in_china_box(p) ? inverse(bd_forward, p) : p;
}

bool geo_to_wgs84(int datum, struct lonlat in, struct lonlat *ret)
{
	switch (datum) {
	case PB__DATUM__VALUE__WGS84:
	case PB__DATUM__VALUE__CGCS2000:
		*ret = in;
		return true;
	case PB__DATUM__VALUE__GCJ02:
		*ret = gcj02_to_wgs84(in);
		return true;
	case PB__DATUM__VALUE__BD09:
		*ret = gcj02_to_wgs84(bd09_to_gcj02(in));
		return true;
	default:
		return false;
	}
}

bool geo_from_wgs84(int datum, struct lonlat in, struct lonlat *ret)
{
	switch (datum) {
	case PB__DATUM__VALUE__WGS84:
	case PB__DATUM__VALUE__CGCS2000:
		*ret = in;
		return true;
	case PB__DATUM__VALUE__GCJ02:
		*ret = wgs84_to_gcj02(in);
		return true;
	case PB__DATUM__VALUE__BD09:
		*ret = gcj02_to_bd09(wgs84_to_gcj02(in));
		return true;
	default:
		return false;
	}
}

double geo_distance_m(struct lonlat a, struct lonlat b)
{
	double sy = sin(radians(b.lat - a.lat) / 2.0);
	double sx = sin(radians(b.lon - a.lon) / 2.0);
	double h = sy * sy + cos(radians(a.lat)) * cos(radians(b.lat)) * sx * sx;

	return 2.0 * earth_radius_m * asin(fmin(1.0, sqrt(h)));
}

bool geo_valid(struct lonlat p)
{
	return isfinite(p.lon) && isfinite(p.lat) && fabs(p.lon) <= 180.0 && fabs(p.lat) <= 90.0;
}

/* Width of a cell in degrees of longitude: constant over a belt of one degree of latitude and not
 * less than size_m anywhere in it. */
static double cell_width_deg(double lat, double size_deg)
{
	double edge = floor(fabs(lat)) + 1.0;

	return size_deg / fmax(cos(radians(edge)), 0.001);
}

static double cell_height_deg(double size_m)
{
	return size_m / (earth_radius_m * pi / 180.0);
}

int64_t geo_cell(struct lonlat p, double size_m)
{
	double height = cell_height_deg(size_m);
	double row = floor((p.lat + 90.0) / height);
	/* The belt is that of the row's lower edge, so that a row has one width. */
	double width = cell_width_deg(row * height - 90.0, height);
	double col = floor((p.lon + 180.0) / width);

	/* Rows below the south pole are negative: shift without sign. */
	return (int64_t)((uint64_t)(int64_t)row << 32 | ((uint64_t)(int64_t)col & 0xffffffffu));
}

/* Stepping by whole cells up and down, and by the width of the row met, touches every cell that a
 * point within size_m can be in; the antimeridian apart. */
void geo_cells_around(struct lonlat p, double size_m, int64_t ret[static 9])
{
	double height = cell_height_deg(size_m);
	int n = 0;

	for (int dy = -1; dy <= 1; dy++) {
		double lat = p.lat + dy * height;
		double row = floor((lat + 90.0) / height);
		double width = cell_width_deg(row * height - 90.0, height);

		for (int dx = -1; dx <= 1; dx++)
			ret[n++] = geo_cell((struct lonlat){ p.lon + dx * width, lat }, size_m);
	}
}
