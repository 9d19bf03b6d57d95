/* handlers_offer.c - the responder's answer to an offer. */
#include <string.h>
#include "dispatch/dispatch.h"

static Pb__Code lock_own_offer(struct call *c, const char *id, struct offer_row *ret)
{
	Pb__Code e = store_lock_offer(c, id, ret);

	if (!e && strcmp(ret->pb->responder_id, c->who.subject))
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no offer '%s'", id);
	return e;
}

static const char *outcome_words(Pb__OfferOutcome__Value outcome)
{
	switch (outcome) {
	case PB__OFFER_OUTCOME__VALUE__ACCEPTED:
		return "was accepted";
	case PB__OFFER_OUTCOME__VALUE__DECLINED:
		return "was declined";
	case PB__OFFER_OUTCOME__VALUE__EXPIRED:
		return "has expired";
	default:
		return "was withdrawn";
	}
}

/* An offer that is past its time but still open may be accepted: nobody else has it yet. */
Pb__Code dispatch_accept_offer(
	struct call *c, const Pb__AcceptOfferRequest *in, Pb__AcceptOfferReply *out)
{
	struct offer_row o;
	struct assignment_row a;
	const char *id = NULL;
	Pb__Code e = lock_own_offer(c, in->offer_id, &o);

	if (e)
		return e;
	if (o.pb->outcome == PB__OFFER_OUTCOME__VALUE__UNSPECIFIED) {
		e = accept_offer(c, &o, &id);
		out->pending = !id;
		if (e || !id)
			return e;
		e = store_find_assignment(c, id, &a);
	} else if (o.pb->outcome == PB__OFFER_OUTCOME__VALUE__ACCEPTED) {
		e = store_assignment_of_offer(c, in->offer_id, &a);
	} else {
		return call_fail(c, PB__CODE__CONFLICT, "offer '%s' %s", in->offer_id,
			outcome_words(o.pb->outcome));
	}
	if (e)
		return e;
	out->assignment = a.pb;
	return PB__CODE__OK;
}

Pb__Code dispatch_decline_offer(
	struct call *c, const Pb__DeclineOfferRequest *in, Pb__DeclineOfferReply *out)
{
	struct offer_row o;
	struct incident_row incident;
	bool offered;
	Pb__Code e = lock_own_offer(c, in->offer_id, &o);

	if (e)
		return e;
	out->offer = o.pb;
	if (o.pb->outcome == PB__OFFER_OUTCOME__VALUE__DECLINED)
		return PB__CODE__OK;
	if (o.pb->outcome != PB__OFFER_OUTCOME__VALUE__UNSPECIFIED)
		return call_fail(c, PB__CODE__CONFLICT, "offer '%s' %s", in->offer_id,
			outcome_words(o.pb->outcome));
	e = end_offer(c, &o, PB__OFFER_OUTCOME__VALUE__DECLINED, in->reason,
		PB__RESPONDER_STATUS__VALUE__AVAILABLE);
	if (!e)
		e = store_lock_incident(c, o.pb->incident_id, &incident);
	if (!e && !strcmp(incident.state, "WAITING"))
		e = offer_next(c, &incident, &offered);
	return e;
}

Pb__Code dispatch_list_my_offers(
	struct call *c, const Pb__ListMyOffersRequest *in, Pb__ListMyOffersReply *out)
{
	struct offer_row o;
	Pb__Code e = store_open_offer(c, OF_RESPONDER, c->who.subject, &o);

	(void)in;
	if (e || !o.pb)
		return e;
	out->items = ARENA_ARRAY(c->arena, Pb__Offer *, 1);
	if (!out->items)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	out->items[0] = o.pb;
	out->n_items = 1;
	return PB__CODE__OK;
}
