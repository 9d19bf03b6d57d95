/* cost.c - lateness of a lognormal trip, and its price. */
#include <math.h>
#include "dispatch/cost.h"

/* Beyond this many standard deviations a trip is taken as certain. */
static const double CERTAIN = 6.0;

static double normal_cdf(double z)
{
	if (z > CERTAIN)
		return 1;
	return z < -CERTAIN ? 0 : 0.5 * erfc(-z * 0.70710678118654752);
}

struct lateness cost_lateness(double eta_s, double sigma, double remaining_s)
{
	if (isinf(eta_s))
		return (struct lateness){ 1, INFINITY };
	if (remaining_s <= 0)
		return (struct lateness){ 1, (eta_s - remaining_s) / 60 };
	double z = (log(fmax(eta_s, 1.0) / remaining_s) - sigma * sigma / 2) / sigma;
	if (z < -CERTAIN)
		return (struct lateness){ 0, 0 };
	double p = normal_cdf(z);
	double late_s = eta_s * normal_cdf(z + sigma) - remaining_s * p;
	return (struct lateness){ p, late_s > 0 ? late_s / 60 : 0 };
}

double cost_weight(const struct policy *p, const struct incident *in, int64_t now_us)
{
	double age_s = (double)(now_us - in->accepted_us) / 1e6;
	double severity = in->severity > 0 ? in->severity : 1;

	if (age_s > p->age_from_s)
		severity *= 1 + p->age_per_min * (age_s - p->age_from_s) / 60;
	return severity;
}

double cost_pair(
	const struct policy *p, double weight, const struct lateness *l, double eta_s, double cover)
{
	return weight * (l->p + p->per_late_min * l->minutes) + p->per_s * eta_s + p->cover * cover;
}
