/* relay.h - requests over NATS for whoever waits: one connection, one inbox, deadlines.
 *
 * relay_send never blocks on an answer. The waiter's `done` is called exactly once unless
 * relay_send returns false: on nats.c's delivery thread (a reply, no responders) or on the timer's
 * (deadline, shutdown). It owns the message it is given. Thread: any. */
#ifndef GATEWAY_RELAY_H
#define GATEWAY_RELAY_H

#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum relay_end {
	RELAY_REPLY,
	RELAY_NOBODY, /* no responders */
	RELAY_TIMEOUT,
	RELAY_DOWN, /* no connection, or shutting down */
};

struct waiter {
	void (*done)(struct waiter *w, enum relay_end how, natsMsg *reply);
};

struct relay_header {
	const char *name, *value; /* empty values are not sent */
};

struct relay;
struct relay *relay_new(uint32_t slots);
void relay_free(struct relay *r);

/* Takes over the connection and subscribes its inbox. False: why in err. */
bool relay_attach(struct relay *r, natsConnection *nc, char *err, size_t err_size);
natsConnection *relay_connection(struct relay *r); /* NULL before relay_attach */

/* False: nothing was sent and done is not called (table full, or no connection). */
bool relay_send(struct relay *r, const char *subject, const struct relay_header *headers,
	size_t n_headers, const void *body, size_t len, int64_t timeout_us, struct waiter *w);

void relay_tick(struct relay *r, int64_t now_us); /* ends what is overdue */
void relay_abandon(struct relay *r);              /* shutdown: ends everything that waits */
uint32_t relay_inflight(struct relay *r);
uint64_t relay_late(struct relay *r); /* replies that came to nobody */
void relay_close(struct relay *r);    /* unsubscribes, drains, closes */

#endif
