/* emit_methods.c - methods.json: every RPC with its route and roles, for tests and tools. */
#include "model.h"

static json_t *names(const Pb__Role__Value *roles, size_t n)
{
	json_t *o = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(o, json_string(role_name(roles[i])));
	return o;
}

static const char *enum_text(const ProtobufCEnumDescriptor *d, int value)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(d, value);
	return v ? v->name : "?";
}

static json_t *method_entry(const struct method *m)
{
	json_t *o =
		json_pack("{s:s,s:s,s:s,s:o,s:o,s:s}", "service", m->service->name, "name", m->name,
			"subject", m->subject, "roles", names(m->access->roles, m->access->n_roles),
			"unmasked", names(m->access->unmasked, m->access->n_unmasked), "repeat",
			enum_text(&pb__repeat__value__descriptor, (int)m->repeat));
	if (m->http)
		json_object_set_new(o, "http",
			json_pack("{s:s,s:s,s:s,s:s}", "method", m->http->method, "path",
				m->http->path, "kind",
				enum_text(&pb__http__kind__descriptor, (int)m->http->kind), "media",
				m->http->media));
	return o;
}

json_t *emit_methods(const struct model *m)
{
	json_t *list = json_array();
	for (size_t i = 0; i < m->n_services; i++)
		for (size_t j = 0; j < m->services[i].n_methods; j++)
			json_array_append_new(list, method_entry(&m->services[i].methods[j]));
	return list;
}
