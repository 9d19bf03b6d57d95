/* run.c - the gateway's life: start in order, tick, drain. */
#include "gateway/run.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "gateway/accesslog.h"
#include "gateway/edge.h"
#include "gateway/gateway.h"
#include "gateway/health.h"
#include "gateway/metrics.h"
#include "gateway/req.h"
#include "gateway/stream.h"
#include "kit/bus.h"
#include "kit/log.h"
#include "kit/timeutil.h"

enum {
	SLOTS = 8192,
	SESSIONS = 4096,
	TICKETS = 1024,
	TICKET_MS = 30000,
	TICK_MS = 100,
	CONNECT_RETRY_MS = 500,
	STREAMS_END_MS = 3000,
	EXIT_SECOND_SIGNAL = 3,
};

/* ---- NATS, as soon as it is there ---- */

struct connector {
	struct gateway *g;
	pthread_t thread;
	_Atomic bool stop, ready;
};

static void tell_ready(void)
{
	const char *fd = getenv("JB_READY_FD");

	if (fd) {
		int n = (int)strtol(fd, NULL, 10);
		if (write(n, "\n", 1) != 1)
			log_warn("readiness not told", "fd=%d", n);
		close(n);
	}
}

static natsConnection *connect_once(char *err, size_t size)
{
	struct bus_options o = { settings.nats_url, settings.nats_user, settings.nats_password,
		"gateway", true };

	return bus_connect(&o, err, size);
}

static void *connect_run(void *arg)
{
	struct connector *c = arg;
	char err[200], quoted[220];
	bool said = false;

	while (!atomic_load(&c->stop)) {
		natsConnection *nc = connect_once(err, sizeof err);
		if (nc && relay_attach(c->g->relay, nc, err, sizeof err)) {
			atomic_store(&c->ready, true);
			log_info("serving", "version=%s", JB_VERSION);
			tell_ready();
			return NULL;
		}
		natsConnection_Destroy(nc);
		if (!said)
			log_error("waiting for NATS", "why=%s",
				log_quote(err, quoted, sizeof quoted));
		said = true;
		usleep(CONNECT_RETRY_MS * 1000);
	}
	return NULL;
}

/* ---- start ---- */

static const struct method_meta *find_authenticate(const struct contract *k)
{
	for (size_t i = 0; i < k->n_methods; i++) {
		const struct method_meta *m = &k->methods[i];
		if (strcmp(m->service, "Identity") == 0 && strcmp(m->name, "Authenticate") == 0)
			return m;
	}
	return NULL;
}

static bool prepare(struct gateway *g, const struct contract *k)
{
	char digest[SHA256_TEXT];

	g->contract = k;
	g->authenticate = find_authenticate(k);
	sha256_text(k->openapi, k->openapi_len, digest);
	snprintf(g->openapi_etag, sizeof g->openapi_etag, "\"%.64s\"", digest);
	g->router = router_new(k);
	if (!g->router)
		return false;
	if (!blob_store_open(&g->blobs, settings.blob_dir)) {
		fprintf(stderr, "gateway: blob_dir '%s': %s\n", settings.blob_dir, strerror(errno));
		return false;
	}
	g->relay = relay_new(SLOTS);
	g->conns = conns_new();
	g->sessions = sessions_new(SESSIONS, settings.sessions_ms * US_PER_MS);
	g->tickets = sessions_new(TICKETS, TICKET_MS * US_PER_MS);
	g->rate = rate_new(settings.anon_per_s, settings.anon_burst);
	g->metrics = metrics_new(g->router);
	return g->relay && g->conns && g->sessions && g->tickets && g->rate && g->metrics;
}

static void release(struct gateway *g)
{
	reqs_release();
	metrics_free(g->metrics);
	rate_free(g->rate);
	sessions_free(g->tickets);
	sessions_free(g->sessions);
	conns_free(g->conns);
	relay_free(g->relay);
	router_free(g->router);
	blob_store_close(&g->blobs);
}

static bool write_ports(const struct edge *e)
{
	char *tmp = NULL;

	log_info("listening", "address=%s port=%d admin_port=%d", settings.listen, edge_port(e),
		edge_admin_port(e));
	if (!*settings.ports_file)
		return true;
	if (asprintf(&tmp, "%s.new", settings.ports_file) < 0)
		return false;
	FILE *f = fopen(tmp, "w");
	bool ok = f && fprintf(f, "port=%d\nadmin_port=%d\n", edge_port(e), edge_admin_port(e)) > 0;
	if (f)
		ok &= fclose(f) == 0;
	ok = ok && rename(tmp, settings.ports_file) == 0;
	if (!ok)
		fprintf(stderr, "gateway: ports_file '%s': %s\n", settings.ports_file,
			strerror(errno));
	free(tmp);
	return ok;
}

/* ---- serve and drain ---- */

static void tick(struct gateway *g)
{
	int64_t now = mono_us();

	relay_tick(g->relay, now);
	metrics_add(g->metrics, COUNT_OVERDUE, conns_cut(g->conns, now));
	stream_tick(g->stream, now);
	access_log_flush();
}

static void wait_signal(struct gateway *g, const sigset_t *set)
{
	const struct timespec step = { .tv_nsec = TICK_MS * 1000000L };
	int sig;

	while ((sig = sigtimedwait(set, NULL, &step)) != SIGTERM && sig != SIGINT)
		tick(g);
	log_info("draining", "signal=%d", sig);
}

static void second_signal(const sigset_t *set)
{
	const struct timespec none = { 0 };
	int sig = sigtimedwait(set, NULL, &none);

	if (sig == SIGTERM || sig == SIGINT) {
		log_warn("second signal", "exit=%d", EXIT_SECOND_SIGNAL);
		access_log_flush();
		_exit(EXIT_SECOND_SIGNAL);
	}
}

/* Ticks until nothing is asked any more, or the time is over. */
static void let_finish(struct gateway *g, const sigset_t *set, int64_t until)
{
	int quiet = 0;

	while (mono_us() < until && quiet < 3) {
		usleep(TICK_MS * 1000);
		second_signal(set);
		tick(g);
		quiet = relay_inflight(g->relay) ? 0 : quiet + 1;
	}
}

/* Readiness first, then the listener; requests on their way are answered, with Connection: close;
 * streams end properly; only then do daemons and bus stop. */
static void drain(struct gateway *g, struct edge *e, const sigset_t *set)
{
	int64_t until = mono_us() + settings.drain_ms * US_PER_MS;

	atomic_store(&g->draining, true);
	edge_close_door(e);
	let_finish(g, set, until);
	conns_cut_idle(g->conns);
	stream_end_clients(g->stream, STREAMS_END_MS);
	let_finish(g, set, until);
	while (conns_count(g->conns) && mono_us() < until) { /* bodies and answers under way */
		usleep(TICK_MS * 1000);
		second_signal(set);
		tick(g);
		conns_cut_idle(g->conns);
	}
	relay_abandon(g->relay);
}

static void stop(struct gateway *g, struct edge *e, struct connector *c)
{
	atomic_store(&c->stop, true);
	health_stop(g->health);
	if (e)
		edge_stop(e);
	stream_stop(g->stream);
	pthread_join(c->thread, NULL);
	relay_close(g->relay);
	nats_CloseAndWait(5000);
	access_log_flush();
}

/* Sockets are what we hold; privileges are not. */
static void settle_process(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) != 0)
			log_warn("file limit stays", "errno=%d", errno);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		log_warn("no_new_privs not set", "errno=%d", errno);
}

static int try_once(struct gateway *g)
{
	char err[200];
	natsConnection *nc = connect_once(err, sizeof err);

	if (nc)
		printf("jb-gateway: settings, blob store, %zu routes and NATS are in order\n",
			router_count(g->router));
	else
		fprintf(stderr, "gateway: %s\n", err);
	natsConnection_Destroy(nc);
	release(g);
	return nc ? 0 : 1;
}

int gateway_run(const struct contract *k, bool check)
{
	static struct gateway gateway;
	struct gateway *g = &gateway;
	struct connector c = { .g = g };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL); /* before any thread */
	signal(SIGPIPE, SIG_IGN);
	settle_process();
	if (!prepare(g, k))
		return 1;
	if (check)
		return try_once(g);
	nats_Open(-1);
	g->stream = stream_start(g);
	g->health = health_start(g);
	struct edge *e = g->stream && g->health ? edge_start(g) : NULL;
	bool ok = e && write_ports(e);
	atomic_store(&c.stop, !ok);
	if (pthread_create(&c.thread, NULL, connect_run, &c) != 0)
		abort();
	if (ok) {
		wait_signal(g, &set);
		drain(g, e, &set);
	}
	stop(g, e, &c);
	release(g);
	log_info("stopped", "service=%s", "gateway");
	return ok ? 0 : 1;
}
