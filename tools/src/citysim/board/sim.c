/* sim.c - the day's events in order of time, and what the engine's commands do to cars and calls.
 */
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"
#include "prng.h"
#include "sim_internal.h"

static const double TICK_S = 15, IDLE_WAIT_MAX_S = 31, LAST_S = 46 * 3600.0;

void sim_violate(struct sim *s, const char *what, long call, long car)
{
	if (!*s->ret->violation)
		snprintf(s->ret->violation, sizeof s->ret->violation,
			"%s (day %d, %.1f s, call %ld, unit %ld)", what, s->set->day->day, s->now,
			call, car);
}

static long car_index(const struct sim *s, const struct unit *u)
{
	return u ? (long)s->car_of[u - s->e.units] : -1;
}

static long call_index(const struct sim *s, const struct incident *in)
{
	return in ? s->live[in - s->e.incidents].call : -1;
}

static struct incident *find_live(struct sim *s, long call)
{
	for (size_t i = 0; i < s->e.n_incidents; i++)
		if (s->live[i].call == call)
			return &s->e.incidents[i];
	return NULL;
}

/* ---- the log ---- */

static void *more(struct sim *s, void *array, size_t n, size_t *size, size_t item)
{
	void *ret = array;

	if (n < *size)
		return array;
	*size = *size ? *size * 2 : 1024;
	ret = realloc(array, *size * item);
	if (!ret) {
		s->failed = true;
		*size = n;
		return array;
	}
	return ret;
}

static void log_command(struct sim *s, const struct engine_command *c)
{
	struct sim_result *r = s->ret;
	const char *word = c->word ? c->word : "";
	uint64_t h = hash_mix(r->digest, (uint64_t)c->kind);

	h = hash_mix(h, (uint64_t)(call_index(s, c->incident) + 2));
	h = hash_mix(h, (uint64_t)(car_index(s, c->unit) + 2));
	for (; *word; word++)
		h = hash_mix(h, (uint64_t)*word);
	r->digest = hash_mix(h, (uint64_t)clock_us(&s->clock, s->now));
	if (!s->set->log)
		return;
	r->log = more(s, r->log, r->n_log, &s->log_size, sizeof *r->log);
	if (!s->failed)
		r->log[r->n_log++] = (struct logged){ clock_us(&s->clock, s->now), r->digest };
}

/* ---- cars ---- */

static void update_fix(struct sim *s, struct car *c)
{
	vehicle_update_fix(
		&c->v, s->set->city, &s->clock, s->set->scenario, s->set->day->key, s->now);
}

static void drive(struct sim *s, struct car *c, double turnout, double factor, uint32_t to,
	enum happening then)
{
	double free_s;

	update_fix(s, c);
	vehicle_go(&c->v, s->set->city, &s->clock, s->now, turnout, factor, to);
	c->trip++;
	queue_push(&s->queue, c->v.arrive_s, then, (size_t)(c - s->cars), c->trip);
	free_s = c->v.n ? c->v.until[c->v.n - 1] - c->v.begun : 0;
	if (c->v.arrive_s - c->v.depart_s < free_s / 1.3 - 0.01)
		sim_violate(s, "a unit drove faster than 1.3 times free flow", c->call,
			(long)(c - s->cars));
}

/* Idle: to its post, or along its patrol line. */
static void drive_home(struct sim *s, struct car *c)
{
	const uint32_t *loop = s->set->fleet->loop ? s->set->fleet->loop[c - s->cars] : NULL;
	uint32_t to = c->home;

	c->idle = false;
	if (loop && loop[0] != UINT32_MAX) {
		to = loop[c->leg % 8];
		if (vehicle_next_node(&c->v, s->set->city, &s->clock, s->now) == to)
			to = loop[++c->leg % 8];
	}
	if (!vehicle_moves(&c->v, s->now) && c->v.node == to)
		return;
	drive(s, c, 0, 1, to, LEG);
}

void sim_end_busy(struct sim *s, struct car *c)
{
	struct unit_result *u = &s->ret->units[c - s->cars];

	if (c->busy_since >= 0) {
		u->busy_s += s->now - c->busy_since;
		u->longest_s = fmax(u->longest_s, s->now - c->busy_since);
	}
	c->busy_since = -1;
}

/* ---- commands ---- */

static void on_assign(struct sim *s, const struct engine_command *cmd)
{
	struct car *c = &s->cars[car_index(s, cmd->unit)];
	long call = call_index(s, cmd->incident);
	const struct incident_call *k = &s->set->day->calls[call];
	bool moving = vehicle_moves(&c->v, s->now);
	double turnout = clock_turnout(s->set->scenario, s->now) - s->set->scenario->accept_s;

	if (c->call >= 0 || c->on_scene)
		sim_violate(s, "a unit was assigned twice", call, (long)(c - s->cars));
	c->call = call;
	c->idle = false;
	c->trip_from = s->now;
	if (c->busy_since < 0)
		c->busy_since = s->now;
	drive(s, c, moving ? 0 : fmax(turnout, 0), luck_drive(s->set->scenario, k->key, c->v.index),
		k->node, ARRIVE);
}

static void on_end_assignment(struct sim *s, const struct engine_command *cmd)
{
	long call = call_index(s, cmd->incident);
	struct car *c = cmd->unit ? &s->cars[car_index(s, cmd->unit)] : NULL;

	if (!c || c->call != call)
		return;
	if (!strcmp(cmd->word, "REPLACED")) {
		struct outcome *o = &s->ret->calls[call];
		o->swaps++;
		s->ret->swaps++;
		s->ret->twice += o->swaps == 2;
		s->ret->aborted += s->now - c->trip_from > 180;
	}
	c->call = -1;
	c->trip++;
	c->on_scene = false;
	c->idle = true;
}

static unsigned times_asked(const struct incident *in, const struct unit *u)
{
	for (size_t i = 0; i < in->n_asked; i++)
		if (!strcmp(in->asked[i].unit, u->id))
			return in->asked[i].times;
	return 0;
}

static void on_offer(struct sim *s, const struct engine_command *cmd)
{
	struct car *c = &s->cars[car_index(s, cmd->unit)];
	long call = call_index(s, cmd->incident);
	const struct scenario *sc = s->set->scenario;

	if (c->offer >= 0)
		sim_violate(s, "a unit has two offers at once", call, (long)(c - s->cars));
	c->offer = call;
	c->asked++;
	s->ret->offers++;
	s->ret->calls[call].asked++;
	if (luck_answer(sc, s->set->day->calls[call].key, c->v.index,
		    times_asked(cmd->incident, cmd->unit)) == ANSWER_NONE)
		queue_push(&s->queue, s->now + (double)s->e.policy.offer_us / 1e6, EXPIRE,
			(size_t)(c - s->cars), c->asked);
	else
		queue_push(
			&s->queue, s->now + sc->accept_s, ANSWER, (size_t)(c - s->cars), c->asked);
}

static void on_repost(struct sim *s, const struct engine_command *cmd)
{
	struct car *c = &s->cars[car_index(s, cmd->unit)];
	size_t site = (size_t)(cmd->post - s->demand.posts);

	if (c->call >= 0 || c->on_scene || site >= s->demand.n_posts)
		return;
	s->ret->reposts++;
	c->home = city_nearest_node(s->set->city, cmd->post->at);
	s->e.units[s->slot[c - s->cars]].post = cmd->post->at;
	c->idle = true;
}

static void obey(struct sim *s, const struct engine_command *c)
{
	log_command(s, c);
	switch (c->kind) {
	case COMMAND_OFFER:
		on_offer(s, c);
		break;
	case COMMAND_END_OFFER:
		s->cars[car_index(s, c->unit)].offer = -1;
		break;
	case COMMAND_ASSIGN:
		on_assign(s, c);
		break;
	case COMMAND_END_ASSIGNMENT:
		on_end_assignment(s, c);
		break;
	case COMMAND_REFUSE:
		sim_violate(s, c->word, call_index(s, c->incident), car_index(s, c->unit));
		break;
	case COMMAND_WARN:
		s->ret->warnings++;
		break;
	case COMMAND_REMOTE:
		s->ret->calls[call_index(s, c->incident)].remote = true;
		break;
	case COMMAND_REPOST:
		on_repost(s, c);
		break;
	case COMMAND_ARRIVED:
	case COMMAND_STATUS:
	case COMMAND_PENDING:
	case COMMAND_LEAD:
		break;
	}
}

/* ---- the engine ---- */

static void send_positions(struct sim *s)
{
	for (size_t i = 0; i < s->e.n_units; i++) {
		struct car *c = &s->cars[s->car_of[i]];
		struct engine_event ev = { .kind = EVENT_POSITION,
			.now_us = clock_us(&s->clock, s->now),
			.unit = s->e.units[i].id };
		if (!c->on_duty)
			continue;
		update_fix(s, c);
		if (!(c->v.fix_s > c->sent_fix))
			continue;
		c->sent_fix = c->v.fix_s;
		ev.fix = (struct fix){ .at = c->v.fix,
			.at_us = clock_us(&s->clock, c->v.fix_s),
			.accuracy_m = s->set->scenario->gps_error_m,
			.doubtful = c->v.fix_doubtful,
			.speed_mps = c->v.fix_mps,
			.course_deg = c->v.fix_course };
		for (size_t k = 0, n = engine_step(&s->e, &ev, &s->scratch, s->out, OUT_MAX); k < n;
			k++)
			obey(s, &s->out[k]);
	}
}

/* Expected incidents a second: the hour's usual, times what the last half hour had of it. */
static void update_demand(struct sim *s)
{
	const struct calls_day *d = s->set->day;
	const struct foresight *f = s->set->foresight;
	double usual = f->hour_rate[(int)(s->now / 3600) % 24], seen, busy, per_case;

	while (s->recent < d->n && d->calls[s->recent].known_s <= s->now)
		s->recent++;
	while (s->recent_from < s->recent && d->calls[s->recent_from].known_s < s->now - 1800)
		s->recent_from++;
	seen = (double)(s->recent - s->recent_from) / 1800;
	/* four calls' worth of trust in the usual */
	s->demand.rate_per_s = usual * (seen * 1800 + 4) / (usual * 1800 + 4);
	per_case = f->scene_s + 300;
	busy = fmin(s->demand.rate_per_s * per_case / (double)s->e.n_units, 0.9);
	for (size_t i = 0; i < s->demand.n_zones; i++)
		s->zones[i].busy = busy;
}

/* Nobody waits while somebody is free who would come. */
static void check_nobody_waits(struct sim *s)
{
	for (size_t i = 0; i < s->e.n_incidents; i++) {
		const struct incident *in = &s->e.incidents[i];
		struct live *l = &s->live[i];
		const struct incident_call *k = &s->set->day->calls[l->call];
		long who = -1;
		for (size_t u = 0; in->state == INCIDENT_WAITING && u < s->e.n_units; u++) {
			const struct unit *unit = &s->e.units[u];
			if (unit->state == UNIT_AVAILABLE && !times_asked(in, unit) &&
				(unit->has_post || unit->fix.at_us) &&
				luck_answer(s->set->scenario, k->key, s->car_of[u], 0) ==
					ANSWER_ACCEPT)
				who = (long)s->car_of[u];
		}
		if (who < 0)
			l->idle_wait = 0;
		else if (l->last >= 0)
			l->idle_wait += s->now - l->last;
		l->last = who < 0 ? -1 : s->now;
		s->ret->idle_wait_s = fmax(s->ret->idle_wait_s, l->idle_wait);
		if (l->idle_wait > IDLE_WAIT_MAX_S)
			sim_violate(
				s, "a call waits while a unit is free and willing", l->call, who);
	}
}

static void forget_served(struct sim *s)
{
	for (size_t i = 0; i < s->e.n_incidents;) {
		enum incident_state state = s->e.incidents[i].state;
		if (state == INCIDENT_SERVED || state == INCIDENT_ENDED) {
			s->e.n_incidents--;
			s->e.incidents[i] = s->e.incidents[s->e.n_incidents];
			s->live[i] = s->live[s->e.n_incidents];
		} else {
			i++;
		}
	}
}

/* Who stands and has been asked stays until he has answered. */
static void send_idle_home(struct sim *s, struct car *c)
{
	if (!c->idle || c->call >= 0)
		return;
	sim_end_busy(s, c);
	if (c->offer < 0 || vehicle_moves(&c->v, s->now))
		drive_home(s, c);
}

static void step(struct sim *s, struct engine_event ev)
{
	struct sim_result *r = s->ret;
	int64_t before;
	size_t n;

	send_positions(s);
	update_demand(s);
	ev.now_us = clock_us(&s->clock, s->now);
	before = mono_us();
	n = engine_step(&s->e, &ev, &s->scratch, s->out, OUT_MAX);
	r->step_us = more(s, r->step_us, r->n_steps, &s->steps_size, sizeof *r->step_us);
	if (!s->failed)
		r->step_us[r->n_steps++] = (float)(mono_us() - before);
	for (size_t i = 0; i < n; i++)
		obey(s, &s->out[i]);
	for (size_t i = 0; i < s->set->fleet->n; i++)
		send_idle_home(s, &s->cars[i]);
	check_nobody_waits(s);
	forget_served(s);
}

/* ---- happenings ---- */

static void open_call(struct sim *s, size_t call)
{
	const struct incident_call *k = &s->set->day->calls[call];

	s->e.incidents[s->e.n_incidents] = (struct incident){ .id = s->call_ids[call],
		.at = s->set->city->at[k->node],
		.accepted_us = clock_us(&s->clock, k->at_s),
		.promised_us = clock_us(&s->clock, k->at_s + s->set->scenario->promise_s),
		.severity = 1 };
	city_row(s->set->city, k->node); /* a search is not the decision's time */
	s->live[s->e.n_incidents++] = (struct live){ .call = (long)call, .last = -1 };
	step(s, (struct engine_event){ .kind = EVENT_OPENED, .incident = s->call_ids[call] });
	if (!s->ticking)
		queue_push(&s->queue, s->now + TICK_S, TICK, 0, 0);
	s->ticking = true;
}

static void answer(struct sim *s, struct car *c, unsigned asked, bool expired)
{
	long call = c->offer;
	struct engine_event ev = { .unit = s->unit_ids[c - s->cars] };
	struct incident *in;
	enum answer a;

	if (call < 0 || c->asked != asked)
		return;
	in = find_live(s, call);
	ev.incident = s->call_ids[call];
	a = luck_answer(s->set->scenario, s->set->day->calls[call].key, c->v.index,
		in ? times_asked(in, &s->e.units[s->slot[c - s->cars]]) : 0);
	ev.kind = expired ? EVENT_EXPIRE : a == ANSWER_DECLINE ? EVENT_DECLINE : EVENT_ACCEPT;
	s->ret->declined += ev.kind != EVENT_ACCEPT;
	step(s, ev);
}

static void arrive(struct sim *s, struct car *c, unsigned trip)
{
	const struct incident_call *k;

	if (c->call < 0 || c->trip != trip)
		return;
	k = &s->set->day->calls[c->call];
	if (c->v.node != k->node || s->ret->calls[c->call].response_s < INFINITY)
		sim_violate(s, "a unit arrived elsewhere, or twice", c->call, (long)(c - s->cars));
	s->ret->calls[c->call].response_s = s->now - k->at_s;
	s->ret->units[c - s->cars].jobs++;
	s->ret->scene_s += k->scene_s;
	c->on_scene = true;
	queue_push(&s->queue, s->now + k->scene_s, CLEAR, (size_t)(c - s->cars), c->trip);
	step(s, (struct engine_event){ .kind = EVENT_ARRIVE,
			.incident = s->call_ids[c->call],
			.unit = s->unit_ids[c - s->cars] });
}

static void clear(struct sim *s, struct car *c, unsigned trip)
{
	if (c->call < 0 || c->trip != trip || !c->on_scene)
		return;
	step(s, (struct engine_event){ .kind = EVENT_CLEAR,
			.incident = s->call_ids[c->call],
			.unit = s->unit_ids[c - s->cars] });
}

static void begin_duty(struct sim *s, struct car *c)
{
	c->on_duty = true;
	step(s, (struct engine_event){ .kind = EVENT_DUTY,
			.unit = s->unit_ids[c - s->cars],
			.duty = UNIT_AVAILABLE });
	if (c->call < 0)
		drive_home(s, c);
}

static void tick(struct sim *s)
{
	s->ticking = s->e.n_incidents > 0;
	if (!s->ticking)
		return;
	step(s, (struct engine_event){ .kind = EVENT_TICK });
	queue_push(&s->queue, s->now + TICK_S, TICK, 0, 0);
}

static void happen(struct sim *s, const struct queued *q)
{
	struct car *c = &s->cars[q->kind == CALL || q->kind == TICK ? 0 : q->what];

	switch ((enum happening)q->kind) {
	case CALL:
		open_call(s, q->what);
		break;
	case ANSWER:
	case EXPIRE:
		answer(s, c, q->serial, q->kind == EXPIRE);
		break;
	case ARRIVE:
		arrive(s, c, q->serial);
		break;
	case CLEAR:
		clear(s, c, q->serial);
		break;
	case LEG:
		if (c->trip == q->serial && c->call < 0 && s->set->fleet->loop && s->now < 86400)
			drive_home(s, c);
		break;
	case DUTY:
		begin_duty(s, c);
		break;
	case TICK:
		tick(s);
		break;
	}
}

bool sim_run(const struct sim_setup *set, struct sim_result *ret)
{
	struct sim s = { .set = set, .ret = ret };
	struct queued q;
	bool ok;

	*ret = (struct sim_result){ .n_calls = set->day->n, .n_units = set->fleet->n };
	ok = sim_allocate(&s);
	if (ok) {
		sim_begin(&s);
		while (!s.failed && !s.queue.failed && queue_pop(&s.queue, &q) && q.at < LAST_S) {
			s.now = q.at;
			happen(&s, &q);
		}
		sim_finish(&s);
	}
	ok = ok && !s.failed && !s.queue.failed;
	sim_release(&s);
	return ok;
}

void sim_result_free(struct sim_result *r)
{
	free(r->calls);
	free(r->units);
	free(r->log);
	free(r->step_us);
	*r = (struct sim_result){ 0 };
}
