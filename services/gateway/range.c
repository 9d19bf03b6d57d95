/* range.c - Range and If-None-Match (RFC 9110 13, 14) and digest fields (RFC 9530). */
#include "gateway/range.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

/* Digits to a number; NULL when there are none or too many. */
static const char *digits(const char *s, int64_t *ret)
{
	const char *from = s;
	int64_t v = 0;

	for (; *s >= '0' && *s <= '9' && s - from < 18; s++)
		v = v * 10 + (*s - '0');
	*ret = v;
	return s == from ? NULL : s;
}

enum range_verdict range_parse(const char *header, int64_t size, struct byte_range *ret)
{
	int64_t first, last;
	const char *p;

	if (strncasecmp(header, "bytes=", 6) != 0 || strchr(header, ','))
		return RANGE_WHOLE;
	header += 6;
	if (*header == '-') {
		p = digits(header + 1, &last);
		if (!p || *p)
			return RANGE_WHOLE;
		if (last == 0 || size == 0)
			return RANGE_BAD;
		first = last < size ? size - last : 0;
		*ret = (struct byte_range){ first, size - first };
		return RANGE_PART;
	}
	p = digits(header, &first);
	if (!p || *p++ != '-')
		return RANGE_WHOLE;
	last = size - 1;
	if (*p && (!(p = digits(p, &last)) || *p || last < first))
		return RANGE_WHOLE;
	if (first >= size)
		return RANGE_BAD;
	if (last >= size)
		last = size - 1;
	*ret = (struct byte_range){ first, last - first + 1 };
	return RANGE_PART;
}

bool etag_listed(const char *if_none_match, const char *etag)
{
	/* Ours hold no comma or quote inside, so a search is exact. */
	return strcmp(if_none_match, "*") == 0 || (*etag && strstr(if_none_match, etag) != NULL);
}

bool digest_field(const char *header, char ret_hex[static 65], bool *ret_broken)
{
	unsigned char raw[32];
	size_t n;
	const char *p = strcasestr(header, "sha-256=");

	*ret_broken = false;
	if (!p)
		return false;
	p += strlen("sha-256=");
	size_t len = *p == ':' ? strcspn(p + 1, ":") : 0;
	if (*p != ':' || p[1 + len] != ':' ||
		sodium_base642bin(raw, sizeof raw, p + 1, len, NULL, &n, NULL,
			sodium_base64_VARIANT_ORIGINAL) != 0 ||
		n != sizeof raw) {
		*ret_broken = true;
		return false;
	}
	sodium_bin2hex(ret_hex, 65, raw, sizeof raw);
	return true;
}
