/* prng.h - the scoreboard's random numbers: xoshiro256** streams seeded by splitmix64, and pure
 * functions of keys (a hash as a random number), so that what happens to an incident and a unit
 * doesn't depend on the order in which a policy asks. The same on every machine. Thread: any.
 */
#ifndef BOARD_PRNG_H
#define BOARD_PRNG_H

#include <stdint.h>

struct prng {
	uint64_t s[4];
};

void prng_seed(struct prng *p, uint64_t seed);
uint64_t prng_next(struct prng *p);
double prng_unit(struct prng *p); /* [0, 1) */
double prng_normal(struct prng *p);
double prng_exponential(struct prng *p, double mean);
double prng_gamma(struct prng *p, double shape, double scale);
double prng_lognormal(struct prng *p, double mean, double cv);
uint64_t prng_below(struct prng *p, uint64_t n); /* [0, n), n > 0 */

uint64_t hash_mix(uint64_t a, uint64_t b);
double hash_unit(uint64_t key); /* (0, 1) */
double hash_normal(uint64_t key);

#endif
