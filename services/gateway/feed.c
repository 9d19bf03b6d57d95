/* feed.c - the two threads that read the event stream: the feed of the ring, and catching up. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "gateway/jsread.h"
#include "gateway/metrics.h"
#include "gateway/stream_internal.h"
#include "kit/bus.h"
#include "kit/log.h"
#include "kit/timeutil.h"

enum {
	HISTORY = 512, /* events read at start, so that short absences need no slice */
	SLICE_MESSAGES = 512,
	ARENA_BYTES = 8 << 20,
	QUIET_MS = 200,
	RETRY_MS = 250,
};

struct frame *frame_of(
	struct stream *s, natsMsg *m, uint64_t seq, const char *epoch, struct arena *a)
{
	struct frame_source src = {
		.subject = natsMsg_GetSubject(m),
		.id = bus_header(m, "ce-id"),
		.type = bus_header(m, "ce-type"),
		.time = bus_header(m, "ce-time"),
		.body = natsMsg_GetData(m),
		.len = (size_t)natsMsg_GetDataLength(m),
		.seq = seq,
		.epoch = epoch,
	};

	arena_reset(a);
	return frame_new(s->g->contract, &src, a);
}

static bool stopping(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	bool stop = s->stop;
	pthread_mutex_unlock(&s->lock);
	return stop;
}

static void pause_ms(struct stream *s, int ms)
{
	for (; ms > 0 && !stopping(s); ms -= 50)
		usleep(50000);
}

/* ---- the feed ---- */

/* The new frame is on the ring: wake who may see it, move on who may not. Under the lock. */
static void tell_clients(struct stream *s, const struct frame *f)
{
	for (struct client *c = s->clients; c; c = c->next) {
		if (f->session_ended && strcmp(f->session_ended, c->who->session_id) == 0)
			client_end(c, "the session has ended");
		if (!c->waiting || c->state != CLIENT_LIVE)
			continue;
		if (f->seq >= c->seq && frame_visible(f, c->who, &c->want)) {
			client_wake(c);
			continue;
		}
		c->place = s->ring.head;
		if (f->seq >= c->seq)
			c->seq = f->seq + 1;
	}
}

static void take_event(struct stream *s, struct js_message *m, struct arena *a)
{
	struct frame *f = frame_of(s, m->msg, m->seq, s->epoch, a);

	if (!f) /* of a newer contract than ours, or broken: nobody can be shown it */
		log_warn("event not shown", "seq=%" PRIu64, m->seq);
	if (f && f->session_ended)
		sessions_drop(s->g->sessions, f->session_ended);
	pthread_mutex_lock(&s->lock);
	ring_add(&s->ring, m->seq, f);
	if (f)
		tell_clients(s, f);
	pthread_mutex_unlock(&s->lock);
	metrics_count(s->g->metrics, COUNT_EVENTS);
	natsMsg_Destroy(m->msg);
}

/* Another stream, or this one lost its end: what clients know of it is void. Under the lock. */
static void restart(
	struct stream *s, const struct stream_state *st, const char *epoch, const char *why)
{
	bool first_time = !*s->epoch;
	uint64_t from = st->first ? st->first : 1;

	if (first_time && st->last + 1 > HISTORY && st->last + 1 - HISTORY > from)
		from = st->last + 1 - HISTORY;
	snprintf(s->epoch, sizeof s->epoch, "%s", epoch);
	ring_restart(&s->ring, from);
	s->live_seq = st->last + 1;
	s->first_seq = st->first ? st->first : 1;
	for (struct client *c = s->clients; c; c = c->next) {
		if (c->state == CLIENT_PENDING) {
			client_begin(c);
			client_wake(c);
		} else {
			client_resync(c, why, from);
		}
	}
	if (!first_time)
		log_warn("event stream began anew", "why=\"%s\" last=%" PRIu64, why, st->last);
}

/* The sequence to read from next. */
static uint64_t settle(struct stream *s, const struct stream_state *st)
{
	char epoch[EPOCH_TEXT];

	snprintf(epoch, sizeof epoch, "%" PRIx64, st->created_us);
	pthread_mutex_lock(&s->lock);
	if (strcmp(epoch, s->epoch) != 0)
		restart(s, st, epoch, "the stream was made anew");
	else if (st->last < s->ring.last_seq)
		restart(s, st, epoch, "the stream lost its newest events");
	else if (st->first > s->ring.last_seq + 1)
		restart(s, st, epoch, "the stream was emptied");
	s->first_seq = st->first ? st->first : 1;
	uint64_t next = s->ring.last_seq + 1;
	pthread_mutex_unlock(&s->lock);
	return next;
}

static natsConnection *connection(struct stream *s, const char **ret_why)
{
	natsConnection *nc = relay_connection(s->g->relay);

	if (nc && natsConnection_Status(nc) == NATS_CONN_STATUS_CONNECTED)
		return nc;
	*ret_why = "no connection to NATS";
	return NULL;
}

static void read_on(struct stream *s, struct js_reader *r, struct arena *a)
{
	struct js_message m;

	while (!stopping(s)) {
		switch (js_reader_next(r, QUIET_MS, &m)) {
		case JS_MESSAGE:
			take_event(s, &m, a);
			break;
		case JS_QUIET:
			/* A consumer of before a lost connection may be gone with the server. */
			if (natsConnection_Status(r->nc) != NATS_CONN_STATUS_CONNECTED)
				return;
			break;
		default:
			return;
		}
	}
}

void *feed_run(void *arg)
{
	struct stream *s = arg;
	struct arena a;

	arena_init(&a, ARENA_BYTES);
	while (!stopping(s)) {
		struct stream_state st;
		struct js_reader r;
		const char *why = NULL;
		natsConnection *nc = connection(s, &why);
		bool ok = nc && js_look(nc, settings.stream, &st, &why);
		if (ok && !js_reader_push(&r, nc, settings.stream, settle(s, &st))) {
			why = "the event stream gives no consumer";
			ok = false;
		}
		atomic_store(&s->problem, why);
		if (ok) {
			read_on(s, &r, &a);
			js_reader_close(&r);
		} else {
			pause_ms(s, RETRY_MS);
		}
	}
	arena_release(&a);
	return NULL;
}

/* ---- catching up ---- */

struct slice {
	struct frame *frames[SLICE_FRAMES];
	size_t n;
	uint64_t seq, next; /* from, and where the next slice begins */
	char epoch[EPOCH_TEXT];
	bool ok, gap;
	uint64_t first;
};

/* Only the parts of the client that never change are looked at without the lock. */
static void read_slice(struct stream *s, const struct client *c, struct slice *sl, struct arena *a)
{
	const char *why = NULL;
	struct stream_state st;
	struct js_reader r;
	struct js_message m;
	natsConnection *nc = connection(s, &why);

	if (!nc || !js_look(nc, settings.stream, &st, &why))
		return;
	sl->ok = true;
	sl->first = st.first;
	sl->gap = sl->seq < st.first || sl->seq > st.last + 1;
	if (sl->gap || sl->seq > st.last)
		return;
	if (!js_reader_pull(&r, nc, settings.stream, sl->seq, SLICE_MESSAGES)) {
		sl->ok = false;
		return;
	}
	while (sl->n < SLICE_FRAMES && js_reader_next(&r, 2000, &m) == JS_MESSAGE) {
		struct frame *f = frame_of(s, m.msg, m.seq, sl->epoch, a);
		natsMsg_Destroy(m.msg);
		sl->next = m.seq + 1;
		if (f && frame_visible(f, c->who, &c->want))
			sl->frames[sl->n++] = f;
		else
			frame_unref(f);
		if (m.pending == 0 || r.next > SLICE_MESSAGES)
			break;
	}
	js_reader_close(&r);
	metrics_count(s->g->metrics, COUNT_CATCH_UP);
}

/* Under the lock. */
static void hand_over(struct client *c, struct slice *sl)
{
	struct stream *s = c->s;
	bool stale = c->gone || c->state != CLIENT_CATCH_UP || strcmp(sl->epoch, s->epoch) != 0 ||
		     c->seq != sl->seq;

	if (stale || !sl->ok) {
		for (size_t i = 0; i < sl->n; i++)
			frame_unref(sl->frames[i]);
		return;
	}
	if (sl->gap) {
		client_resync(c, "events are missing", sl->first ? sl->first : 1);
		return;
	}
	memcpy(c->slice, sl->frames, sl->n * sizeof *sl->frames);
	c->n_slice = sl->n;
	c->at_slice = 0;
	c->seq = sl->next;
	if (c->seq > s->ring.last_seq + 1) { /* ahead of our feed, which will come by */
		c->place = s->ring.head;
		c->state = CLIENT_LIVE;
	}
}

static void serve(struct stream *s, struct client *c, struct slice *sl, struct arena *a)
{
	*sl = (struct slice){ .seq = c->seq, .next = c->seq };
	snprintf(sl->epoch, sizeof sl->epoch, "%s", s->epoch);
	c->queued = false;
	c->in_job = true;
	pthread_mutex_unlock(&s->lock);
	read_slice(s, c, sl, a);
	pthread_mutex_lock(&s->lock);
	c->in_job = false;
	hand_over(c, sl);
	if (c->gone) {
		client_free(c);
		return;
	}
	if (c->state != CLIENT_CATCH_UP)
		client_wake(c);
	else if (sl->n || c->seq >= s->ring.from_seq)
		client_wake(c); /* it goes on by itself, or comes back for more */
	else if (c->waiting)
		job_add(s, c);
}

void *catch_up_run(void *arg)
{
	struct stream *s = arg;
	static struct slice sl;
	struct arena a;

	arena_init(&a, ARENA_BYTES);
	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		struct client *c = s->first_job;
		if (!c) {
			pthread_cond_wait(&s->jobs_change, &s->lock);
			continue;
		}
		s->first_job = c->next_job;
		if (!s->first_job)
			s->last_job = &s->first_job;
		serve(s, c, &sl, &a);
		if (!sl.ok) { /* NATS is away: don't spin */
			pthread_mutex_unlock(&s->lock);
			pause_ms(s, RETRY_MS);
			pthread_mutex_lock(&s->lock);
		}
	}
	pthread_mutex_unlock(&s->lock);
	arena_release(&a);
	return NULL;
}
