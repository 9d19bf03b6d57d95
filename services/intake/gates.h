/* gates.h - the gate table: which facts of an order take it out of the rapid lane. Pure.
 *
 * Rows are data of a version (intake.gate_rule); only the names of facts are fixed here, because
 * deriving them from an order is code. Rules and texts belong to the set they were loaded into.
 */
#ifndef INTAKE_GATES_H
#define INTAKE_GATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "jingbao/v1/intake.pb-c.h"

/* name, may be sent in flags */
#define GATE_FACTS(X) \
	X(DEAD, false) \
	X(INJURED_NOT_AGREED, false) \
	X(INJURED_AGREED, false) \
	X(VEHICLES, false) \
	X(DRINK, true) \
	X(DRUNK, true) \
	X(DRUGS, true) \
	X(NO_LICENCE, true) \
	X(NO_PLATE, true) \
	X(FORGED_PLATE, true) \
	X(FLED, true) \
	X(DELIBERATE, true) \
	X(OVERLOADED_PASSENGERS, true) \
	X(HAZMAT, true) \
	X(FACILITY_DAMAGED, true) \
	X(CANNOT_MOVE, true) \
	X(NO_INSURANCE, true) \
	X(NO_INSPECTION, true) \
	X(NOT_APPLIED, true) \
	X(OFFICER_REQUESTED, true) \
	X(SPECIAL_VEHICLE, true) \
	X(EXPRESSWAY, true) \
	X(NON_MOTOR, true) \
	X(NO_PHOTO, true) \
	X(CONFLICT_OF_INTEREST, true) \
	X(MINOR_PARTY, true) \
	X(LOSS_ABOVE_CEILING, true)

enum gate_fact {
#define GATE_FACT(name, flag) FACT_##name,
	GATE_FACTS(GATE_FACT)
#undef GATE_FACT
		FACTS,
	FACT_UNKNOWN = -1
};

struct gate_facts {
	int64_t v[FACTS]; /* counts; yes is 1 */
};

enum { GATE_CODE_MAX = 8, GATE_HITS_MAX = 32 };

struct gate_rule {
	char code[GATE_CODE_MAX]; /* X01 */
	char level;               /* G, O or C */
	enum gate_fact fact;
	int64_t at_least;
	const char *title, *basis;
};

struct gate_table {
	uint32_t version;
	int64_t effective_from_us;
	struct gate_rule *rules;
	size_t n;
};

enum gate_fact gate_fact_by_name(const char *name);
const char *gate_fact_name(enum gate_fact fact);
bool gate_fact_is_flag(enum gate_fact fact);

/* Collects the facts of an order. The index of the first flag that no fact is named for, or -1. */
int gate_facts_of(const Pb__SubmitOrderRequest *order, struct gate_facts *ret);

/* Hits in the table's order, one per code: of several the strictest. Returns how many. */
size_t gates_evaluate(const struct gate_table *t, const struct gate_facts *facts,
	const struct gate_rule *hits[static GATE_HITS_MAX]);

Pb__Lane__Value gates_lane(const struct gate_rule *const *hits, size_t n);

/* The table in force at a time among tables in rising order of effective_from; NULL when none. */
const struct gate_table *gates_at(const struct gate_table *tables, size_t n, int64_t at_us);
/* The rule a stored hit ("X04:G") names; NULL when unknown. */
const struct gate_rule *gates_find(const struct gate_table *t, const char *hit);

#endif
