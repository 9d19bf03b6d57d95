/* db.h - declared SQL statements and their arguments and rows.
 *
 * A statement is a constant: its SQL, the types it takes and the types it returns. At start each is
 * prepared and compared with what PostgreSQL says of it (PQdescribePrepared); a mismatch stops the
 * service with the statement's name. Parameters and results travel in binary form. Handlers never
 * see libpq. All pointers got from rows live until the call's arena is reset.
 * Thread: the service thread only.
 */
#ifndef KIT_DB_H
#define KIT_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "kit/arena.h"

enum db_type {
	DB_END, /* closes in[] and out[] */
	DB_TEXT,
	DB_I32,
	DB_I64,
	DB_F64,
	DB_BOOL,
	DB_UUID,  /* 36-character text in C, uuid in SQL */
	DB_TIME,  /* microseconds since 1970 in C, timestamptz in SQL */
	DB_DATE,  /* days since 1970 in C (as int64), date in SQL */
	DB_BYTES, /* bytea */
	DB_JSON,  /* JSON text in C, jsonb in SQL */
	DB_TEXTS, /* text[] */
	DB_UUIDS, /* uuid[] */
	DB_I64S,  /* bigint[] */
};

enum { DB_PARAMS_MAX = 40, DB_COLUMNS_MAX = 48 };

struct db_stmt {
	const char *name; /* unique in the service */
	const char *sql;
	enum db_type in[DB_PARAMS_MAX + 1];
	enum db_type out[DB_COLUMNS_MAX + 1];
};

struct db_arg {
	enum db_type type;
	bool null;
	union {
		const char *text; /* TEXT, UUID, JSON */
		int64_t i64;      /* I32, I64, TIME, DATE, BOOL */
		double f64;
		struct {
			const void *data;
			size_t len;
		} bytes;
		struct {
			const char *const *v;
			size_t n;
		} texts; /* TEXTS, UUIDS */
		struct {
			const int64_t *v;
			size_t n;
		} i64s;
	};
};

/* Constructors. A NULL pointer is SQL null. The _or_null forms take "" and 0 as null too. */
struct db_arg db_text(const char *s);
struct db_arg db_text_or_null(const char *s);
struct db_arg db_uuid(const char *s);
struct db_arg db_uuid_or_null(const char *s);
struct db_arg db_json(const char *s);
struct db_arg db_i32(int32_t v);
struct db_arg db_i64(int64_t v);
struct db_arg db_f64(double v);
struct db_arg db_bool(bool v);
struct db_arg db_time(int64_t us);
struct db_arg db_time_or_null(int64_t us);
struct db_arg db_date(int64_t days);
struct db_arg db_bytes(const void *data, size_t len);
struct db_arg db_texts(const char *const *v, size_t n);
struct db_arg db_uuids(const char *const *v, size_t n);
struct db_arg db_i64s(const int64_t *v, size_t n);
struct db_arg db_null(enum db_type type);

/* db_run(c, &stmt, &rows, DB_ARGS(db_text(a), db_i64(b))); DB_NONE where it takes none. */
#define DB_ARGS(...) \
	(const struct db_arg[]){ __VA_ARGS__ }, \
		(sizeof((const struct db_arg[]){ __VA_ARGS__ }) / sizeof(struct db_arg))
#define DB_NONE NULL, (size_t)0

struct db_rows {
	size_t n; /* rows */
	const struct db_stmt *stmt;
	struct arena *arena;
	void *result; /* PGresult, released by the kit with the call */
};

/* Getters assert the declared column type; a null gives "", 0, false, or an empty list. */
bool db_is_null(const struct db_rows *r, size_t row, size_t col);
const char *db_get_text(const struct db_rows *r, size_t row, size_t col); /* TEXT, UUID, JSON */
int32_t db_get_i32(const struct db_rows *r, size_t row, size_t col);
int64_t db_get_i64(const struct db_rows *r, size_t row, size_t col); /* I64, TIME, DATE */
double db_get_f64(const struct db_rows *r, size_t row, size_t col);
bool db_get_bool(const struct db_rows *r, size_t row, size_t col);
const void *db_get_bytes(const struct db_rows *r, size_t row, size_t col, size_t *ret_len);
const char *const *db_get_texts(const struct db_rows *r, size_t row, size_t col, size_t *ret_n);
const int64_t *db_get_i64s(const struct db_rows *r, size_t row, size_t col, size_t *ret_n);

#endif
