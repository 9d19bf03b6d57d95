/* rate.h - token buckets per address, for what can be asked without signing in. Thread: any. */
#ifndef GATEWAY_RATE_H
#define GATEWAY_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate;
/* per_s tokens a second up to burst; per_s 0: no limit. */
struct rate *rate_new(long per_s, long burst);
void rate_free(struct rate *r);
/* False: too many; *ret_wait_s says when to come back. Addresses that share a bucket share it. */
bool rate_take(struct rate *r, const char *address, int64_t now_us, uint32_t *ret_wait_s);

#endif
