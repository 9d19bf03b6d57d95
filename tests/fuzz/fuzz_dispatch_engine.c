/* fuzz_dispatch_engine.c - any history of events, under any policy, keeps the engine's rules:
 * nobody has two incidents, no incident two leads, every offer is known to both sides, no trip is
 * left without a unit, no incident is lost or waits without a reason, and none waits for want of
 * being asked while somebody may be. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { UNITS = 7, INCIDENTS = 9, COMMANDS = 256, BYTES = 5 };
static const int64_t S = 1000000;
static char names[UNITS + INCIDENTS][4];
static struct unit units[UNITS];
static struct incident incidents[INCIDENTS];
static const struct zone zones[] = { { { 108.91, 34.25 }, 0.5, 0.2 },
	{ { 108.99, 34.3 }, 0.5, 0.4 } };
static const struct post_site posts[] = { { "p1", { 108.9, 34.2 } }, { "p2", { 108.95, 34.3 } } };
static const struct demand demand_here = { zones, 2, 0.002, posts, 2 };

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static struct engine fresh(uint8_t policy)
{
	memset(units, 0, sizeof units);
	memset(incidents, 0, sizeof incidents);
	for (int i = 0; i < UNITS + INCIDENTS; i++)
		snprintf(names[i], sizeof names[i], "%c%d", i < UNITS ? 'u' : 'i', i % 100);
	for (int i = 0; i < UNITS; i++)
		units[i] = (struct unit){ .id = names[i],
			.state = UNIT_AVAILABLE,
			.post = { 108.9 + 0.01 * i, 34.26 },
			.has_post = i % 2 };
	struct engine e = { .policy = *policy_at(policy % policy_count()),
		.units = units,
		.n_units = UNITS,
		.incidents = incidents,
		.demand = &demand_here };
	e.policy.blind_share *= policy & 0x80 ? 0 : 1;
	e.policy.repost_fleet = 2;
	return e;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static const struct incident *incident_of(const char *id)
{
	for (size_t k = 0; id && k < INCIDENTS; k++)
		if (same(incidents[k].id, id))
			return &incidents[k];
	return NULL;
}

/* How often the unit has work or an offer here, as lead, replacement or helper. */
static void count_ties(const struct unit *u, size_t *trips, size_t *offers)
{
	*trips = *offers = 0;
	for (size_t k = 0; k < INCIDENTS; k++) {
		const struct incident *in = &incidents[k];
		*trips += in->state == INCIDENT_ASSIGNED && same(in->unit, u->id);
		*offers += in->state == INCIDENT_OFFERED && same(in->unit, u->id);
		*offers += same(in->next_unit, u->id);
		for (size_t i = 0; i < in->n_helpers; i++)
			if (same(in->helpers[i].unit, u->id))
				++*(in->helpers[i].assigned ? trips : offers);
	}
}

static void check_unit(const struct unit *u)
{
	bool works = u->state == UNIT_EN_ROUTE || u->state == UNIT_ON_SCENE;
	size_t trips, offers;

	count_ties(u, &trips, &offers);
	demand(trips == works);
	demand(offers == (u->state == UNIT_OFFERED) + (u->next != NULL));
	demand((u->incident != NULL) == (works || u->state == UNIT_OFFERED));
	demand(!u->incident || incident_of(u->incident));
	demand(!u->next || u->state == UNIT_EN_ROUTE);
	demand(!u->next_accepted || u->next);
	demand(!u->next || !same(u->next, u->incident));
	if (u->next_accepted) /* agreed, so somebody must be asked to take over */
		demand(incident_of(u->incident)->next_unit);
}

static void check_incident(const struct incident *in)
{
	bool has = in->state == INCIDENT_OFFERED || in->state == INCIDENT_ASSIGNED;

	demand((in->unit != NULL) == has);
	demand(!in->next_unit || in->state == INCIDENT_ASSIGNED);
	demand((in->waits != NULL) == (in->id && in->state == INCIDENT_WAITING));
	demand(in->n_helpers < ENGINE_WANTED_MAX);
	demand(in->n_asked <= ENGINE_ASKED_MAX);
	demand(in->state < INCIDENT_SERVED || (!in->n_helpers && !in->next_unit));
}

static void check(const struct engine *e)
{
	for (size_t i = 0; i < e->n_units; i++)
		check_unit(&units[i]);
	for (size_t k = 0; k < e->n_incidents; k++)
		check_incident(&incidents[k]);
}

static void check_no_idle(const struct engine *e, int64_t now, struct ranking *r)
{
	for (size_t k = 0; k < e->n_incidents; k++) {
		const struct incident *in = &incidents[k];
		if (in->state != INCIDENT_WAITING || in->hold_until_us > now || in->queued_unit)
			continue;
		engine_rank(e, in, now, r);
		demand(!r->n_candidates);
	}
}

static struct engine_event read_event(const uint8_t *b, int64_t now)
{
	return (struct engine_event){
		.kind = (enum engine_event_kind)(b[0] % ENGINE_EVENTS),
		.now_us = now,
		.incident = names[UNITS + b[1] % INCIDENTS],
		.unit = b[2] & 0x80 ? NULL : names[b[2] % UNITS],
		.duty = (enum unit_state[]){ UNIT_OFF_DUTY, UNIT_AVAILABLE,
			UNIT_ON_BREAK }[b[3] % 3],
		.fix = { .at = { 108.88 + b[3] / 2000.0, 34.2 + b[4] / 2000.0 },
			.at_us = now - (b[3] & 0x0f) * 20 * S,
			.doubtful = b[4] & 1 },
		.until_us = b[3] & 1 ? now + b[4] * S : 0,
		.wanted = b[4] % (ENGINE_WANTED_MAX + 2u),
	};
}

/* What a person would do next is far likelier than chance: the open offer's answer, the next step
 * of a trip. */
static void make_likely(struct engine_event *ev, uint8_t b)
{
	const struct unit *u = &units[b % UNITS];
	static const enum engine_event_kind answers[] = { EVENT_ACCEPT, EVENT_ACCEPT, EVENT_DECLINE,
		EVENT_EXPIRE };

	if (b & 0x80 || ev->kind == EVENT_OPENED || !u->incident)
		return;
	ev->unit = u->id;
	ev->incident = u->incident;
	if (u->next && b & 0x40) {
		ev->incident = u->next;
		ev->kind = answers[b / 8 % 4];
	} else if (u->state == UNIT_OFFERED) {
		ev->kind = answers[b / 8 % 4];
	} else if (u->state == UNIT_ON_SCENE || b & 0x20) {
		ev->kind = u->state == UNIT_ON_SCENE ? EVENT_CLEAR : EVENT_ARRIVE;
	}
}

/* The events after which the engine has decided all it can. */
static bool is_planned(const struct engine_event *ev)
{
	return ev->kind == EVENT_TICK || ev->kind == EVENT_PLAN;
}

static bool open_one(struct engine *e, struct engine_event *ev)
{
	if (e->n_incidents == INCIDENTS)
		return false;
	struct incident *in = &incidents[e->n_incidents];
	*in = (struct incident){ .id = names[UNITS + e->n_incidents++],
		.at = ev->fix.at,
		.accepted_us = ev->now_us,
		.promised_us = ev->now_us + 600 * S,
		.wanted = ev->wanted > ENGINE_WANTED_MAX ? 1 : ev->wanted };
	ev->incident = in->id;
	return true;
}

/* Most of the time the phones report. */
static void report(int64_t now, const uint8_t *b)
{
	for (int i = 0; i < UNITS && b[3] & 7; i++) {
		units[i].fix.at.lon =
			units[i].fix.at_us ? units[i].fix.at.lon : 108.88 + b[i % 5] / 2000.0;
		units[i].fix.at.lat = units[i].fix.at_us ? units[i].fix.at.lat : 34.26;
		units[i].fix.at_us = now;
	}
}

/* Ends what is over, so that a long input goes on having work. */
static void sweep(struct engine *e)
{
	size_t over = 0;

	for (size_t k = 0; k < e->n_incidents; k++)
		over += incidents[k].state >= INCIDENT_SERVED;
	if (over < INCIDENTS)
		return;
	memset(incidents, 0, sizeof incidents);
	e->n_incidents = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct candidate candidates[UNITS];
	struct rejection rejections[UNITS];
	struct ranking r = { candidates, 0, rejections, 0 };
	struct engine_command out[COMMANDS];
	int64_t now = INT64_C(1772424000) * S;

	if (!size)
		return 0;
	struct engine e = fresh(data[0]);
	e.work = engine_work_new();
	for (data++, size--; e.work && size >= BYTES; data += BYTES, size -= BYTES) {
		now += data[4] * S / (data[3] & 8 ? 4 : 32);
		struct engine_event ev = read_event(data, now);
		make_likely(&ev, data[1]);
		sweep(&e);
		report(now, data);
		if (ev.kind == EVENT_OPENED && !open_one(&e, &ev))
			continue;
		demand(engine_step(&e, &ev, &r, out, COMMANDS) < COMMANDS);
		check(&e);
		if (is_planned(&ev))
			check_no_idle(&e, now, &r);
	}
	engine_work_free(e.work);
	return 0;
}
