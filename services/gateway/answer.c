/* answer.c - a service's reply as HTTP: JSON masked by privacy, 201 with Location, cookies. */
#include "gateway/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "gateway/decode.h"
#include "gateway/problem.h"
#include "gateway/respond.h"
#include "gateway/text.h"
#include "jingbao/v1/options.pb-c.h"
#include "kit/json.h"
#include "kit/timeutil.h"

static const char *end_text(enum relay_end how)
{
	switch (how) {
	case RELAY_NOBODY:
		return "the service for this is not running";
	case RELAY_TIMEOUT:
		return "no answer in time; whether it was done is unknown, so ask again";
	default:
		return "the bus is not reachable, or too much waits for it";
	}
}

static void fault_of(struct req *r, const char *code, const void *data, size_t len)
{
	Pb__Fault *f = pb__fault__unpack(&r->arena.pb, len, data);

	faults_from_message(&r->faults, code_from_name(code), f);
	if (!req_refused(r))
		req_refuse(r, PB__CODE__INTERNAL, "the service gave a fault without a code");
}

ProtobufCMessage *answer_message(struct req *r)
{
	const char *code = NULL;

	if (r->how != RELAY_REPLY) {
		req_refuse(r, PB__CODE__BUSY, "%s", end_text(r->how));
		return NULL;
	}
	size_t len = (size_t)natsMsg_GetDataLength(r->reply);
	const uint8_t *data = (const uint8_t *)natsMsg_GetData(r->reply);
	if (natsMsgHeader_Get(r->reply, "Fault-Code", &code) == NATS_OK && code) {
		fault_of(r, code, data, len);
		return NULL;
	}
	ProtobufCMessage *m =
		protobuf_c_message_unpack(r->method->out->desc, &r->arena.pb, len, data);
	if (!m)
		req_refuse(r, PB__CODE__INTERNAL, "the service's answer can't be read");
	return m;
}

static const char *field_text(const ProtobufCMessage *m, const char *name, struct arena *a)
{
	int i = field_index(m->descriptor, name);
	if (i < 0 || m->descriptor->fields[i].label == PROTOBUF_C_LABEL_REPEATED)
		return NULL;
	const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
	const char *p = (const char *)m + f->offset;
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return *(const char *const *)p;
	case PROTOBUF_C_TYPE_UINT32:
		return arena_printf(a, "%" PRIu32, *(const uint32_t *)p);
	case PROTOBUF_C_TYPE_INT64:
		return arena_printf(a, "%" PRId64, *(const int64_t *)p);
	default:
		return NULL;
	}
}

/* A field of the reply, of a message in it, or a variable of the path. */
static const char *location_value(struct req *r, const ProtobufCMessage *m, const char *name)
{
	const char *v = field_text(m, name, &r->arena);

	for (unsigned i = 0; !(v && *v) && i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		const ProtobufCMessage *sub;
		if (f->type != PROTOBUF_C_TYPE_MESSAGE || f->label == PROTOBUF_C_LABEL_REPEATED)
			continue;
		memcpy(&sub, (const char *)m + f->offset, sizeof sub);
		if (sub)
			v = field_text(sub, name, &r->arena);
	}
	return v && *v ? v : param_get(r->match.vars, r->match.n_vars, name);
}

static void set_location(struct req *r, const ProtobufCMessage *m)
{
	struct text t;

	text_init(&t, &r->arena, 128);
	for (const char *p = r->method->location; p && *p;) {
		size_t n = strcspn(p, "{");
		text_add(&t, p, n);
		p += n;
		if (*p != '{')
			break;
		n = strcspn(p, "}");
		const char *name = arena_strndup(&r->arena, p + 1, n - 1);
		const char *v = name ? location_value(r, m, name) : NULL;
		if (!v)
			return; /* better none than a wrong one */
		const char *enc = percent_encode(v, &r->arena);
		text_put(&t, enc ? enc : "");
		p += n + (p[n] == '}');
	}
	const char *at = text_end(&t, NULL);
	if (at && *at)
		req_out(r, "Location", at);
}

static bool is_identity(const struct req *r)
{
	return strcmp(r->method->service, "Identity") == 0;
}

/* Signing in gives browsers the token as a cookie; signing out takes it away. */
static void set_cookie(struct req *r, const ProtobufCMessage *m)
{
	const char *secure = settings.cookie_secure ? "; Secure" : "";
	const char *token = field_text(m, "token", &r->arena);

	if (!is_identity(r))
		return;
	if (strcmp(r->method->verb, "DELETE") == 0) {
		sessions_drop(r->g->sessions, r->who.session_id);
		req_out(r, "Set-Cookie",
			arena_printf(&r->arena,
				"jb_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0%s",
				secure));
	} else if (token && *token && (r->method->roles >> PB__ROLE__VALUE__ANYONE & 1)) {
		const char *until = field_text(m, "expires_at", &r->arena);
		long long left = 0;
		if (until && sscanf(until, "%lld", &left) == 1)
			left = (left - now_us()) / US_PER_S;
		req_out(r, "Set-Cookie",
			arena_printf(&r->arena,
				"jb_session=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s",
				token, left > 0 ? left : 0, secure));
	}
}

/* OAuth 2 names are fixed by RFC 6749: the fields' own names, numbers as numbers. */
static char *oauth_json(const ProtobufCMessage *m, struct arena *a, size_t *ret_len)
{
	struct text t;
	const char *sep = "{";

	text_init(&t, a, 512);
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		const char *v = field_text(m, f->name, a);
		if (!v || !*v)
			continue;
		text_fmt(&t, "%s\"%s\":", sep, f->name);
		if (f->type == PROTOBUF_C_TYPE_STRING)
			text_json(&t, v);
		else
			text_put(&t, v);
		sep = ",";
	}
	text_put(&t, *sep == '{' ? "{}" : "}");
	return text_end(&t, ret_len);
}

static enum MHD_Result answer_json(struct req *r, const ProtobufCMessage *m, int status)
{
	struct json_out how = {
		.mask = !(r->method->unmasked & r->who.p.roles),
		.with_secrets =
			strcmp(r->method->verb, "GET") != 0, /* told once, by what made it */
		.keep_lists = true,
	};
	size_t len = 0;
	char *json = r->method->kind == PB__HTTP__KIND__FORM
			     ? oauth_json(m, &r->arena, &len)
			     : message_to_json(r->method->out, m, how, &r->arena, &len);

	if (!json) {
		req_refuse(r, PB__CODE__TOO_LARGE, "the answer is too large: ask for less");
		return respond_refusal(r);
	}
	return respond(r, status, "application/json", json, len);
}

enum MHD_Result answer(struct req *r)
{
	ProtobufCMessage *m = answer_message(r);
	int status = r->method->success ? r->method->success : 200;

	if (!m)
		return respond_refusal(r);
	if (r->method->kind == PB__HTTP__KIND__DOWNLOAD)
		return answer_blob(r, (const Pb__BlobReply *)m);
	if (r->method->kind == PB__HTTP__KIND__LOOSE) {
		const Pb__TextReply *t = (const Pb__TextReply *)m;
		return respond(r, status, *t->text ? t->media : NULL, t->text, strlen(t->text));
	}
	int datum = datum_asked(r);
	if (datum < 0)
		return respond_refusal(r);
	positions_convert(m, datum);
	set_location(r, m);
	set_cookie(r, m);
	return status == 204 ? respond_empty(r, status) : answer_json(r, m, status);
}
