/* handlers_loss.c - loss sheets by version, and the split as it stands. */
#include "claims/claims.h"

#include <string.h>

#include "claims/claim_state.h"
#include "claims/loss.h"
#include "kit/blob.h"
#include "kit/uuid.h"

/* By letter or by id; *ret NULL when there is no such party. */
static Pb__Code find_party(
	struct call *c, const char *incident, const char *vehicle, const Pb__Party **ret)
{
	struct party_list list;
	Pb__Code e = store_parties(c, incident, &list);
	if (e)
		return e;
	for (size_t i = 0; i < list.n; i++) {
		if (strcmp(list.v[i]->letter, vehicle) == 0 ||
			strcmp(list.v[i]->party_id, vehicle) == 0) {
			*ret = list.v[i];
			return PB__CODE__OK;
		}
	}
	if (uuid_valid(vehicle))
		return call_unknown(c, "party", vehicle);
	return call_fail(
		c, PB__CODE__NOT_FOUND, "incident '%s' has no party '%s'", incident, vehicle);
}

static Pb__LossSheet *as_sheet(
	struct call *c, const Pb__PutLossSheetRequest *in, const Pb__Party *p)
{
	Pb__LossSheet *s = ARENA_NEW(c->arena, Pb__LossSheet);
	if (!s)
		return NULL;
	pb__loss_sheet__init(s);
	s->incident_id = in->incident_id;
	s->party_id = p->party_id;
	s->vehicle = p->letter;
	s->place = in->place;
	s->repair_shop = in->repair_shop;
	s->price_source = in->price_source;
	s->owner_agrees = in->owner_agrees;
	s->note = in->note;
	s->lines = ARENA_ARRAY(c->arena, Pb__LossLine *, in->n_lines);
	for (size_t i = 0; s->lines && i < in->n_lines; i++) {
		Pb__LossLine *l = ARENA_NEW(c->arena, Pb__LossLine);
		if (!l)
			return NULL;
		*l = *in->lines[i];
		l->amount_fen = 0;
		s->lines[s->n_lines++] = l;
	}
	return s->lines ? s : NULL;
}

/* Adds it up and makes the digest that tells a repeat; the sheet has no version or author yet. */
static Pb__Code check_sheet(struct call *c, Pb__LossSheet *s, char digest[static SHA256_TEXT])
{
	struct loss_fault wrong;
	if (!loss_add_up(s, &wrong)) {
		const char *at = *wrong.field ? arena_printf(c->arena, "/lines/%zu/%s", wrong.line,
							wrong.field)
					      : "/lines";
		(void)!call_fail_field(c, at ? at : "", wrong.rule, "%s", wrong.text);
		return PB__CODE__INVALID;
	}
	struct db_arg packed = store_packed(c, &s->base);
	if (c->faults.code)
		return c->faults.code;
	sha256_text(packed.bytes.data, packed.bytes.len, digest);
	return PB__CODE__OK;
}

/* After the hand-off the loss changes only while an insurer asks for it and none has decided. */
static Pb__Code may_still_assess(struct call *c, const struct case_row *f)
{
	struct claim_list claims;
	bool asked = false;
	if (*f->ended_as)
		return call_fail(c, PB__CODE__REFUSED, "the incident has ended as %s", f->ended_as);
	if (!f->handed_off_at)
		return PB__CODE__OK;
	Pb__Code e = store_claims_of(c, f->incident_id, &claims);
	for (size_t i = 0; !e && i < claims.n; i++) {
		Pb__ClaimState__Value s = claims.v[i].state;
		if (s == PB__CLAIM_STATE__VALUE__APPROVED || claim_is_final(s))
			return call_fail(c, PB__CODE__REFUSED,
				"insurer '%s' has decided its claim already", claims.v[i].insurer);
		asked = asked || s == PB__CLAIM_STATE__VALUE__SURVEY_REQUESTED ||
			s == PB__CLAIM_STATE__VALUE__DISPUTED;
	}
	if (!e && !asked)
		return call_fail(c, PB__CODE__REFUSED,
			"the claims are handed off: a new version needs an insurer's survey or "
			"dispute");
	return e;
}

static Pb__Code tell_assessed(struct call *c, const struct case_row *f, const Pb__LossSheet *s)
{
	Pb__LossAssessed told = PB__LOSS_ASSESSED__INIT;
	told.incident_id = f->incident_id;
	told.district = f->district;
	told.party_id = s->party_id;
	told.version = s->version;
	told.total_fen = s->total_fen;
	told.assessed_by = s->assessed_by;
	told.responder_id = f->responder_id;
	told.at = c->at_us;
	return event_emit(c, &told.base);
}

static Pb__Code add_version(struct call *c, const struct case_row *f, Pb__LossSheet *s,
	uint32_t version, const char *digest)
{
	s->sheet_id = call_uuid(c);
	s->version = version;
	s->assessed_by = c->who.subject;
	s->assessor_insurer = c->who.org;
	s->at = c->at_us;
	Pb__Code e = may_still_assess(c, f);
	if (!e)
		e = store_add_sheet(c, s, digest);
	if (!e)
		e = tell_assessed(c, f, s);
	if (e)
		return e;
	return f->handed_off_at ? revise_claims(c, f) : try_hand_off(c, f);
}

Pb__Code put_loss_sheet(
	struct call *c, const Pb__PutLossSheetRequest *in, Pb__PutLossSheetReply *out)
{
	struct case_row f;
	const Pb__Party *party = NULL;
	Pb__LossSheet *newest;
	const char *known;
	char digest[SHA256_TEXT];
	Pb__Code e = access_case(c, in->incident_id, true, &f);
	if (!e)
		e = find_party(c, in->incident_id, in->vehicle, &party);
	if (e)
		return e;
	Pb__LossSheet *s = as_sheet(c, in, party);
	if (!s)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	e = check_sheet(c, s, digest);
	if (!e)
		e = store_sheet(c, in->incident_id, party->party_id, 0, &newest, &known);
	if (e)
		return e;
	if (newest && strcmp(known, digest) == 0) {
		out->sheet = newest;
		return PB__CODE__OK;
	}
	uint32_t version = newest ? newest->version : 0;
	if (in->seen_version && in->seen_version != version)
		return call_fail(c, PB__CODE__CONFLICT, "the newest version is %u, not %u", version,
			in->seen_version);
	out->sheet = s;
	return add_version(c, &f, s, version + 1, digest);
}

Pb__Code list_loss_sheets(
	struct call *c, const Pb__ListLossSheetsRequest *in, Pb__ListLossSheetsReply *out)
{
	struct case_row f;
	struct sheet_list sheets;
	Pb__Code e = access_case(c, in->incident_id, false, &f);
	if (!e)
		e = store_newest_sheets(c, in->incident_id, &sheets);
	if (e)
		return e;
	out->items = sheets.v;
	out->n_items = sheets.n;
	return PB__CODE__OK;
}

Pb__Code get_loss_sheet(
	struct call *c, const Pb__GetLossSheetRequest *in, Pb__GetLossSheetReply *out)
{
	struct case_row f;
	const Pb__Party *party = NULL;
	const char *digest;
	Pb__Code e = access_case(c, in->incident_id, false, &f);
	if (!e)
		e = find_party(c, in->incident_id, in->vehicle, &party);
	if (!e)
		e = store_sheet(
			c, in->incident_id, party->party_id, in->version, &out->sheet, &digest);
	if (!e && !out->sheet)
		return call_fail(c, PB__CODE__NOT_FOUND, "vehicle '%s' has no such loss sheet",
			party->letter);
	return e;
}

Pb__Code get_settlement(
	struct call *c, const Pb__GetSettlementRequest *in, Pb__GetSettlementReply *out)
{
	struct case_row f;
	struct sheet_list sheets;
	Pb__Code e = access_case(c, in->incident_id, false, &f);
	if (!e)
		e = store_settlement(c, in->incident_id, &out->settlement);
	if (e || out->settlement)
		return e;
	/* Not handed off yet: how it would be split now. */
	e = store_newest_sheets(c, in->incident_id, &sheets);
	return e ? e : compute_settlement(c, &f, &sheets, &out->settlement);
}
