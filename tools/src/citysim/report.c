/* report.c - the table at the end: cases, the promise, each leg's percentiles, failures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "world.h"

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Nearest rank on sorted values. */
static double rank(const double *v, size_t n, double p)
{
	size_t i = (size_t)ceil(p * (double)n);

	return v[i ? i - 1 : 0];
}

static void leg_line(const struct world *w, const char *name, enum leg from, enum leg to)
{
	double *v = calloc(w->n_cases + 1, sizeof *v);
	size_t n = 0;

	if (!v)
		return;
	for (size_t i = 0; i < w->n_cases; i++) {
		const struct sim_case *c = &w->cases[i];

		if (c->at_us[from] && c->at_us[to])
			v[n++] = (double)(c->at_us[to] - c->at_us[from]) / 1e6 * w->speed;
	}
	qsort(v, n, sizeof *v, by_value);
	if (n)
		printf("  %-24s %5zu %8.0f %8.0f %8.0f %8.0f\n", name, n, rank(v, n, 0.5),
			rank(v, n, 0.9), rank(v, n, 0.99), v[n - 1]);
	else
		printf("  %-24s %5d %8s %8s %8s %8s\n", name, 0, "-", "-", "-", "-");
	free(v);
}

static size_t count_in_time(const struct world *w, size_t *ret_arrived)
{
	size_t in_time = 0;

	*ret_arrived = 0;
	for (size_t i = 0; i < w->n_cases; i++) {
		const struct sim_case *c = &w->cases[i];

		if (!c->at_us[ARRIVED] || !c->at_us[ORDERED])
			continue;
		++*ret_arrived;
		in_time += (double)(c->at_us[ARRIVED] - c->at_us[ORDERED]) / 1e6 * w->speed <= 600;
	}
	return in_time;
}

int report_print(struct world *w)
{
	size_t arrived, in_time = count_in_time(w, &arrived), closed = 0, diverted = 0, open = 0;

	for (size_t i = 0; i < w->n_cases; i++) {
		const char *p = w->cases[i].phase;

		if (!strcmp(p, "CLOSED"))
			closed++;
		else if (!strncmp(p, "TO_", 3) || !strcmp(p, "CANCELLED") || !strcmp(p, "MERGED"))
			diverted++;
		else
			open++;
	}
	printf("\nday %s, %zu cases at %.0f times life\n", w->tape.day, w->n_cases, w->speed);
	printf("  closed %zu, left the lane %zu, not finished %zu\n", closed, diverted, open);
	printf("  arrivals in 10 min: %zu of %zu (%.1f %%)\n", in_time, arrived,
		arrived ? 100.0 * (double)in_time / (double)arrived : 0);
	printf("  %-24s %5s %8s %8s %8s %8s   city seconds\n", "leg", "n", "p50", "p90", "p99",
		"max");
	leg_line(w, "order to accepted", ORDERED, ACCEPTED);
	leg_line(w, "accepted to arrived", ACCEPTED, ARRIVED);
	leg_line(w, "order to arrived", ORDERED, ARRIVED);
	leg_line(w, "arrived to submitted", ARRIVED, SUBMITTED);
	leg_line(w, "submitted to determined", SUBMITTED, DETERMINED);
	leg_line(w, "determined to signed", DETERMINED, SERVED);
	leg_line(w, "order to handed off", ORDERED, HANDED_OFF);
	leg_line(w, "order to closed", ORDERED, CLOSED);
	printf("  requests repeated %lu, refused %lu\n", atomic_load(&w->repeats),
		atomic_load(&w->refusals));
	for (size_t i = 0; i < w->n_cases; i++)
		if (strcmp(w->cases[i].phase, "CLOSED") != 0 || *w->cases[i].failure)
			printf("  ! %s %s %s %s\n", w->cases[i].order_no, w->cases[i].incident_id,
				w->cases[i].phase, w->cases[i].failure);
	return (int)(open);
}
