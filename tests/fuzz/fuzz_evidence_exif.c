/* fuzz_evidence_exif.c - any bytes as an EXIF segment; what is read is always sensible. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "evidence/photo/exif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t tag[6] = { 'E', 'x', 'i', 'f', 0, 0 };
	uint8_t *b = malloc(n + sizeof(tag));

	if (!b)
		return 0;
	/* Inputs are bare TIFF blocks, so that the fuzzer need not find the tag. */
	memcpy(b, tag, sizeof(tag));
	memcpy(b + sizeof(tag), data, n);
	struct photo_exif x = exif_read(b, n + sizeof(tag));
	free(b);
	if (x.orientation < 1 || x.orientation > 8 || x.taken_how > PHOTO_TIME_OFFSET)
		abort();
	if ((x.taken_how == PHOTO_TIME_NONE) != (x.taken_at_us == 0))
		abort();
	if (x.has_gps && !(fabs(x.lat) <= 90 && fabs(x.lon) <= 180))
		abort();
	if (!memchr(x.make, 0, sizeof(x.make)) || !memchr(x.model, 0, sizeof(x.model)))
		abort();
	return 0;
}
