/* test_checklist.c - slots with and without vehicle letters, what is missing, failed, wanted again.
 */
#include "support.h"

#include "evidence/checklist.h"

static const struct slots slots = {
	.v = { { 1, "SCENE_FRONT", "前方", "", false, SLOT_ALWAYS, false },
		{ 1, "PLATE", "号牌", "", true, SLOT_ALWAYS, false },
		{ 1, "FACILITY", "设施", "", false, SLOT_FACILITY, false },
		{ 1, "SKID", "痕迹", "", false, SLOT_OPTIONAL, false },
		{ 1, "VIN", "车架号", "", true, SLOT_ALWAYS, true },
		{ 2, "SCENE_FRONT", "前方", "", false, SLOT_ALWAYS, false } },
	.n = 6,
	.newest = 2,
};
static struct arena arena;

static int fresh(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return 0;
}

static int done(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void finds_slots(void **state)
{
	static const struct {
		int version;
		const char *text, *code;
		char letter;
	} cases[] = {
		{ 1, "SCENE_FRONT", "SCENE_FRONT", 0 },
		{ 1, "PLATE_A", "PLATE", 'A' },
		{ 1, "PLATE_H", "PLATE", 'H' },
		{ 1, "PLATE", NULL, 0 },
		{ 1, "PLATE_I", NULL, 0 },
		{ 1, "PLATE_AB", NULL, 0 },
		{ 1, "PLATES_A", NULL, 0 },
		{ 1, "SCENE_FRONT_A", NULL, 0 },
		{ 1, "SCENE", NULL, 0 },
		{ 1, "_A", NULL, 0 },
		{ 1, "", NULL, 0 },
		{ 2, "PLATE_A", NULL, 0 },
		{ 3, "SCENE_FRONT", NULL, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char letter = 0;
		const struct slot *s = slot_find(&slots, cases[i].version, cases[i].text, &letter);
		if (!cases[i].code) {
			assert_null(s);
			continue;
		}
		assert_non_null(s);
		assert_string_equal(s->code, cases[i].code);
		assert_int_equal(letter, cases[i].letter);
		assert_string_equal(slot_text(s, letter, &arena), cases[i].text);
	}
}

static void names_vehicles(void **state)
{
	static const struct {
		const char *recorded;
		int reported;
		const char *want;
	} cases[] = { { "", 0, "A" }, { "", 2, "AB" }, { "A", 2, "AB" }, { "AC", 2, "AC" },
		{ "B", 2, "AB" }, { "ABC", 2, "ABC" }, { "AA?", 1, "A" }, { "", 99, "ABCDEFGH" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char got[VEHICLES_MAX + 1];
		vehicle_letters(cases[i].recorded, cases[i].reported, got);
		assert_string_equal(got, cases[i].want);
	}
}

static Pb__PhotoFindings none = PB__PHOTO_FINDINGS__INIT;
static Pb__CheckResult blur = PB__CHECK_RESULT__INIT;
static Pb__CheckResult *blurs[] = { &blur };
static Pb__PhotoFindings blurred = PB__PHOTO_FINDINGS__INIT;

#define GOOD PB__ITEM_VERDICT__VALUE__ACCEPTED
#define BAD PB__ITEM_VERDICT__VALUE__REJECTED

static Pb__GetChecklistReply fill(const struct checklist_item *items, size_t n, bool facility)
{
	Pb__GetChecklistReply out = PB__GET_CHECKLIST_REPLY__INIT;
	const struct checklist_case k = { 1, 2, "", facility, items, n };

	assert_true(checklist_fill(&slots, &k, &arena, &out));
	return out;
}

static const Pb__ChecklistSlot *at(const Pb__GetChecklistReply *r, const char *slot)
{
	for (size_t i = 0; i < r->n_slots; i++)
		if (strcmp(r->slots[i]->slot, slot) == 0)
			return r->slots[i];
	fail_msg("no slot %s", slot);
	return NULL;
}

static void an_empty_case_lacks_the_minimum(void **state)
{
	Pb__GetChecklistReply r = fill(NULL, 0, false);

	(void)state;
	assert_int_equal(r.n_missing, 3);
	assert_string_equal(r.missing[0], "SCENE_FRONT");
	assert_string_equal(r.missing[1], "PLATE_A");
	assert_string_equal(r.missing[2], "PLATE_B");
	assert_false(r.complete);
	assert_false(at(&r, "FACILITY")->required);
	assert_true(at(&r, "VIN_B")->required); /* for the loss, so not among the missing */
	assert_string_equal(at(&r, "VIN_B")->stage, "LOSS");
	r = fill(NULL, 0, true);
	assert_true(at(&r, "FACILITY")->required);
	assert_int_equal(r.n_missing, 4);
}

static void only_good_photos_count(void **state)
{
	blur.text = "照片模糊";
	blurred.checks = blurs;
	blurred.n_checks = 1;
	const struct checklist_item items[] = {
		{ "SCENE_FRONT", "1", GOOD, &none, false, "" },
		{ "PLATE_A", "2", BAD, &blurred, false, "" },
		{ "PLATE_A", "3", GOOD, &none, false, "" },
		{ "PLATE_B", "4", GOOD, &none, true, "反光" },
		{ "PLATE_B", "5", BAD, &blurred, false, "" },
		{ "SKID", "6", BAD, &blurred, false, "" },
	};
	Pb__GetChecklistReply r = fill(items, 5, false);

	(void)state;
	assert_int_equal(at(&r, "SCENE_FRONT")->state, PB__CHECKLIST_STATE__VALUE__PRESENT);
	assert_int_equal(at(&r, "PLATE_A")->state, PB__CHECKLIST_STATE__VALUE__PRESENT);
	assert_string_equal(at(&r, "PLATE_A")->item_id, "3");
	assert_int_equal(at(&r, "PLATE_A")->n_reasons, 0);
	assert_int_equal(at(&r, "PLATE_B")->state, PB__CHECKLIST_STATE__VALUE__RETAKE);
	assert_string_equal(at(&r, "PLATE_B")->reasons[0], "民警要求重拍：反光");
	assert_int_equal(r.n_missing, 1);
	assert_string_equal(r.missing[0], "PLATE_B");
	assert_int_equal(at(&r, "SKID")->state, PB__CHECKLIST_STATE__VALUE__MISSING);
	r = fill(items, 6, false);
	assert_int_equal(at(&r, "SKID")->state, PB__CHECKLIST_STATE__VALUE__FAILED);
	assert_string_equal(at(&r, "SKID")->reasons[0], "照片模糊");
}

static void a_new_photo_answers_a_retake(void **state)
{
	const struct checklist_item items[] = {
		{ "SCENE_FRONT", "1", GOOD, &none, true, "远" },
		{ "SCENE_FRONT", "2", GOOD, &none, false, "" },
		{ "PLATE_A", "3", GOOD, &none, false, "" },
		{ "PLATE_B", "4", PB__ITEM_VERDICT__VALUE__WARNED, &none, false, "" },
	};
	Pb__GetChecklistReply r = fill(items, 4, false);

	(void)state;
	assert_true(r.complete);
	assert_int_equal(r.n_missing, 0);
	assert_string_equal(at(&r, "SCENE_FRONT")->item_id, "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_slots, fresh, done),
		cmocka_unit_test(names_vehicles),
		cmocka_unit_test_setup_teardown(an_empty_case_lacks_the_minimum, fresh, done),
		cmocka_unit_test_setup_teardown(only_good_photos_count, fresh, done),
		cmocka_unit_test_setup_teardown(a_new_photo_answers_a_retake, fresh, done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
