/* fuzz_gateway_reply.c - any bytes as a message from the bus: a fault, an event, any declared
 * message, made into JSON without harm. The first byte picks which. */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include "contract/contract.gen.h"
#include "gateway/answer.h"
#include "gateway/frame.h"
#include "gateway/problem.h"
#include "kit/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_fault(const uint8_t *data, size_t size, struct arena *a)
{
	struct fault_list f;
	size_t len;

	faults_init(&f, a);
	faults_from_message(&f, PB__CODE__REFUSED, pb__fault__unpack(&a->pb, size, data));
	struct problem p = { 422, "/", "r", &f };
	(void)problem_json(&p, a, &len);
	(void)problem_oauth(&f, a, &len);
}

static void as_event(const struct msg_meta *m, const uint8_t *data, size_t size, struct arena *a)
{
	struct frame_source s = { .subject = "jingbao.v1.event.610113.X",
		.id = "i",
		.type = m->desc->name,
		.time = "t",
		.body = data,
		.len = size,
		.seq = 1,
		.epoch = "a" };
	struct frame *f = frame_new(&jb_contract, &s, a);

	if (f)
		assert(!memchr(f->text + 7, '\n', f->len - 9) || f->len > 9);
	frame_unref(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena a;
	if (!a.pb.alloc)
		arena_init(&a, 4 << 20);
	arena_reset(&a);
	if (size < 2)
		return 0;
	const struct msg_meta *m =
		jb_contract.messages[(data[0] << 8 | data[1]) % jb_contract.n_messages];
	data += 2;
	size -= 2;
	as_fault(data, size, &a);
	if (m->event)
		as_event(m, data, size, &a);
	ProtobufCMessage *msg = protobuf_c_message_unpack(m->desc, &a.pb, size, data);
	size_t len;
	if (msg) {
		positions_convert(msg, PB__DATUM__VALUE__GCJ02);
		struct json_out how = { .mask = true, .keep_lists = true };
		(void)message_to_json(m, msg, how, &a, &len);
	}
	return 0;
}
