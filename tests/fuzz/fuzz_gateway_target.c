/* fuzz_gateway_target.c - any bytes as a request target, a form, a range, an event id: an answer or
 * a refusal, and what was decoded never holds a NUL or a slash in a segment. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "contract/contract.gen.h"
#include "gateway/acceptor.h"
#include "gateway/frame.h"
#include "gateway/range.h"
#include "gateway/router.h"
#include "gateway/slots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct router *router;
	static struct arena a;
	if (!router) {
		router = router_new(&jb_contract);
		arena_init(&a, 1 << 20);
	}
	arena_reset(&a);
	char *text = malloc(size + 1);
	memcpy(text, data, size);
	text[size] = '\0';
	struct target t;
	struct match m;
	if (target_parse(text, &a, &t) && router_match(router, "GET", &t, &a, &m)) {
		for (size_t i = 0; i < m.n_vars; i++)
			assert(*m.vars[i].value && !strchr(m.vars[i].value, '/'));
	} else {
		assert(t.fault || a.full || t.n_segments);
	}
	struct param p[16];
	const char *fault = NULL;
	int n = params_parse(text, size, p, 16, &a, &fault);
	assert(n >= 0 || fault);
	struct byte_range r;
	if (range_parse(text, 1000, &r) == RANGE_PART)
		assert(r.from >= 0 && r.length > 0 && r.from + r.length <= 1000);
	char hex[65], epoch[EPOCH_TEXT];
	bool broken;
	uint64_t seq;
	uint32_t slot, gen;
	(void)digest_field(text, hex, &broken);
	(void)event_id_parse(text, epoch, &seq);
	(void)slot_from_subject(text, size < 8 ? size : 8, &slot, &gen);
	(void)door_of(router, (const char *)data, size < 2048 ? size : 2048, &a);
	free(text);
	return 0;
}
