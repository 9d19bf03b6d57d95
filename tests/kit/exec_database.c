/* exec_database.c - the batch engine on a real PostgreSQL: one commit for many, the bad one cut
 * out, killed backends, rows of every type there and back. Run by with_database.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "kit/svc_internal.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

static const struct db_stmt put_row = {
	"put_row",
	"insert into row (id, n) values ($1, $2) returning batch",
	.in = { DB_TEXT, DB_I32 },
	.out = { DB_I64 },
};
static const struct db_stmt add_row = {
	"add_row",
	"update row set n = n + $2 where id = $1 returning n",
	.in = { DB_TEXT, DB_I32 },
	.out = { DB_I32 },
};
static const struct db_stmt count_rows = {
	"count_rows",
	"select count(*) from row where id like $1",
	.in = { DB_TEXT },
	.out = { DB_I64 },
};
static const struct db_stmt take_uuid = {
	"take_uuid",
	"select $1::uuid",
	.in = { DB_UUID },
	.out = { DB_UUID },
};
static const struct db_stmt kill_me = {
	"kill_me",
	"select pg_terminate_backend(pg_backend_pid())",
	.out = { DB_BOOL },
};
static const struct db_stmt refuse = {
	"refuse",
	"select kit_refuse($1)",
	.in = { DB_TEXT },
	.out = { DB_I32 },
};
static const struct db_stmt every_type = {
	"every_type",
	"select $1::text, $2::integer, $3::bigint, $4::double precision, $5::boolean, $6::uuid,"
	" $7::timestamptz, $8::date, $9::bytea, $10::jsonb, $11::text[], $12::uuid[], "
	"$13::bigint[],"
	" null::text, null::bigint[]",
	.in = { DB_TEXT, DB_I32, DB_I64, DB_F64, DB_BOOL, DB_UUID, DB_TIME, DB_DATE, DB_BYTES,
		DB_JSON, DB_TEXTS, DB_UUIDS, DB_I64S },
	.out = { DB_TEXT, DB_I32, DB_I64, DB_F64, DB_BOOL, DB_UUID, DB_TIME, DB_DATE, DB_BYTES,
		DB_JSON, DB_TEXTS, DB_UUIDS, DB_I64S, DB_TEXT, DB_I64S },
};
static const struct db_stmt wrong_type = {
	"wrong_type",
	"select n from row where id = $1",
	.in = { DB_TEXT },
	.out = { DB_I64 },
};

static const struct db_stmt *const statements[] = { &put_row, &add_row, &count_rows, &take_uuid,
	&kill_me, &refuse, &every_type, NULL };
static const struct service none = { .name = "kit_test" };
static struct svc s;

static int open_db(void **state)
{
	PGconn *pg = PQconnectdb(getenv("KIT_TEST_DB"));

	(void)state;
	PQclear(PQexec(pg,
		"create or replace function kit_refuse(t text) returns integer language plpgsql"
		" as $$ begin raise exception 'not %', t using errcode = 'JB422'; end $$"));
	PQfinish(pg);
	s.def = &none;
	s.db.conninfo = getenv("KIT_TEST_DB");
	pthread_mutex_init(&s.free_lock, NULL);
	db_add_statements(&s.db, statements);
	return db_open(&s.db) ? 0 : -1;
}

static int close_db(void **state)
{
	(void)state;
	db_close(&s.db);
	return 0;
}

static struct exec_one job(
	const struct db_stmt *st, const struct db_arg *args, size_t n, const char *key)
{
	struct work *w = work_new(&s, WORK_RPC);

	db_bind(&w->call, key, st, args, n);
	return (struct exec_one){ .w = w };
}

static struct exec_one *find(struct exec_one *jobs, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(jobs[i].w->call.sort_key, key))
			return &jobs[i];
	fail();
	return NULL;
}

static void free_jobs(struct exec_one *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		work_free(&s, jobs[i].w);
}

static int64_t count(const char *like)
{
	struct exec_one j = job(&count_rows, DB_ARGS(db_text(like)), "");
	int64_t n;

	exec_statements(&s, &j, 1);
	assert_int_equal(j.w->call.faults.code, PB__CODE__OK);
	n = db_get_i64(&j.rows, 0, 0);
	work_free(&s, j.w);
	return n;
}

static void many_share_one_commit(void **state)
{
	struct exec_one jobs[3] = { job(&put_row, DB_ARGS(db_text("a3"), db_i32(1)), "3"),
		job(&put_row, DB_ARGS(db_text("a1"), db_i32(1)), "1"),
		job(&put_row, DB_ARGS(db_text("a2"), db_i32(1)), "2") };
	int64_t batch;

	(void)state;
	exec_statements(&s, jobs, 3);
	batch = db_get_i64(&jobs[0].rows, 0, 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(jobs[i].w->call.faults.code, PB__CODE__OK);
		assert_int_equal(db_get_i64(&jobs[i].rows, 0, 0), batch);
		assert_int_equal(
			jobs[i].w->call.sort_key[0], (int)('1' + i)); /* locks in key order */
	}
	free_jobs(jobs, 3);
}

static void the_bad_one_is_cut_out(void **state)
{
	struct exec_one jobs[5] = { job(&put_row, DB_ARGS(db_text("b1"), db_i32(1)), "b1"),
		job(&put_row, DB_ARGS(db_text("b2"), db_i32(-1)), "b2"), /* check violation */
		job(&put_row, DB_ARGS(db_text("b1"), db_i32(1)), "b3"), /* duplicate in the batch */
		job(&take_uuid, DB_ARGS(db_uuid("not-an-id")), "b4"),   /* can't even be sent */
		job(&put_row, DB_ARGS(db_text("b5"), db_i32(1)), "b5") };

	(void)state;
	exec_statements(&s, jobs, 5);
	assert_int_equal(find(jobs, 5, "b1")->w->call.faults.code, PB__CODE__OK);
	assert_int_equal(find(jobs, 5, "b2")->w->call.faults.code, PB__CODE__INTERNAL);
	assert_int_equal(find(jobs, 5, "b3")->w->call.faults.code, PB__CODE__CONFLICT);
	assert_int_equal(find(jobs, 5, "b4")->w->call.faults.code, PB__CODE__INVALID);
	assert_int_equal(find(jobs, 5, "b5")->w->call.faults.code, PB__CODE__OK);
	assert_true(find(jobs, 5, "b5")->has_rows);
	assert_int_equal(count("b%"), 2);
	free_jobs(jobs, 5);
}

static void many_bad_ones_end(void **state)
{
	struct exec_one jobs[40];

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		char id[16];

		snprintf(id, sizeof id, "c%02zu", i);
		jobs[i] = job(&put_row, DB_ARGS(db_text(id), db_i32(i % 2 ? -1 : 1)), "");
		jobs[i].w->call.args = arena_memdup(jobs[i].w->call.arena,
			(struct db_arg[]){ db_text(arena_strdup(jobs[i].w->call.arena, id)),
				db_i32(i % 2 ? -1 : 1) },
			2 * sizeof(struct db_arg));
	}
	exec_statements(&s, jobs, 40);
	assert_int_equal(count("c%"), 20);
	for (size_t i = 0; i < 40; i++)
		assert_true(jobs[i].w->call.faults.code == PB__CODE__OK ||
			    jobs[i].w->call.faults.code == PB__CODE__INTERNAL);
	free_jobs(jobs, 40);
}

static void a_lost_connection_is_made_again(void **state)
{
	struct exec_one dead = job(&kill_me, DB_NONE, "");
	struct exec_one after = job(&put_row, DB_ARGS(db_text("d1"), db_i32(1)), "");

	(void)state;
	exec_statements(&s, &dead, 1); /* kills its session each time: gives up politely */
	assert_int_equal(dead.w->call.faults.code, PB__CODE__BUSY);
	exec_statements(&s, &after, 1);
	assert_int_equal(after.w->call.faults.code, PB__CODE__OK);
	assert_int_equal(count("d%"), 1);
	work_free(&s, dead.w);
	work_free(&s, after.w);
}

static Pb__Code two_rows(struct work *w, void *arg)
{
	struct db_rows rows;

	if (db_run(&w->call, &put_row, &rows, DB_ARGS(db_text("e1"), db_i32(1))) ||
		db_run(&w->call, &put_row, &rows, DB_ARGS(db_text("e2"), db_i32(*(int *)arg))))
		return w->call.faults.code;
	return PB__CODE__OK;
}

static void a_transaction_is_whole_or_nothing(void **state)
{
	int bad = -1, good = 1;
	struct work *w = work_new(&s, WORK_RPC);

	(void)state;
	assert_int_equal(exec_transaction(&s, w, two_rows, &bad), PB__CODE__INTERNAL);
	assert_int_equal(count("e%"), 0);
	work_free(&s, w);
	w = work_new(&s, WORK_RPC);
	assert_int_equal(exec_transaction(&s, w, two_rows, &good), PB__CODE__OK);
	assert_int_equal(count("e%"), 2);
	work_free(&s, w);
}

/* Statements nobody waits for: the second of them is refused by the table. */
static Pb__Code unread_rows(struct work *w, void *arg)
{
	for (int i = 0; i < 40; i++) { /* more than may wait unread */
		const char *id = arena_printf(&w->arena, "u%02d", i);

		if (db_run(&w->call, &put_row, NULL,
			    DB_ARGS(db_text(id), db_i32(i == 1 ? *(int *)arg : 1))))
			return w->call.faults.code;
	}
	return PB__CODE__OK;
}

static void an_unread_failure_shows_at_the_end(void **state)
{
	int bad = -1, good = 1;
	struct work *w = work_new(&s, WORK_RPC);

	(void)state;
	assert_int_equal(exec_transaction(&s, w, unread_rows, &bad), PB__CODE__INTERNAL);
	assert_int_equal(count("u%"), 0);
	work_free(&s, w);
	w = work_new(&s, WORK_RPC);
	assert_int_equal(exec_transaction(&s, w, unread_rows, &good), PB__CODE__OK);
	assert_int_equal(count("u%"), 40);
	work_free(&s, w);
	w = work_new(&s, WORK_RPC); /* the same again: refused, and the refusal names the rule */
	assert_int_equal(exec_transaction(&s, w, unread_rows, &good), PB__CODE__CONFLICT);
	assert_true(w->call.clash);
	work_free(&s, w);
}

static Pb__Code shared_trip(struct work *w, void *arg)
{
	struct db_rows one, two;
	struct call *c = &w->call;

	(void)arg;
	if (db_later(c, &put_row, &one, DB_ARGS(db_text("t1"), db_i32(1))) ||
		db_later(c, &count_rows, &two, DB_ARGS(db_text("t%"))) || db_settle(c))
		return c->faults.code;
	assert_int_equal(one.n, 1);
	assert_true(db_get_i64(&two, 0, 0) == 1);
	return PB__CODE__OK;
}

static Pb__Code forgotten_rows(struct work *w, void *arg)
{
	struct db_rows gone;

	(void)arg;
	return db_later(&w->call, &count_rows, &gone, DB_ARGS(db_text("t%")));
}

static void rows_may_come_later(void **state)
{
	struct work *w = work_new(&s, WORK_RPC);

	(void)state;
	assert_int_equal(exec_transaction(&s, w, shared_trip, NULL), PB__CODE__OK);
	assert_int_equal(exec_transaction(&s, w, forgotten_rows, NULL), PB__CODE__OK);
	assert_int_equal(count("t%"), 1);
	work_free(&s, w);
}

static Pb__Code row_and_refuse(struct work *w, void *arg)
{
	(void)arg;
	if (db_run(&w->call, &put_row, NULL, DB_ARGS(db_text("v1"), db_i32(1))))
		return w->call.faults.code;
	return call_fail(&w->call, PB__CODE__REFUSED, "no");
}

static Pb__Code bad_row_and_refuse(struct work *w, void *arg)
{
	(void)arg;
	if (db_run(&w->call, &put_row, NULL, DB_ARGS(db_text("v1"), db_i32(-1))))
		return w->call.faults.code;
	return call_fail(&w->call, PB__CODE__REFUSED, "no");
}

/* The handler's word is the first, also when what it sent before turns out to have failed. */
static void a_refusal_leaves_nothing(void **state)
{
	struct work *w = work_new(&s, WORK_RPC);

	(void)state;
	assert_int_equal(exec_transaction(&s, w, row_and_refuse, NULL), PB__CODE__REFUSED);
	assert_int_equal(exec_transaction(&s, w, bad_row_and_refuse, NULL), PB__CODE__REFUSED);
	assert_int_equal(count("v%"), 0);
	work_free(&s, w);
}

static Pb__Code kill_in_between(struct work *w, void *arg)
{
	int *runs = arg;

	if (db_run(&w->call, &put_row, NULL, DB_ARGS(db_text("w1"), db_i32(1))))
		return w->call.faults.code;
	if (!(*runs)++ && db_run(&w->call, &kill_me, NULL, DB_NONE))
		return w->call.faults.code;
	return db_settle(&w->call);
}

static void a_lost_connection_runs_it_again(void **state)
{
	struct work *w = work_new(&s, WORK_RPC);
	int runs = 0;

	(void)state;
	assert_int_equal(exec_transaction(&s, w, kill_in_between, &runs), PB__CODE__OK);
	assert_int_equal(runs, 2);
	assert_int_equal(count("w%"), 1);
	work_free(&s, w);
}

static Pb__Code ask_refusal(struct work *w, void *arg)
{
	struct db_rows rows;

	(void)arg;
	return db_run(&w->call, &refuse, &rows, DB_ARGS(db_text("today")));
}

static void a_trigger_may_refuse(void **state)
{
	struct work *w = work_new(&s, WORK_RPC);

	(void)state;
	assert_int_equal(exec_transaction(&s, w, ask_refusal, NULL), PB__CODE__REFUSED);
	assert_string_equal(w->call.faults.text, "not today");
	work_free(&s, w);
}

static void every_type_there_and_back(void **state)
{
	const char *texts[] = { "一", "", "c" }, *ids[2];
	const int64_t numbers[] = { INT64_MIN, 0, INT64_MAX };
	char a[UUID_TEXT], b[UUID_TEXT];
	struct exec_one j;
	const struct db_rows *r;
	size_t n;

	(void)state;
	ids[0] = uuid_v7(a);
	ids[1] = uuid_v7(b);
	j = job(&every_type,
		DB_ARGS(db_text("中文 'quote'"), db_i32(INT32_MIN), db_i64(INT64_MAX), db_f64(-0.1),
			db_bool(true), db_uuid(a), db_time(INT64_C(1795244187063756)), db_date(-1),
			db_bytes("\0\xff", 2), db_json("{\"k\": 1}"), db_texts(texts, 3),
			db_uuids(ids, 2), db_i64s(numbers, 3)),
		"");
	exec_statements(&s, &j, 1);
	assert_int_equal(j.w->call.faults.code, PB__CODE__OK);
	r = &j.rows;
	assert_string_equal(db_get_text(r, 0, 0), "中文 'quote'");
	assert_int_equal(db_get_i32(r, 0, 1), INT32_MIN);
	assert_true(db_get_i64(r, 0, 2) == INT64_MAX);
	assert_true(db_get_f64(r, 0, 3) == -0.1);
	assert_true(db_get_bool(r, 0, 4));
	assert_string_equal(db_get_text(r, 0, 5), a);
	assert_true(db_get_i64(r, 0, 6) == INT64_C(1795244187063756));
	assert_true(db_get_i64(r, 0, 7) == -1);
	assert_memory_equal(db_get_bytes(r, 0, 8, &n), "\0\xff", 2);
	assert_int_equal(n, 2);
	assert_string_equal(db_get_text(r, 0, 9), "{\"k\": 1}");
	assert_string_equal(db_get_texts(r, 0, 10, &n)[0], "一");
	assert_int_equal(n, 3);
	assert_string_equal(db_get_texts(r, 0, 11, &n)[1], b);
	assert_true(db_get_i64s(r, 0, 12, &n)[0] == INT64_MIN);
	assert_true(db_is_null(r, 0, 13));
	assert_string_equal(db_get_text(r, 0, 13), "");
	assert_null(db_get_i64s(r, 0, 14, &n));
	assert_int_equal(n, 0);
	work_free(&s, j.w);
}

static void a_wrong_declaration_stops_the_start(void **state)
{
	static const struct db_stmt *const wrong[] = { &wrong_type, NULL };
	struct db db = { .conninfo = getenv("KIT_TEST_DB") };

	(void)state;
	db_add_statements(&db, wrong);
	assert_false(db_open(&db));
	assert_non_null(strstr(db.why, "wrong_type"));
	assert_non_null(strstr(db.why, "bigint"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_share_one_commit),
		cmocka_unit_test(the_bad_one_is_cut_out),
		cmocka_unit_test(many_bad_ones_end),
		cmocka_unit_test(a_lost_connection_is_made_again),
		cmocka_unit_test(a_transaction_is_whole_or_nothing),
		cmocka_unit_test(an_unread_failure_shows_at_the_end),
		cmocka_unit_test(rows_may_come_later),
		cmocka_unit_test(a_refusal_leaves_nothing),
		cmocka_unit_test(a_lost_connection_runs_it_again),
		cmocka_unit_test(a_trigger_may_refuse),
		cmocka_unit_test(every_type_there_and_back),
		cmocka_unit_test(a_wrong_declaration_stops_the_start),
	};

	return cmocka_run_group_tests(tests, open_db, close_db);
}
