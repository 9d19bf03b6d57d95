/* target.c - a request target into segments and parameters; percent decoding in one place. */
#include "gateway/target.h"

#include <string.h>
#include <strings.h>
#include "kit/utf8.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The next byte of s, -1 when its escape is broken; advances *i past it. */
static int next_byte(const char *s, size_t n, size_t *i, bool plus_is_space)
{
	int c = (unsigned char)s[(*i)++];

	if (c == '+' && plus_is_space)
		return ' ';
	if (c != '%')
		return c;
	if (n - *i < 2 || hex(s[*i]) < 0 || hex(s[*i + 1]) < 0)
		return -1;
	c = hex(s[*i]) << 4 | hex(s[*i + 1]);
	*i += 2;
	return c;
}

char *percent_decode(
	const char *s, size_t n, bool plus_is_space, struct arena *a, const char **ret_fault)
{
	char *out = arena_alloc(a, n + 1);
	size_t len = 0, chars;

	*ret_fault = out ? NULL : "it is too long";
	for (size_t i = 0; i < n && !*ret_fault;) {
		int c = next_byte(s, n, &i, plus_is_space);
		if (c < 0)
			*ret_fault = "it holds a broken percent escape";
		else if (c == 0)
			*ret_fault = "it holds a NUL";
		else
			out[len++] = (char)c;
	}
	if (!*ret_fault && !utf8_valid(out, len, &chars))
		*ret_fault = "it is not valid UTF-8";
	return *ret_fault ? NULL : out;
}

static bool param_parse(
	const char *s, size_t n, struct param *p, struct arena *a, const char **ret_fault)
{
	const char *eq = memchr(s, '=', n);
	size_t name_len = eq ? (size_t)(eq - s) : n;

	p->name = percent_decode(s, name_len, true, a, ret_fault);
	if (!p->name)
		return false;
	p->value = eq ? percent_decode(eq + 1, n - name_len - 1, true, a, ret_fault) : "";
	return p->value != NULL;
}

int params_parse(const char *s, size_t n, struct param *params, size_t max, struct arena *a,
	const char **ret_fault)
{
	size_t count = 0;

	while (n) {
		const char *amp = memchr(s, '&', n);
		size_t len = amp ? (size_t)(amp - s) : n;
		if (len && count == max) {
			*ret_fault = "it holds too many parameters";
			return -1;
		}
		if (len && !param_parse(s, len, &params[count++], a, ret_fault))
			return -1;
		s += len;
		n -= len;
		if (n) {
			s++;
			n--;
		}
	}
	return (int)count;
}

const char *param_get(const struct param *params, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(params[i].name, name) == 0)
			return params[i].value;
	}
	return NULL;
}

/* A segment must decode to something sound even where nobody will look at its value. */
static bool segment_sound(const char *s, size_t n, struct arena *a, const char **ret_fault)
{
	const char *decoded = percent_decode(s, n, false, a, ret_fault);

	if (!decoded)
		return false;
	for (; *decoded; decoded++) {
		unsigned char c = (unsigned char)*decoded;
		if (c < 0x20 || c == 0x7f || c == '/' || c == '\\') {
			*ret_fault = "a path segment holds a slash or a control character";
			return false;
		}
	}
	return true;
}

static bool add_segment(struct target *t, const char *s, size_t n, struct arena *a)
{
	if (t->n_segments == SEGMENTS_MAX) {
		t->fault = "it holds too many path segments";
		return false;
	}
	if (memchr(s, '%', n) && !segment_sound(s, n, a, &t->fault))
		return false;
	const char *copy = arena_strndup(a, s, n);
	if (!copy) {
		t->fault = "it is too long";
		return false;
	}
	t->segments[t->n_segments++] = copy;
	return true;
}

/* http://host/path is as good as /path (RFC 9112 3.2.2). */
static const char *origin_form(const char *raw)
{
	size_t skip = strncasecmp(raw, "http://", 7) == 0    ? 7
		      : strncasecmp(raw, "https://", 8) == 0 ? 8
							     : 0;
	if (!skip)
		return raw;
	const char *slash = strchr(raw + skip, '/');
	return slash ? slash : "/";
}

bool target_parse(const char *raw, struct arena *a, struct target *ret)
{
	*ret = (struct target){ 0 };
	raw = origin_form(raw);
	size_t path_len = strcspn(raw, "?");
	if (*raw != '/' || strlen(raw) > TARGET_MAX || strchr(raw, '#')) {
		ret->fault = "it is not a path";
		return false;
	}
	for (size_t i = 0; i < path_len;) {
		size_t len = 0;
		while (i + 1 + len < path_len && raw[i + 1 + len] != '/')
			len++;
		if (!add_segment(ret, raw + i + 1, len, a))
			return false;
		i += 1 + len;
	}
	if (!raw[path_len])
		return true;
	const char *query = raw + path_len + 1;
	int n = params_parse(query, strlen(query), ret->params, PARAMS_MAX, a, &ret->fault);
	ret->n_params = n < 0 ? 0 : (size_t)n;
	return n >= 0;
}

char *percent_encode(const char *s, struct arena *a)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = arena_alloc(a, strlen(s) * 3 + 1), *p = out;

	for (; out && *s; s++) {
		unsigned char c = (unsigned char)*s;
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z') || strchr("-._~:", c);
		if (plain) {
			*p++ = (char)c;
		} else {
			*p++ = '%';
			*p++ = digits[c >> 4];
			*p++ = digits[c & 15];
		}
	}
	return out;
}
