/* test_live.c - live events: only the newest of each key, in the order they came, for readers as
 * slow as they like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "contract/contract.gen.h"
#include "gateway/live.h"
#include "jingbao/v1/dispatch.pb-c.h"

static struct arena arena;
static struct live live;

static struct frame *moved(int who, double lon)
{
	Pb__ResponderMoved m = PB__RESPONDER_MOVED__INIT;
	uint8_t body[512];
	char id[16];

	snprintf(id, sizeof id, "r-%d", who);
	m.responder_id = id;
	m.district = "610103";
	m.lon = lon;
	struct frame_source s = { .subject = "jingbao.v1.live.610103.ResponderMoved",
		.id = "i",
		.type = "jingbao.v1.ResponderMoved",
		.time = "t",
		.body = body,
		.len = pb__responder_moved__pack(&m, body) };
	arena_reset(&arena);
	return frame_new(&jb_contract, &s, &arena);
}

static void put(int who, double lon)
{
	struct frame *f = moved(who, lon);

	assert_non_null(f);
	live_put(&live, f);
}

static void a_live_frame_has_no_place_in_the_stream(void **state)
{
	struct frame *f = moved(1, 108.5);

	(void)state;
	assert_int_equal(strncmp(f->text, "data: {", 7), 0);
	assert_non_null(strstr(f->text, "\"lon\":108.5"));
	frame_unref(f);
	/* Neither the other way round. */
	struct frame_source s = { .subject = "jingbao.v1.event.610103.ResponderMoved",
		.id = "i",
		.type = "jingbao.v1.ResponderMoved",
		.time = "t",
		.body = "",
		.epoch = "abc",
		.seq = 1 };
	assert_null(frame_new(&jb_contract, &s, &arena));
	s.epoch = NULL;
	s.type = "jingbao.v1.OfferMade";
	assert_null(frame_new(&jb_contract, &s, &arena));
}

static void the_newest_of_each(void **state)
{
	uint64_t place = 0, late = 0;

	(void)state;
	assert_true(live_init(&live));
	assert_null(live_next(&live, &place));
	put(1, 1);
	put(2, 2);
	put(1, 3);
	assert_non_null(strstr(live_next(&live, &place)->text, "\"lon\":2"));
	assert_non_null(strstr(live_next(&live, &place)->text, "\"lon\":3"));
	assert_null(live_next(&live, &place));
	put(2, 4);
	assert_non_null(strstr(live_next(&live, &place)->text, "\"lon\":4"));
	/* Who comes late finds each once. */
	assert_non_null(strstr(live_next(&live, &late)->text, "\"lon\":3"));
	assert_non_null(strstr(live_next(&live, &late)->text, "\"lon\":4"));
	assert_null(live_next(&live, &late));
	live_release(&live);
}

/* More moves than there are places, more responders than there are keys. */
static void goes_round(void **state)
{
	enum { PEOPLE = 3000, MOVES = 3 * LIVE_FRAMES };
	static double last[PEOPLE];
	uint64_t slow = 0, place = 0;
	size_t seen = 0;

	(void)state;
	assert_true(live_init(&live));
	for (int i = 0; i < MOVES; i++) {
		put(i % PEOPLE, i);
		last[i % PEOPLE] = i;
	}
	for (struct frame *f; (f = live_next(&live, &slow)); seen++) {
		char *at = strstr(f->text, "\"lon\":");
		int who = (int)strtol(strstr(f->text, "\"r-") + 3, NULL, 10);
		double lon = at ? strtod(at + 6, NULL) : 0; /* zero members are left out */
		assert_true(lon == last[who]);
	}
	assert_int_equal(seen, PEOPLE);
	for (int i = 0; i < LIVE_KEYS; i++)
		put(PEOPLE + i, 1);
	for (seen = 0; live_next(&live, &place); seen++)
		;
	assert_int_equal(seen, LIVE_FRAMES);
	live_release(&live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_live_frame_has_no_place_in_the_stream),
		cmocka_unit_test(the_newest_of_each),
		cmocka_unit_test(goes_round),
	};

	arena_init(&arena, 1 << 20);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
