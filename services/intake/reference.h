/* reference.h - what intake keeps in memory: district polygons, gate tables, case numbers.
 *
 * Loaded at start, looked after by ticks; belongs to the service thread. Pointers handed out live
 * until the next tick, so within one message they may be kept.
 */
#ifndef INTAKE_REFERENCE_H
#define INTAKE_REFERENCE_H

#include "intake/gates.h"
#include "kit/call.h"
#include "kit/geo.h"

/* Loads everything; INTERNAL when the database's phase table isn't the code's. */
Pb__Code reference_start(struct call *c);
void reference_stop(void);
/* Loads again when the stamp changed. */
Pb__Code reference_refresh(struct call *c, bool *ret_more);

const struct gate_table *reference_gates_at(int64_t at_us); /* NULL: none in force */
const struct gate_table *reference_gates_version(uint32_t version);

struct district_info {
	char *code, *name, *brigade_code, *brigade;
	uint32_t version;
};
const struct district_info *reference_district(const char *code); /* NULL when unknown */
const struct district_info *reference_districts(size_t *ret_n);

/* Where no polygon holds a point, the nearest within this distance takes it: borders are drawn
 * coarsely and run along roads. */
enum { DISTRICT_SLACK_M = 3000 };
/* The district of a place; "000000" while no polygon is loaded at all. NULL: outside every
 * district, with the nearest and its distance. */
const char *reference_locate(struct lonlat p, const char **ret_nearest, double *ret_m);

enum { CASE_NO_TEXT = 40 };
/* "JB20261121-0004097", never the same twice. False when none is at hand for the moment. */
bool case_no_take(int64_t at_us, char buf[static CASE_NO_TEXT]);
Pb__Code case_no_refill(struct call *c, bool *ret_more);

#endif
