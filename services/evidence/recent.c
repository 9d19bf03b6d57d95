/* recent.c - a small table of finished and running looks, the least lately used leaving first. */
#include "evidence/recent.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void recent_init(struct recent *r)
{
	memset(r, 0, sizeof(*r));
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->ended, NULL);
}

void recent_release(struct recent *r)
{
	pthread_mutex_destroy(&r->lock);
	pthread_cond_destroy(&r->ended);
}

static struct recent_look *find(struct recent *r, const char *sha256)
{
	for (size_t i = 0; i < RECENT_LOOKS; i++)
		if (strcmp(r->v[i].sha256, sha256) == 0)
			return &r->v[i];
	return NULL;
}

static struct recent_look *oldest(struct recent *r)
{
	struct recent_look *best = NULL;

	for (size_t i = 0; i < RECENT_LOOKS; i++)
		if (!r->v[i].running && (!best || r->v[i].used < best->used))
			best = &r->v[i];
	assert(best); /* fewer threads than places */
	return best;
}

bool recent_take(struct recent *r, const char *sha256, struct look *ret)
{
	struct recent_look *k;

	pthread_mutex_lock(&r->lock);
	while ((k = find(r, sha256)) && k->running)
		pthread_cond_wait(&r->ended, &r->lock);
	bool known = k != NULL;
	if (known) {
		*ret = k->look;
	} else {
		k = oldest(r);
		(void)snprintf(k->sha256, sizeof(k->sha256), "%s", sha256);
		k->running = true;
	}
	k->used = ++r->clock;
	pthread_mutex_unlock(&r->lock);
	return known;
}

static void end(struct recent *r, const char *sha256, const struct look *look)
{
	pthread_mutex_lock(&r->lock);
	struct recent_look *k = find(r, sha256);
	assert(k && k->running);
	k->running = false;
	if (look) {
		k->look = *look;
	} else {
		k->sha256[0] = '\0';
		k->used = 0;
	}
	pthread_cond_broadcast(&r->ended);
	pthread_mutex_unlock(&r->lock);
}

void recent_put(struct recent *r, const char *sha256, const struct look *look)
{
	end(r, sha256, look);
}

void recent_drop(struct recent *r, const char *sha256)
{
	end(r, sha256, NULL);
}
