/* bound.c - see bound.h. */
#include "bound.h"

double bound_on_time(const struct sim_setup *set)
{
	return (double)set->day->n;
}
