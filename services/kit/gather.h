/* gather.h - requests that come in streams (positions) and are written together, on a thread and a
 * connection of their own: while one lot is being written the next one gathers, and nothing of it
 * holds up the service thread.
 *
 * run() is given a lot, writes it in as few steps as it can, and leaves in each call what its
 * answer needs (call->prepared) or a failure (call_fail). Then each goes on to the service thread,
 * where bind names no statement and answer makes the reply. So a reply still comes after the
 * commit.
 *
 * Everything below works for run() alone. Codes: OK; CONFLICT when a unique constraint refused;
 * BUSY when the database is away or busy; INTERNAL. After a failure the transaction is rolled back.
 */
#ifndef KIT_GATHER_H
#define KIT_GATHER_H

#include "kit/call.h"
#include "kit/db_copy.h"

struct gatherer;

struct gather_item {
	struct call *call;
	const ProtobufCMessage *in;
};

struct gather {
	const ProtobufCMessageDescriptor *const *requests; /* closed by NULL */
	const struct db_stmt *const *statements;           /* closed by NULL */
	unsigned again_ms;                                 /* see gather_again */
	void (*run)(struct gatherer *g, const struct gather_item *items, size_t n);
};

/* In run(): something is left to do; run() is called again, with no requests when none come, after
 * again_ms. */
void gather_again(struct gatherer *g);
/* For memory, the time and events of the lot; reset with each. */
struct call *gather_call(struct gatherer *g);
Pb__Code gather_begin(struct gatherer *g) __attribute__((warn_unused_result));
Pb__Code gather_commit(struct gatherer *g) __attribute__((warn_unused_result));
Pb__Code gather_query(struct gatherer *g, const struct db_stmt *s, struct db_rows *ret,
	const struct db_arg *args, size_t n) __attribute__((warn_unused_result));
/* `sql` is "copy ... from stdin (format binary)". */
Pb__Code gather_copy(struct gatherer *g, const char *sql, struct db_copy *rows)
	__attribute__((warn_unused_result));

#endif
