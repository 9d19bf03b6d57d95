/* decisions.c - how long one decision of the engine takes with everything but the travel times,
 * which come out of a table, beside the textbook's Hungarian method on costs of the same size in
 * the same run: bench-decisions INCIDENTS UNITS [ROUNDS]
 *
 * Two kinds: "fresh", every incident waits and every unit is free; "storm", every unit is under
 * way, one incident more comes in and every trip may change hands.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "dispatch/assignment.h"
#include "dispatch/engine.h"
#include "kit/timeutil.h"

enum { MOST = 1000, ZONES = 200 };

static uint64_t state = 42;
static double draw(void)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(state >> 11) / 9007199254740992.0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Time this thread has had of a core: others on the machine don't count. */
static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static size_t n_units, n_incidents;
static float *table; /* [incident * n_units + unit]: seconds */

/* Units and incidents carry their number in their longitude. */
static const double FIRST_LON = 108.8, STEP_LON = 0.001;
static struct lonlat place(size_t i)
{
	return (struct lonlat){ FIRST_LON + STEP_LON * (double)i, 34.26 };
}

static size_t number(struct lonlat p)
{
	return (size_t)((p.lon - FIRST_LON) / STEP_LON + 0.5);
}

static void from_table(const void *ctx, struct lonlat target, int64_t at_us,
	const struct travel_from *from, size_t n, struct travel *ret)
{
	const float *row = table + number(target) * n_units;

	(void)ctx;
	(void)at_us;
	for (size_t i = 0; i < n; i++) {
		double s = (double)row[number(from[i].at)];
		ret[i] = (struct travel){ .eta_s = s, .eta_p90_s = 1.3 * s, .sigma = 0.3 };
	}
}

/* ---- the textbook: prices, one row at a time, square, every column looked at ---- */

static double hungarian(const double *cost, size_t n)
{
	double *u = calloc(n + 1, sizeof *u), *v = calloc(n + 1, sizeof *v);
	double *least = calloc(n + 1, sizeof *least), sum = 0;
	size_t *row_of = calloc(n + 1, sizeof *row_of), *way = calloc(n + 1, sizeof *way);
	bool *used = calloc(n + 1, sizeof *used);

	if (!u || !v || !least || !row_of || !way || !used)
		exit(1);
	for (size_t i = 1; i <= n; i++) {
		size_t j0 = 0;
		row_of[0] = i;
		for (size_t j = 0; j <= n; j++) {
			least[j] = INFINITY;
			used[j] = false;
		}
		do {
			size_t i0 = row_of[j0], j1 = 0;
			double delta = INFINITY;
			used[j0] = true;
			for (size_t j = 1; j <= n; j++) {
				if (used[j])
					continue;
				double c = cost[(i0 - 1) * n + j - 1] - u[i0] - v[j];
				if (c < least[j]) {
					least[j] = c;
					way[j] = j0;
				}
				if (least[j] < delta) {
					delta = least[j];
					j1 = j;
				}
			}
			for (size_t j = 0; j <= n; j++) {
				if (used[j]) {
					u[row_of[j]] += delta;
					v[j] -= delta;
				} else {
					least[j] -= delta;
				}
			}
			j0 = j1;
		} while (row_of[j0]);
		do {
			size_t j1 = way[j0];
			row_of[j0] = row_of[j1];
			j0 = j1;
		} while (j0);
	}
	for (size_t j = 1; j <= n; j++)
		sum += cost[(row_of[j] - 1) * n + j - 1];
	free(u);
	free(v);
	free(least);
	free(row_of);
	free(way);
	free(used);
	return sum;
}

static double reference_us(size_t rounds)
{
	size_t n = n_units < n_incidents ? n_incidents : n_units;
	double *cost = calloc(n * n, sizeof *cost), *alone = calloc(n, sizeof *alone);
	double *us = calloc(rounds, sizeof *us), median;
	size_t *match = calloc(n, sizeof *match);
	struct engine_work *w = engine_work_new();

	if (!cost || !alone || !us || !match || !w)
		exit(1);
	for (size_t r = 0; r < rounds; r++) {
		double total, ours = 0;
		for (size_t k = 0; k < n * n; k++)
			cost[k] = draw();
		for (size_t i = 0; i < n; i++)
			alone[i] = 1e6;
		double at = cpu_us();
		total = hungarian(cost, n);
		us[r] = cpu_us() - at;
		work_reset(w);
		if (!assignment_solve(&(struct assignment_problem){ n, n, cost, alone }, w, match))
			exit(1);
		for (size_t i = 0; i < n; i++)
			ours += cost[i * n + match[i]];
		if (fabs(ours - total) > 1e-9 * (double)n) {
			fprintf(stderr, "bench-decisions: the solvers differ: %.9f and %.9f\n",
				ours, total);
			exit(1);
		}
	}
	qsort(us, rounds, sizeof *us, by_value);
	median = us[rounds / 2];
	free(cost);
	free(alone);
	free(us);
	free(match);
	engine_work_free(w);
	return median;
}

/* ---- the engine ---- */

static struct unit units[MOST];
static struct incident incidents[MOST];
static char names[2 * MOST][8];
static struct zone zones[ZONES];
static struct engine_command out[16 * MOST];
static struct candidate candidates[MOST];
static struct rejection rejections[MOST];
static const int64_t NOON = INT64_C(1772424000) * US_PER_S;

static void make_world(bool storm)
{
	for (size_t k = 0; k < n_units * n_incidents; k++)
		table[k] = (float)(30 + 1500 * draw());
	for (size_t i = 0; i < n_units; i++)
		units[i] = (struct unit){ .id = names[i],
			.state = UNIT_AVAILABLE,
			.since_us = NOON - (int64_t)(3600 * draw()) * US_PER_S,
			.fix = { .at = place(i), .at_us = NOON } };
	for (size_t k = 0; k < n_incidents; k++) {
		int64_t at = NOON - (int64_t)(900 * draw()) * US_PER_S;
		incidents[k] = (struct incident){ .id = names[MOST + k],
			.at = place(k),
			.accepted_us = at,
			.promised_us = at + 600 * US_PER_S };
		if (!storm || k >= n_units || k + 1 == n_incidents)
			continue;
		incidents[k].state = INCIDENT_ASSIGNED;
		incidents[k].unit = names[k];
		units[k].state = UNIT_EN_ROUTE;
		units[k].incident = names[MOST + k];
	}
}

static void measure(struct engine *e, bool storm, size_t rounds, double reference)
{
	struct ranking scratch = { candidates, 0, rejections, 0 };
	double *us = calloc(rounds, sizeof *us);
	size_t offers = 0;

	if (!us)
		exit(1);
	for (size_t r = 0; r < rounds; r++) {
		struct engine_event ev = { .kind = EVENT_PLAN, .now_us = NOON };
		make_world(storm);
		double at = cpu_us();
		size_t n = engine_step(e, &ev, &scratch, out, sizeof out / sizeof *out);
		us[r] = cpu_us() - at;
		for (size_t i = 0; i < n; i++)
			offers += out[i].kind == COMMAND_OFFER;
	}
	qsort(us, rounds, sizeof *us, by_value);
	printf("%-5s %4zu incidents x %4zu units: median %8.1f us  p99 %8.1f us  %.1f offers; "
	       "hungarian %8.1f us; ratio %.3f\n",
		storm ? "storm" : "fresh", n_incidents, n_units, us[rounds / 2],
		us[rounds * 99 / 100], (double)offers / (double)rounds, reference,
		us[rounds / 2] / reference);
	free(us);
}

static size_t argument(const char *text)
{
	unsigned long n = strtoul(text, NULL, 10);

	if (!n || n > MOST) {
		fprintf(stderr, "usage: bench-decisions INCIDENTS UNITS [ROUNDS], 1 to %d each\n",
			MOST);
		exit(2);
	}
	return n;
}

int main(int argc, char **argv)
{
	const struct demand demand = { .zones = zones, .n_zones = ZONES, .rate_per_s = 0.02 };
	size_t rounds = argc > 3 ? argument(argv[3]) : 200;

	n_incidents = argument(argc > 1 ? argv[1] : "");
	n_units = argument(argc > 2 ? argv[2] : "");
	table = calloc(n_units * n_incidents, sizeof *table);
	if (!table)
		return 1;
	for (size_t i = 0; i < MOST; i++) {
		snprintf(names[i], sizeof names[i], "u%06zu", i % 1000000);
		snprintf(names[MOST + i], sizeof names[i], "i%06zu", i % 1000000);
	}
	for (size_t z = 0; z < ZONES; z++)
		zones[z] = (struct zone){ { 108.8 + 0.3 * draw(), 34.2 + 0.15 * draw() },
			1.0 / ZONES, 0.3 };
	struct engine e = { .policy = *policy_by_name("P7"),
		.units = units,
		.n_units = n_units,
		.incidents = incidents,
		.n_incidents = n_incidents,
		.travel = { NULL, from_table },
		.demand = &demand,
		.work = engine_work_new() };
	double reference = reference_us(rounds < 20 ? rounds : 20);
	measure(&e, false, rounds, reference);
	measure(&e, true, rounds, reference);
	engine_work_free(e.work);
	free(table);
	return 0;
}
