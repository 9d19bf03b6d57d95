/* conn.c - deadlines of sockets, in one list walked by the timer. */
#include "gateway/conn.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct conns {
	pthread_mutex_t lock;
	struct conn *first;
	size_t count;
};

struct conns *conns_new(void)
{
	struct conns *s = calloc(1, sizeof *s);

	if (s)
		pthread_mutex_init(&s->lock, NULL);
	return s;
}

void conns_free(struct conns *s)
{
	if (!s)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void address_text(const struct sockaddr *from, char buf[static ADDRESS_TEXT])
{
	snprintf(buf, ADDRESS_TEXT, "-");
	if (from && from->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, from, sizeof in);
		inet_ntop(AF_INET, &in.sin_addr, buf, ADDRESS_TEXT);
	} else if (from && from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, from, sizeof in6);
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
			inet_ntop(AF_INET, &in6.sin6_addr.s6_addr[12], buf, ADDRESS_TEXT);
			return;
		}
		memset(&in6.sin6_addr.s6_addr[8], 0, 8);
		inet_ntop(AF_INET6, &in6.sin6_addr, buf, ADDRESS_TEXT);
	}
}

struct conn *conn_opened(struct conns *s, int fd, const struct sockaddr *from, int64_t due_us)
{
	struct conn *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->fd = fd;
	atomic_store(&c->due_us, due_us);
	address_text(from, c->address);
	pthread_mutex_lock(&s->lock);
	c->next = s->first;
	if (s->first)
		s->first->prev = c;
	s->first = c;
	s->count++;
	pthread_mutex_unlock(&s->lock);
	return c;
}

void conn_closed(struct conns *s, struct conn *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&s->lock);
	if (c->prev)
		c->prev->next = c->next;
	else
		s->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	s->count--;
	pthread_mutex_unlock(&s->lock);
	free(c);
}

size_t conns_count(struct conns *s)
{
	pthread_mutex_lock(&s->lock);
	size_t n = s->count;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void conn_cut(struct conn *c)
{
	shutdown(c->fd, SHUT_RDWR);
}

static size_t cut(struct conns *s, int64_t now, bool idle)
{
	size_t n = 0;

	pthread_mutex_lock(&s->lock);
	for (struct conn *c = s->first; c; c = c->next) {
		int64_t due = atomic_load_explicit(&c->due_us, memory_order_relaxed);
		if (idle ? atomic_load(&c->busy) : (!due || due > now))
			continue;
		conn_cut(c);
		atomic_store(&c->due_us, 0);
		n++;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

size_t conns_cut(struct conns *s, int64_t now_us)
{
	return cut(s, now_us, false);
}

size_t conns_cut_idle(struct conns *s)
{
	return cut(s, 0, true);
}
