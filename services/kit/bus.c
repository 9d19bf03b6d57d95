/* bus.c - NATS connections of a process: made once, reconnecting for ever, errors remembered. */
#include "kit/bus.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "kit/log.h"
#include "kit/timeutil.h"

static pthread_mutex_t problem_lock = PTHREAD_MUTEX_INITIALIZER;
static char problem_text[256];
static int64_t problem_at;
static _Atomic int64_t down_since;

static void on_error(natsConnection *nc, natsSubscription *sub, natsStatus err, void *arg)
{
	const char *text = NULL;
	char quoted[256];

	(void)sub;
	(void)arg;
	natsConnection_GetLastError(nc, &text);
	if (!text || !*text)
		text = natsStatus_GetText(err);
	pthread_mutex_lock(&problem_lock);
	snprintf(problem_text, sizeof problem_text, "%s", text);
	problem_at = now_us();
	pthread_mutex_unlock(&problem_lock);
	log_error("nats error", "why=%s", log_quote(text, quoted, sizeof quoted));
}

static void on_disconnected(natsConnection *nc, void *arg)
{
	(void)arg;
	if (natsConnection_IsClosed(nc))
		return; /* our own doing */
	if (!atomic_load(&down_since))
		atomic_store(&down_since, now_us());
	log_warn("nats connection lost", "reconnecting=%s", "yes");
}

static void on_reconnected(natsConnection *nc, void *arg)
{
	(void)nc;
	(void)arg;
	atomic_store(&down_since, 0);
	log_info("nats connection back", "reconnected=%s", "yes");
}

natsConnection *bus_connect(const struct bus_options *o, char *err, size_t err_size)
{
	natsOptions *opts = NULL;
	natsConnection *nc = NULL;
	char inbox[80];
	natsStatus s = natsOptions_Create(&opts);

	snprintf(inbox, sizeof inbox, "_INBOX.%s", o->name);
#define STEP(call) \
	if (s == NATS_OK) \
	s = (call)
	STEP(natsOptions_SetURL(opts, o->url));
	STEP(natsOptions_SetName(opts, o->name));
	if (o->user && *o->user)
		STEP(natsOptions_SetUserInfo(opts, o->user, o->password));
	STEP(natsOptions_SetCustomInboxPrefix(opts, inbox));
	STEP(natsOptions_SetSendAsap(opts, o->send_asap));
	STEP(natsOptions_SetMaxReconnect(opts, -1));
	STEP(natsOptions_SetReconnectWait(opts, 100));
	STEP(natsOptions_SetReconnectJitter(opts, 100, 100));
	/* What can't be sent now is refused at once, not kept: callers and the outbox repeat it. */
	STEP(natsOptions_SetReconnectBufSize(opts, 1));
	STEP(natsOptions_SetFailRequestsOnDisconnect(opts, true));
	STEP(natsOptions_SetPingInterval(opts, 5000));
	STEP(natsOptions_SetMaxPingsOut(opts, 2));
	STEP(natsOptions_SetWriteDeadline(opts, 5000));
	STEP(natsOptions_SetIgnoreDiscoveredServers(opts, true));
	STEP(natsOptions_SetErrorHandler(opts, on_error, NULL));
	STEP(natsOptions_SetDisconnectedCB(opts, on_disconnected, NULL));
	STEP(natsOptions_SetReconnectedCB(opts, on_reconnected, NULL));
	STEP(natsConnection_Connect(&nc, opts));
#undef STEP
	if (s != NATS_OK)
		snprintf(err, err_size, "no connection to NATS at %s: %s", o->url,
			natsStatus_GetText(s));
	natsOptions_Destroy(opts);
	return s == NATS_OK ? nc : NULL;
}

char *bus_problem(char *buf, size_t size, int64_t *ret_at_us)
{
	pthread_mutex_lock(&problem_lock);
	snprintf(buf, size, "%s", problem_text);
	*ret_at_us = problem_at;
	pthread_mutex_unlock(&problem_lock);
	return buf;
}

int64_t bus_down_since(void)
{
	return atomic_load(&down_since);
}

const char *bus_header(natsMsg *m, const char *name)
{
	const char *v = NULL;

	return natsMsgHeader_Get(m, name, &v) == NATS_OK && v ? v : "";
}
