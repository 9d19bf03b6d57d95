/* cost.h - what it costs to send a unit to an incident, in late arrivals.
 *
 *   cost = weight x (P(late) + per_late_min x E[minutes late])
 *        + per_s x E[response from now]
 *        + cover x expected late arrivals elsewhere because the unit is gone
 *
 * The time of arrival is lognormal about the expected one, so lateness is a probability, never a
 * hard line. The weight is the incident's severity and grows with its age. Pure; thread: any.
 */
#ifndef DISPATCH_COST_H
#define DISPATCH_COST_H

#include "dispatch/engine.h"

struct lateness {
	double p;       /* of arriving after the promise */
	double minutes; /* expected after it, 0 when in time */
};
/* Of a trip of expected `eta_s` when `remaining_s` are left (may be negative). */
struct lateness cost_lateness(double eta_s, double sigma, double remaining_s);
double cost_weight(const struct policy *p, const struct incident *in, int64_t now_us);
double cost_pair(const struct policy *p, double weight, const struct lateness *l, double eta_s,
	double cover);

#endif
