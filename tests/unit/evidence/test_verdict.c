/* test_verdict.c - each check at its threshold, and what checks add up to. */
#include "support.h"

#include "evidence/verdict.h"
#include "kit/timeutil.h"

static const struct verdict_rules rules = { .min_pixels = 921600,
	.min_side = 720,
	.min_bytes = 50000,
	.blur_reject = 60,
	.blur_warn = 100,
	.dark_below = 35,
	.bright_above = 225,
	.clipped_percent = 60,
	.early_s = 300,
	.late_s = 120,
	.place_m = 200 };

static struct arena arena;
static struct photo_found photo;
static struct verdict_facts facts;

static int fresh(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	photo = (struct photo_found){ .fault = PHOTO_NONE,
		.width = 4000,
		.height = 3000,
		.quality = { .sharpness = 300, .mean_luma = 120, .clipped = 0.05 },
		.exif = { .orientation = 1 } };
	facts = (struct verdict_facts){ .photo = &photo,
		.size_bytes = 2000000,
		.now_us = 10000 * US_PER_S,
		.reported_at_us = 9000 * US_PER_S,
		.incident = { 108.94, 34.26 } };
	return 0;
}

static int done(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void expect(Pb__ItemVerdict__Value value, const char *code, const char *rule)
{
	struct verdict v = verdict_of(&rules, &facts, &arena);

	assert_int_equal(v.value, value);
	assert_int_equal(v.n_checks, code ? 1 : 0);
	if (!code)
		return;
	assert_string_equal(v.checks[0]->code, code);
	assert_string_equal(v.checks[0]->rule, rule);
	assert_true(strlen(v.checks[0]->text) > 10);
	assert_int_equal(v.checks[0]->rejects, value == PB__ITEM_VERDICT__VALUE__REJECTED);
}

#define ACCEPTED() expect(PB__ITEM_VERDICT__VALUE__ACCEPTED, NULL, NULL)
#define WARNED(code, rule) expect(PB__ITEM_VERDICT__VALUE__WARNED, code, rule)
#define REJECTED(code, rule) expect(PB__ITEM_VERDICT__VALUE__REJECTED, code, rule)

static void a_good_photo(void **state)
{
	(void)state;
	ACCEPTED();
}

static void ph01_size(void **state)
{
	(void)state;
	photo.width = 1280;
	photo.height = 720;
	ACCEPTED();
	photo.width = 720; /* upright is as good */
	photo.height = 1280;
	ACCEPTED();
	photo.width = photo.height = 1024; /* as many pixels, no side under 720 */
	ACCEPTED();
	photo.width = 1279;
	photo.height = 720;
	REJECTED("PH01", "resolution");
	photo.width = 4000;
	photo.height = 719;
	REJECTED("PH01", "resolution");
	photo.height = 3000;
	facts.size_bytes = 49999;
	REJECTED("PH01", "bytes");
}

/* The grey filling of a damaged photo says nothing of its sharpness. */
static void ph01_damaged(void **state)
{
	(void)state;
	photo.fault = PHOTO_DAMAGED;
	photo.quality.sharpness = 1;
	REJECTED("PH01", "damaged");
}

static void ph02_blur(void **state)
{
	(void)state;
	photo.quality.sharpness = 100;
	ACCEPTED();
	photo.quality.sharpness = 99.9;
	WARNED("PH02", "blur");
	photo.quality.sharpness = 60;
	WARNED("PH02", "blur");
	photo.quality.sharpness = 59.9;
	REJECTED("PH02", "blur");
}

static void ph03_light(void **state)
{
	(void)state;
	photo.quality.mean_luma = 35;
	ACCEPTED();
	photo.quality.mean_luma = 34.9;
	REJECTED("PH03", "dark");
	photo.quality.mean_luma = 225.1;
	REJECTED("PH03", "bright");
	photo.quality.mean_luma = 120;
	photo.quality.clipped = 0.6;
	ACCEPTED();
	photo.quality.clipped = 0.61;
	REJECTED("PH03", "clipped");
}

static void ph05_same_bytes(void **state)
{
	(void)state;
	facts.same_bytes_slot = "现场前方全景";
	REJECTED("PH05", "duplicate");
	facts.same_bytes_slot = NULL;
	facts.in_other_case = true;
	ACCEPTED(); /* a flag, not a check */
	struct verdict v = verdict_of(&rules, &facts, &arena);
	assert_int_equal(v.n_flags, 1);
	assert_string_equal(v.flags[0]->rule, "other_case");
}

static void ph07_time(void **state)
{
	(void)state;
	facts.captured_at_us = 8700 * US_PER_S;
	ACCEPTED();
	facts.captured_at_us = 8699 * US_PER_S;
	WARNED("PH07", "old");
	facts.captured_at_us = 10120 * US_PER_S;
	ACCEPTED();
	facts.captured_at_us = 10121 * US_PER_S;
	WARNED("PH07", "future");
	/* The file's own time comes first. */
	photo.exif.taken_how = PHOTO_TIME_OFFSET;
	photo.exif.taken_at_us = 9500 * US_PER_S;
	ACCEPTED();
	photo.exif.taken_at_us = 1 * US_PER_S;
	WARNED("PH07", "old");
	photo.exif.taken_how = PHOTO_TIME_LOCAL;
	struct verdict v = verdict_of(&rules, &facts, &arena);
	assert_non_null(strstr(v.checks[0]->text, "北京时间"));
}

static void ph08_place(void **state)
{
	const struct lonlat near = { 108.9415, 34.26 }, off = { 108.9430, 34.26 };

	(void)state;
	ACCEPTED();              /* no place is no fault */
	facts.app_place = &near; /* 138 m */
	ACCEPTED();
	facts.app_place = &off; /* 276 m */
	WARNED("PH08", "place");
	facts.uncertainty_m = 100;
	ACCEPTED();
	facts.uncertainty_m = 0;
	photo.exif.has_gps = true;
	photo.exif.lon = 108.94;
	photo.exif.lat = 34.26;
	ACCEPTED();
	photo.exif.lon = -108.94;
	WARNED("PH08", "place");
}

static void checks_add_up(void **state)
{
	(void)state;
	photo.quality.sharpness = 80;
	photo.quality.mean_luma = 10;
	facts.captured_at_us = 1;
	facts.size_bytes = 10;
	struct verdict v = verdict_of(&rules, &facts, &arena);
	assert_int_equal(v.value, PB__ITEM_VERDICT__VALUE__REJECTED);
	assert_int_equal(v.n_checks, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_good_photo, fresh, done),
		cmocka_unit_test_setup_teardown(ph01_size, fresh, done),
		cmocka_unit_test_setup_teardown(ph01_damaged, fresh, done),
		cmocka_unit_test_setup_teardown(ph02_blur, fresh, done),
		cmocka_unit_test_setup_teardown(ph03_light, fresh, done),
		cmocka_unit_test_setup_teardown(ph05_same_bytes, fresh, done),
		cmocka_unit_test_setup_teardown(ph07_time, fresh, done),
		cmocka_unit_test_setup_teardown(ph08_place, fresh, done),
		cmocka_unit_test_setup_teardown(checks_add_up, fresh, done),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
