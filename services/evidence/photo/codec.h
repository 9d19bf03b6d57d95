/* codec.h - JPEG to planes and planes to JPEG; the only place that knows libjpeg.
 *
 * libjpeg leaves by longjmp; the one setjmp is in codec.c and no caller sees it. Planes stay in
 * YCbCr at whatever subsampling the file has: no colour conversion, no upsampling.
 */
#ifndef PHOTO_CODEC_H
#define PHOTO_CODEC_H

#include "evidence/photo/photo.h"
#include "evidence/photo/plane.h"

struct planes {
	int n;    /* 1 grey, 3 colour */
	bool rgb; /* three planes of R, G, B instead of Y, Cb, Cr */
	struct plane p[3];
};

void planes_free(struct planes *p);

/* Decodes at the smallest of 1/8, 1/4, 1/2, 1 that still gives `target` pixels on the longest side.
 * UNDECODABLE and MEMORY leave nothing; DAMAGED gives planes and counts the decoder's warnings. */
enum photo_fault codec_decode(const uint8_t *data, size_t n, const struct photo_limits *l,
	uint32_t target, struct planes *ret, uint32_t *ret_warnings);

/* 4:2:0 (or grey) from padded planes, without metadata. The size is that of the first plane. */
bool codec_encode(const struct planes *in, uint32_t quality, struct photo_rendition *ret);

#endif
