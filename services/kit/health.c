/* health.c - answers "are you well, and if not why" and Prometheus counters over NATS, from
 * atomics, so that a service waiting for its database can still say so.
 *
 *   jingbao.v1.health.<service> -> {"service":"intake","ready":false,"reasons":["..."]}
 *   jingbao.v1.stats.<service>  -> Prometheus text
 */
#include "kit/svc_internal.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/log.h"
#include "kit/timeutil.h"

enum { OLD_EVENT_S = 10, PERMISSION_FRESH_S = 60 };

static void add_reason(json_t *list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add_reason(json_t *list, const char *fmt, ...)
{
	char text[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	json_array_append_new(list, json_string(text));
}

static void transport_reasons(struct svc *s, json_t *list)
{
	struct transport *t = &s->transport;
	int64_t oldest = atomic_load(&s->stats.outbox_oldest_us);
	int64_t waiting = atomic_load(&s->stats.outbox_waiting);

	pthread_mutex_lock(&t->lock);
	if (t->relay_problem[0])
		add_reason(list, "publishing: %s", t->relay_problem);
	if (t->consumer_problem[0])
		add_reason(list, "consuming: %s", t->consumer_problem);
	pthread_mutex_unlock(&t->lock);
	if (waiting && oldest && now_us() - oldest > OLD_EVENT_S * US_PER_S)
		add_reason(list, "%lld events wait to be published, the oldest for %lld s",
			(long long)waiting, (long long)((now_us() - oldest) / US_PER_S));
}

static char *health_text(struct svc *s)
{
	json_t *o = json_object(), *list = json_array();
	char problem[256];
	int64_t at;
	int64_t down = atomic_load(&s->stats.db_down_since);
	char *text;

	if (atomic_load(&s->draining))
		add_reason(list, "shutting down");
	if (!atomic_load(&s->ready))
		add_reason(list, "starting");
	if (down)
		add_reason(list, "the database has been unreachable for %lld s",
			(long long)((now_us() - down) / US_PER_S));
	if (s->transport.running)
		transport_reasons(s, list);
	bus_problem(problem, sizeof problem, &at);
	if (at && now_us() - at < PERMISSION_FRESH_S * US_PER_S && strstr(problem, "ermission"))
		add_reason(list, "NATS: %s", problem);
	json_object_set_new(o, "service", json_string(s->def->name));
	json_object_set_new(o, "version", json_string(JB_VERSION));
	json_object_set_new(o, "ready", json_boolean(json_array_size(list) == 0));
	json_object_set_new(o, "reasons", list);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

static void on_health(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *arg)
{
	char *text = health_text(arg);

	(void)sub;
	if (text && natsMsg_GetReply(m)) {
		natsConnection_PublishString(nc, natsMsg_GetReply(m), text);
		natsConnection_FlushTimeout(nc, 1000);
	}
	free(text);
	natsMsg_Destroy(m);
}

/* ---- counters ---- */

static void method_lines(struct svc *s, FILE *f)
{
	const struct rpc_table *t = &s->def->rpcs;

	fputs("# HELP jb_calls_total RPCs answered, by code.\n# TYPE jb_calls_total counter\n", f);
	for (size_t i = 0; i < t->n; i++)
		for (int k = 0; k < CODES; k++) {
			uint64_t v = atomic_load(&s->stats.methods[i].calls[k]);

			if (v)
				fprintf(f,
					"jb_calls_total{service=\"%s\",method=\"%s\",code=\"%s\"} "
					"%llu\n",
					s->def->name, t->bindings[i].method->name,
					code_name((Pb__Code)k), (unsigned long long)v);
		}
	fputs("# HELP jb_call_seconds_total Time from request taken to answer given.\n"
	      "# TYPE jb_call_seconds_total counter\n",
		f);
	for (size_t i = 0; i < t->n; i++) {
		uint64_t us = atomic_load(&s->stats.methods[i].us);

		if (us)
			fprintf(f, "jb_call_seconds_total{service=\"%s\",method=\"%s\"} %.6f\n",
				s->def->name, t->bindings[i].method->name, (double)us / 1e6);
	}
}

static void line(FILE *f, const struct svc *s, const char *name, const char *type, const char *help,
	double v)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n%s{service=\"%s\"} %.15g\n", name, help, name, type,
		name, s->def->name, v);
}

static void kit_lines(struct svc *s, FILE *f)
{
	struct stats *st = &s->stats;
	int64_t oldest = atomic_load(&st->outbox_oldest_us);
	int64_t down = atomic_load(&st->db_down_since);

#define COUNTER(name, field, help) \
	line(f, s, name, "counter", help, (double)atomic_load(&st->field))
	COUNTER("jb_batches_total", batches, "Statement batches committed.");
	COUNTER("jb_batched_total", batched, "Statements run in batches.");
	COUNTER("jb_retries_total", retries, "Batches and transactions run again.");
	COUNTER("jb_events_handled_total", events, "Events settled.");
	COUNTER("jb_events_skipped_total", events_skipped, "Events of no concern here.");
	COUNTER("jb_events_published_total", sent, "Events stored by JetStream.");
	COUNTER("jb_events_republished_total", rebuilt,
		"Events sent again after the stream lost them.");
	COUNTER("jb_dead_letters_total", dead_letters, "Events put aside since the start.");
#undef COUNTER
	line(f, s, "jb_outbox_waiting", "gauge", "Events not yet published.",
		(double)atomic_load(&st->outbox_waiting));
	line(f, s, "jb_outbox_oldest_seconds", "gauge",
		"Age of the oldest event not yet published.",
		oldest ? (double)(now_us() - oldest) / 1e6 : 0);
	line(f, s, "jb_database_down_seconds", "gauge",
		"How long the database has been away; 0 there.",
		down ? (double)(now_us() - down) / 1e6 : 0);
	line(f, s, "jb_inbox_waiting", "gauge", "Messages taken and not yet begun.",
		(double)inbox_count(&s->inbox));
	line(f, s, "jb_ready", "gauge", "1 when serving.", atomic_load(&s->ready));
	for (const struct metric *m = s->def->metrics; m && m->name; m++)
		line(f, s, m->name, m->gauge ? "gauge" : "counter", m->help,
			(double)atomic_load(m->value));
}

static void on_stats(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *arg)
{
	struct svc *s = arg;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	(void)sub;
	if (f) {
		method_lines(s, f);
		kit_lines(s, f);
		fclose(f);
		if (natsMsg_GetReply(m)) {
			natsConnection_Publish(nc, natsMsg_GetReply(m), text, (int)len);
			natsConnection_FlushTimeout(nc, 1000);
		}
	}
	free(text);
	natsMsg_Destroy(m);
}

bool health_subscribe(struct svc *s)
{
	char subject[96];
	natsStatus st;

	snprintf(subject, sizeof subject, "jingbao.v1.health.%s", s->def->name);
	st = natsConnection_Subscribe(&s->health_sub, s->nc, subject, on_health, s);
	if (st == NATS_OK) {
		snprintf(subject, sizeof subject, "jingbao.v1.stats.%s", s->def->name);
		st = natsConnection_Subscribe(&s->stats_sub, s->nc, subject, on_stats, s);
	}
	if (st != NATS_OK)
		log_error(
			"not subscribed", "subject=%s why=\"%s\"", subject, natsStatus_GetText(st));
	return st == NATS_OK;
}
