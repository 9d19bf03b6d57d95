/* tape.c - reads crash records, picks a day, maps it onto Xi'an. */
#include "tape.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The bell tower, and the half-width of the built-up city that the cloud is scaled to. */
static const struct lonlat centre = { 108.9402, 34.2610 };
static const double half_width_m = 7000, metres_per_degree = 111195;

enum { FIELDS_MAX = 64, LINE = 8192 };

struct record {
	char day[11];
	double at_s, lon, lat;
};

struct columns {
	int date, time, lat, lon;
};

/* Splits in place; quotes are honoured, not unescaped. */
static int split(char *line, char *fields[FIELDS_MAX])
{
	int n = 0;
	bool quoted = false;

	fields[n++] = line;
	for (char *p = line; *p && *p != '\n' && *p != '\r'; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (*p == ',' && !quoted) {
			*p = 0;
			if (n == FIELDS_MAX)
				break;
			fields[n++] = p + 1;
		}
	}
	fields[n - 1][strcspn(fields[n - 1], "\r\n")] = 0;
	return n;
}

static int column(char *const *fields, int n, const char *const *names)
{
	for (; *names; names++)
		for (int i = 0; i < n; i++)
			if (!strcasecmp(fields[i], *names))
				return i;
	return -1;
}

static bool find_columns(char *const *f, int n, struct columns *c)
{
	c->date = column(f, n, (const char *const[]){ "date", "crash_date", "k", NULL });
	c->time = column(f, n, (const char *const[]){ "time", "crash_time", "t", NULL });
	c->lat = column(f, n, (const char *const[]){ "latitude", "lat", "x", NULL });
	c->lon = column(f, n, (const char *const[]){ "longitude", "lon", "y", NULL });
	return c->date >= 0 && c->time >= 0 && c->lat >= 0 && c->lon >= 0;
}

/* YYYY-MM-DD or MM/DD/YYYY. */
static bool read_day(const char *s, char out[11])
{
	int y, m, d;

	if (sscanf(s, "%4d-%2d-%2d", &y, &m, &d) != 3 && sscanf(s, "%2d/%2d/%4d", &m, &d, &y) != 3)
		return false;
	if (y < 1900 || y > 9999 || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	snprintf(out, 11, "%04d-%02d-%02d", y % 10000, m % 100, d % 100);
	return true;
}

static bool read_record(char *const *f, int n, const struct columns *c, struct record *r)
{
	int h, m;
	char *end;

	if (c->date >= n || c->time >= n || c->lat >= n || c->lon >= n ||
		!read_day(f[c->date], r->day) || sscanf(f[c->time], "%d:%d", &h, &m) != 2 ||
		h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	r->at_s = h * 3600 + m * 60;
	r->lat = strtod(f[c->lat], &end);
	if (end == f[c->lat] || fabs(r->lat) < 1e-6)
		return false;
	r->lon = strtod(f[c->lon], &end);
	return end != f[c->lon] && fabs(r->lon) > 1e-6;
}

static struct record *read_all(const char *file, size_t *ret_n)
{
	FILE *f = fopen(file, "r");
	char line[LINE], *fields[FIELDS_MAX];
	struct record *all = NULL, r;
	struct columns c;
	size_t n = 0, size = 0;

	if (!f) {
		fprintf(stderr, "citysim: %s: %m\n", file);
		return NULL;
	}
	if (!fgets(line, sizeof line, f) || !find_columns(fields, split(line, fields), &c)) {
		fprintf(stderr,
			"citysim: %s: the first line names no date, time, latitude, longitude\n",
			file);
		fclose(f);
		return NULL;
	}
	while (fgets(line, sizeof line, f)) {
		if (!read_record(fields, split(line, fields), &c, &r))
			continue; /* records without a place or time are usual in such files */
		if (n == size) {
			struct record *more =
				realloc(all, (size = size ? size * 2 : 1024) * sizeof *all);

			if (!more)
				break;
			all = more;
		}
		all[n++] = r;
	}
	fclose(f);
	*ret_n = n;
	return all;
}

static int by_day(const void *a, const void *b)
{
	const struct record *x = a, *y = b;
	int r = strcmp(x->day, y->day);

	return r ? r : (x->at_s > y->at_s) - (x->at_s < y->at_s);
}

static size_t day_end(const struct record *all, size_t n, size_t i)
{
	size_t k = i;

	while (k < n && !strcmp(all[k].day, all[i].day))
		k++;
	return k;
}

/* Sorted by day: the range of the wanted or busiest one. */
static bool pick_day(
	const struct record *all, size_t n, const char *day, size_t *ret_from, size_t *ret_to)
{
	size_t best = 0;

	for (size_t i = 0; i < n;) {
		size_t k = day_end(all, n, i);

		if (day ? !strcmp(all[i].day, day) : k - i > best) {
			best = k - i;
			*ret_from = i;
			*ret_to = k;
		}
		i = k;
	}
	return best > 0;
}

static double unit_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(*state >> 11) / 9007199254740992.0;
}

static int by_time(const void *a, const void *b)
{
	const struct accident *x = a, *y = b;

	return (x->at_s > y->at_s) - (x->at_s < y->at_s);
}

/* Standard deviations of the cloud against its mean give the scale: two of them fill the city. */
static void lay_over_city(struct tape *t, const struct record *r, size_t n, unsigned seed)
{
	double lon = 0, lat = 0, sx = 0, sy = 0, scale;
	uint64_t random = seed * UINT64_C(2654435761) + 1;

	for (size_t i = 0; i < n; i++) {
		lon += r[i].lon / (double)n;
		lat += r[i].lat / (double)n;
	}
	for (size_t i = 0; i < n; i++) {
		double x = (r[i].lon - lon) * cos(lat * M_PI / 180) * metres_per_degree;
		double y = (r[i].lat - lat) * metres_per_degree;

		sx += x * x / (double)n;
		sy += y * y / (double)n;
	}
	scale = half_width_m / (2 * fmax(sqrt(fmax(sx, sy)), 1));
	for (size_t i = 0; i < n; i++) {
		double x = (r[i].lon - lon) * cos(lat * M_PI / 180) * metres_per_degree * scale;
		double y = (r[i].lat - lat) * metres_per_degree * scale;
		double at = r[i].at_s + (unit_random(&random) - 0.5) * 600;

		t->items[i].at_s = at < 0 ? 0 : at > 86399 ? 86399 : at;
		t->items[i].place = (struct lonlat){
			centre.lon + x / (metres_per_degree * cos(centre.lat * M_PI / 180)),
			centre.lat + y / metres_per_degree,
		};
	}
	qsort(t->items, n, sizeof *t->items, by_time);
}

int tape_read(struct tape *t, const char *file, const char *day, size_t limit, unsigned seed)
{
	size_t n = 0, from = 0, to = 0;
	struct record *all = read_all(file, &n);

	*t = (struct tape){ 0 };
	if (!all)
		return -1;
	qsort(all, n, sizeof *all, by_day);
	if (!pick_day(all, n, day, &from, &to)) {
		fprintf(stderr, "citysim: %s: no accidents%s%s\n", file, day ? " on " : "",
			day ? day : "");
		free(all);
		return -1;
	}
	t->n = to - from;
	if (limit && t->n > limit)
		t->n = limit;
	t->items = calloc(t->n, sizeof *t->items);
	if (t->items) {
		snprintf(t->day, sizeof t->day, "%s", all[from].day);
		lay_over_city(t, all + from, t->n, seed);
	}
	free(all);
	return t->items ? 0 : -1;
}

void tape_free(struct tape *t)
{
	free(t->items);
}
