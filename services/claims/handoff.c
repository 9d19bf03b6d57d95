/* handoff.c - when all is known: the split, a claim for each insurer concerned, and the news of it.
 */
#include "claims/claims.h"

#include <string.h>

#include "claims/claim_state.h"
#include "claims/settlement.h"
#include "kit/timeutil.h"

/* ---- the split ---- */

static const Pb__LossSheet *sheet_of(const struct sheet_list *sheets, const char *party)
{
	for (size_t i = 0; i < sheets->n; i++) {
		if (strcmp(sheets->v[i]->party_id, party) == 0)
			return sheets->v[i];
	}
	return NULL;
}

static Pb__Grade__Value grade_of(const Pb__DeterminationMade *d, const char *party)
{
	for (size_t i = 0; i < d->n_grades; i++) {
		if (strcmp(d->grades[i]->party_id, party) == 0)
			return d->grades[i]->grade;
	}
	return PB__GRADE__VALUE__UNSPECIFIED;
}

/* Who pays the third-party cover: its insurer, or the compulsory one when a policy or a sum is on
 * record without a name. */
static const char *commercial_insurer(const Pb__Party *p)
{
	if (*p->commercial_insurer)
		return p->commercial_insurer;
	return *p->commercial_policy_no || p->third_party_limit_fen > 0 ? p->insurer : "";
}

static struct settle_party as_settled(
	const Pb__Party *p, Pb__Grade__Value grade, const Pb__LossSheet *s)
{
	return (struct settle_party){
		.damage_fen = s->total_fen,
		.grade = grade,
		.motor = *p->plate || *p->insurer,
		.compulsory = *p->insurer != '\0',
		.commercial = *commercial_insurer(p) != '\0',
		.sum_insured_fen = p->third_party_limit_fen,
	};
}

static int64_t accident_at(const struct case_row *f)
{
	return f->report->reported_at ? f->report->reported_at : f->report->accepted_at;
}

/* Days since 1970 of the calendar in Xi'an. */
static int64_t local_day(int64_t us)
{
	const int64_t day_us = INT64_C(86400) * US_PER_S, east_8h = INT64_C(28800) * US_PER_S;
	return (us + east_8h) / day_us;
}

static const char *payer_insurer(const struct settle_line *l, const Pb__Party *payer)
{
	switch (l->cover) {
	case PB__COVER__VALUE__COMPULSORY:
		return payer->insurer;
	case PB__COVER__VALUE__COMMERCIAL:
		return commercial_insurer(payer);
	default:
		return "";
	}
}

static bool add_line(
	struct call *c, Pb__Settlement *s, const struct settle_line *l, Pb__Party *const *parties)
{
	Pb__SettlementLine *x = ARENA_NEW(c->arena, Pb__SettlementLine);
	if (!x)
		return false;
	const Pb__Party *payer = parties[l->payer], *payee = parties[l->payee];
	pb__settlement_line__init(x);
	x->cover = l->cover;
	x->payer_party_id = payer->party_id;
	x->payer = payer->letter;
	x->insurer = payer_insurer(l, payer);
	x->payee_party_id = payee->party_id;
	x->payee = payee->letter;
	x->amount_fen = l->amount_fen;
	x->limit_fen = l->limit_fen;
	x->share_percent = l->share_percent;
	x->rule_code = l->rule;
	s->lines[s->n_lines++] = x;
	return true;
}

static bool add_vehicle(struct call *c, Pb__Settlement *s, const struct settle_result *r, size_t i,
	const Pb__Party *p, Pb__Grade__Value grade, const Pb__LossSheet *sheet)
{
	Pb__SettlementVehicle *v = ARENA_NEW(c->arena, Pb__SettlementVehicle);
	if (!v)
		return false;
	pb__settlement_vehicle__init(v);
	v->party_id = p->party_id;
	v->letter = p->letter;
	v->grade = grade;
	v->share_percent = r->share_percent[i];
	v->damage_fen = sheet->total_fen;
	v->paid_by_others_fen = r->paid_by_others_fen[i];
	v->kept_fen = r->kept_fen[i];
	v->sheet_version = sheet->version;
	s->vehicles[s->n_vehicles++] = v;
	s->total_loss_fen += sheet->total_fen;
	return true;
}

static Pb__Settlement *write_settlement(struct call *c, const struct case_row *f,
	const struct settle_result *r, const struct sheet_list *sheets,
	const struct limits_row *limits)
{
	const Pb__DeterminationMade *d = f->determination;
	Pb__Settlement *s = ARENA_NEW(c->arena, Pb__Settlement);
	if (!s)
		return NULL;
	pb__settlement__init(s);
	s->incident_id = f->incident_id;
	s->limits_version = limits->version;
	s->basis = limits->basis;
	s->accident_at = accident_at(f);
	s->at = c->at_us;
	s->lines = ARENA_ARRAY(c->arena, Pb__SettlementLine *, r->n);
	s->vehicles = ARENA_ARRAY(c->arena, Pb__SettlementVehicle *, d->n_parties);
	bool ok = s->lines && s->vehicles;
	for (size_t i = 0; ok && i < r->n; i++)
		ok = add_line(c, s, &r->lines[i], d->parties);
	for (size_t i = 0; ok && i < d->n_parties; i++)
		ok = add_vehicle(c, s, r, i, d->parties[i], grade_of(d, d->parties[i]->party_id),
			sheet_of(sheets, d->parties[i]->party_id));
	return ok ? s : NULL;
}

static Pb__Code limits_for(struct call *c, const struct case_row *f, struct limits_row *ret)
{
	bool found;
	Pb__Code e = store_limits(c, local_day(accident_at(f)), ret, &found);
	if (!e && !found)
		return call_fail(c, PB__CODE__REFUSED,
			"no compulsory-insurance limits are on record for the day of the accident");
	return e;
}

Pb__Code compute_settlement(struct call *c, const struct case_row *f,
	const struct sheet_list *sheets, Pb__Settlement **ret)
{
	struct settle_party parties[SETTLE_VEHICLES];
	const Pb__DeterminationMade *d = f->determination;
	if (!d || !f->report)
		return call_fail(c, PB__CODE__REFUSED, "there is no determination yet");
	for (size_t i = 0; i < d->n_parties; i++) {
		const Pb__Party *p = d->parties[i];
		const Pb__LossSheet *s = sheet_of(sheets, p->party_id);
		if (!s)
			return call_fail(c, PB__CODE__REFUSED,
				"the loss sheet of vehicle '%s' is missing", p->letter);
		if (i < SETTLE_VEHICLES)
			parties[i] = as_settled(p, grade_of(d, p->party_id), s);
	}
	struct limits_row limits;
	Pb__Code e = limits_for(c, f, &limits);
	if (e)
		return e;
	struct settle_result r;
	struct settle_limits l = { limits.property_liable_fen, limits.property_not_liable_fen };
	const char *wrong = settle(parties, d->n_parties, &l, &r);
	if (wrong)
		return call_fail(c, PB__CODE__REFUSED, "%s", wrong);
	*ret = write_settlement(c, f, &r, sheets, &limits);
	return *ret ? PB__CODE__OK : call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
}

static Pb__Code record_settlement(struct call *c, const struct case_row *f, Pb__Settlement *s)
{
	Pb__SettlementComputed told = PB__SETTLEMENT_COMPUTED__INIT;
	told.incident_id = f->incident_id;
	told.district = f->district;
	told.version = s->version;
	told.total_loss_fen = s->total_loss_fen;
	told.responder_id = f->responder_id;
	told.at = c->at_us;
	Pb__Code e = store_add_settlement(c, s);
	return e ? e : event_emit(c, &told.base);
}

/* ---- the claims ---- */

static int64_t insurer_pays(const Pb__Settlement *s, const char *insurer)
{
	int64_t sum = 0;
	for (size_t i = 0; i < s->n_lines; i++) {
		if (strcmp(s->lines[i]->insurer, insurer) == 0)
			sum += s->lines[i]->amount_fen;
	}
	return sum;
}

static void add_name(const char **names, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp(names[i], name) == 0)
			return;
	}
	if (*name)
		names[(*n)++] = name;
}

/* Every insurer any party is with, paying or not: each has an insured to look after. */
static const char **insurers(struct call *c, const Pb__DeterminationMade *d, size_t *ret_n)
{
	const char **names = ARENA_ARRAY(c->arena, const char *, d->n_parties * 2);
	*ret_n = 0;
	for (size_t i = 0; names && i < d->n_parties; i++) {
		add_name(names, ret_n, d->parties[i]->insurer);
		add_name(names, ret_n, commercial_insurer(d->parties[i]));
		add_name(names, ret_n, d->parties[i]->commercial_insurer);
	}
	return names;
}

static Pb__Code open_claim(
	struct call *c, const struct case_row *f, const char *insurer, int64_t amount)
{
	struct claim_row k = {
		.claim_id = call_uuid(c),
		.incident_id = f->incident_id,
		.district = f->district,
		.case_no = f->report->case_no,
		.insurer = insurer,
		.insurer_ref = "",
		.payment_ref = "",
		.state = PB__CLAIM_STATE__VALUE__NOTIFIED,
		.version = 1,
		.amount_fen = amount,
		.created_at = c->at_us,
		.changed_at = c->at_us,
	};
	k.claim_no =
		arena_printf(c->arena, "%s-%s", *k.case_no ? k.case_no : f->incident_id, insurer);
	if (!k.claim_no)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	Pb__ClaimStateChanged told = PB__CLAIM_STATE_CHANGED__INIT;
	told.claim_id = k.claim_id;
	told.incident_id = f->incident_id;
	told.district = f->district;
	told.insurer = insurer;
	told.to = PB__CLAIM_STATE__VALUE__NOTIFIED;
	told.amount_fen = amount;
	told.by = "claims";
	told.at = c->at_us;
	Pb__Code e = store_add_claim(c, &k);
	if (!e)
		e = event_emit(c, &told.base);
	return e ? e : tell_insurer(c, f, &k, "jingbao.claim.notified");
}

static Pb__Code tell_handed_off(
	struct call *c, const struct case_row *f, const char **names, size_t n)
{
	Pb__ClaimsHandedOff told = PB__CLAIMS_HANDED_OFF__INIT;
	told.incident_id = f->incident_id;
	told.district = f->district;
	told.insurers = names;
	told.n_insurers = n;
	told.responder_id = f->responder_id;
	told.at = c->at_us;
	return event_emit(c, &told.base);
}

static Pb__Code hand_off(struct call *c, const struct case_row *f, Pb__Settlement *s)
{
	size_t n;
	const char **names = insurers(c, f->determination, &n);
	if (!names)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	s->version = 1;
	Pb__Code e = record_settlement(c, f, s);
	for (size_t i = 0; !e && i < n; i++)
		e = open_claim(c, f, names[i], insurer_pays(s, names[i]));
	if (!e)
		e = store_mark_handed_off(c, f->incident_id);
	if (!e)
		e = tell_handed_off(c, f, names, n);
	/* Nobody insured: there is nothing to wait for. */
	return e || n ? e : settle_case_if_done(c, f);
}

static bool all_assessed(const struct case_row *f, const struct sheet_list *sheets)
{
	for (size_t i = 0; i < f->determination->n_parties; i++) {
		if (!sheet_of(sheets, f->determination->parties[i]->party_id))
			return false;
	}
	return true;
}

Pb__Code try_hand_off(struct call *c, const struct case_row *f)
{
	struct sheet_list sheets;
	Pb__Settlement *s;
	if (!f->served_at || !f->determination || !f->report || f->handed_off_at || *f->blocked ||
		*f->ended_as)
		return PB__CODE__OK;
	Pb__Code e = store_newest_sheets(c, f->incident_id, &sheets);
	if (e || !all_assessed(f, &sheets))
		return e;
	e = compute_settlement(c, f, &sheets, &s);
	if (e != PB__CODE__REFUSED)
		return e ? e : hand_off(c, f, s);
	/* No rule of ours covers the case. What was recorded stays; a person has to go on. */
	const char *why = c->faults.text;
	faults_init(&c->faults, c->arena);
	c->detail = arena_printf(c->arena, "blocked=%s", f->incident_id);
	return store_block_case(c, f->incident_id, why);
}

Pb__Code hand_off_tick(struct call *c, bool *ret_more)
{
	enum { AT_ONCE = 8 };
	const char **ids;
	size_t n;
	Pb__Code e = store_waiting_cases(c, AT_ONCE, &ids, &n);
	for (size_t i = 0; !e && i < n; i++) {
		struct case_row f;
		bool found;
		e = store_case(c, ids[i], true, &f, &found);
		if (!e && found)
			e = try_hand_off(c, &f);
	}
	*ret_more = !e && n == AT_ONCE;
	return e;
}

/* ---- later ---- */

Pb__Code revise_claims(struct call *c, const struct case_row *f)
{
	struct sheet_list sheets;
	struct claim_list claims;
	Pb__Settlement *s, *before;
	Pb__Code e = store_newest_sheets(c, f->incident_id, &sheets);
	if (!e)
		e = store_settlement(c, f->incident_id, &before);
	if (!e)
		e = compute_settlement(c, f, &sheets, &s);
	if (e)
		return e;
	s->version = before ? before->version + 1 : 1;
	e = record_settlement(c, f, s);
	if (!e)
		e = store_claims_of(c, f->incident_id, &claims);
	for (size_t i = 0; !e && i < claims.n; i++) {
		struct claim_row *k = &claims.v[i];
		k->amount_fen = insurer_pays(s, k->insurer);
		k->version++;
		k->changed_at = c->at_us;
		e = store_revise_claim(c, k->claim_id, k->amount_fen);
		if (!e)
			e = tell_insurer(c, f, k, "jingbao.claim.revised");
	}
	return e;
}

Pb__Code settle_case_if_done(struct call *c, const struct case_row *f)
{
	struct claim_list claims;
	Pb__Code e = store_claims_of(c, f->incident_id, &claims);
	if (e)
		return e;
	Pb__ClaimsSettled told = PB__CLAIMS_SETTLED__INIT;
	for (size_t i = 0; i < claims.n; i++) {
		if (!claim_is_final(claims.v[i].state))
			return PB__CODE__OK;
		told.paid_fen += claims.v[i].paid_fen;
	}
	told.incident_id = f->incident_id;
	told.district = f->district;
	told.at = c->at_us;
	e = store_mark_settled(c, f->incident_id);
	return e ? e : event_emit(c, &told.base);
}
