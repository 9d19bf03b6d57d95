/* loose.c - what others' apps send, as names and values. */
#include "gateway/loose.h"

#include <stdio.h>
#include <string.h>
#include "gateway/decode.h"
#include "jingbao/v1/common.pb-c.h"
#include "jingbao/v1/options.pb-c.h"
#include "kit/json.h"

enum { FIELDS_MAX = 200, NAME_MAX_BYTES = 128, VALUE_MAX = 1024, DEPTH_MAX = 6 };

bool is_loose(const struct req *r)
{
	return r->method && r->method->kind == PB__HTTP__KIND__LOOSE;
}

static bool names_token(const struct req *r, const char *name)
{
	const char *list = r->method->tokens ? r->method->tokens : "";
	size_t n = strlen(name);

	for (const char *p = list; n && (p = strstr(p, name)); p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	return false;
}

const char *loose_query_token(const struct req *r)
{
	for (size_t i = 0; i < r->target.n_params; i++)
		if (names_token(r, r->target.params[i].name) && *r->target.params[i].value)
			return r->target.params[i].value;
	return NULL;
}

static void add(struct req *r, const char *name, const char *value)
{
	struct loose *l = &r->loose;

	if (strlen(name) > NAME_MAX_BYTES || strlen(value) > VALUE_MAX || l->n == FIELDS_MAX)
		return;
	if (!l->fields)
		l->fields = ARENA_ARRAY(&r->arena, Pb__LooseField *, FIELDS_MAX);
	Pb__LooseField *f = l->fields ? ARENA_NEW(&r->arena, Pb__LooseField) : NULL;
	if (!f)
		return;
	pb__loose_field__init(f);
	f->name = name;
	f->value = value;
	l->fields[l->n++] = f;
}

static const char *scalar_text(const json_t *v, struct arena *a)
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		return arena_strdup(a, json_string_value(v));
	case JSON_INTEGER:
		return arena_printf(a, "%lld", (long long)json_integer_value(v));
	case JSON_REAL:
		return arena_printf(a, "%.17g", json_real_value(v));
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	default:
		return NULL;
	}
}

static void flatten(struct req *r, json_t *object, const char *prefix, int depth)
{
	const char *key;
	json_t *v;

	json_object_foreach(object, key, v)
	{
		const char *name = arena_printf(&r->arena, "%s%s", prefix, key), *text;
		if (!name)
			return;
		if (json_is_object(v) && depth < DEPTH_MAX) {
			const char *inner = arena_printf(&r->arena, "%s.", name);
			if (inner)
				flatten(r, v, inner, depth + 1);
		} else if ((text = scalar_text(v, &r->arena))) {
			add(r, name, text);
		}
	}
}

static void read_json(struct req *r)
{
	json_t *v = json_parse(r->body, r->body_len, &r->faults);

	if (json_is_object(v))
		flatten(r, v, "", 0);
	else if (v)
		req_refuse(r, PB__CODE__INVALID, "the body must be a JSON object or a form");
	json_decref(v);
}

static void read_form(struct req *r)
{
	struct param p[PARAMS_MAX];
	const char *fault;
	int n = params_parse(r->body, r->body_len, p, PARAMS_MAX, &r->arena, &fault);

	if (n < 0)
		req_refuse(r, PB__CODE__INVALID, "the form: %s", fault);
	for (int i = 0; i < n; i++)
		add(r, p[i].name, p[i].value);
}

/* Once; what the apps call their content is not to be trusted, so the first byte decides. */
static void read_all(struct req *r)
{
	size_t skip = 0;

	if (r->loose.read)
		return;
	r->loose.read = true;
	for (size_t i = 0; i < r->target.n_params; i++)
		add(r, r->target.params[i].name, r->target.params[i].value);
	while (skip < r->body_len && strchr(" \t\r\n", r->body[skip]))
		skip++;
	if (skip == r->body_len)
		return;
	if (r->body[skip] == '{' || r->body[skip] == '[' ||
		media_is(req_header(r, "Content-Type"), "application/json"))
		read_json(r);
	else
		read_form(r);
}

const char *loose_body_token(struct req *r)
{
	read_all(r);
	for (size_t i = 0; i < r->loose.n; i++)
		if (names_token(r, r->loose.fields[i]->name) && *r->loose.fields[i]->value)
			return r->loose.fields[i]->value;
	return NULL;
}

/* The token has done its work here and goes no further. */
static void drop_tokens(struct req *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->loose.n; i++)
		if (!names_token(r, r->loose.fields[i]->name))
			r->loose.fields[n++] = r->loose.fields[i];
	r->loose.n = n;
}

ProtobufCMessage *loose_message(struct req *r)
{
	ProtobufCMessage *m = message_new(r->method->in, &r->arena);
	int i = field_index(r->method->in->desc, "fields");

	read_all(r);
	if (!m || i < 0 || req_refused(r))
		return NULL;
	drop_tokens(r);
	const ProtobufCFieldDescriptor *f = &r->method->in->desc->fields[i];
	memcpy((char *)m + f->quantifier_offset, &r->loose.n, sizeof r->loose.n);
	memcpy((char *)m + f->offset, &r->loose.fields, sizeof r->loose.fields);
	return m;
}
