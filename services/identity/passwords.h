/* passwords.h - Argon2id of a password, salted with the site's salt and the username.
 *
 * The salt is derived, not stored, so that the slow hash needs no look-up before it: it runs off
 * the service thread, and costs the same for names that don't exist. A username never changes. */
#ifndef IDENTITY_PASSWORDS_H
#define IDENTITY_PASSWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kit/arena.h"

enum { PASSWORD_HASH = 32, KDF_TEXT = 40, KDFS_MAX = 4 };

/* Cost of one hash. */
struct kdf {
	long ops, memory_kib;
};

/* "argon2id:2:65536", as stored beside each hash. */
char *kdf_to_text(struct kdf k, char buf[static KDF_TEXT]);
bool kdf_from_text(const char *text, struct kdf *ret);

/* Usernames are ASCII (format TOKEN) and equal without regard to case. */
char *username_fold(struct arena *a, const char *username);

/* False: no memory for it now. Any thread; takes tens of milliseconds. */
bool password_hash(struct kdf k, const uint8_t site_salt[static 32], const char *username,
	const char *password, uint8_t out[static PASSWORD_HASH]);

/* The hashes of one password under every cost in use; the first is the present cost. */
struct password_tries {
	const char *kdf[KDFS_MAX];
	const char *hex[KDFS_MAX];
	size_t n;
	uint8_t present[PASSWORD_HASH];
};

#endif
