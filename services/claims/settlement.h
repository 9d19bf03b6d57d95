/* settlement.h - who pays what after a crash of one or two vehicles, to the fen. Pure.
 *
 * Road Traffic Safety Law art. 76 and the compulsory insurance (交强险) rules: the other side's
 * compulsory cover pays first up to its property limit, then its commercial third-party cover pays
 * its share of the rest up to the sum insured, then the party himself; what is left stays with the
 * owner or his own car-damage cover. Amounts are whole fen, shares are rounded half up, the rest
 * goes to the last payer: each vehicle's lines add up to its damage exactly.
 */
#ifndef CLAIMS_SETTLEMENT_H
#define CLAIMS_SETTLEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "jingbao/v1/claims.pb-c.h"

enum { SETTLE_VEHICLES = 2, SETTLE_LINES = 8 };

struct settle_party {
	int64_t damage_fen;
	Pb__Grade__Value grade;
	bool motor;              /* non-motor traffic owes no compulsory cover */
	bool compulsory;         /* has an insurer that pays it */
	bool commercial;         /* has third-party cover */
	int64_t sum_insured_fen; /* of the third-party cover; 0 not on record: no ceiling known */
};

struct settle_limits {
	int64_t liable_fen, not_liable_fen; /* property */
};

struct settle_line {
	Pb__Cover__Value cover;
	size_t payer, payee;
	int64_t amount_fen, limit_fen;
	unsigned share_percent;
	const char *rule;
};

struct settle_result {
	struct settle_line lines[SETTLE_LINES];
	size_t n;
	int64_t paid_by_others_fen[SETTLE_VEHICLES], kept_fen[SETTLE_VEHICLES];
	unsigned share_percent[SETTLE_VEHICLES];
};

/* Percent of the damage a grade answers for, when nobody agreed otherwise. */
unsigned grade_share(Pb__Grade__Value grade);

/* NULL when done; else why it can't be, as a constant sentence. */
const char *settle(const struct settle_party *parties, size_t n, const struct settle_limits *limits,
	struct settle_result *ret);

#endif
