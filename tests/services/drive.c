/* drive.c - a test's hand on the bus: RPCs as anyone, events as any service, in JSON lines.
 *
 * In:  {"n":1,"rpc":"Dispatch.Assign","in":{...},"roles":["DISPATCHER"],"subject":"...",
 *       "name":"...","districts":"...","org":"...","incident":"...","party":"...","key":"...",
 *       "server":{...}}
 *      with "raw":true the request is empty, rules or not
 *      {"n":2,"event":"IncidentReported","in":{...},"id":"..."}
 * Out: {"n":1,"code":"OK","out":{...}} or {"n":1,"code":"CONFLICT","text":"...","errors":[...]},
 *      {"n":2,"code":"OK"} when the stream has it, and every event: {"event":"...","body":{...}}
 * Requests run at once, side by side. Settings: DRIVE_URL, DRIVE_PASSWORD of the NATS user "ops".
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "contract/contract.gen.h"
#include "kit/bus.h"
#include "kit/json.h"
#include "kit/log.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

static natsConnection *nc;
static jsCtx *js;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_long waiting;

static void put_line(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	pthread_mutex_lock(&lock);
	puts(text);
	fflush(stdout);
	pthread_mutex_unlock(&lock);
	free(text);
	json_decref(o);
}

static json_t *parsed(const char *text)
{
	return json_loads(text, JSON_DECODE_ANY, NULL);
}

static json_t *fault_line(long long n, const char *code, const char *text)
{
	return json_pack("{s:I,s:s,s:s}", "n", (json_int_t)n, "code", code, "text", text);
}

struct asked {
	long long n;
	const struct method_meta *method;
};

static json_t *reply_line(struct asked *a, natsMsg *m, struct arena *arena)
{
	const char *code = bus_header(m, "Fault-Code");
	const struct msg_meta *meta = *code ? &pb_meta_fault : a->method->out;
	ProtobufCMessage *out = protobuf_c_message_unpack(meta->desc, &arena->pb,
		(size_t)natsMsg_GetDataLength(m), (const uint8_t *)natsMsg_GetData(m));
	size_t len;
	json_t *o;

	if (natsMsg_IsNoResponders(m))
		return fault_line(a->n, "BUSY", "nobody answers");
	if (!out)
		return fault_line(a->n, "INTERNAL", "the reply can't be decoded");
	o = parsed(message_to_json(meta, out,
		(struct json_out){ .keep_defaults = true, .with_secrets = true }, arena, &len));
	if (!*code)
		return json_pack("{s:I,s:s,s:o}", "n", (json_int_t)a->n, "code", "OK", "out", o);
	json_object_set_new(o, "n", json_integer(a->n));
	json_object_set_new(o, "code", json_string(code));
	return o;
}

static void on_reply(natsConnection *c, natsSubscription *sub, natsMsg *m, void *closure)
{
	struct asked *a = closure;
	struct arena arena;

	(void)c;
	arena_init(&arena, 16 << 20);
	put_line(m ? reply_line(a, m, &arena) : fault_line(a->n, "BUSY", "no answer in time"));
	arena_release(&arena);
	natsMsg_Destroy(m);
	natsSubscription_Destroy(sub);
	free(a);
	atomic_fetch_sub(&waiting, 1);
}

static void set_header(natsMsg *m, const char *name, const json_t *o, const char *key)
{
	const char *v = json_string_value(json_object_get(o, key));

	if (v && *v)
		natsMsgHeader_Set(m, name, v);
}

static void set_principal(natsMsg *m, const json_t *o)
{
	unsigned long roles = 0;
	size_t i;
	json_t *r;
	char text[32];

	json_array_foreach(json_object_get(o, "roles"), i, r)
	{
		int v = enum_value(&pb__role__value__descriptor, json_string_value(r));
		if (v >= 0)
			roles |= 1ul << v;
	}
	snprintf(text, sizeof text, "%lu", roles);
	natsMsgHeader_Set(m, "Jb-Roles", text);
	set_header(m, "Jb-Subject", o, "subject");
	set_header(m, "Jb-Districts", o, "districts");
	set_header(m, "Jb-Org", o, "org");
	set_header(m, "Jb-Incident", o, "incident");
	set_header(m, "Jb-Party", o, "party");
	set_header(m, "Jb-Name", o, "name");
	set_header(m, "Idempotency-Key", o, "key");
}

static const struct method_meta *find_method(const char *name)
{
	char full[128];

	snprintf(full, sizeof full, "jingbao.v1.%s", name);
	for (size_t i = 0; i < jb_contract.n_methods; i++)
		if (!strcmp(jb_contract.methods[i].subject, full))
			return &jb_contract.methods[i];
	return NULL;
}

static void *packed(ProtobufCMessage *m, struct arena *a, int *ret_len)
{
	uint8_t *body;

	*ret_len = (int)protobuf_c_message_get_packed_size(m);
	body = arena_alloc(a, (size_t)*ret_len + 1);
	protobuf_c_message_pack(m, body);
	return body;
}

/* "server": what the gateway would fill in, by field name. */
static bool set_server_fields(
	const struct msg_meta *m, ProtobufCMessage *msg, const json_t *o, struct fault_list *f)
{
	const char *name;
	json_t *v;

	json_object_foreach(json_object_get(o, "server"), name, v)
	{
		if (!json_set_server_field(m, msg, name, json_string_value(v), f))
			return false;
	}
	return true;
}

static void ask(const json_t *o, long long n, struct arena *arena)
{
	const struct method_meta *method =
		find_method(json_string_value(json_object_get(o, "rpc")));
	struct fault_list f;
	struct asked *a;
	natsSubscription *sub;
	natsInbox *inbox;
	natsMsg *m;
	ProtobufCMessage *in;
	int len;
	void *body;

	faults_init(&f, arena);
	if (method && json_is_true(json_object_get(o, "raw")))
		in = message_new(method->in, arena); /* empty, whatever the rules say */
	else
		in = method ? json_value_to_message(method->in, json_object_get(o, "in"), "", &f)
			    : NULL;
	if (!in || !set_server_fields(method->in, in, o, &f)) {
		put_line(fault_line(n, "INVALID", f.text ? f.text : "no such RPC"));
		return;
	}
	body = packed(in, arena, &len);
	a = malloc(sizeof *a);
	*a = (struct asked){ n, method };
	natsInbox_Create(&inbox);
	char name[96];
	snprintf(name, sizeof name, "_INBOX.ops.%s", inbox);
	atomic_fetch_add(&waiting, 1);
	natsConnection_SubscribeTimeout(&sub, nc, name, 4000, on_reply, a);
	natsSubscription_AutoUnsubscribe(sub, 1);
	natsMsg_Create(&m, method->subject, name, body, len);
	set_principal(m, o);
	natsConnection_PublishMsg(nc, m);
	natsMsg_Destroy(m);
	natsInbox_Destroy(inbox);
}

static const char *text_field(const ProtobufCMessage *m, const char *name)
{
	const ProtobufCFieldDescriptor *f =
		protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);

	return f ? *(const char *const *)((const char *)m + f->offset) : "";
}

static void publish(const json_t *o, long long n, struct arena *arena)
{
	const char *type = json_string_value(json_object_get(o, "event"));
	const char *given = json_string_value(json_object_get(o, "id"));
	char full[96], subject[160], id[UUID_TEXT], at[TIME_TEXT_MAX];
	const struct msg_meta *meta;
	struct fault_list f;
	ProtobufCMessage *in = NULL;
	natsMsg *m;
	jsErrCode why = 0;
	natsStatus s;
	int len;
	void *body;

	snprintf(full, sizeof full, "jingbao.v1.%s", type);
	faults_init(&f, arena);
	meta = contract_message(&jb_contract, full);
	if (meta)
		in = json_value_to_message(meta, json_object_get(o, "in"), "", &f);
	if (!in) {
		put_line(fault_line(n, "INVALID", f.text ? f.text : "no such event"));
		return;
	}
	body = packed(in, arena, &len);
	snprintf(subject, sizeof subject, "jingbao.v1.event.%s.%s%s",
		*text_field(in, "district") ? text_field(in, "district") : "000000",
		meta->aside ? "aside." : "", type);
	natsMsg_Create(&m, subject, NULL, body, len);
	natsMsgHeader_Set(m, "ce-id", given ? given : uuid_v7(id));
	natsMsgHeader_Set(m, "ce-type", full);
	natsMsgHeader_Set(m, "ce-time", time_to_text(now_us(), at));
	natsMsgHeader_Set(m, "Jb-District", text_field(in, "district"));
	s = js_PublishMsg(NULL, js, m, NULL, &why);
	natsMsg_Destroy(m);
	put_line(s == NATS_OK ? json_pack("{s:I,s:s}", "n", (json_int_t)n, "code", "OK")
			      : fault_line(n, "BUSY", natsStatus_GetText(s)));
}

static void on_event(natsConnection *c, natsSubscription *sub, natsMsg *m, void *closure)
{
	const char *type = bus_header(m, "ce-type");
	const struct msg_meta *meta = contract_message(&jb_contract, type);
	struct arena arena;
	size_t len;

	(void)c;
	(void)sub;
	(void)closure;
	arena_init(&arena, 4 << 20);
	ProtobufCMessage *msg = meta ? protobuf_c_message_unpack(meta->desc, &arena.pb,
					       (size_t)natsMsg_GetDataLength(m),
					       (const uint8_t *)natsMsg_GetData(m))
				     : NULL;
	if (msg)
		put_line(json_pack("{s:s,s:o}", "event", strrchr(type, '.') + 1, "body",
			parsed(message_to_json(meta, msg,
				(struct json_out){ .keep_defaults = true, .with_secrets = true },
				&arena, &len))));
	arena_release(&arena);
	natsMsg_Destroy(m);
}

static void serve_line(const char *line)
{
	json_t *o = json_loads(line, 0, NULL);
	long long n = json_integer_value(json_object_get(o, "n"));
	struct arena arena;

	if (!o) {
		put_line(fault_line(0, "INVALID", "not JSON"));
		return;
	}
	arena_init(&arena, 16 << 20);
	if (json_object_get(o, "rpc"))
		ask(o, n, &arena);
	else
		publish(o, n, &arena);
	arena_release(&arena);
	json_decref(o);
}

int main(void)
{
	struct bus_options o = { getenv("DRIVE_URL"), "ops", getenv("DRIVE_PASSWORD"), "ops",
		true };
	char err[200], *line = NULL;
	size_t size = 0;
	natsSubscription *events;

	log_init("drive", LOG_WARN);
	nc = bus_connect(&o, err, sizeof err);
	if (!nc) {
		fprintf(stderr, "drive: %s\n", err);
		return 1;
	}
	natsConnection_JetStream(&js, nc, NULL);
	natsConnection_Subscribe(&events, nc, "jingbao.v1.event.>", on_event, NULL);
	natsConnection_Flush(nc);
	puts("{\"ready\":true}");
	fflush(stdout);
	while (getline(&line, &size, stdin) > 0)
		serve_line(line);
	while (atomic_load(&waiting))
		nats_Sleep(10);
	free(line);
	natsSubscription_Destroy(events);
	jsCtx_Destroy(js);
	natsConnection_Close(nc);
	natsConnection_Destroy(nc);
	return 0;
}
