/* stage.c - from a seed to days, posts, fleet and foresight. */
#include "stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "prng.h"

enum { HISTORY_DAYS = 28 };
static const double POST_CELL_M = 800, ZONE_CELL_M = 1200, LOOP_M = 2500;

struct history {
	struct calls_day *days;
	size_t n_days, n;
	const struct incident_call **all;
};

static bool take_history(struct stage *g, struct history *h, const struct given_calls *given)
{
	size_t k = 0;

	h->n_days = given ? given->n_history : HISTORY_DAYS;
	h->days = calloc(h->n_days + 1, sizeof *h->days);
	if (!h->days)
		return false;
	for (size_t i = 0; i < h->n_days; i++)
		h->n += given ? given->days[i].n : 0;
	if (!given) {
		struct scenario usual = *g->scenario;
		struct places p;

		usual.storm = 1; /* the days before had none */
		places_draw(&p, g->city, g->scenario, g->seed);
		for (size_t i = 0; i < h->n_days; i++) {
			h->days[i] =
				calls_make(g->city, &usual, &p, g->seed, (int)i - HISTORY_DAYS);
			h->n += h->days[i].n;
		}
	}
	h->all = calloc(h->n + 1, sizeof *h->all);
	for (size_t i = 0; h->all && i < h->n_days; i++) {
		const struct calls_day *d = given ? &given->days[i] : &h->days[i];
		for (size_t j = 0; j < d->n; j++)
			h->all[k++] = &d->calls[j];
	}
	return h->all != NULL;
}

static void free_history(struct history *h, size_t made)
{
	for (size_t i = 0; h->days && i < made; i++)
		calls_free(&h->days[i]);
	free(h->days);
	free(h->all);
}

static bool copy_days(struct stage *g, size_t days, const struct given_calls *given)
{
	struct places p;
	size_t have = given ? given->n_days - given->n_history : days;

	g->n_days = days < have ? days : have;
	g->days = calloc(g->n_days + 1, sizeof *g->days);
	if (!g->days)
		return false;
	if (!given)
		places_draw(&p, g->city, g->scenario, g->seed);
	for (size_t i = 0; i < g->n_days; i++) {
		struct calls_day *d = &g->days[i];
		const struct calls_day *from = given ? &given->days[given->n_history + i] : NULL;
		if (!given) {
			*d = calls_make(g->city, g->scenario, &p, g->seed, (int)i);
			continue;
		}
		*d = *from; /* the same calls, other luck under another seed */
		d->key = hash_mix(from->key, g->seed);
		d->calls = calloc(d->n + 1, sizeof *d->calls);
		for (size_t k = 0; d->calls && k < d->n; k++) {
			d->calls[k] = from->calls[k];
			d->calls[k].key = hash_mix(from->calls[k].key, g->seed);
		}
		if (!d->calls)
			return false;
	}
	return true;
}

/* The junctions furthest out in equal directions. */
static void find_gates(struct city *c, uint32_t *ret, size_t n)
{
	struct lonlat middle = { 0 };

	for (size_t i = 0; i < c->n_nodes; i++) {
		middle.lon += c->at[i].lon / (double)c->n_nodes;
		middle.lat += c->at[i].lat / (double)c->n_nodes;
	}
	for (size_t k = 0; k < n; k++) {
		double angle = 2 * M_PI * (double)k / (double)n, best = -1;
		for (uint32_t i = 0; i < c->n_nodes; i++) {
			double m[2], out;
			city_metres(c, middle, c->at[i], m);
			out = m[0] * sin(angle) + m[1] * cos(angle);
			if (out > best) {
				best = out;
				ret[k] = i;
			}
		}
	}
}

static void draw_loops(struct stage *g, const struct gathered *demand)
{
	struct fleet *f = &g->fleet;
	size_t patrols = (size_t)(g->scenario->patrol * g->scenario->units + 0.5);
	struct prng r;

	prng_seed(&r, hash_mix(g->seed, 31));
	for (size_t i = 0; i < f->n; i++) {
		f->loop[i][0] = UINT32_MAX;
		if (i % 2 || i / 2 >= patrols)
			continue;
		f->loop[i][0] = f->home[i];
		for (int k = 1; k < 8; k++) {
			double m[2] = { INFINITY, 0 };
			f->loop[i][k] = f->home[i];
			for (int tries = 0; tries < 200 && hypot(m[0], m[1]) > LOOP_M; tries++) {
				uint32_t node = demand->node[prng_below(&r, demand->n)];
				city_metres(g->city, g->city->at[f->home[i]], g->city->at[node], m);
				if (hypot(m[0], m[1]) <= LOOP_M)
					f->loop[i][k] = node;
			}
		}
	}
}

static bool set_fleet(struct stage *g, const struct gathered *demand, const struct post_list *posts)
{
	struct fleet *f = &g->fleet;
	size_t units = (size_t)g->scenario->units, aid = (size_t)g->scenario->aid;
	uint32_t gates[8];

	f->n = units + aid;
	f->home = calloc(f->n + 1, sizeof *f->home);
	f->start = calloc(f->n + 1, sizeof *f->start);
	f->on_duty_s = calloc(f->n + 1, sizeof *f->on_duty_s);
	g->post_names = calloc(f->n + 1, sizeof *g->post_names);
	f->loop = g->scenario->patrol > 0 ? calloc(f->n + 1, sizeof *f->loop) : NULL;
	if (!f->home || !f->start || !f->on_duty_s || !g->post_names ||
		(g->scenario->patrol > 0 && !f->loop))
		return false;
	g->posts_value_s =
		posts ? NAN : posts_choose(g->city, g->scenario, demand, 0, units, f->home);
	for (size_t i = 0; i < units; i++) {
		if (posts)
			f->home[i] = posts->node[i % posts->n];
		snprintf(g->post_names[i], sizeof *g->post_names, "%s",
			posts ? posts->name[i % posts->n] : g->city->name[f->home[i]]);
	}
	if (aid)
		posts_choose(g->city, g->scenario, demand, units, aid, f->home);
	memcpy(f->start, f->home, f->n * sizeof *f->start);
	if (aid)
		find_gates(g->city, gates, 8);
	for (size_t i = units; i < f->n; i++) {
		f->start[i] = gates[i % 8];
		f->on_duty_s[i] = g->scenario->aid_at * 3600;
		snprintf(g->post_names[i], sizeof *g->post_names, "%s", g->city->name[f->home[i]]);
	}
	if (f->loop)
		draw_loops(g, demand);
	return true;
}

static bool foresee(struct stage *g, const struct history *h)
{
	struct foresight *f = &g->foresight;
	struct gathered zones;
	double scene = 0;

	if (!gather(g->city, h->all, h->n, ZONE_CELL_M, &zones))
		return false;
	f->zones = calloc(zones.n + 1, sizeof *f->zones);
	f->posts = calloc(g->fleet.n + 1, sizeof *f->posts);
	f->post_ids = calloc(g->fleet.n + 1, sizeof *f->post_ids);
	if (!f->zones || !f->posts || !f->post_ids)
		return false;
	for (size_t i = 0; i < zones.n; i++)
		f->zones[i] =
			(struct zone){ .at = g->city->at[zones.node[i]], .share = zones.share[i] };
	f->n_zones = zones.n;
	for (size_t i = 0; i < h->n; i++) {
		f->hour_rate[(int)(h->all[i]->at_s / 3600) % 24] += 1 / (3600 * (double)h->n_days);
		scene += h->all[i]->scene_s / (double)h->n;
	}
	f->scene_s = h->n ? scene : g->scenario->scene_s;
	for (size_t i = 0; i < (size_t)g->scenario->units; i++) {
		size_t k = 0;
		while (k < f->n_posts && g->fleet.home[k] != g->fleet.home[i])
			k++;
		if (k < i)
			continue; /* two units at one post */
		snprintf(f->post_ids[f->n_posts], sizeof *f->post_ids, "p%03zu", f->n_posts);
		f->posts[f->n_posts] = (struct post_site){ f->post_ids[f->n_posts],
			g->city->at[g->fleet.home[i]] };
		f->n_posts++;
	}
	f->drive_s = calloc(f->n_posts * f->n_zones + 1, sizeof *f->drive_s);
	for (size_t z = 0; f->drive_s && z < f->n_zones; z++) {
		const struct row *row = city_row(g->city, zones.node[z]);
		for (size_t k = 0; k < f->n_posts; k++)
			f->drive_s[k * f->n_zones + z] =
				(float)(row->quarter_s[city_nearest_node(g->city, f->posts[k].at)] /
					4.0);
	}
	gathered_free(&zones);
	return f->drive_s != NULL;
}

/* Without history demand is anywhere. */
static bool suppose_history(struct stage *g, struct history *h, struct incident_call **ret_made)
{
	struct prng r;
	enum { SUPPOSED = 2000 };
	struct incident_call *made = calloc(SUPPOSED, sizeof *made);
	const struct incident_call **all = calloc(SUPPOSED + 1, sizeof *all);

	*ret_made = made;
	if (!made || !all) {
		free(all);
		return false;
	}
	prng_seed(&r, 6);
	for (size_t i = 0; i < SUPPOSED; i++) {
		made[i].node = (uint32_t)prng_below(&r, g->city->n_nodes);
		made[i].at_s = prng_unit(&r) * 86400;
		made[i].scene_s = g->scenario->scene_s;
		all[i] = &made[i];
	}
	free(h->all);
	h->all = all;
	h->n = SUPPOSED;
	return true;
}

bool stage_set(struct stage *g, const struct scenario *s, struct city *c, uint64_t seed,
	size_t days, const struct given_calls *given, const struct post_list *posts,
	char error[static CSV_ERROR_MAX])
{
	struct history h = { 0 };
	struct gathered demand = { 0 };
	struct incident_call *supposed = NULL;
	size_t made_days = given ? 0 : HISTORY_DAYS;
	bool ok;

	*g = (struct stage){ .scenario = s, .city = c, .seed = seed };
	snprintf(error, CSV_ERROR_MAX, "out of memory");
	ok = take_history(g, &h, given) && (h.n >= 50 || suppose_history(g, &h, &supposed)) &&
	     gather(c, h.all, h.n, POST_CELL_M, &demand) && copy_days(g, days, given) &&
	     set_fleet(g, &demand, posts) && belief_init(&g->belief, c, s, seed);
	if (supposed)
		h.n_days = (size_t)fmax((double)h.n / fmax(s->calls, 1), 1);
	ok = ok && foresee(g, &h);
	gathered_free(&demand);
	free_history(&h, made_days);
	free(supposed);
	if (ok)
		*error = 0;
	else
		stage_clear(g);
	return ok;
}

void stage_clear(struct stage *g)
{
	for (size_t i = 0; g->days && i < g->n_days; i++)
		calls_free(&g->days[i]);
	free(g->days);
	free(g->fleet.home);
	free(g->fleet.start);
	free(g->fleet.on_duty_s);
	free(g->fleet.loop);
	free(g->foresight.zones);
	free(g->foresight.drive_s);
	free(g->foresight.posts);
	free(g->foresight.post_ids);
	free(g->post_names);
	belief_free(&g->belief);
	*g = (struct stage){ 0 };
}
