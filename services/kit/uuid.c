/* uuid.c - UUIDv7 made from the clock and libsodium's random bits, and named ids. */
#include "kit/uuid.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"

static void init_sodium(void)
{
	if (sodium_init() < 0)
		abort(); /* no random bits: nothing may go on */
}

static void put_version(uint8_t b[static 16], uint8_t version)
{
	b[6] = (uint8_t)((b[6] & 0x0f) | (version << 4));
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
}

/* Milliseconds in the upper 48 of 60 bits, the fraction of the millisecond in the lower 12 (RFC
 * 9562 6.2 method 3); never the same twice and never going back, whatever the clock does. */
static uint64_t next_tick(void)
{
	static _Atomic uint64_t last;
	int64_t us = now_us();
	uint64_t now = ((uint64_t)(us / US_PER_MS) << 12) |
		       ((uint64_t)(us % US_PER_MS) * 4096 / (uint64_t)US_PER_MS);
	uint64_t seen = atomic_load(&last), mine;

	do {
		mine = now > seen ? now : seen + 1;
	} while (!atomic_compare_exchange_weak(&last, &seen, mine));
	return mine;
}

char *uuid_v7(char buf[static UUID_TEXT])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint8_t b[16];
	uint64_t tick;

	pthread_once(&once, init_sodium);
	randombytes_buf(b + 8, 8);
	tick = next_tick();
	for (int i = 0; i < 6; i++)
		b[i] = (uint8_t)(tick >> (52 - 8 * i));
	b[6] = (uint8_t)((tick >> 8) & 0x0f);
	b[7] = (uint8_t)tick;
	put_version(b, 7);
	return uuid_from_bytes(b, buf);
}

static bool is_dash_at(int i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool uuid_to_bytes(const char *text, uint8_t out[static 16])
{
	uint8_t b[16];
	int n = 0;

	if (!text)
		return false;
	for (int i = 0; i < 36;) {
		int high, low;

		if (is_dash_at(i)) {
			if (text[i++] != '-')
				return false;
			continue;
		}
		high = hex_value(text[i]);
		low = high < 0 ? -1 : hex_value(text[i + 1]);
		if (low < 0)
			return false;
		b[n++] = (uint8_t)(high << 4 | low);
		i += 2;
	}
	if (text[36])
		return false;
	memcpy(out, b, sizeof(b));
	return true;
}

bool uuid_valid(const char *text)
{
	uint8_t b[16];

	return uuid_to_bytes(text, b);
}

char *uuid_from_bytes(const uint8_t in[static 16], char buf[static UUID_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	int at = 0;

	for (int i = 0; i < 16; i++) {
		if (is_dash_at(at))
			buf[at++] = '-';
		buf[at++] = hex[in[i] >> 4];
		buf[at++] = hex[in[i] & 0x0f];
	}
	buf[at] = 0;
	return buf;
}

int64_t uuid_time_us(const char *text)
{
	uint8_t b[16];
	int64_t ms = 0;

	if (!uuid_to_bytes(text, b) || b[6] >> 4 != 7)
		return 0;
	for (int i = 0; i < 6; i++)
		ms = ms << 8 | b[i];
	return ms * US_PER_MS;
}

char *uuid_named(const char *space, const char *name, char buf[static UUID_TEXT])
{
	crypto_hash_sha256_state h;
	uint8_t digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256_init(&h);
	/* With its NUL, so that ("ab", "c") and ("a", "bc") differ. */
	crypto_hash_sha256_update(&h, (const unsigned char *)space, strlen(space) + 1);
	crypto_hash_sha256_update(&h, (const unsigned char *)name, strlen(name));
	crypto_hash_sha256_final(&h, digest);
	put_version(digest, 8);
	return uuid_from_bytes(digest, buf);
}
