/* board.c - runs all policies over all days of all seeds. */
#include "board.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bound.h"
#include "checks.h"
#include "graph.h"

static const double ZONE_M = 2500;
enum { MADE_SIDE = 40 };

static bool open_city(struct board *b)
{
	const struct graph_options g = { b->o.scenario.closed, b->o.scenario.trip_kmh, b->o.mode };
	const char *shared = getenv("JB_SHARED");
	char nodes[256], arcs[256];

	if (b->o.nodes) {
		snprintf(b->city_name, sizeof b->city_name, "%s", b->o.nodes);
		b->city = graph_read(b->o.nodes, b->o.arcs, &g, b->error);
		return b->city != NULL;
	}
	snprintf(nodes, sizeof nodes, "%.200s/data/xian/roads/xian_core_nodes.csv",
		shared ? shared : "../shared");
	snprintf(arcs, sizeof arcs, "%.200s/data/xian/roads/xian_core_edges.csv",
		shared ? shared : "../shared");
	if (access(nodes, R_OK) == 0 && access(arcs, R_OK) == 0) {
		snprintf(b->city_name, sizeof b->city_name, "Xi'an core");
		b->city = graph_read(nodes, arcs, &g, b->error);
		return b->city != NULL;
	}
	fprintf(stderr, "citysim: no road data in '%s'; a made-up city is used\n",
		shared ? shared : "../shared");
	snprintf(b->city_name, sizeof b->city_name, "made-up city");
	b->city = graph_make(MADE_SIDE, &g, b->error);
	return b->city != NULL;
}

static bool number_zones(struct board *b)
{
	const struct city *c = b->city;
	struct lonlat low = c->at[0];
	double far = 0, m[2];
	size_t wide;

	b->zone_of = calloc(c->n_nodes, sizeof *b->zone_of);
	if (!b->zone_of)
		return false;
	for (size_t i = 0; i < c->n_nodes; i++) {
		low.lon = fmin(low.lon, c->at[i].lon);
		low.lat = fmin(low.lat, c->at[i].lat);
	}
	for (size_t i = 0; i < c->n_nodes; i++) {
		city_metres(c, low, c->at[i], m);
		far = fmax(far, fmax(m[0], m[1]));
	}
	/* no more than 250 each way */
	wide = (size_t)(far / fmax(ZONE_M, far / 250)) + 1;
	for (size_t i = 0; i < c->n_nodes; i++) {
		city_metres(c, low, c->at[i], m);
		b->zone_of[i] = (uint16_t)((size_t)(m[1] / fmax(ZONE_M, far / 250)) * wide +
					   (size_t)(m[0] / fmax(ZONE_M, far / 250)));
	}
	b->n_zones = wide * wide;
	return true;
}

bool board_open(struct board *b, const struct board_options *o)
{
	*b = (struct board){ .o = *o, .bound_late = NAN };
	if (!open_city(b) || !number_zones(b))
		return false;
	if (b->o.scenario.closed && !b->city->n_closed)
		b->o.scenario.closed = NULL; /* no such road in this city */
	if (o->tape && !calls_read(b->city, &b->o.scenario, o->tape, &b->given, b->error))
		return false;
	if (o->posts && !posts_read(b->city, o->posts, &b->posts, b->error))
		return false;
	if (o->posts && !o->units_given)
		b->o.scenario.units = (double)b->posts.n;
	for (size_t i = 0; i < o->n_policies; i++) {
		if (!strcmp(o->policies[i]->name, "P2"))
			b->base = i;
		if (!tally_init(&b->tallies[i], o->policies[i]->name, o->policies[i]->version,
			    b->n_zones)) {
			snprintf(b->error, sizeof b->error, "out of memory");
			return false;
		}
	}
	return true;
}

void board_close(struct board *b)
{
	for (size_t i = 0; i < b->o.n_policies; i++)
		tally_free(&b->tallies[i]);
	given_calls_free(&b->given);
	post_list_free(&b->posts);
	free(b->zone_of);
	city_free(b->city);
}

static bool run_day(struct board *b, struct stage *g, const struct calls_day *d, bool check)
{
	struct sim_setup set = { .scenario = g->scenario,
		.city = b->city,
		.day = d,
		.fleet = &g->fleet,
		.foresight = &g->foresight,
		.belief = &g->belief };
	struct sim_result r;
	bool ok = true;

	for (size_t i = 0; ok && i < b->o.n_policies; i++) {
		set.policy = b->o.policies[i];
		ok = sim_run(&set, &r) && tally_add(&b->tallies[i], g, d, &r, b->zone_of);
		if (ok && check && !*b->tallies[i].violation)
			ok = checks_run(
				&set, &r, b->tallies[i].violation, sizeof b->tallies[i].violation);
		sim_result_free(&r);
	}
	if (ok && b->o.bound) {
		double on_time = bound_on_time(&set);
		ok = on_time >= 0;
		b->bound_on_time += on_time;
		b->bound_calls += (double)d->n;
	}
	return ok;
}

bool board_run(struct board *b)
{
	struct stage g;
	bool ok = true;

	for (size_t k = 0; ok && k < b->o.seeds; k++) {
		if (!stage_set(&g, &b->o.scenario, b->city, b->o.first_seed + k, b->o.days,
			    b->o.tape ? &b->given : NULL, b->o.posts ? &b->posts : NULL, b->error))
			return false;
		for (size_t d = 0; ok && d < g.n_days; d++) {
			bool check = b->o.checks && d == 0 && k == 0;
			ok = run_day(b, &g, &g.days[d], check);
			b->checked += check;
		}
		stage_clear(&g);
		if (!b->o.quiet && isatty(2))
			fprintf(stderr, "\rseed %zu of %zu ", k + 1, b->o.seeds);
	}
	if (!ok) {
		snprintf(b->error, sizeof b->error, "out of memory");
		return false;
	}
	if (b->o.bound)
		b->bound_late = fmax(1 - b->bound_on_time / fmax(b->bound_calls, 1), 0);
	for (size_t i = 0; i < b->o.n_policies; i++)
		b->figures[i] = tally_figures(&b->tallies[i], &b->tallies[b->base], b->bound_late);
	return true;
}

const char *board_violation(const struct board *b)
{
	for (size_t i = 0; i < b->o.n_policies; i++)
		if (*b->tallies[i].violation)
			return b->tallies[i].violation;
	return NULL;
}
