/* json_set.c - single fields of a message from text: path variables and query parameters. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kit/json.h"
#include "kit/json_walk.h"

static bool text_to_int(ProtobufCType type, const char *s, void *dst, struct fault_list *f,
	const struct json_place *at)
{
	int64_t i;
	uint64_t u;
	switch (type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return json_text_signed(s, INT64_MIN, INT64_MAX, dst, f, at);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return json_text_unsigned(s, UINT64_MAX, dst, f, at);
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		if (!json_text_unsigned(s, UINT32_MAX, &u, f, at))
			return false;
		*(uint32_t *)dst = (uint32_t)u;
		return true;
	default:
		if (!json_text_signed(s, INT32_MIN, INT32_MAX, &i, f, at))
			return false;
		*(int32_t *)dst = (int32_t)i;
		return true;
	}
}

static bool text_to_real(ProtobufCType type, const char *s, void *dst, struct fault_list *f,
	const struct json_place *at)
{
	char *end;
	double d = strtod(s, &end);
	/* strtod also takes spaces, hexadecimal, inf and nan. */
	if (end == s || *end || strspn(s, "+-.0123456789eE") != strlen(s))
		return json_wrong_type(f, at, "a number");
	if (!isfinite(d) || (type == PROTOBUF_C_TYPE_FLOAT && !isfinite((float)d)))
		return json_out_of_range(f, at);
	if (type == PROTOBUF_C_TYPE_FLOAT)
		*(float *)dst = (float)d;
	else
		*(double *)dst = d;
	return true;
}

static bool text_to_value(const ProtobufCFieldDescriptor *fd, const struct field_meta *fm,
	const char *s, void *dst, struct fault_list *f, const struct json_place *at)
{
	switch (fd->type) {
	case PROTOBUF_C_TYPE_STRING:
		return json_text_string(s, dst, f);
	case PROTOBUF_C_TYPE_BYTES:
		return json_text_bytes(s, dst, f, at);
	case PROTOBUF_C_TYPE_ENUM:
		return json_text_enum(fd->descriptor, s, dst, f, at);
	case PROTOBUF_C_TYPE_BOOL:
		if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
			return json_wrong_type(f, at, "true or false");
		*(protobuf_c_boolean *)dst = *s == 't';
		return true;
	case PROTOBUF_C_TYPE_DOUBLE:
	case PROTOBUF_C_TYPE_FLOAT:
		return text_to_real(fd->type, s, dst, f, at);
	case PROTOBUF_C_TYPE_MESSAGE:
		return json_wrong_type(f, at, "no object here");
	default:
		return fm->time ? json_text_time(s, dst, f, at)
				: text_to_int(fd->type, s, dst, f, at);
	}
}

static bool append_text(const ProtobufCFieldDescriptor *fd, const struct field_meta *fm,
	ProtobufCMessage *msg, const char *s, struct fault_list *f, const struct json_place *at)
{
	size_t *n = json_member(msg, fd->quantifier_offset);
	char **items = json_member(msg, fd->offset);
	size_t size = field_size(fd->type);
	if (fm->max_items && *n >= fm->max_items) {
		json_fault(f, at, "max_items", "at most %u items", fm->max_items);
		return false;
	}
	char *grown = arena_array(f->arena, *n + 1, size);
	if (!grown)
		return json_no_room(f);
	if (*n)
		memcpy(grown, *items, *n * size);
	if (!text_to_value(fd, fm, s, grown + *n * size, f, at))
		return false;
	*items = grown;
	*n += 1;
	return true;
}

/* A single field holds something already. */
static bool is_set(const ProtobufCFieldDescriptor *fd, const ProtobufCMessage *msg)
{
	static const unsigned char zero[sizeof(ProtobufCBinaryData)];
	const char *p = (const char *)msg + fd->offset;
	if (fd->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)((const char *)msg + fd->quantifier_offset) == fd->id;
	if (fd->type == PROTOBUF_C_TYPE_STRING)
		return *(const char *const *)p && **(const char *const *)p;
	return memcmp(p, zero, field_size(fd->type)) != 0;
}

static bool set_text(const struct msg_meta *m, ProtobufCMessage *msg, const char *name,
	const char *text, struct fault_list *f, bool by_server)
{
	struct json_place top = { .name = "" }, at = { .up = &top, .name = name };
	int i = json_find_field(m, name);
	if (i < 0 || (m->fields[i].server && !by_server)) {
		json_fault(f, &at, i < 0 ? "unknown" : "server",
			i < 0 ? "no such field" : "is filled by the server");
		return false;
	}
	at.name = m->fields[i].json; /* paths name fields as the contract does, callers as JSON */
	const ProtobufCFieldDescriptor *fd = &m->desc->fields[i];
	if (fd->label == PROTOBUF_C_LABEL_REPEATED)
		return append_text(fd, &m->fields[i], msg, text, f, &at);
	if (is_set(fd, msg)) {
		json_fault(f, &at, "duplicate", "given more than once");
		return false;
	}
	if ((fd->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && !json_claim_oneof(fd, msg, f, &at))
		return false;
	return text_to_value(fd, &m->fields[i], text, json_member(msg, fd->offset), f, &at);
}

bool json_set_from_text(const struct msg_meta *m, ProtobufCMessage *msg, const char *name,
	const char *text, struct fault_list *f)
{
	return set_text(m, msg, name, text, f, false);
}

bool json_set_server_field(const struct msg_meta *m, ProtobufCMessage *msg, const char *name,
	const char *text, struct fault_list *f)
{
	return set_text(m, msg, name, text, f, true);
}
