/* strokes.h - a signature as pen strokes: "x,y x,y;x,y x,y", x 0..1000, y 0..400. Pure. */
#ifndef LIABILITY_STROKES_H
#define LIABILITY_STROKES_H

#include <stdbool.h>
#include <stddef.h>

enum { STROKES_W = 1000, STROKES_H = 400, STROKE_POINTS_MAX = 4000, STROKE_POINTS_MIN = 4 };

/* Calls `point` for each point in order; `first` starts a new stroke. NULL when the text fits, else
 * what is wrong, as a constant sentence. `point` may be NULL to check only. */
const char *strokes_read(
	const char *text, void (*point)(void *arg, int x, int y, bool first), void *arg);

#endif
