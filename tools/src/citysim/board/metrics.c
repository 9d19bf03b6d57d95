/* metrics.c - adding up, percentiles, and the bootstrap. */
#include "metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "prng.h"

enum { DRAWS = 2000 };
static const double END_S = 46 * 3600.0;

bool tally_init(struct tally *t, const char *policy, int version, size_t n_zones)
{
	*t = (struct tally){ .policy = policy, .version = version, .n_zones = n_zones };
	t->zone_calls = calloc(n_zones + 1, sizeof *t->zone_calls);
	t->zone_late = calloc(n_zones + 1, sizeof *t->zone_late);
	return t->zone_calls && t->zone_late;
}

void tally_free(struct tally *t)
{
	free(t->days);
	free(t->responses);
	free(t->steps);
	free(t->zone_calls);
	free(t->zone_late);
}

static bool reserve(void **array, size_t *size, size_t want, size_t item)
{
	void *more;

	if (want <= *size)
		return true;
	*size = want * 2 + 64;
	more = realloc(*array, *size * item);
	if (more)
		*array = more;
	return more != NULL;
}

static double spread(const double *v, size_t n)
{
	double mean = 0, var = 0;

	for (size_t i = 0; i < n; i++)
		mean += v[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		var += (v[i] - mean) * (v[i] - mean) / (double)n;
	return mean > 0 ? sqrt(var) / mean : 0;
}

static bool add_units(struct tally *t, const struct sim_result *r)
{
	double *jobs = calloc(r->n_units + 1, sizeof *jobs);
	double *busy = calloc(r->n_units + 1, sizeof *busy);

	for (size_t i = 0; jobs && busy && i < r->n_units; i++) {
		jobs[i] = r->units[i].jobs;
		busy[i] = r->units[i].busy_s;
		t->km += r->units[i].metres / 1000 / (double)r->n_units;
		t->busy_h += r->units[i].busy_s / 3600 / (double)r->n_units;
		t->longest_busy_s = fmax(t->longest_busy_s, r->units[i].longest_s);
	}
	if (jobs && busy) {
		t->jobs_cv += spread(jobs, r->n_units);
		t->busy_cv += spread(busy, r->n_units);
	}
	free(jobs);
	free(busy);
	return jobs && busy;
}

bool tally_add(struct tally *t, const struct stage *g, const struct calls_day *d,
	const struct sim_result *r, const uint16_t *zone_of)
{
	struct day_score day = { .calls = (double)r->n_calls, .swaps = r->swaps };

	if (!reserve((void **)&t->days, &t->days_size, t->n_days + 1, sizeof *t->days) ||
		!reserve((void **)&t->responses, &t->responses_size, t->n_responses + r->n_calls,
			sizeof *t->responses) ||
		!reserve((void **)&t->steps, &t->steps_size, t->n_steps + r->n_steps,
			sizeof *t->steps) ||
		!add_units(t, r))
		return false;
	if (r->n_steps)
		memcpy(t->steps + t->n_steps, r->step_us, r->n_steps * sizeof *t->steps);
	t->n_steps += r->n_steps;
	for (size_t i = 0; i < r->n_calls; i++) {
		const struct incident_call *k = &d->calls[i];
		bool served = r->calls[i].response_s < INFINITY;
		double s = served ? r->calls[i].response_s : END_S - k->at_s;
		bool late = !served || s > g->scenario->promise_s;
		size_t zone = zone_of[k->node], hour = (size_t)(k->at_s / 3600) % 24;
		t->unserved += !served;
		day.late += late;
		day.late_min += fmax(s - g->scenario->promise_s, 0) / 60;
		day.response_s += s;
		t->responses[t->n_responses++] = (float)s;
		t->zone_calls[zone]++;
		t->zone_late[zone] += late;
		t->hour_calls[hour]++;
		t->hour_late[hour] += late;
		t->remote += r->calls[i].remote;
		t->remote_late += r->calls[i].remote && late;
	}
	t->days[t->n_days++] = day;
	t->twice += r->twice;
	t->aborted += r->aborted;
	t->offers += r->offers;
	t->declined += r->declined;
	t->reposts += r->reposts;
	t->idle_wait_s = fmax(t->idle_wait_s, r->idle_wait_s);
	t->runs++;
	if (*r->violation && !*t->violation)
		snprintf(t->violation, sizeof t->violation, "%s, seed %llu", r->violation,
			(unsigned long long)g->seed);
	return true;
}

/* ---- figures ---- */

static int by_float(const void *a, const void *b)
{
	const float *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int by_double(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double rank(const float *v, size_t n, double p)
{
	size_t i = (size_t)ceil(p * (double)n);

	return n ? v[i ? i - 1 : 0] : NAN;
}

static struct day_score sum_days(const struct tally *t)
{
	struct day_score s = { 0 };

	for (size_t i = 0; i < t->n_days; i++) {
		s.calls += t->days[i].calls;
		s.late += t->days[i].late;
		s.late_min += t->days[i].late_min;
		s.response_s += t->days[i].response_s;
		s.swaps += t->days[i].swaps;
	}
	return s;
}

static struct interval middle_95(double *v)
{
	qsort(v, DRAWS, sizeof *v, by_double);
	return (struct interval){ v[DRAWS / 40], v[DRAWS - 1 - DRAWS / 40] };
}

static void bootstrap(const struct tally *t, const struct tally *base, struct figures *f)
{
	static double share[DRAWS], diff[DRAWS], mean[DRAWS]; /* one thread */
	struct prng r;

	prng_seed(&r, 95);
	for (size_t k = 0; k < DRAWS; k++) {
		struct day_score a = { 0 }, b = { 0 };
		for (size_t i = 0; i < t->n_days; i++) {
			size_t d = prng_below(&r, t->n_days);
			a.calls += t->days[d].calls;
			a.late += t->days[d].late;
			a.response_s += t->days[d].response_s;
			b.late += base->days[d].late;
			b.response_s += base->days[d].response_s;
		}
		a.calls = fmax(a.calls, 1);
		share[k] = a.late / a.calls;
		diff[k] = (a.late - b.late) / a.calls;
		mean[k] = (a.response_s - b.response_s) / a.calls;
	}
	f->late_share_ci = middle_95(share);
	f->late_diff_ci = middle_95(diff);
	f->mean_diff_ci = middle_95(mean);
}

/* Late share in the worst zones that together have a tenth of the calls. */
static double worst_tenth(const struct tally *t, double *ret_ratio)
{
	double left = 0, late = 0, all = 0, all_late = 0, most = 0;
	bool *used = calloc(t->n_zones + 1, sizeof *used);

	for (size_t z = 0; z < t->n_zones; z++) {
		all += t->zone_calls[z];
		all_late += t->zone_late[z];
	}
	left = all / 10;
	while (used && left > 0) {
		size_t best = SIZE_MAX;
		double worst = -1, n;
		for (size_t z = 0; z < t->n_zones; z++)
			if (!used[z] && t->zone_calls[z] > 0 &&
				t->zone_late[z] / t->zone_calls[z] > worst) {
				worst = t->zone_late[z] / t->zone_calls[z];
				best = z;
			}
		if (best == SIZE_MAX)
			break;
		used[best] = true;
		n = fmin(left, t->zone_calls[best]);
		late += n * worst;
		left -= n;
		if (t->zone_calls[best] >= all / 200)
			most = fmax(most, worst);
	}
	free(used);
	*ret_ratio = all_late > 0 ? most / (all_late / all) : 0;
	return all > 0 ? late / (all / 10) : 0;
}

struct figures tally_figures(struct tally *t, const struct tally *base, double bound)
{
	struct figures f = { 0 };
	struct day_score s = sum_days(t), b = sum_days(base);
	double n = fmax(s.calls, 1);

	if (t->n_responses)
		qsort(t->responses, t->n_responses, sizeof *t->responses, by_float);
	if (t->n_steps)
		qsort(t->steps, t->n_steps, sizeof *t->steps, by_float);
	f.calls = s.calls;
	f.late_share = s.late / n;
	f.late_minutes = s.late_min / n;
	f.mean_s = s.response_s / n;
	f.median_s = rank(t->responses, t->n_responses, 0.5);
	f.p95_s = rank(t->responses, t->n_responses, 0.95);
	f.p99_s = rank(t->responses, t->n_responses, 0.99);
	f.longest_s = rank(t->responses, t->n_responses, 1);
	f.late_diff = (s.late - b.late) / n;
	f.mean_diff = (s.response_s - b.response_s) / n;
	bootstrap(t, base, &f);
	f.worst_zones = worst_tenth(t, &f.zone_ratio);
	for (int h = 0; h < 24; h++)
		if (t->hour_calls[h] > 0)
			f.worst_hour = fmax(f.worst_hour, t->hour_late[h] / t->hour_calls[h]);
	f.swaps = s.swaps / n;
	f.twice = t->twice / n;
	f.aborted = t->aborted / n;
	f.step_p50_us = rank(t->steps, t->n_steps, 0.5);
	f.step_p99_us = rank(t->steps, t->n_steps, 0.99);
	f.step_max_us = rank(t->steps, t->n_steps, 1);
	f.gap_closed =
		b.late / n > bound ? (b.late / n - f.late_share) / (b.late / n - bound) : NAN;
	return f;
}
