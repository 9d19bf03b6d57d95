/* webhook.c - Standard Webhooks signatures, the retry schedule and the address rule. */
#include "claims/webhook.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const char prefix[] = "whsec_";
enum { SECRET_BYTES = 32, SECRET_BYTES_MAX = 64 };

void webhook_new_secret(char ret[static WEBHOOK_SECRET_TEXT])
{
	unsigned char raw[SECRET_BYTES];
	randombytes_buf(raw, sizeof raw);
	memcpy(ret, prefix, sizeof prefix);
	sodium_bin2base64(ret + sizeof prefix - 1, WEBHOOK_SECRET_TEXT - sizeof prefix + 1, raw,
		sizeof raw, sodium_base64_VARIANT_ORIGINAL);
	sodium_memzero(raw, sizeof raw);
}

static bool secret_bytes(
	const char *secret, unsigned char raw[static SECRET_BYTES_MAX], size_t *ret_n)
{
	size_t skip = sizeof prefix - 1;
	return strncmp(secret, prefix, skip) == 0 &&
	       sodium_base642bin(raw, SECRET_BYTES_MAX, secret + skip, strlen(secret + skip), NULL,
		       ret_n, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       *ret_n > 0;
}

static bool mac(const unsigned char *key, size_t key_len, const char *head, const char *body,
	size_t len, unsigned char out[static EVP_MAX_MD_SIZE], size_t *ret_n)
{
	EVP_PKEY *k = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, key, key_len);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	*ret_n = EVP_MAX_MD_SIZE;
	bool ok = k && ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k) == 1 &&
		  EVP_DigestSignUpdate(ctx, head, strlen(head)) == 1 &&
		  EVP_DigestSignUpdate(ctx, body, len) == 1 &&
		  EVP_DigestSignFinal(ctx, out, ret_n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(k);
	return ok;
}

bool webhook_sign(const char *secret, const char *id, int64_t timestamp_s, const char *body,
	size_t len, char ret[static WEBHOOK_SIGNATURE_TEXT])
{
	unsigned char key[SECRET_BYTES_MAX], out[EVP_MAX_MD_SIZE];
	size_t key_len, n;
	char head[160];
	int h = snprintf(head, sizeof head, "%s.%lld.", id, (long long)timestamp_s);
	if (h < 0 || (size_t)h >= sizeof head || !secret_bytes(secret, key, &key_len))
		return false;
	bool ok = mac(key, key_len, head, body, len, out, &n);
	sodium_memzero(key, sizeof key);
	if (!ok)
		return false;
	memcpy(ret, "v1,", 3);
	sodium_bin2base64(
		ret + 3, WEBHOOK_SIGNATURE_TEXT - 3, out, n, sodium_base64_VARIANT_ORIGINAL);
	return true;
}

int64_t webhook_wait_us(unsigned attempts, uint32_t random)
{
	/* The first retries are ours: a crash is handed over within minutes. The rest follows the
	 * Standard Webhooks recommendation. */
	static const int64_t seconds[] = { 0, 2, 10, 30, 120, 300, 1800, 7200, 18000, 36000, 50400,
		72000, 86400 };
	if (attempts >= sizeof seconds / sizeof seconds[0])
		return -1;
	int64_t us = seconds[attempts] * 1000000;
	return us + us / 1000 * (int64_t)(random % 100); /* up to a tenth more */
}

enum webhook_fate webhook_fate(long status)
{
	if (status >= 200 && status < 300)
		return WEBHOOK_DELIVERED;
	return status == 410 ? WEBHOOK_GONE : WEBHOOK_RETRY;
}

static bool v4_allowed(uint32_t ip, bool allow_private)
{
	if ((ip >> 24) == 0 || (ip >> 28) >= 0xe || (ip >> 16) == 0xa9fe)
		return false; /* unspecified, multicast and reserved, link-local */
	bool internal = (ip >> 24) == 127 || (ip >> 24) == 10 || (ip >> 20) == 0xac1 ||
			(ip >> 16) == 0xc0a8 || (ip >> 22) == (0x64400000u >> 22);
	return allow_private || !internal;
}

static bool v6_allowed(const struct in6_addr *a, bool allow_private)
{
	if (IN6_IS_ADDR_V4MAPPED(a)) {
		uint32_t ip;
		memcpy(&ip, a->s6_addr + 12, sizeof ip);
		return v4_allowed(ntohl(ip), allow_private);
	}
	if (IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_MULTICAST(a) || IN6_IS_ADDR_LINKLOCAL(a))
		return false;
	bool internal = IN6_IS_ADDR_LOOPBACK(a) || (a->s6_addr[0] & 0xfe) == 0xfc ||
			IN6_IS_ADDR_SITELOCAL(a);
	return allow_private || !internal;
}

bool webhook_address_allowed(const struct sockaddr *a, bool allow_private)
{
	if (a->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, a, sizeof in);
		return v4_allowed(ntohl(in.sin_addr.s_addr), allow_private);
	}
	if (a->sa_family == AF_INET6) {
		struct sockaddr_in6 in;
		memcpy(&in, a, sizeof in);
		return v6_allowed(&in.sin6_addr, allow_private);
	}
	return false;
}
