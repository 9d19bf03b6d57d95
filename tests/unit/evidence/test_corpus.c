/* test_corpus.c - real and hostile JPEGs of the shared corpus: our verdict against the manifest's,
 * EXIF facts against exiftool's, orientations against each other, time bounded. Skipped when the
 * corpus is not there ($JB_SHARED, by default ../shared beside the source). */
#include "support.h"

#include "kit/timeutil.h"

enum { COLUMNS = 24, FILE_MAX = 64 << 20 };
enum { SIDE = 16 };
enum { C_FILE = 0, C_ORIENTATION = 13, C_GPS = 14, C_TIME = 15, C_MODEL = 16, C_EXPECTED = 22 };

static const struct photo_limits limits = PHOTO_LIMITS_DEFAULT;
static char folder[512];

static bool have_corpus(void)
{
	const char *shared = getenv("JB_SHARED");
	char path[600];

	snprintf(folder, sizeof(folder), "%s/data/jpeg",
		shared && *shared ? shared : JB_SOURCE_DIR "/../shared");
	snprintf(path, sizeof(path), "%s/manifest.tsv", folder);
	FILE *f = fopen(path, "r");
	if (f)
		fclose(f);
	else
		print_message("SKIPPED: no JPEG corpus at %s\n", folder);
	return f != NULL;
}

static struct bytes load(const char *name)
{
	char path[1200];
	struct bytes b = { 0 };

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "rb");
	if (!f)
		return b;
	fseek(f, 0, SEEK_END);
	long n = ftell(f);
	rewind(f);
	if (n >= 0 && n < FILE_MAX) {
		b.p = malloc(n ? (size_t)n : 1);
		b.n = b.p ? fread(b.p, 1, (size_t)n, f) : 0;
	}
	fclose(f);
	return b;
}

/* Which of our faults fit a class of the manifest. Arithmetic, colours and scans are judged from
 * the header before decoding, so they may come first on files a decoder calls undecodable. */
static bool fits(const char *expected, enum photo_fault f)
{
	bool refused = f != PHOTO_NONE && f != PHOTO_DAMAGED;

	if (!strcmp(expected, "accept"))
		return f == PHOTO_NONE;
	if (!strcmp(expected, "policy:decodes_with_warnings"))
		return f == PHOTO_DAMAGED || refused;
	if (!strcmp(expected, "policy:arithmetic"))
		return f == PHOTO_ARITHMETIC;
	if (!strcmp(expected, "policy:cmyk_or_odd_components"))
		return f == PHOTO_COLOURS || f == PHOTO_NOT_JPEG;
	if (!strcmp(expected, "reject:dimensions"))
		return f == PHOTO_MAX_SIDE || f == PHOTO_MAX_PIXELS || f == PHOTO_NO_FRAME;
	if (!strcmp(expected, "reject:bad_dimensions"))
		return f == PHOTO_ZERO_SIZE;
	if (!strcmp(expected, "reject:not_jpeg"))
		return f == PHOTO_NOT_JPEG;
	if (!strcmp(expected, "reject:no_frame_header"))
		return f == PHOTO_NO_FRAME || f == PHOTO_NOT_JPEG;
	return refused;
}

static bool exif_agrees(char *const *c, const struct photo_exif *x)
{
	int64_t us = 0;
	int want = atoi(c[C_ORIENTATION]);

	if (want >= 1 && want <= 8 && x->orientation != want)
		return false;
	/* exiftool also reads times and models from places that are not EXIF; ours are never
	 * others. */
	if (x->taken_how != PHOTO_TIME_NONE && strlen(c[C_TIME]) >= 19) {
		char text[TIME_TEXT_MAX], rfc[40];
		snprintf(rfc, sizeof(rfc), "%.4s-%.2s-%.2sT%.8s%s", c[C_TIME], c[C_TIME] + 5,
			c[C_TIME] + 8, c[C_TIME] + 11, "+08:00");
		if (!time_from_text(rfc, &us))
			return false;
		(void)time_to_text(us, text);
		if (x->taken_how == PHOTO_TIME_LOCAL && us != x->taken_at_us)
			return false;
	}
	if (*x->model && *c[C_MODEL] && strncmp(x->model, c[C_MODEL], sizeof(x->model) - 1) != 0)
		return false;
	return !(x->has_gps && !*c[C_GPS]);
}

/* One row: false with a line printed when anything disagrees. */
static bool row_agrees(char *const *c)
{
	struct bytes b = load(c[C_FILE]);
	struct photo_found f, again;
	struct photo_rendition r[PHOTO_SIZES];

	if (!b.p) {
		print_message("%s: can't be read\n", c[C_FILE]);
		return false;
	}
	int64_t t0 = mono_us();
	photo_inspect(b.p, b.n, &limits, &f, r);
	int64_t ms = (mono_us() - t0) / 1000;
	photo_renditions_free(r);
	photo_inspect(b.p, b.n, &limits, &again, r);
	photo_renditions_free(r);
	free(b.p);
	bool seen = f.fault == PHOTO_NONE || f.fault == PHOTO_DAMAGED;
	bool good = fits(c[C_EXPECTED], (enum photo_fault)f.fault) && ms < 5000 &&
		    memcmp(&f, &again, sizeof(f)) == 0 && (!seen || exif_agrees(c, &f.exif));
	if (!good)
		print_message("%s: %s for %s, %lld ms, o%d t%d %lld gps%d '%s'\n", c[C_FILE],
			photo_fault_rule((enum photo_fault)f.fault), c[C_EXPECTED], (long long)ms,
			f.exif.orientation, f.exif.taken_how, (long long)f.exif.taken_at_us,
			f.exif.has_gps, f.exif.model);
	return good;
}

static void agrees_with_the_manifest(void **state)
{
	char path[600], line[4096];
	int rows = 0, bad = 0;

	(void)state;
	if (!have_corpus())
		skip();
	snprintf(path, sizeof(path), "%s/manifest.tsv", folder);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	while (fgets(line, sizeof(line), f)) {
		char *c[COLUMNS] = { 0 }, *rest = line;
		for (int i = 0; i < COLUMNS; i++) {
			c[i] = strsep(&rest, "\t\n");
			assert_non_null(c[i]);
		}
		rows++;
		bad += !row_agrees(c);
	}
	fclose(f);
	print_message("%d files, %d disagree\n", rows, bad);
	assert_true(rows > 400);
	assert_int_equal(bad, 0);
}

static const struct {
	const char *file;
	double lon, lat;
} places[] = {
	/* exiftool -n */
	{ "exif/ianare_gps_DSCN0010.jpg", 11.8851266666639, 43.4674483333333 },
	{ "exif/ianare_gps_DSCN0042.jpg", 11.8814783333333, 43.464455 },
	{ "large/ianare_HMD_Nokia_8.3_5G.jpg", 24.9067722222222, 60.1467055555556 },
	{ "large/ianare_iphone_hdr_YES.jpg", -3.72475277777778, 40.4469722222222 },
	{ "exif/pillow_ultrahdr.jpg", 119.738766666667, 30.62765 },
};

static void places_as_exiftool_reads_them(void **state)
{
	(void)state;
	if (!have_corpus())
		skip();
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct bytes b = load(places[i].file);
		struct photo_found f;
		struct photo_rendition r[PHOTO_SIZES];
		assert_non_null(b.p);
		photo_inspect(b.p, b.n, &limits, &f, r);
		if (!f.exif.has_gps || fabs(f.exif.lon - places[i].lon) > 1e-7 ||
			fabs(f.exif.lat - places[i].lat) > 1e-7)
			fail_msg("%s: %d %.9f %.9f", places[i].file, f.exif.has_gps, f.exif.lon,
				f.exif.lat);
		photo_renditions_free(r);
		free(b.p);
	}
}

/* Luma of the small rendition brought to 16x16, the corners' labels being the files' own. */
static void thumb(const char *name, uint8_t out[SIDE * SIDE], bool *ret_wide)
{
	struct bytes b = load(name);
	struct photo_found f;
	struct photo_rendition r[PHOTO_SIZES];
	struct planes p;
	struct plane small;
	uint32_t warnings;

	assert_non_null(b.p);
	photo_inspect(b.p, b.n, &limits, &f, r);
	assert_int_equal(f.fault, PHOTO_NONE);
	assert_int_equal(
		codec_decode(r[0].jpeg, r[0].len, &limits, 99999, &p, &warnings), PHOTO_NONE);
	*ret_wide = f.rendition_width[0] > f.rendition_height[0];
	assert_true(plane_resize(&p.p[0], SIDE, SIDE, &small));
	for (int y = 0; y < SIDE; y++)
		memcpy(out + y * SIDE, plane_row(&small, y), SIDE);
	plane_free(&small);
	planes_free(&p);
	photo_renditions_free(r);
	free(b.p);
}

/* Mean difference, with b mirrored across (1), down (2), both (3) or not. */
static double difference(const uint8_t *a, const uint8_t *b, int mirror)
{
	double sum = 0;
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++) {
			int bx = mirror & 1 ? SIDE - 1 - x : x, by = mirror & 2 ? SIDE - 1 - y : y;
			sum += abs(a[y * SIDE + x] - b[by * SIDE + bx]);
		}
	return sum / (SIDE * SIDE);
}

static void orientations_look_alike(void **state)
{
	static const char *const groups[][9] = {
		{ "orientation/recurser_Landscape_1.jpg", "orientation/recurser_Landscape_2.jpg",
			"orientation/recurser_Landscape_3.jpg",
			"orientation/recurser_Landscape_4.jpg",
			"orientation/recurser_Landscape_5.jpg",
			"orientation/recurser_Landscape_6.jpg",
			"orientation/recurser_Landscape_7.jpg",
			"orientation/recurser_Landscape_8.jpg" },
		{ "orientation/recurser_Portrait_1.jpg", "orientation/recurser_Portrait_2.jpg",
			"orientation/recurser_Portrait_5.jpg",
			"orientation/recurser_Portrait_7.jpg",
			"orientation/recurser_Portrait_8.jpg" },
		{ "orientation/ianare_landscape_1.jpg", "orientation/ianare_landscape_2.jpg",
			"orientation/ianare_landscape_3.jpg", "orientation/ianare_landscape_4.jpg",
			"orientation/ianare_landscape_5.jpg", "orientation/ianare_landscape_6.jpg",
			"orientation/ianare_landscape_8.jpg" },
		{ "orientation/vips_rotation_1.jpg", "orientation/vips_rotation_2.jpg",
			"orientation/vips_rotation_3.jpg", "orientation/vips_rotation_4.jpg",
			"orientation/vips_rotation_6.jpg", "orientation/vips_rotation_7.jpg",
			"orientation/vips_rotation_8.jpg" },
	};
	(void)state;
	if (!have_corpus())
		skip();
	for (size_t g = 0; g < sizeof(groups) / sizeof(*groups); g++) {
		uint8_t want[SIDE * SIDE], got[SIDE * SIDE];
		bool want_wide, wide;
		thumb(groups[g][0], want, &want_wide);
		for (int i = 1; groups[g][i]; i++) {
			thumb(groups[g][i], got, &wide);
			assert_int_equal(wide, want_wide);
			double d = difference(want, got, 0);
			double wrong = fmin(difference(want, got, 1),
				fmin(difference(want, got, 2), difference(want, got, 3)));
			if (d > wrong / 2)
				fail_msg("%s differs by %.1f, turned otherwise by %.1f",
					groups[g][i], d, wrong);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_manifest),
		cmocka_unit_test(places_as_exiftool_reads_them),
		cmocka_unit_test(orientations_look_alike),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
