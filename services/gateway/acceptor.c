/* acceptor.c - one public port for three daemons: accepts, peeks at the request line, hands over.
 */
#include "gateway/acceptor.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "gateway/metrics.h"
#include "jingbao/v1/options.pb-c.h"
#include "kit/log.h"
#include "kit/timeutil.h"

enum { PEEK_BYTES = 2048, EVENTS = 64, BACKLOG = 1024, PENDING_MAX = 1024, TICK_MS = 250 };

struct pending {
	struct pending *prev, *next;
	int fd;
	int64_t due_us;
	struct sockaddr_storage from;
	socklen_t from_len;
};

struct acceptor {
	struct gateway *g;
	void (*give)(void *, enum door, int, const struct sockaddr *, socklen_t);
	void *arg;
	pthread_t thread;
	int listen_fd, epoll_fd, stop_fd, port;
	struct pending *first;
	size_t n;
	bool paused; /* too many say nothing: no more are accepted for now */
	struct arena arena;
};

enum door door_of(const struct router *r, const char *bytes, size_t n, struct arena *a)
{
	char verb[16], target[PEEK_BYTES + 1];
	const char *sp = memchr(bytes, ' ', n), *end;
	struct target t;
	struct match m;

	/* Empty lines before a request line are skipped by the parser; let it. */
	if (!sp || sp == bytes || (size_t)(sp - bytes) >= sizeof verb)
		return memchr(bytes, '\n', n) || n >= sizeof verb ? DOOR_API : DOORS;
	end = memchr(sp + 1, ' ', n - (size_t)(sp + 1 - bytes));
	if (!end)
		return memchr(sp, '\n', n - (size_t)(sp - bytes)) || n >= PEEK_BYTES ? DOOR_API
										     : DOORS;
	memcpy(verb, bytes, (size_t)(sp - bytes));
	verb[sp - bytes] = '\0';
	memcpy(target, sp + 1, (size_t)(end - sp - 1));
	target[end - sp - 1] = '\0';
	if (!target_parse(target, a, &t) || !router_match(r, verb, &t, a, &m) || !m.route)
		return DOOR_API;
	if (m.route->own == OWN_EVENTS)
		return DOOR_STREAM;
	return m.route->method->kind == PB__HTTP__KIND__UPLOAD ||
			       m.route->method->kind == PB__HTTP__KIND__DOWNLOAD
		       ? DOOR_BLOB
		       : DOOR_API;
}

static void unlink_pending(struct acceptor *a, struct pending *p)
{
	if (p->prev)
		p->prev->next = p->next;
	else
		a->first = p->next;
	if (p->next)
		p->next->prev = p->prev;
	a->n--;
}

static void drop(struct acceptor *a, struct pending *p)
{
	metrics_count(a->g->metrics, COUNT_NO_LINE);
	unlink_pending(a, p);
	close(p->fd);
	free(p);
}

static void hand_over(struct acceptor *a, struct pending *p, enum door door)
{
	unlink_pending(a, p);
	epoll_ctl(a->epoll_fd, EPOLL_CTL_DEL, p->fd, NULL);
	a->give(a->arg, door, p->fd, (const struct sockaddr *)&p->from, p->from_len);
	free(p);
}

static void peek(struct acceptor *a, struct pending *p)
{
	char bytes[PEEK_BYTES];
	ssize_t n = recv(p->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(a, p);
		return;
	}
	arena_reset(&a->arena);
	enum door door = door_of(a->g->router, bytes, (size_t)n, &a->arena);
	if (door != DOORS)
		hand_over(a, p, door);
}

static void listen_for_more(struct acceptor *a, bool on)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };

	a->paused = !on;
	epoll_ctl(a->epoll_fd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, a->listen_fd, &ev);
}

static void add(struct acceptor *a, int fd, const struct sockaddr_storage *from, socklen_t len)
{
	struct pending *p = calloc(1, sizeof *p);
	/* Edge-triggered: half a line must not wake us until more of it comes. */
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = p };
	int yes = 1;

	if (!p || epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0) {
		free(p);
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	p->fd = fd;
	p->from = *from;
	p->from_len = len;
	p->due_us = mono_us() + settings.first_line_ms * US_PER_MS;
	p->next = a->first;
	if (a->first)
		a->first->prev = p;
	a->first = p;
	a->n++;
	metrics_count(a->g->metrics, COUNT_ACCEPTED);
	peek(a, p); /* most clients have spoken already */
}

static void accept_all(struct acceptor *a)
{
	for (int i = 0; i < EVENTS; i++) {
		struct sockaddr_storage from;
		socklen_t len = sizeof from;
		int fd = accept4(
			a->listen_fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0) {
			add(a, fd, &from, len);
			if (a->n >= PENDING_MAX) {
				listen_for_more(a, false);
				return;
			}
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
			log_warn("cannot accept", "errno=%d", errno);
			listen_for_more(a, false); /* the tick tries again */
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

static void tick(struct acceptor *a)
{
	int64_t now = mono_us();

	for (struct pending *p = a->first, *next; p; p = next) {
		next = p->next;
		if (p->due_us <= now)
			drop(a, p);
	}
	if (a->paused && a->n < PENDING_MAX)
		listen_for_more(a, true);
}

static void *run(void *arg)
{
	struct acceptor *a = arg;
	struct epoll_event ev[EVENTS];
	bool stop = false;

	while (!stop) {
		int n = epoll_wait(a->epoll_fd, ev, EVENTS, a->n || a->paused ? TICK_MS : -1);
		bool more = false;
		for (int i = 0; i < n; i++) {
			if (ev[i].data.ptr == a)
				stop = true;
			else if (!ev[i].data.ptr)
				more = true;
			else
				peek(a, ev[i].data.ptr);
		}
		/* After the others, so that a freed one is not meant by an event still at hand. */
		if (more)
			accept_all(a);
		tick(a);
	}
	return NULL;
}

static int open_listener(int *ret_port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST };
	struct addrinfo *ai = NULL;
	char port[8];
	int yes = 1;

	snprintf(port, sizeof port, "%ld", settings.port);
	if (getaddrinfo(settings.listen, port, &hints, &ai) != 0)
		return -1;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_storage own;
	socklen_t len = sizeof own;
	if (fd >= 0 &&
		(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
			bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0 ||
			getsockname(fd, (struct sockaddr *)&own, &len) != 0)) {
		int e = errno;
		close(fd);
		errno = e;
		fd = -1;
	}
	freeaddrinfo(ai);
	if (fd >= 0)
		*ret_port = ntohs(own.ss_family == AF_INET6
					  ? ((struct sockaddr_in6 *)(void *)&own)->sin6_port
					  : ((struct sockaddr_in *)(void *)&own)->sin_port);
	return fd;
}

struct acceptor *acceptor_start(struct gateway *g,
	void (*give)(void *, enum door, int, const struct sockaddr *, socklen_t), void *arg)
{
	struct acceptor *a = calloc(1, sizeof *a);
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = a };

	if (!a)
		return NULL;
	*a = (struct acceptor){ .g = g, .give = give, .arg = arg };
	arena_init(&a->arena, 1 << 20);
	a->listen_fd = open_listener(&a->port);
	if (a->listen_fd < 0) {
		fprintf(stderr, "gateway: cannot listen on %s port %ld: %s\n", settings.listen,
			settings.port, strerror(errno));
		free(a);
		return NULL;
	}
	a->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	a->stop_fd = eventfd(0, EFD_CLOEXEC);
	epoll_ctl(a->epoll_fd, EPOLL_CTL_ADD, a->stop_fd, &ev);
	listen_for_more(a, true);
	if (pthread_create(&a->thread, NULL, run, a) != 0)
		abort();
	return a;
}

int acceptor_port(const struct acceptor *a)
{
	return a->port;
}

void acceptor_stop(struct acceptor *a)
{
	uint64_t one = 1;

	if (write(a->stop_fd, &one, sizeof one) != sizeof one)
		abort();
	pthread_join(a->thread, NULL);
	/* What waits in the backlog has been connected: take it, so that it gets an answer. */
	accept_all(a);
	close(a->listen_fd);
	while (a->first)
		drop(a, a->first);
	close(a->epoll_fd);
	close(a->stop_fd);
	arena_release(&a->arena);
	free(a);
}
