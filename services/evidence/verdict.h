/* verdict.h - from what was found about a photo and its case to checks, flags and a verdict. Pure.
 *
 * Texts are Chinese: the responder reads them on the phone. The same findings give the same
 * verdict.
 */
#ifndef EVIDENCE_VERDICT_H
#define EVIDENCE_VERDICT_H

#include "evidence/photo/photo.h"
#include "kit/arena.h"
#include "kit/geo.h"
#include "jingbao/v1/evidence.pb-c.h"

struct verdict_rules {
	long min_pixels, min_side, min_bytes;
	long blur_reject, blur_warn;   /* variance of the Laplacian */
	long dark_below, bright_above; /* mean luma */
	long clipped_percent;
	long early_s, late_s; /* before the report; after the upload */
	long place_m;
};

struct verdict_facts {
	const struct photo_found *photo;
	int64_t size_bytes;
	int64_t now_us, reported_at_us;
	int64_t captured_at_us; /* as the app told, 0 unknown */
	struct lonlat incident; /* WGS-84 */
	double uncertainty_m;
	const struct lonlat *app_place; /* WGS-84, NULL unknown */
	const char *same_bytes_slot;    /* title of the slot these bytes fill already, NULL none */
	bool in_other_case;
};

enum { CHECKS_MAX = 8 };

struct verdict {
	Pb__ItemVerdict__Value value;
	Pb__CheckResult *checks[CHECKS_MAX], *flags[CHECKS_MAX];
	size_t n_checks, n_flags;
};

struct verdict verdict_of(
	const struct verdict_rules *r, const struct verdict_facts *f, struct arena *a);

#endif
