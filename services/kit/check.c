/* check.c - the declared rules of a message, asked of every field whatever way it came in. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/json.h"
#include "kit/json_walk.h"
#include "kit/utf8.h"

static bool check(const struct msg_meta *m, const ProtobufCMessage *msg, struct fault_list *f,
	const struct json_place *at);

ProtobufCMessage *message_new(const struct msg_meta *m, struct arena *a)
{
	ProtobufCMessage *msg = arena_alloc(a, m->desc->sizeof_message);
	if (msg)
		protobuf_c_message_init(m->desc, msg);
	return msg;
}

const char *enum_name(const ProtobufCEnumDescriptor *d, int value)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(d, value);
	return v ? v->name : "?";
}

int enum_value(const ProtobufCEnumDescriptor *d, const char *name)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(d, name);
	return v ? v->value : -1;
}

static bool refuse_required(struct fault_list *f, const struct json_place *at)
{
	json_fault(f, at, "required", "must be given");
	return false;
}

static bool check_text(const struct field_meta *fm, const char *s, struct fault_list *f,
	const struct json_place *at)
{
	size_t chars;
	if (!utf8_valid(s, strlen(s), &chars)) {
		json_fault(f, at, "utf8", "not valid UTF-8");
		return false;
	}
	if (!*s)
		return !fm->required || refuse_required(f, at);
	if (chars < fm->min_len) {
		json_fault(f, at, "min_len", "at least %u characters", fm->min_len);
		return false;
	}
	if (fm->max_len && chars > fm->max_len) {
		json_fault(f, at, "max_len", "at most %u characters", fm->max_len);
		return false;
	}
	const char *wrong = fm->check ? fm->check(s) : NULL;
	if (wrong)
		json_fault(f, at, fm->format ? fm->format : "format", "%s", wrong);
	return !wrong;
}

static bool check_bytes(const struct field_meta *fm, const ProtobufCBinaryData *b,
	struct fault_list *f, const struct json_place *at)
{
	if (b->len == 0)
		return !fm->required || refuse_required(f, at);
	if (b->len < fm->min_len || (fm->max_len && b->len > fm->max_len)) {
		json_fault(f, at, b->len < fm->min_len ? "min_len" : "max_len",
			"between %u and %u bytes", fm->min_len, fm->max_len);
		return false;
	}
	return true;
}

static bool refuse_bound(
	const struct field_meta *fm, bool below, struct fault_list *f, const struct json_place *at)
{
	json_fault(f, at, below ? "min" : "max", "must be at %s %s", below ? "least" : "most",
		below ? fm->min : fm->max);
	return false;
}

static bool check_real(
	const struct field_meta *fm, double d, struct fault_list *f, const struct json_place *at)
{
	if (!isfinite(d)) {
		json_fault(f, at, "range", "must be a finite number");
		return false;
	}
	if (fm->min && d < strtod(fm->min, NULL))
		return refuse_bound(fm, true, f, at);
	if (fm->max && d > strtod(fm->max, NULL))
		return refuse_bound(fm, false, f, at);
	return true;
}

static bool check_signed(
	const struct field_meta *fm, int64_t v, struct fault_list *f, const struct json_place *at)
{
	if (fm->time) /* 0 is absent; the year 9999 is the last that can be written */
		return v == 0 ? !fm->required || refuse_required(f, at)
			      : (v > 0 && v < INT64_C(253402300800000000)) ||
					(json_fault(f, at, "time",
						 "not a time of the years 1970 to 9999"),
						false);
	if (fm->min && v < strtoll(fm->min, NULL, 10))
		return refuse_bound(fm, true, f, at);
	if (fm->max && v > strtoll(fm->max, NULL, 10))
		return refuse_bound(fm, false, f, at);
	return true;
}

static bool check_unsigned(
	const struct field_meta *fm, uint64_t v, struct fault_list *f, const struct json_place *at)
{
	if (fm->min && *fm->min != '-' && v < strtoull(fm->min, NULL, 10))
		return refuse_bound(fm, true, f, at);
	if (fm->max && (*fm->max == '-' || v > strtoull(fm->max, NULL, 10)))
		return refuse_bound(fm, false, f, at);
	return true;
}

static bool check_enum(const struct field_meta *fm, const ProtobufCEnumDescriptor *d, int v,
	struct fault_list *f, const struct json_place *at)
{
	if (!protobuf_c_enum_descriptor_get_value(d, v)) {
		json_fault(f, at, "enum", "%d is no value of %s", v, d->short_name);
		return false;
	}
	return v != 0 || !fm->required || refuse_required(f, at);
}

static bool check_value(const ProtobufCFieldDescriptor *fd, const struct field_meta *fm,
	const void *p, struct fault_list *f, const struct json_place *at)
{
	switch (fd->type) {
	case PROTOBUF_C_TYPE_STRING:
		return check_text(
			fm, *(const char *const *)p ? *(const char *const *)p : "", f, at);
	case PROTOBUF_C_TYPE_BYTES:
		return check_bytes(fm, p, f, at);
	case PROTOBUF_C_TYPE_ENUM:
		return check_enum(fm, fd->descriptor, *(const int *)p, f, at);
	case PROTOBUF_C_TYPE_BOOL:
		return true;
	case PROTOBUF_C_TYPE_DOUBLE:
		return check_real(fm, *(const double *)p, f, at);
	case PROTOBUF_C_TYPE_FLOAT:
		return check_real(fm, (double)*(const float *)p, f, at);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return check_unsigned(fm, *(const uint64_t *)p, f, at);
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return check_unsigned(fm, *(const uint32_t *)p, f, at);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return check_signed(fm, *(const int64_t *)p, f, at);
	case PROTOBUF_C_TYPE_MESSAGE:
		if (!*(const ProtobufCMessage *const *)p)
			return !fm->required || refuse_required(f, at);
		return check(fm->sub, *(const ProtobufCMessage *const *)p, f, at);
	default:
		return check_signed(fm, *(const int32_t *)p, f, at);
	}
}

static bool check_list(const ProtobufCFieldDescriptor *fd, const struct field_meta *fm,
	const ProtobufCMessage *msg, struct fault_list *f, const struct json_place *at)
{
	size_t n = *(const size_t *)((const char *)msg + fd->quantifier_offset);
	const char *items = *(const char *const *)((const char *)msg + fd->offset);
	if (n == 0)
		return !fm->required || refuse_required(f, at);
	if (fm->max_items && n > fm->max_items) {
		json_fault(f, at, "max_items", "at most %u items", fm->max_items);
		return false;
	}
	bool ok = true;
	for (size_t i = 0; i < n; i++) {
		struct json_place here = { .up = at, .index = i };
		ok = check_value(fd, fm, items + i * field_size(fd->type), f, &here) && ok;
	}
	return ok;
}

static bool check_field(const ProtobufCFieldDescriptor *fd, const struct field_meta *fm,
	const ProtobufCMessage *msg, struct fault_list *f, const struct json_place *at)
{
	if (fd->label == PROTOBUF_C_LABEL_REPEATED)
		return check_list(fd, fm, msg, f, at);
	if (fd->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		uint32_t which = *(const uint32_t *)((const char *)msg + fd->quantifier_offset);
		if (which != fd->id)
			return true;
	}
	return check_value(fd, fm, (const char *)msg + fd->offset, f, at);
}

static bool check(const struct msg_meta *m, const ProtobufCMessage *msg, struct fault_list *f,
	const struct json_place *at)
{
	bool ok = true;
	for (unsigned i = 0; i < m->desc->n_fields; i++) {
		struct json_place here = { .up = at, .name = m->fields[i].json };
		ok = check_field(&m->desc->fields[i], &m->fields[i], msg, f, &here) && ok;
	}
	return ok;
}

bool check_message(const struct msg_meta *m, const ProtobufCMessage *msg, struct fault_list *f)
{
	struct json_place top = { .name = "" };
	return check(m, msg, f, &top);
}
