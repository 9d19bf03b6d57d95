/* render.c - a template's text with its {names} filled in, and what is kept of it. */
#include "notify/render.h"

#include <string.h>
#include "kit/json.h"
#include "jingbao/v1/options.pb-c.h"

enum { TEXT_MAX = 2000 };

struct out {
	char text[TEXT_MAX];
	size_t n;
	bool full;
};

static void put(struct out *o, const char *p, size_t n)
{
	if (n >= TEXT_MAX - o->n) {
		o->full = true;
		return;
	}
	memcpy(o->text + o->n, p, n);
	o->n += n;
}

char *render_text(const char *template, render_value value, void *arg, struct arena *a)
{
	struct out o = { .n = 0 };
	for (const char *p = template; *p;) {
		size_t plain = strcspn(p, "{");
		put(&o, p, plain);
		p += plain;
		if (!*p)
			break;
		const char *end = strchr(p, '}');
		const char *v = end ? value(arg, p + 1, (size_t)(end - p - 1)) : NULL;
		if (!v)
			return NULL;
		put(&o, v, strlen(v));
		p = end + 1;
	}
	return o.full ? NULL : arena_strndup(a, o.text, o.n);
}

static bool token_char(char ch)
{
	return (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') ||
	       ch == '-' || ch == '_' || ch == '.' || ch == '~' || ch == '=';
}

char *render_redacted(const char *text, struct arena *a)
{
	static const char mark[] = "/p/";
	struct out o = { .n = 0 };
	for (const char *p = text; *p;) {
		const char *at = strstr(p, mark);
		if (!at) {
			put(&o, p, strlen(p));
			break;
		}
		at += sizeof(mark) - 1;
		put(&o, p, (size_t)(at - p));
		for (p = at; token_char(*p); p++)
			;
		if (p > at)
			put(&o, "***", 3);
	}
	return o.full ? NULL : arena_strndup(a, o.text, o.n);
}

bool is_mobile(const char *phone)
{
	return strlen(phone) == 11 && strspn(phone, "0123456789") == 11 && phone[0] == '1' &&
	       phone[1] >= '3';
}

char *masked_name(const char *name, struct arena *a)
{
	return privacy_mask(PB__PRIVACY__VALUE__NAME, name, a);
}
