/* travel.c - straight-line travel times; the constants are explained in travel.h. */
#include <math.h>
#include "dispatch/travel.h"
#include "kit/timeutil.h"

static const double FREE_FLOW_MPS = 48.0 / 3.6;
static const double P90 = 1.2815515655446004; /* of the standard normal */

static const double congestion[24] = {
	1.00, 1.00, 1.00, 1.00, 1.00, 1.05, /* 0 - 5 h */
	1.20, 1.55, 1.80, 1.70, 1.60, 1.60, /* 6 - 11 h */
	1.60, 1.60, 1.60, 1.60, 1.75, 1.85, /* 12 - 17 h */
	1.93, 1.75, 1.50, 1.35, 1.20, 1.10, /* 18 - 23 h */
};

int travel_hour(int64_t at_us)
{
	int64_t hours = at_us / (3600 * US_PER_S) + 8;
	return (int)(hours % 24);
}

double travel_congestion(int hour)
{
	return congestion[hour];
}

double travel_speed_mps(int hour)
{
	return FREE_FLOW_MPS / congestion[hour];
}

double travel_turnout_s(int hour, bool under_way)
{
	if (under_way)
		return 0;
	return hour >= 23 || hour < 6 ? 60.0 : 20.0;
}

struct travel travel_band(double distance_m, double turnout_s, double drive_s, double sigma)
{
	return (struct travel){
		.distance_m = distance_m,
		.eta_s = turnout_s + drive_s,
		.eta_p90_s = turnout_s + drive_s * exp(P90 * sigma - sigma * sigma / 2),
		.sigma = sigma,
	};
}

static struct travel straight(
	const struct travel_from *from, struct lonlat to, int64_t at_us, double factor)
{
	int hour = travel_hour(at_us);
	double crow = geo_distance_m(from->at, to);
	double road = 1.26 * crow + fmin(480.0, 1.6 * crow);

	return travel_band(crow, travel_turnout_s(hour, from->under_way),
		factor * road / travel_speed_mps(hour), from->unsure ? 0.45 : 0.30);
}

struct travel travel_time(struct lonlat from, struct lonlat to, int64_t at_us, bool unsure)
{
	return straight(&(struct travel_from){ .at = from, .unsure = unsure }, to, at_us, 1.0);
}

static void straight_to(const void *ctx, struct lonlat target, int64_t at_us,
	const struct travel_from *from, size_t n, struct travel *ret)
{
	const struct travel_straight_fit *fit = ctx;

	for (size_t i = 0; i < n; i++)
		ret[i] = straight(&from[i], target, at_us, fit ? fit->factor : 1.0);
}

const struct travel_model travel_straight = { NULL, straight_to };

double travel_on_time(const struct travel *t, double remaining_s)
{
	if (remaining_s <= 0 || isinf(t->eta_s))
		return 0;
	double z =
		(log(remaining_s) + t->sigma * t->sigma / 2 - log(fmax(t->eta_s, 1.0))) / t->sigma;
	return 0.5 * erfc(-z / sqrt(2.0));
}
