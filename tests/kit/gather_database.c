/* gather_database.c - requests written in lots, on a real PostgreSQL: rows of every type by COPY, a
 * row refused, a killed backend, many lots at once. Run by with_database.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jingbao/v1/dispatch.pb-c.h"
#include "kit/svc_internal.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

static const struct db_stmt read_back = {
	"read_back",
	"select id, at, n, x, y::float8, ok, t, ts, empty is null from wide where n = $1",
	.in = { DB_I64 },
	.out = { DB_UUID, DB_TIME, DB_I64, DB_F64, DB_F64, DB_BOOL, DB_TEXT, DB_TEXTS, DB_BOOL },
};
static const struct db_stmt count_all = {
	"count_all",
	"select count(*) from wide",
	.out = { DB_I64 },
};
static const struct db_stmt kill_me = {
	"kill_me",
	"select pg_terminate_backend(pg_backend_pid())",
	.out = { DB_BOOL },
};
static const struct db_stmt *const statements[] = { &read_back, &count_all, &kill_me, NULL };
static const char copy_sql[] =
	"copy wide (id, at, n, x, y, ok, t, ts, empty) from stdin (format binary)";

static void (*body)(struct gatherer *g);
static _Atomic int lots;
static _Atomic size_t seen;

static void run(struct gatherer *g, const struct gather_item *items, size_t n)
{
	lots++;
	seen += n;
	for (size_t i = 0; i < n; i++)
		items[i].call->prepared = (void *)(uintptr_t) "written";
	if (body)
		body(g);
}

static const ProtobufCMessageDescriptor *const requests[] = {
	&pb__report_positions_request__descriptor,
	NULL,
};
static const struct gather gather = { requests, statements, 0, run };
static const struct service service = { .name = "kit_test", .gather = &gather };
static struct svc svc;
static struct method_stats methods[1];

/* Hands over n works and waits until all came back. */
static void put_and_wait(size_t n)
{
	static Pb__ReportPositionsRequest in = PB__REPORT_POSITIONS_REQUEST__INIT;
	struct inbox_item items[64];

	for (size_t i = 0; i < n; i++) {
		struct work *w = work_new(&svc, WORK_RPC);
		w->in = &in.base;
		assert_true(gather_takes(&svc, w));
		gather_put(&svc, w);
	}
	for (size_t back = 0; back < n;) {
		size_t got = inbox_take(&svc.inbox, items, 64);
		for (size_t i = 0; i < got; i++) {
			assert_string_equal(items[i].ready->call.prepared, "written");
			work_free(&svc, items[i].ready);
		}
		back += got;
		if (!got)
			nats_Sleep(1);
	}
	assert_int_equal(gather_busy(&svc), 0);
}

static void add_row(struct db_copy *c, int64_t n, const char *const *ts, size_t n_ts)
{
	char id[UUID_TEXT];

	copy_row(c, 9);
	copy_uuid(c, uuid_v7(id));
	copy_time(c, INT64_C(1772424000123456));
	copy_i64(c, n);
	copy_f64(c, 108.9423);
	copy_f32(c, 2.5f);
	copy_bool(c, true);
	copy_text(c, "钟楼 'x'\n\\.");
	copy_texts(c, ts, n_ts);
	copy_null(c);
}

static void copies_every_type(struct gatherer *g)
{
	static const char *const words[] = { "jump", "", "a,b\"{}" };
	struct db_copy c = { 0 };
	struct db_rows r;
	size_t n;

	add_row(&c, 1, words, 3);
	add_row(&c, -2, NULL, 0);
	assert_int_equal(gather_begin(g), PB__CODE__OK);
	assert_int_equal(gather_copy(g, copy_sql, &c), PB__CODE__OK);
	assert_int_equal(gather_commit(g), PB__CODE__OK);
	assert_int_equal(gather_query(g, &read_back, &r, DB_ARGS(db_i64(1))), PB__CODE__OK);
	assert_int_equal(r.n, 1);
	assert_true(uuid_valid(db_get_text(&r, 0, 0)));
	assert_true(db_get_i64(&r, 0, 1) == INT64_C(1772424000123456));
	assert_true(db_get_f64(&r, 0, 3) == 108.9423 && db_get_f64(&r, 0, 4) == 2.5);
	assert_true(db_get_bool(&r, 0, 5) && db_get_bool(&r, 0, 8));
	assert_string_equal(db_get_text(&r, 0, 6), "钟楼 'x'\n\\.");
	const char *const *back = db_get_texts(&r, 0, 7, &n);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(back[i], words[i]);
	assert_int_equal(gather_query(g, &read_back, &r, DB_ARGS(db_i64(-2))), PB__CODE__OK);
	db_get_texts(&r, 0, 7, &n);
	assert_int_equal(n, 0);
	db_copy_release(&c);
}

static int64_t count(struct gatherer *g)
{
	struct db_rows r;

	assert_int_equal(gather_query(g, &count_all, &r, DB_NONE), PB__CODE__OK);
	return db_get_i64(&r, 0, 0);
}

/* Nothing of a lot with a bad row stays, and the connection goes on. */
static void refuses_whole(struct gatherer *g)
{
	struct db_copy c = { 0 };
	int64_t before = count(g);

	for (int64_t n = 100; n < 200; n++)
		add_row(&c, n, NULL, 0);
	add_row(&c, 150, NULL, 0); /* n is unique */
	assert_int_equal(gather_begin(g), PB__CODE__OK);
	assert_int_equal(gather_copy(g, copy_sql, &c), PB__CODE__CONFLICT);
	assert_int_equal(count(g), before);

	db_copy_reset(&c);
	copy_row(&c, 9);
	copy_uuid(&c, "no uuid");
	assert_int_equal(gather_begin(g), PB__CODE__OK);
	assert_int_equal(gather_copy(g, copy_sql, &c), PB__CODE__INTERNAL);

	db_copy_reset(&c);
	copy_row(&c, 9); /* and no fields */
	assert_int_equal(gather_begin(g), PB__CODE__OK);
	assert_int_equal(gather_copy(g, copy_sql, &c), PB__CODE__INTERNAL);
	assert_int_equal(count(g), before);
	db_copy_release(&c);
}

static void copies_many(struct gatherer *g)
{
	struct db_copy c = { 0 };
	int64_t before = count(g);

	for (int64_t n = 1000; n < 51000; n++) /* 6 MB */
		add_row(&c, n, NULL, 0);
	assert_int_equal(gather_begin(g), PB__CODE__OK);
	assert_int_equal(gather_copy(g, copy_sql, &c), PB__CODE__OK);
	assert_int_equal(gather_commit(g), PB__CODE__OK);
	assert_int_equal(count(g) - before, 50000);
	db_copy_release(&c);
}

static void loses_its_backend(struct gatherer *g)
{
	struct db_rows r;

	assert_int_equal(gather_begin(g), PB__CODE__OK);
	assert_int_equal(gather_query(g, &kill_me, &r, DB_NONE), PB__CODE__BUSY);
	assert_int_equal(gather_commit(g), PB__CODE__BUSY);
}

static void counts(struct gatherer *g)
{
	assert_true(count(g) > 0);
}

static void on_the_thread(void (*what)(struct gatherer *))
{
	body = what;
	put_and_wait(1);
	body = NULL;
}

static void every_type_by_copy(void **state)
{
	(void)state;
	on_the_thread(copies_every_type);
}

static void a_bad_row_leaves_nothing(void **state)
{
	(void)state;
	on_the_thread(refuses_whole);
}

static void many_rows(void **state)
{
	(void)state;
	on_the_thread(copies_many);
}

static void a_lost_connection_comes_back(void **state)
{
	(void)state;
	on_the_thread(loses_its_backend);
	on_the_thread(counts);
}

static void what_waits_is_one_lot(void **state)
{
	(void)state;
	seen = 0;
	lots = 0;
	put_and_wait(1000);
	assert_int_equal(seen, 1000);
	assert_true(lots < 1000);
}

static int up(void **state)
{
	PGconn *pg = PQconnectdb(getenv("KIT_TEST_DB"));

	(void)state;
	PQclear(PQexec(pg,
		"create table wide (id uuid not null, at timestamptz not null, n bigint"
		" unique, x float8, y real, ok boolean, t text, ts text[], empty text)"));
	PQfinish(pg);
	svc.def = &service;
	svc.db.conninfo = getenv("KIT_TEST_DB");
	svc.stats.methods = methods;
	pthread_mutex_init(&svc.free_lock, NULL);
	return inbox_init(&svc.inbox, 64) && gather_open(&svc) && gather_start(&svc) ? 0 : -1;
}

static int down(void **state)
{
	(void)state;
	gather_stop(&svc);
	inbox_release(&svc.inbox);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_by_copy),
		cmocka_unit_test(a_bad_row_leaves_nothing),
		cmocka_unit_test(many_rows),
		cmocka_unit_test(a_lost_connection_comes_back),
		cmocka_unit_test(what_waits_is_one_lot),
	};

	return cmocka_run_group_tests(tests, up, down);
}
