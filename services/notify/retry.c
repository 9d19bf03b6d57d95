/* retry.c - when a message is tried again, and when it is given up. */
#include "notify/retry.h"

#include "kit/timeutil.h"

static const int wait_s[ATTEMPTS_MAX] = { 0, 5, 30, 120, 600, 1800 };

bool retry_next(int attempts, int64_t now_us, int64_t expires_at_us, int64_t *ret_at_us)
{
	if (attempts < 1 || attempts >= ATTEMPTS_MAX)
		return false;
	int64_t at = now_us + wait_s[attempts] * US_PER_S;
	if (at >= expires_at_us)
		return false;
	*ret_at_us = at;
	return true;
}
