/* uuid.h - UUIDv7 (RFC 9562) as 36-character lower-case text. Thread: any. */
#ifndef KIT_UUID_H
#define KIT_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UUID_TEXT = 37 };

/* New id, monotonic within the process; random bits from libsodium. Returns buf. */
char *uuid_v7(char buf[static UUID_TEXT]);
bool uuid_valid(const char *text); /* canonical form, any version */
bool uuid_to_bytes(const char *text, uint8_t out[static 16]);
char *uuid_from_bytes(const uint8_t in[static 16], char buf[static UUID_TEXT]);
int64_t uuid_time_us(const char *text); /* v7: its millisecond; else 0 */
/* The same name always gives the same id (first 16 bytes of SHA-256, marked version 8). */
char *uuid_named(const char *space, const char *name, char buf[static UUID_TEXT]);

#endif
