/* board.h - the scoreboard: policies side by side on the same tapes, with the bound and the
 * assertions that make cheating show.
 */
#ifndef BOARD_BOARD_H
#define BOARD_BOARD_H

#include "metrics.h"

enum { BOARD_POLICIES = 16 };

struct board_options {
	struct scenario scenario;
	uint64_t first_seed;
	size_t seeds, days;
	const struct policy *policies[BOARD_POLICIES];
	size_t n_policies;
	const char *nodes, *arcs; /* NULL: Xi'an, or a made-up city where it is not at hand */
	const char *tape, *posts; /* NULL: made */
	int mode;                 /* JEMSS travel mode */
	bool bound, checks, quiet;
	bool units_given; /* else as many as posts, when those are given */
};

struct board {
	struct board_options o;
	struct city *city;
	char city_name[300];
	struct given_calls given;
	struct post_list posts;
	uint16_t *zone_of;
	size_t n_zones;
	struct tally tallies[BOARD_POLICIES];
	struct figures figures[BOARD_POLICIES];
	size_t base;       /* P2 when it is there, else the first */
	double bound_late; /* NAN: not asked for */
	double bound_calls, bound_on_time;
	size_t checked; /* days on which the order, ids and future were shuffled */
	char error[CSV_ERROR_MAX];
};

/* Reads or makes the city and what was given. False with an error. */
bool board_open(struct board *b, const struct board_options *o);
/* Runs everything; false when memory is out. Broken assertions are in the tallies. */
bool board_run(struct board *b);
void board_close(struct board *b);
/* The first broken assertion, NULL when all held. */
const char *board_violation(const struct board *b);

void board_print(const struct board *b);
bool board_print_json(const struct board *b);
/* CSV of the fleet's posts under the first seed. */
bool board_print_posts(struct board *b);
/* CSV of the first seed's tape, as --tape reads it. */
bool board_print_tape(struct board *b);

#endif
