/* figures.h - what the clocks of a group of cases add up to. Pure; thread: any.
 *
 * Percentiles are exact, over every duration, by linear interpolation between the two nearest
 * (PostgreSQL's percentile_cont). A case that left its clock (merged, cancelled, another lane)
 * isn't judged; one still running within the limit isn't either; one running past it counts as
 * late.
 */
#ifndef OVERSIGHT_FIGURES_H
#define OVERSIGHT_FIGURES_H

#include <stdbool.h>
#include "jingbao/v1/oversight.pb-c.h"

/* counted, in time, and the percentage follow from the parts already filled in. */
void figures_finish(Pb__ClockFigures *f);

struct grouping {
	bool district, hour, responder;
};
/* "district,hour"; false when a word is unknown or said twice. */
bool grouping_from_text(const char *text, struct grouping *ret);

#endif
