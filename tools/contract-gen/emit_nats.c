/* emit_nats.c - nats-permissions.json: which subjects each service may take and send. */
#include "model.h"

#include <string.h>

static json_t *service_entry(json_t *services, const char *file)
{
	const char *name = file_stem(file);
	json_t *e = json_object_get(services, name);
	if (e)
		return e;
	e = json_pack("{s:[],s:[],s:[]}", "rpcs", "events", "publish");
	json_object_set_new(services, name, e);
	return e;
}

/* Events may be published by the service whose file declares them, in any district. */
json_t *emit_nats(const struct model *m)
{
	json_t *services = json_object(), *calls = json_array();
	for (size_t i = 0; i < m->n_services; i++)
		for (size_t j = 0; j < m->services[i].n_methods; j++) {
			const struct method *k = &m->services[i].methods[j];
			json_t *e = service_entry(services, k->file);
			json_array_append_new(json_object_get(e, "rpcs"), json_string(k->subject));
			json_array_append_new(calls, json_string(k->subject));
		}
	for (size_t i = 0; i < m->n_messages; i++) {
		const struct message *msg = &m->messages[i];
		if (!msg->event)
			continue;
		json_t *e = service_entry(services, msg->file);
		json_array_append_new(json_object_get(e, "events"), json_string(msg->name));
		json_array_append_new(
			json_object_get(e, "publish"), json_string(gen_printf(PACKAGE ".%s.%s",
							       msg->event->live    ? "live.*"
							       : msg->event->aside ? "event.*.aside"
										   : "event.*",
							       msg->name)));
	}
	return json_pack(
		"{s:s,s:o,s:o}", "stream", "JINGBAO", "services", services, "calls", calls);
}
