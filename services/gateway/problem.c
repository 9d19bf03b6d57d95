/* problem.c - RFC 9457 problem details, and OAuth 2's own error form. */
#include "gateway/problem.h"

#include <string.h>
#include "gateway/text.h"

static const struct {
	int status;
	const char *type, *title;
} kinds[] = {
	{ 400, "invalid", "The request is not valid" },
	{ 401, "unauthenticated", "Sign in first" },
	{ 403, "forbidden", "Not allowed for this role" },
	{ 404, "not-found", "No such thing" },
	{ 405, "method-not-allowed", "Not this method" },
	{ 406, "not-acceptable", "Not in that form" },
	{ 408, "timeout", "The request took too long" },
	{ 409, "conflict", "It is no longer as it was" },
	{ 413, "too-large", "Too large" },
	{ 414, "too-large", "Too large" },
	{ 415, "unsupported", "Not this media type" },
	{ 416, "range", "No such range" },
	{ 417, "expectation", "Unknown expectation" },
	{ 422, "refused", "A rule forbids it" },
	{ 429, "too-many", "Too many requests" },
	{ 431, "too-large", "Too large" },
	{ 500, "internal", "Something broke here" },
	{ 501, "not-implemented", "Unknown method" },
	{ 503, "busy", "Not now; try again" },
	{ 504, "timeout", "No answer in time" },
	{ 505, "version", "Unknown HTTP version" },
};

static size_t kind_of(int status)
{
	size_t n = sizeof kinds / sizeof *kinds;

	for (size_t i = 0; i < n; i++) {
		if (kinds[i].status == status)
			return i;
	}
	return kind_of(status >= 500 ? 500 : 400);
}

static void member(struct text *t, const char *name, const char *value)
{
	text_fmt(t, ",\"%s\":", name);
	text_json(t, value);
}

static void errors(struct text *t, const struct fault_list *f)
{
	if (!f->n_fields)
		return;
	text_put(t, ",\"errors\":[");
	for (size_t i = 0; i < f->n_fields; i++) {
		text_put(t, i ? ",{\"pointer\":" : "{\"pointer\":");
		text_json(t, f->fields[i]->pointer);
		member(t, "rule", f->fields[i]->rule);
		member(t, "detail", f->fields[i]->detail);
		text_put(t, "}");
	}
	text_put(t, "]");
}

char *problem_json(const struct problem *p, struct arena *a, size_t *ret_len)
{
	struct text t;
	size_t k = kind_of(p->status);

	text_init(&t, a, 512);
	text_fmt(&t, "{\"type\":\"urn:jingbao:problem:%s\",\"title\":\"%s\",\"status\":%d",
		kinds[k].type, kinds[k].title, p->status);
	if (p->faults->text && *p->faults->text)
		member(&t, "detail", p->faults->text);
	member(&t, "instance", p->instance);
	member(&t, "requestId", p->request_id);
	errors(&t, p->faults);
	text_put(&t, "}");
	return text_end(&t, ret_len);
}

static bool concerns(const struct fault_list *f, const char *field)
{
	for (size_t i = 0; i < f->n_fields; i++) {
		if (strstr(f->fields[i]->pointer, field))
			return true;
	}
	return false;
}

static const char *oauth_error(const struct fault_list *f)
{
	switch (f->code) {
	case PB__CODE__UNAUTHENTICATED:
	case PB__CODE__NOT_FOUND:
		return "invalid_client";
	case PB__CODE__FORBIDDEN:
		return "unauthorized_client";
	case PB__CODE__REFUSED:
		return concerns(f, "scope") ? "invalid_scope" : "invalid_grant";
	case PB__CODE__INTERNAL:
		return "server_error";
	case PB__CODE__BUSY:
	case PB__CODE__TOO_MANY:
		return "temporarily_unavailable";
	default:
		return concerns(f, "grant") ? "unsupported_grant_type" : "invalid_request";
	}
}

char *problem_oauth(const struct fault_list *f, struct arena *a, size_t *ret_len)
{
	struct text t;

	text_init(&t, a, 256);
	text_fmt(&t, "{\"error\":\"%s\"", oauth_error(f));
	if (f->n_fields)
		member(&t, "error_description", f->fields[0]->detail);
	else if (f->text && *f->text)
		member(&t, "error_description", f->text);
	text_put(&t, "}");
	return text_end(&t, ret_len);
}

int problem_oauth_status(Pb__Code code)
{
	if (code == PB__CODE__NOT_FOUND)
		return 401;
	if (code == PB__CODE__FORBIDDEN || code == PB__CODE__REFUSED)
		return 400;
	return fault_http_status(code);
}

void faults_from_message(struct fault_list *f, Pb__Code code, const Pb__Fault *m)
{
	(void)fault_set(f, code, "%s", m ? m->text : "");
	if (!m)
		return;
	f->retry_after_s = m->retry_after_s;
	for (size_t i = 0; i < m->n_errors; i++)
		fault_field(
			f, m->errors[i]->pointer, m->errors[i]->rule, "%s", m->errors[i]->detail);
}
