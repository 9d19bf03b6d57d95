/* slots.h - what photos can be declared to show: a versioned table and the questions put to it.
 * Pure. */
#ifndef EVIDENCE_SLOTS_H
#define EVIDENCE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include "kit/arena.h"

enum { SLOTS_MAX = 128, VEHICLES_MAX = 8, SLOT_TEXT_MAX = 40 };

enum slot_need { SLOT_ALWAYS, SLOT_FACILITY, SLOT_OPTIONAL };

struct slot {
	int version;
	const char *code, *title, *hint;
	bool per_vehicle; /* CODE_A, CODE_B ... */
	enum slot_need need;
	bool before_loss; /* needed for the loss hand-off, not for the scene */
};

/* Every version's rows, in order of position; the table outlives its users. */
struct slots {
	struct slot v[SLOTS_MAX];
	size_t n;
	int newest; /* version; 0: empty */
};

/* The slot of a declared text and the vehicle's letter ('\0' when it has none); NULL when unknown.
 */
const struct slot *slot_find(
	const struct slots *s, int version, const char *text, char *ret_letter);
/* Title with the vehicle: "号牌（A车）". */
const char *slot_title(const struct slot *s, char letter, struct arena *a);
/* "PLATE_A". */
const char *slot_text(const struct slot *s, char letter, struct arena *a);
bool slot_required(const struct slot *s, bool facility);

#endif
