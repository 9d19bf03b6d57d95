/* json_walk.c - values from text, sizes and places of fields: what the JSON files share. */
#include "kit/json_walk.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "kit/timeutil.h"

bool json_no_room(struct fault_list *f)
{
	(void)fault_set(f, PB__CODE__TOO_LARGE, "the message needs more memory than it may have");
	return false;
}

size_t field_size(ProtobufCType t)
{
	switch (t) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return sizeof(int64_t);
	case PROTOBUF_C_TYPE_DOUBLE:
		return sizeof(double);
	case PROTOBUF_C_TYPE_FLOAT:
		return sizeof(float);
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_ENUM:
		return sizeof(int);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return sizeof(int32_t);
	}
}

int json_find_field(const struct msg_meta *m, const char *name)
{
	for (unsigned i = 0; i < m->desc->n_fields; i++) {
		if (strcmp(m->fields[i].json, name) == 0 ||
			strcmp(m->desc->fields[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

bool json_claim_oneof(const ProtobufCFieldDescriptor *fd, ProtobufCMessage *msg,
	struct fault_list *f, const struct json_place *at)
{
	uint32_t *which = (void *)((char *)msg + fd->quantifier_offset);
	if (*which && *which != fd->id) {
		json_fault(f, at, "oneof", "another field of the same choice is given too");
		return false;
	}
	*which = fd->id;
	return true;
}

bool json_wrong_type(struct fault_list *f, const struct json_place *at, const char *expected)
{
	json_fault(f, at, "type", "expected %s", expected);
	return false;
}

bool json_out_of_range(struct fault_list *f, const struct json_place *at)
{
	json_fault(f, at, "range", "does not fit the field's number range");
	return false;
}

/* Decimal text as JSON writes integers: no spaces, no plus sign, no leading zeros. */
static bool is_integer_text(const char *s)
{
	if (*s == '-')
		s++;
	if (*s == '0')
		return s[1] == '\0';
	if (*s == '\0')
		return false;
	return strspn(s, "0123456789") == strlen(s);
}

bool json_text_signed(const char *s, int64_t min, int64_t max, int64_t *ret, struct fault_list *f,
	const struct json_place *at)
{
	if (!is_integer_text(s))
		return json_wrong_type(f, at, "a whole number");
	errno = 0;
	long long v = strtoll(s, NULL, 10);
	if (errno || v < min || v > max)
		return json_out_of_range(f, at);
	*ret = v;
	return true;
}

bool json_text_unsigned(const char *s, uint64_t max, uint64_t *ret, struct fault_list *f,
	const struct json_place *at)
{
	if (!is_integer_text(s))
		return json_wrong_type(f, at, "a whole number");
	errno = 0;
	unsigned long long v = *s == '-' ? 0 : strtoull(s, NULL, 10);
	if (*s == '-' || errno || v > max)
		return json_out_of_range(f, at);
	*ret = v;
	return true;
}

bool json_text_time(const char *s, int64_t *ret, struct fault_list *f, const struct json_place *at)
{
	if (time_from_text(s, ret) && *ret != 0)
		return true;
	json_fault(f, at, "time",
		"expected an RFC 3339 time with offset, "
		"as in 2026-11-21T06:07:41Z");
	return false;
}

bool json_text_enum(const ProtobufCEnumDescriptor *d, const char *s, int *ret, struct fault_list *f,
	const struct json_place *at)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(d, s);
	if (!v) {
		json_fault(f, at, "enum", "not one of the names of %s", d->short_name);
		return false;
	}
	*ret = v->value;
	return true;
}

/* Both alphabets, padded or not. */
bool json_text_bytes(
	const char *s, ProtobufCBinaryData *ret, struct fault_list *f, const struct json_place *at)
{
	size_t len = strlen(s), n = 0;
	uint8_t *data = arena_alloc(f->arena, len / 4 * 3 + 3);
	if (!data)
		return json_no_room(f);
	bool url = strpbrk(s, "-_") != NULL;
	bool padded = len > 0 && s[len - 1] == '=';
	int variant = url ? (padded ? sodium_base64_VARIANT_URLSAFE
				    : sodium_base64_VARIANT_URLSAFE_NO_PADDING)
			  : (padded ? sodium_base64_VARIANT_ORIGINAL
				    : sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	if (sodium_base642bin(data, len / 4 * 3 + 3, s, len, NULL, &n, NULL, variant) != 0) {
		json_fault(f, at, "base64", "expected base64");
		return false;
	}
	ret->data = data;
	ret->len = n;
	return true;
}

bool json_text_string(const char *s, const char **ret, struct fault_list *f)
{
	*ret = arena_strdup(f->arena, s);
	return *ret || json_no_room(f);
}
