/* own.c - the routes the gateway answers itself: health, readiness, OpenAPI, tickets, events. */
#include "gateway/own.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include "gateway/health.h"
#include "gateway/range.h"
#include "gateway/respond.h"
#include "gateway/stream.h"
#include "kit/timeutil.h"

enum { TICKET_BYTES = 32, TICKET_TEXT = 64, TICKET_S = 30 };

static const char json[] = "application/json";

static enum MHD_Result healthz(struct req *r)
{
	static const char ok[] = "{\"status\":\"ok\"}";

	return respond(r, 200, json, ok, sizeof ok - 1);
}

enum MHD_Result own_health_known(struct req *r)
{
	bool ready = false;
	char *text = health_text(r->g->health, &r->arena, &ready);

	if (!text)
		return respond_empty(r, 503);
	if (!ready)
		req_out(r, "Retry-After", "2");
	return respond(r, ready ? 200 : 503, json, text, strlen(text));
}

static enum MHD_Result readyz(struct req *r)
{
	r->stage = STAGE_HEALTH;
	return health_fresh(r->g->health, r) ? own_health_known(r) : MHD_YES;
}

static enum MHD_Result openapi(struct req *r)
{
	const struct contract *k = r->g->contract;

	req_out(r, "ETag", r->g->openapi_etag);
	req_out(r, "Cache-Control", "public, no-cache");
	if (etag_listed(req_header(r, "If-None-Match"), r->g->openapi_etag))
		return respond_empty(r, 304);
	return respond(r, 200, "application/json", k->openapi, k->openapi_len);
}

static enum MHD_Result new_ticket(struct req *r)
{
	unsigned char random[TICKET_BYTES], hash[TOKEN_HASH];
	char ticket[TICKET_TEXT], until[TIME_TEXT_MAX];
	struct sessions *tickets = r->g->tickets;

	randombytes_buf(random, sizeof random);
	sodium_bin2base64(ticket, sizeof ticket, random, sizeof random,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	token_hash(ticket, hash);
	sessions_keep(tickets, hash, &r->who, sessions_ended(tickets));
	const char *text = arena_printf(&r->arena, "{\"ticket\":\"%s\",\"expiresAt\":\"%s\"}",
		ticket, time_to_text(now_us() + TICKET_S * US_PER_S, until));
	sodium_memzero(ticket, sizeof ticket);
	return text ? respond(r, 201, json, text, strlen(text)) : MHD_NO;
}

enum MHD_Result own_options(struct req *r)
{
	r->status = 0;
	req_out(r, "Allow", arena_printf(&r->arena, "%s, OPTIONS", r->match.allow));
	if (*settings.cors_origins) {
		req_out(r, "Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
		req_out(r, "Access-Control-Allow-Headers",
			"Authorization, Content-Type, Idempotency-Key, If-None-Match, "
			"Last-Event-ID, "
			"X-Request-Id, X-Requested-With, Traceparent, Content-Digest, Repr-Digest");
		req_out(r, "Access-Control-Max-Age", "600");
	}
	return respond_empty(r, 204);
}

enum MHD_Result own_answer(struct req *r)
{
	switch (r->match.route->own) {
	case OWN_HEALTHZ:
		return healthz(r);
	case OWN_READYZ:
		return readyz(r);
	case OWN_OPENAPI:
		return openapi(r);
	case OWN_TICKETS:
		return new_ticket(r);
	default:
		return stream_answer(r);
	}
}
