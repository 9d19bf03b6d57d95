/* site.h - this installation's salt and the password costs in use; loaded once, then read only. */
#ifndef IDENTITY_SITE_H
#define IDENTITY_SITE_H

#include "identity/passwords.h"
#include "identity/tokens.h"
#include "kit/call.h"

extern uint8_t site_salt[DIGEST];

/* The present cost, from the settings. */
struct kdf kdf_present(void);
/* In prepare: the hashes of a password under every cost in use. NULL with BUSY: no memory now. */
struct password_tries *password_try(
	struct call *c, const char *username, const char *password, bool present_only);
/* The SHA-256 of a token, in the arena: what a bound statement is given must outlive bind. */
const uint8_t *digest_in_arena(struct call *c, const char *token);
/* Keys of the throttle for a name and an address; the second is NULL when the address is unknown.
 */
const uint8_t *name_key(struct call *c, const char *username);
const uint8_t *address_key(struct call *c, const char *address);
/* TOO_MANY with the time to wait. */
Pb__Code refuse_blocked(struct call *c, int64_t until_us);

#endif
