/* figures.c - sums of a report, as figures.h explains. */
#include <math.h>
#include <string.h>
#include "oversight/figures.h"

void figures_finish(Pb__ClockFigures *f)
{
	f->counted = f->stopped + f->open_late;
	f->compliance_percent =
		f->counted ? round(1e4 * (double)f->in_time / (double)f->counted) / 1e2 : 0;
}

static bool take(bool *flag)
{
	bool fresh = !*flag;

	*flag = true;
	return fresh;
}

bool grouping_from_text(const char *text, struct grouping *ret)
{
	*ret = (struct grouping){ 0 };
	if (!*text)
		return true;
	for (;;) {
		size_t n = strcspn(text, ",");
		bool ok = n == 8 && !strncmp(text, "district", n)    ? take(&ret->district)
			  : n == 4 && !strncmp(text, "hour", n)      ? take(&ret->hour)
			  : n == 9 && !strncmp(text, "responder", n) ? take(&ret->responder)
								     : false;
		if (!ok)
			return false;
		if (!text[n])
			return true;
		text += n + 1;
	}
}
