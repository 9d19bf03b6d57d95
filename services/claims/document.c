/* document.c - a claim with all an insurer needs, and no more of the other side than a payment
 * does. */
#include "claims/claims.h"

#include <string.h>

#include "claims/claim_state.h"
#include "claims/settlement.h"
#include "kit/json.h"
#include "kit/timeutil.h"

static void from_report(Pb__AccidentHeader *h, const Pb__IncidentReported *r)
{
	h->case_no = r->case_no;
	h->order_no = r->order_no;
	h->lon = r->lon;
	h->lat = r->lat;
	h->reported_at = r->reported_at;
	h->accepted_at = r->accepted_at;
	h->weather = r->weather;
	h->description = r->description;
	if (r->place) {
		h->place = r->place->text;
		h->road = r->place->road;
	}
	if (r->caller) {
		h->caller_name = r->caller->name;
		h->caller_phone = r->caller->phone;
	}
	if (r->casualties)
		h->injured = (uint32_t)r->casualties->injured;
}

static Pb__AccidentHeader *header(struct call *c, const struct case_row *f)
{
	Pb__AccidentHeader *h = ARENA_NEW(c->arena, Pb__AccidentHeader);
	if (!h)
		return NULL;
	pb__accident_header__init(h);
	if (f->report)
		from_report(h, f->report);
	h->district = f->district;
	h->responder_id = f->responder_id;
	h->document_no = f->document_no;
	h->document_sha256 = f->document_sha256;
	if (f->determination) {
		h->handling = "认定书";
		h->determination_id = f->determination->determination_id;
		h->scenario = f->determination->scenario;
		h->facts = f->determination->facts;
		h->officer_name = f->determination->officer_name;
		h->determined_at = f->determination->at;
	}
	return h;
}

/* The other side: name, phone and vehicle, so that he can be paid; not his papers. */
static Pb__Party *as_other_side(struct call *c, const Pb__Party *p)
{
	Pb__Party *o = ARENA_NEW(c->arena, Pb__Party);
	if (!o)
		return NULL;
	*o = *p;
	o->id_number = o->licence_no = o->policy_no = o->commercial_policy_no = "";
	o->third_party_limit_fen = 0;
	return o;
}

static Pb__ClaimParty *claim_party(
	struct call *c, Pb__Party *p, const Pb__DeterminationMade *d, const char *insurer)
{
	Pb__ClaimParty *x = ARENA_NEW(c->arena, Pb__ClaimParty);
	if (!x)
		return NULL;
	pb__claim_party__init(x);
	x->own_insured =
		strcmp(p->insurer, insurer) == 0 || strcmp(p->commercial_insurer, insurer) == 0;
	x->party = x->own_insured ? p : as_other_side(c, p);
	for (size_t i = 0; i < d->n_grades; i++) {
		if (strcmp(d->grades[i]->party_id, p->party_id) == 0)
			x->grade = d->grades[i]->grade;
	}
	x->share_percent = grade_share(x->grade);
	return x->party ? x : NULL;
}

static bool add_parties(struct call *c, Pb__Claim *out, const struct case_row *f)
{
	const Pb__DeterminationMade *d = f->determination;
	out->parties = ARENA_ARRAY(c->arena, Pb__ClaimParty *, d ? d->n_parties : 0);
	for (size_t i = 0; out->parties && d && i < d->n_parties; i++) {
		Pb__ClaimParty *p = claim_party(c, d->parties[i], d, out->insurer);
		if (!p)
			return false;
		out->parties[out->n_parties++] = p;
	}
	return out->parties != NULL;
}

static bool add_lines(struct call *c, Pb__Claim *out)
{
	const Pb__Settlement *s = out->settlement;
	out->lines = ARENA_ARRAY(c->arena, Pb__SettlementLine *, s ? s->n_lines : 0);
	for (size_t i = 0; out->lines && s && i < s->n_lines; i++) {
		if (strcmp(s->lines[i]->insurer, out->insurer) == 0)
			out->lines[out->n_lines++] = s->lines[i];
	}
	return out->lines != NULL;
}

static Pb__Claim *basics(struct call *c, const struct claim_row *k)
{
	Pb__Claim *out = ARENA_NEW(c->arena, Pb__Claim);
	const char **allowed = ARENA_ARRAY(c->arena, const char *, CLAIM_STATES);
	if (!out || !allowed)
		return NULL;
	pb__claim__init(out);
	out->claim_id = k->claim_id;
	out->claim_no = k->claim_no;
	out->incident_id = k->incident_id;
	out->insurer = k->insurer;
	out->state = k->state;
	out->version = k->version;
	out->amount_fen = k->amount_fen;
	out->insurer_ref = k->insurer_ref;
	out->payment_ref = k->payment_ref;
	out->paid_fen = k->paid_fen;
	out->created_at = k->created_at;
	out->changed_at = k->changed_at;
	out->allowed = allowed;
	out->n_allowed = claim_allowed(k->state, allowed);
	return out;
}

Pb__Code build_claim(
	struct call *c, const struct case_row *f, const struct claim_row *k, Pb__Claim **ret)
{
	struct sheet_list sheets;
	struct photo_list photos;
	struct step_list steps;
	Pb__Claim *out = basics(c, k);
	if (!out)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	Pb__Code e = store_settlement(c, k->incident_id, &out->settlement);
	if (!e)
		e = store_newest_sheets(c, k->incident_id, &sheets);
	if (!e)
		e = store_photos(c, k->incident_id, &photos);
	if (!e)
		e = store_steps(c, k->claim_id, &steps);
	if (e)
		return e;
	out->accident = header(c, f);
	out->loss_sheets = sheets.v;
	out->n_loss_sheets = sheets.n;
	out->photos = photos.v;
	out->n_photos = photos.n;
	out->history = steps.v;
	out->n_history = steps.n;
	if (!out->accident || !add_parties(c, out, f) || !add_lines(c, out))
		return call_fail(c, PB__CODE__TOO_LARGE, "the claim's records are too large");
	*ret = out;
	return PB__CODE__OK;
}

/* CloudEvents 1.0, structured JSON. */
static const char *envelope(struct call *c, const char *notice, const struct claim_row *k,
	const char *type, const Pb__Claim *claim)
{
	char when[TIME_TEXT_MAX];
	size_t len;
	const char *data = message_to_json(
		&pb_meta_claim, &claim->base, (struct json_out){ 0 }, c->arena, &len);
	if (!data)
		return NULL;
	return arena_printf(c->arena,
		"{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"/jingbao/"
		"claims\",\"type\":\"%s\","
		"\"subject\":\"%s\",\"time\":\"%s\",\"datacontenttype\":\"application/json\","
		"\"data\":%s}",
		notice, type, k->claim_id, time_to_text(c->at_us, when), data);
}

Pb__Code tell_insurer(
	struct call *c, const struct case_row *f, const struct claim_row *k, const char *type)
{
	Pb__Claim *claim;
	const char *notice = call_uuid(c);
	Pb__Code e = build_claim(c, f, k, &claim);
	if (e)
		return e;
	const char *body = envelope(c, notice, k, type, claim);
	if (!body)
		return call_fail(c, PB__CODE__TOO_LARGE, "the claim's records are too large");
	e = store_add_notice(c, notice, k, type, body);
	return e ? e : store_add_deliveries(c, notice, k->insurer);
}
