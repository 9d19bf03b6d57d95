/* jsread.c - reading the event stream by short-lived consumers of our own. */
#include "gateway/jsread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"
#include "kit/uuid.h"

enum { HEARTBEAT_S = 2, SILENCE_S = 5, API_WAIT_MS = 2000 };

static jsCtx *context(natsConnection *nc)
{
	jsCtx *js = NULL;
	jsOptions o;

	jsOptions_Init(&o);
	o.Wait = API_WAIT_MS;
	return natsConnection_JetStream(&js, nc, &o) == NATS_OK ? js : NULL;
}

bool js_look(natsConnection *nc, const char *stream, struct stream_state *ret, const char **ret_why)
{
	jsCtx *js = context(nc);
	jsStreamInfo *si = NULL;
	jsErrCode code = 0;
	natsStatus s = js ? js_GetStreamInfo(&si, js, stream, NULL, &code) : NATS_NO_MEMORY;

	if (s == NATS_OK) {
		ret->created_us = (uint64_t)si->Created / 1000;
		ret->first = si->State.FirstSeq;
		ret->last = si->State.LastSeq;
	} else {
		*ret_why = code == JSStreamNotFoundErr ? "there is no event stream"
						       : "the event stream can't be read";
	}
	jsStreamInfo_Destroy(si);
	jsCtx_Destroy(js);
	return s == NATS_OK;
}

static uint64_t reconnects(natsConnection *nc)
{
	natsStatistics *st = NULL;
	uint64_t n = 0;

	if (natsStatistics_Create(&st) == NATS_OK && natsConnection_GetStats(nc, st) == NATS_OK)
		natsStatistics_GetCounts(st, NULL, NULL, NULL, NULL, &n);
	natsStatistics_Destroy(st);
	return n;
}

static bool add_consumer(struct js_reader *r, jsConsumerConfig *cfg, uint64_t start_seq)
{
	jsCtx *js = context(r->nc);
	jsConsumerInfo *ci = NULL;
	bool ok = false;

	cfg->DeliverPolicy = js_DeliverByStartSequence;
	cfg->OptStartSeq = start_seq ? start_seq : 1;
	cfg->MemoryStorage = true;
	cfg->InactiveThreshold = INT64_C(30) * 1000000000;
	if (js && js_AddConsumer(&ci, js, r->stream, cfg, NULL, NULL) == NATS_OK) {
		snprintf(r->name, sizeof r->name, "%s", ci->Name);
		ok = true;
	}
	jsConsumerInfo_Destroy(ci);
	jsCtx_Destroy(js);
	r->heard_us = mono_us();
	r->reconnects = reconnects(r->nc);
	r->next = 1;
	return ok;
}

static bool subscribe(struct js_reader *r, natsConnection *nc, const char *stream, char inbox[96])
{
	char id[UUID_TEXT];

	*r = (struct js_reader){ .nc = nc, .stream = stream };
	snprintf(inbox, 96, "_INBOX.gateway.read.%s", uuid_v7(id));
	return natsConnection_SubscribeSync(&r->sub, nc, inbox) == NATS_OK &&
	       natsSubscription_SetPendingLimits(r->sub, -1, -1) == NATS_OK;
}

bool js_reader_push(struct js_reader *r, natsConnection *nc, const char *stream, uint64_t start_seq)
{
	jsConsumerConfig cfg;
	char inbox[96];

	jsConsumerConfig_Init(&cfg);
	cfg.DeliverSubject = inbox;
	cfg.AckPolicy = js_AckNone;
	cfg.FlowControl = true;
	cfg.Heartbeat = (int64_t)HEARTBEAT_S * 1000000000;
	if (subscribe(r, nc, stream, inbox) && add_consumer(r, &cfg, start_seq))
		return true;
	js_reader_close(r);
	return false;
}

bool js_reader_pull(
	struct js_reader *r, natsConnection *nc, const char *stream, uint64_t start_seq, int batch)
{
	jsConsumerConfig cfg;
	char inbox[96], subject[160], ask[64];

	jsConsumerConfig_Init(&cfg);
	cfg.AckPolicy = js_AckExplicit; /* pulling asks for it; nothing is ever acked */
	cfg.MaxAckPending = batch + 1;
	if (subscribe(r, nc, stream, inbox) && add_consumer(r, &cfg, start_seq)) {
		snprintf(subject, sizeof subject, "$JS.API.CONSUMER.MSG.NEXT.%s.%s", stream,
			r->name);
		snprintf(ask, sizeof ask, "{\"batch\":%d,\"no_wait\":true}", batch);
		if (natsConnection_PublishRequestString(nc, subject, inbox, ask) == NATS_OK)
			return true;
	}
	js_reader_close(r);
	return false;
}

/* $JS.ACK.<stream>.<consumer>.<delivered>.<seq>.<consumer seq>.<time>.<pending>; newer servers put
 * domain and account before the stream. */
static bool read_sequences(const char *reply, struct js_message *ret)
{
	const char *tokens[12];
	size_t n = 0;

	for (const char *p = reply; p && n < 12; p = strchr(p, '.')) {
		p += *p == '.';
		tokens[n++] = p;
	}
	size_t at = n == 9 ? 5 : 7;
	if ((n != 9 && n < 11) || strncmp(reply, "$JS.ACK.", 8) != 0)
		return false;
	ret->seq = strtoull(tokens[at], NULL, 10);
	ret->consumer_seq = strtoull(tokens[at + 1], NULL, 10);
	ret->pending = strtoull(tokens[at + 3], NULL, 10);
	return ret->seq != 0;
}

/* Heartbeats keep us sure; flow control wants an echo. */
static enum js_next control(struct js_reader *r, natsMsg *m, const char *status)
{
	const char *stalled = NULL;
	enum js_next what = JS_QUIET;

	if (strcmp(status, "100") == 0) {
		natsMsgHeader_Get(m, "Nats-Consumer-Stalled", &stalled);
		const char *to = natsMsg_GetReply(m) ? natsMsg_GetReply(m) : stalled;
		if (to)
			natsConnection_Publish(r->nc, to, NULL, 0);
	} else {
		what = strcmp(status, "404") == 0 || strcmp(status, "408") == 0 ? JS_END
										: JS_BROKEN;
	}
	natsMsg_Destroy(m);
	return what;
}

enum js_next js_reader_next(struct js_reader *r, int64_t wait_ms, struct js_message *ret)
{
	natsMsg *m = NULL;
	const char *status = NULL;
	natsStatus s = natsSubscription_NextMsg(&m, r->sub, wait_ms);

	/* A server that came back has forgotten consumers kept in memory; don't wait for silence.
	 */
	if (s == NATS_TIMEOUT)
		return mono_us() - r->heard_us > SILENCE_S * US_PER_S ||
				       reconnects(r->nc) != r->reconnects
			       ? JS_BROKEN
			       : JS_QUIET;
	if (s != NATS_OK)
		return JS_BROKEN;
	r->heard_us = mono_us();
	if (natsMsg_IsNoResponders(m)) {
		natsMsg_Destroy(m);
		return JS_BROKEN;
	}
	if (natsMsgHeader_Get(m, "Status", &status) == NATS_OK && status)
		return control(r, m, status);
	if (!natsMsg_GetReply(m) || !read_sequences(natsMsg_GetReply(m), ret) ||
		ret->consumer_seq != r->next) {
		natsMsg_Destroy(m);
		return JS_BROKEN;
	}
	r->next++;
	ret->msg = m;
	return JS_MESSAGE;
}

void js_reader_close(struct js_reader *r)
{
	jsCtx *js = *r->name ? context(r->nc) : NULL;

	natsSubscription_Destroy(r->sub);
	r->sub = NULL;
	if (js)
		js_DeleteConsumer(js, r->stream, r->name, NULL, NULL); /* it would end by itself */
	jsCtx_Destroy(js);
	*r->name = '\0';
}
