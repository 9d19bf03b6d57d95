/* codec.c - libjpeg-turbo held to limits: raw-plane decoding at a reduced scale, and encoding. */
#include "evidence/photo/codec.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>

#if JPEG_LIB_VERSION >= 70
#error "component scaling is read from DCT_scaled_size, which is libjpeg 6b's"
#endif

enum { ROWS_MAX = 4 * DCTSIZE, STRAY_AT_END_MAX = 16 };

struct codec {
	struct jpeg_error_mgr err; /* first: libjpeg hands it back to the callbacks */
	jmp_buf out;
	uint32_t warnings;
	enum photo_fault fault;
	const struct photo_limits *limits;
	const uint8_t *data;
	size_t len;
	uint32_t target;
	struct planes planes; /* decoded, or to encode */
	struct jpeg_decompress_struct in;
	struct jpeg_progress_mgr progress;
	struct jpeg_compress_struct enc;
	uint8_t *jpeg;
	unsigned long jpeg_len;
	uint32_t quality;
};

/* Runs a step that may leave by longjmp. The only setjmp of the project. */
static bool guarded(struct codec *k, void (*step)(struct codec *k))
{
	if (setjmp(k->out))
		return false;
	step(k);
	return true;
}

static _Noreturn void on_fatal(j_common_ptr c)
{
	struct codec *k = (struct codec *)(void *)c->err;
	int code = c->err->msg_code;

	if (k->fault == PHOTO_NONE)
		k->fault = code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE ||
					   code == JERR_WIDTH_OVERFLOW
				   ? PHOTO_MEMORY
				   : PHOTO_UNDECODABLE;
	longjmp(k->out, 1);
}

/* A few stray bytes before the end marker follow a whole image: some cameras pad so. */
static bool harmless(const struct jpeg_error_mgr *e)
{
	return e->msg_code == JWRN_EXTRANEOUS_DATA && e->msg_parm.i[1] == 0xd9 &&
	       e->msg_parm.i[0] <= STRAY_AT_END_MAX;
}

static void on_message(j_common_ptr c, int level)
{
	struct codec *k = (struct codec *)(void *)c->err;

	if (level < 0 && !harmless(c->err))
		k->warnings++;
}

static void on_progress(j_common_ptr c)
{
	struct codec *k = (struct codec *)(void *)c->err;

	if (c->is_decompressor && (uint32_t)k->in.input_scan_number > k->limits->max_scans) {
		k->fault = PHOTO_MAX_SCANS;
		longjmp(k->out, 1);
	}
}

static struct jpeg_error_mgr *errors(struct codec *k)
{
	jpeg_std_error(&k->err);
	k->err.error_exit = on_fatal;
	k->err.emit_message = on_message;
	return &k->err;
}

void planes_free(struct planes *p)
{
	for (int i = 0; i < 3; i++)
		plane_free(&p->p[i]);
	p->n = 0;
}

static _Noreturn void leave(struct codec *k, enum photo_fault f)
{
	k->fault = f;
	longjmp(k->out, 1);
}

/* The header walk has judged the file already; here libjpeg's own reading is held to the same. */
static void recheck(struct codec *k)
{
	const struct jpeg_decompress_struct *c = &k->in;

	if (c->arith_code)
		leave(k, PHOTO_ARITHMETIC);
	if (c->data_precision != 8)
		leave(k, PHOTO_PRECISION);
	if (c->image_width > k->limits->max_side || c->image_height > k->limits->max_side)
		leave(k, PHOTO_MAX_SIDE);
	if ((uint64_t)c->image_width * c->image_height > k->limits->max_pixels)
		leave(k, PHOTO_MAX_PIXELS);
	if (c->jpeg_color_space != JCS_GRAYSCALE && c->jpeg_color_space != JCS_YCbCr &&
		c->jpeg_color_space != JCS_RGB)
		leave(k, PHOTO_COLOURS);
}

static unsigned pick_scale(uint32_t longest, uint32_t target)
{
	unsigned denom = 8;

	while (denom > 1 && longest / denom < target)
		denom /= 2;
	return denom;
}

/* One plane per component, wide and high enough for whole blocks. */
static void make_planes(struct codec *k)
{
	k->planes.n = k->in.num_components;
	k->planes.rgb = k->in.jpeg_color_space == JCS_RGB;
	for (int i = 0; i < k->planes.n; i++) {
		const jpeg_component_info *c = &k->in.comp_info[i];
		int dct = c->DCT_scaled_size;
		int w = (int)c->width_in_blocks * dct;
		int h = (int)k->in.total_iMCU_rows * c->v_samp_factor * dct;

		if (!plane_make(&k->planes.p[i], w, h))
			leave(k, PHOTO_MEMORY);
		k->planes.p[i].w = (int)c->downsampled_width;
		k->planes.p[i].h = (int)c->downsampled_height;
	}
}

static void read_planes(struct codec *k)
{
	struct jpeg_decompress_struct *c = &k->in;
	JSAMPROW rows[3][ROWS_MAX];
	JSAMPARRAY arrays[3] = { rows[0], rows[1], rows[2] };
	JDIMENSION lines = (JDIMENSION)(c->max_v_samp_factor * c->min_DCT_scaled_size);

	for (int mcu = 0; c->output_scanline < c->output_height; mcu++) {
		for (int i = 0; i < k->planes.n; i++) {
			int high = c->comp_info[i].v_samp_factor * c->comp_info[i].DCT_scaled_size;
			for (int y = 0; y < high; y++)
				rows[i][y] = plane_row_mut(&k->planes.p[i], mcu * high + y);
		}
		jpeg_read_raw_data(c, arrays, lines);
	}
}

static void decode_step(struct codec *k)
{
	struct jpeg_decompress_struct *c = &k->in;

	c->err = errors(k);
	jpeg_create_decompress(c);
	c->mem->max_memory_to_use = (long)k->limits->memory_mb << 20;
	k->progress.progress_monitor = on_progress;
	c->progress = &k->progress;
	jpeg_mem_src(c, k->data, (unsigned long)k->len);
	jpeg_read_header(c, TRUE);
	recheck(k);
	uint32_t longest = c->image_width > c->image_height ? c->image_width : c->image_height;
	c->scale_num = 1;
	c->scale_denom = pick_scale(longest, k->target);
	c->out_color_space = c->jpeg_color_space;
	c->raw_data_out = TRUE;
	c->do_fancy_upsampling = FALSE;
	jpeg_start_decompress(c);
	make_planes(k);
	read_planes(k);
	jpeg_finish_decompress(c);
}

enum photo_fault codec_decode(const uint8_t *data, size_t n, const struct photo_limits *l,
	uint32_t target, struct planes *ret, uint32_t *ret_warnings)
{
	struct codec *k = calloc(1, sizeof(*k));

	if (!k)
		return PHOTO_MEMORY;
	k->limits = l;
	k->data = data;
	k->len = n;
	k->target = target;
	bool ok = guarded(k, decode_step);
	jpeg_destroy_decompress(&k->in);
	enum photo_fault f = ok ? (k->warnings ? PHOTO_DAMAGED : PHOTO_NONE) : k->fault;
	*ret_warnings = k->warnings;
	if (ok)
		*ret = k->planes;
	else
		planes_free(&k->planes);
	free(k);
	return f;
}

static void encode_setup(struct codec *k)
{
	struct jpeg_compress_struct *c = &k->enc;
	const struct planes *in = &k->planes;

	c->image_width = (JDIMENSION)in->p[0].w;
	c->image_height = (JDIMENSION)in->p[0].h;
	c->input_components = in->n;
	c->in_color_space = in->n == 3 ? JCS_YCbCr : JCS_GRAYSCALE;
	jpeg_set_defaults(c);
	jpeg_set_quality(c, (int)k->quality, TRUE);
	c->raw_data_in = TRUE;
	if (in->n == 3)
		c->comp_info[0].h_samp_factor = c->comp_info[0].v_samp_factor = 2;
}

static void encode_step(struct codec *k)
{
	struct jpeg_compress_struct *c = &k->enc;
	const struct planes *in = &k->planes;
	JSAMPROW rows[3][2 * DCTSIZE];
	JSAMPARRAY arrays[3] = { rows[0], rows[1], rows[2] };

	c->err = errors(k);
	jpeg_create_compress(c);
	jpeg_mem_dest(c, &k->jpeg, &k->jpeg_len);
	encode_setup(k);
	jpeg_start_compress(c, TRUE);
	int lines = in->n == 3 ? 2 * DCTSIZE : DCTSIZE;
	for (int mcu = 0; c->next_scanline < c->image_height; mcu++) {
		for (int i = 0; i < in->n; i++) {
			const struct plane *p = &in->p[i];
			int high = i == 0 ? lines : DCTSIZE;
			for (int y = 0; y < high; y++) {
				int at = mcu * high + y;
				rows[i][y] = p->px + (size_t)(at < p->h ? at : p->h - 1) *
							     (size_t)p->stride;
			}
		}
		jpeg_write_raw_data(c, arrays, (JDIMENSION)lines);
	}
	jpeg_finish_compress(c);
}

bool codec_encode(const struct planes *in, uint32_t quality, struct photo_rendition *ret)
{
	struct codec *k = calloc(1, sizeof(*k));

	if (!k)
		return false;
	k->planes = *in; /* borrowed */
	k->quality = quality;
	bool ok = guarded(k, encode_step);
	jpeg_destroy_compress(&k->enc);
	if (ok) {
		ret->jpeg = k->jpeg;
		ret->len = k->jpeg_len;
	} else {
		free(k->jpeg);
	}
	free(k);
	return ok;
}
