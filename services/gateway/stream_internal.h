/* stream_internal.h - clients and threads of the event stream; for stream*.c and feed.c only.
 *
 * One lock guards everything here. It is never held while talking to NATS; suspending and resuming
 * connections happens under it, which is what keeps a wake-up from being lost: a client that finds
 * nothing says `waiting` and suspends in one step, and who brings something looks at `waiting`. */
#ifndef GATEWAY_STREAM_INTERNAL_H
#define GATEWAY_STREAM_INTERNAL_H

#include <pthread.h>
#include "gateway/live.h"
#include "gateway/ring.h"
#include "gateway/stream.h"

enum client_state {
	CLIENT_PENDING,  /* the feed isn't up yet: where to begin is not known */
	CLIENT_CATCH_UP, /* older than the ring: the catch-up thread brings slices */
	CLIENT_LIVE,     /* reads the ring */
	CLIENT_ENDED,
};

enum { SPECIAL_MAX = 512, SLICE_FRAMES = 512 };

struct client {
	struct client *prev, *next;
	struct client *next_job;
	struct stream *s;
	struct MHD_Connection *mhd;
	struct conn *conn;
	struct who *who;
	struct filter want;
	char *incident, *types;
	enum client_state state;
	bool waiting;        /* suspended */
	bool queued, in_job; /* waits for, or is being served by, the catch-up thread */
	bool gone;           /* the connection ended while in_job */
	bool stray;
	bool from_start;        /* PENDING: nothing asked for, begin with what comes */
	char epoch[EPOCH_TEXT]; /* PENDING: of the id given */
	uint64_t seq;           /* the next sequence wanted; lower ones are never sent */
	uint64_t place;         /* LIVE */
	uint64_t live_place;    /* of live events */
	struct frame *now;      /* being sent */
	size_t sent;            /* of it, or of special */
	struct frame *slice[SLICE_FRAMES];
	size_t n_slice, at_slice;
	char special[SPECIAL_MAX]; /* hello, resync, heartbeat: goes before frames */
	size_t special_len;
	int64_t progress_us, beat_us;
};

struct stream {
	struct gateway *g;
	pthread_mutex_t lock;
	pthread_cond_t jobs_change, clients_change;
	pthread_t feed, catch_up, live_feed;
	struct ring ring;
	struct live live;
	char epoch[EPOCH_TEXT]; /* "" until the feed was up once */
	uint64_t live_seq;      /* the next event when the feed came up: where new clients begin */
	uint64_t first_seq;
	bool stop;
	const char *_Atomic problem;
	struct client *clients;
	size_t n_clients, n_strays;
	struct client *first_job, **last_job;
};

/* Under the lock. */
void client_wake(struct client *c);
void client_begin(struct client *c); /* from PENDING: where to read from */
void client_resync(struct client *c, const char *why, uint64_t from_seq);
void client_end(struct client *c, const char *why);
void client_special(struct client *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void job_add(struct stream *s, struct client *c);
void client_free(struct client *c);

/* libmicrohttpd's content reader and its end; they lock. */
ssize_t client_read(void *client, uint64_t pos, char *buf, size_t max);
void client_closed(void *client);

void *feed_run(void *stream);
void *catch_up_run(void *stream);
void *live_run(void *stream);
/* The frame of a message; NULL when it is none of ours. The arena is reset. */
struct frame *frame_of(
	struct stream *s, natsMsg *m, uint64_t seq, const char *epoch, struct arena *a);

#endif
