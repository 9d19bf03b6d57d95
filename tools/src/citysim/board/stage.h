/* stage.h - everything one seed needs before the first call: the tape's days, the history before
 * them, posts and fleet chosen from that history, and what the engine may foresee.
 */
#ifndef BOARD_STAGE_H
#define BOARD_STAGE_H

#include "belief.h"
#include "calls.h"
#include "posts.h"
#include "sim.h"

/* Calls from a file, by day; history: the days before those that are played. */
struct given_calls {
	struct calls_day *days;
	size_t n_days, n_history;
};

struct stage {
	const struct scenario *scenario;
	struct city *city;
	uint64_t seed;
	struct calls_day *days;
	size_t n_days;
	struct fleet fleet;
	struct foresight foresight;
	struct belief belief;
	double posts_value_s; /* of the p-median; NAN when posts were given */
	char (*post_names)[16];
};

/* given, posts: NULL when they are to be made. error when false. */
bool stage_set(struct stage *g, const struct scenario *s, struct city *c, uint64_t seed,
	size_t days, const struct given_calls *given, const struct post_list *posts,
	char error[static CSV_ERROR_MAX]);
void stage_clear(struct stage *g);

/* Reads a tape: times as seconds, JEMSS days, or dates; places as lon/lat or node. The first third
 * of its days is history, when there are three. */
bool calls_read(struct city *c, const struct scenario *s, const char *path, struct given_calls *ret,
	char error[static CSV_ERROR_MAX]);
void given_calls_free(struct given_calls *g);

#endif
