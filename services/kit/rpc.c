/* rpc.c - requests over NATS: decode, check, authorise, run, answer.
 *
 * Wire: subject jingbao.v1.<Service>.<Method>, body the packed request; the caller in headers
 * (Jb-Subject, Jb-Name, Jb-Roles ...). A reply is the packed message; a refusal has the header
 * Fault-Code and a packed Fault.
 */
#include "kit/svc_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/sha.h>
#include "kit/json.h"
#include "kit/log.h"
#include "kit/timeutil.h"

/* ---- answering ---- */

static void send_reply(struct svc *s, natsMsg *req, const void *data, size_t len)
{
	const char *to = natsMsg_GetReply(req);
	natsStatus st;

	if (!to)
		return; /* the caller wants no answer */
	st = natsConnection_Publish(s->nc, to, data, (int)len);
	if (st != NATS_OK)
		log_warn("reply not sent", "why=\"%s\"", natsStatus_GetText(st));
}

static void send_fault(struct svc *s, natsMsg *req, const struct fault_list *f)
{
	Pb__Fault fault = PB__FAULT__INIT;
	const char *to = natsMsg_GetReply(req);
	natsMsg *m = NULL;
	uint8_t *body;
	size_t len;
	natsStatus st;

	if (!to)
		return;
	fault.code = f->code;
	fault.text = f->text ? f->text : "";
	fault.retry_after_s = f->retry_after_s;
	fault.n_errors = f->n_fields;
	fault.errors = (Pb__FieldFault **)(uintptr_t)f->fields;
	len = pb__fault__get_packed_size(&fault);
	body = malloc(len ? len : 1);
	if (!body)
		abort();
	pb__fault__pack(&fault, body);
	st = natsMsg_Create(&m, to, NULL, (const char *)body, (int)len);
	if (st == NATS_OK)
		st = natsMsgHeader_Set(m, "Fault-Code", code_name(f->code));
	if (st == NATS_OK)
		st = natsConnection_PublishMsg(s->nc, m);
	if (st != NATS_OK)
		log_warn("refusal not sent", "why=\"%s\"", natsStatus_GetText(st));
	natsMsg_Destroy(m);
	free(body);
}

void rpc_refuse_busy(struct svc *s, natsMsg *m, const char *why)
{
	struct fault_list f = { .code = PB__CODE__BUSY, .text = why, .retry_after_s = 1 };

	send_fault(s, m, &f);
}

static void log_call(struct svc *s, struct work *w, const char *method)
{
	struct call *c = &w->call;
	int64_t us = mono_us() - w->began_us;
	Pb__Code code = c->faults.code;
	char quoted[160];

	if (code == PB__CODE__INTERNAL)
		log_error("call", "method=%s req=%s code=%s ms=%.1f %s", method, c->request_id,
			code_name(code), (double)us / 1000, c->detail ? c->detail : "");
	else if (code)
		log_info("call", "method=%s req=%s code=%s ms=%.1f why=%s", method, c->request_id,
			code_name(code), (double)us / 1000,
			log_quote(c->faults.text ? c->faults.text : "", quoted, sizeof quoted));
	else
		log_info("call", "method=%s req=%s code=OK ms=%.1f %s", method, c->request_id,
			(double)us / 1000, c->detail ? c->detail : "");
	atomic_fetch_add(&s->stats.methods[w->method]
				  .calls[(int)code < (int)CODES ? (int)code : (int)CODES - 1],
		1);
	atomic_fetch_add(&s->stats.methods[w->method].us, (uint64_t)us);
}

static void finish(struct svc *s, struct work *w, const ProtobufCMessage *out)
{
	struct call *c = &w->call;
	size_t len = 0;
	uint8_t *body = NULL;

	if (!c->faults.code && c->arena->full)
		fault_set(&c->faults, PB__CODE__TOO_LARGE, "the answer needs too much memory");
	if (!c->faults.code) {
		len = protobuf_c_message_get_packed_size(out);
		body = arena_alloc(c->arena, len ? len : 1);
		if (len > (size_t)natsConnection_GetMaxPayload(s->nc))
			fault_set(&c->faults, PB__CODE__TOO_LARGE,
				"the answer of %zu bytes is larger than the bus takes", len);
		else if (body)
			protobuf_c_message_pack(out, body);
		else
			fault_set(&c->faults, PB__CODE__TOO_LARGE,
				"the answer needs too much memory");
	}
	if (work_overdue(w))
		c->detail = "late=yes"; /* nobody waits for it, and the bus would refuse it */
	else if (c->faults.code)
		send_fault(s, w->msg, &c->faults);
	else
		send_reply(s, w->msg, body, len);
	log_call(s, w, s->def->rpcs.bindings[w->method].method->name);
	work_free(s, w);
}

/* ---- taking ---- */

static void read_principal(struct call *c, natsMsg *m)
{
	c->who.subject = bus_header(m, "Jb-Subject");
	c->who.name = bus_header(m, "Jb-Name");
	c->who.roles = (uint32_t)strtoul(bus_header(m, "Jb-Roles"), NULL, 10);
	c->who.org = bus_header(m, "Jb-Org");
	c->who.districts = bus_header(m, "Jb-Districts");
	c->who.incident_id = bus_header(m, "Jb-Incident");
	c->who.party_id = bus_header(m, "Jb-Party");
	c->request_id = bus_header(m, "Request-Id");
	c->traceparent = bus_header(m, "Traceparent");
	c->idempotency_key = bus_header(m, "Idempotency-Key");
}

/* %XX as the gateway writes names that are not ASCII. */
static const char *percent_decode(struct arena *a, const char *text)
{
	char *out = strchr(text, '%') ? arena_strdup(a, text) : NULL;
	char *to = out;

	if (!out)
		return text;
	for (const char *p = text; *p; p++) {
		unsigned byte;

		if (*p == '%' && sscanf(p + 1, "%2x", &byte) == 1 && p[1] && p[2]) {
			*to++ = (char)byte;
			p += 2;
		} else {
			*to++ = *p;
		}
	}
	*to = 0;
	return out;
}

static bool find_method(const struct svc *s, const char *subject, size_t *ret)
{
	for (size_t i = 0; i < s->def->rpcs.n; i++)
		if (!strcmp(s->def->rpcs.bindings[i].method->subject, subject)) {
			*ret = i;
			return true;
		}
	return false;
}

bool work_overdue(const struct work *w)
{
	return w->due_ms && now_us() / US_PER_MS > w->due_ms;
}

static Pb__Code decode(struct svc *s, struct work *w)
{
	const struct method_meta *m = s->def->rpcs.bindings[w->method].method;
	struct call *c = &w->call;
	size_t len = (size_t)natsMsg_GetDataLength(w->msg);
	const uint32_t anyone = 1u << PB__ROLE__VALUE__ANYONE;

	w->due_ms = strtoll(bus_header(w->msg, "Jb-Deadline"), NULL, 10);
	if (work_overdue(w))
		return fault_set(
			&c->faults, PB__CODE__BUSY, "the request waited past its deadline");
	if (!(m->roles & (c->who.roles | anyone)))
		return fault_set(
			&c->faults, PB__CODE__FORBIDDEN, "'%s' is not for this role", m->name);
	w->in = protobuf_c_message_unpack(
		m->in->desc, &c->arena->pb, len, (const uint8_t *)natsMsg_GetData(w->msg));
	if (!w->in)
		return fault_set(&c->faults,
			c->arena->full ? PB__CODE__TOO_LARGE : PB__CODE__INVALID,
			"cannot decode %s (%zu bytes)", m->in->desc->name, len);
	if (!check_message(m->in, w->in, &c->faults))
		return c->faults.code;
	return PB__CODE__OK;
}

struct work *rpc_accept(struct svc *s, natsMsg *m)
{
	struct work *w = work_new(s, WORK_RPC);

	w->msg = m;
	if (!find_method(s, natsMsg_GetSubject(m), &w->method)) {
		fault_set(&w->call.faults, PB__CODE__NOT_FOUND, "there is no method '%s'",
			natsMsg_GetSubject(m));
		send_fault(s, m, &w->call.faults);
		work_free(s, w);
		return NULL;
	}
	read_principal(&w->call, m);
	w->call.who.name = percent_decode(&w->arena, w->call.who.name);
	if (decode(s, w)) {
		finish(s, w, NULL);
		return NULL;
	}
	return w;
}

/* ---- running ---- */

struct tx_rpc {
	struct svc *s;
	const struct rpc_binding *b;
	ProtobufCMessage *out;
};

const struct db_stmt stmt_repeat_lock = {
	"repeat_lock",
	"select pg_try_advisory_xact_lock(hashtextextended($1, 0))",
	.in = { DB_TEXT },
	.out = { DB_BOOL },
};
const struct db_stmt stmt_repeat_find = {
	"repeat_find",
	"select request_digest, reply from repeat_answer"
	" where principal = $1 and method = $2 and key = $3",
	.in = { DB_TEXT, DB_TEXT, DB_TEXT },
	.out = { DB_BYTES, DB_BYTES },
};
const struct db_stmt stmt_repeat_keep = {
	"repeat_keep",
	"insert into repeat_answer (principal, method, key, request_digest, reply)"
	" values ($1, $2, $3, $4, $5)",
	.in = { DB_TEXT, DB_TEXT, DB_TEXT, DB_BYTES, DB_BYTES },
};

/* The first answer of this key, when there is one. OK with *ret_found, or a refusal. */
static Pb__Code find_first_answer(
	struct work *w, struct tx_rpc *t, const uint8_t digest[32], bool *ret_found)
{
	struct call *c = &w->call;
	const char *method = t->b->method->name;
	struct db_rows rows;
	size_t len;
	const void *bytes;
	char *name = arena_printf(c->arena, "%s/%s/%s", c->who.subject, method, c->idempotency_key);

	*ret_found = false;
	if (db_run(c, &stmt_repeat_lock, &rows, DB_ARGS(db_text(name))))
		return c->faults.code;
	if (!db_get_bool(&rows, 0, 0))
		return call_fail(c, PB__CODE__CONFLICT,
			"a request with this Idempotency-Key is still running");
	if (db_run(c, &stmt_repeat_find, &rows,
		    DB_ARGS(db_text(c->who.subject), db_text(method), db_text(c->idempotency_key))))
		return c->faults.code;
	if (!rows.n)
		return PB__CODE__OK;
	bytes = db_get_bytes(&rows, 0, 0, &len);
	if (len != 32 || memcmp(bytes, digest, 32) != 0)
		return call_fail(
			c, PB__CODE__REFUSED, "this Idempotency-Key was used with other content");
	bytes = db_get_bytes(&rows, 0, 1, &len);
	t->out = protobuf_c_message_unpack(t->b->method->out->desc, &c->arena->pb, len, bytes);
	if (!t->out)
		return call_fail(c, PB__CODE__INTERNAL, "the first answer can't be read");
	*ret_found = true;
	return PB__CODE__OK;
}

static Pb__Code keep_answer(struct work *w, struct tx_rpc *t, const uint8_t digest[32])
{
	struct call *c = &w->call;
	size_t len = protobuf_c_message_get_packed_size(t->out);
	uint8_t *body = arena_alloc(c->arena, len ? len : 1);

	if (!body)
		return call_fail(c, PB__CODE__TOO_LARGE, "the answer needs too much memory");
	protobuf_c_message_pack(t->out, body);
	return db_run(c, &stmt_repeat_keep, NULL,
		DB_ARGS(db_text(c->who.subject), db_text(t->b->method->name),
			db_text(c->idempotency_key), db_bytes(digest, 32), db_bytes(body, len)));
}

static Pb__Code run_rpc(struct work *w, void *arg)
{
	struct tx_rpc *t = arg;
	struct call *c = &w->call;
	bool keyed = t->b->method->repeat == PB__REPEAT__VALUE__KEY && *c->idempotency_key;
	uint8_t digest[32] = { 0 };
	bool found;
	Pb__Code code;

	t->out = message_new(t->b->method->out, c->arena);
	if (!t->out)
		return call_fail(c, PB__CODE__TOO_LARGE, "the answer needs too much memory");
	if (keyed) {
		SHA256((const unsigned char *)natsMsg_GetData(w->msg),
			(size_t)natsMsg_GetDataLength(w->msg), digest);
		code = find_first_answer(w, t, digest, &found);
		if (code || found)
			return code;
	}
	code = t->b->run(t->s->def->rpcs.handlers, c, w->in, t->out);
	if (!code && keyed)
		code = keep_answer(w, t, digest);
	return code;
}

static void serve_transaction(struct svc *s, struct work *w)
{
	struct tx_rpc t = { s, &s->def->rpcs.bindings[w->method], NULL };

	if (s->def->statements) {
		exec_transaction(s, w, run_rpc, &t);
	} else {
		t.out = message_new(t.b->method->out, &w->arena);
		w->code = t.b->run(s->def->rpcs.handlers, &w->call, w->in, t.out);
		if (w->code && !w->call.faults.code)
			fault_set(&w->call.faults, w->code, "%s", code_name(w->code));
	}
	finish(s, w, t.out);
}

static void answer(struct svc *s, struct exec_one *j)
{
	struct work *w = j->w;
	const struct rpc_binding *b = &s->def->rpcs.bindings[w->method];
	ProtobufCMessage *out = NULL;
	Pb__Code code = w->call.faults.code;

	for (int round = 0; !code && round < 2; round++) {
		w->call.again = false;
		out = message_new(b->method->out, &w->arena);
		if (!out) {
			fault_set(&w->call.faults, PB__CODE__TOO_LARGE, "the answer is too large");
			break;
		}
		code = b->answer(
			s->def->rpcs.handlers, &w->call, w->in, j->has_rows ? &j->rows : NULL, out);
		if (code && !w->call.faults.code && !w->call.again)
			fault_set(&w->call.faults, code, "%s", code_name(code));
		if (!w->call.again || round)
			break;
		code = PB__CODE__OK;
		exec_statements(s, j, 1);
		code = w->call.faults.code;
	}
	if (w->call.again && !w->call.faults.code)
		fault_set(&w->call.faults, PB__CODE__BUSY, "another request holds this key");
	finish(s, w, out);
}

/* True: the work was answered or waits as a bound statement. */
static bool bind_one(struct svc *s, struct work *w, struct exec_one *slot)
{
	const struct rpc_binding *b = &s->def->rpcs.bindings[w->method];
	Pb__Code code = b->bind(s->def->rpcs.handlers, &w->call, w->in);

	if (code && !w->call.faults.code)
		fault_set(&w->call.faults, code, "%s", code_name(code));
	*slot = (struct exec_one){ .w = w };
	if (w->call.faults.code || !w->call.stmt) {
		answer(s, slot);
		return false;
	}
	return true;
}

void rpc_serve(struct svc *s, struct work **works, size_t n)
{
	static struct exec_one jobs[BATCH_LIMIT];
	size_t bound = 0;

	for (size_t i = 0; i < n; i++) {
		struct work *w = works[i];
		const struct rpc_binding *b = &s->def->rpcs.bindings[w->method];

		if (w->code && !w->call.faults.code)
			fault_set(&w->call.faults, w->code, "%s", code_name(w->code));
		if (w->call.faults.code)
			finish(s, w, NULL);
		else if (b->has(s->def->rpcs.handlers) & RPC_BIND)
			bound += bind_one(s, w, &jobs[bound]);
		else
			serve_transaction(s, w);
	}
	exec_statements(s, jobs, bound);
	for (size_t i = 0; i < bound; i++)
		answer(s, &jobs[i]);
}

/* ---- subscription ---- */

static void on_request(natsConnection *nc, natsSubscription *sub, natsMsg *m, void *arg)
{
	struct svc *s = arg;

	(void)nc;
	(void)sub;
	if (inbox_push(&s->inbox, (struct inbox_item){ .msg = m }))
		return;
	rpc_refuse_busy(s, m, "too many requests are waiting");
	natsMsg_Destroy(m);
}

bool rpc_subscribe(struct svc *s)
{
	char subject[128];
	natsStatus st;

	if (!s->def->rpcs.n)
		return true;
	snprintf(subject, sizeof subject, "jingbao.v1.%s.*",
		s->def->rpcs.bindings[0].method->service);
	st = natsConnection_QueueSubscribe(
		&s->rpc_sub, s->nc, subject, s->def->name, on_request, s);
	if (st == NATS_OK)
		st = natsSubscription_SetPendingLimits(s->rpc_sub, -1, -1);
	if (st != NATS_OK)
		log_error(
			"not subscribed", "subject=%s why=\"%s\"", subject, natsStatus_GetText(st));
	return st == NATS_OK;
}
