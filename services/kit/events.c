/* events.c - consumed events: each has its effect once, in stream order, and none is forgotten.
 *
 * The ids already handled are looked up and written in the same transaction as the effect. Bound
 * statements run in batches; one that can't work is put in the dead letters with its reason and the
 * stream goes on. A passing trouble (BUSY) holds the queue: later events of the same incident must
 * not overtake. JetStream is told once per batch (the consumer acknowledges all up to it).
 */
#include "kit/svc_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/log.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

enum { GROUP_LIMIT = 16, HOLD_TRIES = 60, HOLD_MS = 250, ACK_EVERY = 256, ACK_LATE_MS = 100 };

/* Fails when the event was handled meanwhile: then its statement must not have an effect. */
const struct db_stmt stmt_inbox_mark = {
	"inbox_mark",
	"insert into inbox (id) values ($1)",
	.in = { DB_UUID },
};
const struct db_stmt stmt_inbox_known = {
	"inbox_known",
	"select id from inbox where id = any($1)",
	.in = { DB_UUIDS },
	.out = { DB_UUID },
};

/* ---- taking ---- */

static const struct event_handler *handler_for(const struct svc *s, const char *type)
{
	for (const struct event_handler *h = s->def->events; h && h->type; h++)
		if (!strcmp(h->type->name, type))
			return h;
	return NULL;
}

/* JetStream writes each acknowledgement down, so one stands for many: nothing is lost by being
 * late, only delivered again after a crash. What an earlier subscription brought comes again by the
 * new one and is acknowledged then. */
static void note_settled(struct svc *s, const struct work *w, size_t n)
{
	if (!w->msg || w->epoch != atomic_load(&s->event_epoch))
		return;
	snprintf(s->ack.to, sizeof s->ack.to, "%s", natsMsg_GetReply(w->msg));
	s->ack.epoch = w->epoch;
	if (!s->ack.count)
		s->ack.since_us = mono_us();
	s->ack.count += n;
}

void events_acknowledge(struct svc *s, bool at_once)
{
	natsStatus st;

	if (!s->ack.count || (!at_once && s->ack.count < ACK_EVERY &&
				     mono_us() - s->ack.since_us < ACK_LATE_MS * US_PER_MS))
		return;
	s->ack.count = 0;
	if (s->ack.epoch != atomic_load(&s->event_epoch))
		return;
	st = natsConnection_PublishString(s->transport.nc, s->ack.to, "+ACK");
	if (st != NATS_OK)
		log_warn("events not acknowledged", "why=\"%s\"", natsStatus_GetText(st));
}

struct work *event_accept(struct svc *s, natsMsg *m, unsigned epoch)
{
	struct work *w = work_new(s, WORK_EVENT);
	jsMsgMetaData *meta = NULL;
	int64_t at;

	w->msg = m;
	w->epoch = epoch;
	w->event.id = bus_header(m, "ce-id");
	w->event.type = bus_header(m, "ce-type");
	w->event.district = bus_header(m, "Jb-District");
	w->call.request_id = w->event.id;
	w->call.traceparent = bus_header(m, "Traceparent");
	w->call.who.roles = 1u << PB__ROLE__VALUE__SYSTEM;
	w->call.who.subject = "event";
	if (time_from_text(bus_header(m, "ce-time"), &at))
		w->event.recorded_at_us = at;
	if (natsMsg_GetMetaData(&meta, m) == NATS_OK) {
		w->stream_seq = meta->Sequence.Stream;
		jsMsgMetaData_Destroy(meta);
	}
	w->handler = handler_for(s, w->event.type);
	return w;
}

/* ---- running ---- */

enum verdict { SETTLED, HOLD };

/* What the outcome of a handler means for the queue. */
static enum verdict judge(struct svc *s, struct work *w)
{
	Pb__Code code = w->call.faults.code;
	const char *text = w->call.faults.text ? w->call.faults.text : "";
	char quoted[200];

	if (w->call.known)
		return SETTLED;
	switch (code) {
	case PB__CODE__OK:
		return SETTLED;
	case PB__CODE__CONFLICT:
		/* The handler's own word settles an event; a constraint's doesn't: what it knew was
		 * old, or something is wrong. It is tried again for a while, then put aside. */
		if (w->call.clash && s->held_tries < HOLD_TRIES)
			return HOLD;
		if (w->call.clash)
			break;
		/* fall through */
	case PB__CODE__REFUSED:
	case PB__CODE__NOT_FOUND:
		log_info("event no longer applies", "event=%s type=%s why=%s", w->event.id,
			w->event.type, log_quote(text, quoted, sizeof quoted));
		return SETTLED;
	case PB__CODE__BUSY:
		if (s->held_tries < HOLD_TRIES || !s->db.pg)
			return HOLD;
		break;
	default:
		break;
	}
	return dead_letter(s, w, *text ? text : code_name(code)) ? SETTLED : HOLD;
}

static Pb__Code run_event(struct work *w, void *arg)
{
	(void)arg;
	if (db_run(&w->call, &stmt_inbox_mark, NULL, DB_ARGS(db_uuid(w->event.id))))
		return w->call.faults.code;
	return w->handler->run(&w->call, &w->event, w->in);
}

/* Refusals roll the transaction back, inbox row and all; the event is settled by the ack. Seen
 * again it is refused again. */
static enum verdict serve_one(struct svc *s, struct work *w)
{
	if (!w->call.known)
		exec_transaction(s, w, run_event, NULL);
	return judge(s, w);
}

static void clear_work(struct work *w)
{
	results_clear(&w->call);
	faults_init(&w->call.faults, &w->arena);
	w->call.stmt = NULL;
	w->call.again = w->call.clash = w->call.known = false;
}

/* ---- several in one transaction ---- */

struct group {
	struct work **works;
	size_t n;
};

/* They share the pipeline of the first; a fault of one is the whole group's. */
static Pb__Code run_group(struct work *first, void *arg)
{
	struct group *g = arg;

	for (size_t i = 0; i < g->n && !first->call.faults.code; i++) {
		struct work *w = g->works[i];
		Pb__Code code;

		w->call.tx = first->call.tx;
		code = run_event(w, NULL);
		code = code ? code : w->call.faults.code;
		tx_forget_rows(&w->call);
		if (w != first)
			w->call.tx = NULL;
		if (code)
			return code;
	}
	return PB__CODE__OK;
}

/* How many from the first on can share a transaction. */
static size_t run_length(struct work **works, size_t n)
{
	size_t k = 0;

	while (k < n && k < GROUP_LIMIT && works[k]->handler && works[k]->handler->run &&
		works[k]->in && !works[k]->call.known)
		k++;
	return k;
}

/* When several wait they share a commit. True: all had their effect. Otherwise nothing had, and
 * each is served alone. */
static bool serve_group(struct svc *s, struct work **works, size_t n)
{
	struct group g = { works, n };
	bool ok = exec_transaction(s, works[0], run_group, &g) == PB__CODE__OK;

	for (size_t i = 0; !ok && i < n; i++)
		clear_work(works[i]);
	return ok;
}

static void mark_known(struct work **works, size_t n, const struct exec_one *look)
{
	for (size_t k = 0; k < look->rows.n; k++)
		for (size_t i = 0; i < n; i++)
			if (!strcmp(db_get_text(&look->rows, k, 0), works[i]->event.id))
				works[i]->call.known = true;
}

/* Finds out which of these events were handled before, as many were after a crash. One alone tells
 * it itself: its mark is refused. So do all when this can't be asked now. */
static void look_up(struct svc *s, struct work **works, size_t n)
{
	struct work *look = work_new(s, WORK_TICK);
	const char **ids = ARENA_ARRAY(&look->arena, const char *, n);
	struct exec_one one = { .w = look };
	size_t of_concern = 0;

	assert(ids);
	for (size_t i = 0; i < n; i++)
		if (works[i]->handler && uuid_valid(works[i]->event.id))
			ids[of_concern++] = works[i]->event.id;
	if (of_concern > 1) {
		db_bind(&look->call, "", &stmt_inbox_known, DB_ARGS(db_uuids(ids, of_concern)));
		exec_statements(s, &one, 1);
		if (one.has_rows)
			mark_known(works, n, &one);
	}
	work_free(s, look);
}

/* Each job carries its handler's statement and, behind it, the mark in the inbox. */
static size_t bind_events(struct work **works, size_t n, struct exec_one *jobs)
{
	size_t bound = 0;

	for (size_t i = 0; i < n; i++) {
		struct work *w = works[i];
		Pb__Code code;

		if (w->call.known)
			continue;
		code = w->handler->bind(&w->call, &w->event, w->in);
		if (code)
			fault_set(&w->call.faults, code, "%s", code_name(code));
		if (w->call.faults.code || !w->call.stmt)
			continue;
		jobs[bound] = (struct exec_one){ .w = w, .mark = &stmt_inbox_mark };
		jobs[bound++].mark_wires =
			db_encode_args(&stmt_inbox_mark, DB_ARGS(db_uuid(w->event.id)), &w->arena);
	}
	return bound;
}

static void serve_bound(struct svc *s, struct work **works, size_t n)
{
	static struct exec_one jobs[BATCH_LIMIT];

	exec_statements(s, jobs, bind_events(works, n, jobs));
}

static void hold_from(struct svc *s, struct work **works, size_t from, size_t n)
{
	for (size_t i = n; i > from; i--) {
		works[i - 1]->next = s->held_first;
		if (!s->held_first)
			s->held_last = works[i - 1];
		s->held_first = works[i - 1];
	}
	s->held_tries++;
	s->held_until_us = mono_us() + HOLD_MS * US_PER_MS;
}

/* Unpacks when first seen. False: nothing to do with it (settled), or dead. */
static bool decode_event(struct svc *s, struct work *w, enum verdict *v)
{
	*v = SETTLED;
	if (!w->handler) {
		atomic_fetch_add(&s->stats.events_skipped, 1);
		return false;
	}
	if (!w->in && uuid_valid(w->event.id))
		w->in = protobuf_c_message_unpack(w->handler->type, &w->arena.pb,
			(size_t)natsMsg_GetDataLength(w->msg),
			(const uint8_t *)natsMsg_GetData(w->msg));
	if (w->in && w->handler->concerns && !w->handler->concerns(w->in)) {
		w->handler = NULL; /* counted as skipped when its turn comes */
		return false;
	}
	if (w->in)
		return true;
	*v = dead_letter(s, w, "the event can't be decoded") ? SETTLED : HOLD;
	return false;
}

/* How many from the first on are bound. */
static size_t bound_run(struct work **works, size_t n)
{
	size_t k = 0;

	while (k < n && k < BATCH_LIMIT && works[k]->handler && works[k]->handler->bind &&
		works[k]->in)
		k++;
	return k;
}

static void decode_ahead(struct svc *s, struct work **works, size_t n)
{
	enum verdict v = SETTLED;

	for (size_t i = 0; i < n && i < BATCH_LIMIT && v == SETTLED; i++)
		if (!works[i]->in && works[i]->handler)
			decode_event(s, works[i], &v);
}

/* Serves the first of these, and others with it where they can go together; returns how many are
 * settled. The first *alone of them were tried together already. */
static size_t serve_some(
	struct svc *s, struct work **works, size_t n, size_t *alone, enum verdict *v)
{
	size_t settled = 0, run;

	decode_ahead(s, works, n);
	run = bound_run(works, n);
	if (run) {
		serve_bound(s, works, run);
		while (settled < run && *v == SETTLED) {
			*v = judge(s, works[settled]);
			settled += *v == SETTLED;
		}
		return settled;
	}
	run = *alone ? 0 : run_length(works, n);
	if (run > 1) {
		if (serve_group(s, works, run))
			return run;
		*alone = run;
	}
	if (decode_event(s, works[0], v))
		*v = serve_one(s, works[0]);
	if (*alone)
		--*alone;
	return *v == SETTLED;
}

void events_serve(struct svc *s, struct work **works, size_t n)
{
	size_t done = 0, alone = 0;
	enum verdict v = SETTLED;

	for (size_t k = 0; k < n; k++)
		clear_work(works[k]);
	look_up(s, works, n);
	while (done < n && v == SETTLED)
		done += serve_some(s, works + done, n - done, &alone, &v);
	atomic_fetch_add(&s->stats.events, done);
	if (done) {
		note_settled(s, works[done - 1], done);
		s->held_tries = 0;
	}
	for (size_t k = 0; k < done; k++)
		work_free(s, works[k]);
	if (done < n)
		hold_from(s, works, done, n);
}

void events_drop_held(struct svc *s)
{
	while (s->held_first) {
		struct work *w = s->held_first;

		s->held_first = w->next;
		work_free(s, w);
	}
	s->held_last = NULL;
}
