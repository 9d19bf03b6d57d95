/* handlers_officer.c - the request for an officer on the scene, which no role can refuse.
 *
 * It is noted and told in every phase; where the remote flow still runs, it stops (order 146 art.
 * 20). For a merged incident the one it was merged into is meant.
 */
#include <string.h>
#include "intake/service.h"
#include "kit/json.h"

/* News of who has the case may be on its way to us while he already asks. */
static bool is_on_the_case(const struct call *c, const struct incident *i, const char *asked_id)
{
	if (may_see(c, asked_id, i->district, i->responder_id, i->offered_to))
		return true;
	return call_has_role(c, PB__ROLE__VALUE__RESPONDER) &&
	       i->phase <= PB__PHASE__VALUE__EN_ROUTE;
}

static Pb__Code lock_live(struct call *c, const char *asked_id, struct incident *i)
{
	Pb__Code e = store_lock_incident(c, asked_id, i);

	if (e)
		return e;
	if (!is_on_the_case(c, i, asked_id))
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no incident '%s'", asked_id);
	/* A merge never leads to a merged one, so one step is enough. */
	if (i->phase == PB__PHASE__VALUE__MERGED)
		e = store_lock_incident(c, i->merged_into, i);
	return e;
}

static const char *role_of(const struct call *c)
{
	static const Pb__Role__Value roles[] = { PB__ROLE__VALUE__PARTY, PB__ROLE__VALUE__RESPONDER,
		PB__ROLE__VALUE__OFFICER, PB__ROLE__VALUE__BRIGADE, PB__ROLE__VALUE__DISPATCHER,
		PB__ROLE__VALUE__SUPERVISOR };

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
		if (call_has_role(c, roles[i]))
			return enum_name(&pb__role__value__descriptor, (int)roles[i]);
	}
	return "";
}

static Pb__Code tell(struct call *c, const struct incident *i, const char *reason)
{
	Pb__OfficerRequested e = PB__OFFICER_REQUESTED__INIT;

	e.incident_id = i->id;
	e.district = i->district;
	e.requested_by = *c->who.party_id ? c->who.party_id : c->who.subject;
	e.role = role_of(c);
	e.reason = reason;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}

Pb__Code intake_request_officer_run(
	struct call *c, const Pb__RequestOfficerRequest *in, Pb__RequestOfficerReply *out)
{
	struct incident i;
	Pb__Code e = lock_live(c, in->incident_id, &i);

	if (!e)
		e = tell(c, &i, in->reason);
	if (!e && phase_next(i.phase, CAUSE_REQUEST_OFFICER))
		e = move_incident(c, &i, CAUSE_REQUEST_OFFICER, NULL);
	if (!e)
		e = store_note_officer_request(c, i.id);
	if (e)
		return e;
	out->incident_id = i.id;
	out->phase = i.phase;
	return PB__CODE__OK;
}
