/* req.c - requests: made, kept in a small pool, suspended and resumed. */
#include "gateway/req.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"

enum { POOL_MAX = 64, REQ_BYTES = 16 << 20 };

static struct {
	pthread_mutex_t lock;
	struct req *first;
	size_t n;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static struct req *from_pool(void)
{
	pthread_mutex_lock(&pool.lock);
	struct req *r = pool.first;
	if (r) {
		pool.first = r->next;
		pool.n--;
	}
	pthread_mutex_unlock(&pool.lock);
	return r;
}

static void on_done(struct waiter *w, enum relay_end how, natsMsg *reply)
{
	struct req *r = (struct req *)w;

	r->how = how;
	r->reply = reply;
	req_resume(r);
}

struct req *req_new(struct gateway *g, enum door door)
{
	struct req *r = from_pool();
	struct arena kept;

	if (!r) {
		r = calloc(1, sizeof *r);
		if (!r)
			return NULL;
		arena_init(&r->arena, REQ_BYTES);
	}
	kept = r->arena;
	memset(r, 0, sizeof *r);
	r->arena = kept;
	r->arena.pb.allocator_data = &r->arena;
	r->waiter.done = on_done;
	r->g = g;
	r->door = door;
	r->began_us = mono_us();
	r->verb = "-";
	r->path = "";
	r->who.p = (struct principal){ .subject = "",
		.name = "",
		.org = "",
		.districts = "",
		.incident_id = "",
		.party_id = "" };
	r->who.session_id = "";
	r->who.methods = "";
	faults_init(&r->faults, &r->arena);
	return r;
}

void req_free(struct req *r)
{
	blob_abort(r->upload);
	natsMsg_Destroy(r->reply);
	arena_reset(&r->arena);
	pthread_mutex_lock(&pool.lock);
	bool keep = pool.n < POOL_MAX;
	if (keep) {
		r->next = pool.first;
		pool.first = r;
		pool.n++;
	}
	pthread_mutex_unlock(&pool.lock);
	if (!keep) {
		arena_release(&r->arena);
		free(r);
	}
}

void reqs_release(void)
{
	struct req *r;

	while ((r = from_pool())) {
		arena_release(&r->arena);
		free(r);
	}
}

void req_refuse(struct req *r, Pb__Code code, const char *fmt, ...)
{
	va_list ap;

	if (req_refused(r))
		return;
	va_start(ap, fmt);
	const char *text = arena_vprintf(&r->arena, fmt, ap);
	va_end(ap);
	(void)fault_set(&r->faults, code, "%s", text ? text : "");
}

void req_refuse_status(struct req *r, int status, const char *text)
{
	if (req_refused(r))
		return;
	r->status = status;
	(void)fault_set(&r->faults, PB__CODE__INVALID, "%s", text);
}

const char *req_header(const struct req *r, const char *name)
{
	const char *v = MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name);

	return v ? v : "";
}

void req_out(struct req *r, const char *name, const char *value)
{
	if (r->n_out < OUT_HEADERS_MAX && value)
		r->out[r->n_out++] = (struct out_header){ name, value };
}

void req_resume(struct req *r)
{
	struct MHD_Connection *c = r->mhd; /* r may be gone as soon as it runs */

	atomic_store_explicit(&r->waiting, false, memory_order_release);
	MHD_resume_connection(c);
}

/* What every request over the bus carries (kit/rpc.c reads the same names). */
static size_t headers_of(struct req *r, int64_t timeout_us, struct relay_header h[static 12])
{
	const struct principal *p = &r->who.p;
	struct arena *a = &r->arena;
	size_t n = 0;

	h[n++] = (struct relay_header){ "Jb-Subject", p->subject };
	h[n++] = (struct relay_header){ "Jb-Name", percent_encode(p->name, a) };
	h[n++] = (struct relay_header){ "Jb-Roles", arena_printf(a, "%u", p->roles) };
	h[n++] = (struct relay_header){ "Jb-Org", p->org };
	h[n++] = (struct relay_header){ "Jb-Districts", p->districts };
	h[n++] = (struct relay_header){ "Jb-Incident", p->incident_id };
	h[n++] = (struct relay_header){ "Jb-Party", p->party_id };
	h[n++] = (struct relay_header){ "Request-Id", r->id };
	h[n++] = (struct relay_header){ "Traceparent", r->trace };
	h[n++] = (struct relay_header){ "Jb-Deadline",
		arena_printf(a, "%lld", (long long)((now_us() + timeout_us) / US_PER_MS)) };
	return n;
}

/* The key as the caller meant it: without the quotes of a structured-field string. */
static const char *idempotency_key(struct req *r)
{
	const char *v = req_header(r, "Idempotency-Key");
	size_t n = strlen(v);

	return n >= 2 && *v == '"' ? arena_strndup(&r->arena, v + 1, n - 2) : v;
}

enum MHD_Result req_ask(
	struct req *r, enum stage stage, const struct method_meta *m, const ProtobufCMessage *msg)
{
	struct relay_header h[12];
	int64_t timeout_us = (int64_t)(m->timeout_ms ? m->timeout_ms : 5000) * US_PER_MS;
	size_t len = protobuf_c_message_get_packed_size(msg), n = headers_of(r, timeout_us, h);
	uint8_t *body = arena_alloc(&r->arena, len ? len : 1);

	if (stage == STAGE_RPC)
		h[n++] = (struct relay_header){ "Idempotency-Key", idempotency_key(r) };
	r->stage = stage;
	if (r->conn)
		atomic_store(&r->conn->due_us, 0); /* the slot's deadline rules now */
	atomic_store(&r->waiting, true);
	MHD_suspend_connection(r->mhd);
	if (body)
		protobuf_c_message_pack(msg, body);
	if (!body || !relay_send(r->g->relay, m->subject, h, n, body, len, timeout_us, &r->waiter))
		on_done(&r->waiter, RELAY_DOWN, NULL);
	return MHD_YES; /* r may have been answered on another thread by now: hands off */
}
