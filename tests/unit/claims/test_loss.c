/* test_loss.c - sums and ceilings of a loss sheet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "claims/loss.h"

#define K(x) PB__LOSS_KIND__VALUE__##x

static Pb__LossLine lines[8];
static Pb__LossLine *list[8];
static Pb__LossSheet sheet;
static struct loss_fault fault;

static int empty(void **state)
{
	(void)state;
	pb__loss_sheet__init(&sheet);
	sheet.lines = list;
	return 0;
}

static Pb__LossLine *line(Pb__LossKind__Value kind, double quantity, int64_t price)
{
	Pb__LossLine *l = &lines[sheet.n_lines];
	pb__loss_line__init(l);
	l->kind = kind;
	l->quantity = quantity;
	l->unit_price_fen = price;
	list[sheet.n_lines++] = l;
	return l;
}

static void adds_up(void **state)
{
	(void)state;
	line(K(PART), 2, 80000);
	line(K(LABOUR), 1.5, 12000);
	line(K(PAINT), 0, 50000); /* no quantity: one */
	line(K(MATERIAL), 0.333, 1000);
	line(K(RESCUE), 1, 30000);
	line(K(SALVAGE), 1, 20000)->of_line = 1;
	assert_true(loss_add_up(&sheet, &fault));
	assert_int_equal(sheet.parts_fen, 160000);
	assert_int_equal(sheet.labour_fen, 18000);
	assert_int_equal(sheet.paint_fen, 50000);
	assert_int_equal(sheet.material_fen, 333);
	assert_int_equal(sheet.rescue_fen, 30000);
	assert_int_equal(sheet.salvage_fen, 20000);
	assert_int_equal(sheet.total_fen, 160000 - 20000 + 18000 + 50000 + 333 + 30000);
	assert_int_equal(lines[1].amount_fen, 18000);
}

static void no_damage(void **state)
{
	(void)state;
	assert_true(loss_add_up(&sheet, &fault));
	assert_int_equal(sheet.total_fen, 0);
}

static void half_a_fen_goes_up(void **state)
{
	(void)state;
	line(K(LABOUR), 0.5, 1);
	line(K(LABOUR), 0.499, 1);
	assert_true(loss_add_up(&sheet, &fault));
	assert_int_equal(lines[0].amount_fen, 1);
	assert_int_equal(lines[1].amount_fen, 0);
}

static void refused(const char *field, const char *rule, size_t at)
{
	assert_false(loss_add_up(&sheet, &fault));
	assert_string_equal(fault.field, field);
	assert_string_equal(fault.rule, rule);
	assert_int_equal(fault.line, at);
}

static void salvage_rules(void **state)
{
	(void)state;
	line(K(LABOUR), 1, 10000);
	Pb__LossLine *part = line(K(PART), 1, 10000);
	Pb__LossLine *s = line(K(SALVAGE), 1, 6000);
	refused("ofLine", "part", 2);
	s->of_line = 1; /* labour leaves nothing over */
	refused("ofLine", "part", 2);
	s->of_line = 9;
	refused("ofLine", "part", 2);
	s->of_line = 2;
	assert_true(loss_add_up(&sheet, &fault));
	line(K(SALVAGE), 1, 4001)->of_line = 2; /* together more than the part */
	refused("unitPriceFen", "salvage", 3);
	lines[3].unit_price_fen = 4000;
	assert_true(loss_add_up(&sheet, &fault));
	assert_int_equal(sheet.total_fen, 10000);
	part->of_line = 1;
	refused("ofLine", "kind", 1);
}

static void line_rules(void **state)
{
	(void)state;
	Pb__LossLine *l = line(K(LABOUR), 1.0005, 100);
	refused("quantity", "decimals", 0);
	l->quantity = 0.0001;
	refused("quantity", "decimals", 0);
	l->quantity = 10000;
	l->unit_price_fen = INT64_C(10000000000);
	refused("unitPriceFen", "max", 0);
	l->unit_price_fen = 100;
	l->repair = true;
	refused("repair", "kind", 0);
	l->repair = false;
	l->kind = K(UNSPECIFIED);
	refused("kind", "required", 0);
	l->kind = K(RESCUE);
	assert_true(loss_add_up(&sheet, &fault));
	assert_int_equal(sheet.total_fen, 1000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(adds_up, empty),
		cmocka_unit_test_setup(no_damage, empty),
		cmocka_unit_test_setup(half_a_fen_goes_up, empty),
		cmocka_unit_test_setup(salvage_rules, empty),
		cmocka_unit_test_setup(line_rules, empty),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
