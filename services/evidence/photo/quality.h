/* quality.h - is the photo sharp and well lit: plain figures over one luma plane. Pure. */
#ifndef PHOTO_QUALITY_H
#define PHOTO_QUALITY_H

#include "evidence/photo/plane.h"

/* Variance of the 4-neighbour Laplacian over the inner samples; 0 for planes under 3x3. */
double sharpness(const struct plane *luma);

struct exposure {
	double mean;    /* 0..255 */
	double clipped; /* share of samples at most 2 or at least 253 */
};
struct exposure exposure(const struct plane *luma);

#endif
