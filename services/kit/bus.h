/* bus.h - a NATS connection that is never given up: options, error handler, headers.
 *
 * Permission violations and slow consumers are only told to the error handler; bus_problem() keeps
 * the last one for health answers. Thread: connect from one; the rest from any.
 */
#ifndef KIT_BUS_H
#define KIT_BUS_H

#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus_options {
	const char *url, *user, *password;
	const char *name; /* also the inbox prefix _INBOX.<name> */
	bool send_asap;   /* each publish is written at once; else flush yourself */
};

/* Retries for ever once connected; the first connect must succeed. NULL with the reason in err. */
natsConnection *bus_connect(const struct bus_options *o, char *err, size_t err_size);

/* The last asynchronous error ("Permissions Violation ...") and when (wall clock us, 0 never).
 * Returns buf. */
char *bus_problem(char *buf, size_t size, int64_t *ret_at_us);
/* Since when all connections of this process are down (wall clock us); 0 while connected. */
int64_t bus_down_since(void);

/* A header's value, "" when absent; valid as long as the message. */
const char *bus_header(natsMsg *m, const char *name);

#endif
