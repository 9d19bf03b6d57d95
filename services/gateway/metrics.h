/* metrics.h - counters of the gateway as Prometheus text. Thread: any. */
#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

#include <stdint.h>
#include <stdio.h>
#include "gateway/router.h"

enum counter {
	COUNT_FRAMING, /* refused by the guard */
	COUNT_OVERDUE, /* sockets cut by their deadline */
	COUNT_NO_LINE, /* cut before a request line came */
	COUNT_ACCEPTED,
	COUNT_STRAY_RESUME, /* resumed while still waiting: a bug, never seen */
	COUNT_EVENTS,       /* put on the ring */
	COUNT_SENT_EVENTS,  /* to clients */
	COUNT_SLOW,         /* streams cut because their reader does not read */
	COUNT_CATCH_UP,     /* slices read from the stream for one client */
	COUNT_RESYNC,       /* the stream was made anew */
	COUNT_REDIRECTED,   /* streams sent to their own daemon */
	COUNT_LIVE,         /* live events taken */
	COUNTERS,
};

struct metrics;
struct metrics *metrics_new(const struct router *r);
void metrics_free(struct metrics *m);
void metrics_count(struct metrics *m, enum counter c);
void metrics_add(struct metrics *m, enum counter c, uint64_t n);
/* route -1: none matched; status 0: the client went away. */
void metrics_request(struct metrics *m, long route, int status, int64_t us);
void metrics_write(const struct metrics *m, FILE *out);
void metrics_gauge(FILE *out, const char *name, const char *help, double value);

/* Prometheus wants all samples of a family together: texts of several services, merged. Each text
 * is cut in place. */
void metrics_merge(char **texts, size_t n, FILE *out);

#endif
