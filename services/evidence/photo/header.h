/* header.h - what a JPEG says of itself before any of it is decoded.
 *
 * Walks the markers the way libjpeg does, reads the first frame header, counts the scans and finds
 * the EXIF segment. Cost is one pass over the bytes. Pure; pointers point into the data given.
 */
#ifndef PHOTO_HEADER_H
#define PHOTO_HEADER_H

#include "evidence/photo/photo.h"

struct jpeg_header {
	enum photo_fault fault; /* NONE when decoding may be tried */
	enum photo_coding coding;
	uint32_t width, height, components, precision;
	uint32_t scans;
	bool ended;          /* an end marker was seen */
	const uint8_t *exif; /* from "Exif\0\0" on, NULL when there is none */
	size_t exif_len;
};

struct jpeg_header jpeg_header_read(const uint8_t *data, size_t n, const struct photo_limits *l);

#endif
