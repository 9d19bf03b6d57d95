/* log.c - one key=value line per thing that happened, in one write to standard error. */
#include "kit/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kit/timeutil.h"

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

/* Set once at start, before any thread. */
static const char *service_name = "-";
static enum log_level lowest = LOG_INFO;

void log_init(const char *service, enum log_level level)
{
	service_name = service;
	lowest = level;
}

/* A control byte that slipped through unquoted must not make a second line. */
static void flatten(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = '?';
	}
}

__attribute__((format(printf, 4, 0))) static size_t add(
	char *buf, size_t at, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(buf + at, size - at, fmt, ap);
	if (n < 0)
		return at;
	return (size_t)n < size - at ? at + (size_t)n : size - 1;
}

__attribute__((format(printf, 4, 5))) static size_t addf(
	char *buf, size_t at, size_t size, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	at = add(buf, at, size, fmt, ap);
	va_end(ap);
	return at;
}

void log_write(enum log_level level, const char *msg, const char *fmt, ...)
{
	if (level < lowest)
		return;
	char line[4096], when[TIME_TEXT_MAX];
	size_t room = sizeof line - 1; /* for the newline */
	size_t n = addf(line, 0, room, "%s %s svc=%s msg=\"%s\" ", time_to_text(now_us(), when),
		level_names[level], service_name, msg);
	va_list ap;
	va_start(ap, fmt);
	n = add(line, n, room, fmt, ap);
	va_end(ap);
	while (n > 0 && line[n - 1] == ' ')
		n--;
	flatten(line, n);
	line[n++] = '\n';
	/* Nothing can be done about a log that can't be written. */
	for (size_t done = 0; done < n;) {
		ssize_t w = write(STDERR_FILENO, line + done, n - done);
		if (w <= 0)
			return;
		done += (size_t)w;
	}
}

/* The escape of one byte; "" when it stands for itself. */
static const char *escape(unsigned char c, char hex[static 5])
{
	switch (c) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		if (c >= 0x20 && c != 0x7f)
			return "";
		snprintf(hex, 5, "\\x%02x", c);
		return hex;
	}
}

char *log_quote(const char *text, char *buf, unsigned long size)
{
	enum { CLOSE = sizeof "...\"" };
	if (size < CLOSE + 1) {
		if (size)
			buf[0] = '\0';
		return buf;
	}
	size_t n = 0;
	buf[n++] = '"';
	for (; *text; text++) {
		char hex[5];
		const char *e = escape((unsigned char)*text, hex);
		size_t len = *e ? strlen(e) : 1;
		if (n + len + CLOSE > size) {
			memcpy(buf + n, "...", 3);
			n += 3;
			break;
		}
		memcpy(buf + n, *e ? e : text, len);
		n += len;
	}
	buf[n++] = '"';
	buf[n] = '\0';
	return buf;
}
