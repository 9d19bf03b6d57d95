/* fuzz_evidence_decode.c - any bytes through the whole look; renditions come with photos alone and
 * are themselves clean photos. */
#include <stdlib.h>
#include "evidence/photo/photo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* Smaller than in service, so that runs stay fast. */
	static const struct photo_limits l = { .max_side = 2048,
		.max_pixels = 1 << 20,
		.max_scans = 32,
		.memory_mb = 32,
		.sizes = { 32, 128, 1024 },
		.quality = 80 };
	struct photo_found f, g;
	struct photo_rendition r[PHOTO_SIZES], again[PHOTO_SIZES];

	photo_inspect(data, n, &l, &f, r);
	int seen = f.fault == PHOTO_NONE || f.fault == PHOTO_DAMAGED;
	for (int i = 0; i < PHOTO_SIZES; i++)
		if ((r[i].jpeg != NULL) != seen)
			abort();
	if (seen) {
		photo_inspect(r[0].jpeg, r[0].len, &l, &g, again);
		if (g.fault != PHOTO_NONE || g.width != f.rendition_width[0])
			abort();
		photo_renditions_free(again);
	}
	photo_renditions_free(r);
	return 0;
}
