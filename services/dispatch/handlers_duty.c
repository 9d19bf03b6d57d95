/* handlers_duty.c - a responder's own shift: on duty, off duty, break. */
#include <string.h>
#include "dispatch/dispatch.h"

static Pb__Code lock_me(struct call *c, struct responder_row *ret)
{
	Pb__Code e = store_lock_responder(c, c->who.subject, ret);

	if (!e && ret->pb->disabled)
		return call_fail(c, PB__CODE__FORBIDDEN, "the account is disabled");
	return e;
}

static bool has_assignment(const Pb__Responder *r)
{
	return r->status == PB__RESPONDER_STATUS__VALUE__EN_ROUTE ||
	       r->status == PB__RESPONDER_STATUS__VALUE__ON_SCENE;
}

static Pb__Code check_post(struct call *c, const char *post)
{
	bool open;
	Pb__Code e;

	if (!*post)
		return PB__CODE__OK;
	e = store_post_open(c, post, &open);
	if (!e && !open)
		return call_fail_field(c, "/post", "unknown", "there is no open post '%s'", post);
	return e;
}

/* Also changes post, vehicle or recorder during a shift, and ends a break. */
Pb__Code dispatch_go_on_duty(struct call *c, const Pb__GoOnDutyRequest *in, Pb__GoOnDutyReply *out)
{
	struct responder_row me;
	Pb__Code e = lock_me(c, &me);
	bool resting;

	if (!e)
		e = check_post(c, in->post);
	if (!e)
		e = store_start_shift(c, me.pb->responder_id, in);
	if (e)
		return e;
	resting = me.pb->status == PB__RESPONDER_STATUS__VALUE__OFF_DUTY ||
		  me.pb->status == PB__RESPONDER_STATUS__VALUE__ON_BREAK;
	if (resting)
		e = change_status(c, me.pb, PB__RESPONDER_STATUS__VALUE__AVAILABLE);
	if (!e)
		e = store_lock_responder(c, me.pb->responder_id, &me);
	if (e)
		return e;
	out->responder = me.pb;
	return PB__CODE__OK;
}

/* An open offer counts as declined and goes on to the next. */
Pb__Code dispatch_go_off_duty(
	struct call *c, const Pb__GoOffDutyRequest *in, Pb__GoOffDutyReply *out)
{
	struct responder_row me;
	Pb__Code e = lock_me(c, &me);

	(void)in;
	if (!e && has_assignment(me.pb))
		return call_fail(c, PB__CODE__CONFLICT,
			"incident '%s' is assigned to you: clear or release it first",
			me.pb->incident_id);
	if (!e)
		e = stand_down(c, &me, PB__OFFER_OUTCOME__VALUE__DECLINED, "went off duty");
	if (!e)
		e = store_lock_responder(c, c->who.subject, &me);
	if (e)
		return e;
	out->responder = me.pb;
	return PB__CODE__OK;
}

Pb__Code dispatch_take_break(
	struct call *c, const Pb__TakeBreakRequest *in, Pb__TakeBreakReply *out)
{
	struct responder_row me;
	Pb__Code e = lock_me(c, &me);

	(void)in;
	if (e)
		return e;
	out->responder = me.pb;
	switch (me.pb->status) {
	case PB__RESPONDER_STATUS__VALUE__ON_BREAK:
		return PB__CODE__OK;
	case PB__RESPONDER_STATUS__VALUE__AVAILABLE:
		break;
	case PB__RESPONDER_STATUS__VALUE__OFFERED:
		return call_fail(c, PB__CODE__CONFLICT, "answer the open offer first");
	case PB__RESPONDER_STATUS__VALUE__OFF_DUTY:
		return call_fail(c, PB__CODE__CONFLICT, "you are off duty");
	default:
		return call_fail(c, PB__CODE__CONFLICT,
			"incident '%s' is assigned to you: clear or release it first",
			me.pb->incident_id);
	}
	e = change_status(c, me.pb, PB__RESPONDER_STATUS__VALUE__ON_BREAK);
	if (!e)
		e = store_lock_responder(c, c->who.subject, &me);
	out->responder = me.pb;
	return e;
}
