/* fuzz_identity_rpc.c - any bytes as a request of any identity RPC, by any role, up to the
 * statement they would bind: a code or a bound statement, never a crash. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sodium.h>

#include "identity/identity.h"
#include "identity/site.h"
#include "kit/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena arena;

static void start(void)
{
	static const uint8_t salt[DIGEST] = "a salt";

	if (sodium_init() < 0)
		abort();
	identity_settings = (struct identity_settings){ 240, 24, 3600, 365, 24, 60, 72, 10, 100,
		300, 1, 8, 90 };
	site_set(salt, sizeof salt);
	arena_init(&arena, 4 << 20);
}

static void serve(const struct rpc_binding *b, struct call *c, const ProtobufCMessage *in)
{
	unsigned has = b->has(&identity_rpc);
	Pb__Code code = PB__CODE__OK;

	if (has & RPC_PREPARE)
		code = b->prepare(&identity_rpc, c, in);
	if (!code && (has & RPC_BIND))
		code = b->bind(&identity_rpc, c, in);
	if (code != c->faults.code)
		abort(); /* a refusal always says why */
	if (c->stmt && code)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!arena.ceiling)
		start();
	if (size < 3)
		return 0;
	const struct rpc_binding *b = &identity_bindings[data[0] % IDENTITY_RPCS];
	struct call c = { .arena = &arena,
		.who = { 1u << (data[1] % 13), "", "", "", "610102 610103", "", "" },
		.request_id = "",
		.traceparent = "",
		.idempotency_key = "",
		.at_us = 1000000000 };

	faults_init(&c.faults, &arena);
	if (data[2] & 1)
		c.who.subject = "01980000-0000-7000-8000-000000000001";
	ProtobufCMessage *in =
		protobuf_c_message_unpack(b->method->in->desc, &arena.pb, size - 3, data + 3);
	if (in && check_message(b->method->in, in, &c.faults))
		serve(b, &c, in);
	arena_reset(&arena);
	return 0;
}
