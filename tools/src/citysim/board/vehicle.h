/* vehicle.h - cars on the road graph: where they are at any time, and what their phone says. */
#ifndef BOARD_VEHICLE_H
#define BOARD_VEHICLE_H

#include "city.h"
#include "clock.h"

struct vehicle {
	size_t index;  /* its number, whatever its id */
	uint32_t node; /* where it stands, or where the way ends */
	uint32_t *way; /* arcs */
	float *until;  /* free-flow seconds from the start of the first arc to the end of each */
	size_t n, size;
	double begun; /* free-flow seconds of the first arc already done at depart_s */
	double depart_s, arrive_s, factor;
	double metres; /* driven on ways already left */
	/* the phone */
	double fix_s; /* of the newest fix; < 0: none */
	struct lonlat fix;
	double fix_course, fix_mps;
	bool fix_doubtful, shifted;
};

void vehicle_init(struct vehicle *v, size_t index, uint32_t node);
void vehicle_free(struct vehicle *v);
/* Sends it on its way at `now`: after `turnout` when it stands, from the end of the arc it is on
 * when it drives. factor: of the usual time. */
void vehicle_go(struct vehicle *v, struct city *c, const struct clock *k, double now,
	double turnout, double factor, uint32_t to);
bool vehicle_moves(const struct vehicle *v, double now);
struct spot vehicle_spot(
	const struct vehicle *v, const struct city *c, const struct clock *k, double now);
/* Node it stands at or drives towards next. */
uint32_t vehicle_next_node(
	const struct vehicle *v, const struct city *c, const struct clock *k, double now);
double vehicle_metres(
	const struct vehicle *v, const struct city *c, const struct clock *k, double now);
/* Takes the newest fix at or before `now`, from the day's key: every 10 s, with gaps, error and
 * jumps. */
void vehicle_update_fix(struct vehicle *v, const struct city *c, const struct clock *k,
	const struct scenario *s, uint64_t key, double now);

#endif
