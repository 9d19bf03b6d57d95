/* settlement.c - the split of two vehicles' damage over covers, parties and owners. */
#include "claims/settlement.h"

unsigned grade_share(Pb__Grade__Value grade)
{
	switch (grade) {
	case PB__GRADE__VALUE__FULL:
		return 100;
	case PB__GRADE__VALUE__MAIN:
		return 70;
	case PB__GRADE__VALUE__EQUAL:
		return 50;
	case PB__GRADE__VALUE__SECONDARY:
		return 30;
	default:
		return 0;
	}
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Damage is limited to 10^13 fen by the caller's check, so this can't overflow. */
static int64_t percent_of(int64_t fen, unsigned percent)
{
	return (fen * (int64_t)percent + 50) / 100;
}

static void add(struct settle_result *r, struct settle_line line)
{
	if (line.amount_fen > 0)
		r->lines[r->n++] = line;
}

/* The payer's compulsory cover, or he himself when he drives without. */
static int64_t compulsory(const struct settle_party *p, size_t payer, size_t payee, int64_t damage,
	const struct settle_limits *limits, struct settle_result *r)
{
	if (!p[payer].motor)
		return 0;
	bool liable = p[payer].grade != PB__GRADE__VALUE__NONE;
	int64_t limit = liable ? limits->liable_fen : limits->not_liable_fen;
	int64_t pays = smaller(damage, limit);
	add(r, (struct settle_line){
		       .cover = p[payer].compulsory ? PB__COVER__VALUE__COMPULSORY
						    : PB__COVER__VALUE__PARTY,
		       .payer = payer,
		       .payee = payee,
		       .amount_fen = pays,
		       .limit_fen = limit,
		       .rule = !p[payer].compulsory ? "ci.none"
			       : liable             ? "ci.property.liable"
						    : "ci.property.not_liable",
	       });
	return pays;
}

/* The payer's share of what is left: his third-party cover up to its sum, then he himself. */
static int64_t by_share(const struct settle_party *p, size_t payer, size_t payee, int64_t left,
	struct settle_result *r)
{
	unsigned share = r->share_percent[payer];
	int64_t due = percent_of(left, share), insured = 0;
	int64_t sum = p[payer].sum_insured_fen;
	if (p[payer].commercial)
		insured = sum > 0 ? smaller(due, sum) : due;
	struct settle_line line = {
		.cover = PB__COVER__VALUE__COMMERCIAL,
		.payer = payer,
		.payee = payee,
		.amount_fen = insured,
		.limit_fen = sum,
		.share_percent = share,
		.rule = "commercial.share",
	};
	add(r, line);
	line.cover = PB__COVER__VALUE__PARTY;
	line.amount_fen = due - insured;
	line.limit_fen = 0;
	line.rule = p[payer].commercial ? "party.beyond_sum" : "party.share";
	add(r, line);
	return due;
}

static void split(const struct settle_party *p, size_t n, size_t payee,
	const struct settle_limits *limits, struct settle_result *r)
{
	int64_t damage = p[payee].damage_fen, left = damage;
	if (n == 2) {
		size_t payer = 1 - payee;
		left -= compulsory(p, payer, payee, damage, limits, r);
		left -= by_share(p, payer, payee, left, r);
	}
	r->paid_by_others_fen[payee] = damage - left;
	r->kept_fen[payee] = left;
	add(r, (struct settle_line){
		       .cover = PB__COVER__VALUE__OWN,
		       .payer = payee,
		       .payee = payee,
		       .amount_fen = left,
		       .rule = "own.rest",
	       });
}

static const char *grades_agree(const struct settle_party *p, size_t n)
{
	unsigned sum = 0;
	for (size_t i = 0; i < n; i++) {
		if (p[i].grade == PB__GRADE__VALUE__UNSPECIFIED)
			return "a party has no grade of responsibility";
		sum += grade_share(p[i].grade);
	}
	if (n == 1 && p[0].grade != PB__GRADE__VALUE__FULL && p[0].grade != PB__GRADE__VALUE__NONE)
		return "a single vehicle answers in full or not at all";
	if (sum != 0 && sum != 100)
		return "the grades of responsibility do not add up to the whole";
	return NULL;
}

const char *settle(const struct settle_party *parties, size_t n, const struct settle_limits *limits,
	struct settle_result *ret)
{
	const int64_t damage_max = INT64_C(10000000000000);
	if (n == 0)
		return "no party is on record";
	if (n > SETTLE_VEHICLES)
		return "more than two vehicles: the rule for several vehicles, with "
		       "payment on behalf of those not at fault (无责代赔), is not in force here "
		       "yet";
	const char *wrong = grades_agree(parties, n);
	if (wrong)
		return wrong;
	struct settle_result r = { 0 };
	for (size_t i = 0; i < n; i++) {
		if (parties[i].damage_fen < 0 || parties[i].damage_fen > damage_max)
			return "a damage is out of range";
		r.share_percent[i] = grade_share(parties[i].grade);
	}
	for (size_t i = 0; i < n; i++)
		split(parties, n, i, limits, &r);
	*ret = r;
	return NULL;
}
