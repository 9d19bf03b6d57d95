/* passwords.c - Argon2id of a password, salted with the site's salt and the username. */
#include "identity/passwords.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include "identity/tokens.h"

char *kdf_to_text(struct kdf k, char buf[static KDF_TEXT])
{
	snprintf(buf, KDF_TEXT, "argon2id:%ld:%ld", k.ops, k.memory_kib);
	return buf;
}

bool kdf_from_text(const char *text, struct kdf *ret)
{
	struct kdf k;
	int end = 0;

	if (sscanf(text, "argon2id:%9ld:%9ld%n", &k.ops, &k.memory_kib, &end) != 2 || text[end] ||
		k.ops < 1 || k.memory_kib < 8)
		return false;
	*ret = k;
	return true;
}

char *username_fold(struct arena *a, const char *username)
{
	char *s = arena_strdup(a, username);

	for (char *p = s; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return s;
}

bool password_hash(struct kdf k, const uint8_t site_salt[static 32], const char *username,
	const char *password, uint8_t out[static PASSWORD_HASH])
{
	uint8_t digest[DIGEST];

	_Static_assert(DIGEST >= crypto_pwhash_SALTBYTES, "the salt is the front of the digest");
	keyed_digest(site_salt, "password", username, digest);
	return crypto_pwhash(out, PASSWORD_HASH, password, strlen(password), digest,
		       (unsigned long long)k.ops, (size_t)k.memory_kib * 1024,
		       crypto_pwhash_ALG_ARGON2ID13) == 0;
}
