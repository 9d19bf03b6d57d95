/* call.h - one unit of work in a service: an RPC, an event or a tick, and what a handler may do.
 *
 * A handler gets a checked, const request, fills a zeroed reply from the call's arena, and answers
 * a code. It sees no NATS, no libpq, no JSON and writes no log line; the kit logs one per call.
 *
 *   statement handler   bind: refuse, or name ONE statement with db_bind; answer: rows -> reply.
 *                       The kit runs many in one pipeline and one commit. A bind that neither
 *                       refuses nor binds answers at once (answer is then called with rows NULL).
 *   transaction handler run: several db_run, event_emit; commit when it returns OK, else rollback.
 *   prepare             optional, before bind or run, on a pool thread: slow CPU or file work. No
 *                       database. Leaves its findings in call->prepared (arena memory).
 *
 * A business refusal is a result row turned into a code by answer, never an SQL error.
 */
#ifndef KIT_CALL_H
#define KIT_CALL_H

#include "kit/arena.h"
#include "kit/db.h"
#include "kit/fault.h"
#include "kit/meta.h"
#include "jingbao/v1/options.pb-c.h"

/* Who asks, as the gateway found out; carried in message headers. Never NULL fields; "" when none.
 */
struct principal {
	uint32_t roles;      /* mask of 1u << Pb__Role__Value */
	const char *subject; /* account, client or party id */
	const char *name;
	const char *org;         /* insurer code */
	const char *districts;   /* space-separated codes; "" not bound */
	const char *incident_id; /* PARTY: the incident of the link */
	const char *party_id;    /* PARTY */
};

struct svc;

struct call {
	struct arena *arena;
	struct svc *svc;
	struct principal who;
	const char *request_id; /* "" for ticks */
	const char *traceparent;
	const char *idempotency_key; /* "" when none */
	int64_t at_us;               /* wall clock when the call began; use it for every stamp */
	struct fault_list faults;
	void *prepared;     /* from prepare to bind/run */
	void *scratch;      /* from bind to answer */
	const char *detail; /* extra key=value text for the log line; optional */

	/* the kit's own */
	const struct db_stmt *stmt;
	const struct db_arg *args;
	size_t n_args;
	const char *sort_key;
	struct tx *tx;     /* NULL outside a transaction */
	bool again, clash; /* clash: a unique or exclusion constraint refused */
	bool known;        /* an event handled before: its mark is there already */
	struct result_link *results;
};

static inline bool call_has_role(const struct call *c, Pb__Role__Value role)
{
	return (c->who.roles >> role) & 1u;
}

/* Keeps the first failure; returns the code. */
Pb__Code call_fail(struct call *c, Pb__Code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), warn_unused_result));
/* A field at fault; the handler then returns PB__CODE__INVALID. */
Pb__Code call_fail_field(struct call *c, const char *pointer, const char *rule, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
/* NOT_FOUND, or BUSY when the id is so young (30 s) that news of it may still be on its way. */
Pb__Code call_unknown(struct call *c, const char *what, const char *uuid)
	__attribute__((warn_unused_result));

/* In bind: the one statement of this call. The arguments are copied, what they point at is not:
 * text, bytes and the elements of lists must live in the arena, the request or the program. `key`
 * is the aggregate's id: the batch is sorted by it so that row locks are taken in one order
 * everywhere. */
void db_bind(struct call *c, const char *key, const struct db_stmt *s, const struct db_arg *args,
	size_t n);
/* In answer: nothing came back because another session held the key; run once more, alone. */
Pb__Code call_again(struct call *c) __attribute__((warn_unused_result));

/* In run: a statement of the call's transaction. With `ret` it waits for the rows; without, the
 * statement is on its way, and its failure shows at the next wait, at the latest at the commit. On
 * failure the code is set in the call. */
Pb__Code db_run(struct call *c, const struct db_stmt *s, struct db_rows *ret,
	const struct db_arg *args, size_t n) __attribute__((warn_unused_result));
/* As db_run, but the rows come with the next wait (db_settle, or db_run with `ret`): statements
 * that don't need each other share a round trip. `ret` must live until then. */
Pb__Code db_later(struct call *c, const struct db_stmt *s, struct db_rows *ret,
	const struct db_arg *args, size_t n) __attribute__((warn_unused_result));
Pb__Code db_settle(struct call *c) __attribute__((warn_unused_result));

/* An event as outbox columns. The key is its scope INCIDENT field (or its first text field), the
 * district its scope DISTRICT field ("000000" when empty). */
struct event_row {
	const char *id, *type, *key, *district, *trace;
	const void *body;
	size_t len;
};
/* In bind: pack an event to be inserted by the statement itself:
 *   insert into <schema>.outbox (id, type, key, district, body, trace) select $7,$8,$9,$10,$11,$12
 * with DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_BYTES, DB_TEXT and EVENT_ARGS(row). */
struct event_row event_pack(struct call *c, const ProtobufCMessage *event);
#define EVENT_ARGS(e) \
	db_uuid((e).id), db_text((e).type), db_text((e).key), db_text((e).district), \
		db_bytes((e).body, (e).len), db_text((e).trace)
#define EVENT_TYPES DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_BYTES, DB_TEXT

/* In run: insert the event into the service's outbox, in the same transaction. */
Pb__Code event_emit(struct call *c, const ProtobufCMessage *event)
	__attribute__((warn_unused_result));

/* An event being handled. */
struct event_info {
	const char *id;   /* UUIDv7 */
	const char *type; /* "jingbao.v1.IncidentReported" */
	const char *district;
	int64_t recorded_at_us; /* when its producer wrote it */
};

/* New message/array helpers for replies. */
char *call_uuid(struct call *c); /* new UUIDv7 in the arena */
#define CALL_STR(c, s) arena_strdup((c)->arena, (s))

#endif
