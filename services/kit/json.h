/* json.h - protobuf messages to and from JSON by descriptor, and the check of declared rules.
 *
 * The mapping is proto3's: lowerCamelCase names (the original names are taken too, both at once are
 * refused), enums by name, 64-bit integers as text (numbers taken), bytes as base64; a field whose
 * rule says time is RFC 3339 with any offset in, UTC out. Unknown fields, duplicate keys, wrong
 * types, values out of range, invalid UTF-8 and nesting beyond 32 are refused with the pointer of
 * the place. Everything is allocated from the arena of the fault list or the one given.
 * Thread: any, with an arena of its own.
 */
#ifndef KIT_JSON_H
#define KIT_JSON_H

#include <jansson.h>
#include "kit/arena.h"
#include "kit/fault.h"
#include "kit/meta.h"

/* Parses text and fills a message of meta's type. NULL with faults set when refused. Rules are
 * checked too (check_message), and numbers marked required must be there by key. */
ProtobufCMessage *json_to_message(
	const struct msg_meta *m, const char *text, size_t len, struct fault_list *f);

/* Text to a value: depth, duplicate keys, UTF-8 and syntax checked, a refusal costs little. The
 * caller releases it with json_decref. NULL with faults set. */
json_t *json_parse(const char *text, size_t len, struct fault_list *f);

/* The same from a parsed value; `base` is the pointer prefix of messages ("" at the top). Types and
 * the presence of required numbers are checked, the other rules are not: a caller that adds fields
 * from elsewhere (path, query) then calls check_message. */
ProtobufCMessage *json_value_to_message(
	const struct msg_meta *m, const json_t *v, const char *base, struct fault_list *f);

/* A message we wrote ourselves with message_to_json and keep as text: server fields are taken,
 * unknown ones are left out, rules are not asked again. NULL when it isn't even that. */
ProtobufCMessage *json_stored_to_message(
	const struct msg_meta *m, const char *text, size_t len, struct arena *a);

/* Sets one field from text, as a path variable or a query parameter gives it; repeated fields grow,
 * a single field given before is refused, and so is a server field. False with faults set when
 * the text doesn't fit. */
bool json_set_from_text(const struct msg_meta *m, ProtobufCMessage *msg, const char *name,
	const char *text, struct fault_list *f);
/* The same for a field that is ours to fill (rule server). */
bool json_set_server_field(const struct msg_meta *m, ProtobufCMessage *msg, const char *name,
	const char *text, struct fault_list *f);

/* An empty message of meta's type in the arena. */
ProtobufCMessage *message_new(const struct msg_meta *m, struct arena *a);

struct json_out {
	bool mask;          /* personal data masked by privacy class */
	bool with_secrets;  /* SECRET fields written; only toward their owner (a new token) */
	bool keep_defaults; /* write zero scalars and empty lists too */
	bool keep_lists;    /* write empty lists too */
};

/* Compact JSON, NUL-ended, in the arena; *ret_len without the NUL. NULL when the arena is full. */
char *message_to_json(const struct msg_meta *m, const ProtobufCMessage *msg, struct json_out how,
	struct arena *a, size_t *ret_len);

/* Walks the message: enum values known, text valid UTF-8, rules kept. For bytes that came over the
 * bus, where no JSON decoder looked before. False with faults set. */
bool check_message(const struct msg_meta *m, const ProtobufCMessage *msg, struct fault_list *f);

/* One value masked by its class, in the arena. */
char *privacy_mask(uint8_t privacy, const char *text, struct arena *a);

/* Name of an enum value ("RAPID"), "?" when unknown; value by name, -1 when unknown. */
const char *enum_name(const ProtobufCEnumDescriptor *d, int value);
int enum_value(const ProtobufCEnumDescriptor *d, const char *name);

#endif
