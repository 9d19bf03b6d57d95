/* calls.h - the tape: everything that happens whatever a policy does. Calls with time, place,
 * severity, on-scene time and key; the keys decide noise, declines and positions by hash, so every
 * policy meets the same luck in the same place.
 */
#ifndef BOARD_CALLS_H
#define BOARD_CALLS_H

#include "city.h"
#include "scenario.h"

struct incident_call {
	double at_s;    /* since midnight */
	double known_s; /* when dispatch may act: after handling */
	uint32_t node;
	double scene_s;
	unsigned severity; /* 0 moved aside, 1 blocks a lane, 2 blocks a main road */
	uint64_t key;
};

struct calls_day {
	struct incident_call *calls; /* by time */
	size_t n;
	int day;      /* 0: the first */
	uint64_t key; /* of positions and phones */
};

/* Where calls come from under a seed. */
struct hot_spot {
	struct lonlat at;
	double spread_m, weight;
};
struct places {
	struct hot_spot spots[64];
	size_t n;
	double total;
};

void places_draw(struct places *p, struct city *c, const struct scenario *s, uint64_t seed);
/* The calls of a day; negative days are the history before the first one. Freed by calls_free. */
struct calls_day calls_make(
	struct city *c, const struct scenario *s, const struct places *p, uint64_t seed, int day);
void calls_free(struct calls_day *d);

/* Luck: the share of the usual driving time that unit `unit` needs to that call. */
double luck_drive(const struct scenario *s, uint64_t call_key, size_t unit);
enum answer { ANSWER_ACCEPT, ANSWER_DECLINE, ANSWER_NONE };
/* What the unit says when asked for the n-th time (from 0). */
enum answer luck_answer(const struct scenario *s, uint64_t call_key, size_t unit, unsigned n);

#endif
