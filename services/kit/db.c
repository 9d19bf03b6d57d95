/* db.c - one PostgreSQL connection: connect, prepare and check every statement, execute. */
#include "kit/db_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include "kit/log.h"
#include "kit/timeutil.h"

void db_add_statements(struct db *db, const struct db_stmt *const *list)
{
	for (; list && *list; list++) {
		assert(db->n_stmts < DB_STMTS_MAX);
		db->stmts[db->n_stmts++] = *list;
	}
}

static size_t type_count(const enum db_type *t)
{
	size_t n = 0;

	while (t[n] != DB_END)
		n++;
	return n;
}

static bool why(struct db *db, const char *what, const char *detail)
{
	int n = (int)strcspn(detail, "\n");

	snprintf(db->why, sizeof db->why, "%s: %.*s", what, n > 180 ? 180 : n, detail);
	return false;
}

/* The server's idea of the statement's types against ours. */
static bool described_as_declared(struct db *db, const struct db_stmt *s, const PGresult *d)
{
	size_t in = type_count(s->in), out = type_count(s->out);
	char detail[128];

	if ((size_t)PQnparams(d) != in || (size_t)PQnfields(d) != out) {
		snprintf(detail, sizeof detail, "declares %zu in, %zu out; the schema says %d, %d",
			in, out, PQnparams(d), PQnfields(d));
		return why(db, s->name, detail);
	}
	for (size_t i = 0; i < in; i++)
		if (PQparamtype(d, (int)i) != db_type_oid(s->in[i])) {
			snprintf(detail, sizeof detail,
				"parameter $%zu is declared %s, the schema says oid %u", i + 1,
				db_type_name(s->in[i]), PQparamtype(d, (int)i));
			return why(db, s->name, detail);
		}
	for (size_t i = 0; i < out; i++)
		if (PQftype(d, (int)i) != db_type_oid(s->out[i])) {
			snprintf(detail, sizeof detail,
				"column %zu is declared %s, the schema says oid %u", i + 1,
				db_type_name(s->out[i]), PQftype(d, (int)i));
			return why(db, s->name, detail);
		}
	return true;
}

static bool prepare_one(struct db *db, const struct db_stmt *s)
{
	size_t n = type_count(s->in);
	Oid types[DB_PARAMS_MAX];
	PGresult *r;
	bool ok;

	for (size_t i = 0; i < n; i++)
		types[i] = db_type_oid(s->in[i]);
	r = PQprepare(db->pg, s->name, s->sql, (int)n, types);
	ok = PQresultStatus(r) == PGRES_COMMAND_OK || why(db, s->name, PQresultErrorMessage(r));
	PQclear(r);
	if (!ok)
		return false;
	r = PQdescribePrepared(db->pg, s->name);
	ok = PQresultStatus(r) == PGRES_COMMAND_OK ? described_as_declared(db, s, r)
						   : why(db, s->name, PQresultErrorMessage(r));
	PQclear(r);
	return ok;
}

bool db_open(struct db *db)
{
	bool ok = true;

	db->pg = PQconnectdb(db->conninfo);
	if (PQstatus(db->pg) != CONNECTION_OK) {
		why(db, "no connection to PostgreSQL", PQerrorMessage(db->pg));
		db_close(db);
		return false;
	}
	PQsetErrorVerbosity(db->pg, PQERRORS_SQLSTATE);
	if (db->relaxed)
		ok = db_simple(db, "set synchronous_commit = off", NULL);
	for (size_t i = 0; ok && i < db->n_stmts; i++)
		ok = prepare_one(db, db->stmts[i]);
	if (!ok) {
		db_close(db);
		return false;
	}
	db->down_since_us = 0;
	db->tries = 0;
	return true;
}

void db_close(struct db *db)
{
	PQfinish(db->pg);
	db->pg = NULL;
}

void db_lost(struct db *db)
{
	if (db->pg)
		why(db, "lost the connection to PostgreSQL", PQerrorMessage(db->pg));
	db_close(db);
	if (!db->down_since_us) {
		db->down_since_us = now_us();
		log_warn("database lost", "why=\"%s\"", db->why);
	}
}

bool db_ready(struct db *db)
{
	int64_t wait_ms;

	if (db->pg && PQstatus(db->pg) == CONNECTION_OK)
		return true;
	if (db->pg)
		db_lost(db);
	if (mono_us() < db->next_try_us)
		return false;
	if (db_open(db)) {
		log_info("database back", "statements=%zu", db->n_stmts);
		return true;
	}
	if (!db->down_since_us)
		db->down_since_us = now_us();
	wait_ms = 50L << (db->tries < 5 ? db->tries : 5);
	db->tries++;
	db->next_try_us = mono_us() + wait_ms * US_PER_MS;
	if (db->tries == 1 || db->tries % 20 == 0)
		log_warn("database unreachable", "tries=%u why=\"%s\"", db->tries, db->why);
	return false;
}

struct db_wires {
	const char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX], formats[DB_PARAMS_MAX];
};

struct db_wires *db_encode_args(
	const struct db_stmt *s, const struct db_arg *args, size_t n, struct arena *a)
{
	struct db_wires *w = ARENA_NEW(a, struct db_wires);

	assert(n == type_count(s->in));
	for (size_t i = 0; w && i < n; i++) {
		struct db_wire one;

		assert(args[i].type == s->in[i]);
		if (!db_encode(&args[i], a, &one))
			return NULL;
		w->values[i] = one.data;
		w->lengths[i] = one.len;
		w->formats[i] = 1;
	}
	return w;
}

bool db_send(struct db *db, const struct db_stmt *s, const struct db_wires *w)
{
	return PQsendQueryPrepared(
		db->pg, s->name, (int)type_count(s->in), w->values, w->lengths, w->formats, 1);
}

PGresult *db_exec(struct db *db, const struct db_stmt *s, const struct db_arg *args, size_t n,
	struct arena *a)
{
	struct db_wires *w = db_encode_args(s, args, n, a);
	PGresult *r;

	if (!w)
		return PQmakeEmptyPGresult(db->pg, PGRES_BAD_RESPONSE);
	r = PQexecPrepared(db->pg, s->name, (int)n, w->values, w->lengths, w->formats, 1);
	if (PQstatus(db->pg) != CONNECTION_OK) {
		PQclear(r);
		return NULL;
	}
	return r;
}

bool db_simple(struct db *db, const char *sql, char ret_state[6])
{
	PGresult *r = PQexec(db->pg, sql);
	ExecStatusType st = PQresultStatus(r);
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	/* A commit of a failed transaction "succeeds" as a rollback. */
	bool rolled = st == PGRES_COMMAND_OK && !strcmp(sql, "commit") &&
		      !strcmp(PQcmdStatus(r), "ROLLBACK");

	if (ret_state)
		snprintf(ret_state, 6, "%s", rolled ? "25P02" : state ? state : "");
	PQclear(r);
	return st == PGRES_COMMAND_OK && !rolled;
}

enum db_fate db_fate_of(const char *st)
{
	if (!st || !*st)
		return FATE_LOST;
	if (!strcmp(st, "40001") || !strcmp(st, "40P01") || !strcmp(st, "55P03"))
		return FATE_RETRY;
	if (!strncmp(st, "08", 2) || !strncmp(st, "57P", 3))
		return FATE_LOST;
	if (!strncmp(st, "22", 2) || !strncmp(st, "23", 2))
		return FATE_DATA;
	if (!strncmp(st, "53", 2) || !strncmp(st, "57", 2) || !strcmp(st, "25006"))
		return FATE_BUSY;
	return FATE_BUG;
}
