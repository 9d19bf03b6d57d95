/* strokes.c - a signature as pen strokes. */
#include "liability/strokes.h"

/* Up to four digits; -1 when none or above max. */
static int take(const char **p, int max)
{
	int n = 0, digits = 0;
	for (; **p >= '0' && **p <= '9' && digits < 5; digits++, (*p)++)
		n = n * 10 + (**p - '0');
	return digits > 0 && digits < 5 && n <= max ? n : -1;
}

const char *strokes_read(
	const char *text, void (*point)(void *arg, int x, int y, bool first), void *arg)
{
	const char *p = text;
	bool first = true;
	size_t n = 0;
	while (*p) {
		int x = take(&p, STROKES_W);
		if (x < 0 || *p != ',')
			return "strokes are 'x,y x,y;x,y ...' with x in 0..1000";
		p++;
		int y = take(&p, STROKES_H);
		if (y < 0)
			return "strokes are 'x,y x,y;x,y ...' with y in 0..400";
		if (++n > STROKE_POINTS_MAX)
			return "strokes have at most 4000 points";
		if (point)
			point(arg, x, y, first);
		first = *p == ';';
		if (*p == ' ' || *p == ';') {
			if (!*++p)
				return "strokes end with a point";
		} else if (*p) {
			return "points are parted by a space, strokes by ';'";
		}
	}
	return n >= STROKE_POINTS_MIN ? NULL : "a signature has at least four points";
}
