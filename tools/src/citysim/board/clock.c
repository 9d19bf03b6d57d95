/* clock.c - driving through hours of different congestion. */
#include "clock.h"

#include <math.h>
#include "dispatch/travel.h"

static const double FASTEST = 1.3;

void clock_init(struct clock *c, const struct scenario *s, int day)
{
	c->midnight_us = CLOCK_FIRST_DAY_US + day * INT64_C(86400000000);
	for (int h = 0; h < 48; h++) {
		bool storm = h >= s->storm_from && h < s->storm_to;
		c->usual[h] = pow(travel_congestion(h % 24), s->congestion);
		c->slow[h] = c->usual[h] * (storm ? s->storm_slow : 1);
	}
}

int64_t clock_us(const struct clock *c, double s)
{
	return c->midnight_us + llround(s * 1e6);
}

static int hour_of(double s)
{
	return s < 0 ? 0 : s >= 47 * 3600.0 ? 47 : (int)(s / 3600);
}

double clock_slow(const struct clock *c, double s)
{
	return c->slow[hour_of(s)];
}

double clock_usual(const struct clock *c, double s)
{
	return c->usual[hour_of(s)];
}

static double pace(const struct clock *c, double factor, int hour)
{
	return fmin(1 / (factor * c->slow[hour]), FASTEST);
}

double clock_driven(const struct clock *c, double factor, double from, double to)
{
	double done = 0;

	while (from < to) {
		int h = hour_of(from);
		double until = h == 47 ? to : fmin(to, (h + 1) * 3600.0);
		done += (until - from) * pace(c, factor, h);
		from = until;
	}
	return done;
}

double clock_when(const struct clock *c, double factor, double from, double free_s)
{
	for (;;) {
		int h = hour_of(from);
		double v = pace(c, factor, h), until = (h + 1) * 3600.0;
		if (h == 47 || free_s <= (until - from) * v)
			return from + free_s / v;
		free_s -= (until - from) * v;
		from = until;
	}
}

double clock_turnout(const struct scenario *s, double at)
{
	int h = hour_of(at) % 24;

	return h >= 23 || h < 6 ? s->turnout_night_s : s->turnout_s;
}
