/* roads_router.h - the inside of a router, for the roads_*.c. */
#ifndef DISPATCH_ROADS_ROUTER_H
#define DISPATCH_ROADS_ROUTER_H

#include "dispatch/roads_image.h"

enum {
	ROADS_TREES_MAX = 1024,       /* searches remembered */
	ROADS_TREES_BYTES = 96 << 20, /* and their memory */
	ROADS_SPOTS = 4096,           /* projections remembered; a power of two */
};
#define ROADS_RADIUS_M 1500.0 /* how far off the roads a place may lie */
#define ROADS_WALK_MPS 4.0    /* over the metres between road and place */

/* A projected place and what it was asked for. */
struct spot {
	struct lonlat at;
	double course_deg;
	bool used;
	uint8_t n;
	struct roads_place places[ROADS_PLACES];
};

/* A backward search from a target. */
struct tree {
	struct lonlat target;
	int hour;
	bool used;
	bool fresh;    /* not searched yet */
	uint64_t last; /* use */
	struct spot spot;
	uint32_t done_ms; /* labels up to this are final; ROADS_UNREACHED: all are */
	uint32_t *label;
};

enum { SLOT_MS = 1024 };
struct queued {
	uint32_t node, ms, next;
};
struct queue {
	uint32_t *head; /* of each slot's list */
	size_t slots;   /* a power of two */
	struct queued *v;
	size_t n, room, waiting;
	uint32_t at_ms; /* the slot being worked off */
};

/* A way on from where a responder is: over the rest of an edge to its end. */
struct source_way {
	uint32_t node, edge, edge_ms, rest_ms, off_ms;
	float along;
};
struct source {
	bool off_graph;
	uint8_t n;
	struct source_way ways[ROADS_PLACES];
};
struct sources {
	struct travel_from *from;
	struct source *v;
	size_t n, room;
	int hour;
	bool valid;
};

struct roads_router {
	struct roads *graph;
	uint32_t *scale[24];  /* by kind: times 1024 */
	uint32_t *longest_ms; /* by kind: of an edge in free flow */
	struct band {
		double sigma, p90; /* p90: of the drive, over its expected time */
	} band[24], unsure_band[24];
	uint8_t *closed;
	struct queue queue;
	uint8_t *wanted; /* nodes a search waits for */
	uint32_t *scratch;
	uint32_t *via; /* edge by which a forward search came; made when needed */
	struct tree *trees;
	uint32_t *tree_of; /* hash of target and hour -> tree + 1 */
	size_t n_trees, max_trees;
	uint64_t uses;
	struct spot *spots;
	struct sources few, many;
	struct travel_straight_fit fit;
	bool fitted;
	struct router_ref {
		struct roads_router *q;
	} self;
};

static inline uint32_t scaled(uint32_t base_ms, uint32_t scale)
{
	uint64_t ms = ((uint64_t)base_ms * scale + 512) >> 10;

	return ms ? (ms < UINT32_MAX / 8 ? (uint32_t)ms : UINT32_MAX / 8) : 1;
}
/* Rounded by hand: a call of lround for each would cost more than the rest of a look-up. */
static inline uint32_t share_ms(uint32_t ms, float share)
{
	return share > 0 ? (uint32_t)((double)ms * (double)share + 0.5) : 0;
}
/* The metres between road and place. */
static inline uint32_t off_ms(const struct roads_place *p)
{
	return (uint32_t)((double)p->off_m * (1000 / ROADS_WALK_MPS) + 0.5);
}
static inline uint32_t edge_ms(const struct roads_router *q, uint32_t edge, int hour)
{
	const struct roads_edge *e = &q->graph->edges[edge];

	return scaled(e->base_ms, q->scale[hour][edge_kind(e)]);
}

bool queue_size(struct queue *q, uint32_t longest_ms);
void queue_clear(struct queue *q);

/* The remembered search for a target and hour, or a fresh one; NULL when memory is out. */
struct tree *router_tree(struct roads_router *q, struct lonlat target, int hour);
void router_forget(struct roads_router *q);

/* The places of a fix, until the next is asked for; a course counts only at speed. */
const struct spot *router_spot(struct roads_router *q, struct lonlat at, double course_deg);
double course_at_speed(const struct travel_from *from);

/* Backward search seeded from the spot; stops when `wait_for` nodes marked in q->wanted are settled
 * (0: goes on to the end). False when memory is out. */
bool search_to(struct roads_router *q, const struct spot *target, int hour, size_t wait_for,
	uint32_t *label, uint32_t *ret_done);
/* Goes on forwards from what is in the queue, up to `stop` nodes marked in q->wanted (0: to the
 * end); `via` (may be NULL) gets the edge each node was reached by. */
bool run_on(struct roads_router *q, int hour, size_t stop, uint32_t *label, uint32_t *via);
bool offer_label(struct roads_router *q, uint32_t *label, uint32_t node, uint32_t ms);
bool usable(const struct roads_router *q, uint32_t edge);
/* What was prepared for the same question, or is now; NULL when memory is out. */
const struct sources *router_sources(
	struct roads_router *q, const struct travel_from *from, size_t n, int hour);
void sources_free(struct sources *s);
/* Milliseconds to the tree's target, ROADS_UNREACHED when there is no way; *ret_final is cleared
 * when the labels don't reach far enough to know. */
uint32_t source_ms(const struct roads_router *q, const struct source *s, const struct tree *t,
	bool *ret_final);

#endif
