/* exec.c - runs bound statements in pipelined batches, and transactions one at a time (tx.c).
 *
 * A batch is sent as one libpq pipeline with one sync, so it is one implicit transaction and one
 * commit. Nothing of a failed batch stays; the job that failed is cut out with its fault and the
 * rest runs again. Serialisation failures and lost connections run the whole again: every command
 * has a key that makes a second run harmless.
 */
#include "kit/svc_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "kit/log.h"
#include "kit/timeutil.h"

enum { BATCH_TRIES = 4, LOST_WAIT_MS = 3000 };
enum { ALL_OK = -1, LOST = -2, AGAIN = -3 }; /* or the index of the job that failed */

static int by_key(const void *a, const void *b)
{
	const struct exec_one *x = a, *y = b;
	int r = strcmp(x->w->call.sort_key, y->w->call.sort_key);

	if (r)
		return r;
	return (x->w->stream_seq > y->w->stream_seq) - (x->w->stream_seq < y->w->stream_seq);
}

static bool send_all(struct svc *s, const struct exec_one *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!db_send(&s->db, jobs[i].w->call.stmt, jobs[i].wires) ||
			(jobs[i].mark && !db_send(&s->db, jobs[i].mark, jobs[i].mark_wires)))
			return false;
	return true;
}

/* Reads the results of one statement of a job; rows are kept for its own statement, not the mark.
 */
static enum db_fate read_statement(struct svc *s, struct exec_one *j, bool mark)
{
	const struct db_stmt *stmt = mark ? j->mark : j->w->call.stmt;
	struct call *c = &j->w->call;
	enum db_fate fate = FATE_FINE;
	PGresult *r;

	while ((r = PQgetResult(s->db.pg)) != NULL) {
		ExecStatusType st = PQresultStatus(r);

		if (st == PGRES_FATAL_ERROR) {
			fate = db_fate_of(PQresultErrorField(r, PG_DIAG_SQLSTATE));
			if (fate != FATE_RETRY && fate != FATE_LOST)
				fault_from_result(c, stmt, r);
			if (mark)
				c->clash = false; /* handled meanwhile: that settles it */
		}
		if (mark || (st != PGRES_TUPLES_OK && st != PGRES_COMMAND_OK)) {
			PQclear(r);
		} else if (result_keep(c, r)) {
			db_wrap_rows(&j->rows, stmt, c, r);
			j->has_rows = true;
		} else {
			fate = FATE_DATA;
			fault_set(&c->faults, PB__CODE__TOO_LARGE,
				"the message needs too much memory");
		}
		if (PQstatus(s->db.pg) != CONNECTION_OK)
			return FATE_LOST;
	}
	return fate;
}

static enum db_fate read_one(struct svc *s, struct exec_one *j)
{
	enum db_fate fate = read_statement(s, j, false);
	enum db_fate mark;

	if (!j->mark || fate == FATE_LOST)
		return fate;
	mark = read_statement(s, j, true);
	return fate == FATE_FINE || mark == FATE_LOST ? mark : fate;
}

/* The commit happens at the sync; its own failure comes just before it. */
static enum db_fate read_sync(struct svc *s)
{
	enum db_fate fate = FATE_FINE;

	for (;;) {
		PGresult *r = PQgetResult(s->db.pg);
		ExecStatusType st;

		if (!r) {
			if (PQstatus(s->db.pg) != CONNECTION_OK)
				return FATE_LOST;
			continue;
		}
		st = PQresultStatus(r);
		if (st == PGRES_FATAL_ERROR)
			fate = db_fate_of(PQresultErrorField(r, PG_DIAG_SQLSTATE));
		PQclear(r);
		if (st == PGRES_PIPELINE_SYNC)
			return fate;
	}
}

static int run_pipeline(struct svc *s, struct exec_one *jobs, size_t n)
{
	int bad = ALL_OK;
	enum db_fate fate, end;

	for (size_t i = 0; i < n; i++) {
		results_clear(&jobs[i].w->call);
		jobs[i].has_rows = false;
	}
	if (!PQenterPipelineMode(s->db.pg) || !send_all(s, jobs, n) || !PQpipelineSync(s->db.pg))
		return LOST;
	for (size_t i = 0; i < n; i++) {
		fate = read_one(s, &jobs[i]);
		if (fate == FATE_LOST)
			return LOST;
		if (fate != FATE_FINE && bad == ALL_OK)
			bad = fate == FATE_RETRY ? AGAIN : (int)i;
	}
	end = read_sync(s);
	if (end == FATE_LOST || !PQexitPipelineMode(s->db.pg))
		return LOST;
	if (end != FATE_FINE && bad == ALL_OK)
		bad = AGAIN;
	return bad;
}

static void give_up(struct exec_one *jobs, size_t n, const char *why)
{
	for (size_t i = 0; i < n; i++) {
		jobs[i].w->call.faults.retry_after_s = 1;
		fault_set(&jobs[i].w->call.faults, PB__CODE__BUSY, "%s", why);
	}
}

/* Waits a little for the database; callers in a batch would rather wait than repeat. */
static bool wait_for_db(struct svc *s)
{
	int64_t until = mono_us() + LOST_WAIT_MS * US_PER_MS;

	for (;;) {
		if (db_ready(&s->db))
			break;
		if (mono_us() > until)
			break;
		nats_Sleep(20);
	}
	atomic_store(&s->stats.db_down_since, s->db.down_since_us);
	return s->db.pg != NULL;
}

static void run_group(struct svc *s, struct exec_one *jobs, size_t n);

static void run_singly(struct svc *s, struct exec_one *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		run_group(s, &jobs[i], 1);
}

/* The failed one goes behind the others. Returns how many are left to run. */
static size_t cut_out(struct exec_one *jobs, size_t n, size_t bad)
{
	struct exec_one failed = jobs[bad];

	memmove(&jobs[bad], &jobs[bad + 1], (n - bad - 1) * sizeof *jobs);
	jobs[n - 1] = failed;
	return n - 1;
}

static void run_group(struct svc *s, struct exec_one *jobs, size_t n)
{
	for (int tries = 0; n > 0; tries++) {
		int r;

		if (!s->db.pg && !wait_for_db(s)) {
			give_up(jobs, n, "the database is not reachable");
			return;
		}
		r = run_pipeline(s, jobs, n);
		if (r == ALL_OK)
			return;
		atomic_fetch_add(&s->stats.retries, 1);
		if (tries >= BATCH_TRIES && (r == LOST || r == AGAIN)) {
			if (r == LOST)
				db_lost(&s->db);
			give_up(jobs, n, "the database is busy");
			return;
		}
		if (r == LOST) {
			db_lost(&s->db);
			atomic_store(&s->stats.db_down_since, s->db.down_since_us);
			continue;
		}
		if (r == AGAIN) {
			if (n > 1 && tries + 1 >= BATCH_TRIES) {
				run_singly(s, jobs, n);
				return;
			}
			continue;
		}
		/* Cut the failed one out; its fault is set. Many failing ones: no more re-runs. */
		n = cut_out(jobs, n, (size_t)r);
		if (tries >= BATCH_TRIES) {
			run_singly(s, jobs, n);
			return;
		}
	}
}

/* Moves the jobs whose arguments can't be sent to the end, with their fault. Returns the rest. */
static size_t encode_jobs(struct exec_one *jobs, size_t n)
{
	for (size_t i = 0; i < n;) {
		struct exec_one j = jobs[i];
		struct call *c = &j.w->call;

		j.wires = db_encode_args(c->stmt, c->args, c->n_args, c->arena);
		jobs[i] = j;
		if (j.wires) {
			i++;
			continue;
		}
		fault_set(&c->faults, c->arena->full ? PB__CODE__TOO_LARGE : PB__CODE__INVALID,
			"an argument of '%s' is too large or not an id", c->stmt->name);
		jobs[i] = jobs[--n];
		jobs[n] = j;
	}
	return n;
}

/* The relay is woken only for something to send, since each of its looks is a statement; and at
 * once, before the answers. */
static void wake_relay(struct svc *s)
{
	if (s->emitted)
		transport_wake(s);
	s->emitted = false;
}

void exec_statements(struct svc *s, struct exec_one *jobs, size_t n)
{
	n = encode_jobs(jobs, n);
	if (!n)
		return;
	qsort(jobs, n, sizeof *jobs, by_key);
	atomic_fetch_add(&s->stats.batches, 1);
	atomic_fetch_add(&s->stats.batched, n);
	run_group(s, jobs, n);
	wake_relay(s);
	atomic_store(&s->stats.db_down_since, s->db.down_since_us);
}

static void forget_fault(struct call *c)
{
	c->clash = c->known = false;
	faults_init(&c->faults, c->arena);
	c->detail = NULL;
}

/* Deferred constraints speak at commit. */
static Pb__Code commit_refused(struct call *c, const char *state)
{
	c->detail = arena_printf(c->arena, "commit sqlstate=%s", state);
	if (!strncmp(state, "23", 2))
		return fault_set(&c->faults, PB__CODE__CONFLICT, "another change came first");
	return fault_set(&c->faults, PB__CODE__INTERNAL, "internal error");
}

Pb__Code exec_transaction(struct svc *s, struct work *w, tx_body body, void *arg)
{
	struct call *c = &w->call;
	enum tx_end end;
	char state[6];

	for (int tries = 0; tries <= BATCH_TRIES; tries++) {
		if (!s->db.pg && !wait_for_db(s))
			return fault_set(
				&c->faults, PB__CODE__BUSY, "the database is not reachable");
		forget_fault(c);
		end = tx_try(s, w, body, arg, state);
		if (end == TX_ENDED) {
			wake_relay(s);
			return c->faults.code;
		}
		if (end == TX_REFUSED)
			return commit_refused(c, state);
		if (end == TX_LOST) {
			db_lost(&s->db);
			atomic_store(&s->stats.db_down_since, s->db.down_since_us);
		}
		atomic_fetch_add(&s->stats.retries, 1);
	}
	forget_fault(c);
	c->faults.retry_after_s = 1;
	return fault_set(&c->faults, PB__CODE__BUSY, "the database is busy");
}
