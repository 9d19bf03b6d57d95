/* stream.c - the clients of GET /v1/events: fed from the ring or from slices, ended. */
#include "gateway/stream_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gateway/metrics.h"
#include "kit/timeutil.h"

/* ---- what happens to a client, under the lock ---- */

/* Put behind what is still to be said. One that doesn't fit is left out: then the client has not
 * read for long and is about to be cut. */
void client_special(struct client *c, const char *fmt, ...)
{
	va_list ap;

	if (!c->now && c->sent) {
		c->special_len -= c->sent;
		memmove(c->special, c->special + c->sent, c->special_len);
		c->sent = 0;
	}
	va_start(ap, fmt);
	int n = vsnprintf(c->special + c->special_len, sizeof c->special - c->special_len, fmt, ap);
	va_end(ap);
	if (n > 0 && c->special_len + (size_t)n < sizeof c->special)
		c->special_len += (size_t)n;
}

void client_wake(struct client *c)
{
	if (!c->waiting)
		return;
	c->waiting = false;
	c->progress_us = mono_us();
	MHD_resume_connection(c->mhd);
}

/* Frames of a slice not sent yet. */
static void drop_slice(struct client *c)
{
	for (size_t i = c->at_slice; i < c->n_slice; i++)
		frame_unref(c->slice[i]);
	c->n_slice = c->at_slice = 0;
}

/* Live when the ring covers what is wanted next. An id past the newest event is looked at by the
 * catch-up thread: another gateway may be ahead of us, or the stream lost its end. */
static bool try_live(struct client *c)
{
	struct ring *r = &c->s->ring;

	if (c->seq < r->from_seq || c->seq > r->last_seq + 1)
		return false;
	c->place = ring_place(r, c->seq);
	c->state = CLIENT_LIVE;
	return true;
}

void client_begin(struct client *c)
{
	struct stream *s = c->s;

	if (*c->epoch && strcmp(c->epoch, s->epoch) != 0) {
		client_resync(c, "the id is of another stream", s->first_seq);
		return;
	}
	if (c->from_start)
		c->seq = s->live_seq > s->ring.last_seq ? s->live_seq : s->ring.last_seq + 1;
	client_special(c, "retry: 2000\nevent: hello\nid: %s-%" PRIu64 "\ndata: {}\n\n", s->epoch,
		c->seq - 1);
	c->state = CLIENT_CATCH_UP;
	if (c->from_start) {
		c->place = s->ring.head;
		c->state = CLIENT_LIVE;
	} else {
		try_live(c);
	}
}

void client_resync(struct client *c, const char *why, uint64_t from_seq)
{
	drop_slice(c);
	if (c->sent == 0 || !c->now) { /* a frame half sent is finished first */
		frame_unref(c->now);
		c->now = NULL;
	}
	c->seq = from_seq;
	c->from_start = false;
	client_special(c, "event: resync\nid: %s-%" PRIu64 "\ndata: {\"reason\":\"%s\"}\n\n",
		c->s->epoch, from_seq - 1, why);
	metrics_count(c->s->g->metrics, COUNT_RESYNC);
	if (c->state != CLIENT_ENDED) {
		c->state = CLIENT_CATCH_UP;
		try_live(c);
	}
	client_wake(c);
}

void client_end(struct client *c, const char *why)
{
	if (c->state == CLIENT_ENDED)
		return;
	drop_slice(c);
	client_special(c, "event: end\ndata: {\"reason\":\"%s\"}\n\n", why);
	c->state = CLIENT_ENDED;
	client_wake(c);
}

void job_add(struct stream *s, struct client *c)
{
	if (c->queued || c->in_job)
		return;
	c->queued = true;
	c->next_job = NULL;
	*s->last_job = c;
	s->last_job = &c->next_job;
	pthread_cond_signal(&s->jobs_change);
}

/* ---- giving bytes to libmicrohttpd ---- */

static size_t copy_out(const char *from, size_t len, size_t *sent, char *buf, size_t max)
{
	size_t n = len - *sent < max ? len - *sent : max;

	memcpy(buf, from + *sent, n);
	*sent += n;
	return n;
}

/* The next frame this client may see, its reference taken; NULL when there is none now. */
static struct frame *next_frame(struct client *c)
{
	struct ring *r = &c->s->ring;

	if (c->at_slice < c->n_slice)
		return c->slice[c->at_slice++];
	if (c->state == CLIENT_CATCH_UP && !try_live(c))
		return NULL;
	if (c->state != CLIENT_LIVE)
		return NULL;
	c->place = c->place < r->tail ? r->tail : c->place;
	while (c->place < r->head) {
		struct frame *f = ring_at(r, c->place++);
		if (f->seq < c->seq)
			continue;
		c->seq = f->seq + 1;
		if (frame_visible(f, c->who, &c->want))
			return frame_ref(f);
	}
	for (struct frame *f; (f = live_next(&c->s->live, &c->live_place));)
		if (frame_visible(f, c->who, &c->want))
			return frame_ref(f);
	return NULL;
}

static size_t fill(struct client *c, char *buf, size_t max)
{
	size_t n = 0;

	while (n < max) {
		if (!c->now && c->special_len) {
			n += copy_out(c->special, c->special_len, &c->sent, buf + n, max - n);
			if (c->sent < c->special_len)
				break;
			c->special_len = c->sent = 0;
			continue;
		}
		if (!c->now && c->state == CLIENT_ENDED)
			break;
		if (!c->now && !(c->now = next_frame(c)))
			break;
		n += copy_out(c->now->text, c->now->len, &c->sent, buf + n, max - n);
		if (c->sent < c->now->len)
			break;
		frame_unref(c->now);
		c->now = NULL;
		c->sent = 0;
		metrics_count(c->s->g->metrics, COUNT_SENT_EVENTS);
	}
	return n;
}

/* A special may not come between the pieces of a frame or of another special; fill() sees to it
 * because `sent` counts for the one at hand. */
ssize_t client_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct client *c = cls;
	struct stream *s = c->s;
	ssize_t n;

	(void)pos;
	pthread_mutex_lock(&s->lock);
	if (c->state == CLIENT_LIVE && c->place < s->ring.tail && c->seq < s->ring.from_seq) {
		metrics_count(s->g->metrics, COUNT_SLOW); /* overtaken: comes back by its last id */
		c->state = CLIENT_ENDED;
		c->special_len = 0;
	}
	n = (ssize_t)fill(c, buf, max);
	if (n > 0) {
		c->progress_us = mono_us();
		c->beat_us = c->progress_us + settings.heartbeat_ms * US_PER_MS;
	} else if (c->state == CLIENT_ENDED) {
		n = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		if (c->state == CLIENT_CATCH_UP)
			job_add(s, c);
		c->waiting = true;
		MHD_suspend_connection(c->mhd);
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

/* ---- the end of one ---- */

void client_free(struct client *c)
{
	drop_slice(c);
	frame_unref(c->now);
	free(c->who);
	free(c->incident);
	free(c->types);
	free(c);
}

static void unlink_job(struct stream *s, struct client *c)
{
	struct client **p = &s->first_job;

	while (*p && *p != c)
		p = &(*p)->next_job;
	if (*p)
		*p = c->next_job;
	s->last_job = &s->first_job;
	while (*s->last_job)
		s->last_job = &(*s->last_job)->next_job;
}

void client_closed(void *cls)
{
	struct client *c = cls;
	struct stream *s = c->s;

	pthread_mutex_lock(&s->lock);
	if (c->prev)
		c->prev->next = c->next;
	else
		s->clients = c->next;
	if (c->next)
		c->next->prev = c->prev;
	s->n_clients--;
	s->n_strays -= c->stray;
	if (c->queued)
		unlink_job(s, c);
	c->gone = c->in_job; /* then the catch-up thread frees it */
	bool mine = !c->in_job;
	pthread_cond_broadcast(&s->clients_change);
	pthread_mutex_unlock(&s->lock);
	if (mine)
		client_free(c);
}

/* ---- the timer's ---- */

static void beat(struct client *c, int64_t now)
{
	struct stream *s = c->s;

	c->beat_us = now + settings.heartbeat_ms * US_PER_MS;
	/* The id moves on with events this client may not see, so a resume needn't read them again.
	 */
	if (c->state == CLIENT_LIVE && c->seq <= s->ring.last_seq + 1 && c->place >= s->ring.head) {
		client_special(c, ": beat\nid: %s-%" PRIu64 "\n\n", s->epoch, s->ring.last_seq);
		c->seq = s->ring.last_seq + 1;
	} else {
		client_special(c, ": beat\n\n");
	}
	client_wake(c);
}

void stream_tick(struct stream *s, int64_t now)
{
	int64_t wall = now_us();

	pthread_mutex_lock(&s->lock);
	for (struct client *c = s->clients; c; c = c->next) {
		if (c->who->expires_at_us && c->who->expires_at_us < wall)
			client_end(c, "the session has expired");
		if (c->waiting && c->beat_us <= now) {
			beat(c, now);
		} else if (!c->waiting && c->conn &&
			   now - c->progress_us > settings.stall_ms * US_PER_MS) {
			metrics_count(s->g->metrics, COUNT_SLOW);
			c->progress_us = now;
			conn_cut(c->conn);
		}
	}
	pthread_mutex_unlock(&s->lock);
}

size_t stream_clients(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	size_t n = s->n_clients;
	pthread_mutex_unlock(&s->lock);
	return n;
}

const char *stream_problem(struct stream *s)
{
	return atomic_load(&s->problem);
}

struct stream *stream_start(struct gateway *g)
{
	struct stream *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->g = g;
	s->last_job = &s->first_job;
	atomic_store(&s->problem, "starting");
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->jobs_change, NULL);
	pthread_cond_init(&s->clients_change, NULL);
	if (!ring_init(&s->ring, (size_t)settings.ring_events, (size_t)settings.ring_bytes) ||
		!live_init(&s->live) || pthread_create(&s->live_feed, NULL, live_run, s) != 0 ||
		pthread_create(&s->feed, NULL, feed_run, s) != 0 ||
		pthread_create(&s->catch_up, NULL, catch_up_run, s) != 0)
		abort(); /* at start, before anything is served */
	return s;
}

void stream_end_clients(struct stream *s, int64_t wait_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += wait_ms / 1000 + 1;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_broadcast(&s->jobs_change);
	for (struct client *c = s->clients; c; c = c->next)
		client_end(c, "the server restarts");
	while (s->n_clients && pthread_cond_timedwait(&s->clients_change, &s->lock, &until) == 0)
		;
	pthread_mutex_unlock(&s->lock);
}

void stream_stop(struct stream *s)
{
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_broadcast(&s->jobs_change);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->feed, NULL);
	pthread_join(s->catch_up, NULL);
	pthread_join(s->live_feed, NULL);
	ring_release(&s->ring);
	live_release(&s->live);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->jobs_change);
	pthread_cond_destroy(&s->clients_change);
	free(s);
}
