/* handover.c - accepting an offer: at once, or when somebody has taken over where the responder
 * drives now. One transaction changes all hands that are ready to change.
 *
 *   B, free, accepts where A drives:        A's assignment ends REPLACED, B's begins
 *   ... and A had agreed to go elsewhere:   his next one begins in the same transaction
 *   A, driving, accepts another incident:   agreed; takes effect when his own is taken over
 *   A and B exchange:                       the second yes changes both
 */
#include <string.h>
#include "dispatch/dispatch.h"

enum { CHAIN_MAX = 16 };

/* All along the chain of who takes over from whom have said yes, back to the first. */
static Pb__Code closes(struct call *c, const struct offer_row *first, bool *ret)
{
	struct offer_row o = *first;
	Pb__Code e = PB__CODE__OK;

	*ret = false;
	for (int i = 0; i < CHAIN_MAX; i++) {
		e = store_open_offer(c, REPLACING, o.leaves_id, &o);
		if (e || !o.pb || (!o.pb->agreed_at && strcmp(o.pb->offer_id, first->pb->offer_id)))
			return e;
		if (!strcmp(o.pb->offer_id, first->pb->offer_id)) {
			*ret = true;
			return e;
		}
	}
	return e;
}

static Pb__Code relieve(struct call *c, const char *assignment)
{
	struct assignment_row a;
	Pb__Code e = store_lock_assignment(c, assignment, &a);

	if (e || a.pb->ended_at)
		return e;
	return end_assignment(c, &a,
		(struct ending){
			.how = PB__ASSIGNMENT_END__VALUE__REPLACED, .reason = "another one goes" });
}

static Pb__Code begin(struct call *c, const struct offer_row *o, const char **ret_id)
{
	struct responder_row who;
	struct incident_row in;
	struct new_assignment a = {
		.id = call_uuid(c),
		.incident_id = o->pb->incident_id,
		.responder_id = o->pb->responder_id,
		.offer_id = o->pb->offer_id,
		.bypass_reason = "",
		.assigned_by = "",
		.eta_s = o->pb->eta_s,
	};
	Pb__Code e = store_lock_incident(c, a.incident_id, &in);

	if (!e)
		e = store_lock_responder(c, a.responder_id, &who);
	if (!e)
		e = tell_offer_ended(c, o, PB__OFFER_OUTCOME__VALUE__ACCEPTED, "");
	if (!e)
		e = assign(c, &a, &in, who.pb);
	if (!e)
		e = store_mark_region(c, o->region);
	*ret_id = a.id;
	return e;
}

/* Takes the offer, then those of whoever it relieved and had agreed to go on. */
static Pb__Code take(struct call *c, struct offer_row o, const char **ret_id)
{
	const char *id = NULL;
	Pb__Code e = PB__CODE__OK;

	*ret_id = NULL;
	for (int i = 0; !e && o.pb && i < CHAIN_MAX; i++) {
		struct offer_row next = { .pb = NULL };
		const char *relieved = o.replaces_id;

		if (*o.leaves_id)
			e = relieve(c, o.leaves_id);
		if (!e && *relieved)
			e = relieve(c, relieved);
		if (!e)
			e = begin(c, &o, &id);
		if (!e && *relieved)
			e = store_open_offer(c, LEAVING, relieved, &next);
		*ret_id = *ret_id ? *ret_id : id;
		o = next.pb && next.pb->agreed_at ? next : (struct offer_row){ .pb = NULL };
	}
	return e;
}

Pb__Code accept_offer(struct call *c, const struct offer_row *o, const char **ret_id)
{
	bool ready = !*o->leaves_id;
	Pb__Code e = ready ? PB__CODE__OK : closes(c, o, &ready);

	*ret_id = NULL;
	if (e)
		return e;
	return ready ? take(c, *o, ret_id) : store_agree_offer(c, o->pb->offer_id);
}
