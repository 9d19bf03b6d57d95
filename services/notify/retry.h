/* retry.h - when a message is tried again, and when it is given up. Pure. */
#ifndef NOTIFY_RETRY_H
#define NOTIFY_RETRY_H

#include <stdbool.h>
#include <stdint.h>

enum { ATTEMPTS_MAX = 6 };

/* After `attempts` tries that failed: the time of the next. False when there is none before the
 * message expires. */
bool retry_next(int attempts, int64_t now_us, int64_t expires_at_us, int64_t *ret_at_us);

#endif
