/* model.h - the contract as contract-gen holds it: what the .proto files say, resolved and named.
 *
 * read.c fills it from a FileDescriptorSet, checks.c refuses what the house forbids, the emit_*.c
 * files write from it. Memory is the process's: nothing is freed before the end.
 */
#ifndef CONTRACT_GEN_MODEL_H
#define CONTRACT_GEN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <jansson.h>
#include "google/protobuf/descriptor.pb-c.h"
#include "jingbao/v1/options.pb-c.h"

#define PACKAGE "jingbao.v1"

enum kind {
	KIND_F64,
	KIND_I32,
	KIND_U32,
	KIND_I64,
	KIND_U64,
	KIND_BOOL,
	KIND_TEXT,
	KIND_BYTES,
	KIND_ENUM,
	KIND_MESSAGE,
};

struct enum_value {
	const char *name;
	int number;
	const char *comment;
};

struct enum_type {
	const char *full; /* "jingbao.v1.Lane.Value" */
	const char *name; /* "Lane": without package and ".Value" */
	const char *comment;
	struct enum_value *values;
	size_t n_values;
};

struct field {
	const char *name, *json;   /* "order_no", "orderNo" */
	const char *declared_json; /* what the descriptor says; differs when json_name was used */
	const char *type_name;     /* of messages and enums, with a leading dot */
	const char *comment;
	int number, oneof; /* oneof: index, -1 none */
	enum kind kind;
	bool repeated, optional;
	const struct message *sub;
	const struct enum_type *en;
	Pb__Rule *rule; /* never NULL */
};

struct message {
	const char *full, *name;      /* "jingbao.v1.Party", "Party" ("Outer.Inner" when nested) */
	const char *c_type, *c_lower; /* "Pb__Party", "party" */
	const char *file, *comment;
	struct field *fields; /* sorted by number, as protobuf-c's descriptors are */
	size_t n_fields;
	const char **oneofs;
	size_t n_oneofs;
	const Pb__EventRule *event; /* NULL: not an event */
	bool map_entry;
};

struct method {
	const char *name, *c_lower; /* "SubmitOrder", "submit_order" */
	const char *subject, *comment, *file;
	const char *in_name, *out_name;
	const struct message *in, *out;
	Pb__Http *http;     /* NULL: not on HTTP */
	Pb__Access *access; /* never NULL */
	Pb__Repeat__Value repeat;
	bool streaming;
	const struct service *service;
};

struct service {
	const char *name, *c_lower; /* "Intake", "intake" */
	const char *file, *comment;
	struct method *methods;
	size_t n_methods;
};

struct model {
	struct enum_type *enums;
	size_t n_enums;
	struct message *messages; /* sorted by full name */
	size_t n_messages;
	struct service *services;
	size_t n_services;
	const char **files; /* "jingbao/v1/intake.proto" */
	const char **file_comments;
	size_t n_files;
};

/* util.c: memory that lives to the end, and names. They exit when memory is out. */
void *gen_alloc(size_t bytes);
void *gen_grow(void *old, size_t count, size_t size); /* room for one more than count */
char *gen_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *gen_strndup(const char *s, size_t n);
char *name_snake(const char *camel); /* protobuf-c's rule: "OAuthToken" -> "oauth_token" */
char *name_json(const char *snake);  /* protoc's rule: "order_no" -> "orderNo" */
char *name_upper(const char *s);
char *name_lower(const char *s);
char *name_lower_first(const char *s);
char *name_identifier(const char *snake); /* a C keyword gets a trailing underscore */
const char *file_stem(const char *path);  /* "jingbao/v1/intake.proto" -> "intake" */
const char *role_name(Pb__Role__Value r);
const char *format_name(Pb__Format__Value f);
/* Calls fn for each {variable} of a path or location template, JSON or proto spelling as written.
 */
void each_variable(const char *tmpl, void (*fn)(const char *var, void *ctx), void *ctx);

const struct message *model_message(const struct model *m, const char *full);
const struct enum_type *model_enum(const struct model *m, const char *full);
const struct field *message_field(const struct message *m, const char *name);
/* Is the field a {variable} of the method's path? */
bool field_in_path(const struct method *m, const struct field *f);
/* GET, DELETE and binary bodies leave the query to the other fields. */
bool method_uses_query(const struct method *m);
static inline bool method_has_body(const struct method *m)
{
	return !method_uses_query(m) || m->http->kind == PB__HTTP__KIND__UPLOAD;
}

/* read.c: exits with a message when the set can't be read. */
struct model *model_read(const char *path);

/* checks.c: prints every violation to `err`; their number. */
unsigned model_check(const struct model *m, FILE *err);

/* emit_*.c */
void emit_header(const struct model *m, FILE *out);
void emit_source(const struct model *m, const char *openapi, FILE *out);
json_t *emit_openapi(const struct model *m, const char *base);
json_t *emit_nats(const struct model *m);
json_t *emit_methods(const struct model *m);

/* schema.c: JSON Schemas of messages, collected as they are referred to. */
struct schemas {
	const struct model *model;
	json_t *out; /* components/schemas, borrowed */
};
enum schema_use {
	USE_REPLY,      /* what we answer: types only */
	USE_REQUEST,    /* what we take: rules as constraints, no other members */
	USE_FORM_REPLY, /* as REPLY with the original field names (OAuth 2) */
};
json_t *schema_ref(struct schemas *s, const struct message *m, enum schema_use use);
/* The request body of a method: without path variables and server fields. */
json_t *schema_body(struct schemas *s, const struct method *m);
json_t *schema_field(struct schemas *s, const struct field *f, enum schema_use use);
/* As a path variable or query parameter carries it. */
json_t *schema_parameter(struct schemas *s, const struct field *f);
const char *field_about(const struct field *f);

#endif
