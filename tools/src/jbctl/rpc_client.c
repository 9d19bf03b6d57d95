/* rpc_client.c - any RPC by its name: JSON to protobuf by descriptor, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "jbctl.h"
#include "kit/bus.h"
#include "kit/json.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"
#include "jingbao/v1/options.pb-c.h"

enum { ARENA_MAX = 64 << 20, TIMEOUT_MS = 5000 };

static const struct method_meta *find_method(const char *name)
{
	for (size_t i = 0; i < jb_contract.n_methods; i++) {
		const struct method_meta *m = &jb_contract.methods[i];
		size_t n = strlen(m->service);

		if (!strncmp(name, m->service, n) && name[n] == '.' &&
			!strcmp(name + n + 1, m->name))
			return m;
	}
	return NULL;
}

static char *faults_json(const struct fault_list *f)
{
	json_t *o =
		json_pack("{s:s,s:s}", "code", code_name(f->code), "text", f->text ? f->text : "");
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < f->n_fields; i++)
		json_array_append_new(
			list, json_pack("{s:s,s:s,s:s}", "pointer", f->fields[i]->pointer, "rule",
				      f->fields[i]->rule, "detail", f->fields[i]->detail));
	json_object_set_new(o, "errors", list);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

static char *reply_json(const struct method_meta *m, natsMsg *reply, struct arena *a, bool *ok)
{
	const struct msg_meta *meta = m->out;
	const char *fault = bus_header(reply, "Fault-Code");
	ProtobufCMessage *msg;
	char *json = NULL;
	size_t len;

	*ok = !*fault;
	if (!*ok)
		meta = contract_message(&jb_contract, "jingbao.v1.Fault");
	msg = protobuf_c_message_unpack(meta->desc, &a->pb, (size_t)natsMsg_GetDataLength(reply),
		(const uint8_t *)natsMsg_GetData(reply));
	if (msg)
		json = message_to_json(
			meta, msg, (struct json_out){ .with_secrets = true }, a, &len);
	if (!json)
		ctl_die("the answer of %s can't be read", m->name);
	return strdup(json);
}

static natsMsg *request_message(const struct method_meta *m, ProtobufCMessage *in, struct arena *a)
{
	size_t len = protobuf_c_message_get_packed_size(in);
	uint8_t *body = arena_alloc(a, len ? len : 1);
	char id[UUID_TEXT], roles[16], due[32];
	natsMsg *msg = NULL;
	natsStatus s;

	if (!body)
		ctl_die("the request is too large");
	protobuf_c_message_pack(in, body);
	snprintf(roles, sizeof roles, "%u", 1u << PB__ROLE__VALUE__SYSTEM);
	snprintf(due, sizeof due, "%lld", (long long)(now_us() / US_PER_MS + 60000));
	s = natsMsg_Create(&msg, m->subject, NULL, (const char *)body, (int)len);
	if (s == NATS_OK)
		s = natsMsgHeader_Set(msg, "Jb-Subject", "jbctl");
	if (s == NATS_OK)
		s = natsMsgHeader_Set(msg, "Jb-Name", "jbctl");
	if (s == NATS_OK)
		s = natsMsgHeader_Set(msg, "Jb-Roles", roles);
	if (s == NATS_OK)
		s = natsMsgHeader_Set(msg, "Jb-Deadline", due);
	if (s == NATS_OK)
		s = natsMsgHeader_Set(msg, "Request-Id", uuid_v7(id));
	if (s == NATS_OK && m->repeat == PB__REPEAT__VALUE__KEY)
		s = natsMsgHeader_Set(msg, "Idempotency-Key", id);
	if (s != NATS_OK)
		ctl_die("out of memory");
	return msg;
}

bool ctl_rpc(const char *name, const char *json, char **ret)
{
	const struct method_meta *m = find_method(name);
	struct arena a;
	struct fault_list f;
	ProtobufCMessage *in;
	natsMsg *request, *reply = NULL;
	natsStatus s;
	bool ok = false;

	if (!m)
		ctl_die("no RPC '%s'; names are like Intake.SubmitOrder", name);
	arena_init(&a, ARENA_MAX);
	faults_init(&f, &a);
	in = json_to_message(m->in, json, strlen(json), &f);
	if (!in) {
		*ret = faults_json(&f);
		arena_release(&a);
		return false;
	}
	request = request_message(m, in, &a);
	s = natsConnection_RequestMsg(&reply, ctl_bus(), request,
		m->timeout_ms > TIMEOUT_MS ? m->timeout_ms : TIMEOUT_MS);
	if (s != NATS_OK)
		ctl_die("%s: %s", name,
			s == NATS_NO_RESPONDERS ? "the service is not running"
						: natsStatus_GetText(s));
	*ret = reply_json(m, reply, &a, &ok);
	natsMsg_Destroy(request);
	natsMsg_Destroy(reply);
	arena_release(&a);
	return ok;
}
