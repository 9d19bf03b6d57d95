/* test_exif.c - capture time with and without offset, GPS whole and broken, odd orientations. */
#include "support.h"

#include "evidence/photo/exif.h"
#include "kit/timeutil.h"

static int64_t at(const char *rfc3339)
{
	int64_t us;
	assert_true(time_from_text(rfc3339, &us));
	return us;
}

static void reads_times(void **state)
{
	static const struct {
		const char *text, *offset, *want;
		enum photo_time how;
	} cases[] = {
		{ "2026:11:21 14:07:09", NULL, "2026-11-21T06:07:09Z", PHOTO_TIME_LOCAL },
		{ "2026:11:21 14:07:09", "", "2026-11-21T06:07:09Z", PHOTO_TIME_LOCAL },
		{ "2026:11:21 14:07:09", "garbage", "2026-11-21T06:07:09Z", PHOTO_TIME_LOCAL },
		{ "2026:11:21 14:07:09", "+08:00", "2026-11-21T06:07:09Z", PHOTO_TIME_OFFSET },
		{ "2026:11:21 14:07:09", "Z", "2026-11-21T14:07:09Z", PHOTO_TIME_OFFSET },
		{ "2026:11:21 14:07:09", "-03:30", "2026-11-21T17:37:09Z", PHOTO_TIME_OFFSET },
		{ "2024:02:29 00:00:00", NULL, "2024-02-28T16:00:00Z", PHOTO_TIME_LOCAL },
		{ "2026-11-21 14:07:09", NULL, "2026-11-21T06:07:09Z", PHOTO_TIME_LOCAL },
		{ "2026:02:29 00:00:00", NULL, NULL, PHOTO_TIME_NONE },
		{ "0000:00:00 00:00:00", NULL, NULL, PHOTO_TIME_NONE },
		{ "2026:13:01 00:00:00", NULL, NULL, PHOTO_TIME_NONE },
		{ "2026:11:21 25:00:00", NULL, NULL, PHOTO_TIME_NONE },
		{ "2026:11:21 14:07", NULL, NULL, PHOTO_TIME_NONE },
		{ "    :  :     :  :  ", NULL, NULL, PHOTO_TIME_NONE },
		{ "", NULL, NULL, PHOTO_TIME_NONE },
		{ NULL, NULL, NULL, PHOTO_TIME_NONE },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t us = 0;
		enum photo_time how = exif_time(cases[i].text, cases[i].offset, &us);
		if (how != cases[i].how || us != (cases[i].want ? at(cases[i].want) : 0))
			fail_msg("case %zu: how %d, %lld", i, (int)how, (long long)us);
	}
}

struct angle {
	uint32_t v[6]; /* three fractions */
};

/* IFD0 -> GPS IFD with latitude and longitude of the given type. */
static struct tiff tiff_gps(
	const char *ns, struct angle lat, const char *ew, struct angle lon, unsigned type)
{
	struct tiff t = { .b = { 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8 }, .n = 14 };
	const uint32_t gps = 8 + 2 + 12 + 4, data = gps + 2 + 4 * 12 + 4;

	put16(&t, 1);
	entry(&t, 0x8825, 4, 1, gps);
	put32(&t, 0);
	put16(&t, 4);
	entry(&t, 1, 2, 2, (uint32_t)ns[0] << 24);
	entry(&t, 2, type, 3, data);
	entry(&t, 3, 2, 2, (uint32_t)ew[0] << 24);
	entry(&t, 4, type, 3, data + 24);
	put32(&t, 0);
	for (int i = 0; i < 6; i++)
		put32(&t, lat.v[i]);
	for (int i = 0; i < 6; i++)
		put32(&t, lon.v[i]);
	return t;
}

static void reads_gps(void **state)
{
	static const struct angle lat = { { 34, 1, 15, 1, 3600, 100 } };
	static const struct angle lon = { { 108, 1, 56, 1, 2400, 100 } };
	static const struct angle folded = { { 34, 1, 1525, 100, 0, 0 } };
	static const struct angle zero = { { 0, 1, 0, 1, 0, 1 } };
	static const struct angle broken = { { 34, 0, 15, 1, 0, 1 } };
	static const struct angle far = { { 91, 1, 0, 1, 0, 1 } };
	static const struct angle minus = { { (uint32_t)-34, 1, 15, 1, 36, 1 } };
	static const struct angle wide = { { UINT32_MAX, 1, 0, 1, 0, 1 } };
	const struct {
		const char *ns, *ew;
		struct angle lat, lon;
		unsigned type;
		bool has;
		double want_lat, want_lon;
	} cases[] = {
		{ "N", "E", lat, lon, 5, true, 34.26, 108.94 },
		{ "S", "W", lat, lon, 5, true, -34.26, -108.94 },
		{ "N", "E", lat, lon, 10, true, 34.26, 108.94 },
		{ "N", "E", folded, lon, 5, true, 34.254167, 108.94 },
		{ "N", "E", zero, zero, 5, false, 0, 0 },
		{ "N", "E", broken, lon, 5, false, 0, 0 },
		{ "N", "E", far, lon, 5, false, 0, 0 },
		{ "N", "E", minus, lon, 10, false, 0, 0 },
		{ "N", "E", lat, wide, 5, false, 0, 0 },
		{ "X", "E", lat, lon, 5, false, 0, 0 },
		{ "N", "\0", lat, lon, 5, false, 0, 0 },
		{ "N", "E", lat, lon, 4, false, 0, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tiff t = tiff_gps(
			cases[i].ns, cases[i].lat, cases[i].ew, cases[i].lon, cases[i].type);
		struct photo_exif x = exif_read(t.b, t.n);
		if (x.has_gps != cases[i].has || fabs(x.lat - cases[i].want_lat) > 1e-6 ||
			fabs(x.lon - cases[i].want_lon) > 1e-6)
			fail_msg("case %zu: %d %f %f", i, x.has_gps, x.lat, x.lon);
	}
}

static void reads_orientation(void **state)
{
	(void)state;
	for (unsigned o = 0; o < 12; o++) {
		struct tiff body = tiff_orientation(o),
			    t = { .b = { 'E', 'x', 'i', 'f', 0, 0 }, .n = 6 };
		memcpy(t.b + 6, body.b, body.n);
		assert_int_equal(exif_read(t.b, body.n + 6).orientation, o >= 1 && o <= 8 ? o : 1);
	}
}

static void broken_exif_is_no_exif(void **state)
{
	static const struct angle a = { { 34, 1, 15, 1, 3600, 100 } };
	struct tiff good = tiff_gps("N", a, "E", a, 5);

	(void)state;
	assert_int_equal(exif_read(NULL, 0).orientation, 1);
	for (size_t n = 0; n < good.n; n++) {
		struct bytes cut = bytes_copy(good.b, n);
		struct photo_exif x = exif_read(cut.p, cut.n);
		assert_int_equal(x.orientation, 1);
		assert_int_equal(x.taken_how, PHOTO_TIME_NONE);
		free(cut.p);
	}
	for (size_t i = 0; i < good.n; i++) {
		struct tiff t = good;
		t.b[i] ^= 0xff;
		struct photo_exif x = exif_read(t.b, t.n);
		assert_true(x.orientation >= 1 && x.orientation <= 8);
		assert_true(!x.has_gps || (fabs(x.lat) <= 90 && fabs(x.lon) <= 180));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_times),
		cmocka_unit_test(reads_gps),
		cmocka_unit_test(reads_orientation),
		cmocka_unit_test(broken_exif_is_no_exif),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
