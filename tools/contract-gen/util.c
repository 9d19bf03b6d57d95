/* util.c - memory that lives to the end of the run, names, look-ups. */
#include "model.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct block {
	struct block *next;
	max_align_t data[];
};

/* Keeps every block reachable, so that leak checkers stay useful. */
static struct block *blocks;

void *gen_alloc(size_t bytes)
{
	struct block *b = calloc(1, sizeof(*b) + bytes);
	if (!b) {
		fputs("contract-gen: out of memory\n", stderr);
		exit(1);
	}
	b->next = blocks;
	blocks = b;
	return b->data;
}

void *gen_grow(void *old, size_t count, size_t size)
{
	if (count && (count & (count - 1))) /* not a power of two: room is left */
		return old;
	void *p = gen_alloc((count ? count * 2 : 1) * size);
	if (count)
		memcpy(p, old, count * size);
	return p;
}

char *gen_printf(const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *s = gen_alloc((size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

char *gen_strndup(const char *s, size_t n)
{
	char *d = gen_alloc(n + 1);
	memcpy(d, s, n);
	return d;
}

char *name_snake(const char *camel)
{
	char *out = gen_alloc(2 * strlen(camel) + 1), *o = out;
	bool was_upper = true;
	for (const char *p = camel; *p; p++) {
		bool upper = isupper((unsigned char)*p);
		if (upper && !was_upper)
			*o++ = '_';
		*o++ = (char)tolower((unsigned char)*p);
		was_upper = upper;
	}
	return out;
}

char *name_json(const char *snake)
{
	char *out = gen_alloc(strlen(snake) + 1), *o = out;
	bool up = false;
	for (const char *p = snake; *p; p++) {
		if (*p == '_') {
			up = true;
			continue;
		}
		*o++ = up ? (char)toupper((unsigned char)*p) : *p;
		up = false;
	}
	return out;
}

static char *map_chars(const char *s, int (*fn)(int))
{
	char *out = gen_alloc(strlen(s) + 1);
	for (size_t i = 0; s[i]; i++)
		out[i] = (char)fn((unsigned char)s[i]);
	return out;
}

char *name_upper(const char *s)
{
	return map_chars(s, toupper);
}

char *name_lower(const char *s)
{
	return map_chars(s, tolower);
}

char *name_lower_first(const char *s)
{
	char *out = gen_printf("%s", s);
	out[0] = (char)tolower((unsigned char)out[0]);
	return out;
}

char *name_identifier(const char *snake)
{
	static const char *const keywords[] = { "auto", "break", "case", "char", "const",
		"continue", "default", "do", "double", "else", "enum", "extern", "float", "for",
		"goto", "if", "inline", "int", "long", "register", "restrict", "return", "short",
		"signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned",
		"void", "volatile", "while" };
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (!strcmp(keywords[i], snake))
			return gen_printf("%s_", snake);
	return gen_printf("%s", snake);
}

const char *file_stem(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	return gen_strndup(base, dot ? (size_t)(dot - base) : strlen(base));
}

const char *role_name(Pb__Role__Value r)
{
	const ProtobufCEnumValue *v =
		protobuf_c_enum_descriptor_get_value(&pb__role__value__descriptor, (int)r);
	return v ? v->name : "?";
}

const char *format_name(Pb__Format__Value f)
{
	const ProtobufCEnumValue *v =
		protobuf_c_enum_descriptor_get_value(&pb__format__value__descriptor, (int)f);
	return v ? v->name : "?";
}

void each_variable(const char *tmpl, void (*fn)(const char *var, void *ctx), void *ctx)
{
	for (const char *p = strchr(tmpl, '{'); p; p = strchr(p + 1, '{')) {
		const char *end = strchr(p, '}');
		if (!end)
			return;
		fn(gen_strndup(p + 1, (size_t)(end - p - 1)), ctx);
	}
}

const struct message *model_message(const struct model *m, const char *full)
{
	for (size_t i = 0; i < m->n_messages; i++)
		if (!strcmp(m->messages[i].full, full))
			return &m->messages[i];
	return NULL;
}

const struct enum_type *model_enum(const struct model *m, const char *full)
{
	for (size_t i = 0; i < m->n_enums; i++)
		if (!strcmp(m->enums[i].full, full))
			return &m->enums[i];
	return NULL;
}

const struct field *message_field(const struct message *m, const char *name)
{
	for (size_t i = 0; i < m->n_fields; i++)
		if (!strcmp(m->fields[i].name, name))
			return &m->fields[i];
	return NULL;
}

struct variable_search {
	const char *name;
	bool found;
};

static void match_variable(const char *var, void *ctx)
{
	struct variable_search *s = ctx;
	if (!strcmp(var, s->name))
		s->found = true;
}

bool field_in_path(const struct method *m, const struct field *f)
{
	struct variable_search s = { .name = f->name };
	if (m->http)
		each_variable(m->http->path, match_variable, &s);
	return s.found;
}

bool method_uses_query(const struct method *m)
{
	return !strcmp(m->http->method, "GET") || !strcmp(m->http->method, "DELETE") ||
	       m->http->kind == PB__HTTP__KIND__UPLOAD;
}
