/* gather.c - the thread behind gather.h: takes what waits as one lot, hands it on when written. */
#include "kit/svc_internal.h"

#include <stdlib.h>
#include <string.h>
#include "kit/gather.h"
#include "kit/log.h"
#include "kit/timeutil.h"

enum { LOT_MAX = 128, LOT_BYTES = 1 << 20, LOST_WAIT_MS = 3000 };

struct gatherer {
	struct svc *s;
	const struct gather *def;
	struct db db;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct work *first, *last;
	_Atomic size_t busy; /* queued or being written */
	bool stop, running;
	bool again;       /* this thread's: there is something left to do */
	struct work *own; /* memory and results of the lot */
};

struct call *gather_call(struct gatherer *g)
{
	return &g->own->call;
}

void gather_again(struct gatherer *g)
{
	g->again = true;
}

/* ---- the database ---- */

static Pb__Code lost(struct gatherer *g)
{
	db_lost(&g->db);
	return PB__CODE__BUSY;
}

static Pb__Code failed(struct gatherer *g, const char *what, const char *state)
{
	Pb__Code code = PB__CODE__INTERNAL;

	if (!g->db.pg || PQstatus(g->db.pg) != CONNECTION_OK)
		return lost(g);
	if (!strcmp(state, "23505"))
		code = PB__CODE__CONFLICT;
	else if (db_fate_of(state) != FATE_DATA && db_fate_of(state) != FATE_BUG)
		code = PB__CODE__BUSY;
	else
		log_error("gather", "statement=%s sqlstate=%s", what, state);
	if (PQtransactionStatus(g->db.pg) != PQTRANS_IDLE)
		db_simple(&g->db, "rollback", NULL);
	return code;
}

static Pb__Code simple(struct gatherer *g, const char *sql)
{
	char state[6] = "";

	if (!g->db.pg)
		return PB__CODE__BUSY;
	return db_simple(&g->db, sql, state) ? PB__CODE__OK : failed(g, sql, state);
}

Pb__Code gather_begin(struct gatherer *g)
{
	return simple(g, "begin");
}

Pb__Code gather_commit(struct gatherer *g)
{
	return simple(g, "commit");
}

Pb__Code gather_query(struct gatherer *g, const struct db_stmt *s, struct db_rows *ret,
	const struct db_arg *args, size_t n)
{
	struct call *c = gather_call(g);
	PGresult *r = g->db.pg ? db_exec(&g->db, s, args, n, c->arena) : NULL;
	ExecStatusType st = PQresultStatus(r);
	char state[6] = "";

	if (!r)
		return g->db.pg ? lost(g) : PB__CODE__BUSY;
	const char *given = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	if (given)
		memcpy(state, given, 5);
	if (!result_keep(c, r))
		return failed(g, s->name, "54000");
	if (st == PGRES_BAD_RESPONSE) /* an argument too large, or not an id */
		return failed(g, s->name, "54000");
	if (st != PGRES_TUPLES_OK && st != PGRES_COMMAND_OK)
		return failed(g, s->name, state);
	if (ret)
		db_wrap_rows(ret, s, c, r);
	return PB__CODE__OK;
}

static bool put_all(PGconn *pg, const uint8_t *data, size_t len)
{
	enum { PIECE = 1 << 20 };

	for (size_t at = 0; at < len; at += PIECE) {
		size_t n = len - at < PIECE ? len - at : PIECE;
		if (PQputCopyData(pg, (const char *)data + at, (int)n) != 1)
			return false;
	}
	return PQputCopyEnd(pg, NULL) == 1;
}

/* The results of the COPY; the first SQLSTATE in `state`. */
static void end_copy(PGconn *pg, char state[6])
{
	PGresult *r;

	while ((r = PQgetResult(pg)) != NULL) {
		const char *given = PQresultErrorField(r, PG_DIAG_SQLSTATE);
		bool copying = PQresultStatus(r) == PGRES_COPY_IN;
		if (given && !*state)
			memcpy(state, given, 6);
		PQclear(r);
		if (copying) /* still: the connection is gone */
			break;
	}
}

Pb__Code gather_copy(struct gatherer *g, const char *sql, struct db_copy *rows)
{
	size_t len;
	const uint8_t *data = db_copy_bytes(rows, &len);
	char state[6] = "";

	if (!data)
		return failed(g, "copy", "54000");
	if (!g->db.pg)
		return PB__CODE__BUSY;
	PGresult *r = PQexec(g->db.pg, sql);
	bool ready = PQresultStatus(r) == PGRES_COPY_IN;
	const char *given = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	if (given)
		memcpy(state, given, 6);
	PQclear(r);
	if (!ready)
		return failed(g, "copy", state);
	if (!put_all(g->db.pg, data, len))
		return lost(g);
	end_copy(g->db.pg, state);
	return *state || PQstatus(g->db.pg) != CONNECTION_OK ? failed(g, "copy", state)
							     : PB__CODE__OK;
}

/* ---- the thread ---- */

/* What waits, at most a lot. Waits for some; not for ever when something is left to do. */
static size_t take(struct gatherer *g, struct work **out)
{
	size_t n = 0, bytes = 0;
	struct timespec until;

	pthread_mutex_lock(&g->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)(g->def->again_ms % 1000) * 1000000;
	until.tv_sec += g->def->again_ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (!g->first && !g->stop) {
		if (!g->again)
			pthread_cond_wait(&g->more, &g->lock);
		else if (pthread_cond_timedwait(&g->more, &g->lock, &until))
			break;
	}
	while (g->first && n < LOT_MAX && (!n || bytes < LOT_BYTES)) {
		out[n] = g->first;
		bytes += (size_t)natsMsg_GetDataLength(g->first->msg);
		g->first = g->first->next;
		n++;
	}
	if (!g->first)
		g->last = NULL;
	pthread_mutex_unlock(&g->lock);
	return n;
}

static bool wait_for_db(struct gatherer *g, bool patient)
{
	int64_t until = mono_us() + LOST_WAIT_MS * US_PER_MS;

	while (!db_ready(&g->db)) {
		if (!patient || mono_us() > until)
			return false;
		nats_Sleep(20);
	}
	return true;
}

static void run(struct gatherer *g, struct work **lot, size_t n)
{
	struct gather_item items[LOT_MAX];
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		if (work_overdue(lot[i])) /* whoever has gone sends it again */
			fault_set(&lot[i]->call.faults, PB__CODE__BUSY,
				"the request waited too long");
		else
			items[left++] = (struct gather_item){ &lot[i]->call, lot[i]->in };
	}
	g->own = work_new(g->s, WORK_TICK);
	bool again = g->again;
	g->again = false;
	if (n && !left) {
		g->again = again; /* nobody is left to write for */
	} else if (wait_for_db(g, n > 0)) {
		g->def->run(g, items, left);
		if (g->db.pg && PQtransactionStatus(g->db.pg) != PQTRANS_IDLE)
			db_simple(&g->db, "rollback", NULL);
	} else {
		g->again = again;
		for (size_t i = 0; i < left; i++) {
			items[i].call->faults.retry_after_s = 1;
			fault_set(&items[i].call->faults, PB__CODE__BUSY,
				"the database is not reachable");
		}
	}
	work_free(g->s, g->own);
}

static void *gather_main(void *arg)
{
	struct gatherer *g = arg;
	struct work *lot[LOT_MAX];

	for (;;) {
		size_t n = take(g, lot);

		pthread_mutex_lock(&g->lock);
		bool stop = g->stop && !n && !g->first;
		pthread_mutex_unlock(&g->lock);
		if (stop)
			break;
		run(g, lot, n);
		for (size_t i = 0; i < n; i++)
			if (!inbox_push(&g->s->inbox, (struct inbox_item){ .ready = lot[i] }))
				abort(); /* no memory for a pointer */
		atomic_fetch_sub(&g->busy, n);
	}
	return NULL;
}

/* ---- for svc.c ---- */

bool gather_open(struct svc *s)
{
	struct gatherer *g = s->def->gather ? calloc(1, sizeof *g) : NULL;

	if (!s->def->gather)
		return true;
	if (!g)
		return false;
	g->s = s;
	g->def = s->def->gather;
	g->db.conninfo = s->db.conninfo;
	db_add_statements(&g->db, g->def->statements);
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->more, NULL);
	s->gatherer = g;
	if (db_open(&g->db))
		return true;
	log_error("not started", "why=\"%s\"", g->db.why);
	return false;
}

bool gather_start(struct svc *s)
{
	struct gatherer *g = s->gatherer;

	if (g)
		g->running = pthread_create(&g->thread, NULL, gather_main, g) == 0;
	return !g || g->running;
}

bool gather_takes(const struct svc *s, const struct work *w)
{
	if (!s->gatherer)
		return false;
	for (const ProtobufCMessageDescriptor *const *d = s->def->gather->requests; *d; d++)
		if (*d == w->in->descriptor)
			return true;
	return false;
}

void gather_put(struct svc *s, struct work *w)
{
	struct gatherer *g = s->gatherer;

	atomic_fetch_add(&g->busy, 1);
	w->next = NULL;
	pthread_mutex_lock(&g->lock);
	if (g->last)
		g->last->next = w;
	else
		g->first = w;
	g->last = w;
	pthread_cond_signal(&g->more);
	pthread_mutex_unlock(&g->lock);
}

size_t gather_busy(const struct svc *s)
{
	return s->gatherer ? atomic_load(&s->gatherer->busy) : 0;
}

void gather_stop(struct svc *s)
{
	struct gatherer *g = s->gatherer;

	if (!g)
		return;
	pthread_mutex_lock(&g->lock);
	g->stop = true;
	pthread_cond_broadcast(&g->more);
	pthread_mutex_unlock(&g->lock);
	if (g->running)
		pthread_join(g->thread, NULL);
	db_close(&g->db);
	pthread_mutex_destroy(&g->lock);
	pthread_cond_destroy(&g->more);
	free(g);
	s->gatherer = NULL;
}
