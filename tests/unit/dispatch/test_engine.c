/* test_engine.c - the dispatch engine: its table, its ranking, order independence, replay, and what
 * must hold in any history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dispatch/engine.h"

enum { UNITS = 12, INCIDENTS = 16, COMMANDS = 256 };
#define S INT64_C(1000000)
/* 2026-03-02 04:00 UTC: noon in Xi'an. */
static const int64_t NOON = INT64_C(1772424000) * S;

struct world {
	struct unit units[UNITS];
	struct incident incidents[INCIDENTS];
	char names[UNITS + INCIDENTS][8];
	struct engine e;
	struct candidate candidates[UNITS];
	struct rejection rejections[UNITS];
	struct ranking ranking;
	struct engine_command out[COMMANDS];
	size_t n;
};

/* `n` units on a line, each 1 km further east of the origin than the one before. */
static void world_init(struct world *w, size_t n)
{
	memset(w, 0, sizeof *w);
	for (size_t i = 0; i < n; i++) {
		snprintf(w->names[i], sizeof w->names[i], "u%02zu", i);
		w->units[i] = (struct unit){ .id = w->names[i],
			.state = UNIT_AVAILABLE,
			.since_us = NOON - 3600 * S,
			.fix = { .at = { 108.94 + 0.0109 * (double)(i + 1), 34.26 },
				.at_us = NOON - 5 * S,
				.accuracy_m = 5 } };
	}
	w->e = (struct engine){ .policy = engine_default_policy,
		.units = w->units,
		.n_units = n,
		.incidents = w->incidents };
	w->ranking = (struct ranking){ .candidates = w->candidates, .rejections = w->rejections };
}

static struct incident *add_incident(struct world *w, int64_t at)
{
	size_t i = w->e.n_incidents++;
	struct incident *in = &w->incidents[i];

	snprintf(w->names[UNITS + i], sizeof w->names[0], "i%02zu", i);
	*in = (struct incident){ .id = w->names[UNITS + i],
		.at = { 108.94, 34.26 },
		.accepted_us = at,
		.promised_us = at + 600 * S,
		.state = INCIDENT_WAITING };
	return in;
}

static size_t step(struct world *w, enum engine_event_kind kind, int64_t now, const char *incident,
	const char *unit)
{
	struct engine_event ev = {
		.kind = kind, .now_us = now, .incident = incident, .unit = unit
	};

	w->n = engine_step(&w->e, &ev, &w->ranking, w->out, COMMANDS);
	return w->n;
}

static const struct engine_command *said(const struct world *w, enum engine_command_kind kind)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->out[i].kind == kind)
			return &w->out[i];
	return NULL;
}

static void nearest_is_offered(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, 3);
	struct incident *in = add_incident(&w, NOON);

	step(&w, EVENT_OPENED, NOON, in->id, NULL);
	const struct engine_command *c = said(&w, COMMAND_OFFER);
	assert_non_null(c);
	assert_string_equal(c->unit->id, "u00");
	assert_true(c->candidate.reasons & CANDIDATE_NEAREST);
	assert_int_equal(in->state, INCIDENT_OFFERED);
	assert_int_equal(in->offer_expires_us, NOON + 20 * S);
	assert_int_equal(w.units[0].state, UNIT_OFFERED);
}

/* Each row: what is known of the two nearest units, and who is first. */
static void ranking_follows_its_rules(void **state)
{
	static const struct {
		const char *what;
		int64_t age_s[2];
		bool doubtful[2], has_fix[2], has_post[2];
		const char *first;
	} rows[] = {
		{ "both fresh", { 5, 5 }, { 0 }, { 1, 1 }, { 0 }, "u00" },
		{ "60 s is not stale", { 60, 5 }, { 0 }, { 1, 1 }, { 0 }, "u00" },
		{ "61 s is ranked down by a minute", { 61, 5 }, { 0 }, { 1, 1 }, { 0 }, "u00" },
		{ "doubtful", { 5, 5 }, { 1, 0 }, { 1, 1 }, { 0 }, "u00" },
		{ "stale and doubtful: two minutes", { 61, 5 }, { 1, 0 }, { 1, 1 }, { 0 }, "u01" },
		{ "ten minutes old counts as none", { 601, 5 }, { 0 }, { 1, 1 }, { 0 }, "u01" },
		{ "no fix but a post", { 5, 5 }, { 0 }, { 0, 1 }, { 1, 0 }, "u00" },
		{ "no fix, no post", { 5, 5 }, { 0 }, { 0, 1 }, { 0, 0 }, "u01" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct world w;
		world_init(&w, 2);
		/* u00 at 1 km, u01 at 1.7 km: about 106 s apart at noon. */
		w.units[1].fix.at.lon = 108.94 + 0.0109 * 1.7;
		for (size_t k = 0; k < 2; k++) {
			w.units[k].fix.at_us = rows[i].has_fix[k] ? NOON - rows[i].age_s[k] * S : 0;
			w.units[k].fix.doubtful = rows[i].doubtful[k];
			w.units[k].has_post = rows[i].has_post[k];
			w.units[k].post = w.units[k].fix.at;
		}
		engine_rank(&w.e, add_incident(&w, NOON), NOON, &w.ranking);
		if (strcmp(w.candidates[0].unit->id, rows[i].first))
			fail_msg("%s: first is %s", rows[i].what, w.candidates[0].unit->id);
	}
}

static void ties_go_to_who_waited_longer(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, 3);
	for (size_t i = 0; i < 3; i++)
		w.units[i].fix.at = w.units[0].fix.at;
	w.units[1].since_us -= S;
	engine_rank(&w.e, add_incident(&w, NOON), NOON, &w.ranking);
	assert_string_equal(w.candidates[0].unit->id, "u01");
	assert_string_equal(w.candidates[1].unit->id, "u00");
}

static void asked_again_only_when_all_were(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, 2);
	struct incident *in = add_incident(&w, NOON);

	step(&w, EVENT_OPENED, NOON, in->id, NULL);
	step(&w, EVENT_DECLINE, NOON + 3 * S, in->id, "u00");
	assert_string_equal(said(&w, COMMAND_OFFER)->unit->id, "u01");
	step(&w, EVENT_TICK, NOON + 22 * S, NULL, NULL);
	assert_int_equal(w.n, 0);
	step(&w, EVENT_TICK, NOON + 23 * S, NULL, NULL);
	assert_string_equal(said(&w, COMMAND_END_OFFER)->word, "EXPIRED");
	assert_null(said(&w, COMMAND_OFFER)); /* u00 rests, u01 just let it lapse */
	assert_string_equal(said(&w, COMMAND_WARN)->word, "nobody_available");
	step(&w, EVENT_TICK, NOON + 30 * S, NULL, NULL);
	assert_int_equal(w.n, 0); /* warned once per wait */
	step(&w, EVENT_TICK, NOON + 33 * S, NULL, NULL);
	assert_string_equal(said(&w, COMMAND_OFFER)->unit->id, "u00");
	assert_true(said(&w, COMMAND_OFFER)->candidate.reasons & CANDIDATE_ASKED);
}

static void a_whole_case(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, 2);
	struct incident *in = add_incident(&w, NOON);

	step(&w, EVENT_OPENED, NOON, in->id, NULL);
	step(&w, EVENT_ACCEPT, NOON + S, in->id, "u01");
	assert_string_equal(said(&w, COMMAND_REFUSE)->word, "no_such_offer");
	step(&w, EVENT_ACCEPT, NOON + S, in->id, "u00");
	assert_string_equal(said(&w, COMMAND_ASSIGN)->unit->id, "u00");
	assert_int_equal(w.units[0].state, UNIT_EN_ROUTE);
	step(&w, EVENT_CLEAR, NOON + 2 * S, in->id, "u00");
	assert_string_equal(said(&w, COMMAND_REFUSE)->word, "not_arrived");
	step(&w, EVENT_ARRIVE, NOON + 200 * S, in->id, "u00");
	assert_int_equal(w.units[0].state, UNIT_ON_SCENE);
	assert_int_equal(step(&w, EVENT_ARRIVE, NOON + 201 * S, in->id, "u00"), 0);
	step(&w, EVENT_CLEAR, NOON + 900 * S, in->id, "u00");
	assert_int_equal(in->state, INCIDENT_SERVED);
	assert_int_equal(w.units[0].state, UNIT_AVAILABLE);
	step(&w, EVENT_CLOSED, NOON + 950 * S, in->id, NULL);
	assert_int_equal(in->state, INCIDENT_ENDED);
}

static void a_finder_has_it_at_once(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, 3);
	struct incident *one = add_incident(&w, NOON);

	step(&w, EVENT_OPENED, NOON, one->id, NULL); /* offered to u00 */
	struct incident *two = add_incident(&w, NOON + S);
	step(&w, EVENT_OPENED, NOON + S, two->id, "u00");
	assert_string_equal(said(&w, COMMAND_END_OFFER)->word, "WITHDRAWN");
	assert_string_equal(said(&w, COMMAND_ARRIVED)->word, "self_initiated");
	assert_int_equal(w.units[0].state, UNIT_ON_SCENE);
	assert_int_equal(one->state, INCIDENT_OFFERED); /* to the next one, at once */
	assert_string_equal(said(&w, COMMAND_OFFER)->unit->id, "u01");
}

static void by_hand_takes_over(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, 3);
	struct incident *one = add_incident(&w, NOON), *two = add_incident(&w, NOON);

	step(&w, EVENT_OPENED, NOON, one->id, NULL); /* u00 */
	step(&w, EVENT_OPENED, NOON, two->id, NULL); /* u01 */
	step(&w, EVENT_ASSIGN, NOON + S, one->id, "u01");
	assert_int_equal(w.units[1].state, UNIT_EN_ROUTE);
	assert_string_equal(two->unit, "u00"); /* withdrawn from u01, offered on */
	step(&w, EVENT_ASSIGN, NOON + S, two->id, "u01");
	assert_string_equal(said(&w, COMMAND_REFUSE)->word, "unit_not_free");
	step(&w, EVENT_ASSIGN, NOON + S, one->id, "u02");
	assert_string_equal(said(&w, COMMAND_REFUSE)->word, "incident_not_open");
	step(&w, EVENT_RELEASE, NOON + 2 * S, one->id, "u01");
	assert_string_equal(said(&w, COMMAND_END_ASSIGNMENT)->word, "RELEASED");
	assert_string_equal(said(&w, COMMAND_OFFER)->unit->id, "u02");
}

static void duty_table(void **state)
{
	static const struct {
		enum unit_state from, to;
		const char *refused; /* NULL: done */
	} rows[] = {
		{ UNIT_OFF_DUTY, UNIT_AVAILABLE, NULL },
		{ UNIT_OFF_DUTY, UNIT_ON_BREAK, "is_off_duty" },
		{ UNIT_AVAILABLE, UNIT_OFF_DUTY, NULL },
		{ UNIT_AVAILABLE, UNIT_ON_BREAK, NULL },
		{ UNIT_ON_BREAK, UNIT_AVAILABLE, NULL },
		{ UNIT_ON_BREAK, UNIT_OFF_DUTY, NULL },
		{ UNIT_EN_ROUTE, UNIT_OFF_DUTY, "has_an_assignment" },
		{ UNIT_EN_ROUTE, UNIT_ON_BREAK, "has_an_assignment" },
		{ UNIT_ON_SCENE, UNIT_OFF_DUTY, "has_an_assignment" },
		{ UNIT_OFFERED, UNIT_ON_BREAK, "has_an_offer" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct world w;
		world_init(&w, 1);
		w.units[0].state = rows[i].from;
		struct engine_event ev = {
			.kind = EVENT_DUTY, .now_us = NOON, .unit = "u00", .duty = rows[i].to
		};
		w.n = engine_step(&w.e, &ev, &w.ranking, w.out, COMMANDS);
		const struct engine_command *no = said(&w, COMMAND_REFUSE);
		if (rows[i].refused) {
			assert_non_null(no);
			assert_string_equal(no->word, rows[i].refused);
			assert_int_equal(w.units[0].state, rows[i].from);
		} else {
			assert_null(no);
			assert_int_equal(w.units[0].state, rows[i].to);
		}
	}
}

static void off_duty_passes_the_offer_on(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, 2);
	struct incident *in = add_incident(&w, NOON);

	step(&w, EVENT_OPENED, NOON, in->id, NULL);
	struct engine_event ev = {
		.kind = EVENT_DUTY, .now_us = NOON + S, .unit = "u00", .duty = UNIT_OFF_DUTY
	};
	w.n = engine_step(&w.e, &ev, &w.ranking, w.out, COMMANDS);
	assert_string_equal(said(&w, COMMAND_OFFER)->unit->id, "u01");
	assert_int_equal(w.units[0].state, UNIT_OFF_DUTY);
}

static void a_late_promise_is_warned_of_once(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, 2);
	struct incident *in = add_incident(&w, NOON - 580 * S);

	step(&w, EVENT_OPENED, NOON, in->id, NULL);
	assert_string_equal(said(&w, COMMAND_WARN)->word, "promise_at_risk");
	step(&w, EVENT_DECLINE, NOON + S, in->id, "u00");
	assert_non_null(said(&w, COMMAND_OFFER));
	assert_null(said(&w, COMMAND_WARN));
}

static void older_fixes_are_ignored(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, 1);
	struct engine_event ev = { .kind = EVENT_POSITION,
		.now_us = NOON,
		.unit = "u00",
		.fix = { .at = { 1, 1 }, .at_us = NOON - 6 * S } };

	engine_step(&w.e, &ev, &w.ranking, w.out, COMMANDS);
	assert_true(w.units[0].fix.at.lat > 34);
	ev.fix.at_us = NOON;
	engine_step(&w.e, &ev, &w.ranking, w.out, COMMANDS);
	assert_true(w.units[0].fix.at.lat < 2);
}

static void the_oldest_waits_first(void **state)
{
	struct world w;
	(void)state;
	world_init(&w, 1);
	add_incident(&w, NOON + 5 * S);
	add_incident(&w, NOON);
	step(&w, EVENT_TICK, NOON + 9 * S, NULL, NULL);
	assert_string_equal(said(&w, COMMAND_OFFER)->incident->id, "i01");
}

/* ---- random histories ---- */

static uint64_t rng(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	return *s ^= *s << 17;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* What must hold after every event. */
static void check_world(const struct world *w)
{
	for (size_t i = 0; i < w->e.n_units; i++) {
		const struct unit *u = &w->units[i];
		size_t holds = 0;
		for (size_t k = 0; k < w->e.n_incidents; k++)
			holds += same(w->incidents[k].unit, u->id) +
				 same(w->incidents[k].next_unit, u->id);
		bool busy = u->state == UNIT_OFFERED || u->state == UNIT_EN_ROUTE ||
			    u->state == UNIT_ON_SCENE;
		assert_int_equal(holds, busy + (u->next != NULL));
		assert_int_equal(u->incident != NULL, busy);
	}
	for (size_t k = 0; k < w->e.n_incidents; k++) {
		const struct incident *in = &w->incidents[k];
		assert_int_equal(in->unit != NULL,
			in->state == INCIDENT_OFFERED || in->state == INCIDENT_ASSIGNED);
		assert_int_equal(in->waits != NULL, in->state == INCIDENT_WAITING);
	}
}

/* No call waits while a unit that may be asked is free. */
static void check_nobody_idle(struct world *w, int64_t now)
{
	for (size_t k = 0; k < w->e.n_incidents; k++) {
		const struct incident *in = &w->incidents[k];
		if (in->state != INCIDENT_WAITING || in->hold_until_us > now)
			continue;
		engine_rank(&w->e, &w->incidents[k], now, &w->ranking);
		assert_int_equal(w->ranking.n_candidates, 0);
	}
}

static uint64_t hash(uint64_t h, uint64_t v)
{
	return (h ^ v) * UINT64_C(1099511628211);
}

static uint64_t hash_text(uint64_t h, const char *text)
{
	for (; text && *text; text++)
		h = hash(h, (unsigned char)*text);
	return h;
}

static void shuffle(struct world *w, uint64_t *seed)
{
	for (size_t i = w->e.n_units - 1; i > 0; i--) {
		size_t j = rng(seed) % (i + 1);
		struct unit t = w->units[i];
		w->units[i] = w->units[j];
		w->units[j] = t;
	}
	for (size_t i = w->e.n_incidents; i > 1; i--) {
		size_t j = rng(seed) % i;
		struct incident t = w->incidents[i - 1];
		w->incidents[i - 1] = w->incidents[j];
		w->incidents[j] = t;
	}
}

/* Who is meant, whatever he is called: ids are dealt out anew under TURN_IDS. */
enum play_mode { PLAIN, SHUFFLE, TURN_IDS };

static void name(char ret[static 8], char kind, size_t i, size_t n, enum play_mode mode)
{
	snprintf(ret, 8, "%c%02zu", kind, mode == TURN_IDS ? n - 1 - i : i);
}

static size_t number(const char *id, size_t n, enum play_mode mode)
{
	size_t i = id ? (size_t)strtoul(id + 1, NULL, 10) : n;
	return mode == TURN_IDS && id ? n - 1 - i : i;
}

static uint64_t digest_of(const struct world *w, uint64_t digest, enum play_mode mode)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct engine_command *c = &w->out[i];
		uint64_t one = 14695981039346656037u;
		one = hash(one, c->kind);
		one = hash(one, number(c->incident ? c->incident->id : NULL, INCIDENTS, mode));
		one = hash(one, number(c->unit ? c->unit->id : NULL, UNITS, mode));
		one = hash(one, number(c->replaces, UNITS, mode));
		digest += hash_text(one, c->word); /* of one moment: in any order */
	}
	return hash(digest, w->n);
}

/* An event by chance, likely ones more often. */
static struct engine_event draw(struct world *w, uint64_t *r, int64_t now, enum play_mode mode)
{
	static const enum engine_event_kind kinds[] = { EVENT_ACCEPT, EVENT_ACCEPT, EVENT_ACCEPT,
		EVENT_DECLINE, EVENT_EXPIRE, EVENT_ARRIVE, EVENT_ARRIVE, EVENT_CLEAR, EVENT_CLEAR,
		EVENT_RELEASE, EVENT_ASSIGN, EVENT_CLOSED, EVENT_TICK, EVENT_DUTY, EVENT_POSITION,
		EVENT_HOLD, EVENT_STAND_DOWN, EVENT_PLAN };
	static char unit[8], incident[8];
	struct engine_event ev = {
		.kind = kinds[rng(r) % 18], .now_us = now, .unit = unit, .incident = incident
	};

	name(unit, 'u', rng(r) % UNITS, UNITS, mode);
	name(incident, 'i', rng(r) % INCIDENTS, INCIDENTS, mode);
	ev.duty = (enum unit_state[]){ UNIT_OFF_DUTY, UNIT_AVAILABLE, UNIT_AVAILABLE,
		UNIT_ON_BREAK }[rng(r) % 4];
	ev.until_us = now + (int64_t)(rng(r) % 60) * S;
	ev.fix = (struct fix){ .at = { 108.9 + (double)(rng(r) % 100000) / 1e6,
				       34.2 + (double)(rng(r) % 100000) / 1e6 },
		.at_us = now };
	if (rng(r) % 8 == 0 && w->e.n_incidents < INCIDENTS) {
		struct incident *in = add_incident(w, now);
		name(w->names[UNITS + w->e.n_incidents - 1], 'i', w->e.n_incidents - 1, INCIDENTS,
			mode);
		in->at = ev.fix.at;
		ev.kind = EVENT_OPENED;
		ev.incident = in->id;
		ev.unit = rng(r) % 4 ? NULL : unit;
	}
	return ev;
}

static const struct zone zones[] = { { { 108.91, 34.21 }, 0.3, 0.3 },
	{ { 108.95, 34.26 }, 0.5, 0.3 }, { { 108.99, 34.28 }, 0.2, 0.2 } };
static const struct post_site posts[] = { { "p0", { 108.92, 34.23 } },
	{ "p1", { 108.98, 34.27 } } };
static const struct demand demand_here = {
	.zones = zones, .n_zones = 3, .rate_per_s = 0.004, .posts = posts, .n_posts = 2
};

/* Plays a random day under one of the policies. Returns a digest of all commands. */
static uint64_t play(uint64_t seed, enum play_mode mode)
{
	static struct world w;
	uint64_t r = seed * 2654435761u + 1, m = seed + 99, digest = 0;
	int64_t now = NOON;

	world_init(&w, UNITS);
	w.e.policy = *policy_at(seed % policy_count());
	w.e.demand = &demand_here;
	for (size_t i = 0; i < UNITS; i++) {
		name(w.names[i], 'u', i, UNITS, mode);
		w.units[i].since_us += (int64_t)i;
	}
	for (int n = 0; n < 400; n++) {
		now += (int64_t)(rng(&r) % 10) * S +
		       1; /* nothing is a tie but what is meant to be */
		if (rng(&r) % 4)
			for (size_t i = 0; i < UNITS; i++)
				w.units[i].fix.at_us = now;
		struct engine_event ev = draw(&w, &r, now, mode);
		if (mode == SHUFFLE)
			shuffle(&w, &m);
		w.n = engine_step(&w.e, &ev, &w.ranking, w.out, COMMANDS);
		digest = digest_of(&w, digest, mode);
		check_world(&w);
		if (ev.kind == EVENT_TICK)
			check_nobody_idle(&w, now);
	}
	return digest;
}

static void any_history_keeps_the_rules(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 660; seed++)
		play(seed, PLAIN);
}

static void replay_is_identical_and_order_does_not_matter(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 330; seed++) {
		uint64_t plain = play(seed, PLAIN);
		assert_true(plain == play(seed, PLAIN));
		if (plain != play(seed, SHUFFLE))
			fail_msg("seed %d: order matters", (int)seed);
	}
}

static void names_do_not_matter(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 330; seed++)
		if (play(seed, PLAIN) != play(seed, TURN_IDS))
			fail_msg("seed %d: ids matter", (int)seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_is_offered),
		cmocka_unit_test(ranking_follows_its_rules),
		cmocka_unit_test(ties_go_to_who_waited_longer),
		cmocka_unit_test(asked_again_only_when_all_were),
		cmocka_unit_test(a_whole_case),
		cmocka_unit_test(a_finder_has_it_at_once),
		cmocka_unit_test(by_hand_takes_over),
		cmocka_unit_test(duty_table),
		cmocka_unit_test(off_duty_passes_the_offer_on),
		cmocka_unit_test(a_late_promise_is_warned_of_once),
		cmocka_unit_test(older_fixes_are_ignored),
		cmocka_unit_test(the_oldest_waits_first),
		cmocka_unit_test(any_history_keeps_the_rules),
		cmocka_unit_test(replay_is_identical_and_order_does_not_matter),
		cmocka_unit_test(names_do_not_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
