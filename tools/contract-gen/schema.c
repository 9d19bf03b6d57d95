/* schema.c - messages as JSON Schema 2020-12, one component per message and use. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

struct format_schema {
	const char *format, *pattern, *about;
};

/* What a schema can say of a format; check digits are told in words. */
static const struct format_schema formats[] = {
	[PB__FORMAT__VALUE__UUID] = { "uuid",
		"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
		"UUID" },
	[PB__FORMAT__VALUE__PLATE] = { NULL, NULL, "vehicle plate, GA 36" },
	[PB__FORMAT__VALUE__PLATE_TYPE] = { NULL, "^[0-9]{2}$", "plate type, GA/T 16.7" },
	[PB__FORMAT__VALUE__CITIZEN_ID] = { NULL, "^[0-9]{17}[0-9Xx]$",
		"citizen number, GB 11643, with its check digit" },
	[PB__FORMAT__VALUE__VIN] = { NULL, "^[A-HJ-NPR-Z0-9]{17}$",
		"VIN, GB 16735, with its check "
		"digit" },
	[PB__FORMAT__VALUE__MOBILE] = { NULL, NULL, "mobile number" },
	[PB__FORMAT__VALUE__DISTRICT] = { NULL, "^[0-9]{6}$", "district code, GB/T 2260" },
	[PB__FORMAT__VALUE__SHA256] = { NULL, "^[0-9a-f]{64}$", "SHA-256, lower-case hexadecimal" },
	[PB__FORMAT__VALUE__TOKEN] = { NULL, "^[A-Za-z0-9._:-]+$", NULL },
	[PB__FORMAT__VALUE__HTTP_URL] = { "uri", "^https?://", "http or https address" },
	[PB__FORMAT__VALUE__PHONE] = { NULL, NULL, "mobile or landline number" },
	[PB__FORMAT__VALUE__CREDIT_CODE] = { NULL, "^[0-9A-HJ-NPQRTUWXY]{18}$",
		"unified social credit code, GB 32100, with its check character" },
	[PB__FORMAT__VALUE__NO_CONTROL] = { NULL, NULL, NULL },
	[PB__FORMAT__VALUE__PERSON_ID] = { NULL, "^[A-Za-z0-9]{5,20}$",
		"citizen number or another document's number" },
};

const char *field_about(const struct field *f)
{
	const char *about = *f->rule->about ? f->rule->about : f->comment;
	const struct format_schema *x = &formats[f->rule->format];
	if (x->about && *about)
		return gen_printf("%s (%s)", about, x->about);
	return x->about ? x->about : about;
}

static void set_text(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, json_string(text));
}

static void set_number(json_t *o, const char *key, const char *decimal)
{
	if (!*decimal)
		return;
	bool whole = strspn(decimal, "-0123456789") == strlen(decimal);
	json_object_set_new(o, key,
		whole ? json_integer(strtoll(decimal, NULL, 10))
		      : json_real(strtod(decimal, NULL)));
}

static json_t *enum_names(const struct enum_type *e, bool with_zero)
{
	json_t *names = json_array();
	for (size_t i = 0; i < e->n_values; i++)
		if (with_zero || e->values[i].number)
			json_array_append_new(names, json_string(e->values[i].name));
	return names;
}

static json_t *enum_schema(struct schemas *s, const struct field *f)
{
	const struct enum_type *e = f->en;
	if (f->rule->required)
		return json_pack("{s:s,s:o}", "type", "string", "enum", enum_names(e, false));
	if (!json_object_get(s->out, e->name)) {
		json_t *o = json_pack("{s:s,s:o}", "type", "string", "enum", enum_names(e, true));
		set_text(o, "description", e->comment);
		json_object_set_new(s->out, e->name, o);
	}
	return json_pack(
		"{s:o}", "$ref", json_string(gen_printf("#/components/schemas/%s", e->name)));
}

static json_t *text_schema(const struct field *f, enum schema_use use)
{
	json_t *o = json_pack("{s:s}", "type", "string");
	const struct format_schema *x = &formats[f->rule->format];
	if (use != USE_REQUEST) {
		/* A masked value keeps no format. */
		if (x->format && !f->rule->privacy)
			set_text(o, "format", x->format);
		return o;
	}
	uint32_t min = f->rule->min_len ? f->rule->min_len : (f->rule->required ? 1u : 0u);
	if (min)
		json_object_set_new(o, "minLength", json_integer(min));
	json_object_set_new(
		o, "maxLength", json_integer(f->rule->max_len ? f->rule->max_len : 512));
	set_text(o, "format", x->format);
	/* Text that may stay out may also be sent empty. */
	set_text(o, "pattern",
		x->pattern && !f->rule->required ? gen_printf("^$|%s", x->pattern) : x->pattern);
	return o;
}

static json_t *integer_schema(const struct field *f, enum schema_use use)
{
	bool wide = f->kind == KIND_I64 || f->kind == KIND_U64;
	bool is_signed = f->kind == KIND_I32 || f->kind == KIND_I64;
	json_t *o = json_object();
	if (wide && use == USE_REQUEST)
		json_object_set_new(o, "type", json_pack("[s,s]", "string", "integer"));
	else
		set_text(o, "type", wide ? "string" : "integer");
	set_text(o, "format", wide ? "int64" : "int32");
	if (wide)
		set_text(o, "pattern", is_signed ? "^-?[0-9]{1,19}$" : "^[0-9]{1,20}$");
	if (use != USE_REQUEST)
		return o;
	if (!wide || *f->rule->min)
		set_number(o, "minimum",
			*f->rule->min ? f->rule->min
			: is_signed   ? "-2147483648"
				      : "0");
	if (!wide || *f->rule->max)
		set_number(o, "maximum",
			*f->rule->max ? f->rule->max
			: is_signed   ? "2147483647"
				      : "4294967295");
	return o;
}

static json_t *single_schema(struct schemas *s, const struct field *f, enum schema_use use)
{
	json_t *o;
	switch (f->kind) {
	case KIND_MESSAGE:
		return schema_ref(s, f->sub, use);
	case KIND_ENUM:
		return enum_schema(s, f);
	case KIND_TEXT:
		return text_schema(f, use);
	case KIND_BYTES:
		return json_pack("{s:s,s:s}", "type", "string", "contentEncoding", "base64");
	case KIND_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case KIND_F64:
		o = json_pack("{s:s,s:s}", "type", "number", "format", "double");
		if (use == USE_REQUEST) {
			set_number(o, "minimum", f->rule->min);
			set_number(o, "maximum", f->rule->max);
		}
		return o;
	case KIND_I32:
	case KIND_U32:
	case KIND_I64:
	case KIND_U64:
		break;
	}
	if (f->rule->time)
		return json_pack("{s:s,s:s}", "type", "string", "format", "date-time");
	return integer_schema(f, use);
}

json_t *schema_field(struct schemas *s, const struct field *f, enum schema_use use)
{
	json_t *o = single_schema(s, f, use);
	if (f->repeated) {
		o = json_pack("{s:s,s:o}", "type", "array", "items", o);
		if (use == USE_REQUEST)
			json_object_set_new(o, "maxItems",
				json_integer(f->rule->max_items ? f->rule->max_items : 100));
		if (use == USE_REQUEST && f->rule->required)
			json_object_set_new(o, "minItems", json_integer(1));
	}
	set_text(o, "description", field_about(f));
	return o;
}

json_t *schema_parameter(struct schemas *s, const struct field *f)
{
	json_t *o = schema_field(s, f, USE_REQUEST);
	json_object_del(o, "description"); /* the parameter carries it */
	json_t *one = f->repeated ? json_object_get(o, "items") : o;
	if (json_is_array(json_object_get(one, "type"))) { /* in text, a number is a number */
		set_text(one, "type", "integer");
		json_object_del(one, "pattern");
	}
	return o;
}

/* Members of a oneof exclude each other. */
static void forbid_both(const struct message *m, json_t *o)
{
	json_t *all = json_array();
	for (size_t i = 0; i < m->n_fields; i++)
		for (size_t j = 0; j < i; j++)
			if (m->fields[i].oneof >= 0 && m->fields[i].oneof == m->fields[j].oneof)
				json_array_append_new(
					all, json_pack("{s:{s:[s,s]}}", "not", "required",
						     m->fields[j].json, m->fields[i].json));
	if (json_array_size(all))
		json_object_set(o, "allOf", all);
	json_decref(all);
}

static json_t *object_schema(struct schemas *s, const struct message *m,
	const struct method *body_of, enum schema_use use)
{
	json_t *props = json_object(), *required = json_array();
	for (size_t i = 0; i < m->n_fields; i++) {
		const struct field *f = &m->fields[i];
		if (use == USE_REQUEST && f->rule->server)
			continue;
		if (body_of && field_in_path(body_of, f))
			continue;
		bool original = use == USE_FORM_REPLY ||
				(body_of && body_of->http->kind == PB__HTTP__KIND__FORM);
		json_object_set_new(props, original ? f->name : f->json, schema_field(s, f, use));
		if (use == USE_REQUEST && f->rule->required)
			json_array_append_new(required, json_string(original ? f->name : f->json));
	}
	json_t *o = json_pack("{s:s}", "type", "object");
	set_text(o, "description", m->comment);
	json_object_set_new(o, "properties", props);
	if (json_array_size(required))
		json_object_set(o, "required", required);
	json_decref(required);
	if (use == USE_REQUEST) {
		json_object_set_new(o, "additionalProperties", json_false());
		forbid_both(m, o);
	}
	return o;
}

static const char *component_name(const struct message *m, const char *suffix)
{
	char *name = gen_printf("%s%s", m->name, suffix);
	for (char *dot = strchr(name, '.'); dot; dot = strchr(dot, '.'))
		*dot = '_';
	return name;
}

static json_t *ref_to(const char *name)
{
	return json_pack("{s:o}", "$ref", json_string(gen_printf("#/components/schemas/%s", name)));
}

json_t *schema_ref(struct schemas *s, const struct message *m, enum schema_use use)
{
	static const char *const suffix[] = { "", "Input", "Form" };
	const char *name = component_name(m, suffix[use]);
	if (!json_object_get(s->out, name)) {
		json_object_set_new(s->out, name, json_object()); /* holds the place in the order */
		json_object_set_new(s->out, name, object_schema(s, m, NULL, use));
	}
	return ref_to(name);
}

json_t *schema_body(struct schemas *s, const struct method *m)
{
	const char *name = component_name(m->in, "");
	if (json_object_get(s->out, name))
		name = gen_printf("%s%sBody", m->service->name, m->name);
	json_object_set_new(s->out, name, json_object());
	json_object_set_new(s->out, name, object_schema(s, m->in, m, USE_REQUEST));
	return ref_to(name);
}
