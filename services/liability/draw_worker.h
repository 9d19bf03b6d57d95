/* draw_worker.h - a document drawn as an A4 PDF with cairo and pango; the printer's only. */
#ifndef LIABILITY_DRAW_WORKER_H
#define LIABILITY_DRAW_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include "liability/document.h"

/* Called with each piece of the file; false ends the drawing. */
typedef bool (*draw_write)(void *arg, const void *data, size_t n);
/* NULL when drawn, else what failed, as a constant or cairo's text. */
const char *draw_document(
	const struct document *doc, const char *font, draw_write write, void *arg);

#endif
