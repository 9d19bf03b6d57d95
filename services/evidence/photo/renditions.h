/* renditions.h - one decode to upright pictures of several sizes, the smaller from the larger. */
#ifndef PHOTO_RENDITIONS_H
#define PHOTO_RENDITIONS_H

#include "evidence/photo/codec.h"

/* Luma and chroma of `longest` px at most (never larger than `in`), chroma at half each way. The
 * true size of the picture `in` stands for is given, as chroma or scaled planes may be rounded. */
bool picture_reduce(const struct planes *in, uint32_t longest, struct planes *ret);
/* Upright by EXIF orientation; frees and replaces *p when it has to turn. */
bool picture_orient(struct planes *p, int orientation);
/* R, G, B planes of any sizes to Y, Cb, Cr of the first one's size, in place. */
bool picture_from_rgb(struct planes *p);

#endif
