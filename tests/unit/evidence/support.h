/* support.h - JPEGs and EXIF blocks made for the tests, so that none need be kept as files. */
#ifndef TEST_EVIDENCE_SUPPORT_H
#define TEST_EVIDENCE_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "evidence/photo/codec.h"
#include "evidence/photo/photo.h"

struct bytes {
	uint8_t *p;
	size_t n;
};

__attribute__((unused)) static struct bytes bytes_copy(const void *p, size_t n)
{
	struct bytes b = { malloc(n ? n : 1), n };
	assert_non_null(b.p);
	memcpy(b.p, p, n);
	return b;
}

/* A colourful scene with fine texture: bright top left, red top right, blue bottom left. `noise` 0
 * makes it soft, as out of focus. */
__attribute__((unused)) static struct bytes make_jpeg(int w, int h, int noise)
{
	struct planes p = { .n = 3 };
	struct photo_rendition r = { 0 };
	uint32_t seed = 12345;

	assert_true(plane_make(&p.p[0], w, h));
	assert_true(plane_make(&p.p[1], (w + 1) / 2, (h + 1) / 2));
	assert_true(plane_make(&p.p[2], (w + 1) / 2, (h + 1) / 2));
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			seed = seed * 1664525u + 1013904223u;
			int v = x < w / 2 && y < h / 2 ? 190 : 90 + 40 * x / w;
			if (noise)
				v += (int)(seed >> 16) % (2 * noise) - noise;
			plane_row_mut(&p.p[0], y)[x] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
		}
	for (int y = 0; y < (h + 1) / 2; y++)
		for (int x = 0; x < (w + 1) / 2; x++) {
			plane_row_mut(&p.p[1], y)[x] = x < w / 4 && y >= h / 4 ? 200 : 128;
			plane_row_mut(&p.p[2], y)[x] = x >= w / 4 && y < h / 4 ? 200 : 128;
		}
	for (int i = 0; i < 3; i++)
		plane_pad(&p.p[i]);
	assert_true(codec_encode(&p, 90, &r));
	planes_free(&p);
	return (struct bytes){ r.jpeg, r.len };
}

/* The JPEG with an APP1 EXIF segment right after its start. */
__attribute__((unused)) static struct bytes with_exif(
	struct bytes jpeg, const uint8_t *tiff, size_t n)
{
	struct bytes out = { malloc(jpeg.n + n + 10), 0 };
	size_t len = n + 8;

	assert_non_null(out.p);
	memcpy(out.p, jpeg.p, 2);
	const uint8_t head[] = { 0xff, 0xe1, (uint8_t)(len >> 8), (uint8_t)len, 'E', 'x', 'i', 'f',
		0, 0 };
	memcpy(out.p + 2, head, sizeof(head));
	memcpy(out.p + 12, tiff, n);
	memcpy(out.p + 12 + n, jpeg.p + 2, jpeg.n - 2);
	out.n = jpeg.n + n + 10;
	return out;
}

/* A big-endian TIFF block being written: entries of one IFD after another. */
struct tiff {
	uint8_t b[4096];
	size_t n;
};

__attribute__((unused)) static void put16(struct tiff *t, unsigned v)
{
	t->b[t->n++] = (uint8_t)(v >> 8);
	t->b[t->n++] = (uint8_t)v;
}

__attribute__((unused)) static void put32(struct tiff *t, uint32_t v)
{
	put16(t, v >> 16);
	put16(t, v & 0xffff);
}

__attribute__((unused)) static void entry(
	struct tiff *t, unsigned tag, unsigned type, uint32_t count, uint32_t value)
{
	put16(t, tag);
	put16(t, type);
	put32(t, count);
	put32(t, value);
}

/* IFD0 with nothing but the orientation. */
__attribute__((unused)) static struct tiff tiff_orientation(unsigned orientation)
{
	struct tiff t = { .b = { 'M', 'M', 0, 42, 0, 0, 0, 8 }, .n = 8 };
	put16(&t, 1);
	entry(&t, 0x0112, 3, 1, orientation << 16);
	put32(&t, 0);
	return t;
}

#endif
