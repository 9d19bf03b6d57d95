/* draw.c - a street, two cars, plates and damage, with the grain of a real sensor. */
#include <cairo.h>
#include <math.h>
#include <stdbool.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "sample.h"

static uint32_t state;

static uint32_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static double between(double a, double b)
{
	return a + (b - a) * (next_random() % 10000) / 10000.0;
}

static void rect(cairo_t *c, double x, double y, double w, double h, double r, double g, double b)
{
	cairo_set_source_rgb(c, r, g, b);
	cairo_rectangle(c, x, y, w, h);
	cairo_fill(c);
}

static void text(cairo_t *c, double x, double y, double size, const char *what)
{
	PangoLayout *l = pango_cairo_create_layout(c);
	PangoFontDescription *f = pango_font_description_from_string("WenQuanYi Zen Hei");

	pango_font_description_set_absolute_size(f, size * PANGO_SCALE);
	pango_layout_set_font_description(l, f);
	pango_layout_set_text(l, what, -1);
	cairo_move_to(c, x, y);
	pango_cairo_show_layout(c, l);
	pango_font_description_free(f);
	g_object_unref(l);
}

static void street(cairo_t *c, double w, double h)
{
	rect(c, 0, 0, w, h * 0.4, 0.62, 0.74, 0.86);
	for (int i = 0; i < 9; i++) {
		double bw = between(w * 0.08, w * 0.16), bh = between(h * 0.1, h * 0.33);
		double x = i * w / 9, shade = between(0.35, 0.65);

		rect(c, x, h * 0.4 - bh, bw, bh, shade, shade * 0.95, shade * 0.9);
		for (double y = h * 0.4 - bh + 12; y < h * 0.38; y += 26)
			for (double k = x + 8; k < x + bw - 16; k += 24)
				rect(c, k, y, 12, 14, 0.25, 0.3, between(0.3, 0.6));
	}
	rect(c, 0, h * 0.4, w, h * 0.6, 0.36, 0.36, 0.38);
	for (int i = 0; i < 8; i++)
		rect(c, i * w / 7 - 40, h * 0.66 + i * 3, w / 14, 14, 0.92, 0.92, 0.88);
	rect(c, 0, h * 0.44, w, 8, 0.9, 0.75, 0.2);
}

static void plate(cairo_t *c, double x, double y, double w, const char *number)
{
	rect(c, x, y, w, w * 0.3, 0.05, 0.2, 0.6);
	cairo_set_source_rgb(c, 1, 1, 1);
	cairo_set_line_width(c, w * 0.01);
	cairo_rectangle(c, x + w * 0.02, y + w * 0.02, w * 0.96, w * 0.26);
	cairo_stroke(c);
	text(c, x + w * 0.07, y + w * 0.035, w * 0.17, number);
}

static void wheel(cairo_t *c, double x, double y, double r)
{
	cairo_set_source_rgb(c, 0.08, 0.08, 0.08);
	cairo_arc(c, x, y, r, 0, 2 * M_PI);
	cairo_fill(c);
	cairo_set_source_rgb(c, 0.7, 0.7, 0.72);
	cairo_arc(c, x, y, r * 0.55, 0, 2 * M_PI);
	cairo_fill(c);
}

static void damage(cairo_t *c, double x, double y, double size)
{
	cairo_set_line_width(c, 2);
	for (int i = 0; i < 60; i++) {
		double shade = between(0.1, 0.85);

		cairo_set_source_rgb(c, shade, shade, shade);
		cairo_move_to(c, x + between(0, size), y + between(0, size * 0.7));
		cairo_rel_line_to(c, between(-size, size) * 0.4, between(-size, size) * 0.15);
		cairo_stroke(c);
	}
}

static void car(cairo_t *c, double x, double y, double w, const double rgb[3], const char *number)
{
	double h = w * 0.42;

	cairo_set_source_rgb(c, rgb[0], rgb[1], rgb[2]);
	cairo_move_to(c, x, y + h * 0.85);
	cairo_line_to(c, x + w * 0.03, y + h * 0.45);
	cairo_line_to(c, x + w * 0.25, y + h * 0.38);
	cairo_line_to(c, x + w * 0.38, y);
	cairo_line_to(c, x + w * 0.75, y);
	cairo_line_to(c, x + w * 0.9, y + h * 0.4);
	cairo_line_to(c, x + w, y + h * 0.5);
	cairo_line_to(c, x + w, y + h * 0.85);
	cairo_close_path(c);
	cairo_fill(c);
	rect(c, x + w * 0.4, y + h * 0.06, w * 0.15, h * 0.3, 0.15, 0.2, 0.26);
	rect(c, x + w * 0.57, y + h * 0.06, w * 0.17, h * 0.3, 0.15, 0.2, 0.26);
	wheel(c, x + w * 0.2, y + h * 0.87, h * 0.2);
	wheel(c, x + w * 0.8, y + h * 0.87, h * 0.2);
	plate(c, x + w * 0.02, y + h * 0.6, w * 0.16, number);
}

static void cars(cairo_t *c, const struct sample *s, double w, double h)
{
	const double a[3] = { 0.75, 0.12, 0.1 }, b[3] = { 0.86, 0.86, 0.88 };
	double at = between(0.02, 0.08) * w;

	car(c, at, h * 0.5, w * 0.42, a, s->plate_a);
	car(c, at + w * 0.43, h * 0.49, w * 0.42, b, s->plate_b);
	damage(c, at + w * 0.40, h * 0.58, w * 0.06);
}

static void close_up(cairo_t *c, const struct sample *s, double w, double h)
{
	bool second = strstr(s->slot, "_B") != NULL;

	if (second)
		rect(c, 0, h * 0.2, w, h * 0.8, 0.8, 0.8, 0.83);
	else
		rect(c, 0, h * 0.2, w, h * 0.8, 0.7, 0.12, 0.1);
	rect(c, 0, h * 0.72, w, h * 0.08, 0.2, 0.2, 0.22);
	if (!strncmp(s->slot, "PLATE", 5))
		plate(c, w * 0.2, h * 0.4, w * 0.6, second ? s->plate_b : s->plate_a);
	else
		for (int i = 0; i < 4; i++)
			damage(c, between(w * 0.1, w * 0.5), between(h * 0.3, h * 0.5), w * 0.3);
}

static void caption(cairo_t *c, const struct sample *s, double h)
{
	char line[128], at[40];
	struct tm tm;

	localtime_r(&s->taken_at, &tm);
	strftime(at, sizeof at, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(line, sizeof line, "%s  %s", s->slot, at);
	cairo_set_source_rgb(c, 1, 0.85, 0.1);
	text(c, 24, h - 54, 30, line);
}

/* What a sensor adds: keeps edges sharp and the file from being suspiciously small. */
static void grain(unsigned char *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		int v = p[i] + (int)(next_random() % 25) - 12;

		p[i] = (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v);
	}
}

unsigned char *draw_scene(const struct sample *s)
{
	size_t bytes = (size_t)s->width * (size_t)s->height * 4;
	unsigned char *pixels = calloc(1, bytes);
	cairo_surface_t *surface;
	cairo_t *c;

	if (!pixels)
		return NULL;
	state = s->seed ? s->seed : 1;
	surface = cairo_image_surface_create_for_data(
		pixels, CAIRO_FORMAT_RGB24, s->width, s->height, s->width * 4);
	c = cairo_create(surface);
	street(c, s->width, s->height);
	if (!strncmp(s->slot, "SCENE", 5) || !strncmp(s->slot, "CONTACT_OVERVIEW", 16))
		cars(c, s, s->width, s->height);
	else
		close_up(c, s, s->width, s->height);
	caption(c, s, s->height);
	cairo_destroy(c);
	cairo_surface_finish(surface);
	cairo_surface_destroy(surface);
	grain(pixels, bytes);
	return pixels;
}
