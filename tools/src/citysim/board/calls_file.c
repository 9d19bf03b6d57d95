/* calls_file.c - tapes from files: when, where and how long, in the formats people keep them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "graph.h"
#include "prng.h"
#include "stage.h"

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What a tape has. -1: not. */
struct call_columns {
	int number, stamp, date, time; /* when: a number, date and time in one, or in two */
	int lon, lat, node;
	int scene, handling, severity;
	double number_unit, scene_unit, handling_unit;
};

static bool is_number(const char *text)
{
	char *end;

	strtod(text, &end);
	return end > text && !*end;
}

static void find_when(const struct csv_table *t, struct call_columns *c)
{
	const char *first;

	c->stamp = csv_column(t, NAMES("datetime", "timestamp", "called_at", "call_time", "call_at",
					 "at", "date_time", "crash_datetime", "received_at"));
	c->date = csv_column(t, NAMES("date", "crash_date", "day", "k"));
	c->time = csv_column(t, NAMES("time", "crash_time", "hour_minute", "t"));
	c->number = csv_column(t, NAMES("arrivaltime")); /* JEMSS: days */
	c->number_unit = 86400;
	if (c->number < 0 && (c->date < 0 || c->time < 0))
		c->number = csv_measure(t, 's', 1,
			NAMES("arrivaltime", "arrival", "calltime", "call", "received", "reported",
				"time", "at", "t", "seconds"),
			&c->number_unit);
	first = t->n ? csv_text(t->rows, c->number) : "";
	if (c->number >= 0 && *first && !is_number(first) && c->number == c->stamp)
		c->number = -1; /* "at" and the like may be either */
	if (c->number >= 0 && *first && !is_number(first) && strchr(first, ':')) {
		c->stamp = c->number;
		c->number = -1;
	}
}

static bool find_columns(const struct csv_table *t, struct call_columns *c)
{
	/* crash files of one maker call latitude x and longitude y, beside date k and time t */
	bool turned = csv_column(t, NAMES("k")) >= 0 && csv_column(t, NAMES("date")) < 0;

	find_when(t, c);
	c->lon = csv_column(t, NAMES("lon_wgs84", "lon", "longitude", "lng"));
	c->lat = csv_column(t, NAMES("lat_wgs84", "lat", "latitude"));
	if (c->lon < 0)
		c->lon = csv_column(t, turned ? NAMES("y") : NAMES("x"));
	if (c->lat < 0)
		c->lat = csv_column(t, turned ? NAMES("x") : NAMES("y"));
	c->node = csv_column(t, NAMES("node", "node_id", "nodeid"));
	c->scene = csv_column(t, NAMES("onsceneduration")); /* JEMSS: days */
	c->scene_unit = 86400;
	if (c->scene < 0)
		c->scene = csv_measure(t, 's', 1,
			NAMES("onsceneduration", "onscene", "sceneduration", "scenetime", "scene",
				"servicetime", "service", "duration"),
			&c->scene_unit);
	c->handling = csv_column(t, NAMES("dispatchdelay")); /* JEMSS: days */
	c->handling_unit = 86400;
	if (c->handling < 0)
		c->handling = csv_measure(t, 's', 1,
			NAMES("dispatchdelay", "handling", "delay", "dispatch"), &c->handling_unit);
	c->severity = csv_column(t, NAMES("severity", "priority"));
	if (c->number < 0 && c->stamp < 0 && (c->date < 0 || c->time < 0))
		return csv_fail(t, t->header, -1,
			"no column for the time of the call: need 'time_s', 'arrivalTime' (days), "
			"'datetime', or 'date' and 'time'");
	if ((c->lon < 0 || c->lat < 0) && c->node < 0)
		return csv_fail(t, t->header, -1,
			"no columns for the place: need 'lon' and 'lat', or 'node'");
	return true;
}

/* Days since 1970 of a Gregorian date. */
static long day_number(int y, int m, int d)
{
	long a = (14 - m) / 12, yy = y + 4800 - a, mm = m + 12 * a - 3;

	return d + (153 * mm + 2) / 5 + 365 * yy + yy / 4 - yy / 100 + yy / 400 - 32045 - 2440588;
}

static bool read_date(const char *text, double *ret_s, const char **ret_rest)
{
	bool american = strcspn(text, "/") <= 2; /* month first */
	int y, m, d, n = 0;

	if (american ? sscanf(text, "%2d/%2d/%4d%n", &m, &d, &y, &n) != 3
		     : sscanf(text, "%4d-%2d-%2d%n", &y, &m, &d, &n) != 3 &&
				sscanf(text, "%4d/%2d/%2d%n", &y, &m, &d, &n) != 3)
		return false;
	if (y < 1900 || y > 9999 || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	*ret_s = 86400.0 * (double)day_number(y, m, d);
	*ret_rest = text + n;
	return true;
}

static bool read_clock(const char *text, double *ret_s)
{
	int h, m, n = 0;
	double s = 0;
	char half = 0;

	while (*text == ' ' || *text == 'T')
		text++;
	if (sscanf(text, "%2d:%2d%n", &h, &m, &n) != 2 || h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	if (text[n] == ':' && (sscanf(text + n + 1, "%lf", &s) != 1 || s < 0 || s >= 61))
		return false;
	while (text[n] && text[n] != 'P' && text[n] != 'p' && text[n] != 'A' && text[n] != 'a')
		n++;
	half = text[n];
	if ((half == 'P' || half == 'p') && h < 12)
		h += 12;
	if ((half == 'A' || half == 'a') && h == 12)
		h = 0;
	*ret_s = h * 3600 + m * 60 + s;
	return true;
}

static bool read_time(const struct csv_table *t, const struct csv_row *r,
	const struct call_columns *c, double *ret)
{
	const char *rest = "";
	double day, clock;

	if (c->number >= 0) {
		bool ok = csv_number(t, r, c->number, ret);
		*ret *= ok ? c->number_unit : 1;
		return ok;
	}
	if (c->stamp >= 0) {
		if (!read_date(csv_text(r, c->stamp), &day, &rest) || !read_clock(rest, &clock))
			return csv_fail(t, r, c->stamp, "'%.40s' is not a date and time",
				csv_text(r, c->stamp));
	} else {
		if (!read_date(csv_text(r, c->date), &day, &rest))
			return csv_fail(
				t, r, c->date, "'%.40s' is not a date", csv_text(r, c->date));
		if (!read_clock(csv_text(r, c->time), &clock))
			return csv_fail(t, r, c->time, "'%.40s' is not a time of day",
				csv_text(r, c->time));
	}
	*ret = day + clock;
	return true;
}

static bool read_place(struct city *c, const struct csv_table *t, const struct csv_row *r,
	const struct call_columns *k, uint32_t *ret)
{
	struct lonlat at;
	double far;

	if (k->lon < 0 || k->lat < 0) {
		if (!city_node_at(c, t, r, k->node, &at))
			return false;
	} else if (!csv_lonlat(t, r, k->lon, k->lat, &at)) {
		return false;
	}
	*ret = city_nearest_node(c, at);
	far = geo_distance_m(at, c->at[*ret]);
	if (far > 20000)
		return csv_fail(t, r, k->lat >= 0 ? k->lat : k->node,
			"%.5f, %.5f is %.0f km from the nearest road of this city", at.lon, at.lat,
			far / 1000);
	return true;
}

static bool read_call(struct city *c, const struct scenario *s, const struct csv_table *t,
	const struct csv_row *r, const struct call_columns *k, struct incident_call *ret)
{
	double scene = 0, handling = s->handling_s;
	struct prng luck;

	if (!read_time(t, r, k, &ret->at_s) || !read_place(c, t, r, k, &ret->node))
		return false;
	ret->key = hash_mix(0xca11, r->line);
	prng_seed(&luck, ret->key);
	if (k->scene < 0)
		scene = fmin(fmax(prng_lognormal(&luck, s->scene_s, s->scene_cv), 60), 14400);
	else if (!csv_number(t, r, k->scene, &scene))
		return false;
	else
		scene *= k->scene_unit;
	if (k->handling >= 0 && !csv_number(t, r, k->handling, &handling))
		return false;
	if (k->handling >= 0)
		handling *= k->handling_unit;
	if (!(scene >= 0 && scene <= 86400))
		return csv_fail(t, r, k->scene, "%.0f s at the scene is out of bounds", scene);
	if (!(handling >= 0 && handling <= 7200))
		return csv_fail(t, r, k->handling, "%.0f s of handling is out of bounds", handling);
	ret->scene_s = scene;
	ret->known_s = ret->at_s + handling;
	return true;
}

static int by_time(const void *a, const void *b)
{
	const struct incident_call *x = a, *y = b;

	if (x->at_s < y->at_s || x->at_s > y->at_s)
		return x->at_s < y->at_s ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

/* Whole days, also those without a call. */
static bool cut_days(struct incident_call *calls, size_t n, struct given_calls *ret)
{
	double first = floor(calls[0].at_s / 86400);
	double last = floor(calls[n - 1].at_s / 86400);
	size_t i = 0;

	if (last - first > 20000)
		return false;
	ret->n_days = (size_t)(last - first) + 1;
	ret->days = calloc(ret->n_days, sizeof *ret->days);
	for (size_t d = 0; ret->days && d < ret->n_days; d++) {
		double midnight = (first + (double)d) * 86400;
		struct calls_day *day = &ret->days[d];
		size_t k = i;
		while (k < n && calls[k].at_s < midnight + 86400)
			k++;
		*day = (struct calls_day){ .n = k - i, .key = hash_mix(0xda1, d) };
		day->calls = calloc(day->n + 1, sizeof *day->calls);
		for (size_t j = 0; day->calls && j < day->n; j++) {
			day->calls[j] = calls[i + j];
			day->calls[j].at_s -= midnight;
			day->calls[j].known_s -= midnight;
		}
		if (!day->calls)
			return false;
		i = k;
	}
	if (!ret->days)
		return false;
	ret->n_history = ret->n_days >= 3 ? (ret->n_days + 2) / 3 : 0;
	for (size_t d = 0; d < ret->n_days; d++)
		ret->days[d].day = (int)d - (int)ret->n_history;
	return true;
}

bool calls_read(struct city *c, const struct scenario *s, const char *path, struct given_calls *ret,
	char error[static CSV_ERROR_MAX])
{
	struct incident_call *calls = NULL;
	struct call_columns k;
	struct csv_table t;
	struct csv f;
	size_t n = 0;
	bool ok;

	*ret = (struct given_calls){ 0 };
	if (!csv_open(&f, path, error))
		return false;
	t = csv_table(&f, "calls");
	calls = calloc(t.n + 1, sizeof *calls);
	ok = calls && find_columns(&t, &k);
	for (size_t i = 0; ok && i < t.n; i++) {
		if (t.rows[i].n == 1 && !*t.rows[i].fields[0])
			continue;
		ok = read_call(c, s, &t, &t.rows[i], &k, &calls[n]);
		n++;
	}
	if (ok && !n)
		ok = csv_fail(&t, t.header, -1, "there are no calls");
	if (ok) {
		qsort(calls, n, sizeof *calls, by_time);
		ok = cut_days(calls, n, ret) ||
		     csv_fail(&t, t.header, -1, "the calls span too many days, or memory is out");
	}
	free(calls);
	csv_close(&f);
	if (!ok)
		given_calls_free(ret);
	return ok;
}

void given_calls_free(struct given_calls *g)
{
	for (size_t i = 0; g->days && i < g->n_days; i++)
		calls_free(&g->days[i]);
	free(g->days);
	*g = (struct given_calls){ 0 };
}
