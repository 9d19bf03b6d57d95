/* posts.h - where units wait: p-median with tardiness over the history's calls.
 *
 * Chosen are distinct sites (junctions) that minimise the demand-weighted f(time to the nearest
 * post), f = time + 300 s when later than the promise; greedy, then 1-swap local search to the end.
 * The same posts for every policy.
 */
#ifndef BOARD_POSTS_H
#define BOARD_POSTS_H

#include "calls.h"
#include "csv.h"
#include "sim.h"

/* Demand gathered in cells: a node and how many calls. */
struct gathered {
	uint32_t *node;
	double *share; /* all together 1 */
	size_t n;
};

bool gather(struct city *c, const struct incident_call *const *calls, size_t n, double cell_m,
	struct gathered *ret);
void gathered_free(struct gathered *g);

/* Sites for n posts into ret, after the `fixed` first ones that are there already; the value of the
 * objective (seconds). NAN when memory is out. */
double posts_choose(struct city *c, const struct scenario *s, const struct gathered *demand,
	size_t fixed, size_t n, uint32_t *ret);

struct post_list {
	uint32_t *node;
	char (*name)[16];
	size_t n;
};
/* Posts or stations with lon/lat or node. With a column `units` a post is there so many times. */
bool posts_read(
	struct city *c, const char *path, struct post_list *ret, char error[static CSV_ERROR_MAX]);
void post_list_free(struct post_list *p);

#endif
