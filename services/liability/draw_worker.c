/* draw_worker.c - a document drawn as an A4 PDF with cairo and pango. */
#include "liability/draw_worker.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>
#include "liability/strokes.h"

/* Points of 1/72 inch. */
#define PAGE_W 595.276
#define PAGE_H 841.89
#define MARGIN_X 56.7
#define MARGIN_TOP 34.0
#define MARGIN_BOTTOM 40.0
#define INNER_W (PAGE_W - 2 * MARGIN_X)
#define PAGE_ROOM (PAGE_H - MARGIN_TOP - MARGIN_BOTTOM)
#define TEXT_SIZE 10.0
#define PAD 2.6
#define SIGN_H 46.0
#define SIGN_LABEL_W (INNER_W * 0.14)
#define SIGN_INK_W 100.0
#define QR_SIZE 80.0

struct page {
	cairo_t *cr;
	const struct document *doc;
	const char *font;
	double y;
	int number, total; /* total 0: counting */
};

static PangoLayout *layout_new(
	struct page *p, const char *text, double size, double width, bool bold)
{
	PangoLayout *l = pango_cairo_create_layout(p->cr);
	PangoFontDescription *f = pango_font_description_new();
	pango_font_description_set_family(f, p->font);
	pango_font_description_set_absolute_size(f, size * PANGO_SCALE);
	pango_font_description_set_weight(f, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
	pango_layout_set_font_description(l, f);
	pango_font_description_free(f);
	pango_layout_set_width(l, (int)lround(width * PANGO_SCALE));
	pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	pango_layout_set_spacing(l, PANGO_SCALE);
	pango_layout_set_text(l, text, -1);
	return l;
}

static double layout_height(PangoLayout *l)
{
	int w, h;
	pango_layout_get_size(l, &w, &h);
	return (double)h / PANGO_SCALE;
}

static void show(struct page *p, PangoLayout *l, double x, double y)
{
	cairo_move_to(p->cr, x, y);
	pango_cairo_show_layout(p->cr, l);
}

/* Height of a text; drawn at x, y when `draw`. */
static double text_box(struct page *p, const char *text, double size, double x, double y, double w,
	PangoAlignment align, bool bold, bool draw)
{
	PangoLayout *l = layout_new(p, text, size, w, bold);
	pango_layout_set_alignment(l, align);
	double h = layout_height(l);
	if (draw)
		show(p, l, x, y);
	g_object_unref(l);
	return h;
}

static void frame(struct page *p, double x, double y, double w, double h, bool shaded)
{
	if (shaded) {
		cairo_set_source_rgb(p->cr, 0.92, 0.93, 0.95);
		cairo_rectangle(p->cr, x, y, w, h);
		cairo_fill(p->cr);
	}
	cairo_set_source_rgb(p->cr, 0, 0, 0);
	cairo_set_line_width(p->cr, 0.6);
	cairo_rectangle(p->cr, x, y, w, h);
	cairo_stroke(p->cr);
}

/* ---- pages ---- */

static void page_mark(struct page *p)
{
	if (!p->doc->mark)
		return;
	cairo_save(p->cr);
	cairo_set_source_rgba(p->cr, 0.6, 0.6, 0.6, 0.25);
	cairo_translate(p->cr, PAGE_W / 2, PAGE_H / 2);
	cairo_rotate(p->cr, -0.6);
	(void)text_box(p, p->doc->mark, 110, -250, -70, 500, PANGO_ALIGN_CENTER, true, true);
	cairo_restore(p->cr);
}

static void page_foot(struct page *p)
{
	char text[64];
	(void)snprintf(text, sizeof(text), "第 %d 页　共 %d 页", p->number, p->total);
	cairo_set_source_rgb(p->cr, 0.25, 0.25, 0.25);
	(void)text_box(p, text, 9, MARGIN_X, PAGE_H - MARGIN_BOTTOM + 14, INNER_W,
		PANGO_ALIGN_CENTER, false, true);
	cairo_set_source_rgb(p->cr, 0, 0, 0);
}

static void page_begin(struct page *p)
{
	p->number++;
	p->y = MARGIN_TOP;
	page_mark(p);
	cairo_set_source_rgb(p->cr, 0, 0, 0);
}

static void page_end(struct page *p)
{
	page_foot(p);
	cairo_show_page(p->cr);
}

static void line_across(struct page *p)
{
	cairo_set_line_width(p->cr, 0.6);
	cairo_move_to(p->cr, MARGIN_X, p->y);
	cairo_line_to(p->cr, MARGIN_X + INNER_W, p->y);
	cairo_stroke(p->cr);
}

/* Room for a block of height h; on the next page when this one has none. True when it turned. */
static bool need(struct page *p, double h, bool frame_open)
{
	if (p->y + h <= PAGE_H - MARGIN_BOTTOM || p->y <= MARGIN_TOP)
		return false;
	if (frame_open)
		line_across(p);
	page_end(p);
	page_begin(p);
	return true;
}

/* ---- blocks ---- */

static double block_row(struct page *p, const struct doc_block *b, bool draw)
{
	double h = 0, x = MARGIN_X;
	for (size_t i = 0; i < b->n_cells; i++) {
		const struct doc_cell *c = &b->cells[i];
		double one = text_box(p, c->text, TEXT_SIZE, 0, 0, c->width * INNER_W - 2 * PAD,
			PANGO_ALIGN_LEFT, false, false);
		h = one > h ? one : h;
	}
	h += 2 * PAD;
	for (size_t i = 0; draw && i < b->n_cells; i++) {
		const struct doc_cell *c = &b->cells[i];
		double w = c->width * INNER_W;
		frame(p, x, p->y, w, h, c->label);
		(void)text_box(p, c->text, TEXT_SIZE, x + PAD, p->y + PAD, w - 2 * PAD,
			c->label ? PANGO_ALIGN_CENTER : PANGO_ALIGN_LEFT, false, true);
		x += w;
	}
	return h;
}

/* Only the sides: paragraphs of one group stand in one frame. */
static void sides(struct page *p, double h)
{
	cairo_set_line_width(p->cr, 0.6);
	cairo_move_to(p->cr, MARGIN_X, p->y);
	cairo_line_to(p->cr, MARGIN_X, p->y + h);
	cairo_move_to(p->cr, MARGIN_X + INNER_W, p->y);
	cairo_line_to(p->cr, MARGIN_X + INNER_W, p->y + h);
	cairo_stroke(p->cr);
}

static PangoLayout *paragraph(struct page *p, const struct doc_block *b)
{
	PangoLayout *l = layout_new(p, b->text, TEXT_SIZE, INNER_W - 4 * PAD, false);
	pango_layout_set_indent(l, (int)(2 * TEXT_SIZE * PANGO_SCALE));
	return l;
}

static double block_text(struct page *p, const struct doc_block *b, bool draw)
{
	PangoLayout *l = paragraph(p, b);
	double h = layout_height(l) + 2 * PAD;
	if (draw) {
		sides(p, h);
		show(p, l, MARGIN_X + 2 * PAD, p->y + PAD);
	}
	g_object_unref(l);
	return h;
}

static void pad(struct page *p)
{
	sides(p, PAD);
	p->y += PAD;
}

/* One line of a paragraph; the page turns when it has no room left. */
static void flow_line(struct page *p, PangoLayoutIter *i)
{
	PangoRectangle r;
	int top, bottom;
	pango_layout_iter_get_line_extents(i, NULL, &r);
	pango_layout_iter_get_line_yrange(i, &top, &bottom);
	double h = (double)(bottom - top) / PANGO_SCALE;
	double down = (double)(pango_layout_iter_get_baseline(i) - top) / PANGO_SCALE;
	if (need(p, h + PAD, true)) {
		line_across(p);
		pad(p);
	}
	sides(p, h);
	cairo_move_to(p->cr, MARGIN_X + 2 * PAD + (double)r.x / PANGO_SCALE, p->y + down);
	pango_cairo_show_layout_line(p->cr, pango_layout_iter_get_line_readonly(i));
	p->y += h;
}

/* A paragraph too tall for any page goes over as many as it needs. */
static void flow_text(struct page *p, const struct doc_block *b)
{
	PangoLayout *l = paragraph(p, b);
	PangoLayoutIter *i = pango_layout_get_iter(l);
	pad(p);
	do {
		flow_line(p, i);
	} while (pango_layout_iter_next_line(i));
	pad(p);
	pango_layout_iter_free(i);
	g_object_unref(l);
}

struct pen {
	cairo_t *cr;
	double x, y, scale;
};

static void pen_point(void *arg, int x, int y, bool first)
{
	struct pen *pen = arg;
	double px = pen->x + x * pen->scale, py = pen->y + y * pen->scale;
	if (first)
		cairo_move_to(pen->cr, px, py);
	else
		cairo_line_to(pen->cr, px, py);
}

static void ink(struct page *p, const char *strokes, double x, double y)
{
	struct pen pen = { p->cr, x, y, SIGN_INK_W / STROKES_W };
	if (!*strokes)
		return;
	cairo_save(p->cr);
	cairo_set_source_rgb(p->cr, 0.05, 0.1, 0.4);
	cairo_set_line_width(p->cr, 1.3);
	cairo_set_line_cap(p->cr, CAIRO_LINE_CAP_ROUND);
	cairo_set_line_join(p->cr, CAIRO_LINE_JOIN_ROUND);
	cairo_new_path(p->cr);
	(void)strokes_read(strokes, pen_point, &pen); /* checked when it was taken */
	cairo_stroke(p->cr);
	cairo_restore(p->cr);
}

static double block_sign(struct page *p, const struct doc_block *b, bool draw)
{
	double x = MARGIN_X + SIGN_LABEL_W, note_x = x + PAD;
	if (*b->strokes)
		note_x += SIGN_INK_W + 3 * PAD;
	double w = MARGIN_X + INNER_W - note_x - PAD;
	double h =
		text_box(p, b->note, TEXT_SIZE, 0, 0, w, PANGO_ALIGN_LEFT, false, false) + 2 * PAD;
	double row = *b->strokes ? SIGN_INK_W * STROKES_H / STROKES_W + 2 * PAD : SIGN_H / 2;
	h = h > row ? h : row;
	if (!draw)
		return h;
	frame(p, MARGIN_X, p->y, SIGN_LABEL_W, h, true);
	frame(p, x, p->y, INNER_W - SIGN_LABEL_W, h, false);
	(void)text_box(p, b->text, TEXT_SIZE, MARGIN_X + PAD, p->y + PAD, SIGN_LABEL_W - 2 * PAD,
		PANGO_ALIGN_CENTER, false, true);
	ink(p, b->strokes, x + PAD, p->y + PAD);
	(void)text_box(p, b->note, TEXT_SIZE, note_x, p->y + PAD, w, PANGO_ALIGN_LEFT, false, true);
	return h;
}

static void qr(struct page *p, const char *url, double x, double y)
{
	QRcode *code = QRcode_encodeString8bit(url, 0, QR_ECLEVEL_M);
	if (!code)
		return;
	double module = QR_SIZE / (code->width + 8); /* quiet zone of four modules each side */
	for (int r = 0; r < code->width; r++)
		for (int c = 0; c < code->width; c++)
			if (code->data[r * code->width + c] & 1)
				cairo_rectangle(p->cr, x + (c + 4) * module, y + (r + 4) * module,
					module, module);
	cairo_fill(p->cr);
	QRcode_free(code);
}

static double block_verify(struct page *p, const struct doc_block *b, bool draw)
{
	double x = MARGIN_X + QR_SIZE + 2 * PAD, w = INNER_W - QR_SIZE - 2 * PAD;
	double h = text_box(p, b->text, 9, 0, 0, w, PANGO_ALIGN_LEFT, false, false);
	if (draw) {
		qr(p, b->url, MARGIN_X, p->y);
		(void)text_box(p, b->text, 9, x, p->y + 8, w, PANGO_ALIGN_LEFT, false, true);
	}
	return h + 8 > QR_SIZE ? h + 8 : QR_SIZE;
}

static double plain(struct page *p, const struct doc_block *b, double size, PangoAlignment align,
	bool bold, double after, bool draw)
{
	return text_box(p, b->text, size, MARGIN_X, p->y, INNER_W, align, bold, draw) + after;
}

static double block_head(struct page *p, const struct doc_block *b, bool draw)
{
	double h =
		text_box(p, b->text, 11, 0, 0, INNER_W - 2 * PAD, PANGO_ALIGN_LEFT, true, false) +
		2 * PAD;
	if (draw) {
		frame(p, MARGIN_X, p->y, INNER_W, h, true);
		(void)text_box(p, b->text, 11, MARGIN_X + PAD, p->y + PAD, INNER_W - 2 * PAD,
			PANGO_ALIGN_LEFT, true, true);
	}
	return h;
}

/* Height of a block at the current place. */
static double block(struct page *p, const struct doc_block *b, bool draw)
{
	switch (b->kind) {
	case DOC_TITLE:
		return plain(p, b, 20, PANGO_ALIGN_CENTER, true, 3, draw);
	case DOC_CENTRE:
		return plain(p, b, 13, PANGO_ALIGN_CENTER, false, 4, draw);
	case DOC_RIGHT:
		return plain(p, b, TEXT_SIZE, PANGO_ALIGN_RIGHT, false, 5, draw);
	case DOC_NOTE:
		p->y += draw ? 6 : 0;
		return plain(p, b, 9, PANGO_ALIGN_LEFT, false, 6, draw);
	case DOC_HEAD:
		return block_head(p, b, draw);
	case DOC_ROW:
		return block_row(p, b, draw);
	case DOC_TEXT:
		return block_text(p, b, draw);
	case DOC_SIGN:
		return block_sign(p, b, draw);
	case DOC_VERIFY:
		return block_verify(p, b, draw);
	}
	return 0;
}

/* A heading stays with what follows it. */
static double height_kept(struct page *p, size_t i)
{
	double h = block(p, &p->doc->blocks[i], false);
	if (p->doc->blocks[i].kind == DOC_HEAD && i + 1 < p->doc->n_blocks)
		h += block(p, &p->doc->blocks[i + 1], false);
	return h + 6;
}

/* Draws all pages; answers how many. Paragraphs that follow each other stand in one frame. */
static int draw_pages(cairo_t *cr, const struct document *doc, const char *font, int total)
{
	struct page p = { .cr = cr, .doc = doc, .font = font, .total = total };
	bool frame_open = false;
	page_begin(&p);
	for (size_t i = 0; i < doc->n_blocks; i++) {
		const struct doc_block *b = &doc->blocks[i];
		const bool text = b->kind == DOC_TEXT;
		const bool tall = text && block(&p, b, false) > PAGE_ROOM;
		bool turned = !tall && need(&p, height_kept(&p, i), frame_open);
		if (turned ? text : frame_open && !text)
			line_across(&p);
		if (tall)
			flow_text(&p, b);
		else
			p.y += block(&p, b, true);
		frame_open = text;
	}
	page_end(&p);
	return p.number;
}

static cairo_status_t discard(void *arg, const unsigned char *data, unsigned n)
{
	(void)arg;
	(void)data;
	(void)n;
	return CAIRO_STATUS_SUCCESS;
}

struct sink {
	draw_write write;
	void *arg;
};

static cairo_status_t to_sink(void *arg, const unsigned char *data, unsigned n)
{
	struct sink *s = arg;
	return s->write(s->arg, data, n) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* The file's dates are the decision's, so that the same document is the same bytes. */
static void metadata(cairo_surface_t *s, const struct document *doc)
{
	char date[40];
	struct tm tm;
	time_t t = (time_t)(doc->at_us / 1000000);
	cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE, doc->title);
	cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "jingbao");
	if (gmtime_r(&t, &tm) && strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0) {
		cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, date);
		cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_MOD_DATE, date);
	}
}

const char *draw_document(const struct document *doc, const char *font, draw_write write, void *arg)
{
	struct sink sink = { write, arg };
	cairo_surface_t *dry = cairo_pdf_surface_create_for_stream(discard, NULL, PAGE_W, PAGE_H);
	cairo_t *cr = cairo_create(dry);
	int total = draw_pages(cr, doc, font, 0);
	cairo_destroy(cr);
	cairo_surface_destroy(dry);

	cairo_surface_t *s = cairo_pdf_surface_create_for_stream(to_sink, &sink, PAGE_W, PAGE_H);
	metadata(s, doc);
	cr = cairo_create(s);
	(void)draw_pages(cr, doc, font, total);
	cairo_status_t drawn = cairo_status(cr);
	cairo_destroy(cr);
	cairo_surface_finish(s);
	cairo_status_t st = cairo_surface_status(s);
	cairo_surface_destroy(s);
	if (drawn != CAIRO_STATUS_SUCCESS)
		st = drawn;
	return st == CAIRO_STATUS_SUCCESS ? NULL : cairo_status_to_string(st);
}
