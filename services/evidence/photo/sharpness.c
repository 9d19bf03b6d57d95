/* sharpness.c - how much fine contrast a luma plane has. */
#include "evidence/photo/quality.h"

double sharpness(const struct plane *p)
{
	int64_t sum = 0, squares = 0;

	if (p->w < 3 || p->h < 3)
		return 0;
	for (int y = 1; y < p->h - 1; y++) {
		const uint8_t *up = plane_row(p, y - 1), *at = plane_row(p, y);
		const uint8_t *down = plane_row(p, y + 1);
		int32_t row_sum = 0; /* 16384 samples of at most 1020 fit */
		int64_t row_squares = 0;
		for (int x = 1; x < p->w - 1; x++) {
			int32_t v = up[x] + down[x] + at[x - 1] + at[x + 1] - 4 * at[x];
			row_sum += v;
			row_squares += v * v;
		}
		sum += row_sum;
		squares += row_squares;
	}
	double n = (double)(p->w - 2) * (p->h - 2);
	double mean = (double)sum / n;
	return (double)squares / n - mean * mean;
}
