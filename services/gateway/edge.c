/* edge.c - the three daemons behind the public port, and the operator's. */
#include "gateway/edge.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gateway/acceptor.h"
#include "gateway/admin.h"
#include "gateway/http.h"
#include "kit/log.h"

/* The pool bounds all headers of a request; uploads want large reads. */
static const struct {
	size_t pool;
	const long *threads;
} doors[DOORS] = {
	[DOOR_API] = { 16 * 1024, &settings.api_threads },
	[DOOR_STREAM] = { 8 * 1024, NULL },
	[DOOR_BLOB] = { 256 * 1024, &settings.blob_threads },
};

struct edge {
	struct gateway *g;
	struct acceptor *acceptor;
	struct door_context contexts[DOORS];
	struct MHD_Daemon *daemons[DOORS], *admin;
	int port, admin_port;
};

static void give(void *arg, enum door door, int fd, const struct sockaddr *from, socklen_t len)
{
	struct edge *e = arg;

	/* On failure (its limit is reached) libmicrohttpd has closed the socket. */
	if (MHD_add_connection(e->daemons[door], fd, from, len) != MHD_YES)
		log_warn("connection refused", "daemon=%d", (int)door);
}

/* Decoding is target.c's work; the library's own copy is never looked at. */
static size_t leave_escaped(void *cls, struct MHD_Connection *c, char *s)
{
	(void)cls;
	(void)c;
	return strlen(s);
}

static void quiet(void *cls, const char *fmt, va_list ap)
{
	(void)cls;
	(void)fmt;
	(void)ap;
}

static struct MHD_Daemon *start_door(struct edge *e, enum door door)
{
	struct door_context *ctx = &e->contexts[door];
	long threads = doors[door].threads ? *doors[door].threads : 1;
	struct MHD_OptionItem pool[] = {
		{ MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	*ctx = (struct door_context){ e->g, door };
	if (threads <= 1)
		pool[0].option = MHD_OPTION_END;
	return MHD_start_daemon(MHD_USE_EPOLL_INTERNALLY | MHD_USE_NO_LISTEN_SOCKET |
					MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG,
		0, NULL, NULL, http_request, ctx, MHD_OPTION_EXTERNAL_LOGGER, quiet, NULL,
		MHD_OPTION_URI_LOG_CALLBACK, http_first_line, ctx, MHD_OPTION_NOTIFY_COMPLETED,
		http_completed, ctx, MHD_OPTION_NOTIFY_CONNECTION, http_connection, ctx,
		MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, doors[door].pool, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)settings.connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)settings.per_address, MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
}

struct edge *edge_start(struct gateway *g)
{
	struct edge *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	e->g = g;
	for (int d = 0; d < DOORS; d++) {
		e->daemons[d] = start_door(e, (enum door)d);
		if (!e->daemons[d]) {
			fprintf(stderr, "gateway: cannot start its HTTP daemon %d\n", d);
			edge_stop(e);
			return NULL;
		}
	}
	e->admin = admin_start(g, &e->admin_port);
	e->acceptor = e->admin ? acceptor_start(g, give, e) : NULL;
	if (!e->acceptor) {
		edge_stop(e);
		return NULL;
	}
	e->port = acceptor_port(e->acceptor);
	return e;
}

int edge_port(const struct edge *e)
{
	return e->port;
}

int edge_admin_port(const struct edge *e)
{
	return e->admin_port;
}

void edge_close_door(struct edge *e)
{
	if (e->acceptor)
		acceptor_stop(e->acceptor);
	e->acceptor = NULL;
}

void edge_stop(struct edge *e)
{
	edge_close_door(e);
	for (int d = 0; d < DOORS; d++) {
		if (e->daemons[d])
			MHD_stop_daemon(e->daemons[d]);
	}
	if (e->admin)
		MHD_stop_daemon(e->admin);
	free(e);
}
