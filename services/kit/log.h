/* log.h - one line per thing that happened, key=value, to standard error.
 *
 *   2026-11-21T06:17:16.123456Z info svc=intake msg="serving" port=...
 *
 * Levels: error (a human acts), warn (recovered by itself), info, debug. Values with spaces or
 * control characters are quoted and escaped; personal data never goes in. Thread: any.
 */
#ifndef KIT_LOG_H
#define KIT_LOG_H

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_init(const char *service, enum log_level level);
/* msg is a constant; the rest is a format of key=%s pairs: log_info("served", "ms=%d", 3).
 * Use LOG_Q(arena-free) for untrusted text: log_quote writes a quoted, escaped copy into buf. */
void log_write(enum log_level level, const char *msg, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
char *log_quote(const char *text, char *buf, unsigned long size);

#define log_debug(msg, ...) log_write(LOG_DEBUG, msg, __VA_ARGS__)
#define log_info(msg, ...) log_write(LOG_INFO, msg, __VA_ARGS__)
#define log_warn(msg, ...) log_write(LOG_WARN, msg, __VA_ARGS__)
#define log_error(msg, ...) log_write(LOG_ERROR, msg, __VA_ARGS__)

#endif
