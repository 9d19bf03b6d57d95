/* fuzz_dispatch_engine.c - any history of events keeps the engine's rules: nobody has two
 * incidents, no incident two people, no incident waits after a tick while somebody may be asked. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { UNITS = 6, INCIDENTS = 8, COMMANDS = 128, BYTES = 5 };
static const int64_t S = 1000000;
static char names[UNITS + INCIDENTS][4];
static struct unit units[UNITS];
static struct incident incidents[INCIDENTS];

static void demand(bool holds)
{
	if (!holds)
		abort();
}

static struct engine fresh(void)
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
	return (struct engine){ .policy = engine_default_policy,
		.units = units,
		.n_units = UNITS,
		.incidents = incidents };
}

static void check(const struct engine *e)
{
	for (size_t i = 0; i < e->n_units; i++) {
		enum unit_state st = units[i].state;
		size_t holds = 0;
		for (size_t k = 0; k < e->n_incidents; k++)
			holds += incidents[k].unit && !strcmp(incidents[k].unit, units[i].id);
		demand(holds == (st == UNIT_OFFERED || st == UNIT_EN_ROUTE || st == UNIT_ON_SCENE));
	}
	for (size_t k = 0; k < e->n_incidents; k++)
		demand((incidents[k].unit != NULL) ==
			(incidents[k].state == INCIDENT_OFFERED ||
				incidents[k].state == INCIDENT_ASSIGNED));
}

static void check_no_idle(const struct engine *e, int64_t now, struct ranking *r)
{
	for (size_t k = 0; k < e->n_incidents; k++)
		if (incidents[k].state == INCIDENT_WAITING) {
			engine_rank(e, &incidents[k], now, r);
			demand(!r->n_candidates);
		}
}

static struct engine_event read_event(const uint8_t *b, int64_t now)
{
	return (struct engine_event){
		.kind = (enum engine_event_kind)(b[0] % (EVENT_TICK + 1)),
		.now_us = now,
		.incident = names[UNITS + b[1] % INCIDENTS],
		.unit = b[2] & 0x80 ? NULL : names[b[2] % UNITS],
		.duty = (enum unit_state[]){ UNIT_OFF_DUTY, UNIT_AVAILABLE,
			UNIT_ON_BREAK }[b[3] % 3],
		.fix = { .at = { 108.0 + b[3] / 100.0, 33.0 + b[4] / 100.0 },
			.at_us = now - (b[3] & 0x0f) * 20 * S,
			.doubtful = b[4] & 1 },
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engine e = fresh();
	struct candidate candidates[UNITS];
	struct rejection rejections[UNITS];
	struct ranking r = { candidates, 0, rejections, 0 };
	struct engine_command out[COMMANDS];
	int64_t now = INT64_C(1772424000) * S;

	for (; size >= BYTES; data += BYTES, size -= BYTES) {
		now += data[4] * S / 4;
		struct engine_event ev = read_event(data, now);
		if (ev.kind == EVENT_OPENED && e.n_incidents < INCIDENTS) {
			struct incident *in = &incidents[e.n_incidents];
			*in = (struct incident){ .id = names[UNITS + e.n_incidents++],
				.at = ev.fix.at,
				.accepted_us = now,
				.promised_us = now + 600 * S };
			ev.incident = in->id;
		} else if (ev.kind == EVENT_OPENED) {
			continue;
		}
		demand(engine_step(&e, &ev, &r, out, COMMANDS) <= COMMANDS);
		check(&e);
		if (ev.kind == EVENT_TICK)
			check_no_idle(&e, now, &r);
	}
	return 0;
}
