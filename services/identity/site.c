/* site.c - this installation's salt, the password costs in use, and the keys of the throttle. */
#include "identity/site.h"

#include <sodium.h>
#include <string.h>
#include "identity/identity.h"
#include "identity/store.h"
#include "kit/timeutil.h"

uint8_t site_salt[DIGEST];

/* Costs that some account still has; set before the first request, then only read. */
static struct kdf in_use[KDFS_MAX];
static size_t n_in_use;

struct kdf kdf_present(void)
{
	return (struct kdf){ identity_settings.password_ops,
		identity_settings.password_memory_kib };
}

static void remember_kdf(struct kdf k)
{
	for (size_t i = 0; i < n_in_use; i++)
		if (in_use[i].ops == k.ops && in_use[i].memory_kib == k.memory_kib)
			return;
	if (n_in_use < KDFS_MAX)
		in_use[n_in_use++] = k;
}

void site_set(const void *salt, size_t len)
{
	memcpy(site_salt, salt, len < DIGEST ? len : DIGEST);
	n_in_use = 0;
	remember_kdf(kdf_present());
}

Pb__Code identity_start(struct call *c)
{
	struct db_rows rows;
	struct kdf k;
	size_t len;
	const void *salt;

	if (db_run(c, &load_site, &rows, DB_NONE))
		return c->faults.code;
	if (rows.n != 1)
		return call_fail(c, PB__CODE__INTERNAL, "identity.site has no row");
	salt = db_get_bytes(&rows, 0, 0, &len);
	if (len != DIGEST)
		return call_fail(c, PB__CODE__INTERNAL, "identity.site holds no salt of 32 bytes");
	site_set(salt, len);
	if (db_run(c, &load_kdfs, &rows, DB_NONE))
		return c->faults.code;
	for (size_t i = 0; i < rows.n; i++)
		if (kdf_from_text(db_get_text(&rows, i, 0), &k))
			remember_kdf(k);
	return PB__CODE__OK;
}

/* One hash under the nth cost; false when there is no memory for it. */
static bool try_one(struct call *c, struct password_tries *t, size_t n, const char *username,
	const char *password)
{
	uint8_t hash[PASSWORD_HASH];
	char *hex = arena_alloc(c->arena, 2 * PASSWORD_HASH + 1);
	char *kdf = arena_alloc(c->arena, KDF_TEXT);

	if (!hex || !kdf || !password_hash(in_use[n], site_salt, username, password, hash))
		return false;
	sodium_bin2hex(hex, 2 * PASSWORD_HASH + 1, hash, sizeof hash);
	t->kdf[n] = kdf_to_text(in_use[n], kdf);
	t->hex[n] = hex;
	if (n == 0)
		memcpy(t->present, hash, sizeof hash);
	t->n = n + 1;
	return true;
}

struct password_tries *password_try(
	struct call *c, const char *username, const char *password, bool present_only)
{
	struct password_tries *t = ARENA_NEW(c->arena, struct password_tries);
	size_t n = present_only ? 1 : n_in_use;
	bool ok = t != NULL;

	for (size_t i = 0; ok && i < n; i++)
		ok = try_one(c, t, i, username, password);
	if (ok)
		return t;
	fault_set(&c->faults, PB__CODE__BUSY, "no memory to check a password now");
	return NULL;
}

const uint8_t *digest_in_arena(struct call *c, const char *token)
{
	uint8_t *digest = arena_alloc(c->arena, DIGEST);

	if (digest)
		token_digest(token, digest);
	return digest;
}

const uint8_t *name_key(struct call *c, const char *username)
{
	uint8_t *key = arena_alloc(c->arena, DIGEST);

	if (key)
		keyed_digest(site_salt, "name", username, key);
	return key;
}

const uint8_t *address_key(struct call *c, const char *address)
{
	uint8_t *key = *address ? arena_alloc(c->arena, DIGEST) : NULL;

	if (key)
		keyed_digest(site_salt, "address", address, key);
	return key;
}

Pb__Code refuse_blocked(struct call *c, int64_t until_us)
{
	int64_t s = (until_us - c->at_us + US_PER_S - 1) / US_PER_S;

	c->faults.retry_after_s = (uint32_t)(s < 1 ? 1 : s);
	return call_fail(c, PB__CODE__TOO_MANY, "too many failed attempts; wait before the next");
}
