/* plane.h - one 8-bit plane of samples: make, resize, turn. Thread: any. */
#ifndef PHOTO_PLANE_H
#define PHOTO_PLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plane {
	uint8_t *px; /* rows of `stride` bytes; malloc'd */
	int w, h;
	int stride; /* a multiple of 16; what is past w repeats the last sample or is unset */
};

bool plane_make(struct plane *p, int w, int h); /* zeroed; false: no memory */
void plane_free(struct plane *p);

static inline const uint8_t *plane_row(const struct plane *p, int y)
{
	return p->px + (size_t)y * (size_t)p->stride;
}

static inline uint8_t *plane_row_mut(struct plane *p, int y)
{
	return p->px + (size_t)y * (size_t)p->stride;
}

/* A triangle filter as wide as the reduction (smooth, no ringing that would fake sharpness). */
bool plane_resize(const struct plane *in, int w, int h, struct plane *ret);
/* Turns by EXIF orientation 2..8 so that 1 is upright. */
bool plane_orient(const struct plane *in, int orientation, struct plane *ret);
/* Repeats each row's last sample up to the stride, as the encoder wants whole blocks. */
void plane_pad(struct plane *p);

#endif
