/* read.c - a FileDescriptorSet into the model: names resolved, options unpacked, comments kept.
 *
 * protobuf-c knows no extensions: options sit in the unknown fields of the *Options messages. Those
 * with a length keep its varint at the front of their data. An option set in parts comes as several
 * fields; joining their bytes is how protobuf merges.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>

typedef Google__Protobuf__FileDescriptorProto File;
typedef Google__Protobuf__DescriptorProto Desc;
typedef Google__Protobuf__EnumDescriptorProto EnumDesc;
typedef Google__Protobuf__FieldDescriptorProto FieldDesc;

enum {
	OPT_HTTP = 50001,
	OPT_ACCESS = 50002,
	OPT_REPEAT = 50003,
	OPT_EVENT = 50010,
	OPT_RULE = 50020
};

static void die(const char *what, const char *which)
{
	fprintf(stderr, "contract-gen: %s '%s'\n", what, which);
	exit(1);
}

static void *alloc_for_pb(void *unused, size_t size)
{
	(void)unused;
	return gen_alloc(size);
}

static void free_for_pb(void *unused, void *p)
{
	(void)unused;
	(void)p;
}

static ProtobufCAllocator keep = { .alloc = alloc_for_pb, .free = free_for_pb };

static size_t varint(const uint8_t *p, size_t len, uint64_t *ret)
{
	uint64_t v = 0;
	for (size_t i = 0; i < len && i < 10; i++) {
		v |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if (!(p[i] & 0x80)) {
			*ret = v;
			return i + 1;
		}
	}
	return 0;
}

/* The bytes of an option message, joined; NULL when it isn't set. */
static uint8_t *option_bytes(const ProtobufCMessage *options, unsigned tag, size_t *ret_len)
{
	uint8_t *all = NULL;
	*ret_len = 0;
	for (unsigned i = 0; options && i < options->n_unknown_fields; i++) {
		const ProtobufCMessageUnknownField *u = &options->unknown_fields[i];
		uint64_t n;
		if (u->tag != tag || u->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
			continue;
		size_t skip = varint(u->data, u->len, &n);
		uint8_t *joined = gen_alloc(*ret_len + u->len + 1);
		if (all)
			memcpy(joined, all, *ret_len);
		memcpy(joined + *ret_len, u->data + skip, u->len - skip);
		*ret_len += u->len - skip;
		all = joined;
	}
	return all;
}

static ProtobufCMessage *option_message(const ProtobufCMessage *options, unsigned tag,
	const ProtobufCMessageDescriptor *type, bool always)
{
	size_t len;
	uint8_t *bytes = option_bytes(options, tag, &len);
	if (!bytes && !always)
		return NULL;
	ProtobufCMessage *m = protobuf_c_message_unpack(type, &keep, len, bytes);
	if (!m)
		die("cannot decode an option of type", type->name);
	return m;
}

static int option_enum(const ProtobufCMessage *options, unsigned tag)
{
	uint64_t v = 0;
	for (unsigned i = 0; options && i < options->n_unknown_fields; i++) {
		const ProtobufCMessageUnknownField *u = &options->unknown_fields[i];
		if (u->tag == tag && u->wire_type == PROTOBUF_C_WIRE_TYPE_VARINT)
			varint(u->data, u->len, &v);
	}
	return (int)v;
}

/* A comment as one paragraph: line ends and runs of blanks become one blank. */
static const char *tidy(const char *text)
{
	char *out = gen_alloc(strlen(text) + 1), *o = out;
	for (const char *p = text; *p; p++) {
		bool blank = *p == '\n' || *p == ' ' || *p == '\t';
		if (blank && (o == out || o[-1] == ' '))
			continue;
		*o++ = blank ? ' ' : *p;
	}
	while (o > out && o[-1] == ' ')
		*--o = '\0';
	return out;
}

static const char *comment_at(const File *f, const int32_t *path, size_t n)
{
	for (size_t i = 0; f->source_code_info && i < f->source_code_info->n_location; i++) {
		const Google__Protobuf__SourceCodeInfo__Location *l =
			f->source_code_info->location[i];
		if (l->n_path != n || memcmp(l->path, path, n * sizeof(*path)) != 0)
			continue;
		if (l->leading_comments && *l->leading_comments)
			return tidy(l->leading_comments);
		if (l->trailing_comments)
			return tidy(l->trailing_comments);
	}
	return "";
}

struct reader {
	struct model *model;
	const File *file;
	int32_t path[32];
	size_t depth;
};

static void enter(struct reader *r, int32_t member, size_t index)
{
	if (r->depth + 2 > sizeof(r->path) / sizeof(*r->path))
		die("too deeply nested:", r->file->name);
	r->path[r->depth++] = member;
	r->path[r->depth++] = (int32_t)index;
}

static void leave(struct reader *r)
{
	r->depth -= 2;
}

static const char *here(const struct reader *r)
{
	return comment_at(r->file, r->path, r->depth);
}

static void read_enum(struct reader *r, const EnumDesc *d, const char *scope)
{
	struct model *m = r->model;
	m->enums = gen_grow(m->enums, m->n_enums, sizeof(*m->enums));
	struct enum_type *e = &m->enums[m->n_enums++];
	e->full = gen_printf("%s.%s", scope, d->name);
	const char *name = e->full + strlen(r->file->package) + 1;
	size_t n = strlen(name);
	if (n > 6 && !strcmp(name + n - 6, ".Value"))
		n -= 6;
	e->name = gen_strndup(name, n);
	for (char *dot = strchr(e->name, '.'); dot; dot = strchr(dot, '.'))
		*dot = '_';
	e->comment = here(r);
	e->values = gen_alloc(d->n_value * sizeof(*e->values));
	e->n_values = d->n_value;
	for (size_t i = 0; i < d->n_value; i++) {
		enter(r, 2, i);
		e->values[i] =
			(struct enum_value){ d->value[i]->name, d->value[i]->number, here(r) };
		leave(r);
	}
}

static enum kind kind_of(const FieldDesc *d, const char *message)
{
	switch (d->type) {
	case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_DOUBLE:
		return KIND_F64;
	case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32:
		return KIND_I32;
	case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT32:
		return KIND_U32;
	case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT64:
		return KIND_I64;
	case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT64:
		return KIND_U64;
	case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BOOL:
		return KIND_BOOL;
	case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING:
		return KIND_TEXT;
	case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BYTES:
		return KIND_BYTES;
	case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_ENUM:
		return KIND_ENUM;
	case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE:
		return KIND_MESSAGE;
	default:
		die("use double, int32, uint32, int64, uint64, bool, string, bytes, an enum or a "
		    "message for the field",
			gen_printf("%s.%s", message, d->name));
		return KIND_TEXT;
	}
}

static void read_field(struct reader *r, const FieldDesc *d, const char *message, struct field *f)
{
	const ProtobufCMessage *opt = d->options ? &d->options->base : NULL;
	f->name = d->name;
	f->json = name_json(d->name);
	f->declared_json = d->json_name ? d->json_name : f->json;
	f->type_name = d->type_name;
	f->comment = here(r);
	f->number = d->number;
	f->oneof = d->has_oneof_index ? d->oneof_index : -1;
	f->kind = kind_of(d, message);
	f->repeated = d->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
	f->optional = d->proto3_optional;
	f->rule = (Pb__Rule *)option_message(opt, OPT_RULE, &pb__rule__descriptor, true);
}

static int by_number(const void *a, const void *b)
{
	const struct field *x = a, *y = b;
	return (x->number > y->number) - (x->number < y->number);
}

static void read_message(struct reader *r, const Desc *d, const char *scope)
{
	struct model *m = r->model;
	const ProtobufCMessage *opt = d->options ? &d->options->base : NULL;
	struct message out = { .full = gen_printf("%s.%s", scope, d->name),
		.file = r->file->name,
		.comment = here(r),
		.n_fields = d->n_field,
		.n_oneofs = d->n_oneof_decl,
		.map_entry = d->options && d->options->map_entry };
	out.name = out.full + strlen(r->file->package) + 1;
	char *type = gen_printf("Pb__"), *lower = gen_printf("%s", "");
	for (const char *p = out.name; *p;) {
		size_t n = strcspn(p, ".");
		const char *part = gen_strndup(p, n), *sep = *lower ? "__" : "";
		type = gen_printf("%s%s%s", type, sep, part);
		lower = gen_printf("%s%s%s", lower, sep, name_snake(part));
		p += n + (p[n] == '.');
	}
	out.c_type = type;
	out.c_lower = lower;
	out.event = (const Pb__EventRule *)option_message(
		opt, OPT_EVENT, &pb__event_rule__descriptor, false);
	out.fields = gen_alloc((d->n_field + 1) * sizeof(*out.fields));
	for (size_t i = 0; i < d->n_field; i++) {
		enter(r, 2, i);
		read_field(r, d->field[i], out.full, &out.fields[i]);
		leave(r);
	}
	qsort(out.fields, out.n_fields, sizeof(*out.fields), by_number);
	out.oneofs = gen_alloc((d->n_oneof_decl + 1) * sizeof(*out.oneofs));
	for (size_t i = 0; i < d->n_oneof_decl; i++)
		out.oneofs[i] = d->oneof_decl[i]->name;
	m->messages = gen_grow(m->messages, m->n_messages, sizeof(*m->messages));
	m->messages[m->n_messages++] = out;
	for (size_t i = 0; i < d->n_enum_type; i++) {
		enter(r, 4, i);
		read_enum(r, d->enum_type[i], out.full);
		leave(r);
	}
	for (size_t i = 0; i < d->n_nested_type; i++) {
		enter(r, 3, i);
		read_message(r, d->nested_type[i], out.full);
		leave(r);
	}
}

static void read_method(struct reader *r, const Google__Protobuf__MethodDescriptorProto *d,
	const char *service, struct method *out)
{
	const ProtobufCMessage *opt = d->options ? &d->options->base : NULL;
	out->name = d->name;
	out->c_lower = name_identifier(name_snake(d->name));
	out->subject = gen_printf("%s.%s.%s", r->file->package, service, d->name);
	out->comment = here(r);
	out->file = r->file->name;
	out->in_name = d->input_type + 1; /* after the leading dot */
	out->out_name = d->output_type + 1;
	out->http = (Pb__Http *)option_message(opt, OPT_HTTP, &pb__http__descriptor, false);
	out->access = (Pb__Access *)option_message(opt, OPT_ACCESS, &pb__access__descriptor, true);
	out->repeat = (Pb__Repeat__Value)option_enum(opt, OPT_REPEAT);
	out->streaming = d->client_streaming || d->server_streaming;
}

static void read_service(struct reader *r, const Google__Protobuf__ServiceDescriptorProto *d)
{
	struct model *m = r->model;
	m->services = gen_grow(m->services, m->n_services, sizeof(*m->services));
	struct service *s = &m->services[m->n_services++];
	*s = (struct service){ .name = d->name,
		.c_lower = name_snake(d->name),
		.file = r->file->name,
		.comment = here(r),
		.methods = gen_alloc((d->n_method + 1) * sizeof(*s->methods)),
		.n_methods = d->n_method };
	for (size_t i = 0; i < d->n_method; i++) {
		enter(r, 2, i);
		read_method(r, d->method[i], d->name, &s->methods[i]);
		leave(r);
	}
}

/* Comments stand before `syntax`; what follows "name.proto - " is the sentence we want. */
static const char *file_comment(const File *f)
{
	const int32_t syntax = 12;
	const char *text = comment_at(f, &syntax, 1);
	const char *dash = strstr(text, " - ");
	return dash ? dash + 3 : text;
}

static void read_file(struct model *m, const File *f)
{
	struct reader r = { .model = m, .file = f };
	m->files = gen_grow(m->files, m->n_files, sizeof(*m->files));
	m->file_comments = gen_grow(m->file_comments, m->n_files, sizeof(*m->file_comments));
	m->files[m->n_files] = f->name;
	m->file_comments[m->n_files++] = file_comment(f);
	for (size_t i = 0; i < f->n_enum_type; i++) {
		enter(&r, 5, i);
		read_enum(&r, f->enum_type[i], f->package);
		leave(&r);
	}
	for (size_t i = 0; i < f->n_message_type; i++) {
		enter(&r, 4, i);
		read_message(&r, f->message_type[i], f->package);
		leave(&r);
	}
	for (size_t i = 0; i < f->n_service; i++) {
		enter(&r, 6, i);
		read_service(&r, f->service[i]);
		leave(&r);
	}
}

static int by_full_name(const void *a, const void *b)
{
	const struct message *x = a, *y = b;
	return strcmp(x->full, y->full);
}

static void resolve(struct model *m)
{
	for (size_t i = 0; i < m->n_messages; i++)
		for (size_t j = 0; j < m->messages[i].n_fields; j++) {
			struct field *f = &m->messages[i].fields[j];
			if (f->kind == KIND_MESSAGE)
				f->sub = model_message(m, f->type_name + 1);
			else if (f->kind == KIND_ENUM)
				f->en = model_enum(m, f->type_name + 1);
			else
				continue;
			if (!f->sub && !f->en)
				die("a field's type is outside " PACKAGE ":", f->type_name);
		}
	for (size_t i = 0; i < m->n_services; i++)
		for (size_t j = 0; j < m->services[i].n_methods; j++) {
			struct method *k = &m->services[i].methods[j];
			k->service = &m->services[i];
			k->in = model_message(m, k->in_name);
			k->out = model_message(m, k->out_name);
			if (!k->in || !k->out)
				die("a request or reply is outside " PACKAGE ":", k->subject);
		}
}

static uint8_t *slurp(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		die("cannot open", path);
	size_t cap = 65536, len = 0, n;
	uint8_t *buf = gen_alloc(cap);
	do {
		if (len == cap) {
			uint8_t *more = gen_alloc(cap * 2);
			memcpy(more, buf, len);
			buf = more;
			cap *= 2;
		}
		n = fread(buf + len, 1, cap - len, f);
		len += n;
	} while (n);
	if (ferror(f))
		die("cannot read", path);
	fclose(f);
	*ret_len = len;
	return buf;
}

struct model *model_read(const char *path)
{
	size_t len;
	uint8_t *bytes = slurp(path, &len);
	Google__Protobuf__FileDescriptorSet *set =
		google__protobuf__file_descriptor_set__unpack(&keep, len, bytes);
	if (!set || !set->n_file)
		die("not a FileDescriptorSet:", path);
	struct model *m = gen_alloc(sizeof(*m));
	for (size_t i = 0; i < set->n_file; i++)
		if (set->file[i]->package && !strcmp(set->file[i]->package, PACKAGE))
			read_file(m, set->file[i]);
	if (!m->n_files)
		die("no file of package " PACKAGE " in", path);
	qsort(m->messages, m->n_messages, sizeof(*m->messages), by_full_name);
	resolve(m);
	return m;
}
