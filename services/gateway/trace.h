/* trace.h - request ids and W3C trace context, taken when sound or made. Pure but for randomness.
 */
#ifndef GATEWAY_TRACE_H
#define GATEWAY_TRACE_H

#include "gateway/req.h"

/* [A-Za-z0-9._-]{1,64} is taken as it is; anything else gets a UUIDv7. */
void request_id(const char *given, char ret[static REQUEST_ID_MAX + 1]);
/* 00-<32 hex>-<16 hex>-<2 hex>, no id all zero; anything else gets a new sampled one. */
void traceparent(const char *given, char ret[static TRACE_TEXT]);
/* A key of 1..255 visible characters, bare or as a quoted string (draft-07). */
bool idempotency_key_valid(const char *v);

#endif
