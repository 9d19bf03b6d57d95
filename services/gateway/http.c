/* http.c - libmicrohttpd's callbacks: one request from its first line to its last byte. */
#include "gateway/http.h"

#include <string.h>
#include "gateway/access.h"
#include "gateway/accesslog.h"
#include "gateway/answer.h"
#include "gateway/decode.h"
#include "gateway/metrics.h"
#include "gateway/own.h"
#include "gateway/respond.h"
#include "gateway/trace.h"
#include "gateway/upload.h"
#include "jingbao/v1/options.pb-c.h"
#include "kit/json.h"
#include "kit/timeutil.h"

/* A refused body is swallowed up to this, so that the client gets to read why. */
enum { SWALLOW_MAX = 64 << 20 };

static void due_in(struct req *r, int64_t ms)
{
	if (r->conn)
		atomic_store(&r->conn->due_us, mono_us() + ms * US_PER_MS);
}

/* ---- head ---- */

static enum MHD_Result each_header(
	void *cls, enum MHD_ValueKind kind, const char *name, size_t nn, const char *v, size_t vn)
{
	(void)kind;
	guard_header(cls, name, nn, v ? v : "", v ? vn : 0);
	return MHD_YES;
}

static bool framing_sound(struct req *r, const char *version)
{
	guard_init(&r->guard);
	MHD_get_connection_values_n(r->mhd, MHD_HEADER_KIND, each_header, &r->guard);
	int status = guard_verdict(&r->guard, version);
	if (!status)
		return true;
	r->close = true;
	metrics_count(r->g->metrics, COUNT_FRAMING);
	req_refuse_status(r, status, r->guard.fault);
	return false;
}

static bool verb_known(struct req *r)
{
	static const char *const known[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE",
		"OPTIONS" };
	static const char every[] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(r->verb, known[i]) == 0)
			return true;
	}
	bool refused = strcmp(r->verb, "TRACE") == 0 || strcmp(r->verb, "CONNECT") == 0;
	memcpy(r->match.allow, every, sizeof every);
	r->close = true;
	req_refuse_status(r, refused ? 405 : 501, "this method is not spoken here");
	return false;
}

static bool find_route(struct req *r)
{
	if (!target_parse(r->raw, &r->arena, &r->target)) {
		const char *text =
			arena_printf(&r->arena, "the address can't be read: %s", r->target.fault);
		req_refuse_status(r, 400, text ? text : r->target.fault);
		return false;
	}
	if (!router_match(r->g->router, r->verb, &r->target, &r->arena, &r->match)) {
		req_refuse_status(r, 400, "a path variable can't be read");
		return false;
	}
	if (r->match.route) {
		r->method = r->match.route->method;
		return true;
	}
	if (!*r->match.allow)
		req_refuse(r, PB__CODE__NOT_FOUND, "there is nothing at this path");
	else if (strcmp(r->verb, "OPTIONS") != 0)
		req_refuse_status(r, 405, "not this method here; see Allow");
	return false;
}

static uint32_t body_max(const struct req *r)
{
	return r->method && r->method->body_max ? r->method->body_max : 65536;
}

static void check_limits(struct req *r)
{
	const char *key = req_header(r, "Idempotency-Key");

	if (r->guard.length > body_max(r))
		req_refuse(r, PB__CODE__TOO_LARGE, "the body may have %u bytes", body_max(r));
	if (*key && !idempotency_key_valid(key))
		req_refuse(r, PB__CODE__INVALID,
			"Idempotency-Key must be 1 to 255 visible characters");
	decode_check_media(r);
}

static bool expects_body(const struct req *r)
{
	return r->guard.chunked || r->guard.length > 0;
}

/* Refused before the body came. */
static enum MHD_Result refused_early(struct req *r)
{
	bool swallow = !expects_body(r) || (!r->guard.expects && r->guard.length <= SWALLOW_MAX);

	/* An answer given before the body is read ends the connection. */
	if (swallow && !r->close) {
		r->stage = STAGE_BODY;
		due_in(r, settings.body_ms);
		return MHD_YES;
	}
	r->close = true;
	return respond_refusal(r);
}

/* Let in: on to the body. */
static enum MHD_Result admitted(struct req *r)
{
	check_limits(r);
	if (req_refused(r))
		return refused_early(r);
	r->stage = STAGE_BODY;
	due_in(r, settings.body_ms);
	return MHD_YES;
}

static void introduce(struct req *r, const char *verb)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(r->mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	r->conn = info ? info->socket_context : NULL;
	r->address = r->conn ? r->conn->address : "-";
	r->verb = arena_strdup(&r->arena, verb);
	r->verb = r->verb ? r->verb : "-";
	r->head = strcmp(verb, "HEAD") == 0;
	request_id(req_header(r, "X-Request-Id"), r->id);
	traceparent(req_header(r, "Traceparent"), r->trace);
	if (settings.trust_forwarded && *req_header(r, "X-Forwarded-For")) {
		const char *all = req_header(r, "X-Forwarded-For"), *last = strrchr(all, ',');
		last = last ? last + 1 + strspn(last + 1, " ") : all;
		const char *copy = arena_strndup(&r->arena, last, ADDRESS_TEXT - 1);
		r->address = copy ? copy : r->address;
	}
}

static enum MHD_Result head(struct req *r, const char *verb, const char *version)
{
	introduce(r, verb);
	if (!framing_sound(r, version) || !verb_known(r))
		return refused_early(r);
	if (!find_route(r)) /* or OPTIONS, which needs none */
		return refused_early(r);
	switch (access_begin(r)) {
	case ACCESS_GO:
		return admitted(r);
	case ACCESS_WAIT:
		return MHD_YES;
	default:
		return refused_early(r);
	}
}

/* ---- body ---- */

static bool buffer(struct req *r, const char *data, size_t n)
{
	if (r->body_len + n + 1 > r->body_cap) {
		size_t cap = r->guard.length > 0 ? (size_t)r->guard.length + 1
						 : (r->body_len + n + 1) * 2;
		char *grown = arena_alloc(&r->arena, cap);
		if (!grown)
			return false;
		if (r->body_len)
			memcpy(grown, r->body, r->body_len);
		r->body = grown;
		r->body_cap = cap;
	}
	memcpy(r->body + r->body_len, data, n);
	r->body_len += n;
	return true;
}

static enum MHD_Result body(struct req *r, const char *data, size_t n)
{
	r->received += (int64_t)n;
	if (!req_refused(r) && r->received > body_max(r))
		req_refuse(r, PB__CODE__TOO_LARGE, "the body may have %u bytes", body_max(r));
	if (req_refused(r) || !r->method) {
		blob_abort(r->upload);
		r->upload = NULL;
		return r->received > SWALLOW_MAX ? MHD_NO : MHD_YES;
	}
	if (r->method->kind == PB__HTTP__KIND__UPLOAD) {
		upload_data(r, data, n);
		if (r->conn) /* as long as the bytes keep coming at the least rate */
			atomic_fetch_add(
				&r->conn->due_us, (int64_t)n * US_PER_S / settings.body_rate);
	} else if (!buffer(r, data, n)) {
		req_refuse(r, PB__CODE__TOO_LARGE, "the body needs too much memory");
	}
	return MHD_YES;
}

static enum MHD_Result whole(struct req *r)
{
	ProtobufCMessage *m = NULL;

	if (r->late_token && !req_refused(r)) {
		r->late_token = false;
		if (access_by_body(r) == ACCESS_WAIT) {
			r->late_token = true;
			return MHD_YES;
		}
	}
	if (!req_refused(r) && !r->match.route)
		return own_options(r);
	if (!req_refused(r) && r->match.route->own)
		return own_answer(r);
	if (!req_refused(r))
		m = decode_request(r);
	if (m)
		check_message(r->method->in, m, &r->faults);
	if (m && !req_refused(r) && r->method->kind == PB__HTTP__KIND__UPLOAD)
		upload_end(r, m);
	if (m && !req_refused(r))
		return req_ask(r, STAGE_RPC, r->method, m);
	blob_abort(r->upload); /* gone before the client hears of it */
	r->upload = NULL;
	return respond_refusal(r);
}

/* ---- callbacks ---- */

void *http_first_line(void *cls, const char *uri, struct MHD_Connection *c)
{
	const struct door_context *d = cls;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct conn *conn = info ? info->socket_context : NULL;
	struct req *r = req_new(d->g, d->door);

	if (!r)
		return NULL;
	r->mhd = c;
	r->raw = arena_strdup(&r->arena, uri);
	r->raw = r->raw ? r->raw : "";
	r->path = arena_strndup(&r->arena, r->raw, strcspn(r->raw, "?"));
	r->path = r->path ? r->path : "";
	if (conn) {
		atomic_store(&conn->busy, true);
		atomic_store(&conn->due_us, r->began_us + settings.header_ms * US_PER_MS);
	}
	return r;
}

enum MHD_Result http_request(void *cls, struct MHD_Connection *c, const char *url, const char *verb,
	const char *version, const char *data, size_t *size, void **ctx)
{
	struct req *r = *ctx;

	(void)cls;
	(void)c;
	(void)url;
	if (!r)
		return MHD_NO;
	if (atomic_load_explicit(&r->waiting, memory_order_acquire)) {
		metrics_count(r->g->metrics, COUNT_STRAY_RESUME); /* a bug of ours: wait on */
		MHD_suspend_connection(c);
		return MHD_YES;
	}
	switch (r->stage) {
	case STAGE_NEW:
		return head(r, verb, version);
	case STAGE_AUTH:
		if (r->late_token) { /* the body is here already */
			r->late_token = false;
			r->stage = STAGE_BODY;
			(void)access_answered(r);
			return whole(r);
		}
		return access_answered(r) == ACCESS_GO ? admitted(r) : refused_early(r);
	case STAGE_BODY:
		if (!*size)
			return whole(r);
		enum MHD_Result ok = body(r, data, *size);
		*size = 0;
		return ok;
	case STAGE_RPC:
		return answer(r);
	case STAGE_HEALTH:
		return own_health_known(r);
	default:
		return MHD_NO;
	}
}

void http_completed(
	void *cls, struct MHD_Connection *c, void **ctx, enum MHD_RequestTerminationCode how)
{
	struct req *r = *ctx;
	const struct route *route;

	(void)cls;
	(void)c;
	if (!r)
		return;
	route = r->match.route;
	int status = r->stage == STAGE_ANSWERED ? r->status : 0;
	int64_t us = mono_us() - r->began_us;
	if (*r->id) {
		metrics_request(r->g->metrics, route ? (long)route->index : -1, status, us);
		access_log(r, route, status, us, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	}
	if (r->conn) {
		atomic_store(&r->conn->busy, false);
		atomic_store(&r->conn->due_us, mono_us() + settings.header_ms * US_PER_MS);
	}
	*ctx = NULL;
	req_free(r);
}

void http_connection(void *cls, struct MHD_Connection *c, void **socket_context,
	enum MHD_ConnectionNotificationCode what)
{
	const struct door_context *d = cls;
	struct conns *conns = d->g->conns;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		conn_closed(conns, *socket_context);
		return;
	}
	const union MHD_ConnectionInfo *fd =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	int number = fd ? fd->connect_fd : -1;
	const union MHD_ConnectionInfo *from =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	*socket_context = conn_opened(conns, number, from ? from->client_addr : NULL,
		mono_us() + settings.header_ms * US_PER_MS);
}
