/* decode.c - path variables, query, body and what the gateway itself knows, into the RPC's message.
 */
#include "gateway/decode.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "gateway/loose.h"
#include "jingbao/v1/options.pb-c.h"
#include "kit/json.h"

enum { FORM_PARAMS = 16, AGENT_MAX = 256 };

bool media_is(const char *type, const char *media)
{
	size_t n = strlen(media);

	if (strncasecmp(type, media, n) != 0)
		return false;
	type += n + strspn(type + n, " \t");
	if (!*type)
		return true;
	/* The only parameter that says anything here; JSON and forms are UTF-8 anyway. */
	return *type == ';' && (!strcasestr(type, "charset") || strcasestr(type, "utf-8"));
}

int field_index(const ProtobufCMessageDescriptor *d, const char *name)
{
	for (unsigned i = 0; i < d->n_fields; i++) {
		if (strcmp(d->fields[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

static bool has_body(const struct req *r)
{
	return r->guard.length > 0 || r->guard.chunked;
}

static bool takes_body(const struct method_meta *m)
{
	return m->kind != PB__HTTP__KIND__DOWNLOAD && strcmp(m->verb, "GET") != 0 &&
	       strcmp(m->verb, "DELETE") != 0;
}

void decode_check_media(struct req *r)
{
	const char *type = req_header(r, "Content-Type"), *want = "application/json";

	if (!takes_body(r->method)) {
		if (has_body(r))
			req_refuse(r, PB__CODE__INVALID, "this route takes no body");
		return;
	}
	if (r->method->kind == PB__HTTP__KIND__LOOSE)
		type = want; /* apps call it anything; its content decides */
	if (r->method->kind == PB__HTTP__KIND__UPLOAD)
		want = r->method->media ? r->method->media : "application/octet-stream";
	else if (r->method->kind == PB__HTTP__KIND__FORM)
		want = "application/x-www-form-urlencoded";
	if ((has_body(r) || r->method->kind == PB__HTTP__KIND__UPLOAD) && !media_is(type, want))
		req_refuse(r, PB__CODE__UNSUPPORTED, "the body must be '%s'", want);
	if (*req_header(r, "Content-Encoding") &&
		strcasecmp(req_header(r, "Content-Encoding"), "identity") != 0)
		req_refuse(r, PB__CODE__UNSUPPORTED, "encoded bodies are not taken");
}

static ProtobufCMessage *from_json(struct req *r, const struct msg_meta *in)
{
	const char *text = r->body_len ? r->body : "{}";
	json_t *v = json_parse(text, r->body_len ? r->body_len : 2, &r->faults);

	if (!v)
		return NULL;
	ProtobufCMessage *m = json_value_to_message(in, v, "", &r->faults);
	json_decref(v);
	return m;
}

/* HTTP Basic carries the client's id and secret, form-encoded (RFC 6749 2.3.1). */
static void basic_credentials(struct req *r, ProtobufCMessage *m)
{
	static const char *const names[] = { "client_id", "client_secret" };
	const char *auth = req_header(r, "Authorization"), *fault;
	unsigned char raw[512];
	size_t n;

	if (strncasecmp(auth, "Basic ", 6) != 0)
		return;
	if (sodium_base642bin(raw, sizeof raw - 1, auth + 6, strlen(auth + 6), " ", &n, NULL,
		    sodium_base64_VARIANT_ORIGINAL) != 0) {
		req_refuse(r, PB__CODE__UNAUTHENTICATED, "the Basic credentials are not base64");
		return;
	}
	raw[n] = '\0';
	const char *at = (const char *)raw;
	for (int i = 0; i < 2; i++) {
		size_t len = i == 0 ? strcspn(at, ":") : strlen(at);
		const char *v = percent_decode(at, len, true, &r->arena, &fault);
		if (!v)
			req_refuse(
				r, PB__CODE__UNAUTHENTICATED, "the Basic credentials: %s", fault);
		else
			json_set_from_text(r->method->in, m, names[i], v, &r->faults);
		at += len + (i == 0 && at[len] == ':');
	}
	sodium_memzero(raw, sizeof raw);
}

static ProtobufCMessage *from_form(struct req *r, const struct msg_meta *in)
{
	ProtobufCMessage *m = message_new(in, &r->arena);
	struct param p[FORM_PARAMS];
	const char *fault;
	int n = params_parse(
		r->body ? r->body : "", r->body_len, p, FORM_PARAMS, &r->arena, &fault);

	if (n < 0)
		req_refuse(r, PB__CODE__INVALID, "the form: %s", fault);
	if (m && n >= 0)
		basic_credentials(r, m);
	for (int i = 0; m && i < n; i++)
		json_set_from_text(in, m, p[i].name, p[i].value, &r->faults);
	return m;
}

static bool is_field(const struct msg_meta *in, const char *name)
{
	for (unsigned i = 0; i < in->desc->n_fields; i++) {
		if (strcmp(in->fields[i].json, name) == 0 ||
			strcmp(in->desc->fields[i].name, name) == 0)
			return true;
	}
	return false;
}

static void from_query(struct req *r, const struct msg_meta *in, ProtobufCMessage *m, bool body)
{
	for (size_t i = 0; i < r->target.n_params; i++) {
		const struct param *p = &r->target.params[i];
		if (strcmp(p->name, "datum") == 0 && (body || !is_field(in, "datum")))
			continue; /* how to answer; see answer.c */
		if (body) {
			char *at = arena_printf(&r->arena, "/%s", p->name);
			fault_field(&r->faults, at ? at : "", "unknown",
				"goes in the body, not in the query");
		} else {
			json_set_from_text(in, m, p->name, p->value, &r->faults);
		}
	}
}

static const char *printable(const char *s, struct arena *a)
{
	char *copy = arena_strndup(a, s, AGENT_MAX);

	for (char *p = copy; p && *p; p++) {
		if (*p < ' ' || *p > '~')
			*p = '?';
	}
	return copy ? copy : "";
}

void decode_server_field(struct req *r, ProtobufCMessage *m, const char *name, const char *text)
{
	int i = field_index(r->method->in->desc, name);

	if (i >= 0 && r->method->in->fields[i].server && *text)
		json_set_server_field(r->method->in, m, name, text, &r->faults);
}

static void from_ourselves(struct req *r, ProtobufCMessage *m)
{
	decode_server_field(r, m, "client_address", r->address);
	decode_server_field(r, m, "user_agent", printable(req_header(r, "User-Agent"), &r->arena));
	decode_server_field(r, m, "session_id", r->who.session_id);
}

ProtobufCMessage *decode_request(struct req *r)
{
	const struct method_meta *method = r->method;
	const struct msg_meta *in = method->in;
	bool json = method->kind == PB__HTTP__KIND__JSON && takes_body(method);
	ProtobufCMessage *m;

	if (method->kind == PB__HTTP__KIND__LOOSE)
		return loose_message(r);
	if (json)
		m = from_json(r, in);
	else if (method->kind == PB__HTTP__KIND__FORM)
		m = from_form(r, in);
	else
		m = message_new(in, &r->arena);
	for (size_t i = 0; m && i < r->match.n_vars; i++)
		json_set_from_text(
			in, m, r->match.vars[i].name, r->match.vars[i].value, &r->faults);
	if (m)
		from_query(r, in, m, json || method->kind == PB__HTTP__KIND__FORM);
	if (m)
		from_ourselves(r, m);
	if (!m && r->arena.full)
		req_refuse(r, PB__CODE__TOO_LARGE, "the request needs too much memory");
	return m && !req_refused(r) ? m : NULL;
}
