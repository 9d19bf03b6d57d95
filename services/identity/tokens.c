/* tokens.c - bearer tokens: made, recognised by shape, digested. */
#include "identity/tokens.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

char *token_make(const char *prefix, char buf[static TOKEN_TEXT])
{
	uint8_t random[32];

	assert(strlen(prefix) == 4);
	randombytes_buf(random, sizeof random);
	memcpy(buf, prefix, 4);
	sodium_bin2base64(buf + 4, TOKEN_TEXT - 4, random, sizeof random,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(random, sizeof random);
	return buf;
}

bool token_shaped(const char *prefix, const char *token)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	return strlen(token) == TOKEN_TEXT - 1 && !strncmp(token, prefix, 4) &&
	       strspn(token + 4, letters) == TOKEN_TEXT - 5;
}

void token_digest(const char *token, uint8_t out[static DIGEST])
{
	crypto_hash_sha256(out, (const unsigned char *)token, strlen(token));
}

void keyed_digest(const uint8_t key[static DIGEST], const char *kind, const char *text,
	uint8_t out[static DIGEST])
{
	crypto_generichash_state st;

	crypto_generichash_init(&st, key, DIGEST, DIGEST);
	crypto_generichash_update(&st, (const unsigned char *)kind, strlen(kind) + 1);
	crypto_generichash_update(&st, (const unsigned char *)text, strlen(text));
	crypto_generichash_final(&st, out, DIGEST);
}
