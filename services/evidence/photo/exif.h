/* exif.h - the few EXIF facts evidence needs. Broken EXIF gives fewer facts, never a failure: no
 * time rather than a wrong one, no place rather than 0,0. Pure; thread: any. */
#ifndef PHOTO_EXIF_H
#define PHOTO_EXIF_H

#include "evidence/photo/photo.h"

/* data: the segment from "Exif\0\0" on; NULL gives the facts of a photo without EXIF. */
struct photo_exif exif_read(const uint8_t *data, size_t n);

/* "2026:11:21 14:07:09" with offset "+08:00" (NULL or "" when absent). */
enum photo_time exif_time(const char *text, const char *offset, int64_t *ret_us);

#endif
