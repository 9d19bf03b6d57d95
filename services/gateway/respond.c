/* respond.c - answers: bodies, problem details, the headers every answer has. */
#include "gateway/respond.h"

#include <stdio.h>
#include <string.h>
#include "gateway/problem.h"
#include "jingbao/v1/options.pb-c.h"
#include "kit/timeutil.h"

static bool listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; n && (p = strstr(p, word)); p += n) {
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	}
	return false;
}

static void cors_headers(struct req *r, struct MHD_Response *resp)
{
	const char *origin;

	if (!*settings.cors_origins || !listed(settings.cors_origins, req_header(r, "Origin")))
		return;
	origin = req_header(r, "Origin");
	MHD_add_response_header(resp, "Access-Control-Allow-Origin", origin);
	MHD_add_response_header(resp, "Access-Control-Allow-Credentials", "true");
	MHD_add_response_header(
		resp, "Access-Control-Expose-Headers", "Location, ETag, Retry-After, X-Request-Id");
	MHD_add_response_header(resp, "Vary", "Origin");
}

static void common_headers(struct req *r, struct MHD_Response *resp)
{
	bool cached = false;

	for (size_t i = 0; i < r->n_out; i++) {
		MHD_add_response_header(resp, r->out[i].name, r->out[i].value);
		cached |= strcmp(r->out[i].name, "Cache-Control") == 0;
	}
	MHD_add_response_header(resp, "X-Request-Id", r->id);
	if (*r->trace)
		MHD_add_response_header(resp, "Traceparent", r->trace);
	if (!cached)
		MHD_add_response_header(resp, "Cache-Control", "no-store");
	MHD_add_response_header(resp, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(
		resp, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
	MHD_add_response_header(resp, "Referrer-Policy", "no-referrer");
	if (settings.cookie_secure)
		MHD_add_response_header(
			resp, "Strict-Transport-Security", "max-age=31536000; includeSubDomains");
	cors_headers(r, resp);
	if (r->close || atomic_load(&r->g->draining))
		MHD_add_response_header(resp, "Connection", "close");
}

enum MHD_Result respond_with(struct req *r, int status, struct MHD_Response *resp)
{
	if (!resp)
		return MHD_NO;
	common_headers(r, resp);
	r->status = status;
	r->stage = STAGE_ANSWERED;
	if (r->conn)
		atomic_store(&r->conn->due_us, mono_us() + settings.send_ms * US_PER_MS);
	enum MHD_Result ok = MHD_queue_response(r->mhd, (unsigned)status, resp);
	MHD_destroy_response(resp);
	return ok;
}

enum MHD_Result respond(struct req *r, int status, const char *type, const char *body, size_t len)
{
	/* The library only reads a persistent buffer. */
	struct MHD_Response *resp = MHD_create_response_from_buffer(
		len, (void *)(uintptr_t)body, MHD_RESPMEM_PERSISTENT);

	if (resp && type)
		MHD_add_response_header(resp, "Content-Type", type);
	return respond_with(r, status, resp);
}

enum MHD_Result respond_empty(struct req *r, int status)
{
	return respond(r, status, NULL, "", 0);
}

static bool oauth_route(const struct req *r)
{
	return r->method && r->method->kind == PB__HTTP__KIND__FORM;
}

static void refusal_headers(struct req *r, int status)
{
	uint32_t wait = r->faults.retry_after_s;

	if (status == 401 && oauth_route(r))
		req_out(r, "WWW-Authenticate", "Basic realm=\"jingbao\"");
	else if (status == 401)
		req_out(r, "WWW-Authenticate",
			*req_header(r, "Authorization")
				? "Bearer realm=\"jingbao\", error=\"invalid_token\""
				: "Bearer realm=\"jingbao\"");
	if (status == 503 || status == 429)
		req_out(r, "Retry-After", arena_printf(&r->arena, "%u", wait ? wait : 1));
	if (*r->match.allow && status == 405)
		req_out(r, "Allow", r->match.allow);
}

enum MHD_Result respond_refusal(struct req *r)
{
	int status = r->status ? r->status : fault_http_status(r->faults.code);
	size_t len = 0;
	char *body;

	if (oauth_route(r) && !r->status)
		status = problem_oauth_status(r->faults.code);
	refusal_headers(r, status);
	if (oauth_route(r)) {
		body = problem_oauth(&r->faults, &r->arena, &len);
	} else {
		struct problem p = { status, r->path, r->id, &r->faults };
		body = problem_json(&p, &r->arena, &len);
	}
	return respond(r, status, oauth_route(r) ? "application/json" : "application/problem+json",
		body ? body : "", body ? len : 0);
}
