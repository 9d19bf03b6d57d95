/* renditions.c - reduces, turns and converts pictures of one or three planes. */
#include "evidence/photo/renditions.h"

static int scaled(int side, int longest, uint32_t target)
{
	int64_t v = ((int64_t)side * target + longest / 2) / longest;
	return v < 1 ? 1 : (int)v;
}

bool picture_reduce(const struct planes *in, uint32_t target, struct planes *ret)
{
	int w = in->p[0].w, h = in->p[0].h, longest = w > h ? w : h;

	if (longest > (int)target) {
		w = scaled(w, longest, target);
		h = scaled(h, longest, target);
	}
	*ret = (struct planes){ .n = in->n };
	for (int i = 0; i < in->n; i++) {
		int pw = i == 0 ? w : (w + 1) / 2, ph = i == 0 ? h : (h + 1) / 2;
		if (!plane_resize(&in->p[i], pw, ph, &ret->p[i])) {
			planes_free(ret);
			return false;
		}
	}
	return true;
}

bool picture_orient(struct planes *p, int orientation)
{
	if (orientation <= 1)
		return true;
	for (int i = 0; i < p->n; i++) {
		struct plane turned;
		if (!plane_orient(&p->p[i], orientation, &turned))
			return false;
		plane_free(&p->p[i]);
		p->p[i] = turned;
	}
	return true;
}

static uint8_t clamp(int v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* JFIF's matrix in 16-bit fractions. */
static void convert_row(uint8_t *a, uint8_t *b, uint8_t *c, int w)
{
	for (int x = 0; x < w; x++) {
		int r = a[x], g = b[x], bl = c[x];
		a[x] = clamp((19595 * r + 38470 * g + 7471 * bl + 32768) >> 16);
		b[x] = clamp(((-11059 * r - 21709 * g + 32768 * bl + 32768) >> 16) + 128);
		c[x] = clamp(((32768 * r - 27439 * g - 5329 * bl + 32768) >> 16) + 128);
	}
}

bool picture_from_rgb(struct planes *p)
{
	for (int i = 1; i < 3; i++) {
		struct plane same;
		if (p->p[i].w == p->p[0].w && p->p[i].h == p->p[0].h)
			continue;
		if (!plane_resize(&p->p[i], p->p[0].w, p->p[0].h, &same))
			return false;
		plane_free(&p->p[i]);
		p->p[i] = same;
	}
	for (int y = 0; y < p->p[0].h; y++)
		convert_row(plane_row_mut(&p->p[0], y), plane_row_mut(&p->p[1], y),
			plane_row_mut(&p->p[2], y), p->p[0].w);
	p->rgb = false;
	return true;
}
