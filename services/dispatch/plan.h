/* plan.h - one plan: waiting incidents and trips that may change hands against usable units.
 * Internal to the engine.
 *
 * Rows are ordered by age, columns by how long the unit has been in its state, then by place and
 * id, so that no sum depends on the order of the caller's arrays.
 */
#ifndef DISPATCH_PLAN_H
#define DISPATCH_PLAN_H

#include "dispatch/assignment.h"
#include "dispatch/cost.h"
#include "dispatch/step.h"

#define NONE ASSIGNMENT_ALONE

struct plan_unit {
	struct unit *unit;
	struct travel_from from;
	struct candidate known; /* unit, fix age and reasons */
	double handicap_s;
	double cover;
	size_t row; /* the trip it is on; NONE when free */
	bool used;  /* offered something in this plan */
};

struct plan_row {
	struct incident *in;
	double weight, remaining_s;
	double alone;   /* price of getting nobody now */
	size_t current; /* column of the unit under way; NONE when waiting */
	size_t match;
	bool certain; /* late whoever goes */
	bool must;    /* comes before the others: the share of the oldest */
	bool frozen;  /* stays as it is */
	bool done;
};

struct plan {
	struct step *s;
	struct plan_unit *units;
	size_t n_units, n_free;
	struct plan_row *rows;
	size_t n_rows, n_waiting;
	struct travel *travel; /* [row * n_units + column] */
	double *cost;          /* the same; INFINITY: not allowed */
	bool digested;
	uint8_t digest[ENGINE_DIGEST];
};

static inline size_t at(const struct plan *p, size_t row, size_t column)
{
	return row * p->n_units + column;
}

/* plan_matrix.c: who and what, times and costs. False when memory is out. */
bool plan_gather(struct plan *p);
bool plan_price(struct plan *p);
struct lateness plan_lateness(const struct plan *p, size_t row, size_t column);
/* Expected response from now, with what doubt about the position adds. */
double plan_eta_s(const struct plan *p, size_t row, size_t column);

/* A free unit nobody has in this plan yet was never offered this incident. */
bool plan_others_left(const struct plan *p, size_t row);
/* INFINITY when the pair isn't allowed: unreachable, or asked before and not to be asked again. */
double plan_pair_cost(const struct plan *p, size_t row, size_t column, bool others_left);

/* plan_lanes.c: the price of waiting, and who goes first when units are too few. */
void plan_lanes(struct plan *p);

/* plan_swaps.c: what of the cheapest assignment is worth a swap; leaves the rest as it was. */
void plan_swaps(struct plan *p);
/* Whoever is left without anybody gets the cheapest free unit nobody has. */
void plan_fill(struct plan *p);

/* plan_decide.c: the figures and the record of one decision. */
struct candidate plan_candidate(const struct plan *p, size_t row, size_t column);
/* NULL when the caller keeps no memory for it. */
const struct decision *plan_decision(struct plan *p, size_t row);
const struct decision *rank_decision(struct step *s, const struct incident *in);

/* plan_kept.c: incidents kept for a unit that is free now; the reason of those held; further
 * responders for those that want several. */
void plan_serve_queues(struct step *s);
void plan_note_holds(struct step *s);
void plan_send_helpers(struct step *s);

/* inputs.c */
void inputs_digest(const struct engine *e, int64_t now_us, uint8_t ret[static ENGINE_DIGEST]);

#endif
