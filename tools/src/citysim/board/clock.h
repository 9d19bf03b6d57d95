/* clock.h - the simulated day's time: seconds from midnight in Xi'an, and how slow the roads are.
 * Congestion is the city's published index by hour (dispatch/travel.h), times the storm's. */
#ifndef BOARD_CLOCK_H
#define BOARD_CLOCK_H

#include <stdint.h>
#include "scenario.h"

/* Midnight before 2026-03-02, a Monday, in Shanghai's time. */
#define CLOCK_FIRST_DAY_US INT64_C(1772380800000000)

struct clock {
	int64_t midnight_us;
	double usual[48], slow[48]; /* by hour since midnight; the last one goes on */
};

void clock_init(struct clock *c, const struct scenario *s, int day);
int64_t clock_us(const struct clock *c, double s);
double clock_slow(const struct clock *c, double s);
double clock_usual(const struct clock *c, double s); /* without a storm */
/* Free-flow seconds driven between two times by who needs `factor` times the usual; and the time at
 * which so many are done. Nobody drives faster than 1.3 times free flow. */
double clock_driven(const struct clock *c, double factor, double from, double to);
double clock_when(const struct clock *c, double factor, double from, double free_s);
double clock_turnout(const struct scenario *s, double at);

#endif
