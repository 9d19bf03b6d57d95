/* photo.c - the whole look at one photo: header, EXIF, one decode, three renditions, figures. */
#include "evidence/photo/photo.h"

#include <stdlib.h>
#include <string.h>
#include "evidence/photo/codec.h"
#include "evidence/photo/exif.h"
#include "evidence/photo/header.h"
#include "evidence/photo/quality.h"
#include "evidence/photo/renditions.h"

enum { SHARPNESS_SIDE = 1024 };

static struct photo_quality measure(const struct plane *luma)
{
	struct exposure e = exposure(luma);

	return (struct photo_quality){ sharpness(luma), e.mean, e.clipped };
}

/* Sharpness is defined at 1024 px; a larger picture is brought there first. */
static bool measure_at_side(const struct planes *picture, struct photo_quality *q)
{
	struct planes grey = { .n = 1, .p = { picture->p[0] } }, at = { 0 };

	if (picture->p[0].w <= SHARPNESS_SIDE && picture->p[0].h <= SHARPNESS_SIDE) {
		*q = measure(&picture->p[0]);
		return true;
	}
	if (!picture_reduce(&grey, SHARPNESS_SIDE, &at))
		return false;
	*q = measure(&at.p[0]);
	planes_free(&at);
	return true;
}

static bool encode(struct planes *picture, uint32_t quality, struct photo_rendition *ret)
{
	for (int i = 0; i < picture->n; i++)
		plane_pad(&picture->p[i]);
	return codec_encode(picture, quality, ret);
}

static bool fits(const struct planes *p, uint32_t side)
{
	return p->p[0].w <= (int)side && p->p[0].h <= (int)side;
}

static bool shrink(struct planes *p, uint32_t side)
{
	struct planes next;

	if (!picture_reduce(p, side, &next))
		return false;
	planes_free(p);
	*p = next;
	return true;
}

static bool copy_rendition(const struct photo_rendition *from, struct photo_rendition *to)
{
	to->jpeg = malloc(from->len);
	if (!to->jpeg)
		return false;
	memcpy(to->jpeg, from->jpeg, from->len);
	to->len = from->len;
	return true;
}

/* Sharpness is taken from the last size that is not under its own. */
static bool measures_here(const struct photo_limits *l, int i)
{
	return l->sizes[i] >= SHARPNESS_SIDE && (i == 0 || l->sizes[i - 1] < SHARPNESS_SIDE);
}

/* From the largest down, each from the one before; a picture small enough already stays as it is.
 */
static bool render(struct planes *decoded, const struct photo_limits *l, struct photo_found *f,
	struct photo_rendition r[static PHOTO_SIZES])
{
	struct planes from = *decoded;
	bool ok = true;

	*decoded = (struct planes){ 0 };
	if (from.rgb)
		ok = picture_from_rgb(&from);
	for (int i = PHOTO_SIZES - 1; ok && i >= 0; i--) {
		bool first = i == PHOTO_SIZES - 1, same = !first && fits(&from, l->sizes[i]);
		if (!same)
			ok = shrink(&from, l->sizes[i]);
		if (ok && first)
			ok = picture_orient(&from, f->exif.orientation);
		if (ok && measures_here(l, i))
			ok = measure_at_side(&from, &f->quality);
		if (ok)
			ok = same ? copy_rendition(&r[i + 1], &r[i])
				  : encode(&from, l->quality, &r[i]);
		f->rendition_width[i] = (uint32_t)from.p[0].w;
		f->rendition_height[i] = (uint32_t)from.p[0].h;
	}
	planes_free(&from);
	return ok;
}

void photo_inspect(const uint8_t *data, size_t n, const struct photo_limits *l,
	struct photo_found *f, struct photo_rendition r[static PHOTO_SIZES])
{
	struct planes decoded = { 0 };
	struct jpeg_header h = jpeg_header_read(data, n, l);

	*f = (struct photo_found){
		.fault = (uint8_t)h.fault,
		.coding = (uint8_t)h.coding,
		.components = (uint8_t)h.components,
		.scans = (uint16_t)h.scans,
		.width = h.width,
		.height = h.height,
		.exif = { .orientation = 1 },
	};
	for (int i = 0; i < PHOTO_SIZES; i++)
		r[i] = (struct photo_rendition){ 0 };
	if (h.fault != PHOTO_NONE)
		return;
	f->exif = exif_read(h.exif, h.exif_len);
	f->fault = (uint8_t)codec_decode(
		data, n, l, l->sizes[PHOTO_SIZES - 1], &decoded, &f->warnings);
	if (f->fault != PHOTO_NONE && f->fault != PHOTO_DAMAGED)
		return;
	if (!render(&decoded, l, f, r)) {
		photo_renditions_free(r);
		f->fault = PHOTO_MEMORY;
	}
}
