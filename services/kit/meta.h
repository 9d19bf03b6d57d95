/* meta.h - what protobuf-c's descriptors leave out: JSON names, rules, privacy, routes.
 *
 * The tables are const and written by tools/contract-gen from the .proto files; the kit walks them
 * beside the protobuf-c descriptors and knows nothing of what the messages are about.
 */
#ifndef KIT_META_H
#define KIT_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

struct msg_meta;

/* A named text format: NULL when `text` fits, else what is wrong, as a constant sentence. */
typedef const char *(*format_check)(const char *text);

struct field_meta {
	const char *json;           /* lowerCamelCase name, as protoc's json_name */
	const struct msg_meta *sub; /* message fields: the type's meta; else NULL */
	const char *format;         /* name of the format, NULL when none */
	format_check check;
	const char *min, *max;     /* decimal text, NULL when unbounded */
	uint32_t min_len, max_len; /* characters of text, bytes of bytes; max_len never 0 */
	uint32_t max_items;        /* lists */
	bool required, time, server;
	uint8_t privacy; /* Pb__Privacy__Value */
	uint8_t scope;   /* Pb__Scope__Value */
};

struct msg_meta {
	const ProtobufCMessageDescriptor *desc;
	const struct field_meta *fields; /* in the order of desc->fields */
	bool event;
	bool live;          /* events told as they happen and kept nowhere */
	bool aside;         /* events: only for services that take all */
	uint32_t seen_by;   /* events: bit mask of 1u << Pb__Role__Value */
	int district_field; /* events: index of the scope DISTRICT field, -1 none */
};

struct method_meta {
	const char *service, *name; /* "Intake", "SubmitOrder" */
	const char *subject;        /* "jingbao.v1.Intake.SubmitOrder" */
	const char *verb, *path;    /* "POST", "/v1/orders"; NULL when not on HTTP */
	const char *location, *media, *summary;
	const char *tokens; /* LOOSE: names that may carry the token, space-separated; NULL none */
	uint8_t kind;       /* Pb__Http__Kind */
	uint8_t repeat;     /* Pb__Repeat__Value */
	uint16_t success;   /* HTTP status */
	uint32_t timeout_ms, body_max;
	uint32_t roles, unmasked; /* bit masks of 1u << Pb__Role__Value */
	const struct msg_meta *in, *out;
};

/* The whole contract, as generated. */
struct contract {
	const struct method_meta *methods;
	size_t n_methods;
	const struct msg_meta *const *events; /* every message declared (event) */
	size_t n_events;
	const struct msg_meta *const *messages; /* all, sorted by desc->name */
	size_t n_messages;
	const char *openapi; /* the document, NUL-ended */
	size_t openapi_len;
};

/* By full name ("jingbao.v1.IncidentReported"); NULL when unknown. */
const struct msg_meta *contract_message(const struct contract *k, const char *full_name);

#endif
