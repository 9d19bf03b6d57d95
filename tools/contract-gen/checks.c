/* checks.c - what the house forbids in a contract; each violation is one line naming the place. */
#include "model.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct report {
	const struct model *model;
	FILE *err;
	unsigned n;
};

static void bad(struct report *r, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void bad(struct report *r, const char *file, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(r->err, "%s: error: ", file);
	vfprintf(r->err, fmt, ap);
	fputc('\n', r->err);
	va_end(ap);
	r->n++;
}

/* --- messages --- */

static bool is_number(const char *text)
{
	char *end;
	(void)strtod(text, &end);
	return *text && !*end && strspn(text, "+-0123456789.eE") == strlen(text);
}

static bool is_numeric(const struct field *f)
{
	return f->kind <= KIND_U64;
}

static void check_rule(struct report *r, const struct message *m, const struct field *f)
{
	const Pb__Rule *u = f->rule;
	if (u->server && u->required)
		bad(r, m->file, "%s.%s: 'required' on a 'server' field: a caller may not send it",
			m->name, f->name);
	if (u->time && f->kind != KIND_I64)
		bad(r, m->file, "%s.%s: 'time' needs int64", m->name, f->name);
	if (u->format && f->kind != KIND_TEXT)
		bad(r, m->file, "%s.%s: 'format' needs a string", m->name, f->name);
	if ((u->min_len || u->max_len) && f->kind != KIND_TEXT && f->kind != KIND_BYTES)
		bad(r, m->file, "%s.%s: lengths need a string or bytes", m->name, f->name);
	if (u->max_len && u->min_len > u->max_len)
		bad(r, m->file, "%s.%s: min_len above max_len", m->name, f->name);
	if ((*u->min || *u->max) && !is_numeric(f))
		bad(r, m->file, "%s.%s: 'min' and 'max' need a number", m->name, f->name);
	if ((*u->min && !is_number(u->min)) || (*u->max && !is_number(u->max)))
		bad(r, m->file, "%s.%s: 'min' and 'max' are decimal text", m->name, f->name);
	if (u->max_items && !f->repeated)
		bad(r, m->file, "%s.%s: 'max_items' needs a repeated field", m->name, f->name);
	if (u->scope && (f->kind != KIND_TEXT || f->repeated))
		bad(r, m->file, "%s.%s: 'scope' needs a single string", m->name, f->name);
	if (u->privacy && f->kind != KIND_TEXT)
		bad(r, m->file, "%s.%s: 'privacy' needs a string", m->name, f->name);
}

static void check_field(struct report *r, const struct message *m, const struct field *f)
{
	if (f->optional)
		bad(r, m->file,
			"%s.%s: proto3 optional is not known to protobuf-c: use a one-member "
			"oneof",
			m->name, f->name);
	if (strcmp(f->json, f->declared_json) != 0)
		bad(r, m->file, "%s.%s: json_name is not allowed: the JSON name is '%s'", m->name,
			f->name, f->json);
	if (f->sub && f->sub->map_entry)
		bad(r, m->file, "%s.%s: map fields are not supported: use a repeated message",
			m->name, f->name);
	check_rule(r, m, f);
}

static size_t scoped(const struct message *m, Pb__Scope__Value scope)
{
	size_t n = 0;
	for (size_t i = 0; i < m->n_fields; i++)
		n += m->fields[i].rule->scope == scope;
	return n;
}

/* Accounts belong to no incident and to no one district. */
static bool tied_to_nothing(const struct message *m)
{
	return !strcmp(m->name, "SessionEnded") || !strcmp(m->name, "AccountChanged");
}

static void check_event(struct report *r, const struct message *m)
{
	size_t districts = scoped(m, PB__SCOPE__VALUE__DISTRICT);
	if (!m->event->n_seen_by)
		bad(r, m->file, "event %s: seen_by is empty", m->name);
	if (districts > 1)
		bad(r, m->file, "event %s: more than one field with scope DISTRICT", m->name);
	if (scoped(m, PB__SCOPE__VALUE__INCIDENT) > 1)
		bad(r, m->file, "event %s: more than one field with scope INCIDENT", m->name);
	if (!districts && !scoped(m, PB__SCOPE__VALUE__INCIDENT) && !tied_to_nothing(m))
		bad(r, m->file, "event %s: no field with scope DISTRICT or INCIDENT", m->name);
}

/* Decoding has no depth limit in protobuf-c, so no message may hold itself. */
static bool reaches(const struct message *from, const struct message *target, unsigned depth)
{
	for (size_t i = 0; i < from->n_fields; i++) {
		const struct message *sub = from->fields[i].sub;
		if (sub && (sub == target || (depth && reaches(sub, target, depth - 1))))
			return true;
	}
	return false;
}

static void check_messages(struct report *r)
{
	const struct model *m = r->model;
	for (size_t i = 0; i < m->n_messages; i++) {
		const struct message *msg = &m->messages[i];
		for (size_t j = 0; j < msg->n_fields; j++)
			check_field(r, msg, &msg->fields[j]);
		if (msg->event)
			check_event(r, msg);
		if (reaches(msg, msg, 12))
			bad(r, msg->file, "%s: recursive message", msg->name);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(m->messages[j].c_lower, msg->c_lower))
				bad(r, msg->file, "duplicate message name '%s' (also in %s)",
					msg->name, m->messages[j].file);
	}
}

/* --- methods --- */

struct path_check {
	struct report *report;
	const struct method *method;
};

static void check_path_variable(const char *var, void *ctx)
{
	const struct path_check *p = ctx;
	const struct method *m = p->method;
	const struct field *f = message_field(m->in, var);
	if (!f)
		bad(p->report, m->file, "%s: path variable '{%s}' is no field of %s", m->subject,
			var, m->in->name);
	else if (f->repeated || f->kind == KIND_MESSAGE || f->kind == KIND_BYTES || f->rule->server)
		bad(p->report, m->file,
			"%s: path variable '{%s}' must be a single scalar the caller "
			"sends",
			m->subject, var);
}

static void check_location_variable(const char *var, void *ctx)
{
	const struct path_check *p = ctx;
	const struct method *m = p->method;
	if (!message_field(m->out, var) && !message_field(m->in, var))
		bad(p->report, m->file, "%s: location variable '{%s}' is no field of %s or %s",
			m->subject, var, m->out->name, m->in->name);
}

static bool known_verb(const char *verb)
{
	static const char *const verbs[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(verbs[i], verb))
			return true;
	return false;
}

static void check_query(struct report *r, const struct method *m)
{
	for (size_t i = 0; i < m->in->n_fields; i++) {
		const struct field *f = &m->in->fields[i];
		if (f->kind == KIND_MESSAGE && !f->rule->server)
			bad(r, m->file, "%s: field '%s' is a message and can't come from the query",
				m->subject, f->name);
	}
}

static bool is_loose(const struct method *m)
{
	const struct field *f = message_field(m->in, "fields");

	return f && f->repeated && f->sub && !strcmp(f->sub->name, "LooseField") &&
	       f->rule->server && m->in->n_fields == 1 && !strcmp(m->out->name, "TextReply");
}

static void check_http(struct report *r, const struct method *m)
{
	const Pb__Http *h = m->http;
	struct path_check p = { r, m };
	if (!known_verb(h->method))
		bad(r, m->file, "%s: http method '%s' is not GET, POST, PUT, PATCH or DELETE",
			m->subject, h->method);
	if (h->path[0] != '/')
		bad(r, m->file, "%s: http path '%s' must begin with '/'", m->subject, h->path);
	each_variable(h->path, check_path_variable, &p);
	each_variable(h->location, check_location_variable, &p);
	if (!strcmp(h->method, "GET") && m->repeat == PB__REPEAT__VALUE__KEY)
		bad(r, m->file, "%s: repeat KEY on a GET", m->subject);
	if (h->success && (h->success < 200 || h->success > 299))
		bad(r, m->file, "%s: success %u is no success", m->subject, h->success);
	if (h->kind == PB__HTTP__KIND__UPLOAD && !*h->media)
		bad(r, m->file, "%s: an UPLOAD route names its 'media'", m->subject);
	if (h->kind == PB__HTTP__KIND__DOWNLOAD && strcmp(m->out->name, "BlobReply") != 0)
		bad(r, m->file, "%s: a DOWNLOAD route replies BlobReply", m->subject);
	if (h->kind == PB__HTTP__KIND__LOOSE && !is_loose(m))
		bad(r, m->file,
			"%s: a LOOSE route asks 'repeated LooseField fields' (server) and replies "
			"TextReply",
			m->subject);
	if (h->n_token && h->kind != PB__HTTP__KIND__LOOSE)
		bad(r, m->file, "%s: 'token' names are for LOOSE routes", m->subject);
	if (method_uses_query(m))
		check_query(r, m);
}

static const char *bare_route(const struct method *m)
{
	char *out = gen_printf("%s %s", m->http->method, m->http->path), *o = out;
	bool inside = false;
	for (const char *p = out; *p; p++) {
		if (*p == '}')
			inside = false;
		if (!inside)
			*o++ = *p;
		if (*p == '{')
			inside = true;
	}
	*o = '\0';
	return out;
}

static void check_pair(struct report *r, const struct method *a, const struct method *b)
{
	if (!strcmp(a->subject, b->subject))
		bad(r, b->file, "two methods have the subject '%s'", b->subject);
	if (a->http && b->http && !strcmp(bare_route(a), bare_route(b)))
		bad(r, b->file, "%s and %s have equal routes: %s %s", a->subject, b->subject,
			b->http->method, b->http->path);
	if (a->service == b->service && !strcmp(a->c_lower, b->c_lower) &&
		strcmp(a->name, b->name) != 0)
		bad(r, b->file, "%s and %s have the same name in C", a->subject, b->subject);
}

static void check_method(struct report *r, const struct method *m)
{
	if (!m->access->n_roles)
		bad(r, m->file, "%s: no roles: say who may call it with option (access)",
			m->subject);
	if (m->streaming)
		bad(r, m->file, "%s: streaming is not supported", m->subject);
	if (m->http)
		check_http(r, m);
}

/* Against itself and every method before it. */
static void check_against_earlier(struct report *r, const struct method *m)
{
	check_method(r, m);
	for (size_t i = 0; i < r->model->n_services; i++)
		for (size_t j = 0; j < r->model->services[i].n_methods; j++) {
			const struct method *other = &r->model->services[i].methods[j];
			if (other == m)
				return;
			check_pair(r, other, m);
		}
}

static void check_methods(struct report *r)
{
	for (size_t i = 0; i < r->model->n_services; i++)
		for (size_t j = 0; j < r->model->services[i].n_methods; j++)
			check_against_earlier(r, &r->model->services[i].methods[j]);
}

unsigned model_check(const struct model *m, FILE *err)
{
	struct report r = { .model = m, .err = err };
	check_messages(&r);
	check_methods(&r);
	return r.n;
}
