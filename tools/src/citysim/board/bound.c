/* bound.c - prices on calls, and for each unit its best chain of calls under those prices.
 *
 * Relaxed, each in favour of the bound: the drive to a call that precedes another takes no time,
 * so a unit is done with it at the earliest moment; late calls cost nothing; on the way home a unit
 * is at the end of the arc it drives on. "Each call once" is replaced by a price in [0, 1] for
 * every call: with any prices, the sum of prices plus what the units' best chains earn above them
 * is at least the number of calls on time. Subgradient steps look for prices that make it small.
 */
#include "bound.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 1500, PATIENCE = 20, LOOP_NODES = 4096 };
static const size_t MANY_LINKS = 4000000;
static const double HOPE = 0.4; /* of how much lower the best value may be, at first */

/* One unit's possibilities. */
struct chain {
	bool *from_home;      /* by call */
	uint32_t *first;      /* by call: its links in `before` */
	uint32_t *before;     /* calls after which it can be reached before the unit is home */
	uint32_t *home_order; /* calls by the time the unit is home again */
	double *home_at;
};

struct bound {
	const struct sim_setup *set;
	struct clock clock;
	size_t m, k;
	uint32_t *order; /* calls by the time they are known */
	struct chain *chains;
	size_t links;
	double *price, *earned;
	uint32_t *came;
	unsigned *used;
	bool failed;
};

static const struct incident_call *call_at(const struct bound *b, size_t i)
{
	return &b->set->day->calls[b->order[i]];
}

/* Whether unit h reaches call j in time, leaving with so many free-flow seconds to drive. */
static bool in_time(const struct bound *b, size_t h, size_t j, double leaves, double free_s)
{
	const struct scenario *s = b->set->scenario;
	const struct incident_call *k = call_at(b, j);
	double latest = k->at_s + s->promise_s;

	return leaves + free_s / 1.3 <= latest &&
	       clock_when(&b->clock, luck_drive(s, k->key, h), leaves, free_s) <= latest;
}

/* Free-flow seconds from where the unit may wait. */
static double from_post(const struct bound *b, size_t h, uint32_t to)
{
	const struct fleet *f = b->set->fleet;
	double best = city_s(b->set->city, f->home[h], to);

	if (f->loop && f->loop[h][0] != UINT32_MAX)
		for (int leg = 0; leg < 8; leg++) {
			uint32_t u = f->loop[h][leg], v = f->loop[h][(leg + 1) % 8];
			for (int n = 0; n < LOOP_NODES && u != v; n++) {
				best = fmin(best, city_s(b->set->city, u, to));
				u = b->set->city->arcs[city_next_arc(b->set->city, u, v)].head;
			}
		}
	return best;
}

static void find_from_home(struct bound *b, size_t h)
{
	const struct scenario *s = b->set->scenario;

	for (size_t j = 0; j < b->m; j++) {
		const struct incident_call *k = call_at(b, j);
		double leaves = fmax(k->known_s, b->set->fleet->on_duty_s[h]);
		bool patrols = b->set->fleet->loop && b->set->fleet->loop[h][0] != UINT32_MAX;
		leaves += patrols ? s->accept_s : clock_turnout(s, k->known_s);
		b->chains[h].from_home[j] = in_time(b, h, j, leaves, from_post(b, h, k->node));
	}
}

/* The way home from call i: nodes and when they are passed. */
struct way_home {
	uint32_t *node;
	double *at;
	size_t n, size;
};

static bool walk_home(const struct bound *b, size_t h, size_t i, struct way_home *w)
{
	struct city *c = b->set->city;
	const struct incident_call *k = call_at(b, i);
	uint32_t node = k->node, home = b->set->fleet->home[h];
	double at = k->known_s + k->scene_s;

	for (w->n = 0;; w->n++) {
		if (w->n == w->size) {
			size_t size = w->size ? 2 * w->size : 512;
			uint32_t *nodes = realloc(w->node, size * sizeof *nodes);
			double *times = nodes ? realloc(w->at, size * sizeof *times) : NULL;
			if (nodes)
				w->node = nodes;
			if (!times)
				return false;
			w->at = times;
			w->size = size;
		}
		w->node[w->n] = node;
		w->at[w->n] = at;
		if (node == home)
			break;
		const struct arc *a = &c->arcs[city_next_arc(c, node, home)];
		at = clock_when(&b->clock, 1, at, a->s);
		node = a->head;
	}
	w->n++;
	return true;
}

/* Links i -> j for calls j that can be known before the unit is home. */
static bool find_links(struct bound *b, size_t h, size_t i, struct way_home *w,
	uint32_t (**pairs)[2], size_t *n, size_t *size)
{
	const struct scenario *s = b->set->scenario;
	const struct incident_call *k = call_at(b, i);
	double done = k->known_s + k->scene_s;
	size_t at = 0;

	if (!walk_home(b, h, i, w))
		return false;
	b->chains[h].home_at[i] = w->at[w->n - 1];
	for (size_t j = i + 1; j < b->m && call_at(b, j)->known_s < w->at[w->n - 1]; j++) {
		const struct incident_call *next = call_at(b, j);
		double leaves = fmax(done, next->known_s) + s->accept_s;
		if (next->at_s + s->promise_s < done)
			continue;
		while (at + 1 < w->n && w->at[at] < next->known_s)
			at++;
		if (!in_time(b, h, j, leaves, city_s(b->set->city, w->node[at], next->node)))
			continue;
		if (*n == *size) {
			size_t more = *size ? 2 * *size : 4096;
			void *p = realloc(*pairs, more * sizeof **pairs);
			if (!p)
				return false;
			*pairs = p;
			*size = more;
		}
		(*pairs)[*n][0] = (uint32_t)j;
		(*pairs)[(*n)++][1] = (uint32_t)i;
	}
	return true;
}

static const double *sort_by; /* of the comparison; one thread */

static int by_home(const void *a, const void *b)
{
	double x = sort_by[*(const uint32_t *)a], y = sort_by[*(const uint32_t *)b];

	return (x > y) - (x < y);
}

static bool find_chain(struct bound *b, size_t h)
{
	struct chain *c = &b->chains[h];
	uint32_t(*pairs)[2] = NULL;
	struct way_home way = { 0 };
	size_t n = 0, size = 0;
	bool ok = true;

	c->from_home = calloc(b->m + 1, sizeof *c->from_home);
	c->first = calloc(b->m + 2, sizeof *c->first);
	c->home_order = calloc(b->m + 1, sizeof *c->home_order);
	c->home_at = calloc(b->m + 1, sizeof *c->home_at);
	if (!c->from_home || !c->first || !c->home_order || !c->home_at)
		return false;
	find_from_home(b, h);
	for (size_t i = 0; ok && i < b->m; i++)
		ok = find_links(b, h, i, &way, &pairs, &n, &size);
	c->before = ok ? calloc(n + 1, sizeof *c->before) : NULL;
	if (c->before) {
		for (size_t i = 0; i < n; i++)
			c->first[pairs[i][0] + 1]++;
		for (size_t j = 0; j < b->m; j++)
			c->first[j + 1] += c->first[j];
		for (size_t i = n; i-- > 0;) /* filled from the back: ends as the starts */
			c->before[--c->first[pairs[i][0] + 1]] = pairs[i][1];
		memmove(c->first, c->first + 1, b->m * sizeof *c->first);
		c->first[b->m] = (uint32_t)n;
	}
	for (size_t i = 0; i < b->m; i++)
		c->home_order[i] = (uint32_t)i;
	sort_by = c->home_at;
	qsort(c->home_order, b->m, sizeof *c->home_order, by_home);
	b->links += n;
	free(pairs);
	free(way.node);
	free(way.at);
	return c->before != NULL;
}

enum { START = UINT32_MAX, UNREACHED = UINT32_MAX - 1 };

/* The best chain of unit h under the prices; marks its calls. */
static double best_chain(struct bound *b, size_t h)
{
	const struct chain *c = &b->chains[h];
	double best = 0, home_best = 0;
	uint32_t last = START, home_last = START;
	size_t homed = 0;

	for (size_t j = 0; j < b->m; j++) {
		double known = call_at(b, j)->known_s, v = -1;
		uint32_t from = UNREACHED;
		for (; homed < b->m && c->home_at[c->home_order[homed]] <= known; homed++) {
			uint32_t i = c->home_order[homed];
			if (b->came[i] != UNREACHED && b->earned[i] > home_best) {
				home_best = b->earned[i];
				home_last = i;
			}
		}
		if (c->from_home[j]) {
			v = home_best;
			from = home_last;
		}
		for (uint32_t l = c->first[j]; l < c->first[j + 1]; l++) {
			uint32_t i = c->before[l];
			if (b->came[i] != UNREACHED && b->earned[i] > v) {
				v = b->earned[i];
				from = i;
			}
		}
		b->came[j] = from;
		b->earned[j] = from == UNREACHED ? -1 : v + 1 - b->price[j];
		if (b->earned[j] > best) {
			best = b->earned[j];
			last = (uint32_t)j;
		}
	}
	for (; last != START; last = b->came[last])
		b->used[last]++;
	return best;
}

/* The dual's value under the prices; *ret_norm: how far from "each call once" the chains are. */
static double dual_value(struct bound *b, double *ret_norm)
{
	double value = 0;

	memset(b->used, 0, b->m * sizeof *b->used);
	for (size_t j = 0; j < b->m; j++)
		value += b->price[j];
	for (size_t h = 0; h < b->k; h++)
		value += best_chain(b, h);
	*ret_norm = 0;
	for (size_t j = 0; j < b->m; j++) {
		double g = 1 - (double)b->used[j];
		bool stuck = (b->price[j] >= 1 && g < 0) || (b->price[j] <= 0 && g > 0);
		*ret_norm += stuck ? 0 : g * g;
	}
	return value;
}

/* Polyak's steps towards a value below the best so far, nearer when that doesn't help. */
static double best_dual(struct bound *b)
{
	double best = (double)b->m, hope = HOPE, norm;
	int steps = b->links > MANY_LINKS ? STEPS / 3 : STEPS, since = 0;

	for (size_t j = 0; j < b->m; j++)
		b->price[j] = 1;
	for (int k = 0; k < steps && hope > 1e-4; k++) {
		double value = dual_value(b, &norm), length;
		since++;
		if (value < best - 1e-3) {
			best = value;
			since = 0;
		}
		if (norm <= 0)
			break;
		if (since >= PATIENCE) {
			hope /= 2;
			since = 0;
		}
		length = (value - best * (1 - hope)) / norm;
		for (size_t j = 0; j < b->m; j++)
			b->price[j] =
				fmin(fmax(b->price[j] - length * (1 - (double)b->used[j]), 0), 1);
	}
	return best;
}

static const struct calls_day *sort_day;

static int by_known(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	double s = sort_day->calls[x].known_s, t = sort_day->calls[y].known_s;

	return s < t ? -1 : s > t ? 1 : (x > y) - (x < y);
}

static bool prepare(struct bound *b)
{
	b->order = calloc(b->m + 1, sizeof *b->order);
	b->chains = calloc(b->k + 1, sizeof *b->chains);
	b->price = calloc(b->m + 1, sizeof *b->price);
	b->earned = calloc(b->m + 1, sizeof *b->earned);
	b->came = calloc(b->m + 1, sizeof *b->came);
	b->used = calloc(b->m + 1, sizeof *b->used);
	if (!b->order || !b->chains || !b->price || !b->earned || !b->came || !b->used)
		return false;
	for (size_t i = 0; i < b->m; i++)
		b->order[i] = (uint32_t)i;
	sort_day = b->set->day;
	qsort(b->order, b->m, sizeof *b->order, by_known);
	clock_init(&b->clock, b->set->scenario, b->set->day->day);
	for (size_t h = 0; h < b->k; h++)
		if (!find_chain(b, h))
			return false;
	return true;
}

double bound_on_time(const struct sim_setup *set)
{
	struct bound b = { .set = set, .m = set->day->n, .k = set->fleet->n };
	double ret = prepare(&b) ? best_dual(&b) : -1;

	for (size_t h = 0; b.chains && h < b.k; h++) {
		free(b.chains[h].from_home);
		free(b.chains[h].first);
		free(b.chains[h].before);
		free(b.chains[h].home_order);
		free(b.chains[h].home_at);
	}
	free(b.order);
	free(b.chains);
	free(b.price);
	free(b.earned);
	free(b.came);
	free(b.used);
	return ret;
}
