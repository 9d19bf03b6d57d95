/* posts.c - gathering demand into cells and choosing sites by local search. */
#include "posts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "graph.h"
#include "prng.h"

enum { SITES = 400, UNITS_MAX = 200 };
static const double TARDY_S = 300, USUAL_SLOW = 1.55;

/* ---- demand ---- */

struct cell {
	int64_t key;
	double lon, lat;
	size_t n;
};

static int by_key(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

bool gather(struct city *c, const struct incident_call *const *calls, size_t n, double cell_m,
	struct gathered *ret)
{
	struct cell *cells = calloc(n + 1, sizeof *cells);
	size_t k = 0;

	*ret = (struct gathered){ 0 };
	for (size_t i = 0; cells && i < n; i++) {
		struct lonlat p = c->at[calls[i]->node];
		cells[i] = (struct cell){ geo_cell(p, cell_m), p.lon, p.lat, 1 };
	}
	if (cells)
		qsort(cells, n, sizeof *cells, by_key);
	for (size_t i = 0; cells && i < n; i++) {
		if (k && cells[k - 1].key == cells[i].key) {
			cells[k - 1].lon += cells[i].lon;
			cells[k - 1].lat += cells[i].lat;
			cells[k - 1].n++;
		} else {
			cells[k++] = cells[i];
		}
	}
	ret->node = calloc(k + 1, sizeof *ret->node);
	ret->share = calloc(k + 1, sizeof *ret->share);
	for (size_t i = 0; cells && ret->node && ret->share && i < k; i++) {
		struct lonlat p = { cells[i].lon / (double)cells[i].n,
			cells[i].lat / (double)cells[i].n };
		ret->node[i] = city_nearest_node(c, p);
		ret->share[i] = (double)cells[i].n / (double)n;
		ret->n = i + 1;
	}
	free(cells);
	return ret->n == k && (k || !n);
}

void gathered_free(struct gathered *g)
{
	free(g->node);
	free(g->share);
	*g = (struct gathered){ 0 };
}

/* ---- p-median ---- */

struct median {
	size_t sites, zones;
	uint32_t *site;
	float *cost; /* [site][zone], weighted */
	bool *taken;
	float *first, *second; /* by zone: of the two best posts */
	size_t *first_post;    /* index in chosen */
	size_t *chosen;        /* sites */
	size_t n, fixed;
	double *loss; /* by post */
};

static double tardy(const struct scenario *s, double free_s)
{
	double t = s->handling_s + s->turnout_s + free_s * USUAL_SLOW;

	return t + (t > s->promise_s ? TARDY_S : 0);
}

/* Sites: those that are fixed, where demand is, and others at random. */
static void pick_sites(struct city *c, const struct gathered *d, struct median *m,
	const uint32_t *fixed, size_t want)
{
	struct prng r;
	bool *seen = calloc(c->n_nodes, sizeof *seen);

	prng_seed(&r, 12);
	for (size_t i = 0; seen && m->sites < want; i++) {
		uint32_t node = i < m->fixed ? fixed[i]
				: i - m->fixed < d->n && m->sites < want * 3 / 4
					? d->node[i - m->fixed]
					: (uint32_t)prng_below(&r, c->n_nodes);
		if (i < m->fixed || !seen[node])
			m->site[m->sites++] = node;
		seen[node] = true;
	}
	free(seen);
}

static bool median_init(struct median *m, struct city *c, const struct scenario *s,
	const struct gathered *d, const uint32_t *fixed, size_t n)
{
	size_t want = SITES + n < c->n_nodes ? SITES + n : c->n_nodes;

	m->zones = d->n;
	m->site = calloc(want + m->fixed + 1, sizeof *m->site);
	m->cost = calloc((want + m->fixed + 1) * (d->n + 1), sizeof *m->cost);
	m->taken = calloc(want + m->fixed + 1, sizeof *m->taken);
	m->first = calloc(d->n + 1, sizeof *m->first);
	m->second = calloc(d->n + 1, sizeof *m->second);
	m->first_post = calloc(d->n + 1, sizeof *m->first_post);
	m->chosen = calloc(n + 1, sizeof *m->chosen);
	m->loss = calloc(n + 1, sizeof *m->loss);
	if (!m->site || !m->cost || !m->taken || !m->first || !m->second || !m->first_post ||
		!m->chosen || !m->loss)
		return false;
	pick_sites(c, d, m, fixed, want);
	for (size_t z = 0; z < d->n; z++)
		for (size_t i = 0; i < m->sites; i++)
			m->cost[i * d->n + z] =
				(float)(d->share[z] *
					tardy(s, fmin(city_s(c, m->site[i], d->node[z]), 1e5)));
	return true;
}

static void median_free(struct median *m)
{
	free(m->site);
	free(m->cost);
	free(m->taken);
	free(m->first);
	free(m->second);
	free(m->first_post);
	free(m->chosen);
	free(m->loss);
}

/* Who serves each zone, and who would next. */
static double settle(struct median *m)
{
	double sum = 0;

	for (size_t z = 0; z < m->zones; z++) {
		m->first[z] = m->second[z] = 1e9f;
		for (size_t k = 0; k < m->n; k++) {
			float v = m->cost[m->chosen[k] * m->zones + z];
			if (v < m->first[z]) {
				m->second[z] = m->first[z];
				m->first[z] = v;
				m->first_post[z] = k;
			} else if (v < m->second[z]) {
				m->second[z] = v;
			}
		}
		sum += m->first[z];
	}
	return sum;
}

/* Value of adding a site (fast interchange): *ret_out is the best post to give up for it. */
static double swap_gain(struct median *m, size_t site, size_t *ret_out)
{
	const float *v = &m->cost[site * m->zones];
	double gain = 0, best = -INFINITY;

	memset(m->loss, 0, m->n * sizeof *m->loss);
	for (size_t z = 0; z < m->zones; z++) {
		if (v[z] < m->first[z])
			gain += m->first[z] - v[z];
		else
			m->loss[m->first_post[z]] += fminf(v[z], m->second[z]) - m->first[z];
	}
	for (size_t k = m->fixed; k < m->n; k++)
		if (gain - m->loss[k] > best) {
			best = gain - m->loss[k];
			*ret_out = k;
		}
	return best;
}

static void add_best(struct median *m)
{
	size_t best = SIZE_MAX;
	double most = -1;

	settle(m);
	for (size_t i = 0; i < m->sites; i++) {
		double gain = 0;
		for (size_t z = 0; z < m->zones && !m->taken[i]; z++)
			gain += fmaxf(m->first[z] - m->cost[i * m->zones + z], 0);
		if (!m->taken[i] && gain > most) {
			most = gain;
			best = i;
		}
	}
	if (best != SIZE_MAX) {
		m->taken[best] = true;
		m->chosen[m->n++] = best;
	}
}

static bool swap_best(struct median *m)
{
	size_t in = 0, out = 0, k = 0;
	double most = 1e-6;

	settle(m);
	for (size_t i = 0; i < m->sites; i++) {
		double gain = m->taken[i] ? 0 : swap_gain(m, i, &k);
		if (gain > most) {
			most = gain;
			in = i;
			out = k;
		}
	}
	if (most <= 1e-6)
		return false;
	m->taken[m->chosen[out]] = false;
	m->taken[in] = true;
	m->chosen[out] = in;
	return true;
}

double posts_choose(struct city *c, const struct scenario *s, const struct gathered *demand,
	size_t fixed, size_t n, uint32_t *ret)
{
	struct median m = { .fixed = fixed };
	double value = NAN;

	if (median_init(&m, c, s, demand, ret, fixed + n)) {
		for (; m.n < fixed; m.n++) {
			m.chosen[m.n] = m.n;
			m.taken[m.n] = true;
		}
		while (m.n < fixed + n && m.n < m.sites)
			add_best(&m);
		for (int i = 0; i < 1000 && swap_best(&m); i++)
			;
		value = settle(&m);
		for (size_t k = fixed; m.n && k < fixed + n;
			k++) /* more units than junctions double up */
			ret[k] = m.site[m.chosen[k < m.n ? k : k % m.n]];
	}
	median_free(&m);
	return value;
}

/* ---- from a file ---- */

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

bool posts_read(
	struct city *c, const char *path, struct post_list *ret, char error[static CSV_ERROR_MAX])
{
	struct csv f;
	struct csv_table t;
	int id, lon, lat, node, units;
	bool ok = true;

	*ret = (struct post_list){ 0 };
	if (!csv_open(&f, path, error))
		return false;
	t = csv_table(&f, csv_has_table(&f, "stations") ? "stations" : "posts");
	id = csv_column(&t, NAMES("post", "id", "code", "index", "station", "name"));
	node = csv_column(&t, NAMES("node", "node_id", "nodeid"));
	lon = csv_column(&t, NAMES("lon_wgs84", "lon", "longitude", "lng", "x"));
	lat = csv_column(&t, NAMES("lat_wgs84", "lat", "latitude", "y"));
	if ((lon < 0 || lat < 0) && node < 0)
		ok = csv_fail(&t, t.header, -1, "posts need 'lon' and 'lat', or 'node'");
	units = csv_column(&t, NAMES("units", "n_units", "ambulances", "vehicles"));
	ret->node = calloc(t.n * UNITS_MAX + 1, sizeof *ret->node);
	ret->name = calloc(t.n * UNITS_MAX + 1, sizeof *ret->name);
	for (size_t i = 0; ok && ret->node && ret->name && i < t.n; i++) {
		const struct csv_row *r = &t.rows[i];
		struct lonlat at;
		double many = 1;
		if (r->n == 1 && !*r->fields[0])
			continue;
		if (lon >= 0 && lat >= 0)
			ok = csv_lonlat(&t, r, lon, lat, &at);
		else
			ok = city_node_at(c, &t, r, node, &at);
		if (!ok)
			break;
		if (units >= 0 && *csv_text(r, units))
			ok = csv_number(&t, r, units, &many) &&
			     ((many >= 0 && many <= UNITS_MAX && many <= floor(many)) ||
				     csv_fail(&t, r, units, "must be a whole number up to %d",
					     UNITS_MAX));
		for (int k = 0; ok && k < (int)many; k++) {
			ret->node[ret->n] = city_nearest_node(c, at);
			snprintf(ret->name[ret->n++], sizeof *ret->name, "%.15s",
				id >= 0 ? csv_text(r, id) : csv_text(r, node));
		}
	}
	if (ok && !ret->n)
		ok = csv_fail(&t, t.header, -1, "there are no posts");
	csv_close(&f);
	if (!ok)
		post_list_free(ret);
	return ok;
}

void post_list_free(struct post_list *p)
{
	free(p->node);
	free(p->name);
	*p = (struct post_list){ 0 };
}
