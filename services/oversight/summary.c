/* summary.c - the facts of any event, read by its descriptor and the rules beside it. */
#include <string.h>
#include "jingbao/v1/options.pb-c.h"
#include "kit/json.h"
#include "oversight/summary.h"

static const char *text_of(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	const char *const *p = (const void *)((const char *)m + f->offset);

	if (f->type != PROTOBUF_C_TYPE_STRING || f->label == PROTOBUF_C_LABEL_REPEATED || !*p)
		return "";
	return *p;
}

/* Facts call the moment `at`; an offer is made, an order accepted. */
static bool is_moment(const char *name)
{
	return !strcmp(name, "at") || !strcmp(name, "made_at") || !strcmp(name, "accepted_at");
}

static void take_field(const struct field_meta *rule, const ProtobufCFieldDescriptor *f,
	const ProtobufCMessage *event, struct summary *s)
{
	switch (rule->scope) {
	case PB__SCOPE__VALUE__INCIDENT:
		s->incident = text_of(event, f);
		break;
	case PB__SCOPE__VALUE__DISTRICT:
		s->district = text_of(event, f);
		break;
	case PB__SCOPE__VALUE__RESPONDER:
		s->responder = text_of(event, f);
		break;
	case PB__SCOPE__VALUE__INSURER:
		s->insurer = text_of(event, f);
		break;
	default:
		break;
	}
	if (rule->time && f->type == PROTOBUF_C_TYPE_INT64 && is_moment(f->name))
		s->at_us = *(const int64_t *)(const void *)((const char *)event + f->offset);
}

struct summary summarise(const struct msg_meta *m, const ProtobufCMessage *event, struct arena *a)
{
	struct summary s = { "", "", "", "", 0, NULL };
	size_t len;

	for (unsigned i = 0; i < m->desc->n_fields; i++)
		take_field(&m->fields[i], &m->desc->fields[i], event, &s);
	s.json = message_to_json(m, event, (struct json_out){ .mask = true }, a, &len);
	return s;
}
