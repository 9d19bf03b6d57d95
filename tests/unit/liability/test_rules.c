/* test_rules.c - articles, plates against types, strokes, completeness of a scene, scenarios. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "liability/access.h"
#include "liability/articles.h"
#include "liability/plates.h"
#include "liability/scenarios.h"
#include "liability/strokes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- articles ---- */

static void articles_cited(void **state)
{
	(void)state;
	static const struct {
		const char *ref, *text;
	} good[] = {
		{ "L43-1", "《中华人民共和国道路交通安全法》第四十三条第一款" },
		{ "L35", "《中华人民共和国道路交通安全法》第三十五条" },
		{ "R38-1(3)",
			"《中华人民共和国道路交通安全法实施条例》第三十八条第一款第（三）项" },
		{ "R77(3)", "《中华人民共和国道路交通安全法实施条例》第七十七条第（三）项" },
		{ "P114", "《道路交通事故处理程序规定》第一百一十四条" },
		{ "P13(7)", "《道路交通事故处理程序规定》第十三条第（七）项" },
		{ "R115", "《中华人民共和国道路交通安全法实施条例》第一百一十五条" },
		{ "L100", "《中华人民共和国道路交通安全法》第一百条" },
		{ "L107", "《中华人民共和国道路交通安全法》第一百零七条" },
		{ "《西安市道路交通安全条例》第十条", "《西安市道路交通安全条例》第十条" },
	};
	static const char *const bad[] = { "", "L", "X1", "L0", "L125", "R116", "P115", "L43-",
		"L43-0", "L43(", "L43()", "L43(2", "L43-1 ", "L1234", "43", "l43", "《没有条》",
		"《无结束第一条", "L43-1(3)x" };
	char buf[512];
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_null(article_text(good[i].ref, buf, sizeof(buf)));
		assert_string_equal(buf, good[i].text);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(article_text(bad[i], buf, sizeof(buf)));
	assert_non_null(article_text("L43-1", buf, 20));
}

static void numbers_in_chinese(void **state)
{
	(void)state;
	static const struct {
		unsigned n;
		const char *text;
	} cases[] = { { 1, "一" }, { 10, "十" }, { 11, "十一" }, { 20, "二十" }, { 43, "四十三" },
		{ 100, "一百" }, { 101, "一百零一" }, { 110, "一百一十" }, { 111, "一百一十一" },
		{ 999, "九百九十九" } };
	char buf[32];
	for (size_t i = 0; i < COUNT(cases); i++) {
		chinese_number(cases[i].n, buf);
		assert_string_equal(buf, cases[i].text);
	}
}

/* ---- plates ---- */

static void plates_and_types(void **state)
{
	(void)state;
	static const struct {
		const char *plate, *type;
		bool fits;
	} cases[] = {
		{ "", "", true },
		{ "陕A12345", "02", true },
		{ "陕A12345", "01", true },
		{ "陕AD12345", "52", true },
		{ "陕A12345D", "51", true },
		{ "陕A1234学", "16", true },
		{ "陕A1234挂", "15", true },
		{ "陕A1234警", "23", true },
		{ "", "41", true },
		{ "陕A12345", "", false },
		{ "", "02", false },
		{ "陕A12345", "41", false },
		{ "陕A12345", "52", false },
		{ "陕AD12345", "02", false },
		{ "陕AD12345", "51", false },
		{ "陕A12345D", "52", false },
		{ "陕A1234学", "02", false },
		{ "陕A1234警", "15", false },
		{ "陕A12345", "00", false },
		{ "陕A12345", "44", false },
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
			plate_type_check(cases[i].plate, cases[i].type) == NULL, cases[i].fits);
	assert_string_equal(plate_type_chinese("52"), "小型新能源汽车");
	assert_string_equal(plate_type_chinese("44"), "");
	assert_true(has_vehicle("", "41"));
	assert_false(has_vehicle("", ""));
}

/* ---- strokes ---- */

static void strokes_taken(void **state)
{
	(void)state;
	static const char *const good[] = { "0,0 1,1 2,2 1000,400", "1,1 2,2;3,3 4,4",
		"100,100 150,60;200,110 180,220 120,300" };
	static const char *const bad[] = { "", "1,1", "1,1 2,2 3,3", "1,1 2,2 3,3 1001,1",
		"1,1 2,2 3,3 1,401", "1,1 2,2 3,3 4,4 ", "1,1  2,2 3,3 4,4", "a",
		"1,1;2,2;3,3;4,4;", "1;1 2,2 3,3 4,4", "-1,1 2,2 3,3 4,4", "1,1 2,2 3,3 4,4x",
		"11111,1 2,2 3,3 4,4" };
	for (size_t i = 0; i < COUNT(good); i++)
		assert_null(strokes_read(good[i], NULL, NULL));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(strokes_read(bad[i], NULL, NULL));
	char *many = malloc(STROKE_POINTS_MAX * 4 + 16);
	assert_non_null(many);
	size_t n = 0;
	for (int i = 0; i <= STROKE_POINTS_MAX; i++)
		n += (size_t)sprintf(many + n, i ? " 1,1" : "1,1");
	assert_non_null(strokes_read(many, NULL, NULL));
	many[n - 4] = '\0';
	assert_null(strokes_read(many, NULL, NULL));
	free(many);
}

struct seen {
	int points, strokes;
};
static void see(void *arg, int x, int y, bool first)
{
	struct seen *s = arg;
	(void)x;
	(void)y;
	s->points++;
	s->strokes += first;
}

static void strokes_parted(void **state)
{
	(void)state;
	struct seen s = { 0 };
	assert_null(strokes_read("1,1 2,2;3,3 4,4 5,5;6,6", see, &s));
	assert_int_equal(s.points, 6);
	assert_int_equal(s.strokes, 3);
}

/* ---- scenes ---- */

static Pb__Party party(const char *letter, const char *plate, const char *type)
{
	Pb__Party p = PB__PARTY__INIT;
	p.letter = letter;
	p.plate = plate;
	p.plate_type = type;
	p.name = "张伟";
	p.licence_no = "610103199001010016";
	p.phone = "13800138000";
	p.insurer = "PICC";
	p.policy_no = "P1";
	p.applied = true;
	return p;
}

static const char *const all_slots[] = { "SCENE_FRONT", "SCENE_REAR", "CONTACT_DETAIL", "PLATE_A",
	"PLATE_B", "DAMAGE_A", "DAMAGE_B" };

static void note_pointer(void *arg, const char *pointer, const char *rule, const char *detail)
{
	char *all = arg;
	assert_non_null(rule);
	assert_non_null(detail);
	assert_true(strlen(all) + strlen(pointer) + 2 < 1024);
	strcat(strcat(all, pointer), " ");
}

static void scene_complete(void **state)
{
	(void)state;
	Pb__Party a = party("A", "陕A12345", "02"), b = party("B", "陕AD12345", "52");
	const Pb__Party *parties[] = { &a, &b };
	struct scene s = { parties, 2, all_slots, COUNT(all_slots) };
	assert_int_equal(scene_check(&s, NULL, NULL), 0);
	/* Each photo is needed. */
	for (size_t skip = 0; skip < COUNT(all_slots); skip++) {
		const char *some[COUNT(all_slots)];
		size_t n = 0;
		for (size_t i = 0; i < COUNT(all_slots); i++)
			if (i != skip)
				some[n++] = all_slots[i];
		char told[1024] = "", wanted[64];
		struct scene t = { parties, 2, some, n };
		assert_int_equal(scene_check(&t, note_pointer, told), 1);
		(void)snprintf(wanted, sizeof(wanted), "/photos/%s ", all_slots[skip]);
		assert_string_equal(told, wanted);
	}
}

static void scene_parties(void **state)
{
	(void)state;
	Pb__Party a = party("A", "陕A12345", "02"), b = party("B", "陕AD12345", "52");
	const Pb__Party *parties[] = { &a, &b };
	struct scene s = { parties, 2, all_slots, COUNT(all_slots) };
	char told[1024] = "";
	a.phone = "";
	a.licence_no = "";
	b.insurer = "";
	b.policy_no = "";
	b.applied = false;
	assert_int_equal(scene_check(&s, note_pointer, told), 5);
	assert_string_equal(told, "/parties/A/idNumber /parties/A/phone /parties/B/insurer "
				  "/parties/B/policyNo /parties/B/application ");
	/* A pedestrian needs no insurance and no photos of a vehicle. */
	a = party("A", "陕A12345", "02");
	b = party("B", "", "");
	b.insurer = b.policy_no = "";
	struct scene t = { parties, 2, all_slots, 6 };
	assert_int_equal(scene_check(&t, NULL, NULL), 0);
	struct scene nobody = { parties, 0, all_slots, COUNT(all_slots) };
	assert_int_equal(scene_check(&nobody, NULL, NULL), 1);
	struct scene empty = { NULL, 0, NULL, 0 };
	assert_int_equal(scene_check(&empty, NULL, NULL), 4);
}

/* ---- scenarios ---- */

static const char *const rear_words[] = { "追尾", "追撞" };
static const char *const lane_words[] = { "变道", "变更车道" };
static const char *const lane_slots[] = { "ROAD_MARKING" };
static const char *const articles[] = { "L43-1", "R44-2" };
static const char *const uncertain[] = { "R44-2" };
static const struct scenario catalogue[] = {
	{ .code = "S01",
		.key = "REAR_END",
		.title = "追尾",
		.usual = "FULL",
		.version = 1,
		.words = rear_words,
		.n_words = 2,
		.in_lane = true,
		.articles = articles,
		.n_articles = 1 },
	{ .code = "S02",
		.key = "LANE_CHANGE",
		.title = "变道",
		.usual = "FULL",
		.version = 1,
		.words = lane_words,
		.n_words = 2,
		.slots = lane_slots,
		.n_slots = 1,
		.in_lane = true,
		.articles = articles,
		.n_articles = 2,
		.uncertain = uncertain,
		.n_uncertain = 1 },
	{ .code = "S49",
		.key = "SINGLE",
		.title = "单方",
		.usual = "FULL",
		.version = 1,
		.in_lane = true },
	{ .code = "S50",
		.key = "SPEED",
		.title = "超速",
		.usual = "AGGRAVATING",
		.version = 1,
		.aggravating = true,
		.in_lane = true },
	{ .code = "S56", .key = "DELIBERATE", .title = "故意", .usual = "DEPENDS", .version = 1 },
	{ .code = "S57",
		.key = "NO_FAULT",
		.title = "意外",
		.usual = "NONE",
		.version = 1,
		.in_lane = true },
};

static void scenario_rules(void **state)
{
	(void)state;
	assert_null(scenario_check(&catalogue[0]).rule);
	assert_string_equal(scenario_check(&catalogue[3]).rule, "aggravating");
	assert_string_equal(scenario_check(&catalogue[4]).rule, "out_of_lane");
	assert_true(scenario_no_fault(&catalogue[5]));
	assert_false(scenario_no_fault(&catalogue[0]));
	struct scene s = { NULL, 0, all_slots, COUNT(all_slots) };
	assert_null(scenario_missing_slot(&catalogue[0], &s));
	assert_string_equal(scenario_missing_slot(&catalogue[1], &s), "ROAD_MARKING");
	struct scene t = { NULL, 0, lane_slots, 1 };
	assert_null(scenario_missing_slot(&catalogue[1], &t));
	assert_true(scenario_article_certain(&catalogue[1], "L43-1"));
	assert_false(scenario_article_certain(&catalogue[1], "R44-2"));
}

static void hints_have_grounds(void **state)
{
	(void)state;
	struct hint h[2];
	assert_int_equal(scenario_hints(catalogue, COUNT(catalogue), "两车相撞", 2, h, 2), 0);
	assert_int_equal(scenario_hints(catalogue, COUNT(catalogue), "", 0, h, 2), 0);
	assert_int_equal(
		scenario_hints(catalogue, COUNT(catalogue), "对方变更车道后被追尾", 2, h, 2), 2);
	assert_string_equal(h[0].scenario->code, "S02"); /* the longer word first */
	assert_string_equal(h[0].word, "变更车道");
	assert_string_equal(h[1].scenario->code, "S01");
	assert_int_equal(scenario_hints(catalogue, COUNT(catalogue), "变更车道 追尾", 1, h, 1), 1);
	assert_string_equal(h[0].scenario->code, "S02");
	assert_int_equal(scenario_hints(catalogue, COUNT(catalogue), "撞了", 1, h, 2), 1);
	assert_string_equal(h[0].scenario->code, "S49");
	assert_null(h[0].word);
	assert_int_equal(scenario_hints(catalogue, COUNT(catalogue), "追尾", 2, h, 0), 0);
}

static void scenario_shown(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	Pb__Scenario *m = scenario_message(&catalogue[1], &a);
	assert_non_null(m);
	assert_int_equal(m->n_articles, 2);
	assert_true(m->articles[0]->certain);
	assert_false(m->articles[1]->certain);
	assert_string_equal(m->slots[0], "ROAD_MARKING");
	arena_release(&a);
	arena_init(&a, 1 << 16);
	for (long nth = 0; nth < 8; nth++) {
		arena_reset(&a);
		a.fail_after = nth;
		m = scenario_message(&catalogue[1], &a);
		assert_true(!m || a.full || m->n_articles == 2);
	}
	arena_release(&a);
}

/* ---- access ---- */

static void districts_matched(void **state)
{
	(void)state;
	static const struct {
		const char *bound, *district;
		bool in;
	} cases[] = { { "", "610103", true }, { "610103", "610103", true },
		{ "610102 610103", "610103", true }, { "610102  610103 ", "610103", true },
		{ "610102", "610103", false }, { "6101031", "610103", false },
		{ "61010", "610103", false }, { "610102 610104", "", false } };
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct principal who = { .districts = cases[i].bound };
		assert_int_equal(in_districts(&who, cases[i].district), cases[i].in);
	}
}

static void who_sees_an_incident(void **state)
{
	(void)state;
	static const struct incident i = {
		.id = "inc", .district = "610103", .responder_id = "r1"
	};
	static const struct incident nobody = { .id = "inc", .district = "", .responder_id = "" };
	static const struct {
		Pb__Role__Value role;
		const char *subject, *districts, *incident_id;
		bool sees;
	} cases[] = {
		{ PB__ROLE__VALUE__RESPONDER, "r1", "", "", true },
		{ PB__ROLE__VALUE__RESPONDER, "r2", "", "", false },
		{ PB__ROLE__VALUE__RESPONDER, "", "", "", false },
		{ PB__ROLE__VALUE__OFFICER, "o", "", "", true },
		{ PB__ROLE__VALUE__OFFICER, "o", "610103", "", true },
		{ PB__ROLE__VALUE__OFFICER, "o", "610113", "", false },
		{ PB__ROLE__VALUE__PARTY, "p", "", "inc", true },
		{ PB__ROLE__VALUE__PARTY, "p", "", "other", false },
		{ PB__ROLE__VALUE__PARTY, "p", "", "", false },
		{ PB__ROLE__VALUE__DISPATCHER, "d", "", "", true },
		{ PB__ROLE__VALUE__INSURER, "r1", "", "inc", false },
		{ PB__ROLE__VALUE__ANYONE, "r1", "", "inc", false },
	};
	for (size_t k = 0; k < COUNT(cases); k++) {
		struct call c = { .who = { .roles = 1u << cases[k].role,
					  .subject = cases[k].subject,
					  .districts = cases[k].districts,
					  .incident_id = cases[k].incident_id } };
		assert_int_equal(may_see(&c, &i), cases[k].sees);
	}
	struct call c = { .who = { .roles = 1u << PB__ROLE__VALUE__RESPONDER, .subject = "" } };
	assert_false(may_see(&c, &nobody));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(articles_cited),
		cmocka_unit_test(numbers_in_chinese),
		cmocka_unit_test(plates_and_types),
		cmocka_unit_test(strokes_taken),
		cmocka_unit_test(strokes_parted),
		cmocka_unit_test(scene_complete),
		cmocka_unit_test(scene_parties),
		cmocka_unit_test(scenario_rules),
		cmocka_unit_test(hints_have_grounds),
		cmocka_unit_test(scenario_shown),
		cmocka_unit_test(districts_matched),
		cmocka_unit_test(who_sees_an_incident),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
