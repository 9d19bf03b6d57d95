/* acceptor.h - one public port for three daemons: accepts, looks at the request line without
 * taking it, and hands the socket to the daemon whose work it is.
 *
 * A keep-alive connection stays where its first request put it; the daemons share their handlers,
 * so what comes there later is served as well. One thread. */
#ifndef GATEWAY_ACCEPTOR_H
#define GATEWAY_ACCEPTOR_H

#include "gateway/req.h"

struct acceptor;
/* NULL with a message on stderr. `give` gets the socket; it owns it from then on. */
struct acceptor *acceptor_start(struct gateway *g,
	void (*give)(void *arg, enum door door, int fd, const struct sockaddr *from, socklen_t len),
	void *arg);
int acceptor_port(const struct acceptor *a);
void acceptor_stop(struct acceptor *a); /* closes the listener and what had said nothing yet */

/* Which daemon the first bytes belong to; DOORS while that can't be said. Pure. */
enum door door_of(const struct router *r, const char *bytes, size_t n, struct arena *a);

#endif
