/* rate.c - token buckets per address in a fixed table. */
#include "gateway/rate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include "kit/timeutil.h"

enum { BUCKETS = 4096 };

struct bucket {
	int64_t at_us; /* when `have` was true; 0 never used */
	double have;
};

struct rate {
	pthread_mutex_t lock;
	double per_us, burst;
	unsigned char key[crypto_shorthash_KEYBYTES];
	struct bucket b[BUCKETS];
};

struct rate *rate_new(long per_s, long burst)
{
	struct rate *r = calloc(1, sizeof *r);

	if (!r)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	r->per_us = (double)per_s / 1e6;
	r->burst = (double)burst;
	crypto_shorthash_keygen(r->key);
	return r;
}

void rate_free(struct rate *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

bool rate_take(struct rate *r, const char *address, int64_t now_us, uint32_t *ret_wait_s)
{
	unsigned char h[crypto_shorthash_BYTES];
	uint64_t at;
	bool ok = true;

	if (r->per_us <= 0)
		return true;
	crypto_shorthash(h, (const unsigned char *)address, strlen(address), r->key);
	memcpy(&at, h, sizeof at);
	pthread_mutex_lock(&r->lock);
	struct bucket *b = &r->b[at % BUCKETS];
	double have = b->at_us ? b->have + (double)(now_us - b->at_us) * r->per_us : r->burst;
	b->have = have > r->burst ? r->burst : have;
	b->at_us = now_us;
	if (b->have >= 1) {
		b->have -= 1;
	} else {
		ok = false;
		*ret_wait_s = (uint32_t)((1 - b->have) / r->per_us / (double)US_PER_S) + 1;
	}
	pthread_mutex_unlock(&r->lock);
	return ok;
}
