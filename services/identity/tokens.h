/* tokens.h - bearer tokens: 32 random bytes in base64url behind a prefix that names their kind.
 *
 * Only the SHA-256 is stored: the bytes are random, so no slow hash is needed. Thread: any. */
#ifndef IDENTITY_TOKENS_H
#define IDENTITY_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_SESSION "jbs_"
#define TOKEN_CLIENT "jbc_"
#define TOKEN_SECRET "jbk_" /* a client's secret */
#define TOKEN_DEVICE "jbd_"
#define TOKEN_PARTY "jbp_"
#define TOKEN_LINK "jbl_"

enum { TOKEN_TEXT = 4 + 43 + 1, DIGEST = 32 };

char *token_make(const char *prefix, char buf[static TOKEN_TEXT]);
/* The right prefix and the right shape; says nothing of whether it was ever issued. */
bool token_shaped(const char *prefix, const char *token);
void token_digest(const char *token, uint8_t out[static DIGEST]);
/* A digest for what must not be stored as it is and may be guessable: keyed with the site's salt.
 * `kind` keeps equal texts of different kinds apart. */
void keyed_digest(const uint8_t key[static DIGEST], const char *kind, const char *text,
	uint8_t out[static DIGEST]);

#endif
