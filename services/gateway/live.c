/* live.c - the newest live frame of each key, in the order they came. */
#include "gateway/live.h"

#include <stdlib.h>
#include <string.h>
#include "jingbao/v1/options.pb-c.h"

bool live_init(struct live *l)
{
	*l = (struct live){ .slots = calloc(LIVE_FRAMES, sizeof(*l->slots)),
		.keys = calloc(LIVE_KEYS, sizeof(*l->keys)) };
	return l->slots && l->keys;
}

static struct frame **slot(const struct live *l, uint64_t place)
{
	return &l->slots[place % LIVE_FRAMES];
}

static void drop(struct live *l, uint64_t place)
{
	frame_unref(*slot(l, place));
	*slot(l, place) = NULL;
}

void live_release(struct live *l)
{
	for (; l->tail < l->head; l->tail++)
		drop(l, l->tail);
	free(l->slots);
	free(l->keys);
	*l = (struct live){ 0 };
}

static const char *key_of(const struct frame *f)
{
	for (size_t i = 0; i < f->n_scopes; i++)
		if (f->scopes[i].scope != PB__SCOPE__VALUE__DISTRICT)
			return f->scopes[i].value;
	return "";
}

/* Two keys of one hash would hide each other's frames; with 64 bits nobody lives to see it. */
static uint64_t hash_of(const struct frame *f)
{
	uint64_t h = (uint64_t)(uintptr_t)f->meta * UINT64_C(0x9e3779b97f4a7c15);

	for (const char *p = key_of(f); *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	h *= UINT64_C(0xbf58476d1ce4e5b9);
	h ^= h >> 29;
	return h ? h : 1;
}

static struct live_key *find(struct live *l, uint64_t hash)
{
	size_t i = hash % LIVE_KEYS;

	while (l->keys[i].hash && l->keys[i].hash != hash)
		i = (i + 1) % LIVE_KEYS;
	return &l->keys[i];
}

void live_put(struct live *l, struct frame *f)
{
	uint64_t hash = hash_of(f);
	struct live_key *k = find(l, hash);

	if (k->hash && k->place >= l->tail)
		drop(l, k->place);
	if (!k->hash && l->n_keys >= LIVE_KEYS / 2) { /* forget who is who: some are told twice */
		memset(l->keys, 0, LIVE_KEYS * sizeof(*l->keys));
		l->n_keys = 0;
		k = find(l, hash);
	}
	l->n_keys += !k->hash;
	if (l->head - l->tail == LIVE_FRAMES)
		drop(l, l->tail++);
	*k = (struct live_key){ hash, l->head };
	*slot(l, l->head++) = f;
}

struct frame *live_next(const struct live *l, uint64_t *place)
{
	if (*place < l->tail)
		*place = l->tail;
	while (*place < l->head) {
		struct frame *f = *slot(l, (*place)++);
		if (f)
			return f;
	}
	return NULL;
}
