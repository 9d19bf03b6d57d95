/* transport.c - one thread beside the service: publishes the outbox to JetStream, keeps the durable
 * consumer alive, and notices when the stream was lost or emptied.
 *
 * PostgreSQL is the record, JetStream a transport that can be made again. Rows are published in
 * order of seq by one leader (an advisory lock), each batch waited for before the next, with the
 * event id (and generation) as Nats-Msg-Id. Sent rows stay for a while: when the stream turns out
 * to be a new one, or to have lost messages we sent lately, they are marked unsent under a new
 * generation and go out again; every consumer's inbox makes that harmless.
 */
#include "kit/transport.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "kit/log.h"
#include "kit/timeutil.h"

enum {
	IDLE_MS = 500,   /* the slow poll behind the wake-ups */
	CROWDED_MS = 20, /* another process writes rows and can't wake us */
	CHECK_EVERY_S = 5,
	COUNT_EVERY_S = 2,
};

static const struct db_stmt relay_count = {
	"relay_count",
	"select count(*), min(recorded_at), exists (select from pg_locks"
	"  where locktype = 'advisory' and pid <> pg_backend_pid()"
	"  and classid::bigint = hashtext('relay standby')::bigint & 4294967295"
	"  and objid::bigint = hashtext(current_schema())::bigint & 4294967295)"
	" from outbox where sent_at is null",
	.out = { DB_I64, DB_TIME, DB_BOOL },
};
static const struct db_stmt relay_prune = {
	"relay_prune",
	"with o as (delete from outbox where sent_at < now() - make_interval(hours => $1)),"
	" i as (delete from inbox where handled_at < now() - make_interval(hours => 2 * $1))"
	" delete from repeat_answer where answered_at < now() - make_interval(hours => $1)",
	.in = { DB_I32 },
};

const struct db_stmt *const transport_statements[] = {
	&relay_lock,
	&relay_stand,
	&reader_lock,
	&relay_oust,
	&relay_next,
	&relay_mark,
	&relay_count,
	&relay_lost,
	&relay_epoch,
	&relay_again,
	&relay_prune,
	NULL,
};

/* ---- texts for health answers ---- */

static void set_problem(struct transport *t, char *field, size_t size, const char *text)
{
	bool changed;

	pthread_mutex_lock(&t->lock);
	changed = strcmp(field, text) != 0;
	snprintf(field, size, "%s", text);
	pthread_mutex_unlock(&t->lock);
	if (changed && *text)
		log_warn("transport", "problem=\"%s\"", text);
	else if (changed)
		log_info("transport", "problem=%s", "none");
}

void relay_problem(struct svc *s, const char *text)
{
	struct transport *t = &s->transport;

	set_problem(t, t->relay_problem, sizeof t->relay_problem, text);
}

void consumer_problem(struct svc *s, const char *text)
{
	struct transport *t = &s->transport;

	set_problem(t, t->consumer_problem, sizeof t->consumer_problem, text);
}

/* ---- statements of this thread ---- */

bool transport_run(struct transport *t, struct arena *a, const struct db_stmt *st,
	const struct db_arg *args, size_t n, PGresult **ret)
{
	PGresult *r = db_exec(&t->db, st, args, n, a);
	bool ok = r &&
		  (PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK);

	if (!r)
		db_lost(&t->db);
	else if (!ok)
		log_error("transport statement", "name=%s sqlstate=%s", st->name,
			PQresultErrorField(r, PG_DIAG_SQLSTATE));
	if (ok && ret)
		*ret = r;
	else
		PQclear(r);
	return ok;
}

struct db_rows transport_rows(struct arena *a, const struct db_stmt *st, PGresult *r)
{
	struct db_rows rows = { .n = (size_t)PQntuples(r), .stmt = st, .arena = a, .result = r };

	return rows;
}

static void count_waiting(struct svc *s, struct arena *a)
{
	PGresult *r = NULL;
	struct db_rows rows;

	if (!transport_run(&s->transport, a, &relay_count, DB_NONE, &r))
		return;
	rows = transport_rows(a, &relay_count, r);
	atomic_store(&s->stats.outbox_waiting, db_get_i64(&rows, 0, 0));
	atomic_store(&s->stats.outbox_oldest_us, db_get_i64(&rows, 0, 1));
	s->transport.crowded = db_get_bool(&rows, 0, 2);
	PQclear(r);
	if (!s->transport.leader || (s->def->events && !s->transport.reader))
		transport_run(&s->transport, a, &relay_oust, DB_NONE, NULL);
}

/* ---- the thread ---- */

/* Another process reads the events; it may go any moment. */
static bool stands_by(const struct svc *s)
{
	return s->def->events && !s->event_sub;
}

static void periodic(struct svc *s, struct arena *a)
{
	struct transport *t = &s->transport;
	int64_t now = mono_us();

	if (now >= t->next_check_us || consumer_broken(s)) {
		/* Quick to retry while something is wrong. */
		check_consumer(s, a);
		if (t->leader && relay_mark_sent(s, a))
			check_stream(s, a);
		t->next_check_us =
			now +
			(t->consumer_problem[0] || stands_by(s) ? 1 : CHECK_EVERY_S) * US_PER_S;
	}
	if (now >= t->next_count_us) {
		count_waiting(s, a);
		t->next_count_us = now + COUNT_EVERY_S * US_PER_S;
	}
}

/* Others write rows, too, and can't wake us. */
static bool crowded(const struct transport *t)
{
	return t->leader && t->crowded;
}

static void *transport_main(void *arg)
{
	struct svc *s = arg;
	struct transport *t = &s->transport;
	struct pollfd pfd = { .fd = t->wake_fd, .events = POLLIN };
	struct arena arena;
	int64_t next_prune = mono_us() + 60 * US_PER_S;
	bool more = true;

	arena_init(&arena, ARENA_CEILING);
	for (;;) {
		eventfd_t v;

		if (!more) {
			int wait = relay_mark_wait_ms(), idle = crowded(t) ? CROWDED_MS : IDLE_MS;

			poll(&pfd, 1, wait < 0 || wait > idle ? idle : wait);
		}
		eventfd_read(t->wake_fd, &v);
		arena_reset(&arena);
		if (!db_ready(&t->db)) {
			t->leader = t->standing = t->reader = false;
			if (atomic_load(&t->stop))
				break;
			more = false;
			continue;
		}
		more = relay_batch(s, &arena);
		if (t->db.pg && relay_mark_wait_ms() == 0)
			relay_mark_sent(s, &arena);
		if (t->db.pg && !atomic_load(&t->stop))
			periodic(s, &arena);
		if (t->db.pg && t->leader && mono_us() > next_prune) {
			transport_run(t, &arena, &relay_prune,
				DB_ARGS(db_i32((int32_t)common.outbox_keep_hours)), NULL);
			next_prune = mono_us() + 60 * US_PER_S;
		}
		if (!t->db.pg)
			t->leader = t->standing = t->reader = false;
		if (atomic_load(&t->stop) && !more) {
			if (t->db.pg)
				relay_mark_sent(s, &arena);
			break;
		}
	}
	arena_release(&arena);
	return NULL;
}

bool transport_start(struct svc *s)
{
	struct transport *t = &s->transport;
	struct bus_options o = { common.nats_url, common.nats_user, common.nats_password,
		s->def->name, true };
	char err[200];

	t->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&t->lock, NULL);
	t->db.conninfo = common.db;
	t->db.relaxed = true;
	db_add_statements(&t->db, transport_statements);
	if (!db_open(&t->db)) {
		log_error("transport", "why=\"%s\"", t->db.why);
		return false;
	}
	t->nc = bus_connect(&o, err, sizeof err);
	if (!t->nc || !relay_make_js(s)) {
		log_error("transport", "why=\"%s\"", t->nc ? "no JetStream context" : err);
		return false;
	}
	consumer_problem(s, s->def->events ? "events are not consumed yet" : "");
	t->running = pthread_create(&t->thread, NULL, transport_main, s) == 0;
	return t->running;
}

void transport_wake(struct svc *s)
{
	if (s->transport.running)
		eventfd_write(s->transport.wake_fd, 1);
}

void transport_stop(struct svc *s)
{
	struct transport *t = &s->transport;

	if (!t->running)
		return;
	atomic_store(&t->stop, true);
	transport_wake(s);
	pthread_join(t->thread, NULL);
	natsSubscription_Destroy(s->event_sub);
	jsCtx_Destroy(t->js);
	natsConnection_Close(t->nc);
	natsConnection_Destroy(t->nc);
	db_close(&t->db);
	close(t->wake_fd);
}
