/* duplicates.h - how likely a near-by incident is the same accident. Pure; a person merges. */
#ifndef INTAKE_DUPLICATES_H
#define INTAKE_DUPLICATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DUPLICATE_RADIUS_M = 300, DUPLICATE_APART_S = 15 * 60, DUPLICATE_REASONS_MAX = 4 };

/* What is known of the other incident, as stored with the order. */
struct near_incident {
	const char *incident_id, *case_no;
	double distance_m;
	int64_t apart_s;
	bool same_plate, same_phone;
	bool other_plates; /* both name plates and none is common */
};

/* 0 when it isn't near in place and time; else up to 1, with constant words for why. */
double duplicate_score(const struct near_incident *other,
	const char *reasons[static DUPLICATE_REASONS_MAX], size_t *ret_n);

/* Most likely first; equal ones by id. For qsort over struct near_incident. */
int duplicate_order(const void *a, const void *b);

#endif
