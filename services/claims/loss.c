/* loss.c - sums and ceilings of a loss sheet: total = parts - salvage + labour + paint + material
 * + rescue; salvage never above the part it is of. */
#include "claims/loss.h"

#include <math.h>

static const int64_t total_max_fen = INT64_C(1000000000000);

static bool refuse(
	struct loss_fault *ret, size_t line, const char *field, const char *rule, const char *text)
{
	*ret = (struct loss_fault){ line, field, rule, text };
	return false;
}

/* Thousandths of a piece or an hour; -1 when there are more decimals than that. */
static int64_t thousandths(double quantity)
{
	if (quantity == 0)
		return 1000;
	double t = quantity * 1000;
	int64_t n = llround(t);
	return fabs(t - (double)n) < 1e-6 * fmax(1, fabs(t)) && n > 0 ? n : -1;
}

static bool line_amount(Pb__LossLine *l, size_t i, struct loss_fault *ret)
{
	int64_t milli = thousandths(l->quantity);
	if (milli < 0)
		return refuse(ret, i, "quantity", "decimals", "three decimals at most");
	__extension__ typedef __int128 wide;
	wide amount = ((wide)milli * l->unit_price_fen + 500) / 1000;
	if (amount < 0 || amount > total_max_fen)
		return refuse(ret, i, "unitPriceFen", "max", "the line is beyond any damage");
	l->amount_fen = (int64_t)amount;
	return true;
}

static bool line_form(const Pb__LossSheet *s, size_t i, struct loss_fault *ret)
{
	const Pb__LossLine *l = s->lines[i];
	bool salvage = l->kind == PB__LOSS_KIND__VALUE__SALVAGE;
	if (!salvage && l->of_line)
		return refuse(ret, i, "ofLine", "kind", "only salvage names a line");
	if (l->repair && l->kind != PB__LOSS_KIND__VALUE__PART)
		return refuse(ret, i, "repair", "kind", "only a part is repaired or replaced");
	if (!salvage)
		return true;
	if (l->of_line == 0 || l->of_line > s->n_lines ||
		s->lines[l->of_line - 1]->kind != PB__LOSS_KIND__VALUE__PART)
		return refuse(ret, i, "ofLine", "part", "must be the number of a PART line");
	return true;
}

/* All salvage of one part together stays within the part's amount. */
static bool salvage_within(const Pb__LossSheet *s, size_t part, struct loss_fault *ret)
{
	int64_t sum = 0;
	for (size_t i = 0; i < s->n_lines; i++) {
		const Pb__LossLine *l = s->lines[i];
		if (l->kind != PB__LOSS_KIND__VALUE__SALVAGE || l->of_line != part + 1)
			continue;
		sum += l->amount_fen;
		if (sum > s->lines[part]->amount_fen)
			return refuse(ret, i, "unitPriceFen", "salvage",
				"salvage is worth more than the part");
	}
	return true;
}

static int64_t *sum_of(Pb__LossSheet *s, Pb__LossKind__Value kind)
{
	switch (kind) {
	case PB__LOSS_KIND__VALUE__PART:
		return &s->parts_fen;
	case PB__LOSS_KIND__VALUE__LABOUR:
		return &s->labour_fen;
	case PB__LOSS_KIND__VALUE__PAINT:
		return &s->paint_fen;
	case PB__LOSS_KIND__VALUE__MATERIAL:
		return &s->material_fen;
	case PB__LOSS_KIND__VALUE__RESCUE:
		return &s->rescue_fen;
	case PB__LOSS_KIND__VALUE__SALVAGE:
		return &s->salvage_fen;
	default:
		return NULL;
	}
}

bool loss_add_up(Pb__LossSheet *s, struct loss_fault *ret)
{
	s->parts_fen = s->labour_fen = s->paint_fen = 0;
	s->material_fen = s->rescue_fen = s->salvage_fen = 0;
	for (size_t i = 0; i < s->n_lines; i++) {
		if (!line_form(s, i, ret) || !line_amount(s->lines[i], i, ret))
			return false;
		int64_t *sum = sum_of(s, s->lines[i]->kind);
		if (!sum)
			return refuse(ret, i, "kind", "required", "must be given");
		*sum += s->lines[i]->amount_fen; /* 200 lines of 10^12 at most */
	}
	for (size_t i = 0; i < s->n_lines; i++) {
		if (s->lines[i]->kind == PB__LOSS_KIND__VALUE__PART && !salvage_within(s, i, ret))
			return false;
	}
	s->total_fen = s->parts_fen - s->salvage_fen + s->labour_fen + s->paint_fen +
		       s->material_fen + s->rescue_fen;
	if (s->total_fen > total_max_fen)
		return refuse(ret, 0, "", "max", "the total is beyond any damage");
	return true;
}
