/* emit_openapi.c - the OpenAPI 3.1 document: openapi.base.json, which holds what no RPC declares,
 * and to it one operation per RPC with a route, the event types and all schemas.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

struct problem {
	unsigned status;
	const char *name, *about;
};

static const struct problem problems[] = {
	{ 400, "BadRequest", "The request is malformed, or a field breaks its rule." },
	{ 401, "Unauthorized", "Not signed in, or the token is unknown or expired." },
	{ 403, "Forbidden", "Signed in, but none of the caller's roles may do this." },
	{ 404, "NotFound", "No such thing, or not for this caller to see." },
	{ 409, "Conflict", "It changed meanwhile, or an equal request still runs: read again." },
	{ 413, "TooLarge", "The body is too large." },
	{ 415, "UnsupportedMedia", "The body has another media type than this call takes." },
	{ 416, "RangeNotSatisfiable", "The bytes end before that range." },
	{ 422, "Refused", "A rule of the business forbids it; `detail` says which." },
	{ 429, "TooManyRequests", "Slow down; `Retry-After` says for how long." },
	{ 503, "Unavailable", "Busy or not ready; `Retry-After` says when to come again." },
};
enum { N_PROBLEMS = sizeof(problems) / sizeof(*problems) };

static void set_text(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, json_string(text));
}

static json_t *ref(const char *group, const char *name)
{
	return json_pack(
		"{s:o}", "$ref", json_string(gen_printf("#/components/%s/%s", group, name)));
}

static const char *sentence(const char *text)
{
	const char *end = strstr(text, ". ");
	return end ? gen_strndup(text, (size_t)(end - text)) : text;
}

/* "submit_order" -> "Submit order" */
static const char *words(const char *snake)
{
	char *s = gen_printf("%s", snake);
	for (char *p = strchr(s, '_'); p; p = strchr(p, '_'))
		*p = ' ';
	s[0] = name_upper(s)[0];
	return s;
}

/* --- parameters --- */

static json_t *parameter(struct schemas *s, const struct field *f, bool in_path)
{
	json_t *p = json_pack("{s:s,s:s}", "name", f->json, "in", in_path ? "path" : "query");
	if (in_path || f->rule->required)
		json_object_set_new(p, "required", json_true());
	const char *about = field_about(f);
	set_text(p, "description", *about ? about : words(f->name));
	json_t *schema = schema_parameter(s, f);
	if (in_path && f->kind == KIND_TEXT)
		json_object_set_new(schema, "minLength", json_integer(1));
	json_object_set_new(p, "schema", schema);
	return p;
}

/* Messages are not recursive: the checks came first. */
static bool holds_position(const struct message *m)
{
	if (!strcmp(m->name, "Position"))
		return true;
	for (size_t i = 0; i < m->n_fields; i++)
		if (m->fields[i].sub && holds_position(m->fields[i].sub))
			return true;
	return false;
}

static json_t *parameters(struct schemas *s, const struct method *m)
{
	json_t *list = json_array();
	for (size_t i = 0; i < m->in->n_fields; i++) {
		const struct field *f = &m->in->fields[i];
		bool in_path = field_in_path(m, f);
		if (in_path || (method_uses_query(m) && !f->rule->server))
			json_array_append_new(list, parameter(s, f, in_path));
	}
	for (size_t i = 0; i < m->http->n_token; i++)
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:s,s:{s:s}}", "name", m->http->token[i], "in", "query",
				"description", "The token, where no header can be sent.", "schema",
				"type", "string"));
	if (m->repeat == PB__REPEAT__VALUE__KEY)
		json_array_append_new(list, ref("parameters", "IdempotencyKey"));
	if (holds_position(m->out) && !message_field(m->in, "datum"))
		json_array_append_new(list, ref("parameters", "Datum"));
	return list;
}

/* Path variables are spelt as in JSON: {incident_id} -> {incidentId}. */
static const char *outside_path(const char *path)
{
	const char *out = "";
	while (*path) {
		size_t n = strcspn(path, *path == '{' ? "}" : "{");
		const char *part = gen_strndup(path, n);
		out = gen_printf("%s%s", out, *path == '{' ? name_json(part) : part);
		path += n;
	}
	return out;
}

/* --- bodies and responses --- */

static json_t *content(const char *media, json_t *schema)
{
	json_t *entry = json_object();
	if (schema)
		json_object_set_new(entry, "schema", schema);
	json_t *o = json_object();
	json_object_set_new(o, media, entry);
	return o;
}

/* An empty body stands for {}. */
static bool asks_for_a_member(const struct method *m)
{
	for (size_t i = 0; i < m->in->n_fields; i++)
		if (m->in->fields[i].rule->required && !field_in_path(m, &m->in->fields[i]))
			return true;
	return false;
}

static json_t *request_body(struct schemas *s, const struct method *m)
{
	json_t *body = json_object();
	json_t *media;
	if (m->http->kind == PB__HTTP__KIND__UPLOAD || asks_for_a_member(m))
		json_object_set_new(body, "required", json_true());
	if (m->http->kind == PB__HTTP__KIND__UPLOAD)
		media = content(m->http->media, json_pack("{s:s,s:s}", "type", "string",
							"contentMediaType", m->http->media));
	else if (m->http->kind == PB__HTTP__KIND__LOOSE)
		media = json_pack("{s:{s:{s:s}},s:{s:{s:s}}}", "application/json", "schema", "type",
			"object", "application/x-www-form-urlencoded", "schema", "type", "object");
	else
		media = content(m->http->kind == PB__HTTP__KIND__FORM
					? "application/x-www-form-urlencoded"
					: "application/json",
			schema_body(s, m));
	json_object_set_new(body, "content", media);
	return body;
}

static json_t *success(struct schemas *s, const struct method *m)
{
	json_t *r = json_pack("{s:s}", "description",
		m->http->success == 201   ? "Created."
		: m->http->success == 204 ? "Done."
					  : "OK.");
	json_t *headers = json_pack("{s:o}", "X-Request-Id", ref("headers", "RequestId"));
	if (*m->http->location)
		json_object_set_new(headers, "Location", ref("headers", "Location"));
	json_object_set_new(r, "headers", headers);
	if (m->http->success == 204)
		return r;
	if (m->http->kind == PB__HTTP__KIND__LOOSE)
		json_object_set_new(r, "content", content("*/*", NULL));
	else if (m->http->kind == PB__HTTP__KIND__DOWNLOAD)
		json_object_set_new(
			r, "content", content(*m->http->media ? m->http->media : "*/*", NULL));
	else
		json_object_set_new(r, "content",
			content("application/json",
				schema_ref(s, m->out,
					m->http->kind == PB__HTTP__KIND__FORM ? USE_FORM_REPLY
									      : USE_REPLY)));
	return r;
}

static bool may_answer(const struct method *m, unsigned status, bool open)
{
	bool reads = !strcmp(m->http->method, "GET");
	switch (status) {
	case 403:
		return !open;
	case 404:
		return m->http->kind != PB__HTTP__KIND__FORM;
	case 409:
		return !reads && m->http->kind != PB__HTTP__KIND__FORM;
	case 422:
		return m->http->kind != PB__HTTP__KIND__FORM;
	case 413:
	case 415:
		return method_has_body(m);
	case 416:
		return false; /* downloads only, added there */
	default:
		return true;
	}
}

/* OAuth 2 has an error form of its own (RFC 6749 5.2). */
static json_t *oauth_error(const struct problem *p)
{
	return json_pack("{s:s,s:o}", "description", p->about, "content",
		content("application/json", ref("schemas", "OAuthError")));
}

static void add_partial(json_t *o)
{
	json_object_set_new(o, "206", json_pack("{s:s}", "description", "The range asked for."));
	json_object_set_new(o, "304", json_pack("{s:s}", "description", "The ETag still holds."));
	json_object_set_new(o, "416", ref("responses", "RangeNotSatisfiable"));
}

static json_t *responses(struct schemas *s, const struct method *m, bool open)
{
	json_t *o = json_object();
	unsigned ok = m->http->success ? m->http->success : 200;
	json_object_set_new(o, gen_printf("%u", ok), success(s, m));
	for (size_t i = 0; i < N_PROBLEMS; i++)
		if (may_answer(m, problems[i].status, open))
			json_object_set_new(o, gen_printf("%u", problems[i].status),
				m->http->kind == PB__HTTP__KIND__FORM
					? oauth_error(&problems[i])
					: ref("responses", problems[i].name));
	if (m->http->kind == PB__HTTP__KIND__DOWNLOAD)
		add_partial(o);
	return o;
}

/* --- operations --- */

static bool open_to_anyone(const struct method *m)
{
	for (size_t i = 0; i < m->access->n_roles; i++)
		if (m->access->roles[i] == PB__ROLE__VALUE__ANYONE)
			return true;
	return false;
}

static json_t *role_names(const Pb__Role__Value *roles, size_t n)
{
	json_t *o = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(o, json_string(name_lower(role_name(roles[i]))));
	return o;
}

static const char *described(const struct method *m, bool open)
{
	const char *text = *m->comment ? gen_printf("%s ", m->comment) : "";
	if (open)
		return gen_printf("%sOpen to anyone.", text);
	const char *roles = "";
	for (size_t i = 0; i < m->access->n_roles; i++)
		roles = gen_printf(
			"%s%s%s", roles, i ? ", " : "", name_lower(role_name(m->access->roles[i])));
	return gen_printf("%sFor: %s.", text, roles);
}

static json_t *operation(struct schemas *s, const struct method *m)
{
	bool open = open_to_anyone(m);
	json_t *o = json_pack("{s:o,s:[s]}", "operationId",
		json_string(gen_printf("%s%s", name_lower_first(m->service->name), m->name)),
		"tags", m->service->name);
	const char *summary = *m->http->summary ? m->http->summary : sentence(m->comment);
	set_text(o, "summary", *summary ? summary : words(name_snake(m->name)));
	set_text(o, "description", described(m, open));
	json_object_set_new(o, "x-roles", role_names(m->access->roles, m->access->n_roles));
	json_t *params = parameters(s, m);
	if (json_array_size(params))
		json_object_set(o, "parameters", params);
	json_decref(params);
	if (method_has_body(m))
		json_object_set_new(o, "requestBody", request_body(s, m));
	json_object_set_new(o, "responses", responses(s, m, open));
	if (open)
		json_object_set_new(o, "security", json_array());
	return o;
}

static void add_operation(json_t *paths, const char *path, const char *verb, json_t *op)
{
	json_t *item = json_object_get(paths, path);
	if (!item) {
		item = json_object();
		json_object_set_new(paths, path, item);
	}
	json_object_set_new(item, name_lower(verb), op);
}

static void add_operations(struct schemas *s, json_t *paths)
{
	for (size_t i = 0; i < s->model->n_services; i++)
		for (size_t j = 0; j < s->model->services[i].n_methods; j++) {
			const struct method *m = &s->model->services[i].methods[j];
			if (m->http)
				add_operation(paths, outside_path(m->http->path), m->http->method,
					operation(s, m));
		}
}

/* --- live events --- */

/* An event's data as its viewers get it; secrets never leave. */
static json_t *event_schema(struct schemas *s, const struct message *m)
{
	json_t *r = schema_ref(s, m, USE_REPLY);
	json_t *props = json_object_get(json_object_get(s->out, m->name), "properties");
	for (size_t i = 0; i < m->n_fields; i++)
		if (m->fields[i].rule->privacy == PB__PRIVACY__VALUE__SECRET)
			json_object_del(props, m->fields[i].json);
	return r;
}

/* What stands around an event on the stream. */
static json_t *live_event(struct schemas *s, const struct message *m)
{
	return json_pack("{s:s,s:[s,s,s,s],s:{s:{s:s,s:s},s:{s:s},s:{s:s,s:s},s:{s:s,s:s},s:o}}",
		"type", "object", "required", "id", "type", "time", "data", "properties", "id",
		"type", "string", "format", "uuid", "type", "const", m->full, "time", "type",
		"string", "format", "date-time", "district", "type", "string", "description",
		"GB/T 2260; 000000 when tied to none.", "data", event_schema(s, m));
}

static json_t *live_schema(struct schemas *s)
{
	json_t *any = json_array();
	for (size_t i = 0; i < s->model->n_messages; i++)
		if (s->model->messages[i].event)
			json_array_append_new(any, live_event(s, &s->model->messages[i]));
	return json_pack("{s:s,s:o}", "description", "The JSON of a `data:` line.", "anyOf", any);
}

static json_t *event_types(const struct model *m)
{
	json_t *o = json_object();
	for (size_t i = 0; i < m->n_messages; i++) {
		const struct message *e = &m->messages[i];
		if (e->event)
			json_object_set_new(
				o, e->name, role_names(e->event->seen_by, e->event->n_seen_by));
	}
	return o;
}

/* --- the document --- */

static void add_problem_responses(json_t *o)
{
	for (size_t i = 0; i < N_PROBLEMS; i++) {
		json_t *headers = json_pack("{s:o}", "X-Request-Id", ref("headers", "RequestId"));
		if (problems[i].status == 429 || problems[i].status == 503)
			json_object_set_new(headers, "Retry-After", ref("headers", "RetryAfter"));
		json_object_set_new(o, problems[i].name,
			json_pack("{s:s,s:o,s:o}", "description", problems[i].about, "headers",
				headers, "content",
				content("application/problem+json", ref("schemas", "Problem"))));
	}
}

/* Services come before what the base names. */
static void add_tags(const struct model *m, json_t *list)
{
	for (size_t i = 0; i < m->n_services; i++) {
		const char *about = m->services[i].comment;
		for (size_t j = 0; j < m->n_files && !*about; j++)
			if (!strcmp(m->files[j], m->services[i].file))
				about = m->file_comments[j];
		json_array_insert_new(list, i,
			json_pack("{s:s,s:s}", "name", m->services[i].name, "description",
				*about ? about : "RPCs."));
	}
}

static json_t *read_base(const char *path)
{
	json_error_t e;
	json_t *base = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
	if (!base) {
		fprintf(stderr, "contract-gen: %s:%d: %s\n", path, e.line, e.text);
		exit(1);
	}
	return base;
}

json_t *emit_openapi(const struct model *m, const char *base)
{
	json_t *doc = read_base(base), *paths = json_object_get(doc, "paths");
	json_t *components = json_object_get(doc, "components");
	struct schemas s = { .model = m, .out = json_object_get(components, "schemas") };
	json_object_set_new(json_object_get(doc, "info"), "version", json_string(JB_VERSION));
	add_tags(m, json_object_get(doc, "tags"));
	add_operations(&s, paths);
	json_object_set_new(s.out, "LiveEvent", live_schema(&s));
	json_object_set_new(json_object_get(json_object_get(paths, "/v1/events"), "get"),
		"x-event-types", event_types(m));
	add_problem_responses(json_object_get(components, "responses"));
	return doc;
}
