/* health.h - is the system well: NATS, a real publish to JetStream, every service.
 *
 * A look takes up to two seconds and runs on a thread of its own, only when someone asks and the
 * last one is older than ready_cache_ms. Thread: any. */
#ifndef GATEWAY_HEALTH_H
#define GATEWAY_HEALTH_H

#include <stdio.h>
#include "gateway/req.h"

struct health *health_start(struct gateway *g);
void health_stop(struct health *h);

/* True: there is a fresh look, health_text has it. False: the request is suspended and will be
 * resumed with one. */
bool health_fresh(struct health *h, struct req *r);
/* JSON in the arena; *ret_ready whether all is well. */
char *health_text(struct health *h, struct arena *a, bool *ret_ready);

/* For the operator's port: blocks up to two seconds. */
void health_wait(struct health *h, FILE *out, bool *ret_ready);
/* Asks every service for its counters and writes all families, ours too. Blocks up to 1 s. */
void health_counters(struct health *h, FILE *out);

#endif
