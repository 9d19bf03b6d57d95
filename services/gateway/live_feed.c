/* live_feed.c - the thread that takes live events from core NATS. */
#include <string.h>
#include <unistd.h>
#include "gateway/metrics.h"
#include "gateway/stream_internal.h"
#include "kit/bus.h"
#include "kit/timeutil.h"

enum {
	ARENA_BYTES = 1 << 20,
	QUIET_MS = 500,
	GAP_US = 25000, /* streams are woken at most so often */
	BURST = 2000,
	PENDING = 1 << 16,
};

static bool stopping(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	bool stop = s->stop;
	pthread_mutex_unlock(&s->lock);
	return stop;
}

static void take(struct stream *s, natsMsg *m, struct arena *a)
{
	struct frame *f = frame_of(s, m, 0, NULL, a);

	natsMsg_Destroy(m);
	if (!f)
		return;
	metrics_count(s->g->metrics, COUNT_LIVE);
	pthread_mutex_lock(&s->lock);
	live_put(&s->live, f);
	pthread_mutex_unlock(&s->lock);
}

/* Under the lock. Who sees none of what came moves on. */
static bool has_news(struct stream *s, struct client *c)
{
	uint64_t place = c->live_place;
	struct frame *f;

	while ((f = live_next(&s->live, &place))) {
		if (frame_visible(f, c->who, &c->want))
			return true;
		c->live_place = place;
	}
	return false;
}

static void wake_clients(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	for (struct client *c = s->clients; c; c = c->next)
		if (c->waiting && c->state == CLIENT_LIVE && has_news(s, c))
			client_wake(c);
	pthread_mutex_unlock(&s->lock);
}

static natsSubscription *subscribe(struct stream *s)
{
	natsConnection *nc = relay_connection(s->g->relay);
	natsSubscription *sub = NULL;

	if (!nc || natsConnection_SubscribeSync(&sub, nc, "jingbao.v1.live.>") != NATS_OK)
		return NULL;
	/* What is dropped beyond that, the next one of the same key repairs. */
	natsSubscription_SetPendingLimits(sub, PENDING, -1);
	return sub;
}

void *live_run(void *arg)
{
	struct stream *s = arg;
	natsSubscription *sub = NULL;
	struct arena a;

	arena_init(&a, ARENA_BYTES);
	while (!stopping(s)) {
		natsMsg *m = NULL;
		if (!sub && !(sub = subscribe(s))) {
			usleep(QUIET_MS * 1000);
			continue;
		}
		natsStatus st = natsSubscription_NextMsg(&m, sub, QUIET_MS);
		if (st != NATS_OK) {
			/* Away: the subscription comes back with the connection. */
			if (st != NATS_TIMEOUT)
				usleep(QUIET_MS * 1000);
			continue;
		}
		int n = 0;
		do
			take(s, m, &a);
		while (++n < BURST && natsSubscription_NextMsg(&m, sub, 1) == NATS_OK);
		wake_clients(s);
		usleep(GAP_US);
	}
	natsSubscription_Destroy(sub);
	arena_release(&a);
	return NULL;
}
