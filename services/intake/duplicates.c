/* duplicates.c - scores near-by incidents. */
#include "intake/duplicates.h"

#include <math.h>
#include <string.h>

/* Nearness alone suggests (two callers, neither knows a plate); a common plate or phone all but
 * says it; plates that have nothing in common speak against it. */
double duplicate_score(const struct near_incident *o,
	const char *reasons[static DUPLICATE_REASONS_MAX], size_t *ret_n)
{
	double apart_s = (double)(o->apart_s < 0 ? -o->apart_s : o->apart_s);
	double score;

	*ret_n = 0;
	if (!(o->distance_m <= DUPLICATE_RADIUS_M) || apart_s > DUPLICATE_APART_S)
		return 0;
	score = 0.25 + 0.20 * (1 - o->distance_m / DUPLICATE_RADIUS_M) +
		0.15 * (1 - apart_s / DUPLICATE_APART_S);
	reasons[(*ret_n)++] = "near_place";
	reasons[(*ret_n)++] = "near_time";
	if (o->other_plates)
		score *= 0.4;
	if (o->same_plate) {
		score += 0.35;
		reasons[(*ret_n)++] = "same_plate";
	}
	if (o->same_phone) {
		score += 0.25;
		reasons[(*ret_n)++] = "same_phone";
	}
	return round(fmin(score, 1.0) * 1000) / 1000;
}

int duplicate_order(const void *a, const void *b)
{
	const struct near_incident *x = a, *y = b;
	const char *reasons[DUPLICATE_REASONS_MAX];
	size_t n;
	double sx = duplicate_score(x, reasons, &n), sy = duplicate_score(y, reasons, &n);

	if (sx != sy)
		return sx < sy ? 1 : -1;
	return strcmp(x->incident_id, y->incident_id);
}
