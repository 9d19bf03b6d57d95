/* consumer.c - the stream as seen from a service: is it there, is it the one we knew, has it lost
 * what we sent; and the durable consumer, made and made again. */
#include "kit/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/log.h"
#include "kit/timeutil.h"

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

void check_consumer(struct svc *s)
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
			consumer_problem(s, st == NATS_OK ? "" : text);
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
		consumer_problem(s, "");
		return;
	}
	snprintf(text, sizeof text, "events are not consumed: %s", natsStatus_GetText(st));
	consumer_problem(s, text);
}
