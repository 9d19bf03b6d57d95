/* accesslog.c - one line per request, gathered and written together. */
#include "gateway/accesslog.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "kit/timeutil.h"

enum { BUFFER = 32768, LINE_MAX_BYTES = 768 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char buffer[BUFFER];
static size_t filled;

/* Under the lock. A log that can't be written can't be reported either. */
static void write_out(void)
{
	for (size_t done = 0; done < filled;) {
		ssize_t n = write(STDERR_FILENO, buffer + done, filled - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	filled = 0;
}

void access_log(const struct req *r, const struct route *route, int status, int64_t us, bool whole)
{
	char line[LINE_MAX_BYTES], when[TIME_TEXT_MAX];

	if (!settings.access_log)
		return;
	int n = snprintf(line, sizeof line,
		"%s info svc=gateway msg=\"request\" req=%s verb=%.10s route=%s status=%d ms=%.1f "
		"in=%lld sub=%.40s addr=%s%s\n",
		time_to_text(now_us(), when), r->id, route || *r->match.allow ? r->verb : "-",
		route ? route->method->path : "-", status, (double)us / 1000,
		(long long)r->received, *r->who.p.subject ? r->who.p.subject : "-", r->address,
		whole ? "" : " cut=yes");
	if (n <= 0)
		return;
	size_t len = (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
	pthread_mutex_lock(&lock);
	if (filled + len > sizeof buffer)
		write_out();
	memcpy(buffer + filled, line, len);
	filled += len;
	pthread_mutex_unlock(&lock);
}

void access_log_flush(void)
{
	pthread_mutex_lock(&lock);
	write_out();
	pthread_mutex_unlock(&lock);
}
