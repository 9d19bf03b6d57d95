/* accesslog.h - one line per request, gathered and written together.
 *
 * A line names the route's pattern, never the path: paths may hold a party's token. Thread: any. */
#ifndef GATEWAY_ACCESSLOG_H
#define GATEWAY_ACCESSLOG_H

#include "gateway/req.h"

void access_log(const struct req *r, const struct route *route, int status, int64_t us, bool whole);
void access_log_flush(void); /* the timer's, and at the end */

#endif
