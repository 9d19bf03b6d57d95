/* json_walk.h - what the JSON files share: the place in a message, values from text, field sizes.
 *
 * Internal to the kit. A place is kept on the stack; a JSON pointer is made of it only for a
 * fault. The json_text_ functions set a fault and answer false when the text does not fit.
 */
#ifndef KIT_JSON_WALK_H
#define KIT_JSON_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kit/fault.h"
#include "kit/meta.h"

struct json_place {
	const struct json_place *up; /* NULL at the top */
	const char *name; /* of a field (or the prefix at the top); NULL: a list's item */
	size_t index;
};

/* RFC 6901 text in the arena; "" when it is full. */
const char *json_pointer(const struct json_place *at, struct arena *a);

/* fault_field at a place. */
void json_fault(struct fault_list *f, const struct json_place *at, const char *rule,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

bool json_no_room(struct fault_list *f);
bool json_wrong_type(struct fault_list *f, const struct json_place *at, const char *expected);
bool json_out_of_range(struct fault_list *f, const struct json_place *at);

bool json_text_signed(const char *s, int64_t min, int64_t max, int64_t *ret, struct fault_list *f,
	const struct json_place *at);
bool json_text_unsigned(const char *s, uint64_t max, uint64_t *ret, struct fault_list *f,
	const struct json_place *at);
bool json_text_time(const char *s, int64_t *ret, struct fault_list *f, const struct json_place *at);
bool json_text_enum(const ProtobufCEnumDescriptor *d, const char *s, int *ret, struct fault_list *f,
	const struct json_place *at);
bool json_text_bytes(
	const char *s, ProtobufCBinaryData *ret, struct fault_list *f, const struct json_place *at);
bool json_text_string(const char *s, const char **ret, struct fault_list *f);

/* Bytes one value of the type takes in a message or a list. */
size_t field_size(ProtobufCType t);
/* Index of the field of that JSON or original name, or -1. */
int json_find_field(const struct msg_meta *m, const char *name);
/* Claims the oneof for this field; false when another member has it. */
bool json_claim_oneof(const ProtobufCFieldDescriptor *fd, ProtobufCMessage *msg,
	struct fault_list *f, const struct json_place *at);

static inline void *json_member(ProtobufCMessage *msg, unsigned offset)
{
	return (char *)msg + offset;
}

#endif
