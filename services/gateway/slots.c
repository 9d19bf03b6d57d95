/* slots.c - who waits for which reply: a fixed table with generations. */
#include "gateway/slots.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct slot {
	void *waiter; /* NULL: free */
	int64_t due_us;
	uint32_t gen, next_free;
};

struct slots {
	pthread_mutex_t lock;
	uint32_t count, used, first_free, high; /* high: no slot at or past it was ever used */
	struct slot s[];
};

struct slots *slots_new(uint32_t count)
{
	struct slots *t = calloc(1, sizeof *t + count * sizeof *t->s);

	if (!t)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	t->count = t->first_free = count;
	return t;
}

void slots_free(struct slots *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t);
}

bool slots_put(struct slots *t, void *waiter, int64_t due_us, uint32_t *ret_slot, uint32_t *ret_gen)
{
	uint32_t i;

	pthread_mutex_lock(&t->lock);
	i = t->first_free;
	if (i < t->count) {
		t->first_free = t->s[i].next_free;
	} else if (t->high < t->count) {
		i = t->high++;
	}
	if (i < t->count) {
		t->s[i].waiter = waiter;
		t->s[i].due_us = due_us;
		*ret_slot = i;
		*ret_gen = t->s[i].gen;
		t->used++;
	}
	pthread_mutex_unlock(&t->lock);
	return i < t->count;
}

/* Under the lock. */
static void *take(struct slots *t, uint32_t i)
{
	void *w = t->s[i].waiter;

	t->s[i].waiter = NULL;
	t->s[i].gen++;
	t->s[i].next_free = t->first_free;
	t->first_free = i;
	t->used--;
	return w;
}

void *slots_take(struct slots *t, uint32_t slot, uint32_t gen)
{
	void *w = NULL;

	pthread_mutex_lock(&t->lock);
	if (slot < t->high && t->s[slot].waiter && t->s[slot].gen == gen)
		w = take(t, slot);
	pthread_mutex_unlock(&t->lock);
	return w;
}

void *slots_take_due(struct slots *t, int64_t now_us)
{
	void *w = NULL;

	pthread_mutex_lock(&t->lock);
	for (uint32_t i = 0; t->used && i < t->high && !w; i++) {
		if (t->s[i].waiter && t->s[i].due_us <= now_us)
			w = take(t, i);
	}
	pthread_mutex_unlock(&t->lock);
	return w;
}

uint32_t slots_used(struct slots *t)
{
	pthread_mutex_lock(&t->lock);
	uint32_t n = t->used;
	pthread_mutex_unlock(&t->lock);
	return n;
}

char *slot_token(uint32_t slot, uint32_t gen, char buf[static SLOT_TOKEN])
{
	snprintf(buf, SLOT_TOKEN, "%u.%u", slot, gen);
	return buf;
}

static const char *number(const char *s, char end, uint32_t *ret)
{
	uint64_t v = 0;
	const char *from = s;

	for (; *s >= '0' && *s <= '9' && v <= UINT32_MAX; s++)
		v = v * 10 + (uint64_t)(*s - '0');
	if (s == from || *s != end || v > UINT32_MAX)
		return NULL;
	*ret = (uint32_t)v;
	return s + 1;
}

bool slot_from_subject(
	const char *subject, size_t prefix_len, uint32_t *ret_slot, uint32_t *ret_gen)
{
	for (size_t i = 0; i < prefix_len; i++) {
		if (!subject[i])
			return false;
	}
	const char *gen = number(subject + prefix_len, '.', ret_slot);
	return gen && number(gen, '\0', ret_gen);
}
