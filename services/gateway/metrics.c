/* metrics.c - counters of the gateway as Prometheus text, and the merging of several texts. */
#include "gateway/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 6, BUCKETS = 12 };

static const double bounds[BUCKETS] = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
	2.5, 5 };

static const struct {
	const char *name, *help;
} counters[COUNTERS] = {
	[COUNT_FRAMING] = { "jb_http_framing_refused_total",
		"Requests refused for their framing." },
	[COUNT_OVERDUE] = { "jb_http_overdue_total", "Connections cut by their deadline." },
	[COUNT_NO_LINE] = { "jb_http_no_request_total", "Connections that never sent a line." },
	[COUNT_ACCEPTED] = { "jb_http_accepted_total", "Connections accepted." },
	[COUNT_STRAY_RESUME] = { "jb_http_stray_resumes_total", "Resumed while waiting; a bug." },
	[COUNT_EVENTS] = { "jb_stream_events_total", "Events read from the stream." },
	[COUNT_SENT_EVENTS] = { "jb_stream_sent_total", "Events sent to clients." },
	[COUNT_SLOW] = { "jb_stream_slow_total", "Streams cut for not reading." },
	[COUNT_CATCH_UP] = { "jb_stream_catch_up_total", "Reads of old events for one client." },
	[COUNT_RESYNC] = { "jb_stream_resync_total", "Times the stream was found made anew." },
	[COUNT_REDIRECTED] = { "jb_stream_redirected_total", "Streams sent to their own daemon." },
	[COUNT_LIVE] = { "jb_live_events_total", "Live events taken from the bus." },
};

struct route_counts {
	_Atomic uint64_t by_class[CLASSES], us;
};

struct metrics {
	const struct router *router;
	_Atomic uint64_t counters[COUNTERS];
	_Atomic uint64_t buckets[BUCKETS + 1], us;
	struct route_counts routes[]; /* the last: no route */
};

struct metrics *metrics_new(const struct router *r)
{
	struct metrics *m =
		calloc(1, sizeof *m + (router_count(r) + 1) * sizeof(struct route_counts));

	if (m)
		m->router = r;
	return m;
}

void metrics_free(struct metrics *m)
{
	free(m);
}

void metrics_add(struct metrics *m, enum counter c, uint64_t n)
{
	atomic_fetch_add_explicit(&m->counters[c], n, memory_order_relaxed);
}

void metrics_count(struct metrics *m, enum counter c)
{
	metrics_add(m, c, 1);
}

void metrics_request(struct metrics *m, long route, int status, int64_t us)
{
	size_t i = route < 0 ? router_count(m->router) : (size_t)route;
	int class = status / 100 < CLASSES ? status / 100 : 0, b = 0;

	while (b < BUCKETS && (double)us / 1e6 > bounds[b])
		b++;
	atomic_fetch_add_explicit(&m->routes[i].by_class[class], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->routes[i].us, (uint64_t)us, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->buckets[b], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->us, (uint64_t)us, memory_order_relaxed);
}

static void family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_gauge(FILE *out, const char *name, const char *help, double value)
{
	family(out, name, "gauge", help);
	fprintf(out, "%s %.15g\n", name, value);
}

static void write_routes(const struct metrics *m, FILE *out)
{
	static const char *const classes[CLASSES] = { "gone", "1xx", "2xx", "3xx", "4xx", "5xx" };
	size_t n = router_count(m->router);

	family(out, "jb_http_requests_total", "counter", "Requests by route and status class.");
	for (size_t i = 0; i <= n; i++) {
		const struct method_meta *k = i < n ? router_route(m->router, i)->method : NULL;
		for (int c = 0; c < CLASSES; c++) {
			uint64_t v = atomic_load(&m->routes[i].by_class[c]);
			if (v)
				fprintf(out,
					"jb_http_requests_total{route=\"%s %s\",status=\"%s\"} "
					"%llu\n",
					k ? k->verb : "-", k ? k->path : "-", classes[c],
					(unsigned long long)v);
		}
	}
}

static void write_histogram(const struct metrics *m, FILE *out)
{
	uint64_t sum = 0;

	family(out, "jb_http_seconds", "histogram", "Request line to last byte.");
	for (int b = 0; b < BUCKETS; b++) {
		sum += atomic_load(&m->buckets[b]);
		fprintf(out, "jb_http_seconds_bucket{le=\"%g\"} %llu\n", bounds[b],
			(unsigned long long)sum);
	}
	sum += atomic_load(&m->buckets[BUCKETS]);
	fprintf(out,
		"jb_http_seconds_bucket{le=\"+Inf\"} %llu\njb_http_seconds_sum %.6f\n"
		"jb_http_seconds_count %llu\n",
		(unsigned long long)sum, (double)atomic_load(&m->us) / 1e6,
		(unsigned long long)sum);
}

void metrics_write(const struct metrics *m, FILE *out)
{
	write_routes(m, out);
	write_histogram(m, out);
	for (int i = 0; i < COUNTERS; i++) {
		family(out, counters[i].name, "counter", counters[i].help);
		fprintf(out, "%s %llu\n", counters[i].name,
			(unsigned long long)atomic_load(&m->counters[i]));
	}
}

/* ---- merging ---- */

enum { FAMILIES_MAX = 512 };

struct line {
	const char *text;
	struct line *next;
};

struct merged {
	const char *name;
	size_t name_len;
	const char *help, *type;
	struct line *first, **last;
};

/* Families come as "# HELP name ..", "# TYPE name ..", then samples. */
static struct merged *merged_find(struct merged *f, size_t *n, const char *name)
{
	size_t len = strcspn(name, " {");

	for (size_t i = 0; i < *n; i++) {
		if (f[i].name_len == len && strncmp(f[i].name, name, len) == 0)
			return &f[i];
	}
	if (*n == FAMILIES_MAX)
		return NULL;
	f[*n] = (struct merged){ .name = name, .name_len = len };
	f[*n].last = &f[*n].first;
	return &f[(*n)++];
}

static void merge_line(struct merged *f, size_t *n, struct merged **at, char *text)
{
	if (strncmp(text, "# HELP ", 7) == 0 || strncmp(text, "# TYPE ", 7) == 0) {
		*at = merged_find(f, n, text + 7);
		if (*at && text[2] == 'H' && !(*at)->help)
			(*at)->help = text;
		if (*at && text[2] == 'T' && !(*at)->type)
			(*at)->type = text;
		return;
	}
	struct line *l = *text && *text != '#' && *at ? malloc(sizeof *l) : NULL;
	if (!l)
		return;
	*l = (struct line){ .text = text };
	*(*at)->last = l;
	(*at)->last = &l->next;
}

static void merged_print(struct merged *f, FILE *out)
{
	if (f->help)
		fprintf(out, "%s\n", f->help);
	if (f->type)
		fprintf(out, "%s\n", f->type);
	while (f->first) {
		struct line *l = f->first;
		fprintf(out, "%s\n", l->text);
		f->first = l->next;
		free(l);
	}
}

void metrics_merge(char **texts, size_t n_texts, FILE *out)
{
	struct merged *f = calloc(FAMILIES_MAX, sizeof *f);
	size_t n = 0;

	for (size_t i = 0; f && i < n_texts; i++) {
		struct merged *at = NULL;
		char *rest = texts[i], *line;
		while ((line = strsep(&rest, "\n")))
			merge_line(f, &n, &at, line);
	}
	for (size_t i = 0; i < n; i++)
		merged_print(&f[i], out);
	free(f);
}
