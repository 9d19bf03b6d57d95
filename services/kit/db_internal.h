/* db_internal.h - the kit's own side of db.h: connections, pipelines, wire forms. Not for services.
 * Thread: a struct db belongs to one thread. */
#ifndef KIT_DB_INTERNAL_H
#define KIT_DB_INTERNAL_H

#include <libpq-fe.h>
#include "kit/call.h"
#include "kit/db.h"

extern const int64_t pg_epoch_us;
extern const int32_t pg_epoch_days;

struct db_wire {
	const char *data; /* NULL: SQL null */
	int len;
};

unsigned db_type_oid(enum db_type t);
const char *db_type_name(enum db_type t);
/* False: the arena is full, or a uuid isn't one. */
bool db_encode(const struct db_arg *a, struct arena *arena, struct db_wire *w);

/* PGresults of a call, cleared when the call ends. */
struct result_link {
	PGresult *r;
	struct result_link *next;
};
void results_clear(struct call *c);
bool result_keep(struct call *c, PGresult *r); /* false: arena full; r is cleared */

enum { DB_STMTS_MAX = 256 };

struct db {
	const char *conninfo;
	const struct db_stmt *stmts[DB_STMTS_MAX];
	size_t n_stmts;
	PGconn *pg;            /* NULL while there is no connection */
	int64_t next_try_us;   /* steady clock */
	int64_t down_since_us; /* wall clock, 0 while up */
	unsigned tries;
	char why[256]; /* of the last failure to connect */
	bool relaxed;  /* synchronous_commit off: the relay's marks */
};

void db_add_statements(struct db *db, const struct db_stmt *const *list);
/* Connects and prepares and checks every statement. False with db->why. */
bool db_open(struct db *db);
void db_close(struct db *db);
/* True when there is a working connection; tries to make one when the back-off allows. */
bool db_ready(struct db *db);
void db_lost(struct db *db); /* the connection is gone: close it, note since when */
/* Arguments in wire form, in the arena. NULL: the arena is full, or a uuid isn't one. */
struct db_wires;
struct db_wires *db_encode_args(
	const struct db_stmt *s, const struct db_arg *args, size_t n, struct arena *a);
/* Sends one prepared statement in pipeline mode. False: lost. */
bool db_send(struct db *db, const struct db_stmt *s, const struct db_wires *w);
/* One statement, now, outside a pipeline. NULL: connection lost. Otherwise any status. */
PGresult *db_exec(struct db *db, const struct db_stmt *s, const struct db_arg *args, size_t n,
	struct arena *a);
/* begin, commit, rollback. False: lost or refused (commit failed): *ret_state SQLSTATE if given. */
bool db_simple(struct db *db, const char *sql, char ret_state[6]);

/* What an SQLSTATE means to a caller. */
enum db_fate {
	FATE_FINE,
	FATE_RETRY, /* serialisation, deadlock, lock timeout: run again */
	FATE_LOST,  /* the connection or the server went away */
	FATE_DATA,  /* classes 22, 23: this input can never work */
	FATE_BUSY,  /* out of space, too many connections, statement timeout */
	FATE_BUG,   /* anything else */
};
enum db_fate db_fate_of(const char *sqlstate);
void db_wrap_rows(struct db_rows *rows, const struct db_stmt *s, struct call *c, PGresult *r);

#endif
