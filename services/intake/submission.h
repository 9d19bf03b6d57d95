/* submission.h - an order made ready for the store: located, judged, numbered, its event packed.
 *
 * Everything lies in the call's arena. Needs no database.
 */
#ifndef INTAKE_SUBMISSION_H
#define INTAKE_SUBMISSION_H

#include "intake/gates.h"
#include "intake/reference.h"
#include "kit/call.h"

enum { PROMISE_S = 600, VEHICLES_MAX = 20, NEAR_CELLS = 4 };

/* What an order says, in the terms of rules and columns; also used when it is amended. */
struct judged {
	struct lonlat at; /* WGS-84 */
	int64_t cell;
	const char *district;
	const struct gate_table *gates;
	const struct gate_rule *hits[GATE_HITS_MAX];
	size_t n_hits;
	const char *hit_texts[GATE_HITS_MAX]; /* "X04:G" */
	Pb__Lane__Value lane;
	const char *plates[VEHICLES_MAX];
	size_t n_plates;
	const char *phone;  /* digits */
	const void *packed; /* the order */
	size_t packed_len;
};

/* The cells of the near-by index that a circle of DUPLICATE_RADIUS_M around p can touch; each once.
 */
size_t near_cells(struct lonlat p, int64_t ret[static NEAR_CELLS]);
extern const double near_cell_m;

/* Refuses with INVALID naming fields, or REFUSED when the place is outside every district. */
Pb__Code judge_order(struct call *c, const Pb__SubmitOrderRequest *order, struct judged *ret);

struct submission {
	struct judged j;
	const char *incident_id, *case_no;
	int64_t promised_at; /* 0 outside the rapid lane */
	uint8_t digest[32];
	const struct db_arg *args; /* of stmt_submit_order */
	size_t n_args;
};

/* responder_id: who came upon it himself; "" for orders of the centre. BUSY when no case number is
 * at hand. */
Pb__Code submission_make(struct call *c, const Pb__SubmitOrderRequest *order,
	const char *responder_id, struct submission *ret);

/* Gate hits for an answer or event, from rules or from stored texts. */
Pb__GateHit **gate_hits_from_rules(
	struct call *c, uint32_t version, const struct gate_rule *const *hits, size_t n);
Pb__GateHit **gate_hits_from_texts(
	struct call *c, uint32_t version, const char *const *texts, size_t n);
/* The stored list of near-by incidents, scored; most likely first, at most 10. */
Pb__Duplicate **duplicates_from_json(struct call *c, const char *json, size_t *ret_n);

#endif
