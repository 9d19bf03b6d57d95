/* sessions.c - principals kept for a short while under the SHA-256 of a token. */
#include "gateway/sessions.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/sha.h>
#include "kit/timeutil.h"

enum { WAYS = 4, TEXTS = 8 };

struct entry {
	unsigned char hash[TOKEN_HASH];
	int64_t until_us; /* steady clock */
	struct who *who;  /* NULL: free */
};

struct sessions {
	pthread_mutex_t lock;
	size_t sets;
	int64_t keep_us;
	uint64_t ended;
	struct entry e[];
};

struct sessions *sessions_new(size_t entries, int64_t keep_us)
{
	size_t sets = entries / WAYS ? entries / WAYS : 1;
	struct sessions *s = calloc(1, sizeof *s + sets * WAYS * sizeof *s->e);

	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	s->sets = sets;
	s->keep_us = keep_us;
	return s;
}

void sessions_free(struct sessions *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->sets * WAYS; i++)
		free(s->e[i].who);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void token_hash(const char *token, unsigned char ret[static TOKEN_HASH])
{
	SHA256((const unsigned char *)token, strlen(token), ret);
}

static void texts_of(const struct who *w, const char *ret[static TEXTS])
{
	ret[0] = w->p.subject;
	ret[1] = w->p.name;
	ret[2] = w->p.org;
	ret[3] = w->p.districts;
	ret[4] = w->p.incident_id;
	ret[5] = w->p.party_id;
	ret[6] = w->session_id;
	ret[7] = w->methods;
}

static size_t texts_bytes(const char *const t[static TEXTS])
{
	size_t n = 0;

	for (size_t i = 0; i < TEXTS; i++)
		n += strlen(t[i]) + 1;
	return n;
}

/* Copies the texts to p and points the principal at them. */
static void texts_place(const char *const t[static TEXTS], char *p, struct who *w)
{
	const char **to[TEXTS] = { &w->p.subject, &w->p.name, &w->p.org, &w->p.districts,
		&w->p.incident_id, &w->p.party_id, &w->session_id, &w->methods };

	for (size_t i = 0; i < TEXTS; i++) {
		size_t n = strlen(t[i]) + 1;
		*to[i] = memcpy(p, t[i], n);
		p += n;
	}
}

struct who *who_copy(const struct who *from)
{
	const char *t[TEXTS];

	texts_of(from, t);
	struct who *w = malloc(sizeof *w + texts_bytes(t));
	if (!w)
		return NULL;
	*w = *from;
	texts_place(t, (char *)(w + 1), w);
	return w;
}

bool who_to_arena(const struct who *from, struct arena *a, struct who *ret)
{
	const char *t[TEXTS];

	texts_of(from, t);
	char *p = arena_alloc(a, texts_bytes(t));
	if (!p)
		return false;
	*ret = *from;
	texts_place(t, p, ret);
	return true;
}

static struct entry *set_of(struct sessions *s, const unsigned char *hash)
{
	uint64_t h;

	memcpy(&h, hash, sizeof h);
	return &s->e[h % s->sets * WAYS];
}

static void entry_clear(struct entry *e)
{
	free(e->who);
	e->who = NULL;
}

uint64_t sessions_ended(struct sessions *s)
{
	pthread_mutex_lock(&s->lock);
	uint64_t n = s->ended;
	pthread_mutex_unlock(&s->lock);
	return n;
}

/* The entry of that hash, a free one, or the one that would go first. */
static struct entry *place_for(struct sessions *s, const unsigned char *hash)
{
	struct entry *set = set_of(s, hash), *best = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].who && memcmp(set[i].hash, hash, TOKEN_HASH) == 0)
			return &set[i];
	}
	for (size_t i = 0; i < WAYS; i++) {
		if (!set[i].who)
			return &set[i];
		if (set[i].until_us < best->until_us)
			best = &set[i];
	}
	return best;
}

void sessions_keep(struct sessions *s, const unsigned char hash[static TOKEN_HASH],
	const struct who *who, uint64_t ended)
{
	struct who *copy = who_copy(who);

	if (!copy)
		return;
	pthread_mutex_lock(&s->lock);
	if (s->ended == ended) {
		struct entry *e = place_for(s, hash);
		entry_clear(e);
		memcpy(e->hash, hash, TOKEN_HASH);
		e->until_us = mono_us() + s->keep_us;
		e->who = copy;
		copy = NULL;
	}
	pthread_mutex_unlock(&s->lock);
	free(copy);
}

static bool find(
	struct sessions *s, const unsigned char *hash, struct arena *a, struct who *ret, bool take)
{
	bool found = false;

	pthread_mutex_lock(&s->lock);
	struct entry *set = set_of(s, hash);
	for (size_t i = 0; i < WAYS; i++) {
		struct entry *e = &set[i];
		if (!e->who || memcmp(e->hash, hash, TOKEN_HASH) != 0)
			continue;
		bool live = e->until_us > mono_us() &&
			    (!e->who->expires_at_us || e->who->expires_at_us > now_us());
		found = live && who_to_arena(e->who, a, ret);
		if (take || !live)
			entry_clear(e);
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

bool sessions_find(struct sessions *s, const unsigned char hash[static TOKEN_HASH], struct arena *a,
	struct who *ret)
{
	return find(s, hash, a, ret, false);
}

bool sessions_take(struct sessions *s, const unsigned char hash[static TOKEN_HASH], struct arena *a,
	struct who *ret)
{
	return find(s, hash, a, ret, true);
}

void sessions_drop(struct sessions *s, const char *session_id)
{
	pthread_mutex_lock(&s->lock);
	s->ended++;
	for (size_t i = 0; i < s->sets * WAYS; i++) {
		struct entry *e = &s->e[i];
		if (e->who && strcmp(e->who->session_id, session_id) == 0)
			entry_clear(e);
	}
	pthread_mutex_unlock(&s->lock);
}
