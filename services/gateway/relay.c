/* relay.c - requests over NATS for whoever waits: one connection, one inbox, deadlines. */
#include "gateway/relay.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gateway/slots.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

struct relay {
	_Atomic(natsConnection *) nc;
	natsSubscription *sub;
	struct slots *slots;
	char inbox[96]; /* "_INBOX.gateway.<id>." */
	size_t inbox_len;
	_Atomic uint64_t late;
};

struct relay *relay_new(uint32_t slots)
{
	struct relay *r = calloc(1, sizeof *r);
	char id[UUID_TEXT];

	if (!r)
		return NULL;
	r->slots = slots_new(slots);
	if (!r->slots) {
		free(r);
		return NULL;
	}
	/* Another gateway's replies must not come here. */
	r->inbox_len =
		(size_t)snprintf(r->inbox, sizeof r->inbox, "_INBOX.gateway.%s.", uuid_v7(id));
	return r;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	slots_free(r->slots);
	free(r);
}

static void on_reply(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *arg)
{
	struct relay *r = arg;
	uint32_t slot, gen;
	struct waiter *w = NULL;

	(void)nc;
	(void)sub;
	if (slot_from_subject(natsMsg_GetSubject(m), r->inbox_len, &slot, &gen))
		w = slots_take(r->slots, slot, gen);
	if (!w) {
		atomic_fetch_add(&r->late, 1);
		natsMsg_Destroy(m);
	} else if (natsMsg_IsNoResponders(m)) {
		natsMsg_Destroy(m);
		w->done(w, RELAY_NOBODY, NULL);
	} else {
		w->done(w, RELAY_REPLY, m);
	}
}

bool relay_attach(struct relay *r, natsConnection *nc, char *err, size_t err_size)
{
	char all[sizeof r->inbox + 2];

	snprintf(all, sizeof all, "%s>", r->inbox);
	natsStatus s = natsConnection_Subscribe(&r->sub, nc, all, on_reply, r);
	if (s == NATS_OK)
		s = natsSubscription_SetPendingLimits(r->sub, -1, -1);
	if (s == NATS_OK)
		s = natsConnection_FlushTimeout(nc, 5000);
	if (s != NATS_OK) {
		snprintf(err, err_size, "cannot subscribe '%s': %s", all, natsStatus_GetText(s));
		return false;
	}
	atomic_store(&r->nc, nc);
	return true;
}

natsConnection *relay_connection(struct relay *r)
{
	return atomic_load(&r->nc);
}

static natsStatus publish(natsConnection *nc, const char *subject, const char *reply,
	const struct relay_header *headers, size_t n, const void *body, size_t len)
{
	natsMsg *m = NULL;
	natsStatus s = natsMsg_Create(&m, subject, reply, body, (int)len);

	for (size_t i = 0; s == NATS_OK && i < n; i++) {
		if (headers[i].value && *headers[i].value)
			s = natsMsgHeader_Set(m, headers[i].name, headers[i].value);
	}
	if (s == NATS_OK)
		s = natsConnection_PublishMsg(nc, m);
	natsMsg_Destroy(m);
	return s;
}

bool relay_send(struct relay *r, const char *subject, const struct relay_header *headers,
	size_t n_headers, const void *body, size_t len, int64_t timeout_us, struct waiter *w)
{
	natsConnection *nc = atomic_load(&r->nc);
	uint32_t slot, gen;
	char reply[sizeof r->inbox + SLOT_TOKEN], token[SLOT_TOKEN];

	if (!nc || !slots_put(r->slots, w, mono_us() + timeout_us, &slot, &gen))
		return false;
	snprintf(reply, sizeof reply, "%s%s", r->inbox, slot_token(slot, gen, token));
	if (publish(nc, subject, reply, headers, n_headers, body, len) == NATS_OK)
		return true;
	/* Whoever took it meanwhile has told the waiter. */
	return slots_take(r->slots, slot, gen) == NULL;
}

static void end_due(struct relay *r, int64_t now, enum relay_end how)
{
	struct waiter *w;

	while ((w = slots_take_due(r->slots, now)))
		w->done(w, how, NULL);
}

void relay_tick(struct relay *r, int64_t now)
{
	end_due(r, now, RELAY_TIMEOUT);
}

void relay_abandon(struct relay *r)
{
	end_due(r, INT64_MAX, RELAY_DOWN);
}

uint32_t relay_inflight(struct relay *r)
{
	return slots_used(r->slots);
}

uint64_t relay_late(struct relay *r)
{
	return atomic_load(&r->late);
}

void relay_close(struct relay *r)
{
	natsConnection *nc = atomic_exchange(&r->nc, NULL);

	if (!nc)
		return;
	natsSubscription_Unsubscribe(r->sub);
	natsConnection_FlushTimeout(nc, 1000);
	natsConnection_Close(nc);
	natsSubscription_Destroy(r->sub);
	natsConnection_Destroy(nc);
}
