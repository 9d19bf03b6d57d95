/* roads_sources.c - responders as a search sees them, prepared once for many targets: a plan asks
 * for the same responders' times to every open incident. */
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_router.h"

/* Few are prepared apart, so that a question about one responder doesn't drop a plan's many. */
enum { FEW = 4 };

static struct source prepare(struct roads_router *q, const struct travel_from *from, int hour)
{
	const struct spot *spot = router_spot(q, from->at, course_at_speed(from));
	struct source s = { .off_graph = !spot->n };

	for (size_t i = 0; i < spot->n; i++) {
		const struct roads_place *p = &spot->places[i];
		uint32_t ms = edge_ms(q, p->edge, hour);
		if (!usable(q, p->edge))
			continue;
		s.ways[s.n++] = (struct source_way){ .node = q->graph->edges[p->edge].to,
			.edge = p->edge,
			.edge_ms = ms,
			.rest_ms = off_ms(p) + share_ms(ms, 1 - p->along),
			.off_ms = off_ms(p),
			.along = p->along };
	}
	return s;
}

/* Not nearly: the same bits give the same answer. */
static bool same(double a, double b)
{
	return !(a < b) && !(a > b);
}

static bool same_from(const struct travel_from *a, const struct travel_from *b)
{
	return same(a->at.lon, b->at.lon) && same(a->at.lat, b->at.lat) &&
	       same(a->course_deg, b->course_deg) && same(a->speed_mps, b->speed_mps) &&
	       a->unsure == b->unsure && a->under_way == b->under_way;
}

static bool same_question(
	const struct sources *s, const struct travel_from *from, size_t n, int hour)
{
	if (!s->valid || s->n != n || s->hour != hour)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!same_from(&s->from[i], &from[i]))
			return false;
	return true;
}

static bool make_room(struct sources *s, size_t n)
{
	if (n <= s->room)
		return true;
	free(s->from);
	free(s->v);
	s->from = malloc(n * sizeof(*s->from));
	s->v = malloc(n * sizeof(*s->v));
	s->room = s->from && s->v ? n : 0;
	return s->room;
}

const struct sources *router_sources(
	struct roads_router *q, const struct travel_from *from, size_t n, int hour)
{
	struct sources *s = n <= FEW ? &q->few : &q->many;

	if (same_question(s, from, n, hour))
		return s;
	s->valid = false;
	if (!make_room(s, n))
		return NULL;
	s->n = n;
	s->hour = hour;
	for (size_t i = 0; i < n; i++) {
		s->from[i] = from[i];
		s->v[i] = prepare(q, &from[i], hour);
	}
	s->valid = true;
	return s;
}

void sources_free(struct sources *s)
{
	free(s->from);
	free(s->v);
}

static void least(uint32_t *ms, uint64_t by)
{
	if (by < *ms)
		*ms = (uint32_t)by;
}

/* When the target lies ahead on the same edge, no node is met on the way. */
static void straight_on(const struct roads_router *q, const struct source_way *w,
	const struct spot *target, uint32_t *ms)
{
	for (size_t i = 0; i < target->n; i++) {
		const struct roads_place *t = &target->places[i];
		if (t->edge == w->edge && t->along >= w->along && usable(q, t->edge))
			least(ms, share_ms(w->edge_ms, t->along - w->along) + (uint64_t)off_ms(t) +
					  w->off_ms);
	}
}

uint32_t source_ms(
	const struct roads_router *q, const struct source *s, const struct tree *t, bool *ret_final)
{
	uint32_t ms = ROADS_UNREACHED;

	for (size_t i = 0; i < s->n; i++) {
		const struct source_way *w = &s->ways[i];
		uint32_t there = t->label[w->node];
		/* Beyond what was searched nothing is known. */
		if (there > t->done_ms)
			*ret_final = false;
		if (there != ROADS_UNREACHED)
			least(&ms, (uint64_t)there + w->rest_ms);
		straight_on(q, w, &t->spot, &ms);
	}
	return ms;
}
