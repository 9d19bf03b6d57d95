/* inbox.c - a bounded queue from nats.c's threads to the service thread, with a wake descriptor. */
#include "kit/svc_internal.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool inbox_init(struct inbox *b, size_t limit)
{
	*b = (struct inbox){
		.size = limit, .limit = limit, .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
	};
	b->ring = calloc(limit, sizeof *b->ring);
	return b->ring && b->wake_fd >= 0 && pthread_mutex_init(&b->lock, NULL) == 0;
}

void inbox_release(struct inbox *b)
{
	if (b->wake_fd >= 0)
		close(b->wake_fd);
	free(b->ring);
	pthread_mutex_destroy(&b->lock);
}

/* Twice the room, in order from the start. */
static bool grow(struct inbox *b)
{
	struct inbox_item *more = calloc(b->size * 2, sizeof *more);

	if (!more)
		return false;
	for (size_t i = 0; i < b->count; i++)
		more[i] = b->ring[(b->head + i) % b->size];
	free(b->ring);
	b->ring = more;
	b->head = 0;
	b->size *= 2;
	return true;
}

bool inbox_push(struct inbox *b, struct inbox_item item)
{
	bool request = !item.event && !item.ready;
	bool ring, ok;

	pthread_mutex_lock(&b->lock);
	ring = b->hushed ? !item.event : b->count == 0;
	ok = request ? b->count < b->limit : b->count < b->size || grow(b);
	if (ok)
		b->ring[(b->head + b->count++) % b->size] = item;
	pthread_mutex_unlock(&b->lock);
	if (ok && ring)
		eventfd_write(b->wake_fd, 1);
	return ok;
}

size_t inbox_take(struct inbox *b, struct inbox_item *out, size_t max)
{
	size_t n;
	eventfd_t v;

	pthread_mutex_lock(&b->lock);
	n = b->count < max ? b->count : max;
	for (size_t i = 0; i < n; i++)
		out[i] = b->ring[(b->head + i) % b->size];
	b->head = (b->head + n) % b->size;
	b->count -= n;
	if (b->count == 0)
		eventfd_read(b->wake_fd, &v); /* level: stays up while anything waits */
	pthread_mutex_unlock(&b->lock);
	return n;
}

size_t inbox_count(struct inbox *b)
{
	size_t n;

	pthread_mutex_lock(&b->lock);
	n = b->count;
	pthread_mutex_unlock(&b->lock);
	return n;
}

void inbox_hush(struct inbox *b, bool on)
{
	pthread_mutex_lock(&b->lock);
	b->hushed = on;
	if (!on && b->count)
		eventfd_write(b->wake_fd, 1);
	pthread_mutex_unlock(&b->lock);
}
