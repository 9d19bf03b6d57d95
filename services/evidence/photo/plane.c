/* plane.c - separable resampling and turning of 8-bit planes. */
#include "evidence/photo/plane.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ONE = 256, HALF = 128 }; /* weights are 8-bit fractions, so sums fit 16 bits */

bool plane_make(struct plane *p, int w, int h)
{
	*p = (struct plane){ NULL, w, h, (w + 31) / 16 * 16 };
	p->px = calloc((size_t)h, (size_t)p->stride);
	return p->px != NULL;
}

void plane_free(struct plane *p)
{
	free(p->px);
	*p = (struct plane){ 0 };
}

/* For each output sample: where its inputs start, and n weights. */
struct taps {
	int n;
	int *start;
	uint16_t *weight;
};

static void taps_free(struct taps *t)
{
	free(t->start);
	free(t->weight);
}

/* Weights of one output sample, summing to exactly ONE. */
static void weigh(struct taps *t, int out, double centre, double scale)
{
	uint16_t *w = t->weight + (size_t)out * (size_t)t->n;
	double sum = 0;
	int total = 0, top = 0;

	for (int k = 0; k < t->n; k++)
		sum += fmax(0, 1 - fabs((t->start[out] + k + 0.5 - centre) / scale));
	for (int k = 0; k < t->n; k++) {
		double v = fmax(0, 1 - fabs((t->start[out] + k + 0.5 - centre) / scale));
		w[k] = (uint16_t)lround(v / sum * ONE);
		total += w[k];
		if (w[k] > w[top])
			top = k;
	}
	w[top] = (uint16_t)(w[top] + ONE - total);
}

static bool taps_make(struct taps *t, int in, int out)
{
	double ratio = (double)in / out, scale = fmax(ratio, 1);
	int n = (int)ceil(scale) * 2;

	t->n = n < in ? n : in;
	t->start = calloc((size_t)out, sizeof(int));
	t->weight = calloc((size_t)out * (size_t)t->n, sizeof(uint16_t));
	if (!t->start || !t->weight)
		return false;
	for (int i = 0; i < out; i++) {
		double centre = (i + 0.5) * ratio;
		int start = (int)floor(centre - scale + 0.5);
		if (start > in - t->n)
			start = in - t->n;
		t->start[i] = start < 0 ? 0 : start;
		weigh(t, i, centre, scale);
	}
	return true;
}

/* One output row's vertical sum over whole input rows; the compiler vectorises the inner loops. */
static void sum_rows(const struct plane *in, int y, const uint16_t *w, int n,
	uint16_t *restrict acc, uint8_t *restrict line)
{
	int width = in->w;
	const uint8_t *a = plane_row(in, y);

	for (int x = 0; x < width; x++)
		acc[x] = (uint16_t)(HALF + w[0] * a[x]);
	for (int k = 1; k < n; k++) {
		const uint8_t *restrict b = plane_row(in, y + k);
		uint16_t wk = w[k];
		if (wk == 0)
			continue;
		for (int x = 0; x < width; x++)
			acc[x] = (uint16_t)(acc[x] + wk * b[x]);
	}
	for (int x = 0; x < width; x++)
		line[x] = (uint8_t)(acc[x] >> 8);
}

static inline __attribute__((always_inline)) void sum_columns_n(
	const uint8_t *restrict line, const struct taps *t, int n, int w, uint8_t *restrict out)
{
	const uint16_t *restrict weight = t->weight;
	const int *restrict start = t->start;

	for (int x = 0; x < w; x++, weight += n) {
		const uint8_t *s = line + start[x];
		unsigned v = HALF;
		for (int k = 0; k < n; k++)
			v += (unsigned)weight[k] * s[k];
		out[x] = (uint8_t)(v >> 8);
	}
}

/* The usual tap counts get unrolled loops. */
static void sum_columns(const uint8_t *line, const struct taps *t, int w, uint8_t *out)
{
	switch (t->n) {
	case 2:
		sum_columns_n(line, t, 2, w, out);
		break;
	case 4:
		sum_columns_n(line, t, 4, w, out);
		break;
	case 6:
		sum_columns_n(line, t, 6, w, out);
		break;
	case 8:
		sum_columns_n(line, t, 8, w, out);
		break;
	default:
		sum_columns_n(line, t, t->n, w, out);
	}
}

static bool copy_plane(const struct plane *in, struct plane *ret)
{
	if (!plane_make(ret, in->w, in->h))
		return false;
	for (int y = 0; y < in->h; y++)
		memcpy(plane_row_mut(ret, y), plane_row(in, y), (size_t)in->w);
	return true;
}

bool plane_resize(const struct plane *in, int w, int h, struct plane *ret)
{
	struct taps across = { 0 }, down = { 0 };
	struct plane out = { 0 };

	if (in->w == w && in->h == h)
		return copy_plane(in, ret);
	uint16_t *acc = calloc((size_t)in->w, sizeof(uint16_t));
	uint8_t *line = calloc((size_t)in->w, 1);
	bool ok = acc && line && taps_make(&across, in->w, w) && taps_make(&down, in->h, h) &&
		  plane_make(&out, w, h);
	for (int y = 0; ok && y < h; y++) {
		sum_rows(in, down.start[y], down.weight + (size_t)y * (size_t)down.n, down.n, acc,
			line);
		sum_columns(line, &across, w, plane_row_mut(&out, y));
	}
	free(acc);
	free(line);
	taps_free(&across);
	taps_free(&down);
	if (ok)
		*ret = out;
	return ok;
}

/* Where in the input the output's sample (0,0) lies, and the steps along its rows and columns. */
struct turn {
	bool swap, flip_x, flip_y;
};

static const struct turn turns[9] = {
	[1] = { false, false, false },
	[2] = { false, true, false },
	[3] = { false, true, true },
	[4] = { false, false, true },
	[5] = { true, false, false },
	[6] = { true, false, true },
	[7] = { true, true, true },
	[8] = { true, true, false },
};

bool plane_orient(const struct plane *in, int orientation, struct plane *ret)
{
	const struct turn t = turns[orientation];

	if (!plane_make(ret, t.swap ? in->h : in->w, t.swap ? in->w : in->h))
		return false;
	ptrdiff_t step_x = t.flip_x ? -1 : 1, step_y = t.flip_y ? -in->stride : in->stride;
	const uint8_t *origin =
		plane_row(in, t.flip_y ? in->h - 1 : 0) + (t.flip_x ? in->w - 1 : 0);
	ptrdiff_t along = t.swap ? step_y : step_x, down = t.swap ? step_x : step_y;
	/* In squares, so that a transposed read stays in the cache. */
	enum { TILE = 64 };
	for (int y0 = 0; y0 < ret->h; y0 += TILE)
		for (int x0 = 0; x0 < ret->w; x0 += TILE)
			for (int y = y0; y < ret->h && y < y0 + TILE; y++) {
				uint8_t *o = plane_row_mut(ret, y);
				const uint8_t *s = origin + y * down + x0 * along;
				for (int x = x0; x < ret->w && x < x0 + TILE; x++, s += along)
					o[x] = *s;
			}
	return true;
}

void plane_pad(struct plane *p)
{
	for (int y = 0; y < p->h; y++) {
		uint8_t *r = plane_row_mut(p, y);
		memset(r + p->w, r[p->w - 1], (size_t)(p->stride - p->w));
	}
}
