/* health.c - is the system well: NATS, a real publish to JetStream, every service; and its
 * counters. */
#include "gateway/health.h"

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "gateway/metrics.h"
#include "gateway/stream.h"
#include "kit/bus.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

enum {
	SERVICES_MAX = 16,
	NAME_MAX_BYTES = 32,
	PROBE_MS = 2000,
	SERVICE_MS = 1500,
	STATS_MS = 1000
};

struct health {
	struct gateway *g;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool stop, wanted;
	struct req *waiting;
	char *text; /* the last look, as JSON */
	bool ready;
	int64_t at_us;
	char names[SERVICES_MAX][NAME_MAX_BYTES];
	size_t n;
};

/* ---- asking all services one thing ---- */

static void split_names(struct health *h)
{
	for (const char *p = settings.services; *p && h->n < SERVICES_MAX;) {
		size_t len = strcspn(p, " ,");
		if (len && len < NAME_MAX_BYTES)
			memcpy(h->names[h->n++], p, len);
		p += len;
		p += strspn(p, " ,");
	}
}

static natsStatus ask(natsConnection *nc, const char *kind, const char *service, const char *inbox)
{
	char subject[96], reply[160];

	snprintf(subject, sizeof subject, "jingbao.v1.%s.%s", kind, service);
	snprintf(reply, sizeof reply, "%s.%s", inbox, service);
	return natsConnection_PublishRequest(nc, subject, reply, NULL, 0);
}

struct asking {
	struct health *h;
	pthread_mutex_t lock;
	pthread_cond_t change;
	size_t prefix, got;
	natsMsg **answers;
};

/* Also "no responders", which is an answer: nobody runs there. */
static void on_answer(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *arg)
{
	struct asking *a = arg;
	const char *subject = natsMsg_GetSubject(m);

	(void)nc;
	(void)sub;
	pthread_mutex_lock(&a->lock);
	for (size_t i = 0; m && i < a->h->n && strlen(subject) > a->prefix; i++) {
		if (strcmp(subject + a->prefix, a->h->names[i]) == 0 && !a->answers[i]) {
			a->answers[i] = m;
			a->got++;
			m = NULL;
		}
	}
	pthread_cond_signal(&a->change);
	pthread_mutex_unlock(&a->lock);
	natsMsg_Destroy(m);
}

static void on_unsubscribed(void *arg)
{
	struct asking *a = arg;

	pthread_mutex_lock(&a->lock);
	a->h = NULL;
	pthread_cond_signal(&a->change);
	pthread_mutex_unlock(&a->lock);
}

static void collect(struct asking *a, int64_t ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	int64_t ns = until.tv_nsec + ms % 1000 * 1000000;
	until.tv_sec += ms / 1000 + ns / 1000000000;
	until.tv_nsec = ns % 1000000000;
	pthread_mutex_lock(&a->lock);
	while (a->got < a->h->n && pthread_cond_timedwait(&a->change, &a->lock, &until) == 0)
		;
	pthread_mutex_unlock(&a->lock);
}

/* answers[i] stays NULL where nobody answered in time. */
static void ask_all(
	struct health *h, natsConnection *nc, const char *kind, int64_t ms, natsMsg **answers)
{
	struct asking a = { .h = h, .answers = answers };
	natsSubscription *sub = NULL;
	char all[96], id[UUID_TEXT];

	pthread_mutex_init(&a.lock, NULL);
	pthread_cond_init(&a.change, NULL);
	snprintf(all, sizeof all, "_INBOX.gateway.ask.%s.*", uuid_v7(id));
	a.prefix = strlen(all) - 1;
	if (natsConnection_Subscribe(&sub, nc, all, on_answer, &a) == NATS_OK &&
		natsSubscription_SetOnCompleteCB(sub, on_unsubscribed, &a) == NATS_OK) {
		all[a.prefix - 1] = '\0';
		for (size_t i = 0; i < h->n; i++)
			(void)ask(nc, kind, h->names[i], all); /* unanswered is an answer */
		collect(&a, ms);
		natsSubscription_Unsubscribe(sub);
		pthread_mutex_lock(&a.lock); /* no callback runs after this */
		while (a.h)
			pthread_cond_wait(&a.change, &a.lock);
		pthread_mutex_unlock(&a.lock);
	}
	natsSubscription_Destroy(sub);
	pthread_mutex_destroy(&a.lock);
	pthread_cond_destroy(&a.change);
}

/* ---- one look ---- */

static json_t *verdict(const char *why)
{
	json_t *o = json_object();

	json_object_set_new(o, "ok", json_boolean(why == NULL));
	if (why)
		json_object_set_new(o, "why", json_string(why));
	return o;
}

static json_t *look_at_nats(natsConnection *nc)
{
	char text[320];
	int64_t down = bus_down_since(), at;

	if (!nc)
		return verdict("not connected yet");
	if (down) {
		snprintf(text, sizeof text, "no connection for %lld s",
			(long long)((now_us() - down) / US_PER_S));
		return verdict(text);
	}
	char problem[256];
	bus_problem(problem, sizeof problem, &at);
	if (at && now_us() - at < 60 * US_PER_S && strcasestr(problem, "permission"))
		return verdict(problem);
	return verdict(NULL);
}

/* A message stored is the only proof: with a full disk the server's own health page says ok. */
static json_t *look_at_jetstream(natsConnection *nc)
{
	jsCtx *js = NULL;
	jsPubAck *ack = NULL;
	jsErrCode code = 0;
	jsPubOptions o;
	char text[160];

	if (!nc || bus_down_since())
		return verdict("no connection to NATS");
	jsPubOptions_Init(&o);
	o.MaxWait = PROBE_MS;
	o.ExpectStream = "JINGBAO_PROBE";
	natsStatus s = natsConnection_JetStream(&js, nc, NULL);
	if (s == NATS_OK)
		s = js_Publish(&ack, js, "jingbao.v1.probe", "probe", 5, &o, &code);
	jsPubAck_Destroy(ack);
	jsCtx_Destroy(js);
	if (s == NATS_OK)
		return verdict(NULL);
	snprintf(text, sizeof text, "a message was not stored within 2 s: %s (%d)",
		s == NATS_NO_RESPONDERS ? "no stream JINGBAO_PROBE" : natsStatus_GetText(s),
		(int)code);
	return verdict(text);
}

static json_t *silent_service(const char *why)
{
	json_t *o = json_object(), *list = json_array();

	json_array_append_new(list, json_string(why));
	json_object_set_new(o, "ready", json_false());
	json_object_set_new(o, "reasons", list);
	return o;
}

static json_t *service_verdict(natsMsg *m)
{
	if (!m)
		return silent_service("no answer in 1.5 s");
	if (natsMsg_IsNoResponders(m))
		return silent_service("not running");
	json_t *in = json_loadb(natsMsg_GetData(m), (size_t)natsMsg_GetDataLength(m), 0, NULL);
	json_t *ready = json_object_get(in, "ready"), *reasons = json_object_get(in, "reasons");
	json_t *o;
	if (json_is_boolean(ready)) {
		o = json_object();
		json_object_set(o, "ready", ready);
		if (json_is_array(reasons))
			json_object_set(o, "reasons", reasons);
		if (json_is_string(json_object_get(in, "version")))
			json_object_set(o, "version", json_object_get(in, "version"));
	} else {
		o = silent_service("its answer can't be read");
	}
	json_decref(in);
	return o;
}

static bool all_well(json_t *o, const char *key)
{
	const char *name;
	json_t *v;

	json_object_foreach(o, name, v)
	{
		if (!json_is_true(json_object_get(v, key)))
			return false;
	}
	return true;
}

static json_t *look_at_services(struct health *h, natsConnection *nc)
{
	natsMsg *answers[SERVICES_MAX] = { 0 };
	json_t *o = json_object();

	if (nc && !bus_down_since())
		ask_all(h, nc, "health", SERVICE_MS, answers);
	for (size_t i = 0; i < h->n; i++) {
		json_object_set_new(o, h->names[i], service_verdict(answers[i]));
		natsMsg_Destroy(answers[i]);
	}
	return o;
}

static char *look(struct health *h, bool *ret_ready)
{
	natsConnection *nc = relay_connection(h->g->relay);
	json_t *o = json_object(), *checks = json_object();
	json_t *services = look_at_services(h, nc);
	const char *feed = stream_problem(h->g->stream);
	bool draining = atomic_load(&h->g->draining);

	json_object_set_new(checks, "nats", look_at_nats(nc));
	json_object_set_new(checks, "jetstream", look_at_jetstream(nc));
	json_object_set_new(checks, "events", verdict(feed));
	if (draining)
		json_object_set_new(checks, "gateway", verdict("shutting down"));
	*ret_ready = !draining && all_well(checks, "ok") && all_well(services, "ready");
	json_object_set_new(o, "ready", json_boolean(*ret_ready));
	json_object_set_new(o, "version", json_string(JB_VERSION));
	json_object_set_new(o, "checks", checks);
	json_object_set_new(o, "services", services);
	char *text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

/* ---- the thread and who waits for it ---- */

static bool fresh(const struct health *h)
{
	return h->text && mono_us() - h->at_us <= settings.ready_cache_ms * US_PER_MS &&
	       !atomic_load(&h->g->draining);
}

/* Under the lock; comes back with it. */
static void look_and_tell(struct health *h)
{
	bool ready = false;

	h->wanted = false;
	pthread_mutex_unlock(&h->lock);
	char *text = look(h, &ready);
	pthread_mutex_lock(&h->lock);
	free(h->text);
	h->text = text;
	h->ready = ready;
	h->at_us = mono_us();
	struct req *r = h->waiting;
	h->waiting = NULL;
	pthread_cond_broadcast(&h->change);
	while (r) {
		struct req *next = r->next; /* r is gone once it runs */
		req_resume(r);
		r = next;
	}
}

static void *run(void *arg)
{
	struct health *h = arg;

	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		if (h->wanted)
			look_and_tell(h);
		else
			pthread_cond_wait(&h->change, &h->lock);
	}
	look_and_tell(h); /* whoever still waits */
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

struct health *health_start(struct gateway *g)
{
	struct health *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->g = g;
	split_names(h);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->change, NULL);
	if (pthread_create(&h->thread, NULL, run, h) != 0) {
		free(h);
		return NULL;
	}
	return h;
}

void health_stop(struct health *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_broadcast(&h->change);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	pthread_mutex_destroy(&h->lock);
	pthread_cond_destroy(&h->change);
	free(h->text);
	free(h);
}

bool health_fresh(struct health *h, struct req *r)
{
	pthread_mutex_lock(&h->lock);
	bool now = fresh(h) || h->stop;
	if (!now) {
		if (r->conn)
			atomic_store(&r->conn->due_us, 0);
		atomic_store(&r->waiting, true);
		r->next = h->waiting;
		h->waiting = r;
		MHD_suspend_connection(r->mhd);
		h->wanted = true;
		pthread_cond_broadcast(&h->change);
	}
	pthread_mutex_unlock(&h->lock);
	return now;
}

char *health_text(struct health *h, struct arena *a, bool *ret_ready)
{
	pthread_mutex_lock(&h->lock);
	char *text = h->text ? arena_strdup(a, h->text) : NULL;
	*ret_ready = h->ready;
	pthread_mutex_unlock(&h->lock);
	return text;
}

void health_wait(struct health *h, FILE *out, bool *ret_ready)
{
	pthread_mutex_lock(&h->lock);
	while (!fresh(h) && !h->stop && !(h->text && atomic_load(&h->g->draining))) {
		h->wanted = true;
		pthread_cond_broadcast(&h->change);
		pthread_cond_wait(&h->change, &h->lock);
	}
	fputs(h->text ? h->text : "{}", out);
	*ret_ready = h->ready;
	pthread_mutex_unlock(&h->lock);
}

void health_counters(struct health *h, FILE *out)
{
	natsConnection *nc = relay_connection(h->g->relay);
	natsMsg *answers[SERVICES_MAX] = { 0 };
	char *texts[SERVICES_MAX + 1], *ours = NULL;
	size_t n = 0, size;
	FILE *f = open_memstream(&ours, &size);

	if (nc && !bus_down_since())
		ask_all(h, nc, "stats", STATS_MS, answers);
	if (f) {
		metrics_write(h->g->metrics, f);
		metrics_gauge(f, "jb_http_inflight", "Requests waiting for a service.",
			relay_inflight(h->g->relay));
		metrics_gauge(f, "jb_http_connections", "Open connections.",
			(double)conns_count(h->g->conns));
		metrics_gauge(f, "jb_late_replies", "Replies nobody waited for any more.",
			(double)relay_late(h->g->relay));
		metrics_gauge(f, "jb_stream_clients", "Open event streams.",
			(double)stream_clients(h->g->stream));
		fputs("# HELP jb_service_up Whether the service answered.\n"
		      "# TYPE jb_service_up gauge\n",
			f);
		for (size_t i = 0; i < h->n; i++)
			fprintf(f, "jb_service_up{service=\"%s\"} %d\n", h->names[i],
				answers[i] && !natsMsg_IsNoResponders(answers[i]));
		fclose(f);
		texts[n++] = ours;
	}
	for (size_t i = 0; i < h->n; i++) {
		if (answers[i] && !natsMsg_IsNoResponders(answers[i]))
			texts[n++] = strndup(natsMsg_GetData(answers[i]),
				(size_t)natsMsg_GetDataLength(answers[i]));
		natsMsg_Destroy(answers[i]);
	}
	metrics_merge(texts, n, out);
	for (size_t i = 0; i < n; i++)
		free(texts[i]);
}
