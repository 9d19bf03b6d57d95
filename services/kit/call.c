/* call.c - what handlers may do: fail, bind a statement, run one, emit an event. */
#include "kit/svc_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "kit/json.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

enum { NEWS_MAY_TAKE_S = 30, FREE_KEPT = 32 };

struct work *work_new(struct svc *s, enum work_kind kind)
{
	struct work *w;
	struct arena arena;

	pthread_mutex_lock(&s->free_lock);
	w = s->free;
	if (w) {
		s->free = w->next;
		s->n_free--;
	}
	pthread_mutex_unlock(&s->free_lock);
	if (w) {
		arena = w->arena;
	} else {
		w = malloc(sizeof *w);
		if (!w)
			abort(); /* no memory for a few hundred bytes: let supervision restart us */
		arena_init(&arena, ARENA_CEILING);
	}
	memset(w, 0, sizeof *w);
	w->arena = arena;
	/* The allocator inside an arena points at the arena itself, which just moved back. */
	w->arena.pb.allocator_data = &w->arena;
	w->kind = kind;
	w->began_us = mono_us();
	w->call.arena = &w->arena;
	w->call.svc = s;
	w->call.at_us = now_us();
	w->call.request_id = w->call.traceparent = w->call.idempotency_key = "";
	w->call.who = (struct principal){ 0, "", "", "", "", "", "" };
	faults_init(&w->call.faults, &w->arena);
	return w;
}

void work_free(struct svc *s, struct work *w)
{
	bool keep;

	results_clear(&w->call);
	natsMsg_Destroy(w->msg);
	w->msg = NULL;
	arena_reset(&w->arena);
	pthread_mutex_lock(&s->free_lock);
	keep = s->n_free < FREE_KEPT;
	if (keep) {
		w->next = s->free;
		s->free = w;
		s->n_free++;
	}
	pthread_mutex_unlock(&s->free_lock);
	if (!keep) {
		arena_release(&w->arena);
		free(w);
	}
}

void results_clear(struct call *c)
{
	for (struct result_link *l = c->results; l; l = l->next)
		PQclear(l->r);
	c->results = NULL;
}

bool result_keep(struct call *c, PGresult *r)
{
	struct result_link *l = ARENA_NEW(c->arena, struct result_link);

	if (!l) {
		PQclear(r);
		return false;
	}
	l->r = r;
	l->next = c->results;
	c->results = l;
	return true;
}

Pb__Code call_fail(struct call *c, Pb__Code code, const char *fmt, ...)
{
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = arena_vprintf(c->arena, fmt, ap);
	va_end(ap);
	return fault_set(&c->faults, code, "%s", text ? text : "out of message memory");
}

Pb__Code call_fail_field(
	struct call *c, const char *pointer, const char *rule, const char *fmt, ...)
{
	va_list ap;
	const char *text;

	va_start(ap, fmt);
	text = arena_vprintf(c->arena, fmt, ap);
	va_end(ap);
	fault_field(&c->faults, pointer, rule, "%s", text ? text : "out of message memory");
	return c->faults.code;
}

Pb__Code call_unknown(struct call *c, const char *what, const char *uuid)
{
	int64_t made = uuid_time_us(uuid);
	int64_t age = c->at_us - made;

	if (made && age > -NEWS_MAY_TAKE_S * US_PER_S && age < NEWS_MAY_TAKE_S * US_PER_S) {
		c->faults.retry_after_s = 1;
		return call_fail(
			c, PB__CODE__BUSY, "%s '%s' is not known here yet; ask again", what, uuid);
	}
	return call_fail(c, PB__CODE__NOT_FOUND, "there is no %s '%s'", what, uuid);
}

char *call_uuid(struct call *c)
{
	char *id = arena_alloc(c->arena, UUID_TEXT);

	if (!id)
		abort(); /* 37 bytes past a 4 MB ceiling: the message was refused long before */
	return uuid_v7(id);
}

/* Lists are copied with the arguments: handlers build them on their stack. Texts are not: they are
 * in the request, the arena or constants. */
static bool keep_list(struct arena *a, struct db_arg *arg)
{
	size_t n = 0;

	if (arg->null)
		return true;
	if (arg->type == DB_TEXTS || arg->type == DB_UUIDS) {
		n = arg->texts.n * sizeof *arg->texts.v;
		if (n)
			arg->texts.v = arena_memdup(a, arg->texts.v, n);
		return !n || arg->texts.v;
	}
	if (arg->type == DB_I64S) {
		n = arg->i64s.n * sizeof *arg->i64s.v;
		if (n)
			arg->i64s.v = arena_memdup(a, arg->i64s.v, n);
		return !n || arg->i64s.v;
	}
	return true;
}

void db_bind(struct call *c, const char *key, const struct db_stmt *s, const struct db_arg *args,
	size_t n)
{
	struct db_arg *kept = n ? arena_memdup(c->arena, args, n * sizeof *args) : NULL;
	bool whole = kept || !n;

	assert(!c->stmt);
	for (size_t i = 0; whole && i < n; i++)
		whole = keep_list(c->arena, &kept[i]);
	c->args = kept;
	c->n_args = n;
	c->sort_key = key ? key : "";
	if (!whole)
		fault_set(&c->faults, PB__CODE__TOO_LARGE, "the message needs too much memory");
	else
		c->stmt = s;
}

Pb__Code call_again(struct call *c)
{
	c->again = true;
	return PB__CODE__BUSY;
}

Pb__Code fault_from_result(struct call *c, const struct db_stmt *st, const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *constraint = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	state = state ? state : "";
	if (!strcmp(state, "JB409"))
		return fault_set(&c->faults, PB__CODE__CONFLICT, "%s", text ? text : "conflict");
	if (!strcmp(state, "JB422"))
		return fault_set(&c->faults, PB__CODE__REFUSED, "%s", text ? text : "refused");
	if (!strcmp(state, "23505") || !strcmp(state, "23P01")) {
		c->clash = true;
		return fault_set(&c->faults, PB__CODE__CONFLICT, "'%s' already holds",
			constraint ? constraint : st->name);
	}
	switch (db_fate_of(state)) {
	case FATE_RETRY:
	case FATE_LOST:
	case FATE_BUSY:
		c->faults.retry_after_s = 1;
		return fault_set(&c->faults, PB__CODE__BUSY, "the database is busy (%s)", state);
	default:
		c->detail = arena_printf(c->arena, "statement=%s sqlstate=%s constraint=%s",
			st->name, state, constraint ? constraint : "-");
		return fault_set(&c->faults, PB__CODE__INTERNAL, "internal error");
	}
}

/* ---- events ---- */

const struct db_stmt stmt_outbox_insert = {
	"outbox_insert",
	"insert into outbox (id, type, key, district, body, trace) values ($1, $2, $3, $4, $5, $6)",
	.in = { EVENT_TYPES },
};

static const char *field_text(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	const char *const *p = (const void *)((const char *)m + f->offset);

	return f->type == PROTOBUF_C_TYPE_STRING && f->label != PROTOBUF_C_LABEL_REPEATED && *p
		       ? *p
		       : "";
}

struct event_row event_pack(struct call *c, const ProtobufCMessage *event)
{
	const ProtobufCMessageDescriptor *d = event->descriptor;
	const struct msg_meta *meta = contract_message(&jb_contract, d->name);
	struct event_row e = { .id = call_uuid(c),
		.type = d->name,
		.key = "",
		.district = "",
		.trace = c->traceparent };
	uint8_t *body;

	assert(meta && meta->event);
	c->svc->emitted = true;
	for (unsigned i = 0; i < d->n_fields; i++) {
		const char *v = field_text(event, &d->fields[i]);

		if (meta->fields[i].scope == PB__SCOPE__VALUE__INCIDENT)
			e.key = v;
		else if (meta->fields[i].scope == PB__SCOPE__VALUE__DISTRICT)
			e.district = v;
	}
	for (unsigned i = 0; !*e.key && i < d->n_fields; i++)
		e.key = field_text(event, &d->fields[i]);
	if (!*e.district)
		e.district = "000000";
	e.len = protobuf_c_message_get_packed_size(event);
	body = arena_alloc(c->arena, e.len ? e.len : 1);
	if (!body) {
		fault_set(&c->faults, PB__CODE__TOO_LARGE, "the event needs too much memory");
		e.len = 0;
		return e;
	}
	protobuf_c_message_pack(event, body);
	e.body = body;
	return e;
}

Pb__Code event_emit(struct call *c, const ProtobufCMessage *event)
{
	struct event_row e = event_pack(c, event);

	return db_run(c, &stmt_outbox_insert, NULL, DB_ARGS(EVENT_ARGS(e)));
}
