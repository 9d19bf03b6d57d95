/* tx.c - a transaction as one pipeline: statements are sent as the handler runs them, and answers
 * are read when it needs one. Those it doesn't wait for cost no round trip; begin goes out with the
 * first statement, commit with the last ones.
 *
 * After a failure the server skips what was sent behind it; the fault is set when its answer is
 * read, at the latest by the commit, which then rolls back.
 */
#include "kit/svc_internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* How many answers may wait unread: few enough to fit the socket's buffers. */
enum { UNREAD_MAX = 16 };

struct unread {
	const struct db_stmt *stmt;
	struct db_rows *rows; /* NULL: not wanted */
};

struct tx {
	struct unread unread[UNREAD_MAX];
	size_t n;
	char state[6]; /* SQLSTATE of the first failure */
};

static const struct db_stmt begin = { .name = "begin" };
static const struct db_stmt commit = { .name = "commit" };
static const struct db_stmt rollback = { .name = "rollback" };

static Pb__Code lost(struct call *c)
{
	c->faults.retry_after_s = 1;
	return fault_set(&c->faults, PB__CODE__BUSY, "the database connection was lost");
}

/* What a commit says is no statement's fault: exec.c tells it. */
static void note_failure(struct call *c, const struct db_stmt *stmt, const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	if (*c->tx->state)
		return;
	snprintf(c->tx->state, sizeof c->tx->state, "%s", state ? state : "08006");
	c->again = db_fate_of(state) == FATE_RETRY;
	c->known = stmt == &stmt_inbox_mark && !strcmp(c->tx->state, "23505");
	if (stmt != &commit)
		fault_from_result(c, stmt, r);
}

static void keep_rows(struct call *c, const struct unread *u, PGresult *r)
{
	if (!result_keep(c, r))
		fault_set(&c->faults, PB__CODE__TOO_LARGE, "the message needs too much memory");
	else
		db_wrap_rows(u->rows, u->stmt, c, r);
}

/* False: the connection is lost. */
static bool read_one(struct call *c, const struct unread *u)
{
	PGconn *pg = c->svc->db.pg;
	PGresult *r;

	while ((r = PQgetResult(pg)) != NULL) {
		ExecStatusType st = PQresultStatus(r);
		/* A commit of a failed transaction "succeeds" as a rollback. */
		bool rolled = u->stmt == &commit && st == PGRES_COMMAND_OK &&
			      !strcmp(PQcmdStatus(r), "ROLLBACK");

		if (st == PGRES_FATAL_ERROR)
			note_failure(c, u->stmt, r);
		if (rolled && !*c->tx->state)
			snprintf(c->tx->state, sizeof c->tx->state, "25P02");
		if (u->rows && (st == PGRES_TUPLES_OK || st == PGRES_COMMAND_OK))
			keep_rows(c, u, r);
		else
			PQclear(r);
		if (PQstatus(pg) != CONNECTION_OK)
			return false;
	}
	return PQstatus(pg) == CONNECTION_OK;
}

static bool read_unread(struct call *c)
{
	struct tx *t = c->tx;
	size_t n = t->n;

	t->n = 0;
	for (size_t i = 0; i < n; i++)
		if (!read_one(c, &t->unread[i]))
			return false;
	return true;
}

static void expect(struct tx *t, const struct db_stmt *stmt, struct db_rows *rows)
{
	assert(t->n < UNREAD_MAX);
	t->unread[t->n++] = (struct unread){ stmt, rows };
}

static bool send_verb(struct call *c, const struct db_stmt *verb)
{
	expect(c->tx, verb, NULL);
	return PQsendQueryParams(c->svc->db.pg, verb->name, 0, NULL, NULL, NULL, NULL, 1);
}

/* Sends a verb and the sync, and reads all that is still to come. */
static bool sync_with(struct call *c, const struct db_stmt *verb)
{
	PGconn *pg = c->svc->db.pg;
	PGresult *r;

	if (!send_verb(c, verb) || !PQpipelineSync(pg) || !read_unread(c))
		return false;
	r = PQgetResult(pg);
	PQclear(r);
	return r && PQstatus(pg) == CONNECTION_OK;
}

/* Sent behind a failure the rollback was skipped too: then it is sent again. */
static bool roll_back(struct call *c)
{
	PGconn *pg = c->svc->db.pg;
	bool ok = sync_with(c, &rollback);

	if (ok && PQtransactionStatus(pg) != PQTRANS_IDLE)
		ok = sync_with(c, &rollback);
	return ok && PQtransactionStatus(pg) == PQTRANS_IDLE;
}

Pb__Code db_settle(struct call *c)
{
	PGconn *pg = c->svc->db.pg;

	assert(c->tx);
	if (c->tx->n && (!PQsendFlushRequest(pg) || PQflush(pg) < 0 || !read_unread(c)))
		return lost(c);
	return c->faults.code;
}

Pb__Code db_later(struct call *c, const struct db_stmt *st, struct db_rows *ret,
	const struct db_arg *args, size_t n)
{
	struct db_wires *wires;

	assert(c->tx);
	if (c->faults.code)
		return c->faults.code;
	wires = db_encode_args(st, args, n, c->arena);
	if (!wires)
		return fault_set(&c->faults, PB__CODE__TOO_LARGE,
			"an argument of '%s' is too large or not an id", st->name);
	if (c->tx->n + 1 == UNREAD_MAX && db_settle(c)) /* one place is the commit's */
		return c->faults.code;
	expect(c->tx, st, ret);
	return db_send(&c->svc->db, st, wires) ? PB__CODE__OK : lost(c);
}

Pb__Code db_run(struct call *c, const struct db_stmt *st, struct db_rows *ret,
	const struct db_arg *args, size_t n)
{
	Pb__Code code = db_later(c, st, ret, args, n);

	return code || !ret ? code : db_settle(c);
}

void tx_forget_rows(struct call *c)
{
	for (size_t i = 0; i < c->tx->n; i++)
		c->tx->unread[i].rows = NULL;
}

/* True: ended, one way or the other; the faults say which. */
static bool run_body(struct svc *s, struct work *w, tx_body body, void *arg)
{
	struct call *c = &w->call;
	Pb__Code code;

	if (!PQenterPipelineMode(s->db.pg) || !send_verb(c, &begin))
		return false;
	code = body(w, arg);
	tx_forget_rows(c);
	if (code)
		fault_set(&c->faults, code, "%s", code_name(code)); /* the first one stays */
	if (PQstatus(s->db.pg) != CONNECTION_OK)
		return false;
	if (c->faults.code)
		return roll_back(c);
	if (!sync_with(c, &commit))
		return false;
	return PQtransactionStatus(s->db.pg) == PQTRANS_IDLE || roll_back(c);
}

enum tx_end tx_try(struct svc *s, struct work *w, tx_body body, void *arg, char ret_state[6])
{
	struct tx t = { .n = 0 };
	bool ended;

	w->call.again = false;
	w->call.tx = &t;
	ended = run_body(s, w, body, arg);
	w->call.tx = NULL;
	snprintf(ret_state, 6, "%s", t.state);
	if (!ended || !PQexitPipelineMode(s->db.pg))
		return TX_LOST;
	if (w->call.again)
		return TX_AGAIN;
	/* The server's word without a fault: a rolled back commit. */
	return *t.state && !w->call.faults.code ? TX_REFUSED : TX_ENDED;
}
