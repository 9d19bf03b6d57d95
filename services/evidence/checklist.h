/* checklist.h - which photos a case has, lacks, or has to take again. Pure. */
#ifndef EVIDENCE_CHECKLIST_H
#define EVIDENCE_CHECKLIST_H

#include "evidence/slots.h"
#include "kit/arena.h"
#include "jingbao/v1/evidence.pb-c.h"

struct checklist_item {
	const char *slot, *item_id;
	Pb__ItemVerdict__Value verdict;
	const Pb__PhotoFindings *findings;
	bool retake;
	const char *retake_note;
};

struct checklist_case {
	int slot_version;
	int vehicles;        /* as reported */
	const char *letters; /* of the parties' vehicles recorded so far, ascending */
	bool facility;
	const struct checklist_item *items; /* oldest first */
	size_t n_items;
};

/* The letters to ask photos for: those recorded, filled up from A to the number reported, one at
 * least. */
void vehicle_letters(const char *recorded, int reported, char ret[static VEHICLES_MAX + 1]);

/* Fills version, vehicles, slots, missing and complete; false when the arena is full. */
bool checklist_fill(const struct slots *s, const struct checklist_case *k, struct arena *a,
	Pb__GetChecklistReply *out);

#endif
