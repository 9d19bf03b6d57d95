/* moves.c - moves a locked incident one step and tells of it. */
#include <string.h>
#include "intake/service.h"

static Pb__Code tell(
	struct call *c, const struct incident *i, Pb__Phase__Value to, enum phase_cause cause)
{
	Pb__IncidentPhaseChanged e = PB__INCIDENT_PHASE_CHANGED__INIT;

	e.incident_id = i->id;
	e.district = i->district;
	e.from = i->phase;
	e.to = to;
	e.cause = cause_name(cause);
	e.at = c->at_us;
	e.merged_into = to == PB__PHASE__VALUE__MERGED ? i->merged_into : "";
	return event_emit(c, &e.base);
}

Pb__Code move_incident(
	struct call *c, struct incident *i, enum phase_cause cause, const char *end_reason)
{
	Pb__Phase__Value to = phase_next(i->phase, cause);
	struct phase_move m = { .to = to,
		.cause = cause,
		.at = c->at_us,
		.merged_into = to == PB__PHASE__VALUE__MERGED ? i->merged_into : NULL,
		.end_reason = end_reason };
	Pb__Code e;

	/* Taken up again, it has no reason for its end. */
	if (!end_reason && *i->end_reason && phase_open(to))
		m.end_reason = "";
	if (!to)
		return call_fail(c, PB__CODE__REFUSED,
			"an incident in phase %s can't be moved by %s", phase_name(i->phase),
			cause_name(cause));
	e = store_move(c, i, &m);
	if (!e)
		e = tell(c, i, to, cause);
	if (e)
		return e;
	i->phase = to;
	i->version++;
	if (to != PB__PHASE__VALUE__MERGED)
		i->merged_into = "";
	return PB__CODE__OK;
}
