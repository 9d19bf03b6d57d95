/* test_json_every.c - every message of the contract, filled at random by its descriptor, survives
 * message -> JSON -> message -> wire -> message -> JSON unchanged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "contract/contract.gen.h"
#include "kit/json.h"
#include "kit/json_walk.h"

static uint64_t seed = 88172645463325252u;

static uint64_t rnd(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static const char *some_text(struct arena *a)
{
	static const char *const pieces[] = { "a", "\"", "\\", "\n", "\x01", "\x7f", "雁塔",
		"\xf0\x9f\x9a\x97", "</script>", "\xe2\x80\xa8", "0", " " };
	const char *s = pieces[rnd(12)];
	for (uint64_t n = rnd(6); n; n--)
		s = arena_printf(a, "%s%s", s, pieces[rnd(12)]);
	return s;
}

static double some_double(void)
{
	static const double odd[] = { 0.1, -1e-300, 108.9363528, 1e21, 5e-324,
		123456789.987654321 };
	return rnd(3) ? (double)(int64_t)rnd(2000000000) / 7919.0 - 100000 : odd[rnd(6)];
}

static ProtobufCMessage *some_message(const struct msg_meta *m, struct arena *a);

static void fill_value(
	const ProtobufCFieldDescriptor *fd, const struct field_meta *fm, void *p, struct arena *a)
{
	const ProtobufCEnumDescriptor *e = fd->descriptor;
	switch (fd->type) {
	case PROTOBUF_C_TYPE_STRING:
		*(const char **)p = some_text(a);
		break;
	case PROTOBUF_C_TYPE_BYTES: {
		ProtobufCBinaryData *b = p;
		b->len = rnd(40) + 1;
		b->data = arena_alloc(a, b->len);
		for (size_t i = 0; i < b->len; i++)
			b->data[i] = (uint8_t)rnd(256);
		break;
	}
	case PROTOBUF_C_TYPE_ENUM:
		*(int *)p = e->values[rnd(e->n_values)].value;
		break;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)p = (int)rnd(2);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		*(double *)p = some_double();
		break;
	case PROTOBUF_C_TYPE_FLOAT:
		*(float *)p = (float)(rnd(1000) / 7.0);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		*(ProtobufCMessage **)p = some_message(fm->sub, a);
		break;
	default:
		if (fm->time)
			*(int64_t *)p = (int64_t)rnd(UINT64_C(253402300799000000)) + 1;
		else if (field_size(fd->type) == 8)
			*(uint64_t *)p = rnd(4) ? rnd(100000) : rnd(UINT64_MAX);
		else
			*(uint32_t *)p = (uint32_t)rnd(UINT32_MAX);
	}
}

static void fill_field(const ProtobufCFieldDescriptor *fd, const struct field_meta *fm,
	ProtobufCMessage *msg, struct arena *a)
{
	void *q = json_member(msg, fd->quantifier_offset);
	if (fd->label == PROTOBUF_C_LABEL_REPEATED) {
		size_t n = rnd(4), size = field_size(fd->type);
		char *items = arena_array(a, n, size);
		for (size_t i = 0; i < n; i++)
			fill_value(fd, fm, items + i * size, a);
		*(void **)json_member(msg, fd->offset) = items;
		*(size_t *)q = n;
		return;
	}
	if (fd->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		if (*(uint32_t *)q)
			return;
		*(uint32_t *)q = fd->id;
	}
	fill_value(fd, fm, json_member(msg, fd->offset), a);
}

static ProtobufCMessage *some_message(const struct msg_meta *m, struct arena *a)
{
	ProtobufCMessage *msg = message_new(m, a);
	assert_non_null(msg);
	for (unsigned i = 0; i < m->desc->n_fields; i++) {
		if (rnd(3))
			fill_field(&m->desc->fields[i], &m->fields[i], msg, a);
	}
	return msg;
}

static const char *text_of(const struct msg_meta *m, const ProtobufCMessage *msg, struct arena *a)
{
	size_t len;
	const char *s = message_to_json(m, msg, (struct json_out){ .with_secrets = true }, a, &len);
	assert_non_null(s);
	return s;
}

static void there_and_back(const struct msg_meta *m, struct arena *a)
{
	ProtobufCMessage *msg = some_message(m, a);
	const char *first = text_of(m, msg, a);
	ProtobufCMessage *read = json_stored_to_message(m, first, strlen(first), a);
	if (!read)
		fail_msg("%s: %s", m->desc->name, first);
	assert_string_equal(text_of(m, read, a), first);
	size_t n = protobuf_c_message_get_packed_size(read);
	assert_int_equal(n, protobuf_c_message_get_packed_size(msg));
	uint8_t *wire = arena_alloc(a, n), *direct = arena_alloc(a, n);
	protobuf_c_message_pack(read, wire);
	protobuf_c_message_pack(msg, direct);
	assert_memory_equal(wire, direct, n);
	ProtobufCMessage *again = protobuf_c_message_unpack(m->desc, &a->pb, n, wire);
	assert_non_null(again);
	assert_string_equal(text_of(m, again, a), first);
}

static void every_message(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 16 << 20);
	for (size_t i = 0; i < jb_contract.n_messages; i++) {
		for (int round = 0; round < 60; round++) {
			there_and_back(jb_contract.messages[i], &a);
			arena_reset(&a);
		}
	}
	arena_release(&a);
}

/* Masked output never holds a personal value whole. */
static void nothing_personal_when_masked(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < jb_contract.n_messages; i++) {
		const struct msg_meta *m = jb_contract.messages[i];
		for (unsigned k = 0; k < m->desc->n_fields; k++) {
			const ProtobufCFieldDescriptor *fd = &m->desc->fields[k];
			if (!m->fields[k].privacy || fd->type != PROTOBUF_C_TYPE_STRING ||
				fd->label == PROTOBUF_C_LABEL_REPEATED)
				continue;
			ProtobufCMessage *msg = message_new(m, &a);
			if (fd->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
				*(uint32_t *)json_member(msg, fd->quantifier_offset) = fd->id;
			*(const char **)json_member(msg, fd->offset) = "QWERTYUIOPASDFGHJ";
			size_t len;
			const char *s = message_to_json(m, msg,
				(struct json_out){ .mask = true, .with_secrets = true }, &a, &len);
			assert_non_null(strstr(s, m->fields[k].json));
			assert_non_null(strchr(s, '*'));
			assert_null(strstr(s, "QWERTYUIOPASDFGHJ"));
			arena_reset(&a);
		}
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message),
		cmocka_unit_test(nothing_personal_when_masked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
