/* faults.c - names of what can be wrong with a photo; apart from the decoder, for the daemon. */
#include "evidence/photo/photo.h"

#include <stdlib.h>

static const char *const rules[] = {
#define X(name, rule, text) [PHOTO_##name] = rule,
	PHOTO_FAULTS(X)
#undef X
};

static const char *const texts[] = {
#define X(name, rule, text) [PHOTO_##name] = text,
	PHOTO_FAULTS(X)
#undef X
};

const char *photo_fault_rule(enum photo_fault f)
{
	return f < PHOTO_FAULT_MAX ? rules[f] : rules[PHOTO_UNDECODABLE];
}

const char *photo_fault_text(enum photo_fault f)
{
	return f < PHOTO_FAULT_MAX ? texts[f] : texts[PHOTO_UNDECODABLE];
}

void photo_renditions_free(struct photo_rendition r[static PHOTO_SIZES])
{
	for (int i = 0; i < PHOTO_SIZES; i++) {
		free(r[i].jpeg);
		r[i] = (struct photo_rendition){ 0 };
	}
}
