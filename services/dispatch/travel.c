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

double travel_speed_mps(int hour)
{
	return FREE_FLOW_MPS / congestion[hour];
}

static double turnout_s(int hour)
{
	return hour >= 23 || hour < 6 ? 60.0 : 20.0;
}

struct travel travel_time(struct lonlat from, struct lonlat to, int64_t at_us, bool unsure)
{
	int hour = travel_hour(at_us);
	double crow = geo_distance_m(from, to);
	double road = 1.26 * crow + fmin(480.0, 1.6 * crow);
	double sigma = unsure ? 0.45 : 0.30;
	double drive = road / travel_speed_mps(hour);

	return (struct travel){
		.distance_m = crow,
		.eta_s = turnout_s(hour) + drive,
		.eta_p90_s = turnout_s(hour) + drive * exp(P90 * sigma - sigma * sigma / 2),
		.sigma = sigma,
	};
}

double travel_on_time(const struct travel *t, double remaining_s)
{
	if (remaining_s <= 0)
		return 0;
	double z =
		(log(remaining_s) + t->sigma * t->sigma / 2 - log(fmax(t->eta_s, 1.0))) / t->sigma;
	return 0.5 * erfc(-z / sqrt(2.0));
}
