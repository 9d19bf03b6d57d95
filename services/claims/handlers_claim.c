/* handlers_claim.c - an insurer reads its claims and moves them forward. */
#include "claims/claims.h"

#include <string.h>

#include "claims/claim_state.h"

#define S(x) PB__CLAIM_STATE__VALUE__##x

struct move {
	Pb__ClaimState__Value to;
	const char *note;        /* reason, or "" */
	const char *insurer_ref; /* NULL: kept */
	const char *payment_ref; /* PAID */
	bool has_amount;
	int64_t amount_fen; /* what the insurer says it approves or pays */
};

static Pb__Code load(
	struct call *c, const char *id, bool lock, struct claim_row *k, struct case_row *f)
{
	bool found;
	Pb__Code e = access_claim(c, id, k);
	if (!e)
		e = store_case(c, k->incident_id, lock, f, &found);
	/* Only behind the lock of the case file is the claim's state the one that counts. */
	return e || !lock ? e : store_claim(c, id, true, k, &found);
}

/* Was the claim in this state, now or earlier? Then the command is a repeat. */
static Pb__Code was_in(
	struct call *c, const struct claim_row *k, Pb__ClaimState__Value s, bool *ret)
{
	struct step_list steps;
	Pb__Code e = store_steps(c, k->claim_id, &steps);
	*ret = false;
	for (size_t i = 0; !e && i < steps.n; i++)
		*ret = *ret || steps.v[i]->to == s;
	return e;
}

static Pb__Code check_repeat(struct call *c, const struct claim_row *k, const struct move *m)
{
	if (m->payment_ref && strcmp(m->payment_ref, k->payment_ref) != 0)
		return call_fail(c, PB__CODE__REFUSED,
			"claim '%s' was paid under another payment reference", k->claim_id);
	if (m->insurer_ref && *m->insurer_ref && strcmp(m->insurer_ref, k->insurer_ref) != 0)
		return call_fail(c, PB__CODE__REFUSED,
			"claim '%s' was acknowledged under another reference", k->claim_id);
	return PB__CODE__OK;
}

static Pb__Code check_move(struct call *c, const struct claim_row *k, const struct move *m)
{
	if (!claim_may_move(k->state, m->to)) {
		const char *verbs[CLAIM_STATES], *list = "";
		size_t n = claim_allowed(k->state, verbs);
		for (size_t i = 0; list && i < n; i++)
			list = arena_printf(c->arena, "%s%s%s", list, i ? ", " : "", verbs[i]);
		return call_fail(c, PB__CODE__REFUSED,
			"'%s' is out of order: the claim is %s; allowed now: %s", claim_verb(m->to),
			pb__claim_state__value__descriptor.values[k->state].name,
			n && list ? list : "nothing more");
	}
	if (m->has_amount && m->amount_fen != k->amount_fen)
		return call_fail(c, PB__CODE__REFUSED,
			"the claim's amount is %lld fen, not %lld: dispute it if it is wrong",
			(long long)k->amount_fen, (long long)m->amount_fen);
	return PB__CODE__OK;
}

static Pb__Code tell_moved(struct call *c, const struct claim_row *k, Pb__ClaimState__Value from)
{
	Pb__ClaimStateChanged told = PB__CLAIM_STATE_CHANGED__INIT;
	told.claim_id = k->claim_id;
	told.incident_id = k->incident_id;
	told.district = k->district;
	told.insurer = k->insurer;
	told.from = from;
	told.to = k->state;
	told.amount_fen = k->amount_fen;
	told.by = c->who.subject;
	told.at = c->at_us;
	return event_emit(c, &told.base);
}

static Pb__Code apply(
	struct call *c, struct claim_row *k, const struct case_row *f, const struct move *m)
{
	Pb__ClaimState__Value from = k->state;
	k->state = m->to;
	k->version++;
	k->changed_at = c->at_us;
	if (m->insurer_ref)
		k->insurer_ref = m->insurer_ref;
	if (m->payment_ref) {
		k->payment_ref = m->payment_ref;
		k->paid_fen = k->amount_fen;
	}
	Pb__Code e = store_move_claim(c, k, from, m->note);
	if (!e)
		e = tell_moved(c, k, from);
	if (!e && claim_is_final(k->state))
		e = settle_case_if_done(c, f);
	return e;
}

static Pb__Code move_claim(struct call *c, const char *id, const struct move *m, Pb__Claim **ret)
{
	struct claim_row k;
	struct case_row f;
	bool repeat;
	Pb__Code e = load(c, id, true, &k, &f);
	if (!e)
		e = was_in(c, &k, m->to, &repeat);
	if (!e)
		e = repeat ? check_repeat(c, &k, m) : check_move(c, &k, m);
	if (!e && !repeat)
		e = apply(c, &k, &f, m);
	return e ? e : build_claim(c, &f, &k, ret);
}

static Pb__Code acknowledge(
	struct call *c, const Pb__AcknowledgeClaimRequest *in, Pb__AcknowledgeClaimReply *out)
{
	struct move m = { .to = S(ACKNOWLEDGED), .note = "", .insurer_ref = in->insurer_ref };
	return move_claim(c, in->claim_id, &m, &out->claim);
}

static Pb__Code request_survey(
	struct call *c, const Pb__RequestSurveyRequest *in, Pb__RequestSurveyReply *out)
{
	struct move m = { .to = S(SURVEY_REQUESTED), .note = in->reason };
	return move_claim(c, in->claim_id, &m, &out->claim);
}

static Pb__Code dispute(
	struct call *c, const Pb__DisputeClaimRequest *in, Pb__DisputeClaimReply *out)
{
	struct move m = { .to = S(DISPUTED), .note = in->reason };
	return move_claim(c, in->claim_id, &m, &out->claim);
}

static Pb__Code approve(
	struct call *c, const Pb__ApproveClaimRequest *in, Pb__ApproveClaimReply *out)
{
	struct move m = {
		.to = S(APPROVED),
		.note = "",
		.has_amount = in->opt_amount_fen_case ==
			      PB__APPROVE_CLAIM_REQUEST__OPT_AMOUNT_FEN_AMOUNT_FEN,
		.amount_fen = in->amount_fen,
	};
	return move_claim(c, in->claim_id, &m, &out->claim);
}

static Pb__Code pay(struct call *c, const Pb__PayClaimRequest *in, Pb__PayClaimReply *out)
{
	struct move m = {
		.to = S(PAID),
		.note = "",
		.payment_ref = in->payment_ref,
		.has_amount = in->opt_paid_fen_case == PB__PAY_CLAIM_REQUEST__OPT_PAID_FEN_PAID_FEN,
		.amount_fen = in->paid_fen,
	};
	return move_claim(c, in->claim_id, &m, &out->claim);
}

static Pb__Code reject(struct call *c, const Pb__RejectClaimRequest *in, Pb__RejectClaimReply *out)
{
	struct move m = { .to = S(REJECTED), .note = in->reason };
	return move_claim(c, in->claim_id, &m, &out->claim);
}

static Pb__Code get_claim(struct call *c, const Pb__GetClaimRequest *in, Pb__GetClaimReply *out)
{
	struct claim_row k;
	struct case_row f;
	Pb__Code e = load(c, in->claim_id, false, &k, &f);
	return e ? e : build_claim(c, &f, &k, &out->claim);
}

static Pb__Code bind_list(struct call *c, const Pb__ListClaimsRequest *in)
{
	bool staff = call_has_role(c, PB__ROLE__VALUE__SUPERVISOR) ||
		     call_has_role(c, PB__ROLE__VALUE__AUDITOR);
	if (strspn(in->cursor, "0123456789") != strlen(in->cursor) || strlen(in->cursor) > 18)
		return call_fail_field(c, "/cursor", "cursor", "not a cursor of this list");
	store_bind_list(c, in, !staff);
	return PB__CODE__OK;
}

static Pb__Code answer_list(struct call *c, const Pb__ListClaimsRequest *in,
	const struct db_rows *rows, Pb__ListClaimsReply *out)
{
	(void)in;
	return store_read_list(c, rows, out);
}

const struct claims_handlers claims_handlers = {
	.put_loss_sheet = { .run = put_loss_sheet },
	.list_loss_sheets = { .run = list_loss_sheets },
	.get_loss_sheet = { .run = get_loss_sheet },
	.get_settlement = { .run = get_settlement },
	.list_claims = { .bind = bind_list, .answer = answer_list },
	.get_claim = { .run = get_claim },
	.acknowledge_claim = { .run = acknowledge },
	.request_survey = { .run = request_survey },
	.dispute_claim = { .run = dispute },
	.approve_claim = { .run = approve },
	.pay_claim = { .run = pay },
	.reject_claim = { .run = reject },
	.put_webhook_endpoint = { .run = put_webhook_endpoint },
	.get_webhook_endpoint = { .run = get_webhook_endpoint },
	.list_deliveries = { .run = list_deliveries },
	.replay_delivery = { .run = replay_delivery },
};
