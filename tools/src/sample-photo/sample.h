/* sample.h - a drawn photo of a small accident, for the quick start and the tests.
 *
 * Every photo differs by its seed, so that no two cases carry the same bytes; it is sharp and well
 * exposed, so that the checks of the evidence service pass. Single-threaded.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct sample {
	const char *slot; /* SCENE_FRONT, PLATE_A ...: what is drawn */
	const char *plate_a, *plate_b;
	double lon, lat; /* WGS-84 */
	time_t taken_at;
	uint32_t seed;
	int width, height;
};

/* Pixels as cairo's RGB24, width * 4 bytes a row; malloc'd. NULL: no memory. */
unsigned char *draw_scene(const struct sample *s);

/* An Exif APP1 segment (camera, time with offset, position) into out; its length. */
size_t write_exif(const struct sample *s, unsigned char *out, size_t size);

#endif
