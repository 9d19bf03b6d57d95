/* transport.c - one thread beside the service: publishes the outbox to JetStream, keeps the durable
 * consumer alive, and notices when the stream was lost or emptied.
 *
 * PostgreSQL is the record, JetStream a transport that can be made again. Rows are published in
 * order of seq by one leader (an advisory lock), each batch waited for before the next, with the
 * event id (and generation) as Nats-Msg-Id. Sent rows stay for a while: when the stream turns out
 * to be a new one, or to have lost messages we sent lately, they are marked unsent under a new
 * generation and go out again; every consumer's inbox makes that harmless.
 */
#include "kit/svc_internal.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "kit/log.h"
#include "kit/timeutil.h"

enum {
	RELAY_BATCH = 256,
	IDLE_MS = 500, /* the slow poll behind the wake-ups */
	ACK_WAIT_MS = 5000,
	CHECK_EVERY_S = 5,
	COUNT_EVERY_S = 2,
	ACK_PENDING_MAX = 2048,
};

static const struct db_stmt relay_lock = {
	"relay_lock",
	"select pg_try_advisory_lock(hashtext('relay'), hashtext(current_schema()))",
	.out = { DB_BOOL },
};
static const struct db_stmt relay_next = {
	"relay_next",
	"select seq, id, type, key, district, body, trace, recorded_at, generation from outbox"
	" where sent_at is null order by seq limit 256",
	.out = { DB_I64, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_BYTES, DB_TEXT, DB_TIME, DB_I32 },
};
static const struct db_stmt relay_mark = {
	"relay_mark",
	"update outbox o set sent_at = clock_timestamp(), stream_seq = m.stream_seq"
	" from unnest($1::bigint[], $2::bigint[]) as m(seq, stream_seq) where o.seq = m.seq",
	.in = { DB_I64S, DB_I64S },
};
static const struct db_stmt relay_count = {
	"relay_count",
	"select count(*), min(recorded_at) from outbox where sent_at is null",
	.out = { DB_I64, DB_TIME },
};
/* What we sent within the hour and the stream no longer has, or never had. */
static const struct db_stmt relay_lost = {
	"relay_lost",
	"update outbox set sent_at = null, generation = generation + 1"
	" where sent_at > now() - interval '1 hour' and (stream_seq < $1 or stream_seq > $2)",
	.in = { DB_I64, DB_I64 },
};
static const struct db_stmt relay_epoch = {
	"relay_epoch",
	"insert into transport_state as t (id, stream_created) values (1, $1) on conflict (id) do "
	"update"
	" set stream_created = excluded.stream_created"
	" returning (select stream_created from transport_state where id = 1)",
	.in = { DB_I64 },
	.out = { DB_I64 },
};
static const struct db_stmt relay_again = {
	"relay_again",
	"update outbox set sent_at = null, generation = generation + 1"
	" where sent_at is not null and recorded_at > now() - interval '1 day'",
	.in = { DB_END },
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

#define RELAY_PROBLEM(s, text) \
	set_problem(&(s)->transport, (s)->transport.relay_problem, \
		sizeof(s)->transport.relay_problem, (text))
#define CONSUMER_PROBLEM(s, text) \
	set_problem(&(s)->transport, (s)->transport.consumer_problem, \
		sizeof(s)->transport.consumer_problem, (text))

/* ---- statements of this thread ---- */

/* Rows live in the arena until the next reset. False: not executed. */
static bool run(struct transport *t, struct arena *a, const struct db_stmt *st,
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

static struct db_rows wrap(struct arena *a, const struct db_stmt *st, PGresult *r)
{
	struct db_rows rows = { .n = (size_t)PQntuples(r), .stmt = st, .arena = a, .result = r };

	return rows;
}

/* ---- relay ---- */

struct in_flight {
	natsMsg *msg[RELAY_BATCH]; /* as handed to the library; only compared */
	int64_t seq[RELAY_BATCH];
	_Atomic int64_t stream_seq[RELAY_BATCH]; /* 0 waiting, -1 failed */
	size_t n;
	_Atomic size_t cursor;
	char why[160];
};

static struct in_flight flight; /* the relay is one thread per process */

static void on_pub_ack(jsCtx *js, natsMsg *msg, jsPubAck *pa, jsPubAckErr *pae, void *arg)
{
	struct in_flight *f = arg;
	size_t n = f->n, start = atomic_load(&f->cursor);

	(void)js;
	for (size_t k = 0; k < n; k++) {
		size_t i = (start + k) % n;

		if (f->msg[i] != msg)
			continue;
		if (pae)
			snprintf(f->why, sizeof f->why, "%s",
				pae->ErrText ? pae->ErrText : natsStatus_GetText(pae->Err));
		f->msg[i] = NULL;
		atomic_store(&f->stream_seq[i], pa ? (int64_t)pa->Sequence : -1);
		atomic_store(&f->cursor, i + 1);
		break;
	}
	natsMsg_Destroy(msg);
}

static natsStatus event_message(
	natsMsg **ret, const struct svc *s, const struct db_rows *r, size_t i)
{
	const char *type = db_get_text(r, i, 2), *district = db_get_text(r, i, 4);
	const char *name = strrchr(type, '.'), *trace = db_get_text(r, i, 6);
	int32_t generation = db_get_i32(r, i, 8);
	char subject[160], id[64], source[48], at[TIME_TEXT_MAX];
	size_t len;
	const void *body = db_get_bytes(r, i, 5, &len);
	natsStatus st;

	name = name ? name + 1 : type;
	snprintf(subject, sizeof subject, "jingbao.v1.event.%s.%s", district, name);
	snprintf(source, sizeof source, "/jingbao/%s", s->def->name);
	if (generation)
		snprintf(id, sizeof id, "%s.%d", db_get_text(r, i, 1), generation);
	else
		snprintf(id, sizeof id, "%s", db_get_text(r, i, 1));
	time_to_text(db_get_i64(r, i, 7), at);
	st = natsMsg_Create(ret, subject, NULL, body, (int)len);
#define HEADER(k, v) \
	if (st == NATS_OK) \
	st = natsMsgHeader_Set(*ret, (k), (v))
	HEADER("Nats-Msg-Id", id);
	HEADER("ce-id", db_get_text(r, i, 1));
	HEADER("ce-type", type);
	HEADER("ce-source", source);
	HEADER("ce-specversion", "1.0");
	HEADER("ce-time", at);
	HEADER("ce-subject", db_get_text(r, i, 3));
	HEADER("Jb-District", district);
	if (*trace)
		HEADER("Traceparent", trace);
#undef HEADER
	return st;
}

/* Publishes all rows; returns how many from the start are stored. */
static size_t publish_rows(struct svc *s, const struct db_rows *rows)
{
	struct transport *t = &s->transport;
	jsPubOptions wait;
	natsStatus st = NATS_OK;
	size_t stored = 0;

	flight.n = rows->n;
	flight.why[0] = 0;
	atomic_store(&flight.cursor, 0);
	for (size_t i = 0; i < rows->n; i++) {
		atomic_store(&flight.stream_seq[i], 0);
		flight.msg[i] = NULL;
	}
	for (size_t i = 0; i < rows->n && st == NATS_OK; i++) {
		natsMsg *m = NULL;

		flight.seq[i] = db_get_i64(rows, i, 0);
		st = event_message(&m, s, rows, i);
		flight.msg[i] = m;
		if (st == NATS_OK)
			st = js_PublishMsgAsync(t->js, &m, NULL);
		if (m)
			natsMsg_Destroy(m); /* not taken by the library */
	}
	jsPubOptions_Init(&wait);
	wait.MaxWait = ACK_WAIT_MS;
	if (st != NATS_OK)
		snprintf(flight.why, sizeof flight.why, "%s", natsStatus_GetText(st));
	st = js_PublishAsyncComplete(t->js, &wait);
	if (st != NATS_OK && !flight.why[0])
		snprintf(flight.why, sizeof flight.why, "no answer from JetStream (%s)",
			natsStatus_GetText(st));
	while (stored < rows->n && atomic_load(&flight.stream_seq[stored]) > 0)
		stored++;
	return stored;
}

/* Messages still unanswered would be matched with the next batch: forget them. */
static void forget_pending(struct transport *t)
{
	natsMsgList list = { 0 };

	if (js_PublishAsyncGetPendingList(&list, t->js) == NATS_OK)
		natsMsgList_Destroy(&list);
}

static bool mark_sent(struct transport *t, struct arena *a, size_t n)
{
	int64_t *seq = ARENA_ARRAY(a, int64_t, n), *at = ARENA_ARRAY(a, int64_t, n);

	if (!seq || !at)
		return false;
	for (size_t i = 0; i < n; i++) {
		seq[i] = flight.seq[i];
		at[i] = atomic_load(&flight.stream_seq[i]);
	}
	return run(t, a, &relay_mark, DB_ARGS(db_i64s(seq, n), db_i64s(at, n)), NULL);
}

static bool lead(struct transport *t, struct arena *a)
{
	PGresult *r = NULL;
	struct db_rows rows;

	if (t->leader)
		return true;
	if (!run(t, a, &relay_lock, DB_NONE, &r))
		return false;
	rows = wrap(a, &relay_lock, r);
	t->leader = db_get_bool(&rows, 0, 0);
	PQclear(r);
	return t->leader;
}

/* One batch. True: there may be more at once. */
static bool relay_batch(struct svc *s, struct arena *a)
{
	struct transport *t = &s->transport;
	PGresult *r = NULL;
	struct db_rows rows;
	size_t stored, n;

	if (!lead(t, a) || !run(t, a, &relay_next, DB_NONE, &r))
		return false;
	rows = wrap(a, &relay_next, r);
	n = rows.n;
	stored = n ? publish_rows(s, &rows) : 0;
	PQclear(r);
	if (stored < n) {
		forget_pending(t);
		RELAY_PROBLEM(s, flight.why[0] ? flight.why : "events can't be published");
	} else if (n) {
		RELAY_PROBLEM(s, "");
	}
	if (stored) {
		atomic_fetch_add(&s->stats.sent, (int64_t)stored);
		if (!mark_sent(t, a, stored))
			return false;
	}
	return stored == n && n == RELAY_BATCH;
}

/* ---- the stream ---- */

static void republish(struct svc *s, struct arena *a, const struct db_stmt *st,
	const struct db_arg *args, size_t n, const char *why)
{
	PGresult *r = NULL;
	const char *count;

	if (!run(&s->transport, a, st, args, n, &r))
		return;
	count = PQcmdTuples(r);
	if (*count && strcmp(count, "0") != 0) {
		log_warn("events are sent again", "rows=%s why=\"%s\"", count, why);
		atomic_fetch_add(&s->stats.rebuilt, strtoll(count, NULL, 10));
	}
	PQclear(r);
}

static void check_stream(struct svc *s, struct arena *a)
{
	struct transport *t = &s->transport;
	jsStreamInfo *info = NULL;
	jsErrCode code = 0;
	PGresult *r = NULL;
	struct db_rows rows;
	int64_t before;
	natsStatus st = js_GetStreamInfo(&info, t->js, common.stream, NULL, &code);
	char text[160];

	if (st != NATS_OK) {
		snprintf(text, sizeof text,
			st == NATS_NOT_FOUND ? "stream %s does not exist; run: jbctl streams ensure"
					     : "stream %s gives no answer",
			common.stream);
		RELAY_PROBLEM(s, text);
		return;
	}
	if (run(t, a, &relay_epoch, DB_ARGS(db_i64(info->Created)), &r)) {
		rows = wrap(a, &relay_epoch, r);
		before = db_get_i64(&rows, 0, 0);
		if (before && before != info->Created)
			republish(s, a, &relay_again, DB_NONE, "the stream is a new one");
		PQclear(r);
	}
	republish(s, a, &relay_lost,
		DB_ARGS(db_i64((int64_t)info->State.FirstSeq),
			db_i64((int64_t)info->State.LastSeq)),
		"the stream has lost them");
	t->first_seq = info->State.FirstSeq;
	t->last_seq = info->State.LastSeq;
	if (!atomic_load(&s->stats.outbox_waiting))
		RELAY_PROBLEM(s, "");
	jsStreamInfo_Destroy(info);
}

static void count_waiting(struct svc *s, struct arena *a)
{
	PGresult *r = NULL;
	struct db_rows rows;

	if (!run(&s->transport, a, &relay_count, DB_NONE, &r))
		return;
	rows = wrap(a, &relay_count, r);
	atomic_store(&s->stats.outbox_waiting, db_get_i64(&rows, 0, 0));
	atomic_store(&s->stats.outbox_oldest_us, db_get_i64(&rows, 0, 1));
	PQclear(r);
}

/* ---- the durable consumer ---- */

static void on_event(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *arg)
{
	struct svc *s = arg;

	(void)nc;
	(void)sub;
	if (atomic_load(&s->draining)) {
		natsMsg_Destroy(m); /* not acknowledged: the next process gets it */
		return;
	}
	if (!inbox_push(&s->inbox, (struct inbox_item){ .msg = m, .event = true }))
		abort(); /* no memory; going on would lose it */
}

static natsStatus ensure_consumer(struct svc *s)
{
	jsConsumerConfig cfg;
	jsConsumerInfo *info = NULL;
	jsErrCode code = 0;
	char deliver[96];
	natsStatus st = js_GetConsumerInfo(
		&info, s->transport.js, common.stream, s->def->name, NULL, &code);

	jsConsumerInfo_Destroy(info);
	if (st != NATS_NOT_FOUND)
		return st;
	snprintf(deliver, sizeof deliver, "_DELIVER.%s", s->def->name);
	jsConsumerConfig_Init(&cfg);
	cfg.Durable = s->def->name;
	cfg.DeliverSubject = deliver;
	cfg.DeliverPolicy = js_DeliverAll;
	cfg.AckPolicy = js_AckAll;
	cfg.AckWait = INT64_C(30) * 1000000000;
	cfg.MaxDeliver = -1;
	cfg.MaxAckPending = ACK_PENDING_MAX;
	return js_AddConsumer(NULL, s->transport.js, common.stream, &cfg, NULL, &code);
}

static natsStatus bind_consumer(struct svc *s)
{
	jsSubOptions so;
	jsErrCode code = 0;
	natsStatus st;

	jsSubOptions_Init(&so);
	so.Stream = common.stream;
	so.Consumer = s->def->name;
	so.ManualAck = true;
	st = js_Subscribe(&s->event_sub, s->transport.js, "jingbao.v1.event.>", on_event, s, NULL,
		&so, &code);
	if (st == NATS_OK)
		st = natsSubscription_SetPendingLimits(s->event_sub, -1, -1);
	return st;
}

static void check_consumer(struct svc *s)
{
	jsConsumerInfo *info = NULL;
	jsErrCode code = 0;
	natsStatus st;
	char text[160];

	if (!s->def->events || atomic_load(&s->draining))
		return;
	if (s->event_sub) {
		st = js_GetConsumerInfo(
			&info, s->transport.js, common.stream, s->def->name, NULL, &code);
		jsConsumerInfo_Destroy(info);
		if (st != NATS_NOT_FOUND) {
			snprintf(text, sizeof text, "the consumer gives no answer: %s",
				natsStatus_GetText(st));
			CONSUMER_PROBLEM(s, st == NATS_OK ? "" : text);
			return;
		}
		/* Gone with its stream: Destroy leaves the server's side alone. */
		natsSubscription_Destroy(s->event_sub);
		s->event_sub = NULL;
	}
	st = ensure_consumer(s);
	if (st == NATS_OK)
		st = bind_consumer(s);
	if (st == NATS_OK) {
		CONSUMER_PROBLEM(s, "");
		return;
	}
	snprintf(text, sizeof text, "events are not consumed: %s", natsStatus_GetText(st));
	CONSUMER_PROBLEM(s, text);
}

/* ---- the thread ---- */

static void periodic(struct svc *s, struct arena *a)
{
	struct transport *t = &s->transport;
	int64_t now = mono_us();

	if (now >= t->next_check_us) {
		/* Quick to retry while something is wrong. */
		check_consumer(s);
		if (t->leader)
			check_stream(s, a);
		t->next_check_us = now + (t->consumer_problem[0] ? 1 : CHECK_EVERY_S) * US_PER_S;
	}
	if (now >= t->next_count_us) {
		count_waiting(s, a);
		t->next_count_us = now + COUNT_EVERY_S * US_PER_S;
	}
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

		if (!more)
			poll(&pfd, 1, IDLE_MS);
		eventfd_read(t->wake_fd, &v);
		arena_reset(&arena);
		if (!db_ready(&t->db)) {
			t->leader = false;
			if (atomic_load(&t->stop))
				break;
			more = false;
			continue;
		}
		more = relay_batch(s, &arena);
		if (t->db.pg && !atomic_load(&t->stop))
			periodic(s, &arena);
		if (t->db.pg && t->leader && mono_us() > next_prune) {
			run(t, &arena, &relay_prune,
				DB_ARGS(db_i32((int32_t)common.outbox_keep_hours)), NULL);
			next_prune = mono_us() + 60 * US_PER_S;
		}
		if (!t->db.pg)
			t->leader = false;
		if (atomic_load(&t->stop) && !more)
			break;
	}
	arena_release(&arena);
	return NULL;
}

static bool make_js(struct svc *s)
{
	jsOptions o;

	jsOptions_Init(&o);
	o.Wait = 2000;
	o.PublishAsync.MaxPending = RELAY_BATCH * 2;
	o.PublishAsync.AckHandler = on_pub_ack;
	o.PublishAsync.AckHandlerClosure = &flight;
	return natsConnection_JetStream(&s->transport.js, s->transport.nc, &o) == NATS_OK;
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
	if (!t->nc || !make_js(s)) {
		log_error("transport", "why=\"%s\"", t->nc ? "no JetStream context" : err);
		return false;
	}
	CONSUMER_PROBLEM(s, s->def->events ? "events are not consumed yet" : "");
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
