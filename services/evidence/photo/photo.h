/* photo.h - what is found out about one photo, and the limits it is held to while looking.
 *
 * photo_inspect is a pure function from bytes to findings and renditions: no files, no clock, no
 * globals. It runs in the worker process, in the tests, in the fuzzers and in the bench alike. The
 * same bytes under the same limits always give the same findings. Thread: any.
 */
#ifndef PHOTO_PHOTO_H
#define PHOTO_PHOTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What can be wrong with the bytes: name, machine rule, what to do about it. The order is stored
 * nowhere but goes over the worker's pipe. DAMAGED alone is kept as an item (rejected). */
#define PHOTO_FAULTS(X) \
	X(NONE, "none", "nothing is wrong") \
	X(NOT_JPEG, "not_jpeg", "the body is not a JPEG file; send the camera's JPEG") \
	X(NO_FRAME, "no_frame", "the JPEG has no image in it; send the camera's file unchanged") \
	X(ZERO_SIZE, "zero_size", "the JPEG states a width or height of zero") \
	X(MAX_SIDE, "max_side", "the image is wider or higher than allowed") \
	X(MAX_PIXELS, "max_pixels", "the image has more pixels than allowed") \
	X(ARITHMETIC, "arithmetic_coding", "arithmetic-coded JPEG is not taken; use baseline") \
	X(LOSSLESS, "lossless_coding", "lossless JPEG is not taken; use baseline") \
	X(HIERARCHICAL, "hierarchical_coding", "hierarchical JPEG is not taken; use baseline") \
	X(PRECISION, "precision", "only 8 bits a sample are taken") \
	X(COLOURS, "colours", "only grey and three-colour JPEG is taken, not CMYK") \
	X(MAX_SCANS, "max_scans", "the progressive JPEG has more scans than allowed") \
	X(UNDECODABLE, "undecodable", "the image can't be decoded; take the photo again") \
	X(MEMORY, "decode_memory", "decoding needs more memory than allowed; use baseline coding") \
	X(DAMAGED, "damaged", "the image data is damaged or cut short; take the photo again")

enum photo_fault {
#define X(name, rule, text) PHOTO_##name,
	PHOTO_FAULTS(X)
#undef X
		PHOTO_FAULT_MAX
};

const char *photo_fault_rule(enum photo_fault f);
const char *photo_fault_text(enum photo_fault f);

enum { PHOTO_SIZES = 3 }; /* small, medium, large */

struct photo_limits {
	uint32_t max_side; /* pixels */
	uint32_t max_pixels;
	uint32_t max_scans;          /* of a progressive file */
	uint32_t memory_mb;          /* the decoder's own */
	uint32_t sizes[PHOTO_SIZES]; /* longest side, ascending; the largest at least 1024 */
	uint32_t quality;            /* of the renditions, 1..100 */
};

#define PHOTO_LIMITS_DEFAULT \
	{ \
		.max_side = 16384, .max_pixels = 50000000, .max_scans = 64, .memory_mb = 192, \
		.sizes = { 256, 1024, 1920 }, .quality = 80 \
	}

enum photo_coding { PHOTO_BASELINE, PHOTO_EXTENDED, PHOTO_PROGRESSIVE };

/* How sure the capture time is. EXIF times mostly have no offset; they are then the phone's local
 * time and are read as Asia/Shanghai, and that is said. */
enum photo_time { PHOTO_TIME_NONE, PHOTO_TIME_LOCAL, PHOTO_TIME_OFFSET };

struct photo_exif {
	uint8_t orientation; /* 1..8; 1 when absent or senseless */
	uint8_t taken_how;   /* enum photo_time */
	bool has_gps;
	int64_t taken_at_us;      /* 0 when unknown */
	double lon, lat;          /* WGS-84 */
	char make[48], model[64]; /* printable ASCII */
};

struct photo_quality {
	double sharpness; /* variance of the Laplacian, luma at 1024 px on the longest side */
	double mean_luma; /* 0..255 */
	double clipped;   /* share of pixels at the very ends, 0..1 */
};

struct photo_found {
	uint8_t fault;  /* enum photo_fault; only NONE and DAMAGED have the rest */
	uint8_t coding; /* enum photo_coding */
	uint8_t components;
	uint16_t scans;
	uint32_t width, height; /* as stored, before orientation */
	uint32_t warnings;      /* the decoder's */
	struct photo_exif exif;
	struct photo_quality quality;
	uint32_t rendition_width[PHOTO_SIZES], rendition_height[PHOTO_SIZES];
};

struct photo_rendition {
	uint8_t *jpeg; /* malloc'd; NULL when there is none */
	size_t len;
};

/* Fills *ret always; the renditions only when the fault is NONE or DAMAGED, else they are NULL. */
void photo_inspect(const uint8_t *data, size_t n, const struct photo_limits *limits,
	struct photo_found *ret, struct photo_rendition ret_renditions[static PHOTO_SIZES]);
void photo_renditions_free(struct photo_rendition r[static PHOTO_SIZES]);

#endif
