/* json_in.c - JSON text or single values into a protobuf message, by descriptor. */
#include "kit/json.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kit/json_walk.h"

enum { DEPTH_MAX = 32 };

/* How a message is read: from a caller, or from our own store. */
struct reader {
	struct fault_list *f;
	bool stored;
};

/* True when brackets never nest deeper than allowed; strings are skipped. One pass, no memory, so
 * that hostile nesting is refused before a parser sees it. */
static bool shallow(const char *text, size_t len)
{
	unsigned depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > DEPTH_MAX)
				return false;
		} else if ((c == ']' || c == '}') && depth > 0) {
			depth--;
		}
	}
	return true;
}

/* jansson's texts quote the input, which may be personal data: only its codes are used. */
static const char *syntax_text(const json_error_t *e, const char **ret_rule)
{
	*ret_rule = "syntax";
	switch (json_error_code(e)) {
	case json_error_duplicate_key:
		*ret_rule = "duplicate";
		return "the same key twice in one object";
	case json_error_invalid_utf8:
		*ret_rule = "utf8";
		return "not valid UTF-8";
	case json_error_null_character:
		*ret_rule = "utf8";
		return "a NUL character in text";
	case json_error_numeric_overflow:
		*ret_rule = "range";
		return "a number too large";
	case json_error_premature_end_of_input:
		return "ends too early";
	case json_error_end_of_input_expected:
		return "more text after the end";
	default:
		return "not JSON";
	}
}

json_t *json_parse(const char *text, size_t len, struct fault_list *f)
{
	if (!shallow(text, len)) {
		fault_field(f, "", "depth", "nested deeper than %d", DEPTH_MAX);
		return NULL;
	}
	json_error_t e;
	json_t *v = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (!v) {
		const char *rule;
		const char *what = syntax_text(&e, &rule);
		fault_field(f, "", rule, "%s (line %d, column %d)", what, e.line, e.column);
	}
	return v;
}

/* 1.0 and 1e3 are whole numbers too, as far as doubles count exactly. */
static bool whole(const json_t *v, int64_t *ret)
{
	const double exact = 9007199254740992.0;
	if (json_is_integer(v)) {
		*ret = json_integer_value(v);
		return true;
	}
	double d = json_real_value(v);
	if (!json_is_real(v) || d != trunc(d) || fabs(d) > exact)
		return false;
	*ret = (int64_t)d;
	return true;
}

static bool get_signed(const json_t *v, int64_t min, int64_t max, int64_t *ret,
	struct fault_list *f, const struct json_place *at)
{
	if (json_is_string(v) && max == INT64_MAX)
		return json_text_signed(json_string_value(v), min, max, ret, f, at);
	if (!whole(v, ret))
		return json_wrong_type(f, at, "a whole number");
	return (*ret >= min && *ret <= max) || json_out_of_range(f, at);
}

static bool get_unsigned(const json_t *v, uint64_t max, uint64_t *ret, struct fault_list *f,
	const struct json_place *at)
{
	int64_t i;
	if (json_is_string(v) && max == UINT64_MAX)
		return json_text_unsigned(json_string_value(v), max, ret, f, at);
	if (!whole(v, &i))
		return json_wrong_type(f, at, "a whole number");
	if (i < 0 || (uint64_t)i > max)
		return json_out_of_range(f, at);
	*ret = (uint64_t)i;
	return true;
}

/* Fields -------------------------------------------------------------------------------------- */

static ProtobufCMessage *read_message(const struct reader *r, const struct msg_meta *m,
	const json_t *v, const struct json_place *at);

static bool read_int(const struct reader *r, ProtobufCType type, const json_t *v, void *dst,
	const struct json_place *at)
{
	int64_t i;
	uint64_t u;
	switch (type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return get_signed(v, INT64_MIN, INT64_MAX, dst, r->f, at);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return get_unsigned(v, UINT64_MAX, dst, r->f, at);
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		if (!get_unsigned(v, UINT32_MAX, &u, r->f, at))
			return false;
		*(uint32_t *)dst = (uint32_t)u;
		return true;
	default:
		if (!get_signed(v, INT32_MIN, INT32_MAX, &i, r->f, at))
			return false;
		*(int32_t *)dst = (int32_t)i;
		return true;
	}
}

static bool read_real(const struct reader *r, ProtobufCType type, const json_t *v, void *dst,
	const struct json_place *at)
{
	if (!json_is_number(v))
		return json_wrong_type(r->f, at, "a number");
	double d = json_number_value(v);
	if (type == PROTOBUF_C_TYPE_DOUBLE) {
		*(double *)dst = d;
		return true;
	}
	if (!isfinite((float)d))
		return json_out_of_range(r->f, at);
	*(float *)dst = (float)d;
	return true;
}

static bool read_value(const struct reader *r, const ProtobufCFieldDescriptor *fd,
	const struct field_meta *fm, const json_t *v, void *dst, const struct json_place *at)
{
	const char *s = json_string_value(v);
	switch (fd->type) {
	case PROTOBUF_C_TYPE_STRING:
		return s ? json_text_string(s, dst, r->f) : json_wrong_type(r->f, at, "text");
	case PROTOBUF_C_TYPE_BYTES:
		return s ? json_text_bytes(s, dst, r->f, at)
			 : json_wrong_type(r->f, at, "base64 text");
	case PROTOBUF_C_TYPE_ENUM:
		return s ? json_text_enum(fd->descriptor, s, dst, r->f, at)
			 : json_wrong_type(r->f, at, "a name");
	case PROTOBUF_C_TYPE_BOOL:
		if (!json_is_boolean(v))
			return json_wrong_type(r->f, at, "true or false");
		*(protobuf_c_boolean *)dst = json_is_true(v);
		return true;
	case PROTOBUF_C_TYPE_DOUBLE:
	case PROTOBUF_C_TYPE_FLOAT:
		return read_real(r, fd->type, v, dst, at);
	case PROTOBUF_C_TYPE_MESSAGE:
		return (*(ProtobufCMessage **)dst = read_message(r, fm->sub, v, at)) != NULL;
	default:
		if (fm->time)
			return s ? json_text_time(s, dst, r->f, at)
				 : json_wrong_type(r->f, at, "an RFC 3339 time");
		return read_int(r, fd->type, v, dst, at);
	}
}

static bool read_list(const struct reader *r, const ProtobufCFieldDescriptor *fd,
	const struct field_meta *fm, const json_t *v, ProtobufCMessage *msg,
	const struct json_place *at)
{
	if (!json_is_array(v))
		return json_wrong_type(r->f, at, "a list");
	size_t n = json_array_size(v), size = field_size(fd->type);
	if (fm->max_items && n > fm->max_items && !r->stored) {
		json_fault(r->f, at, "max_items", "at most %u items", fm->max_items);
		return false;
	}
	if (n == 0)
		return true;
	char *items = arena_array(r->f->arena, n, size);
	if (!items)
		return json_no_room(r->f);
	bool ok = true;
	for (size_t i = 0; i < n; i++) {
		struct json_place here = { .up = at, .index = i };
		ok = read_value(r, fd, fm, json_array_get(v, i), items + i * size, &here) && ok;
	}
	if (!ok)
		return false;
	*(void **)json_member(msg, fd->offset) = items;
	*(size_t *)json_member(msg, fd->quantifier_offset) = n;
	return true;
}

static bool read_field(const struct reader *r, const ProtobufCFieldDescriptor *fd,
	const struct field_meta *fm, const json_t *v, ProtobufCMessage *msg,
	const struct json_place *at)
{
	if (fd->label == PROTOBUF_C_LABEL_REPEATED)
		return read_list(r, fd, fm, v, msg, at);
	if (!(fd->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
		return read_value(r, fd, fm, v, json_member(msg, fd->offset), at);
	/* The union must not be half written when the value is refused. */
	union {
		int64_t i64;
		double d;
		void *p;
		ProtobufCBinaryData b;
	} value = { 0 };
	if (!read_value(r, fd, fm, v, &value, at) || !json_claim_oneof(fd, msg, r->f, at))
		return false;
	memcpy(json_member(msg, fd->offset), &value, field_size(fd->type));
	return true;
}

static bool is_number(const ProtobufCFieldDescriptor *fd, const struct field_meta *fm)
{
	return fd->label != PROTOBUF_C_LABEL_REPEATED && fd->type != PROTOBUF_C_TYPE_STRING &&
	       fd->type != PROTOBUF_C_TYPE_BYTES && fd->type != PROTOBUF_C_TYPE_MESSAGE &&
	       fd->type != PROTOBUF_C_TYPE_ENUM && !fm->time;
}

/* Zero is a value: only the key tells that a required number is there. */
static bool numbers_present(const struct reader *r, const struct msg_meta *m, const bool *seen,
	const struct json_place *at)
{
	bool ok = true;
	for (unsigned i = 0; i < m->desc->n_fields && !r->stored; i++) {
		const struct field_meta *fm = &m->fields[i];
		if (!fm->required || seen[i] || !is_number(&m->desc->fields[i], fm))
			continue;
		struct json_place here = { .up = at, .name = fm->json };
		json_fault(r->f, &here, "required", "must be given");
		ok = false;
	}
	return ok;
}

static bool read_member(const struct reader *r, const struct msg_meta *m, const char *key,
	const json_t *v, ProtobufCMessage *msg, bool *seen, const struct json_place *at)
{
	struct json_place here = { .up = at, .name = key };
	int i = json_find_field(m, key);
	if (i < 0) {
		if (!r->stored)
			json_fault(r->f, &here, "unknown", "no such field");
		return r->stored;
	}
	if (json_is_null(v)) /* proto3: as if it were not there */
		return true;
	if (seen[i]) {
		json_fault(r->f, &here, "duplicate", "given under both of its names");
		return false;
	}
	seen[i] = true;
	if (m->fields[i].server && !r->stored) {
		json_fault(r->f, &here, "server", "is filled by the server");
		return false;
	}
	return read_field(r, &m->desc->fields[i], &m->fields[i], v, msg, &here);
}

/* All faults of the message are collected before it is refused. */
static ProtobufCMessage *read_message(const struct reader *r, const struct msg_meta *m,
	const json_t *v, const struct json_place *at)
{
	if (!json_is_object(v)) {
		json_wrong_type(r->f, at, "an object");
		return NULL;
	}
	ProtobufCMessage *msg = message_new(m, r->f->arena);
	bool *seen = ARENA_ARRAY(r->f->arena, bool, m->desc->n_fields + 1);
	if (!msg || !seen) {
		json_no_room(r->f);
		return NULL;
	}
	bool ok = true;
	const char *key;
	json_t *item;
	/* jansson's iteration takes a non-const object, though it only reads. */
	void *it = json_object_iter((json_t *)(uintptr_t)v);
	for (; it; it = json_object_iter_next((json_t *)(uintptr_t)v, it)) {
		key = json_object_iter_key(it);
		item = json_object_iter_value(it);
		ok = read_member(r, m, key, item, msg, seen, at) && ok;
	}
	ok = numbers_present(r, m, seen, at) && ok;
	return ok ? msg : NULL;
}

ProtobufCMessage *json_value_to_message(
	const struct msg_meta *m, const json_t *v, const char *base, struct fault_list *f)
{
	struct reader r = { .f = f };
	struct json_place top = { .name = base };
	return read_message(&r, m, v, &top);
}

ProtobufCMessage *json_to_message(
	const struct msg_meta *m, const char *text, size_t len, struct fault_list *f)
{
	json_auto_t *v = json_parse(text, len, f);
	if (!v)
		return NULL;
	ProtobufCMessage *msg = json_value_to_message(m, v, "", f);
	return msg && check_message(m, msg, f) ? msg : NULL;
}

ProtobufCMessage *json_stored_to_message(
	const struct msg_meta *m, const char *text, size_t len, struct arena *a)
{
	struct fault_list faults;
	faults_init(&faults, a);
	json_auto_t *v = json_parse(text, len, &faults);
	if (!v)
		return NULL;
	struct reader r = { .f = &faults, .stored = true };
	struct json_place top = { .name = "" };
	return read_message(&r, m, v, &top);
}
