/* emit_c.c - contract.gen.h and contract.gen.c: metas, the method table, typed adapters per RPC. */
#include "model.h"

#include <string.h>

static void emit_quoted(const char *s, FILE *out)
{
	fputc('"', out);
	for (; *s; s++)
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if ((unsigned char)*s < 32)
			fprintf(out, "\\%03o", (unsigned)(unsigned char)*s);
		else
			fputc(*s, out);
	fputc('"', out);
}

static const char *quoted_or_null(const char *s)
{
	return *s ? gen_printf("\"%s\"", s) : "NULL";
}

/* --- header --- */

static void emit_handlers(const struct service *s, FILE *out)
{
	fprintf(out, "\n/* %s */\nstruct %s_handlers {\n", s->name, s->c_lower);
	for (size_t i = 0; i < s->n_methods; i++) {
		const struct method *m = &s->methods[i];
		const char *in = m->in->c_type, *rep = m->out->c_type;
		fputs("\tstruct {\n", out);
		fprintf(out, "\t\tPb__Code (*prepare)(struct call *c, const %s *in);\n", in);
		fprintf(out, "\t\tPb__Code (*bind)(struct call *c, const %s *in);\n", in);
		fprintf(out,
			"\t\tPb__Code (*answer)(struct call *c, const %s *in, const struct "
			"db_rows *rows, %s *out);\n",
			in, rep);
		fprintf(out, "\t\tPb__Code (*run)(struct call *c, const %s *in, %s *out);\n", in,
			rep);
		fprintf(out, "\t} %s;\n", m->c_lower);
	}
	if (!s->n_methods)
		fputs("\tchar none;\n", out);
	fputs("};\n", out);
	fprintf(out, "enum { %s_RPCS = %zu };\n", name_upper(s->c_lower), s->n_methods);
	fprintf(out, "extern const struct rpc_binding %s_bindings[];\n", s->c_lower);
}

void emit_header(const struct model *m, FILE *out)
{
	fputs("/* contract.gen.h - written by contract-gen from proto/; do not edit. */\n"
	      "#ifndef CONTRACT_GEN_H\n#define CONTRACT_GEN_H\n\n#include \"kit/svc.h\"\n",
		out);
	for (size_t i = 0; i < m->n_files; i++)
		fprintf(out, "#include \"%s/%s.pb-c.h\"\n", "jingbao/v1", file_stem(m->files[i]));
	fputc('\n', out);
	for (size_t i = 0; i < m->n_messages; i++)
		fprintf(out, "extern const struct msg_meta pb_meta_%s;\n", m->messages[i].c_lower);
	for (size_t i = 0; i < m->n_services; i++)
		emit_handlers(&m->services[i], out);
	fputs("\n#endif\n", out);
}

/* --- metas --- */

static void emit_field(const struct field *f, FILE *out)
{
	const Pb__Rule *u = f->rule;
	fprintf(out, "\t{ .json = \"%s\"", f->json);
	if (f->sub)
		fprintf(out, ", .sub = &pb_meta_%s", f->sub->c_lower);
	if (u->format) {
		const char *name = name_lower(format_name(u->format));
		fprintf(out, ", .format = \"%s\", .check = format_%s", name, name);
	}
	if (*u->min)
		fprintf(out, ", .min = \"%s\"", u->min);
	if (*u->max)
		fprintf(out, ", .max = \"%s\"", u->max);
	if (u->min_len)
		fprintf(out, ", .min_len = %u", u->min_len);
	fprintf(out, ", .max_len = %u", u->max_len ? u->max_len : 512);
	if (f->repeated)
		fprintf(out, ", .max_items = %u", u->max_items ? u->max_items : 100);
	fprintf(out, "%s%s%s", u->required ? ", .required = true" : "",
		u->time ? ", .time = true" : "", u->server ? ", .server = true" : "");
	if (u->privacy)
		fprintf(out, ", .privacy = %d", (int)u->privacy);
	if (u->scope)
		fprintf(out, ", .scope = %d", (int)u->scope);
	fprintf(out, " }, /* %s = %d */\n", f->name, f->number);
}

static int district_field(const struct message *m)
{
	for (size_t i = 0; i < m->n_fields; i++)
		if (m->event && m->fields[i].rule->scope == PB__SCOPE__VALUE__DISTRICT)
			return (int)i;
	return -1;
}

static uint32_t role_mask(const Pb__Role__Value *roles, size_t n)
{
	uint32_t mask = 0;
	for (size_t i = 0; i < n; i++)
		mask |= 1u << roles[i];
	return mask;
}

static void emit_message(const struct message *m, FILE *out)
{
	if (m->n_fields) {
		fprintf(out, "static const struct field_meta fields_of_%s[] = {\n", m->c_lower);
		for (size_t i = 0; i < m->n_fields; i++)
			emit_field(&m->fields[i], out);
		fputs("};\n", out);
	}
	fprintf(out, "const struct msg_meta pb_meta_%s = { .desc = &pb__%s__descriptor", m->c_lower,
		m->c_lower);
	if (m->n_fields)
		fprintf(out, ", .fields = fields_of_%s", m->c_lower);
	if (m->event)
		fprintf(out, ", .event = true, .live = %s, .seen_by = 0x%x",
			m->event->live ? "true" : "false",
			role_mask(m->event->seen_by, m->event->n_seen_by));
	if (m->event && m->event->aside)
		fputs(", .aside = true", out);
	fprintf(out, ", .district_field = %d };\n\n", district_field(m));
}

/* --- methods --- */

static void emit_method(const struct method *m, FILE *out)
{
	fprintf(out, "\t{ .service = \"%s\", .name = \"%s\", .subject = \"%s\"", m->service->name,
		m->name, m->subject);
	if (m->http) {
		const Pb__Http *h = m->http;
		fprintf(out, ",\n\t\t.verb = \"%s\", .path = \"%s\", .kind = %d, .success = %u",
			h->method, h->path, (int)h->kind, h->success ? h->success : 200);
		fprintf(out, ",\n\t\t.location = %s, .media = %s, .summary = ",
			quoted_or_null(h->location), quoted_or_null(h->media));
		emit_quoted(*h->summary ? h->summary : m->comment, out);
		for (size_t i = 0; i < h->n_token; i++)
			fprintf(out, "%s%s%s", i ? " " : ", .tokens = \"", h->token[i],
				i + 1 == h->n_token ? "\"" : "");
	}
	fprintf(out, ",\n\t\t.repeat = %d, .timeout_ms = %u, .body_max = %u", (int)m->repeat,
		m->http && m->http->timeout_ms ? m->http->timeout_ms : 5000,
		m->http && m->http->body_max ? m->http->body_max : 65536);
	fprintf(out, ",\n\t\t.roles = 0x%x, .unmasked = 0x%x",
		role_mask(m->access->roles, m->access->n_roles),
		role_mask(m->access->unmasked, m->access->n_unmasked));
	fprintf(out, ",\n\t\t.in = &pb_meta_%s, .out = &pb_meta_%s },\n", m->in->c_lower,
		m->out->c_lower);
}

static void emit_adapter(const struct service *s, const struct method *m, FILE *out)
{
	const char *id = gen_printf("%s_%s", s->c_lower, m->c_lower);
	const char *h = gen_printf("((const struct %s_handlers *)h)->%s", s->c_lower, m->c_lower);
	const char *in = gen_printf("(const %s *)in", m->in->c_type);
	const char *rep = gen_printf("(%s *)out", m->out->c_type);
	fprintf(out,
		"static unsigned %s_has(const void *h)\n{\n"
		"\treturn (%s.prepare ? RPC_PREPARE : 0u) | (%s.bind ? RPC_BIND : 0u) |\n"
		"\t\t(%s.run ? RPC_RUN : 0u);\n}\n",
		id, h, h, h);
	fprintf(out,
		"static Pb__Code %s_prepare(const void *h, struct call *c, const "
		"ProtobufCMessage *in)\n{\n\treturn %s.prepare(c, %s);\n}\n",
		id, h, in);
	fprintf(out,
		"static Pb__Code %s_bind(const void *h, struct call *c, const "
		"ProtobufCMessage *in)\n{\n\treturn %s.bind(c, %s);\n}\n",
		id, h, in);
	fprintf(out,
		"static Pb__Code %s_answer(const void *h, struct call *c, const "
		"ProtobufCMessage *in,\n\tconst struct db_rows *rows, ProtobufCMessage *out)\n"
		"{\n\treturn %s.answer(c, %s, rows, %s);\n}\n",
		id, h, in, rep);
	fprintf(out,
		"static Pb__Code %s_run(const void *h, struct call *c, const ProtobufCMessage "
		"*in,\n\tProtobufCMessage *out)\n{\n\treturn %s.run(c, %s, %s);\n}\n\n",
		id, h, in, rep);
}

static void emit_bindings(const struct service *s, size_t first, FILE *out)
{
	for (size_t i = 0; i < s->n_methods; i++)
		emit_adapter(s, &s->methods[i], out);
	fprintf(out, "const struct rpc_binding %s_bindings[] = {\n", s->c_lower);
	for (size_t i = 0; i < s->n_methods; i++) {
		const char *id = gen_printf("%s_%s", s->c_lower, s->methods[i].c_lower);
		fprintf(out,
			"\t{ &methods[%zu], %s_has, %s_prepare, %s_bind, %s_answer, %s_run },\n",
			first + i, id, id, id, id, id);
	}
	fputs("\t{ 0 },\n};\n\n", out);
}

/* One literal per line, so that no line grows without bound. */
static void emit_text(const char *text, FILE *out)
{
	for (size_t len = strlen(text), at = 0; at < len;) {
		size_t n = len - at < 90 ? len - at : 90;
		while (at + n < len && ((unsigned char)text[at + n] & 0xc0) == 0x80)
			n++; /* keep UTF-8 characters whole */
		fputs("\t", out);
		emit_quoted(gen_strndup(text + at, n), out);
		fputc('\n', out);
		at += n;
	}
}

static size_t emit_tables(const struct model *m, FILE *out)
{
	size_t events = 0;
	fputs("static const struct msg_meta *const events[] = {\n", out);
	for (size_t i = 0; i < m->n_messages; i++)
		if (m->messages[i].event) {
			fprintf(out, "\t&pb_meta_%s,\n", m->messages[i].c_lower);
			events++;
		}
	fputs("\tNULL,\n};\n\nstatic const struct msg_meta *const messages[] = {\n", out);
	for (size_t i = 0; i < m->n_messages; i++)
		fprintf(out, "\t&pb_meta_%s,\n", m->messages[i].c_lower);
	fputs("\tNULL,\n};\n\n", out);
	return events;
}

void emit_source(const struct model *m, const char *openapi, FILE *out)
{
	fputs("/* contract.gen.c - written by contract-gen from proto/; do not edit. */\n"
	      "#include \"contract/contract.gen.h\"\n#include \"contract/formats.h\"\n\n",
		out);
	for (size_t i = 0; i < m->n_messages; i++)
		emit_message(&m->messages[i], out);
	fputs("static const struct method_meta methods[] = {\n", out);
	for (size_t i = 0; i < m->n_services; i++)
		for (size_t j = 0; j < m->services[i].n_methods; j++)
			emit_method(&m->services[i].methods[j], out);
	fputs("\t{ 0 },\n};\n\n", out);
	size_t n_methods = 0;
	for (size_t i = 0; i < m->n_services; i++) {
		emit_bindings(&m->services[i], n_methods, out);
		n_methods += m->services[i].n_methods;
	}
	size_t n_events = emit_tables(m, out);
	fputs("static const char openapi[] =\n", out);
	emit_text(openapi, out);
	fputs("\t\"\";\n\n", out);
	fprintf(out,
		"const struct contract jb_contract = {\n\t.methods = methods, .n_methods = %zu,\n"
		"\t.events = events, .n_events = %zu,\n\t.messages = messages, .n_messages = %zu,\n"
		"\t.openapi = openapi, .openapi_len = sizeof(openapi) - 1,\n};\n",
		n_methods, n_events, m->n_messages);
}
