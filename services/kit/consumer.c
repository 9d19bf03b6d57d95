/* consumer.c - the stream as seen from a service: is it there, is it the one we knew, has it lost
 * what we sent; and the durable consumer, made and made again. */
#include "kit/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/log.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

enum { ACK_PENDING_MAX = 2048 };

const struct db_stmt relay_lost = {
	"relay_lost",
	"update outbox set sent_at = null, generation = generation + 1"
	" where sent_at > now() - interval '1 hour' and (stream_seq < $1 or stream_seq > $2)",
	.in = { DB_I64, DB_I64 },
};
const struct db_stmt relay_epoch = {
	"relay_epoch",
	"insert into transport_state as t (id, stream_created) values (1, $1) on conflict (id) do "
	"update"
	" set stream_created = excluded.stream_created"
	" returning (select stream_created from transport_state where id = 1)",
	.in = { DB_I64 },
	.out = { DB_I64 },
};
const struct db_stmt relay_again = {
	"relay_again",
	"update outbox set sent_at = null, generation = generation + 1"
	" where sent_at is not null and recorded_at > now() - interval '1 day'",
	.in = { DB_END },
};
const struct db_stmt reader_lock = {
	"reader_lock",
	"select pg_try_advisory_lock(hashtext('reader'), hashtext(current_schema()))",
	.out = { DB_BOOL },
};

/* ---- the stream ---- */

static void republish(struct svc *s, struct arena *a, const struct db_stmt *st,
	const struct db_arg *args, size_t n, const char *why)
{
	PGresult *r = NULL;
	const char *count;

	if (!transport_run(&s->transport, a, st, args, n, &r))
		return;
	count = PQcmdTuples(r);
	if (*count && strcmp(count, "0") != 0) {
		log_warn("events are sent again", "rows=%s why=\"%s\"", count, why);
		atomic_fetch_add(&s->stats.rebuilt, strtoll(count, NULL, 10));
	}
	PQclear(r);
}

void check_stream(struct svc *s, struct arena *a)
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
		relay_problem(s, text);
		return;
	}
	if (transport_run(t, a, &relay_epoch, DB_ARGS(db_i64(info->Created)), &r)) {
		rows = transport_rows(a, &relay_epoch, r);
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
		relay_problem(s, "");
	jsStreamInfo_Destroy(info);
}

/* ---- the durable consumer ----
 *
 * It acknowledges all up to a message, so nothing behind a delivery that never arrived (a process
 * killed, a connection cut) may be acknowledged. Two rules keep that: a subscription starts with no
 * delivery outstanding - else the consumer is made again from behind the last acknowledged one -
 * and takes deliveries in their number's order only; after a number missed it is made again too.
 * What comes twice by that is settled by the inbox table.
 *
 * Of several processes one reads: who holds the advisory lock "reader". The consumer delivers to a
 * subject of his own; whoever takes over makes it again, delivering to him. One that was stopped
 * meanwhile has lost the lock with its session, finds the consumer another's and stands by. */

static struct event_reader *reader_now(struct svc *s)
{
	return &s->readers[atomic_load(&s->event_epoch) % 2];
}

bool consumer_broken(struct svc *s)
{
	return s->event_sub && atomic_load(&reader_now(s)->broken);
}

static bool in_order(struct event_reader *r, natsMsg *m)
{
	jsMsgMetaData *meta = NULL;
	bool ok = !atomic_load(&r->broken) && natsMsg_GetMetaData(&meta, m) == NATS_OK &&
		  meta->Sequence.Consumer == r->expect;

	jsMsgMetaData_Destroy(meta);
	if (ok)
		r->expect++;
	return ok;
}

static void on_event(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *arg)
{
	struct event_reader *r = arg;
	struct svc *s = r->s;

	(void)nc;
	(void)sub;
	if (atomic_load(&s->draining)) {
		natsMsg_Destroy(m); /* not acknowledged: the next process gets it */
		return;
	}
	if (!in_order(r, m)) {
		natsMsg_Destroy(m);
		if (!atomic_exchange(&r->broken, true))
			transport_wake(s);
		return;
	}
	if (!inbox_push(
		    &s->inbox, (struct inbox_item){ .msg = m, .event = true, .epoch = r->epoch }))
		abort(); /* no memory; going on would lose it */
}

/* All events, or those without the asides. */
static const char *filter_of(const struct svc *s)
{
	return s->def->takes_asides ? "jingbao.v1.event.>" : "jingbao.v1.event.*.*";
}

/* Where this process wants deliveries; another's consumer says otherwise. */
static const char *deliver_here(struct svc *s)
{
	static char subject[96];
	char id[UUID_TEXT];

	if (!*subject)
		snprintf(subject, sizeof subject, "_DELIVER.%s.%s", s->def->name, uuid_v7(id));
	return subject;
}

static bool delivers_here(struct svc *s, const jsConsumerInfo *info)
{
	return info->Config && info->Config->DeliverSubject &&
	       !strcmp(info->Config->DeliverSubject, deliver_here(s));
}

static natsStatus add_consumer(struct svc *s, uint64_t from_seq)
{
	jsConsumerConfig cfg;
	jsErrCode code = 0;

	jsConsumerConfig_Init(&cfg);
	cfg.Durable = s->def->name;
	cfg.DeliverSubject = deliver_here(s);
	cfg.FilterSubject = filter_of(s);
	cfg.DeliverPolicy = from_seq ? js_DeliverByStartSequence : js_DeliverAll;
	cfg.OptStartSeq = from_seq;
	cfg.AckPolicy = js_AckAll;
	cfg.AckWait = INT64_C(30) * 1000000000;
	cfg.MaxDeliver = -1;
	cfg.MaxAckPending = ACK_PENDING_MAX;
	return js_AddConsumer(NULL, s->transport.js, common.stream, &cfg, NULL, &code);
}

static natsStatus remake_consumer(struct svc *s, uint64_t from_seq)
{
	jsErrCode code = 0;
	natsStatus st =
		js_DeleteConsumer(s->transport.js, common.stream, s->def->name, NULL, &code);

	if (st != NATS_OK && st != NATS_NOT_FOUND)
		return st;
	log_info("consumer made again", "from_seq=%llu", (unsigned long long)from_seq);
	return add_consumer(s, from_seq);
}

/* A consumer of ours that waits for no acknowledgement; *ret_next is the number of its next
 * delivery. One that does and is bound belonged to a process just killed: that shows in a second.
 * Ours, when broken, may still look bound. */
static natsStatus ensure_consumer(struct svc *s, bool broken, uint64_t *ret_next)
{
	jsConsumerInfo *info = NULL;
	jsErrCode code = 0;
	uint64_t from, next;
	const char *filter;
	bool waits, bound, ours;
	natsStatus st = js_GetConsumerInfo(
		&info, s->transport.js, common.stream, s->def->name, NULL, &code);

	*ret_next = 1;
	if (st == NATS_NOT_FOUND)
		return add_consumer(s, 0);
	if (st != NATS_OK)
		return st;
	filter = info->Config->FilterSubject;
	/* Neither another process's nor one of an older version. */
	ours = delivers_here(s, info) && filter && !strcmp(filter, filter_of(s));
	waits = info->NumAckPending > 0;
	bound = info->PushBound;
	from = info->AckFloor.Stream + 1;
	next = info->Delivered.Consumer + 1;
	jsConsumerInfo_Destroy(info);
	if (!ours || broken || (waits && !bound))
		return remake_consumer(s, from);
	*ret_next = next;
	return waits ? NATS_ILLEGAL_STATE : NATS_OK;
}

static natsStatus bind_consumer(struct svc *s, unsigned epoch, uint64_t next)
{
	struct event_reader *r = &s->readers[epoch % 2];
	jsSubOptions so;
	jsErrCode code = 0;
	natsStatus st;

	r->s = s;
	r->epoch = epoch;
	r->expect = next;
	atomic_store(&r->broken, false);
	jsSubOptions_Init(&so);
	so.Stream = common.stream;
	so.Consumer = s->def->name;
	so.ManualAck = true;
	st = js_Subscribe(
		&s->event_sub, s->transport.js, filter_of(s), on_event, r, NULL, &so, &code);
	if (st == NATS_OK)
		st = natsSubscription_SetPendingLimits(s->event_sub, -1, -1);
	return st;
}

/* True while the subscription is good, or can't be judged now. */
static bool consumer_stands(struct svc *s)
{
	jsConsumerInfo *info = NULL;
	jsErrCode code = 0;
	natsStatus st;
	bool ours;
	char text[160];

	if (!s->event_sub || consumer_broken(s))
		return false;
	st = js_GetConsumerInfo(&info, s->transport.js, common.stream, s->def->name, NULL, &code);
	ours = st != NATS_OK || delivers_here(s, info);
	jsConsumerInfo_Destroy(info);
	if (st == NATS_NOT_FOUND || !ours)
		return false;
	snprintf(text, sizeof text, "the consumer gives no answer: %s", natsStatus_GetText(st));
	consumer_problem(s, st == NATS_OK ? "" : text);
	return true;
}

/* Lets go of a subscription that is no good; true when deliveries were missed by it. */
static bool drop_subscription(struct svc *s)
{
	bool broken = consumer_broken(s);

	if (broken)
		log_warn("events were lost on the way", "what=\"%s\"",
			"they are delivered again from the last one acknowledged");
	natsSubscription_Destroy(s->event_sub); /* leaves the server's side alone */
	s->event_sub = NULL;
	return broken;
}

/* True while this process is the one that reads. */
static bool reads(struct svc *s, struct arena *a)
{
	struct transport *t = &s->transport;
	PGresult *r = NULL;
	struct db_rows rows;

	if (t->reader || !transport_run(t, a, &reader_lock, DB_NONE, &r))
		return t->reader;
	rows = transport_rows(a, &reader_lock, r);
	t->reader = db_get_bool(&rows, 0, 0);
	PQclear(r);
	return t->reader;
}

void check_consumer(struct svc *s, struct arena *a)
{
	natsStatus st;
	uint64_t next;
	unsigned epoch;
	char text[160];

	if (!s->def->events || atomic_load(&s->draining))
		return;
	if (!reads(s, a)) {
		s->deliveries_missed |= drop_subscription(s);
		consumer_problem(s, "");
		return;
	}
	if (consumer_stands(s))
		return;
	s->deliveries_missed |= drop_subscription(s);
	/* From here on nothing an earlier subscription brought is acknowledged: the numbers of a
	 * consumer made again start from 1, and a higher one would stop it. */
	epoch = atomic_fetch_add(&s->event_epoch, 1) + 1;
	st = ensure_consumer(s, s->deliveries_missed, &next);
	if (st == NATS_OK)
		st = bind_consumer(s, epoch, next);
	if (st == NATS_OK) {
		s->deliveries_missed = false;
		consumer_problem(s, "");
		return;
	}
	snprintf(text, sizeof text, "events are not consumed: %s", natsStatus_GetText(st));
	consumer_problem(s, text);
}
