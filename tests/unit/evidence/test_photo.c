/* test_photo.c - the whole look at made photos: renditions, orientation, damage, quality figures.
 */
#include "support.h"

#include "evidence/photo/quality.h"

static const struct photo_limits limits = PHOTO_LIMITS_DEFAULT;

struct look {
	struct photo_found f;
	struct photo_rendition r[PHOTO_SIZES];
};

static struct look look_at(struct bytes b)
{
	struct look k;
	struct bytes exact = bytes_copy(b.p, b.n); /* so that the sanitizer sees one byte too far */
	photo_inspect(exact.p, exact.n, &limits, &k.f, k.r);
	free(exact.p);
	return k;
}

static void makes_three_sizes(void **state)
{
	struct bytes b = make_jpeg(4000, 3000, 40);
	struct look k = look_at(b);

	(void)state;
	assert_int_equal(k.f.fault, PHOTO_NONE);
	for (int i = 0; i < PHOTO_SIZES; i++) {
		struct look again = look_at((struct bytes){ k.r[i].jpeg, k.r[i].len });
		assert_int_equal(again.f.fault, PHOTO_NONE);
		assert_int_equal(again.f.width, limits.sizes[i]);
		assert_int_equal(again.f.height, limits.sizes[i] * 3 / 4);
		assert_int_equal(again.f.width, k.f.rendition_width[i]);
		assert_int_equal(again.f.height, k.f.rendition_height[i]);
		photo_renditions_free(again.r);
	}
	photo_renditions_free(k.r);
	free(b.p);
}

/* Nothing is enlarged, and sizes no block fits in work too. */
static void small_and_odd_sizes(void **state)
{
	static const int sizes[][2] = { { 1, 1 }, { 2, 3 }, { 17, 15 }, { 257, 1 }, { 1, 300 },
		{ 1921, 7 }, { 1025, 1023 }, { 16384, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct bytes b = make_jpeg(sizes[i][0], sizes[i][1], 30);
		struct look k = look_at(b);
		assert_int_equal(k.f.fault, PHOTO_NONE);
		for (int s = 0; s < PHOTO_SIZES; s++) {
			assert_true(k.f.rendition_width[s] >= 1);
			assert_true(k.f.rendition_width[s] <= limits.sizes[s]);
			assert_true(k.f.rendition_width[s] <= (uint32_t)sizes[i][0]);
			assert_true(k.f.rendition_height[s] <= (uint32_t)sizes[i][1]);
		}
		photo_renditions_free(k.r);
		free(b.p);
	}
}

/* Stored turned by each orientation, the small rendition shows the same upright scene. */
static struct bytes stored_as(const struct planes *upright, int orientation)
{
	static const int inverse[9] = { 0, 1, 2, 3, 4, 5, 8, 7, 6 };
	struct planes turned = { .n = 3 };
	struct photo_rendition r = { 0 };

	for (int i = 0; i < 3; i++) {
		assert_true(plane_orient(&upright->p[i], inverse[orientation], &turned.p[i]));
		plane_pad(&turned.p[i]);
	}
	assert_true(codec_encode(&turned, 92, &r));
	planes_free(&turned);
	struct tiff t = tiff_orientation((unsigned)orientation);
	struct bytes plain = { r.jpeg, r.len }, out = with_exif(plain, t.b, t.n);
	free(plain.p);
	return out;
}

static double mean_difference(const struct planes *a, const struct planes *b)
{
	double sum = 0, n = 0;
	for (int i = 0; i < 3; i++)
		for (int y = 0; y < a->p[i].h; y++)
			for (int x = 0; x < a->p[i].w; x++, n++)
				sum += abs(plane_row(&a->p[i], y)[x] - plane_row(&b->p[i], y)[x]);
	return sum / n;
}

static struct planes decode(struct photo_rendition r)
{
	struct planes p;
	uint32_t warnings;
	assert_int_equal(codec_decode(r.jpeg, r.len, &limits, 99999, &p, &warnings), PHOTO_NONE);
	return p;
}

static void turns_upright(void **state)
{
	struct bytes b = make_jpeg(640, 400, 10);
	struct look base = look_at(b);
	struct photo_rendition whole = { b.p, b.n };
	struct planes upright = decode(whole), want = decode(base.r[0]);

	(void)state;
	for (int o = 1; o <= 8; o++) {
		struct bytes s = stored_as(&upright, o);
		struct look k = look_at(s);
		assert_int_equal(k.f.fault, PHOTO_NONE);
		assert_int_equal(k.f.exif.orientation, o);
		assert_int_equal(k.f.rendition_width[0], 256);
		assert_int_equal(k.f.rendition_height[0], 160);
		struct planes got = decode(k.r[0]);
		double d = mean_difference(&want, &got);
		if (d > 2.5)
			fail_msg("orientation %d: differs by %f", o, d);
		struct look again = look_at((struct bytes){ k.r[0].jpeg, k.r[0].len });
		assert_int_equal(again.f.exif.orientation, 1);
		photo_renditions_free(again.r);
		planes_free(&got);
		photo_renditions_free(k.r);
		free(s.p);
	}
	planes_free(&upright);
	planes_free(&want);
	photo_renditions_free(base.r);
	free(b.p);
}

static void renditions_carry_no_metadata(void **state)
{
	struct tiff t = tiff_orientation(3);
	struct bytes plain = make_jpeg(800, 600, 20), b = with_exif(plain, t.b, t.n);
	struct look k = look_at(b);

	(void)state;
	for (int i = 0; i < PHOTO_SIZES; i++)
		for (size_t at = 0; at + 1 < k.r[i].len && k.r[i].jpeg[at + 1] != 0xda; at++)
			assert_false(k.r[i].jpeg[at] == 0xff && k.r[i].jpeg[at + 1] >= 0xe1 &&
				     k.r[i].jpeg[at + 1] <= 0xef);
	photo_renditions_free(k.r);
	free(b.p);
	free(plain.p);
}

static void cut_short_is_damaged_and_stays_so(void **state)
{
	struct bytes b = make_jpeg(1600, 1200, 40);

	(void)state;
	struct look first = look_at((struct bytes){ b.p, b.n / 2 });
	struct look second = look_at((struct bytes){ b.p, b.n / 2 });
	assert_int_equal(first.f.fault, PHOTO_DAMAGED);
	assert_true(first.f.warnings > 0);
	assert_memory_equal(&first.f, &second.f, sizeof(first.f));
	for (int i = 0; i < PHOTO_SIZES; i++) {
		assert_int_equal(first.r[i].len, second.r[i].len);
		assert_memory_equal(first.r[i].jpeg, second.r[i].jpeg, first.r[i].len);
	}
	photo_renditions_free(first.r);
	photo_renditions_free(second.r);
	free(b.p);
}

/* Any single flipped byte: an answer, no crash, no renditions beside a refusal. */
static void any_flipped_byte_is_answered(void **state)
{
	struct bytes b = make_jpeg(96, 64, 40);

	(void)state;
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] ^= 0x55;
		struct look k = look_at(b);
		assert_true(k.f.fault < PHOTO_FAULT_MAX);
		bool seen = k.f.fault == PHOTO_NONE || k.f.fault == PHOTO_DAMAGED;
		for (int s = 0; s < PHOTO_SIZES; s++)
			assert_int_equal(k.r[s].jpeg != NULL, seen);
		photo_renditions_free(k.r);
		b.p[i] ^= 0x55;
	}
	free(b.p);
}

static void tells_sharp_from_soft(void **state)
{
	struct bytes sharp = make_jpeg(1600, 1200, 60), soft = make_jpeg(1600, 1200, 0);
	struct look a = look_at(sharp), b = look_at(soft);

	(void)state;
	assert_true(a.f.quality.sharpness > 100);
	assert_true(b.f.quality.sharpness < 60);
	photo_renditions_free(a.r);
	photo_renditions_free(b.r);
	free(sharp.p);
	free(soft.p);
}

static void figures_of_known_planes(void **state)
{
	struct plane p;

	(void)state;
	assert_true(plane_make(&p, 64, 64));
	struct exposure e = exposure(&p);
	assert_true(e.mean == 0 && e.clipped == 1);
	assert_true(sharpness(&p) == 0);
	for (int y = 0; y < 64; y++)
		for (int x = 0; x < 64; x++)
			plane_row_mut(&p, y)[x] = (x + y) % 2 ? 100 : 110;
	/* Each Laplacian is +40 or -40. */
	assert_true(fabs(sharpness(&p) - 1600) < 1e-6);
	e = exposure(&p);
	assert_true(fabs(e.mean - 105) < 1e-9 && e.clipped == 0);
	plane_free(&p);
}

static void resizing_keeps_flat_flat(void **state)
{
	static const int to[][2] = { { 1, 1 }, { 33, 20 }, { 99, 70 }, { 100, 71 }, { 250, 170 } };

	(void)state;
	for (int level = 0; level < 256; level += 51)
		for (size_t i = 0; i < sizeof(to) / sizeof(*to); i++) {
			struct plane in, out;
			assert_true(plane_make(&in, 100, 71));
			memset(in.px, level, (size_t)in.stride * 71);
			assert_true(plane_resize(&in, to[i][0], to[i][1], &out));
			for (int y = 0; y < out.h; y++)
				for (int x = 0; x < out.w; x++)
					assert_int_equal(plane_row(&out, y)[x], level);
			plane_free(&in);
			plane_free(&out);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_three_sizes),
		cmocka_unit_test(small_and_odd_sizes),
		cmocka_unit_test(turns_upright),
		cmocka_unit_test(renditions_carry_no_metadata),
		cmocka_unit_test(cut_short_is_damaged_and_stays_so),
		cmocka_unit_test(any_flipped_byte_is_answered),
		cmocka_unit_test(tells_sharp_from_soft),
		cmocka_unit_test(figures_of_known_planes),
		cmocka_unit_test(resizing_keeps_flat_flat),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
