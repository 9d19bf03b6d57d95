/* webhook.h - rules of telling an insurer: signature, retries, and where we may connect. Pure.
 *
 * Signatures are Standard Webhooks 1.0 `v1` (HMAC-SHA256 over "id.timestamp.body").
 */
#ifndef CLAIMS_WEBHOOK_H
#define CLAIMS_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { WEBHOOK_SECRET_TEXT = 64, WEBHOOK_SIGNATURE_TEXT = 64 };

/* "whsec_" and 32 random bytes in base64. */
void webhook_new_secret(char ret[static WEBHOOK_SECRET_TEXT]);

/* "v1,<base64>"; false when the secret is not one. */
bool webhook_sign(const char *secret, const char *id, int64_t timestamp_s, const char *body,
	size_t len, char ret[static WEBHOOK_SIGNATURE_TEXT]);

/* Microseconds to wait after `attempts` failed ones; -1: give up. `random` spreads the retries of
 * many deliveries (any value). */
int64_t webhook_wait_us(unsigned attempts, uint32_t random);

enum webhook_fate { WEBHOOK_DELIVERED, WEBHOOK_RETRY, WEBHOOK_GONE };

/* What an HTTP status (0: no answer) means. */
enum webhook_fate webhook_fate(long status);

/* Longest Retry-After honoured, in seconds. */
enum { WEBHOOK_RETRY_AFTER_MAX_S = 24 * 3600 };

/* What the address rule forbids: link-local (cloud metadata), multicast and unspecified always;
 * loopback and private networks unless allowed. */
bool webhook_address_allowed(const struct sockaddr *a, bool allow_private);

#endif
