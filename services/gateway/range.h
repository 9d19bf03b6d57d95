/* range.h - Range and If-None-Match (RFC 9110 13, 14) and digest fields (RFC 9530). Pure. */
#ifndef GATEWAY_RANGE_H
#define GATEWAY_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct byte_range {
	int64_t from, length;
};

/* WHOLE: no range we serve (several, other units): the whole is a right answer to those. */
enum range_verdict { RANGE_WHOLE, RANGE_PART, RANGE_BAD };
enum range_verdict range_parse(const char *header, int64_t size, struct byte_range *ret);

bool etag_listed(const char *if_none_match, const char *etag);

/* The sha-256 of a Content-Digest or Repr-Digest field as 64 hex digits. False: it names no
 * sha-256, or holds one that isn't (then *ret_broken). */
bool digest_field(const char *header, char ret_hex[static 65], bool *ret_broken);

#endif
