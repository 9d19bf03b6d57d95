/* fuzz_kit_json.c - any text as JSON of any message, any bytes as wire: a code, never a crash, and
 * what was taken comes back equal after JSON -> message -> wire -> message -> JSON. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "contract/contract.gen.h"
#include "kit/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static char *written(const struct msg_meta *m, const ProtobufCMessage *msg, struct arena *a)
{
	size_t len;
	char *s = message_to_json(m, msg, (struct json_out){ .with_secrets = true }, a, &len);
	demand(a->full || (s && strlen(s) == len));
	return s;
}

static ProtobufCMessage *over_the_wire(
	const struct msg_meta *m, const ProtobufCMessage *msg, struct arena *a)
{
	size_t n = protobuf_c_message_get_packed_size(msg);
	uint8_t *wire = arena_alloc(a, n);
	if (!wire)
		return NULL;
	demand(protobuf_c_message_pack(msg, wire) == n);
	return protobuf_c_message_unpack(m->desc, &a->pb, n, wire);
}

static void from_text(const struct msg_meta *m, const char *text, size_t len, struct arena *a)
{
	struct fault_list f;
	faults_init(&f, a);
	ProtobufCMessage *msg = json_to_message(m, text, len, &f);
	demand((msg == NULL) == (f.code != PB__CODE__OK));
	if (!msg)
		return;
	const char *first = written(m, msg, a);
	ProtobufCMessage *again = over_the_wire(m, msg, a);
	if (a->full)
		return;
	demand(again != NULL);
	demand(check_message(m, again, &f));
	const char *second = written(m, again, a);
	demand(a->full || strcmp(first, second) == 0);
	ProtobufCMessage *stored = json_stored_to_message(m, first, strlen(first), a);
	demand(a->full || stored != NULL);
	(void)message_to_json(
		m, msg, (struct json_out){ .mask = true, .keep_defaults = true }, a, &len);
}

static void from_wire(const struct msg_meta *m, const uint8_t *data, size_t len, struct arena *a)
{
	struct fault_list f;
	faults_init(&f, a);
	ProtobufCMessage *msg = protobuf_c_message_unpack(m->desc, &a->pb, len, data);
	if (!msg)
		return;
	bool fits = check_message(m, msg, &f);
	demand(fits == (f.code == PB__CODE__OK));
	char *s = written(m, msg, a); /* also of what doesn't fit: still JSON */
	json_error_t e;
	json_auto_t *v = s ? json_loads(s, 0, &e) : NULL;
	demand(!s || v != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena a;
	if (!a.ceiling)
		arena_init(&a, 4 << 20);
	if (size < 3)
		return 0;
	const struct msg_meta *m =
		jb_contract.messages[(data[0] | data[1] << 8) % jb_contract.n_messages];
	if (data[2] & 1)
		from_wire(m, data + 3, size - 3, &a);
	else
		from_text(m, (const char *)data + 3, size - 3, &a);
	arena_reset(&a);
	return 0;
}
