/* test_plan.c - decisions over the whole assignment: swaps and their guards, the two phases of a
 * hand-over and how each can fail, holds, queues, several responders, overload, blindness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dispatch/engine.h"

enum { UNITS = 12, INCIDENTS = 24, COMMANDS = 256 };
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
	int64_t now;
};

/* A place so many kilometres east of the origin. */
static struct lonlat east(double km)
{
	return (struct lonlat){ 108.94 + 0.01089 * km, 34.26 };
}

static void world_init(struct world *w, const char *policy)
{
	memset(w, 0, sizeof *w);
	w->e = (struct engine){ .policy = *policy_by_name(policy),
		.units = w->units,
		.incidents = w->incidents,
		.work = engine_work_new() };
	w->ranking = (struct ranking){ .candidates = w->candidates, .rejections = w->rejections };
	w->now = NOON;
}

static struct world *world_new(const char *policy)
{
	static struct world w;

	world_init(&w, policy);
	return &w;
}

static void world_end(struct world *w)
{
	engine_work_free(w->e.work);
}

static struct unit *add_unit(struct world *w, double km)
{
	size_t i = w->e.n_units++;

	snprintf(w->names[i], sizeof w->names[i], "u%zu", i);
	w->units[i] = (struct unit){ .id = w->names[i],
		.state = UNIT_AVAILABLE,
		.since_us = NOON - 3600 * S,
		.fix = { .at = east(km), .at_us = NOON, .accuracy_m = 5 } };
	return &w->units[i];
}

static struct incident *add_incident(struct world *w, double km)
{
	size_t i = w->e.n_incidents++;
	struct incident *in = &w->incidents[i];

	snprintf(w->names[UNITS + i], sizeof w->names[0], "i%zu", i);
	*in = (struct incident){ .id = w->names[UNITS + i],
		.at = east(km),
		.accepted_us = w->now,
		.promised_us = w->now + 600 * S };
	return in;
}

static void step_event(struct world *w, struct engine_event ev)
{
	ev.now_us = w->now;
	w->n = engine_step(&w->e, &ev, &w->ranking, w->out, COMMANDS);
}

static void step(struct world *w, enum engine_event_kind kind, const struct incident *in,
	const struct unit *u)
{
	step_event(w,
		(struct engine_event){
			.kind = kind, .incident = in ? in->id : NULL, .unit = u ? u->id : NULL });
}

static struct incident *open_at(struct world *w, double km)
{
	struct incident *in = add_incident(w, km);

	step(w, EVENT_OPENED, in, NULL);
	return in;
}

/* Time passes, and everybody's phone reports where he is. */
static void wait_s(struct world *w, int64_t s)
{
	w->now += s * S;
	for (size_t i = 0; i < w->e.n_units; i++)
		w->units[i].fix.at_us = w->now;
}

static void move(struct unit *u, double km)
{
	u->fix.at = east(km);
}

static const struct engine_command *said(const struct world *w, enum engine_command_kind kind)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->out[i].kind == kind)
			return &w->out[i];
	return NULL;
}

static const struct engine_command *said_to(
	const struct world *w, enum engine_command_kind kind, const struct unit *u)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->out[i].kind == kind && w->out[i].unit == u)
			return &w->out[i];
	return NULL;
}

/* u0 is on the way to i0, 6 km off; u1, at work until now, is free 1 km from it. */
struct swap_case {
	struct world *w;
	struct unit *far_one, *near_one;
	struct incident *in;
};

static struct swap_case freed_nearby(const char *policy, double far_km)
{
	struct swap_case c = { .w = world_new(policy) };

	c.far_one = add_unit(c.w, far_km);
	c.near_one = add_unit(c.w, 1);
	c.near_one->state = UNIT_ON_BREAK;
	c.in = open_at(c.w, 0);
	step(c.w, EVENT_ACCEPT, c.in, c.far_one);
	assert_int_equal(c.far_one->state, UNIT_EN_ROUTE);
	wait_s(c.w, 60);
	step_event(
		c.w, (struct engine_event){
			     .kind = EVENT_DUTY, .unit = c.near_one->id, .duty = UNIT_AVAILABLE });
	return c;
}

/* ---- hand-over ---- */

static void the_new_one_accepts_before_the_old_is_released(void **state)
{
	struct swap_case c = freed_nearby("P7", 6);
	const struct engine_command *offer = said(c.w, COMMAND_OFFER);

	(void)state;
	assert_non_null(offer);
	assert_ptr_equal(offer->unit, c.near_one);
	assert_string_equal(offer->replaces, "u0");
	assert_null(said(c.w, COMMAND_END_ASSIGNMENT));
	assert_string_equal(c.in->unit, "u0");
	assert_string_equal(c.in->next_unit, "u1");
	assert_int_equal(c.far_one->state, UNIT_EN_ROUTE);
	step(c.w, EVENT_ACCEPT, c.in, c.near_one);
	assert_string_equal(said(c.w, COMMAND_END_ASSIGNMENT)->word, "REPLACED");
	assert_ptr_equal(said(c.w, COMMAND_END_ASSIGNMENT)->unit, c.far_one);
	assert_ptr_equal(said(c.w, COMMAND_ASSIGN)->unit, c.near_one);
	assert_string_equal(c.in->unit, "u1");
	assert_null(c.in->next_unit);
	assert_int_equal(c.in->swaps, 1);
	assert_int_equal(c.far_one->trip_swaps, 1);
	assert_int_equal(c.far_one->state, UNIT_AVAILABLE);
	world_end(c.w);
}

static void a_refused_hand_over_changes_nothing(void **state)
{
	static const enum engine_event_kind ends[] = { EVENT_DECLINE, EVENT_EXPIRE };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct swap_case c = freed_nearby("P7", 6);
		step(c.w, ends[i], c.in, c.near_one);
		assert_string_equal(c.in->unit, "u0");
		assert_int_equal(c.in->state, INCIDENT_ASSIGNED);
		assert_null(c.in->next_unit);
		assert_int_equal(c.in->swaps, 0);
		assert_int_equal(c.near_one->state, UNIT_AVAILABLE);
		wait_s(c.w, 60);
		step(c.w, EVENT_TICK, NULL, NULL); /* not asked for this trip again */
		assert_null(said(c.w, COMMAND_OFFER));
		world_end(c.w);
	}
}

static void arriving_first_withdraws_the_hand_over(void **state)
{
	struct swap_case c = freed_nearby("P7", 6);

	(void)state;
	step(c.w, EVENT_ARRIVE, c.in, c.far_one);
	assert_string_equal(said(c.w, COMMAND_END_OFFER)->word, "WITHDRAWN");
	assert_int_equal(c.near_one->state, UNIT_AVAILABLE);
	assert_int_equal(c.far_one->state, UNIT_ON_SCENE);
	step(c.w, EVENT_ACCEPT, c.in, c.near_one);
	assert_string_equal(said(c.w, COMMAND_REFUSE)->word, "no_such_offer");
	world_end(c.w);
}

static void releasing_during_a_hand_over_loses_nobody(void **state)
{
	struct swap_case c = freed_nearby("P7", 6);

	(void)state;
	step(c.w, EVENT_RELEASE, c.in, c.far_one);
	assert_string_equal(said(c.w, COMMAND_END_ASSIGNMENT)->word, "RELEASED");
	assert_int_equal(c.in->state, INCIDENT_OFFERED);
	assert_string_equal(c.in->unit, "u1");
	world_end(c.w);
}

static void closing_during_a_hand_over_frees_both(void **state)
{
	struct swap_case c = freed_nearby("P7", 6);

	(void)state;
	step(c.w, EVENT_CLOSED, c.in, NULL);
	assert_int_equal(c.in->state, INCIDENT_ENDED);
	assert_int_equal(c.far_one->state, UNIT_AVAILABLE);
	assert_int_equal(c.near_one->state, UNIT_AVAILABLE);
	assert_null(c.in->next_unit);
	world_end(c.w);
}

/* u0 is on its way to i0 when i1 happens beside it; u1 is free near i0 and far from i1. */
struct divert_case {
	struct world *w;
	struct unit *mid, *other;
	struct incident *first, *second;
};

static struct divert_case diverted(void)
{
	struct divert_case c = { .w = world_new("P7") };

	c.mid = add_unit(c.w, 5);
	c.other = add_unit(c.w, -4.5);
	c.other->state = UNIT_ON_BREAK;
	c.first = open_at(c.w, 0);
	step(c.w, EVENT_ACCEPT, c.first, c.mid);
	wait_s(c.w, 10);
	c.other->state = UNIT_AVAILABLE;
	move(c.other, -3);
	c.second = open_at(c.w, 6);
	return c;
}

static void a_unit_under_way_is_diverted_and_followed(void **state)
{
	struct divert_case c = diverted();
	const struct engine_command *to_mid = said_to(c.w, COMMAND_OFFER, c.mid);
	const struct engine_command *to_other = said_to(c.w, COMMAND_OFFER, c.other);

	(void)state;
	assert_non_null(to_mid);
	assert_ptr_equal(to_mid->incident, c.second);
	assert_true(to_mid->candidate.reasons & CANDIDATE_DIVERTED);
	assert_ptr_equal(to_other->incident, c.first);
	assert_string_equal(to_other->replaces, "u0");
	assert_int_equal(c.mid->state, UNIT_EN_ROUTE);
	assert_string_equal(c.mid->next, "i1");
	/* who is under way agrees first: he stays on his trip until it is taken over */
	step(c.w, EVENT_ACCEPT, c.second, c.mid);
	assert_non_null(said(c.w, COMMAND_PENDING));
	assert_null(said(c.w, COMMAND_END_ASSIGNMENT));
	assert_string_equal(c.first->unit, "u0");
	step(c.w, EVENT_ACCEPT, c.first, c.other);
	assert_string_equal(c.first->unit, "u1");
	assert_string_equal(c.second->unit, "u0");
	assert_int_equal(c.second->state, INCIDENT_ASSIGNED);
	assert_int_equal(c.mid->state, UNIT_EN_ROUTE);
	assert_null(c.mid->next);
	world_end(c.w);
}

static void the_follower_may_agree_first(void **state)
{
	struct divert_case c = diverted();

	(void)state;
	step(c.w, EVENT_ACCEPT, c.first, c.other);
	assert_string_equal(c.first->unit, "u1");
	assert_int_equal(c.mid->state, UNIT_OFFERED);
	assert_string_equal(c.mid->incident, "i1");
	step(c.w, EVENT_ACCEPT, c.second, c.mid);
	assert_string_equal(c.second->unit, "u0");
	assert_int_equal(c.mid->state, UNIT_EN_ROUTE);
	world_end(c.w);
}

static void no_follower_no_diversion(void **state)
{
	struct divert_case c = diverted();

	(void)state;
	step(c.w, EVENT_ACCEPT, c.second, c.mid);
	step(c.w, EVENT_DECLINE, c.first, c.other);
	assert_string_equal(said_to(c.w, COMMAND_END_OFFER, c.mid)->word, "WITHDRAWN");
	assert_string_equal(c.first->unit, "u0");
	assert_false(c.mid->next_accepted);
	/* the second goes to who is free */
	assert_int_equal(c.second->state, INCIDENT_OFFERED);
	assert_string_equal(c.second->unit, "u1");
	world_end(c.w);
}

static void a_diversion_declined_frees_the_follower(void **state)
{
	struct divert_case c = diverted();

	(void)state;
	step(c.w, EVENT_DECLINE, c.second, c.mid);
	assert_string_equal(said_to(c.w, COMMAND_END_OFFER, c.other)->word, "WITHDRAWN");
	assert_null(c.first->next_unit);
	assert_string_equal(c.first->unit, "u0");
	assert_string_equal(c.second->unit, "u1");
	world_end(c.w);
}

/* ---- guards ---- */

static void nobody_near_arrival_is_swapped(void **state)
{
	struct swap_case c = freed_nearby("P7", 6);

	(void)state;
	step(c.w, EVENT_DECLINE, c.in, c.near_one);
	c.in->n_asked = 0;
	move(c.far_one, 0.2);
	move(c.near_one, 0);
	wait_s(c.w, 1);
	step(c.w, EVENT_PLAN, NULL, NULL);
	assert_null(said(c.w, COMMAND_OFFER));
	world_end(c.w);
}

static void small_gains_are_not_worth_a_swap(void **state)
{
	struct swap_case c = freed_nearby("P7", 1.3);

	(void)state;
	assert_null(said(c.w, COMMAND_OFFER));
	world_end(c.w);
}

static void swaps_are_bounded(void **state)
{
	struct swap_case c = freed_nearby("P7", 6);

	(void)state;
	step(c.w, EVENT_DECLINE, c.in, c.near_one);
	c.in->n_asked = 0;
	c.in->swaps = c.w->e.policy.incident_swaps;
	step(c.w, EVENT_PLAN, NULL, NULL);
	assert_null(said(c.w, COMMAND_OFFER));
	c.in->swaps = 0;
	c.far_one->trip_swaps = c.w->e.policy.trip_swaps;
	step(c.w, EVENT_PLAN, NULL, NULL);
	assert_null(said(c.w, COMMAND_OFFER));
	c.far_one->trip_swaps = 0;
	step(c.w, EVENT_PLAN, NULL, NULL);
	assert_non_null(said(c.w, COMMAND_OFFER));
	world_end(c.w);
}

static void policies_that_don_t_divert_don_t(void **state)
{
	static const char *const names[] = { "nearest", "P0", "P1", "P2", "P3", "P4", "P5" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct swap_case c = freed_nearby(names[i], 6);
		assert_null(said(c.w, COMMAND_OFFER));
		world_end(c.w);
	}
}

/* Two incidents, two units: closest first leaves the second too late; together both are in time. */
static void the_whole_is_better_than_one_by_one(void **state)
{
	static const struct {
		const char *policy, *first_gets;
	} rows[] = { { "P2", "u1" }, { "P5", "u0" }, { "P7", "u0" } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *w = world_new(rows[i].policy);
		struct incident *one = add_incident(w, 0), *two = add_incident(w, 5);
		struct unit *west = add_unit(w, -1.5), *between = add_unit(w, 1.2);
		(void)two;
		(void)west;
		(void)between;
		step(w, EVENT_PLAN, NULL, NULL);
		assert_string_equal(one->unit, rows[i].first_gets);
		assert_int_equal(two->state, INCIDENT_OFFERED);
		world_end(w);
	}
}

/* ---- the dispatcher's hand ---- */

static void held_incidents_wait(void **state)
{
	struct world *w = world_new("P7");
	struct unit *u = add_unit(w, 1);
	struct incident *in = open_at(w, 0);

	(void)state;
	step_event(w, (struct engine_event){
			      .kind = EVENT_HOLD, .incident = in->id, .until_us = NOON + 300 * S });
	assert_string_equal(said(w, COMMAND_END_OFFER)->word, "WITHDRAWN");
	assert_string_equal(in->waits, "held");
	assert_int_equal(u->state, UNIT_AVAILABLE);
	wait_s(w, 299);
	step(w, EVENT_TICK, NULL, NULL);
	assert_null(said(w, COMMAND_OFFER));
	wait_s(w, 1);
	step(w, EVENT_TICK, NULL, NULL);
	assert_non_null(said(w, COMMAND_OFFER));
	world_end(w);
}

static void a_queue_is_served_in_its_order(void **state)
{
	struct world *w = world_new("P7");
	struct unit *u = add_unit(w, 1);
	struct incident *work = open_at(w, 0), *one, *two;

	(void)state;
	step(w, EVENT_ACCEPT, work, u);
	step(w, EVENT_ARRIVE, work, u);
	two = open_at(w, 2);
	one = open_at(w, 3);
	step(w, EVENT_QUEUE, one, u);
	wait_s(w, 1);
	step(w, EVENT_QUEUE, two, u);
	assert_string_equal(one->waits, "queued");
	struct unit *other = add_unit(w, 2.5);
	wait_s(w, 1);
	step(w, EVENT_PLAN, NULL, NULL); /* kept for u, whoever else is free */
	assert_int_equal(other->state, UNIT_AVAILABLE);
	step(w, EVENT_CLEAR, work, u);
	assert_string_equal(said(w, COMMAND_OFFER)->incident->id, one->id);
	assert_ptr_equal(said(w, COMMAND_OFFER)->unit, u);
	step(w, EVENT_DECLINE, one, u); /* not for him then, but for anybody */
	assert_int_equal(one->state, INCIDENT_OFFERED);
	assert_string_equal(one->unit, other->id);
	world_end(w);
}

static void several_responders_go_when_wanted(void **state)
{
	struct world *w = world_new("P7");
	struct unit *a = add_unit(w, 1), *b = add_unit(w, 2), *c = add_unit(w, 3);
	struct incident *in = open_at(w, 0);

	(void)state;
	step(w, EVENT_ACCEPT, in, a);
	step_event(w, (struct engine_event){ .kind = EVENT_WANT, .incident = in->id, .wanted = 2 });
	assert_ptr_equal(said(w, COMMAND_OFFER)->unit, b);
	assert_true(said(w, COMMAND_OFFER)->helper);
	step(w, EVENT_DECLINE, in, b);
	assert_ptr_equal(said(w, COMMAND_OFFER)->unit, c);
	step(w, EVENT_ACCEPT, in, c);
	assert_true(said(w, COMMAND_ASSIGN)->helper);
	step(w, EVENT_ARRIVE, in, c);
	step(w, EVENT_RELEASE, in, a); /* the other leads now */
	assert_ptr_equal(said(w, COMMAND_LEAD)->unit, c);
	assert_string_equal(in->unit, "u2");
	wait_s(w, 60);
	step(w, EVENT_TICK, NULL, NULL); /* and another one is looked for, among who said no */
	assert_ptr_equal(said(w, COMMAND_OFFER)->unit, a);
	step(w, EVENT_CLEAR, in, c);
	assert_int_equal(in->state, INCIDENT_SERVED);
	assert_int_equal(a->state, UNIT_AVAILABLE);
	world_end(w);
}

static void undo_takes_back_without_a_trace(void **state)
{
	struct world *w = world_new("P7");
	struct unit *u = add_unit(w, 1);
	struct incident *in = open_at(w, 0);

	(void)state;
	step(w, EVENT_ASSIGN, in, u);
	step(w, EVENT_UNDO, in, u);
	assert_string_equal(said(w, COMMAND_END_ASSIGNMENT)->word, "CANCELLED");
	assert_int_equal(in->state, INCIDENT_WAITING);
	assert_int_equal(in->n_asked, 0);
	assert_null(said(w, COMMAND_OFFER)); /* the dispatcher has something else in mind */
	assert_non_null(in->waits);
	world_end(w);
}

static void standing_down_passes_the_work_on(void **state)
{
	struct swap_case c = freed_nearby("P7", 6);

	(void)state;
	step(c.w, EVENT_STAND_DOWN, NULL, c.far_one);
	assert_int_equal(c.far_one->state, UNIT_OFF_DUTY);
	assert_int_equal(c.in->state, INCIDENT_OFFERED);
	assert_string_equal(c.in->unit, "u1");
	world_end(c.w);
}

/* ---- overload, blindness, remote, posts ---- */

static void who_can_be_in_time_goes_before_who_can_t(void **state)
{
	struct world *w = world_new("P7");
	struct incident *lost = add_incident(w, 0), *fresh;

	(void)state;
	w->e.policy.old_lane = 0.01; /* no unit is kept for the lost ones */
	lost->accepted_us -= 1500 * S;
	lost->promised_us -= 1500 * S;
	fresh = add_incident(w, 1.5);
	add_unit(w, 0.2);
	step(w, EVENT_PLAN, NULL, NULL);
	assert_int_equal(fresh->state, INCIDENT_OFFERED);
	assert_int_equal(lost->state, INCIDENT_WAITING);
	assert_string_equal(lost->waits, "overload");
	world_end(w);
}

static void a_share_is_kept_for_the_lost(void **state)
{
	struct world *w = world_new("P7");
	struct incident *lost = add_incident(w, 0), *fresh;

	(void)state;
	w->e.policy.old_lane = 1;
	lost->accepted_us -= 1500 * S;
	lost->promised_us -= 1500 * S;
	fresh = add_incident(w, 1.5);
	add_unit(w, 0.2);
	step(w, EVENT_PLAN, NULL, NULL);
	assert_int_equal(lost->state, INCIDENT_OFFERED);
	assert_true(lost->old_lane);
	assert_true(said(w, COMMAND_OFFER)->candidate.reasons & CANDIDATE_OLD_LANE);
	assert_int_equal(fresh->state, INCIDENT_WAITING);
	world_end(w);
}

static void remote_handling_is_offered_once(void **state)
{
	struct world *w = world_new("P7");
	struct incident *in;

	(void)state;
	add_unit(w, 12);
	in = open_at(w, 0);
	assert_non_null(said(w, COMMAND_REMOTE));
	assert_ptr_equal(said(w, COMMAND_REMOTE)->incident, in);
	assert_true(said(w, COMMAND_REMOTE)->candidate.on_time < 0.2);
	assert_non_null(said(w, COMMAND_OFFER)); /* and somebody is sent all the same */
	step(w, EVENT_DECLINE, in, &w->units[0]);
	wait_s(w, 60);
	step(w, EVENT_TICK, NULL, NULL);
	assert_null(said(w, COMMAND_REMOTE));
	world_end(w);
}

static void without_positions_the_closest_is_sent(void **state)
{
	struct world *w = world_new("P7");
	struct incident *in;

	(void)state;
	for (int i = 0; i < 3; i++) {
		add_unit(w, 2 + i)->fix.at_us = NOON - 121 * S;
		w->units[i].post = east(2 + i);
		w->units[i].has_post = true;
	}
	in = open_at(w, 0);
	assert_string_equal(in->unit, "u0");
	assert_true(said(w, COMMAND_OFFER)->candidate.reasons & CANDIDATE_POSITIONS);
	world_end(w);
}

static void a_freed_unit_is_shown_a_better_post(void **state)
{
	static const struct zone zones[] = { { { 108.94, 34.26 }, 0.5, 0.3 },
		{ { 108.99, 34.26 }, 0.5, 0.3 } };
	static const struct post_site posts[] = { { "p0", { 108.94, 34.26 } },
		{ "p1", { 108.99, 34.26 } } };
	static const struct demand d = {
		.zones = zones, .n_zones = 2, .rate_per_s = 0.005, .posts = posts, .n_posts = 2
	};
	struct world *w = world_new("P8");
	struct incident *in;

	(void)state;
	w->e.demand = &d;
	w->e.policy.repost_idle = 10;
	for (int i = 0; i < 12; i++) {
		add_unit(w, 0);
		w->units[i].post = posts[0].at;
		w->units[i].has_post = true;
	}
	in = open_at(w, 0);
	step(w, EVENT_ACCEPT, in, &w->units[0]);
	step(w, EVENT_ARRIVE, in, &w->units[0]);
	step(w, EVENT_CLEAR, in, &w->units[0]);
	assert_string_equal(said(w, COMMAND_REPOST)->post->id, "p1");
	assert_true(said(w, COMMAND_REPOST)->gain > 0);
	w->e.policy.repost_fleet = 13; /* too few for it */
	in = open_at(w, 0);
	struct unit *u = (struct unit *)said(w, COMMAND_OFFER)->unit;
	step(w, EVENT_ACCEPT, in, u);
	step(w, EVENT_ARRIVE, in, u);
	step(w, EVENT_CLEAR, in, u);
	assert_null(said(w, COMMAND_REPOST));
	world_end(w);
}

/* ---- the record ---- */

static void each_decision_is_on_record(void **state)
{
	struct world *w = world_new("P7");
	struct decision first;

	(void)state;
	for (int i = 0; i < 4; i++)
		add_unit(w, 1 + i);
	open_at(w, 0);
	assert_non_null(said(w, COMMAND_OFFER)->decision);
	first = *said(w, COMMAND_OFFER)->decision;
	assert_string_equal(first.policy, "P7");
	assert_int_equal(first.policy_version, policy_by_name("P7")->version);
	assert_string_equal(first.chosen->id, "u0");
	assert_int_equal(first.n_ranked, 4);
	for (size_t k = 1; k < first.n_ranked; k++)
		assert_true(first.ranked[k - 1].cost <= first.ranked[k].cost);
	assert_true(first.ranked[0].reasons & CANDIDATE_CHOSEN);
	assert_true(first.ranked[0].reasons & CANDIDATE_NEAREST);
	world_end(w);
	/* the same again has the same digest, another position another */
	for (int other = 0; other < 2; other++) {
		w = world_new("P7");
		for (int i = 3; i >= 0; i--)
			add_unit(w, 1 + i);
		for (int i = 0; i < 4; i++)
			w->units[i].id = (const char *[]){ "u3", "u2", "u1", "u0" }[i];
		if (other)
			move(&w->units[2], 2.1);
		open_at(w, 0);
		assert_int_equal(
			other, memcmp(first.digest, said(w, COMMAND_OFFER)->decision->digest,
				       ENGINE_DIGEST) != 0);
		world_end(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_new_one_accepts_before_the_old_is_released),
		cmocka_unit_test(a_refused_hand_over_changes_nothing),
		cmocka_unit_test(arriving_first_withdraws_the_hand_over),
		cmocka_unit_test(releasing_during_a_hand_over_loses_nobody),
		cmocka_unit_test(closing_during_a_hand_over_frees_both),
		cmocka_unit_test(a_unit_under_way_is_diverted_and_followed),
		cmocka_unit_test(the_follower_may_agree_first),
		cmocka_unit_test(no_follower_no_diversion),
		cmocka_unit_test(a_diversion_declined_frees_the_follower),
		cmocka_unit_test(nobody_near_arrival_is_swapped),
		cmocka_unit_test(small_gains_are_not_worth_a_swap),
		cmocka_unit_test(swaps_are_bounded),
		cmocka_unit_test(policies_that_don_t_divert_don_t),
		cmocka_unit_test(the_whole_is_better_than_one_by_one),
		cmocka_unit_test(held_incidents_wait),
		cmocka_unit_test(a_queue_is_served_in_its_order),
		cmocka_unit_test(several_responders_go_when_wanted),
		cmocka_unit_test(undo_takes_back_without_a_trace),
		cmocka_unit_test(standing_down_passes_the_work_on),
		cmocka_unit_test(who_can_be_in_time_goes_before_who_can_t),
		cmocka_unit_test(a_share_is_kept_for_the_lost),
		cmocka_unit_test(remote_handling_is_offered_once),
		cmocka_unit_test(without_positions_the_closest_is_sent),
		cmocka_unit_test(a_freed_unit_is_shown_a_better_post),
		cmocka_unit_test(each_decision_is_on_record),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
