/* exposure.c - how bright a luma plane is and how much of it is lost at the ends. */
#include "evidence/photo/quality.h"

enum { DARKEST = 2, BRIGHTEST = 253 };

struct exposure exposure(const struct plane *p)
{
	uint64_t sum = 0, lost = 0;

	for (int y = 0; y < p->h; y++) {
		const uint8_t *r = plane_row(p, y);
		uint32_t row_sum = 0, row_lost = 0;
		for (int x = 0; x < p->w; x++) {
			row_sum += r[x];
			row_lost += r[x] <= DARKEST || r[x] >= BRIGHTEST;
		}
		sum += row_sum;
		lost += row_lost;
	}
	double n = (double)p->w * p->h;
	return (struct exposure){ (double)sum / n, (double)lost / n };
}
