/* relay.c - publishes the outbox to JetStream: in order of seq, by one leader (an advisory lock),
 * each batch waited for before the next. */
#include "kit/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/log.h"
#include "kit/timeutil.h"

enum { ACK_WAIT_MS = 5000, MARK_LATE_MS = 20 };

const struct db_stmt relay_lock = {
	"relay_lock",
	"select pg_try_advisory_lock(hashtext('relay'), hashtext(current_schema()))",
	.out = { DB_BOOL },
};
/* Who doesn't lead says that he is there, so that the leader looks often for what others wrote. */
const struct db_stmt relay_stand = {
	"relay_stand",
	"select pg_try_advisory_lock_shared(hashtext('relay standby'), hashtext(current_schema()))",
	.out = { DB_BOOL },
};
/* A leader or reader that has asked nothing for so long is stopped, not idle: it looks twice a
 * second. */
const struct db_stmt relay_oust = {
	"relay_oust",
	"select count(pg_terminate_backend(a.pid)) from pg_locks l"
	" join pg_stat_activity a on a.pid = l.pid where l.locktype = 'advisory'"
	" and l.classid::bigint in (hashtext('relay')::bigint & 4294967295,"
	"  hashtext('reader')::bigint & 4294967295)"
	" and l.objid::bigint = hashtext(current_schema())::bigint & 4294967295"
	" and l.granted and a.usename = current_user and a.datname = current_database()"
	" and a.state_change < now() - interval '7 seconds'",
	.out = { DB_I64 },
};
/* $1: sent already, and not marked yet. */
const struct db_stmt relay_next = {
	"relay_next",
	"select seq, id, type, key, district, body, trace, recorded_at, generation from outbox"
	" where sent_at is null and seq <> all ($1) order by seq limit 256",
	.in = { DB_I64S },
	.out = { DB_I64, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_BYTES, DB_TEXT, DB_TIME, DB_I32 },
};
const struct db_stmt relay_mark = {
	"relay_mark",
	"update outbox o set sent_at = clock_timestamp(), stream_seq = m.stream_seq"
	" from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as m (seq, generation, stream_seq)"
	" where o.seq = m.seq and o.generation = m.generation",
	.in = { DB_I64S, DB_I64S, DB_I64S },
};

/* Stored in the stream; the database is told of many at once. */
struct unmarked {
	int64_t seq[2 * RELAY_BATCH], generation[2 * RELAY_BATCH], stream_seq[2 * RELAY_BATCH];
	size_t n;
	int64_t since_us; /* steady clock, of the first */
};

struct in_flight {
	natsMsg *msg[RELAY_BATCH]; /* as handed to the library; only compared */
	int64_t seq[RELAY_BATCH], generation[RELAY_BATCH];
	_Atomic int64_t stream_seq[RELAY_BATCH]; /* 0 waiting, -1 failed */
	size_t n;
	_Atomic size_t cursor;
	char why[160];
};

/* The relay is one thread per process. */
static struct in_flight flight;
static struct unmarked unmarked;

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
	const struct msg_meta *meta = contract_message(&jb_contract, type);
	int32_t generation = db_get_i32(r, i, 8);
	char subject[160], id[64], source[48], at[TIME_TEXT_MAX];
	size_t len;
	const void *body = db_get_bytes(r, i, 5, &len);
	natsStatus st;

	name = name ? name + 1 : type;
	snprintf(subject, sizeof subject, "jingbao.v1.event.%s.%s%s", district,
		meta && meta->aside ? "aside." : "", name);
	snprintf(source, sizeof source, "/jingbao/%s", s->def->name);
	if (generation)
		snprintf(id, sizeof id, "%s.%d", db_get_text(r, i, 1), generation);
	else
		snprintf(id, sizeof id, "%s", db_get_text(r, i, 1));
	time_to_text(db_get_i64(r, i, 7), at);
	st = natsMsg_Create(ret, subject, NULL, body, (int)len);
#define HEADER(k, v) \
	if (st == NATS_OK && *(v)) /* an empty value loses the headers after it */ \
	st = natsMsgHeader_Set(*ret, (k), (v))
	HEADER("Nats-Msg-Id", id);
	HEADER("ce-id", db_get_text(r, i, 1));
	HEADER("ce-type", type);
	HEADER("ce-source", source);
	HEADER("ce-specversion", "1.0");
	HEADER("ce-time", at);
	HEADER("ce-subject", db_get_text(r, i, 3));
	HEADER("Jb-District", district);
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
		flight.generation[i] = db_get_i32(rows, i, 8);
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

static void note_stored(size_t n)
{
	if (!unmarked.n)
		unmarked.since_us = mono_us();
	for (size_t i = 0; i < n; i++, unmarked.n++) {
		unmarked.seq[unmarked.n] = flight.seq[i];
		unmarked.generation[unmarked.n] = flight.generation[i];
		unmarked.stream_seq[unmarked.n] = atomic_load(&flight.stream_seq[i]);
	}
}

bool relay_mark_sent(struct svc *s, struct arena *a)
{
	const struct unmarked *u = &unmarked;

	if (u->n && !transport_run(&s->transport, a, &relay_mark,
			    DB_ARGS(db_i64s(u->seq, u->n), db_i64s(u->generation, u->n),
				    db_i64s(u->stream_seq, u->n)),
			    NULL))
		return false;
	unmarked.n = 0;
	return true;
}

int relay_mark_wait_ms(void)
{
	int64_t left;

	if (!unmarked.n)
		return -1;
	left = unmarked.since_us + MARK_LATE_MS * US_PER_MS - mono_us();
	return left > 0 && unmarked.n <= RELAY_BATCH ? (int)(left / US_PER_MS) + 1 : 0;
}

static bool lead(struct transport *t, struct arena *a)
{
	PGresult *r = NULL;
	struct db_rows rows;

	if (t->leader)
		return true;
	if (!transport_run(t, a, &relay_lock, DB_NONE, &r))
		return false;
	rows = transport_rows(a, &relay_lock, r);
	t->leader = db_get_bool(&rows, 0, 0);
	PQclear(r);
	if (!t->leader && !t->standing)
		t->standing = transport_run(t, a, &relay_stand, DB_NONE, NULL);
	return t->leader;
}

bool relay_batch(struct svc *s, struct arena *a)
{
	struct transport *t = &s->transport;
	PGresult *r = NULL;
	struct db_rows rows;
	size_t stored, n;

	/* The next batch must find room. */
	if (unmarked.n > RELAY_BATCH && !relay_mark_sent(s, a))
		return false;
	if (!lead(t, a) ||
		!transport_run(t, a, &relay_next, DB_ARGS(db_i64s(unmarked.seq, unmarked.n)), &r))
		return false;
	rows = transport_rows(a, &relay_next, r);
	n = rows.n;
	stored = n ? publish_rows(s, &rows) : 0;
	PQclear(r);
	if (stored < n) {
		forget_pending(t);
		relay_problem(s, flight.why[0] ? flight.why : "events can't be published");
	} else if (n) {
		relay_problem(s, "");
	}
	note_stored(stored);
	atomic_fetch_add(&s->stats.sent, (int64_t)stored);
	return stored == n && n == RELAY_BATCH;
}

bool relay_make_js(struct svc *s)
{
	jsOptions o;

	jsOptions_Init(&o);
	o.Wait = 2000;
	o.PublishAsync.MaxPending = RELAY_BATCH * 2;
	o.PublishAsync.AckHandler = on_pub_ack;
	o.PublishAsync.AckHandlerClosure = &flight;
	return natsConnection_JetStream(&s->transport.js, s->transport.nc, &o) == NATS_OK;
}
