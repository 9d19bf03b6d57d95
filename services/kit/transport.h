/* transport.h - shared by the three files of the transport thread: transport.c (the thread),
 * relay.c (outbox to JetStream), consumer.c (the stream's state and the durable consumer). */
#ifndef KIT_TRANSPORT_H
#define KIT_TRANSPORT_H

#include "kit/svc_internal.h"

enum { RELAY_BATCH = 256 };

/* Runs a statement on this thread's connection. Rows live in the arena until the next reset. False:
 * not executed; the connection may be gone. */
bool transport_run(struct transport *t, struct arena *a, const struct db_stmt *st,
	const struct db_arg *args, size_t n, PGresult **ret);
struct db_rows transport_rows(struct arena *a, const struct db_stmt *st, PGresult *r);
/* Texts for health answers; "" when all is well. */
void relay_problem(struct svc *s, const char *text);
void consumer_problem(struct svc *s, const char *text);

extern const struct db_stmt relay_lock, relay_stand, relay_oust, reader_lock, relay_next,
	relay_mark, relay_lost, relay_epoch, relay_again;

/* One batch. True: there may be more at once. */
bool relay_batch(struct svc *s, struct arena *a);
/* Writes down what was sent. False: the database didn't take it; it is kept. */
bool relay_mark_sent(struct svc *s, struct arena *a);
/* How long that may still wait; -1: there is nothing. */
int relay_mark_wait_ms(void);
/* The JetStream context whose acknowledgements relay_batch waits for. */
bool relay_make_js(struct svc *s);

void check_stream(struct svc *s, struct arena *a);
void check_consumer(struct svc *s, struct arena *a);
/* Events were lost on their way here: check_consumer has to make the consumer again at once. */
bool consumer_broken(struct svc *s);

#endif
