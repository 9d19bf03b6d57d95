/* roads_speeds.c - how the time over an edge follows the hour, the class of road and the district.
 *
 * The curve is the city's published one. How much of it a class feels is an assumption until tracks
 * have taught better: main roads carry the peak in full, small streets 0.6 of it in the exponent.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_router.h"

static const double SIGMA = 0.25;        /* of traffic, where nothing was learned */
static const double UNSURE_SIGMA = 0.40; /* the position is old, doubtful or a post's */

struct roads_speeds roads_free_flow(void)
{
	struct roads_speeds s = { .n_zones = 0 };

	for (int h = 0; h < 24; h++) {
		s.congestion[h] = 1;
		s.sigma[h] = SIGMA;
	}
	for (int c = 0; c < ROAD_CLASSES; c++)
		s.exponent[c] = 1;
	return s;
}

struct roads_speeds roads_default_speeds(void)
{
	static const enum road_class small[] = { ROAD_RESIDENTIAL, ROAD_LIVING_STREET,
		ROAD_SERVICE };
	struct roads_speeds s = roads_free_flow();

	for (int h = 0; h < 24; h++)
		s.congestion[h] = travel_congestion(h);
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		s.exponent[small[i]] = 0.6;
	return s;
}

static struct band band_of(double sigma)
{
	sigma = isfinite(sigma) ? fmin(fmax(sigma, 0.05), 1) : SIGMA;
	return (struct band){ sigma, travel_band(0, 0, 1, sigma).eta_p90_s };
}

static void set_bands(struct roads_router *q, const double sigma[static 24])
{
	for (int h = 0; h < 24; h++) {
		q->band[h] = band_of(sigma[h]);
		q->unsure_band[h] = band_of(fmax(sigma[h], UNSURE_SIGMA));
	}
}

static double factor_of(const struct roads_speeds *s, size_t zone, int hour)
{
	return s->factor && zone < s->n_zones ? s->factor[zone][hour] : 1;
}

static uint32_t *scale_of(const struct roads_router *q, const struct roads_speeds *s, int hour)
{
	size_t zones = q->graph->head->n_zones;
	uint32_t *v = calloc(zones * ROADS_KINDS_PER_ZONE, sizeof(*v));

	for (size_t z = 0; v && z < zones; z++)
		for (size_t c = 0; c < ROAD_CLASSES; c++) {
			double x = pow(s->congestion[hour], s->exponent[c]) * factor_of(s, z, hour);
			/* A factor that makes no sense must not break the search. */
			x = isfinite(x) ? fmin(fmax(x, 0.05), 50) : 1;
			v[z * ROADS_KINDS_PER_ZONE + c] = (uint32_t)lround(x * 1024);
		}
	return v;
}

/* The queue's ring must hold the longest edge at its slowest, and the longest walk to a road. */
static bool fit_queue(struct roads_router *q, uint32_t *const scale[24])
{
	uint32_t longest = 0;

	for (size_t k = 0; k < q->graph->head->n_zones * (size_t)ROADS_KINDS_PER_ZONE; k++)
		for (int h = 0; h < 24; h++) {
			uint32_t ms = scaled(q->longest_ms[k], scale[h][k]);
			longest = ms > longest ? ms : longest;
		}
	return queue_size(
		&q->queue, longest + (uint32_t)(ROADS_RADIUS_M / ROADS_WALK_MPS * 1000) + 1000);
}

bool roads_router_set_speeds(struct roads_router *q, const struct roads_speeds *speeds)
{
	struct roads_speeds none = roads_default_speeds();
	uint32_t *fresh[24];
	bool ok = true;

	for (int h = 0; h < 24; h++) {
		fresh[h] = scale_of(q, speeds ? speeds : &none, h);
		ok = ok && fresh[h];
	}
	ok = ok && fit_queue(q, fresh);
	for (int h = 0; h < 24; h++) {
		uint32_t *old = ok ? q->scale[h] : fresh[h];
		if (ok)
			q->scale[h] = fresh[h];
		free(old);
	}
	if (ok) {
		set_bands(q, (speeds ? speeds : &none)->sigma);
		router_forget(q);
	}
	return ok;
}

double roads_edge_s(const struct roads_router *q, uint32_t edge, int hour)
{
	return edge_ms(q, edge, hour) / 1000.0;
}
