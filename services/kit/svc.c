/* svc.c - svc_main: start in order, serve until told to stop, drain. */
#include "kit/svc_internal.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "kit/log.h"
#include "kit/timeutil.h"

enum { TICKS_MAX = 16, DRAIN_S = 20, EXIT_SECOND_SIGNAL = 3 };

const struct db_stmt *const kit_statements[] = {
	&stmt_outbox_insert,
	&stmt_inbox_mark,
	&stmt_inbox_known,
	&stmt_inbox_one,
	&stmt_dead_letter,
	&stmt_repeat_lock,
	&stmt_repeat_find,
	&stmt_repeat_keep,
	NULL,
};

/* ---- start ---- */

static Pb__Code run_start(struct work *w, void *arg)
{
	struct svc *s = arg;

	return s->def->start(&w->call);
}

static bool run_start_hook(struct svc *s)
{
	struct work *w;
	Pb__Code code;

	if (!s->def->start)
		return true;
	w = work_new(s, WORK_TICK);
	w->call.who.roles = 1u << PB__ROLE__VALUE__SYSTEM;
	code = s->def->statements ? exec_transaction(s, w, run_start, s) : s->def->start(&w->call);
	if (code)
		log_error("not started", "why=\"%s\" %s",
			w->call.faults.text ? w->call.faults.text : "",
			w->call.detail ? w->call.detail : "");
	work_free(s, w);
	return code == PB__CODE__OK;
}

static bool open_database(struct svc *s, enum svc_mode mode)
{
	if (!s->def->statements)
		return true;
	if (!*common.db) {
		log_error(
			"not started", "why=\"setting 'db' is missing\" service=%s", s->def->name);
		return false;
	}
	s->db.conninfo = common.db;
	db_add_statements(&s->db, kit_statements);
	db_add_statements(&s->db, s->def->statements);
	if (mode == MODE_CHECK) {
		db_add_statements(&s->db, transport_statements);
		if (s->def->gather)
			db_add_statements(&s->db, s->def->gather->statements);
	}
	if (db_open(&s->db))
		return true;
	log_error("not started", "why=\"%s\"", s->db.why);
	return false;
}

static bool open_bus(struct svc *s)
{
	struct bus_options o = { common.nats_url, common.nats_user, common.nats_password,
		s->def->name, true };
	char err[200];

	s->nc = bus_connect(&o, err, sizeof err);
	if (!s->nc)
		log_error("not started", "why=\"%s\"", err);
	return s->nc != NULL;
}

/* A handler table with holes is our bug: say which before anything runs. */
static bool handlers_complete(const struct service *d)
{
	for (size_t i = 0; i < d->rpcs.n; i++) {
		const struct rpc_binding *b = &d->rpcs.bindings[i];
		unsigned has = b->has(d->rpcs.handlers);

		if (!(has & RPC_BIND) == !(has & RPC_RUN)) {
			log_error("not started", "why=\"%s needs either bind and answer, or run\"",
				b->method->name);
			return false;
		}
	}
	for (const struct event_handler *h = d->events; h && h->type; h++) {
		const struct msg_meta *meta = contract_message(&jb_contract, h->type->name);

		if (!h->bind == !h->run) {
			log_error("not started", "why=\"event %s needs either bind or run\"",
				h->type->name);
			return false;
		}
		if (!meta || (meta->aside && !d->takes_asides)) {
			log_error("not started", "why=\"%s is not an event, or aside\"",
				h->type->name);
			return false;
		}
	}
	return true;
}

static bool begin_serving(struct svc *s)
{
	bool ok = pool_start(s, (size_t)common.pool_threads) && run_start_hook(s) &&
		  gather_open(s) && gather_start(s) &&
		  (!s->def->statements || transport_start(s)) && health_subscribe(s) &&
		  rpc_subscribe(s) && natsConnection_FlushTimeout(s->nc, 5000) == NATS_OK;

	if (ok)
		atomic_store(&s->ready, true);
	return ok;
}

/* systemd's protocol without its library: one datagram. */
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

/* ---- ticks ---- */

struct tick_state {
	int64_t due_us;
};

struct tick_run {
	const struct tick *t;
	bool more;
};

static Pb__Code run_tick(struct work *w, void *arg)
{
	struct tick_run *r = arg;

	r->more = false;
	return r->t->run(&w->call, &r->more);
}

static void serve_tick(struct svc *s, const struct tick *t)
{
	struct tick_run r = { t, true };

	for (int rounds = 0; r.more && rounds < 100; rounds++) {
		struct work *w = work_new(s, WORK_TICK);
		Pb__Code code;

		w->call.who.roles = 1u << PB__ROLE__VALUE__SYSTEM;
		w->call.who.subject = "tick";
		code = s->def->statements ? exec_transaction(s, w, run_tick, &r) : run_tick(w, &r);
		if (code) {
			r.more = false;
			log_warn("tick", "name=%s code=%s why=\"%s\" %s", t->name, code_name(code),
				w->call.faults.text ? w->call.faults.text : "",
				w->call.detail ? w->call.detail : "");
		}
		work_free(s, w);
	}
}

/* Runs what is due; returns milliseconds to the next. */
static int run_ticks(struct svc *s, struct tick_state *state)
{
	int64_t now = mono_us(), next = now + 1000 * US_PER_MS;
	size_t i = 0;

	for (const struct tick *t = s->def->ticks; t && t->name; t++, i++) {
		assert(i < TICKS_MAX);
		/* Without a database a tick could only wait for it; requests are answered
		 * meanwhile. */
		if (state[i].due_us <= now && (!s->def->statements || db_ready(&s->db))) {
			serve_tick(s, t);
			now = mono_us();
			state[i].due_us = now + t->period_ms * US_PER_MS;
		}
		if (state[i].due_us < next)
			next = state[i].due_us;
	}
	return next > now ? (int)((next - now) / US_PER_MS) + 1 : 0;
}

/* ---- the loop ---- */

struct loop {
	struct work *rpcs[BATCH_LIMIT], *events[2 * BATCH_LIMIT];
	size_t n_rpcs, n_events;
	int64_t events_since_us; /* steady clock, when the first of them came */
};

/* How long the events taken may still wait for company; 0: serve them. */
static int64_t patience_left_us(const struct svc *s, const struct loop *l)
{
	int64_t left;

	if (!l->n_events || l->n_events >= BATCH_LIMIT || l->n_rpcs || atomic_load(&s->draining))
		return 0;
	left = l->events_since_us + s->def->patience_ms * US_PER_MS - mono_us();
	return left > 0 ? left : 0;
}

static void sort_items(struct svc *s, struct loop *l, const struct inbox_item *items, size_t n)
{
	bool away = s->def->statements && !db_ready(&s->db);

	atomic_store(&s->stats.db_down_since, s->db.down_since_us);
	for (size_t i = 0; i < n; i++) {
		struct work *w = items[i].ready;

		if (items[i].event) {
			if (!l->n_events)
				l->events_since_us = mono_us();
			l->events[l->n_events++] = event_accept(s, items[i].msg, items[i].epoch);
			continue;
		}
		if (!w && away) {
			rpc_refuse_busy(s, items[i].msg, "the database is not reachable");
			natsMsg_Destroy(items[i].msg);
			continue;
		}
		if (!w) {
			w = rpc_accept(s, items[i].msg);
			if (w && gather_takes(s, w)) {
				gather_put(s, w);
				continue;
			}
			if (w && s->def->rpcs.bindings[w->method].has(s->def->rpcs.handlers) &
					 RPC_PREPARE) {
				pool_put(s, w);
				continue;
			}
		}
		if (w)
			l->rpcs[l->n_rpcs++] = w;
	}
}

/* Held events come first, then the new ones: order is kept. */
static void serve_events(struct svc *s, struct loop *l)
{
	if (s->held_first) {
		struct work *all[BATCH_LIMIT];
		size_t n = 0;

		/* New ones queue behind those held. */
		for (size_t i = 0; i < l->n_events; i++) {
			l->events[i]->next = NULL;
			s->held_last->next = l->events[i];
			s->held_last = l->events[i];
		}
		l->n_events = 0;
		if (mono_us() < s->held_until_us || !db_ready(&s->db))
			return;
		while (s->held_first && n < BATCH_LIMIT) {
			all[n++] = s->held_first;
			s->held_first = s->held_first->next;
		}
		if (!s->held_first)
			s->held_last = NULL;
		events_serve(s, all, n);
		return;
	}
	if (!l->n_events || patience_left_us(s, l))
		return;
	events_serve(s, l->events, l->n_events);
	l->n_events = 0;
}

static void serve_round(struct svc *s, struct loop *l)
{
	struct inbox_item items[BATCH_LIMIT];
	size_t n = inbox_take(&s->inbox, items, (size_t)common.batch_max);

	sort_items(s, l, items, n);
	/* Events first, the patient ones too: a request sees what came before it. */
	serve_events(s, l);
	if (l->n_rpcs)
		rpc_serve(s, l->rpcs, l->n_rpcs);
	l->n_rpcs = 0;
	events_acknowledge(s, false);
}

static bool signalled(int fd)
{
	struct signalfd_siginfo si;

	return read(fd, &si, sizeof si) == (ssize_t)sizeof si;
}

static void loop(struct svc *s, struct loop *l, int sig_fd)
{
	struct tick_state ticks[TICKS_MAX] = { 0 };
	struct pollfd fds[2] = { { .fd = sig_fd, .events = POLLIN },
		{ .fd = s->inbox.wake_fd, .events = POLLIN } };

	for (;;) {
		int wait_ms = run_ticks(s, ticks);
		int64_t left_us = patience_left_us(s, l);

		if ((s->held_first || s->ack.count) && wait_ms > 50)
			wait_ms = 50;
		if (l->n_events && left_us < wait_ms * US_PER_MS)
			wait_ms = (int)((left_us + US_PER_MS - 1) / US_PER_MS);
		if (left_us)
			inbox_hush(&s->inbox, true);
		poll(fds, 2, wait_ms);
		if (left_us)
			inbox_hush(&s->inbox, false);
		if ((fds[0].revents & POLLIN) && signalled(sig_fd))
			break;
		serve_round(s, l);
	}
}

/* ---- drain ---- */

static void drain(struct svc *s, struct loop *l, int sig_fd)
{
	int64_t until = mono_us() + DRAIN_S * US_PER_S;

	log_info("draining", "waiting=%zu", inbox_count(&s->inbox));
	atomic_store(&s->draining, true);
	if (s->rpc_sub)
		natsSubscription_Drain(s->rpc_sub);
	while (mono_us() < until) {
		bool taken = !s->rpc_sub ||
			     natsSubscription_WaitForDrainCompletion(s->rpc_sub, 5) != NATS_TIMEOUT;

		serve_round(s, l);
		if (taken && !inbox_count(&s->inbox) && !atomic_load(&s->pool.busy) &&
			!gather_busy(s))
			break;
		if (signalled(sig_fd)) {
			log_warn("second signal", "exit=%d", EXIT_SECOND_SIGNAL);
			_exit(EXIT_SECOND_SIGNAL);
		}
	}
	events_drop_held(s);
	events_acknowledge(s, true);
	transport_stop(s);
	pool_stop(s);
	gather_stop(s);
	natsConnection_FlushTimeout(s->nc, 2000);
}

static void release(struct svc *s)
{
	natsSubscription_Destroy(s->rpc_sub);
	natsSubscription_Destroy(s->health_sub);
	natsSubscription_Destroy(s->stats_sub);
	natsConnection_Close(s->nc);
	natsConnection_Destroy(s->nc);
	nats_CloseAndWait(2000);
	db_close(&s->db);
	while (s->free) {
		struct work *w = s->free;

		s->free = w->next;
		arena_release(&w->arena);
		free(w);
	}
	inbox_release(&s->inbox);
	free(s->stats.methods);
}

static int signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	/* Before any thread starts, so that all inherit it. */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int svc_main(int argc, char **argv, const struct service *d)
{
	const struct config_item *const tables[] = { config_common, d->config, NULL };
	static struct svc svc;
	struct svc *s = &svc;
	const char *file;
	enum svc_mode mode = svc_read_options(argc, argv, d, tables, &file);
	static struct loop l;
	int sig_fd;

	if (!config_load(tables, file, stderr) || sodium_init() < 0)
		return 1;
	log_init(d->name, (enum log_level)svc_log_level(common.log_level));
	s->def = d;
	sig_fd = signals();
	pthread_mutex_init(&s->free_lock, NULL);
	s->stats.methods = calloc(d->rpcs.n + 1, sizeof *s->stats.methods);
	if (sig_fd < 0 || !s->stats.methods || !inbox_init(&s->inbox, INBOX_LIMIT))
		return 1;
	if (!handlers_complete(d) || !open_database(s, mode) || !open_bus(s))
		return 1;
	if (mode == MODE_CHECK) {
		printf("jb-%s: settings, NATS and %zu statements are in order\n", d->name,
			s->db.n_stmts);
		release(s);
		return 0;
	}
	if (!begin_serving(s))
		return 1;
	log_info("serving", "version=%s rpcs=%zu", JB_VERSION, d->rpcs.n);
	tell_ready();
	loop(s, &l, sig_fd);
	drain(s, &l, sig_fd);
	if (d->stop)
		d->stop();
	release(s);
	log_info("stopped", "service=%s", d->name);
	return 0;
}
