/* ticks.c - clocks that are due: a warning before the limit, an escalation after it, a second level
 * when nobody answers. */
#include "kit/timeutil.h"
#include "oversight/oversight.h"

struct due_clock {
	const char *incident, *kind, *district;
	int64_t due_us;
};

static Pb__Code warn(struct call *c, const struct due_clock *d)
{
	Pb__ClockWarned e = PB__CLOCK_WARNED__INIT;
	Pb__Code code = db_run(c, &sql_warn_clock, NULL,
		DB_ARGS(db_uuid(d->incident), db_text(d->kind), db_time(c->at_us)));

	if (code)
		return code;
	e.incident_id = d->incident;
	e.district = d->district;
	e.clock = clock_of(d->kind);
	e.due_at = d->due_us;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}

static Pb__Code tell_raised(
	struct call *c, const struct due_clock *d, const char *id, uint32_t level)
{
	Pb__EscalationRaised e = PB__ESCALATION_RAISED__INIT;

	e.escalation_id = id;
	e.incident_id = d->incident;
	e.district = d->district;
	e.clock = clock_of(d->kind);
	e.due_at = d->due_us;
	e.at = c->at_us;
	e.level = level;
	return event_emit(c, &e.base);
}

static Pb__Code escalate(struct call *c, const struct due_clock *d)
{
	struct db_rows r;
	const char *id = call_uuid(c);
	Pb__Code e = db_run(c, &sql_escalate_clock, &r,
		DB_ARGS(db_uuid(d->incident), db_text(d->kind), db_time(c->at_us), db_uuid(id),
			db_text(d->district),
			db_time(c->at_us + settings.level_minutes * 60 * US_PER_S)));

	return e || !r.n ? e : tell_raised(c, d, id, 1);
}

static Pb__Code press_clocks(struct call *c, bool *ret_more)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_due_clock, &r, DB_ARGS(db_time(c->at_us)));

	*ret_more = !e && r.n > 0;
	if (e || !r.n)
		return e;
	struct due_clock d = { .incident = db_get_text(&r, 0, 0),
		.kind = db_get_text(&r, 0, 1),
		.due_us = db_get_i64(&r, 0, 2),
		.district = db_get_text(&r, 0, 3) };
	return c->at_us < d.due_us ? warn(c, &d) : escalate(c, &d);
}

static Pb__Code raise_levels(struct call *c, bool *ret_more)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_due_level, &r, DB_ARGS(db_time(c->at_us)));

	*ret_more = !e && r.n > 0;
	if (e || !r.n)
		return e;
	Pb__Escalation *esc = read_escalation(&r, 0);
	if (!esc)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	struct due_clock d = { esc->incident_id, clock_name(esc->clock), esc->district,
		esc->due_at };
	e = db_run(
		c, &sql_raise_level, NULL, DB_ARGS(db_uuid(esc->escalation_id), db_time(c->at_us)));
	return e ? e : tell_raised(c, &d, esc->escalation_id, esc->level + 1);
}

static Pb__Code keep_partitions(struct call *c, bool *ret_more)
{
	*ret_more = false;
	return db_run(c, &sql_keep_partitions, NULL, DB_ARGS(db_time(c->at_us)));
}

const struct tick oversight_ticks[] = {
	{ "press_clocks", 500, press_clocks },
	{ "raise_levels", 1000, raise_levels },
	{ "keep_partitions", 3600 * 1000, keep_partitions },
	{ 0 },
};
