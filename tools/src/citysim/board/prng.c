/* prng.c - splitmix64 and xoshiro256** (both public domain algorithms by Blackman and Vigna). */
#include "prng.h"

#include <math.h>

static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t turn(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void prng_seed(struct prng *p, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		p->s[i] = splitmix(&seed);
}

uint64_t prng_next(struct prng *p)
{
	uint64_t *s = p->s, ret = turn(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = turn(s[3], 45);
	return ret;
}

double prng_unit(struct prng *p)
{
	return (double)(prng_next(p) >> 11) * 0x1p-53;
}

double prng_normal(struct prng *p)
{
	double u = 1 - prng_unit(p), v = prng_unit(p);

	return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

double prng_exponential(struct prng *p, double mean)
{
	return -mean * log(1 - prng_unit(p));
}

/* Marsaglia and Tsang (2000); shapes below 1 by the usual power of a uniform. */
double prng_gamma(struct prng *p, double shape, double scale)
{
	double k = shape < 1 ? shape + 1 : shape, d = k - 1.0 / 3, c = 1 / sqrt(9 * d);

	for (;;) {
		double x = prng_normal(p), v = pow(1 + c * x, 3);

		if (v <= 0 || log(1 - prng_unit(p)) >= x * x / 2 + d - d * v + d * log(v))
			continue;
		return d * v * scale * (shape < 1 ? pow(1 - prng_unit(p), 1 / shape) : 1);
	}
}

double prng_lognormal(struct prng *p, double mean, double cv)
{
	double s2 = log(1 + cv * cv);

	return mean * exp(sqrt(s2) * prng_normal(p) - s2 / 2);
}

uint64_t prng_below(struct prng *p, uint64_t n)
{
	return (uint64_t)(prng_unit(p) * (double)n);
}

uint64_t hash_mix(uint64_t a, uint64_t b)
{
	uint64_t state = a ^ turn(b * UINT64_C(0x9e3779b97f4a7c15), 23);

	splitmix(&state);
	return splitmix(&state);
}

double hash_unit(uint64_t key)
{
	return ((double)(hash_mix(key, 0x5eed) >> 11) + 0.5) * 0x1p-53;
}

double hash_normal(uint64_t key)
{
	return sqrt(-2 * log(hash_unit(key))) * cos(2 * M_PI * hash_unit(~key));
}
