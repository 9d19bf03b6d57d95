/* test_gates.c - the shipped gate table, row by row, against orders that should meet it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "intake/gates.h"

enum { RULES_MAX = 64 };

static struct gate_rule rules[RULES_MAX];
static char texts[RULES_MAX][2][256];
static struct gate_table table = { .version = 1, .rules = rules };

/* The rows as the migration inserts them. */
static int load_table(void **state)
{
	FILE *f = fopen(JB_SOURCE_DIR "/db/0021_load_gates.sql", "rb");
	char line[1024], fact[64];

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		struct gate_rule *r = &rules[table.n];
		int version;
		long at_least;
		if (sscanf(line,
			    "\t(%d, '%7[X0-9]', '%c', '%63[A-Z_]', %ld, '%255[^']', '%255[^']')",
			    &version, r->code, &r->level, fact, &at_least, texts[table.n][0],
			    texts[table.n][1]) != 7)
			continue;
		r->fact = gate_fact_by_name(fact);
		if (r->fact == FACT_UNKNOWN)
			fail_msg("no such fact: %s", fact);
		r->at_least = at_least;
		r->title = texts[table.n][0];
		r->basis = texts[table.n][1];
		table.n++;
	}
	fclose(f);
	return table.n ? 0 : -1;
}

struct outcome {
	char codes[256];
	Pb__Lane__Value lane;
};

static struct outcome judge(const Pb__SubmitOrderRequest *o)
{
	const struct gate_rule *hits[GATE_HITS_MAX];
	struct gate_facts facts;
	struct outcome r = { "", 0 };
	size_t n;

	assert_int_equal(gate_facts_of(o, &facts), -1);
	n = gates_evaluate(&table, &facts, hits);
	for (size_t i = 0; i < n; i++)
		snprintf(r.codes + strlen(r.codes), sizeof(r.codes) - strlen(r.codes), "%s%s:%c",
			i ? " " : "", hits[i]->code, hits[i]->level);
	r.lane = gates_lane(hits, n);
	return r;
}

static struct outcome judge_flag(const char *flag)
{
	Pb__SubmitOrderRequest o = PB__SUBMIT_ORDER_REQUEST__INIT;
	const char *flags[] = { flag };

	o.n_flags = 1;
	o.flags = flags;
	return judge(&o);
}

static void table_is_whole(void **state)
{
	bool seen[26] = { false };

	(void)state;
	for (size_t i = 0; i < table.n; i++) {
		seen[atoi(rules[i].code + 1)] = true;
		assert_true(strlen(rules[i].title) > 6 && strlen(rules[i].basis) > 1);
	}
	for (int x = 1; x <= 25; x++)
		assert_true(seen[x]);
}

static void plain_order_is_rapid(void **state)
{
	Pb__SubmitOrderRequest o = PB__SUBMIT_ORDER_REQUEST__INIT;
	Pb__Vehicle a = PB__VEHICLE__INIT, b = PB__VEHICLE__INIT;
	Pb__Vehicle *v[] = { &a, &b };
	Pb__Casualties none = PB__CASUALTIES__INIT;

	(void)state;
	a.plate = "陕A12345";
	a.plate_type = "02";
	b.plate = "陕AD12345";
	b.plate_type = "52";
	b.opt_movable_case = PB__VEHICLE__OPT_MOVABLE_MOVABLE;
	b.movable = true;
	o.n_vehicles = 2;
	o.vehicles = v;
	o.casualties = &none;
	assert_string_equal(judge(&o).codes, "");
	assert_int_equal(judge(&o).lane, PB__LANE__VALUE__RAPID);
}

static void people_come_first(void **state)
{
	Pb__SubmitOrderRequest o = PB__SUBMIT_ORDER_REQUEST__INIT;
	Pb__Casualties c = PB__CASUALTIES__INIT;

	(void)state;
	o.casualties = &c;
	c.injured = 2;
	assert_string_equal(judge(&o).codes, "X02:G");
	assert_int_equal(judge(&o).lane, PB__LANE__VALUE__GENERAL);
	c.slight_injury_all_agree = true;
	assert_string_equal(judge(&o).codes, "X03:O");
	assert_int_equal(judge(&o).lane, PB__LANE__VALUE__OFFICER);
	c.dead = 1;
	assert_string_equal(judge(&o).codes, "X01:G X03:O");
	assert_int_equal(judge(&o).lane, PB__LANE__VALUE__GENERAL);
}

static void vehicles_tell_much(void **state)
{
	static const struct {
		Pb__Vehicle v;
		const char *codes;
	} cases[] = {
		{ { .plate = "", .plate_type = "41" }, "X07:O" },
		{ { .plate = "陕A12345", .plate_type = "42" }, "X07:G" },
		{ { .plate = "陕A12345", .plate_type = "43" }, "X07:G" },
		{ { .plate = "VA12345", .plate_type = "" }, "X18:O" },
		{ { .plate = "WJ陕1234X", .plate_type = "31" }, "X18:O" },
		{ { .plate = "使014578", .plate_type = "03" }, "X18:O" },
		{ { .plate = "", .plate_type = "02", .hazmat = true }, "X11:G" },
		{ { .plate = "", .plate_type = "02", .hazmat_leaking = true }, "X11:G" },
		{ { .plate = "",
			  .plate_type = "",
			  .opt_movable_case = PB__VEHICLE__OPT_MOVABLE_MOVABLE },
			"X13:O" },
		{ { .plate = "", .plate_type = "" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		Pb__SubmitOrderRequest o = PB__SUBMIT_ORDER_REQUEST__INIT;
		Pb__Vehicle v = cases[i].v, *list[] = { &v };
		o.n_vehicles = 1;
		o.vehicles = list;
		assert_string_equal(judge(&o).codes, cases[i].codes);
	}
}

static void many_vehicles_need_a_look(void **state)
{
	Pb__SubmitOrderRequest o = PB__SUBMIT_ORDER_REQUEST__INIT;
	Pb__Vehicle v = PB__VEHICLE__INIT, *list[] = { &v, &v, &v, &v };

	(void)state;
	o.vehicles = list;
	o.n_vehicles = 3;
	assert_string_equal(judge(&o).codes, "");
	o.n_vehicles = 4;
	assert_string_equal(judge(&o).codes, "X25:C");
	assert_int_equal(judge(&o).lane, PB__LANE__VALUE__RAPID);
}

static void every_flag_meets_a_row(void **state)
{
	int flags = 0;

	(void)state;
	for (int f = 0; f < FACTS; f++) {
		if (!gate_fact_is_flag((enum gate_fact)f))
			continue;
		flags++;
		assert_int_equal(strlen(judge_flag(gate_fact_name((enum gate_fact)f)).codes), 5);
	}
	assert_true(flags > 20);
	assert_string_equal(judge_flag("DRINK").codes, "X04:O");
	assert_string_equal(judge_flag("DRUNK").codes, "X04:G");
	assert_int_equal(judge_flag("OFFICER_REQUESTED").lane, PB__LANE__VALUE__OFFICER);
	assert_int_equal(judge_flag("NO_INSPECTION").lane, PB__LANE__VALUE__RAPID);
}

static void strictest_of_a_code_counts(void **state)
{
	Pb__SubmitOrderRequest o = PB__SUBMIT_ORDER_REQUEST__INIT;
	const char *flags[] = { "DRUNK", "DRINK" };

	(void)state;
	o.n_flags = 2;
	o.flags = flags;
	assert_string_equal(judge(&o).codes, "X04:G");
}

static void unknown_flags_are_named(void **state)
{
	Pb__SubmitOrderRequest o = PB__SUBMIT_ORDER_REQUEST__INIT;
	const char *flags[] = { "DRINK", "DRUNKK", "DEAD" };
	struct gate_facts facts;

	(void)state;
	o.n_flags = 3;
	o.flags = flags;
	assert_int_equal(gate_facts_of(&o, &facts), 1);
	flags[1] = "DRUNK";
	assert_int_equal(gate_facts_of(&o, &facts), 2); /* derived, not to be claimed */
}

static void fleeing_leaves_the_lane(void **state)
{
	Pb__SubmitOrderRequest o = PB__SUBMIT_ORDER_REQUEST__INIT;
	Pb__Fled fled = PB__FLED__INIT;

	(void)state;
	o.fled = &fled;
	assert_string_equal(judge(&o).codes, "X08:G");
}

static void versions_follow_time(void **state)
{
	struct gate_table v[] = { { .version = 1, .effective_from_us = 100 },
		{ .version = 2, .effective_from_us = 200 } };

	(void)state;
	assert_null(gates_at(v, 2, 99));
	assert_int_equal(gates_at(v, 2, 100)->version, 1);
	assert_int_equal(gates_at(v, 2, 199)->version, 1);
	assert_int_equal(gates_at(v, 2, 200)->version, 2);
	assert_string_equal(gates_find(&table, "X04:G")->code, "X04");
	assert_int_equal(gates_find(&table, "X04:G")->level, 'G');
	assert_null(gates_find(&table, "X04:C"));
	assert_null(gates_find(&table, "X04"));
	assert_null(gates_find(NULL, "X04:G"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_whole),
		cmocka_unit_test(plain_order_is_rapid),
		cmocka_unit_test(people_come_first),
		cmocka_unit_test(vehicles_tell_much),
		cmocka_unit_test(many_vehicles_need_a_look),
		cmocka_unit_test(every_flag_meets_a_row),
		cmocka_unit_test(strictest_of_a_code_counts),
		cmocka_unit_test(unknown_flags_are_named),
		cmocka_unit_test(fleeing_leaves_the_lane),
		cmocka_unit_test(versions_follow_time),
	};

	return cmocka_run_group_tests(tests, load_table, NULL);
}
