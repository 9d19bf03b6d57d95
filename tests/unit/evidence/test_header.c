/* test_header.c - what the marker walk makes of whole, odd and hostile JPEG headers. */
#include "support.h"

#include "evidence/photo/header.h"

static const struct photo_limits limits = PHOTO_LIMITS_DEFAULT;

/* SOI, one frame header, one scan header, a little data, EOI. */
static struct bytes frame(int marker, int precision, int w, int h, int components)
{
	uint8_t b[64] = { 0xff, 0xd8, 0xff, (uint8_t)marker, 0, (uint8_t)(8 + 3 * components),
		(uint8_t)precision, (uint8_t)(h >> 8), (uint8_t)h, (uint8_t)(w >> 8), (uint8_t)w,
		(uint8_t)components };
	size_t n = 12;
	for (int i = 0; i < components; i++, n += 3)
		memcpy(b + n, (uint8_t[]){ (uint8_t)(i + 1), 0x11, 0 }, 3);
	static const uint8_t tail[] = { 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0x34, 0xff,
		0xd9 };
	memcpy(b + n, tail, sizeof(tail));
	return bytes_copy(b, n + sizeof(tail));
}

static void judges_frames(void **state)
{
	static const struct {
		int marker, precision, w, h, components;
		enum photo_fault want;
	} cases[] = {
		{ 0xc0, 8, 1280, 720, 3, PHOTO_NONE },
		{ 0xc1, 8, 1280, 720, 1, PHOTO_NONE },
		{ 0xc2, 8, 1280, 720, 3, PHOTO_NONE },
		{ 0xc3, 8, 1280, 720, 3, PHOTO_LOSSLESS },
		{ 0xc5, 8, 1280, 720, 3, PHOTO_HIERARCHICAL },
		{ 0xc9, 8, 1280, 720, 3, PHOTO_ARITHMETIC },
		{ 0xca, 8, 1280, 720, 3, PHOTO_ARITHMETIC },
		{ 0xcb, 8, 1280, 720, 3, PHOTO_LOSSLESS },
		{ 0xce, 8, 1280, 720, 3, PHOTO_HIERARCHICAL },
		{ 0xc1, 12, 1280, 720, 3, PHOTO_PRECISION },
		{ 0xc0, 8, 1280, 720, 4, PHOTO_COLOURS },
		{ 0xc0, 8, 1280, 720, 2, PHOTO_COLOURS },
		{ 0xc0, 8, 0, 720, 3, PHOTO_ZERO_SIZE },
		{ 0xc0, 8, 1280, 0, 3, PHOTO_ZERO_SIZE },
		{ 0xc0, 8, 16384, 3051, 3, PHOTO_NONE },
		{ 0xc0, 8, 16384, 3052, 3, PHOTO_MAX_PIXELS },
		{ 0xc0, 8, 16385, 8, 3, PHOTO_MAX_SIDE },
		{ 0xc0, 8, 8, 65500, 3, PHOTO_MAX_SIDE },
		{ 0xc0, 8, 65500, 65500, 3, PHOTO_MAX_SIDE },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bytes b = frame(cases[i].marker, cases[i].precision, cases[i].w, cases[i].h,
			cases[i].components);
		struct jpeg_header h = jpeg_header_read(b.p, b.n, &limits);
		if (h.fault != cases[i].want)
			fail_msg("case %zu: %s", i, photo_fault_rule(h.fault));
		if (h.fault == PHOTO_NONE) {
			assert_int_equal(h.width, cases[i].w);
			assert_int_equal(h.scans, 1);
			assert_true(h.ended);
		}
		free(b.p);
	}
}

static void refuses_what_is_no_photo(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum photo_fault want;
	} cases[] = {
		{ "", 0, PHOTO_NOT_JPEG },
		{ "\xff\xd8", 2, PHOTO_NOT_JPEG },
		{ "PK\3\4 a zip named jpg", 20, PHOTO_NOT_JPEG },
		{ "GIF89a", 6, PHOTO_NOT_JPEG },
		{ "\xff\xd8\xff\xd9", 4, PHOTO_NO_FRAME },
		{ "\xff\xd8\xff\xe0\x00\x01", 6, PHOTO_NO_FRAME },
		{ "\xff\xd8\xff\xe0\xff\xff", 6, PHOTO_NO_FRAME },
		{ "\xff\xd8\xff\xff\xff\xff", 6, PHOTO_NO_FRAME },
		{ "\xff\xd8\xff\xda\x00\x08", 6, PHOTO_NO_FRAME },
		{ "\xff\xd8\xff\xc0\x00\x04\x08\x00", 8, PHOTO_UNDECODABLE },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bytes b = bytes_copy(cases[i].bytes, cases[i].n);
		struct jpeg_header h = jpeg_header_read(b.p, b.n, &limits);
		if (h.fault != cases[i].want)
			fail_msg("case %zu: %s", i, photo_fault_rule(h.fault));
		free(b.p);
	}
}

static void counts_scans(void **state)
{
	static const uint8_t scan[] = { 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x11, 0xff, 0x00 };
	struct photo_limits l = limits;
	struct bytes b = frame(0xc2, 8, 640, 480, 1);
	size_t head = b.n - 14;

	(void)state;
	l.max_scans = 10;
	b.p = realloc(b.p, head + 12 * sizeof(scan));
	assert_non_null(b.p);
	for (size_t i = 0; i < 12; i++)
		memcpy(b.p + head + i * sizeof(scan), scan, sizeof(scan));
	struct jpeg_header h = jpeg_header_read(b.p, head + 10 * sizeof(scan), &l);
	assert_int_equal(h.fault, PHOTO_NONE);
	assert_int_equal(h.scans, 10);
	assert_false(h.ended);
	h = jpeg_header_read(b.p, head + 11 * sizeof(scan), &l);
	assert_int_equal(h.fault, PHOTO_MAX_SCANS);
	free(b.p);
}

/* No prefix of a good file is read past its end (the sanitizer watches). */
static void survives_every_cut(void **state)
{
	struct bytes b = make_jpeg(64, 48, 20);

	(void)state;
	for (size_t n = 0; n <= b.n; n++) {
		struct bytes cut = bytes_copy(b.p, n);
		struct jpeg_header h = jpeg_header_read(cut.p, cut.n, &limits);
		assert_true(h.fault < PHOTO_FAULT_MAX);
		free(cut.p);
	}
	free(b.p);
}

static void finds_exif(void **state)
{
	struct tiff t = tiff_orientation(6);
	struct bytes plain = make_jpeg(64, 48, 20), b = with_exif(plain, t.b, t.n);
	struct jpeg_header h = jpeg_header_read(b.p, b.n, &limits);

	(void)state;
	assert_int_equal(h.fault, PHOTO_NONE);
	assert_non_null(h.exif);
	assert_int_equal(h.exif_len, t.n + 6);
	assert_memory_equal(h.exif + 6, t.b, t.n);
	h = jpeg_header_read(plain.p, plain.n, &limits);
	assert_null(h.exif);
	free(b.p);
	free(plain.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_frames),
		cmocka_unit_test(refuses_what_is_no_photo),
		cmocka_unit_test(counts_scans),
		cmocka_unit_test(survives_every_cut),
		cmocka_unit_test(finds_exif),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
