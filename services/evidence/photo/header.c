/* header.c - walks a JPEG's markers to judge it before decoding. */
#include "evidence/photo/header.h"

#include <string.h>

enum marker {
	M_TEM = 0x01,
	M_SOF0 = 0xc0,
	M_DHT = 0xc4,
	M_JPG = 0xc8,
	M_DAC = 0xcc,
	M_SOF15 = 0xcf,
	M_RST0 = 0xd0,
	M_RST7 = 0xd7,
	M_SOI = 0xd8,
	M_EOI = 0xd9,
	M_SOS = 0xda,
	M_APP1 = 0xe1,
};

struct walk {
	const uint8_t *p, *end;
};

/* The next marker's code, skipping stray bytes as libjpeg does; -1 at the end of the data. */
static int next_marker(struct walk *w)
{
	while (w->p < w->end) {
		const uint8_t *ff = memchr(w->p, 0xff, (size_t)(w->end - w->p));
		if (!ff)
			break;
		w->p = ff;
		while (w->p < w->end && *w->p == 0xff)
			w->p++;
		if (w->p == w->end)
			break;
		int code = *w->p++;
		if (code != 0)
			return code;
	}
	w->p = w->end;
	return -1;
}

/* The marker's body, or false when its length is impossible. */
static bool take_body(struct walk *w, const uint8_t **body, size_t *len)
{
	if (w->end - w->p < 2)
		return false;
	size_t n = (size_t)w->p[0] << 8 | w->p[1];
	if (n < 2 || n > (size_t)(w->end - w->p))
		return false;
	*body = w->p + 2;
	*len = n - 2;
	w->p += n;
	return true;
}

static bool is_frame(int code)
{
	return code >= M_SOF0 && code <= M_SOF15 && code != M_DHT && code != M_JPG && code != M_DAC;
}

/* What a frame's marker says of its coding. */
static enum photo_fault judge_coding(int code, enum photo_coding *ret)
{
	static const uint8_t kind[16] = {
		[0x3] = PHOTO_LOSSLESS,
		[0x5] = PHOTO_HIERARCHICAL,
		[0x6] = PHOTO_HIERARCHICAL,
		[0x7] = PHOTO_LOSSLESS,
		[0x9] = PHOTO_ARITHMETIC,
		[0xa] = PHOTO_ARITHMETIC,
		[0xb] = PHOTO_LOSSLESS,
		[0xd] = PHOTO_HIERARCHICAL,
		[0xe] = PHOTO_HIERARCHICAL,
		[0xf] = PHOTO_LOSSLESS,
	};
	*ret = code == 0xc0 ? PHOTO_BASELINE : code == 0xc1 ? PHOTO_EXTENDED : PHOTO_PROGRESSIVE;
	return (enum photo_fault)kind[code & 0xf];
}

static enum photo_fault read_frame(
	int code, const uint8_t *b, size_t len, struct jpeg_header *h, const struct photo_limits *l)
{
	if (len < 6)
		return PHOTO_UNDECODABLE;
	h->precision = b[0];
	h->height = (uint32_t)b[1] << 8 | b[2];
	h->width = (uint32_t)b[3] << 8 | b[4];
	h->components = b[5];
	enum photo_fault f = judge_coding(code, &h->coding);
	if (h->width == 0 || h->height == 0)
		return PHOTO_ZERO_SIZE;
	if (h->width > l->max_side || h->height > l->max_side)
		return PHOTO_MAX_SIDE;
	if ((uint64_t)h->width * h->height > l->max_pixels)
		return PHOTO_MAX_PIXELS;
	if (f != PHOTO_NONE)
		return f;
	if (h->precision != 8)
		return PHOTO_PRECISION;
	if (h->components != 1 && h->components != 3)
		return PHOTO_COLOURS;
	return len == 6 + 3 * (size_t)h->components ? PHOTO_NONE : PHOTO_UNDECODABLE;
}

static void note_exif(struct jpeg_header *h, const uint8_t *b, size_t len)
{
	static const uint8_t tag[6] = { 'E', 'x', 'i', 'f', 0, 0 };

	if (!h->exif && len > sizeof(tag) && memcmp(b, tag, sizeof(tag)) == 0) {
		h->exif = b;
		h->exif_len = len;
	}
}

static bool stands_alone(int code)
{
	return code == M_TEM || (code >= M_RST0 && code <= M_RST7);
}

/* After the first scan began: counts the others up to the end marker. What is broken here shows as
 * the decoder's warnings, so the walk only counts. */
static enum photo_fault count_scans(
	struct walk *w, struct jpeg_header *h, const struct photo_limits *l)
{
	for (int code = M_SOS; code >= 0; code = next_marker(w)) {
		const uint8_t *body;
		size_t len;

		if (code == M_EOI) {
			h->ended = true;
			break;
		}
		if (code == M_SOS && ++h->scans > l->max_scans)
			return PHOTO_MAX_SCANS;
		if (!stands_alone(code) && !take_body(w, &body, &len))
			break;
	}
	return PHOTO_NONE;
}

static enum photo_fault walk_markers(
	struct walk *w, struct jpeg_header *h, const struct photo_limits *l)
{
	bool frame = false;

	for (;;) {
		const uint8_t *body;
		size_t len;
		int code = next_marker(w);

		if (code < 0 || code == M_EOI)
			return frame ? PHOTO_UNDECODABLE : PHOTO_NO_FRAME;
		if (code == M_SOS)
			return frame ? count_scans(w, h, l) : PHOTO_NO_FRAME;
		if (stands_alone(code))
			continue;
		if (code == M_SOI || !take_body(w, &body, &len))
			return frame ? PHOTO_UNDECODABLE : PHOTO_NO_FRAME;
		if (is_frame(code)) {
			enum photo_fault f =
				frame ? PHOTO_UNDECODABLE : read_frame(code, body, len, h, l);
			if (f != PHOTO_NONE)
				return f;
			frame = true;
		} else if (code == M_APP1) {
			note_exif(h, body, len);
		}
	}
}

struct jpeg_header jpeg_header_read(const uint8_t *data, size_t n, const struct photo_limits *l)
{
	struct jpeg_header h = { .fault = PHOTO_NOT_JPEG };

	if (n < 4 || data[0] != 0xff || data[1] != M_SOI || data[2] != 0xff)
		return h;
	struct walk w = { data + 2, data + n };
	h.fault = walk_markers(&w, &h, l);
	return h;
}
