/* document.h - 道路交通事故认定书(简易程序) as a list of blocks, before any drawing. Pure.
 *
 * Contents follow order 146 art. 24 to 26, 60, 64 and 71. The printer (document_worker.c) draws the
 * blocks from top to bottom and breaks pages between them.
 */
#ifndef LIABILITY_DOCUMENT_H
#define LIABILITY_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include "kit/arena.h"
#include "jingbao/v1/liability.pb-c.h"

enum doc_kind {
	DOC_TITLE,  /* centred, large */
	DOC_CENTRE, /* centred */
	DOC_RIGHT,
	DOC_HEAD,   /* heading of a group of rows, shaded */
	DOC_ROW,    /* cells side by side */
	DOC_TEXT,   /* paragraph in a frame */
	DOC_SIGN,   /* a signature in its frame */
	DOC_VERIFY, /* QR code with text beside it */
	DOC_NOTE,   /* small print */
};

enum { DOC_CELLS_MAX = 8 };

struct doc_cell {
	const char *text;
	double width; /* share of the row */
	bool label;
};

struct doc_block {
	enum doc_kind kind;
	const char *text; /* all but ROW */
	struct doc_cell cells[DOC_CELLS_MAX];
	size_t n_cells;
	const char *strokes; /* SIGN; "" none */
	const char *note;    /* SIGN: right of the signature */
	const char *url;     /* VERIFY */
};

struct document {
	const char *title; /* of the file */
	const char *mark;  /* across each page; NULL none */
	int64_t at_us;     /* of the file: when it was decided */
	struct doc_block *blocks;
	size_t n_blocks;
};

/* NULL when the arena is full. */
const struct document *document_build(const Pb__DocumentPrint *in, struct arena *a);
/* 甲乙丙丁 ... for A B C D ...; the letter itself past the tenth. */
const char *party_chinese(const char *letter);

#endif
