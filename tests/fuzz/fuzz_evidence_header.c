/* fuzz_evidence_header.c - any bytes to the marker walk; what it lets through keeps its limits. */
#include <stdlib.h>
#include "evidence/photo/header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct photo_limits l = PHOTO_LIMITS_DEFAULT;
	struct jpeg_header h = jpeg_header_read(data, n, &l);

	if (h.fault >= PHOTO_FAULT_MAX)
		abort();
	if (h.fault == PHOTO_NONE &&
		(h.width == 0 || h.height == 0 || h.width > l.max_side || h.height > l.max_side ||
			h.scans > l.max_scans || (uint64_t)h.width * h.height > l.max_pixels))
		abort();
	if (h.exif && (h.exif < data || h.exif + h.exif_len > data + n))
		abort();
	return 0;
}
