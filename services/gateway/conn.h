/* conn.h - deadlines of sockets: libmicrohttpd's own timeout counts silence, not time.
 *
 * Each connection has one due time; when it passes, the socket is shut down and libmicrohttpd frees
 * what hangs on it. The list's lock is held while shutting down, and closing is announced before
 * the descriptor is closed, so a number used again is never hit. Thread: any; conn_* from the
 * connection's own MHD thread, conns_* from the timer and main. */
#ifndef GATEWAY_CONN_H
#define GATEWAY_CONN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ADDRESS_TEXT = 64 };

struct conn {
	struct conn *prev, *next;
	int fd;
	_Atomic int64_t due_us; /* steady clock; 0 none */
	_Atomic bool busy;      /* between a request line and its answer */
	char address[ADDRESS_TEXT];
};

struct conns;
struct conns *conns_new(void);
void conns_free(struct conns *s);

struct conn *conn_opened(struct conns *s, int fd, const struct sockaddr *from, int64_t due_us);
void conn_closed(struct conns *s, struct conn *c);

size_t conns_count(struct conns *s);
size_t conns_cut(struct conns *s, int64_t now_us); /* how many were overdue and shut down */
size_t conns_cut_idle(struct conns *s);            /* draining: those between requests */
void conn_cut(struct conn *c);                     /* from its own thread */

/* "192.0.2.1", or an IPv6 address's /64, which is what one subscriber has. */
void address_text(const struct sockaddr *from, char buf[static ADDRESS_TEXT]);

#endif
