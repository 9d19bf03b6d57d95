/* jsread.h - reading the event stream by short-lived consumers of our own.
 *
 * libnats' ordered consumer neither notices a stream made anew nor says what it skipped, so the
 * gateway asks for consumers itself and counts. A reader belongs to one thread. */
#ifndef GATEWAY_JSREAD_H
#define GATEWAY_JSREAD_H

#include <nats/nats.h>
#include <stdbool.h>
#include <stdint.h>

struct stream_state {
	uint64_t created_us, first, last;
};
/* False: why is a constant. */
bool js_look(
	natsConnection *nc, const char *stream, struct stream_state *ret, const char **ret_why);

struct js_message {
	natsMsg *msg; /* the caller's */
	uint64_t seq, consumer_seq, pending;
};

struct js_reader {
	natsConnection *nc;
	natsSubscription *sub;
	char name[64]; /* the consumer */
	const char *stream;
	uint64_t next; /* consumer sequence expected */
	int64_t heard_us;
	uint64_t reconnects; /* of the connection when it began */
};

/* Pushed messages from start_seq on, with heartbeats. */
bool js_reader_push(
	struct js_reader *r, natsConnection *nc, const char *stream, uint64_t start_seq);
/* A bounded slice: up to batch messages that are there now. */
bool js_reader_pull(
	struct js_reader *r, natsConnection *nc, const char *stream, uint64_t start_seq, int batch);
enum js_next { JS_MESSAGE, JS_QUIET, JS_END, JS_BROKEN };
/* QUIET: nothing in wait_ms; END: a pull has no more; BROKEN: open anew (gap, silence, lost). */
enum js_next js_reader_next(struct js_reader *r, int64_t wait_ms, struct js_message *ret);
void js_reader_close(struct js_reader *r);

#endif
