/* test_frame.c - events for clients: rendering, visibility by role and scope, ids; ring; sessions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "contract/contract.gen.h"
#include "gateway/ring.h"
#include "jingbao/v1/evidence.pb-c.h"
#include "jingbao/v1/identity.pb-c.h"

static struct arena arena;

static struct frame *make(
	const ProtobufCMessage *m, const char *type, const char *subject, uint64_t seq)
{
	uint8_t body[4096];
	struct frame_source s = { .subject = subject,
		.id = "id-1",
		.type = type,
		.time = "t",
		.body = body,
		.len = protobuf_c_message_pack(m, body),
		.seq = seq,
		.epoch = "abc" };

	arena_reset(&arena);
	return frame_new(&jb_contract, &s, &arena);
}

static struct frame *item(uint64_t seq)
{
	Pb__ItemAdded e = PB__ITEM_ADDED__INIT;

	e.item_id = "i";
	e.incident_id = "inc-1";
	e.district = "610113";
	e.responder_id = "r-1";
	return make(&e.base, "jingbao.v1.ItemAdded", "jingbao.v1.event.610113.ItemAdded", seq);
}

static struct who who(int role)
{
	return (struct who){ .p = { .roles = 1u << role,
				     .subject = "",
				     .name = "",
				     .org = "",
				     .districts = "",
				     .incident_id = "",
				     .party_id = "" },
		.session_id = "",
		.methods = "" };
}

static void test_rendering(void **state)
{
	struct frame *f = item(7);

	(void)state;
	assert_non_null(f);
	assert_memory_equal(f->text, "id: abc-7\ndata: {\"id\":\"id-1\",", 28);
	assert_memory_equal(f->text + f->len - 3, "}\n\n", 3);
	size_t skip = strlen("id: abc-7\ndata: ");
	char *json = strndup(f->text + skip, f->len - skip);
	*strchr(json, '\n') = '\0';
	json_t *o = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	assert_string_equal(json_string_value(json_object_get(o, "district")), "610113");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(o, "data"), "incidentId")),
		"inc-1");
	json_decref(o);
	free(json);
	frame_unref(f);
}

static void test_secrets_stay(void **state)
{
	Pb__PartyLinkIssued e = PB__PARTY_LINK_ISSUED__INIT;

	(void)state;
	e.token = "very-secret";
	e.phone = "13800138000";
	struct frame *f = make(&e.base, "jingbao.v1.PartyLinkIssued",
		"jingbao.v1.event.610113.PartyLinkIssued", 1);
	assert_non_null(f);
	char *text = strndup(f->text, f->len);
	assert_null(strstr(text, "very-secret"));
	assert_null(strstr(text, "13800138000"));
	free(text);
	frame_unref(f);
}

static void test_not_events(void **state)
{
	Pb__Principal p = PB__PRINCIPAL__INIT;
	struct frame_source s = { .subject = "jingbao.v1.event.1.X",
		.id = "",
		.type = "jingbao.v1.ItemAdded",
		.time = "",
		.body = "\xff\xff",
		.len = 2,
		.seq = 1,
		.epoch = "a" };

	(void)state;
	assert_null(make(&p.base, "jingbao.v1.Principal", "jingbao.v1.event.1.Principal", 1));
	assert_null(make(&p.base, "nonsense", "x", 1));
	arena_reset(&arena);
	assert_null(frame_new(&jb_contract, &s, &arena));
}

static void test_visibility(void **state)
{
	struct frame *f = item(1);
	struct filter all = { 0 };
	struct who w;

	(void)state;
	w = who(PB__ROLE__VALUE__DISPATCHER);
	assert_true(frame_visible(f, &w, &all));
	w = who(PB__ROLE__VALUE__ADMIN); /* not among seen_by */
	assert_false(frame_visible(f, &w, &all));
	w = who(PB__ROLE__VALUE__RESPONDER);
	assert_false(frame_visible(f, &w, &all));
	w.p.subject = "r-1";
	assert_true(frame_visible(f, &w, &all));
	w = who(PB__ROLE__VALUE__OFFICER);
	assert_true(frame_visible(f, &w, &all));
	w.p.districts = "610104 610113";
	assert_true(frame_visible(f, &w, &all));
	w.p.districts = "6101130 61011";
	assert_false(frame_visible(f, &w, &all));
	w = who(PB__ROLE__VALUE__PARTY);
	w.p.incident_id = "inc-1";
	assert_false(frame_visible(f, &w, &all)); /* PARTY is not among seen_by */
	w = who(PB__ROLE__VALUE__DISPATCHER);
	assert_true(frame_visible(f, &w, &(struct filter){ .types = "OfferMade ItemAdded" }));
	assert_true(frame_visible(f, &w, &(struct filter){ .types = "jingbao.v1.ItemAdded" }));
	assert_false(frame_visible(f, &w, &(struct filter){ .types = "ItemAdde" }));
	assert_true(frame_visible(f, &w, &(struct filter){ .incident = "inc-1" }));
	assert_false(frame_visible(f, &w, &(struct filter){ .incident = "inc-2" }));
	frame_unref(f);
}

static void test_ids(void **state)
{
	char epoch[EPOCH_TEXT];
	uint64_t seq;
	static const char *const bad[] = { "", "-", "1", "a-", "-1", "A-1", "a-1x", "a-1 ",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaa-1", "a-99999999999999999999999" };

	(void)state;
	assert_true(event_id_parse("64f0a1-42", epoch, &seq));
	assert_string_equal(epoch, "64f0a1");
	assert_true(seq == 42);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (event_id_parse(bad[i], epoch, &seq))
			fail_msg("'%s' was taken", bad[i]);
	}
}

static void test_ring(void **state)
{
	struct ring r;

	(void)state;
	assert_true(ring_init(&r, 4, 1 << 20));
	ring_restart(&r, 10);
	for (uint64_t seq = 10; seq < 20; seq += 2) {
		ring_add(&r, seq, item(seq));
		ring_add(&r, seq + 1, NULL);
	}
	assert_true(r.last_seq == 19 && r.head - r.tail == 4 && r.from_seq == 11);
	assert_true(ring_at(&r, ring_place(&r, 11))->seq == 12);
	assert_true(ring_at(&r, ring_place(&r, 14))->seq == 14);
	assert_true(ring_at(&r, ring_place(&r, 15))->seq == 16);
	assert_true(ring_place(&r, 19) == r.head);
	ring_restart(&r, 5);
	assert_true(r.tail == r.head && r.last_seq == 4 && r.bytes == 0);
	ring_release(&r);
}

static void test_ring_bytes(void **state)
{
	struct ring r;
	struct frame *f = item(1);
	size_t bytes = f->bytes;

	(void)state;
	assert_true(ring_init(&r, 100, bytes * 3));
	ring_add(&r, 1, f);
	for (uint64_t seq = 2; seq < 9; seq++)
		ring_add(&r, seq, item(seq));
	assert_true(r.head - r.tail == 3 && r.bytes <= bytes * 3);
	ring_release(&r);
}

static void test_sessions(void **state)
{
	struct sessions *s = sessions_new(8, 1000000);
	unsigned char a[TOKEN_HASH], b[TOKEN_HASH];
	struct who w = who(PB__ROLE__VALUE__OFFICER), got;

	(void)state;
	token_hash("a", a);
	token_hash("b", b);
	w.p.subject = "o-1";
	w.session_id = "s-1";
	uint64_t ended = sessions_ended(s);
	sessions_keep(s, a, &w, ended);
	assert_true(sessions_find(s, a, &arena, &got));
	assert_string_equal(got.p.subject, "o-1");
	assert_true(got.p.subject != w.p.subject);
	assert_false(sessions_find(s, b, &arena, &got));
	sessions_drop(s, "s-1");
	assert_false(sessions_find(s, a, &arena, &got));
	sessions_keep(s, a, &w, ended); /* asked before the end: must not be kept */
	assert_false(sessions_find(s, a, &arena, &got));
	sessions_keep(s, a, &w, sessions_ended(s));
	assert_true(sessions_take(s, a, &arena, &got));
	assert_false(sessions_take(s, a, &arena, &got));
	w.expires_at_us = 1; /* long ago */
	sessions_keep(s, a, &w, sessions_ended(s));
	assert_false(sessions_find(s, a, &arena, &got));
	w.expires_at_us = 0;
	for (int i = 0; i < 100; i++) { /* bounded: the oldest give way */
		char token[16];
		snprintf(token, sizeof token, "t%d", i);
		token_hash(token, b);
		sessions_keep(s, b, &w, sessions_ended(s));
	}
	assert_true(sessions_find(s, b, &arena, &got));
	sessions_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rendering),
		cmocka_unit_test(test_secrets_stay),
		cmocka_unit_test(test_not_events),
		cmocka_unit_test(test_visibility),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_ring_bytes),
		cmocka_unit_test(test_sessions),
	};
	arena_init(&arena, 4 << 20);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
