/* timeutil.h - time as int64 microseconds since 1970-01-01 UTC, and RFC 3339 text.
 * Thread: any. CLOCK_REALTIME for what is stored or shown, CLOCK_MONOTONIC for durations. */
#ifndef KIT_TIMEUTIL_H
#define KIT_TIMEUTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define US_PER_S INT64_C(1000000)
#define US_PER_MS INT64_C(1000)

int64_t now_us(void);  /* wall clock */
int64_t mono_us(void); /* steady clock, for durations and deadlines */

enum { TIME_TEXT_MAX = 40 };
/* "2026-11-21T06:07:41.123456Z"; fraction left out when zero. Returns buf. */
char *time_to_text(int64_t us, char buf[static TIME_TEXT_MAX]);
/* RFC 3339 with an offset (required). Years 1970..9999, fractions beyond 6 digits cut. */
bool time_from_text(const char *text, int64_t *ret_us);
/* Calendar date in Asia/Shanghai (UTC+8, no summer time): yyyymmdd as a number. */
int local_date(int64_t us);
/* "2026年11月21日14时07分" in Asia/Shanghai, for documents. */
char *time_to_chinese(int64_t us, char *buf, size_t size);

#endif
