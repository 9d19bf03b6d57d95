/* db_args.c - builds tagged statement arguments and encodes them in PostgreSQL's binary form. */
#include "kit/db_internal.h"

#include <assert.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"
#include "kit/uuid.h"

/* PostgreSQL counts from 2000-01-01: microseconds and days since 1970. */
const int64_t pg_epoch_us = INT64_C(946684800) * 1000000;
const int32_t pg_epoch_days = 10957;

#define TEXT_ARG(kind, s) ((struct db_arg){ .type = (kind), .null = (s) == NULL, .text = (s) })
#define INT_ARG(kind, v) ((struct db_arg){ .type = (kind), .i64 = (v) })

struct db_arg db_text(const char *s)
{
	return TEXT_ARG(DB_TEXT, s);
}

struct db_arg db_text_or_null(const char *s)
{
	return db_text(s && *s ? s : NULL);
}

struct db_arg db_uuid(const char *s)
{
	return TEXT_ARG(DB_UUID, s);
}

struct db_arg db_uuid_or_null(const char *s)
{
	return db_uuid(s && *s ? s : NULL);
}

struct db_arg db_json(const char *s)
{
	return TEXT_ARG(DB_JSON, s);
}

struct db_arg db_i32(int32_t v)
{
	return INT_ARG(DB_I32, v);
}

struct db_arg db_i64(int64_t v)
{
	return INT_ARG(DB_I64, v);
}

struct db_arg db_f64(double v)
{
	return (struct db_arg){ .type = DB_F64, .f64 = v };
}

struct db_arg db_bool(bool v)
{
	return INT_ARG(DB_BOOL, v);
}

struct db_arg db_time(int64_t us)
{
	return INT_ARG(DB_TIME, us);
}

struct db_arg db_time_or_null(int64_t us)
{
	struct db_arg a = db_time(us);

	a.null = us == 0;
	return a;
}

struct db_arg db_date(int64_t days)
{
	return INT_ARG(DB_DATE, days);
}

struct db_arg db_bytes(const void *data, size_t len)
{
	return (struct db_arg){ .type = DB_BYTES,
		.null = data == NULL && len > 0,
		.bytes = { data ? data : "", len } };
}

struct db_arg db_texts(const char *const *v, size_t n)
{
	return (struct db_arg){ .type = DB_TEXTS, .texts = { v, n } };
}

struct db_arg db_uuids(const char *const *v, size_t n)
{
	return (struct db_arg){ .type = DB_UUIDS, .texts = { v, n } };
}

struct db_arg db_i64s(const int64_t *v, size_t n)
{
	return (struct db_arg){ .type = DB_I64S, .i64s = { v, n } };
}

struct db_arg db_null(enum db_type type)
{
	return (struct db_arg){ .type = type, .null = true };
}

unsigned db_type_oid(enum db_type t)
{
	static const unsigned oid[] = {
		[DB_TEXT] = 25,
		[DB_I32] = 23,
		[DB_I64] = 20,
		[DB_F64] = 701,
		[DB_BOOL] = 16,
		[DB_UUID] = 2950,
		[DB_TIME] = 1184,
		[DB_DATE] = 1082,
		[DB_BYTES] = 17,
		[DB_JSON] = 3802,
		[DB_TEXTS] = 1009,
		[DB_UUIDS] = 2951,
		[DB_I64S] = 1016,
	};

	assert(t > DB_END && t <= DB_I64S);
	return oid[t];
}

const char *db_type_name(enum db_type t)
{
	static const char *const name[] = {
		[DB_END] = "end",
		[DB_TEXT] = "text",
		[DB_I32] = "integer",
		[DB_I64] = "bigint",
		[DB_F64] = "double precision",
		[DB_BOOL] = "boolean",
		[DB_UUID] = "uuid",
		[DB_TIME] = "timestamptz",
		[DB_DATE] = "date",
		[DB_BYTES] = "bytea",
		[DB_JSON] = "jsonb",
		[DB_TEXTS] = "text[]",
		[DB_UUIDS] = "uuid[]",
		[DB_I64S] = "bigint[]",
	};

	return name[t];
}

static void put32(char **p, uint32_t v)
{
	v = htobe32(v);
	memcpy(*p, &v, sizeof v);
	*p += sizeof v;
}

static void put64(char **p, uint64_t v)
{
	v = htobe64(v);
	memcpy(*p, &v, sizeof v);
	*p += sizeof v;
}

/* Array header: one dimension, no nulls, element type, count, lower bound 1. */
static void put_array_head(char **p, enum db_type element, size_t n)
{
	put32(p, n ? 1 : 0);
	put32(p, 0);
	put32(p, db_type_oid(element));
	if (n) {
		put32(p, (uint32_t)n);
		put32(p, 1);
	}
}

static bool encode_array(const struct db_arg *a, struct arena *arena, struct db_wire *w)
{
	size_t n = a->type == DB_I64S ? a->i64s.n : a->texts.n;
	size_t bytes = 20;
	char *p;

	for (size_t i = 0; i < n; i++)
		bytes += 4 + (a->type == DB_TEXTS ? strlen(a->texts.v[i]) : 16);
	p = arena_alloc(arena, bytes);
	if (!p)
		return false;
	w->data = p;
	put_array_head(&p,
		a->type == DB_TEXTS   ? DB_TEXT
		: a->type == DB_UUIDS ? DB_UUID
				      : DB_I64,
		n);
	for (size_t i = 0; i < n; i++) {
		if (a->type == DB_I64S) {
			put32(&p, 8);
			put64(&p, (uint64_t)a->i64s.v[i]);
		} else if (a->type == DB_UUIDS) {
			put32(&p, 16);
			if (!uuid_to_bytes(a->texts.v[i], (uint8_t *)p))
				return false;
			p += 16;
		} else {
			size_t len = strlen(a->texts.v[i]);

			put32(&p, (uint32_t)len);
			memcpy(p, a->texts.v[i], len);
			p += len;
		}
	}
	w->len = (int)(p - w->data);
	return true;
}

static bool encode_number(const struct db_arg *a, struct arena *arena, struct db_wire *w)
{
	char *p = arena_alloc(arena, 8);
	uint64_t bits;

	if (!p)
		return false;
	w->data = p;
	switch (a->type) {
	case DB_BOOL:
		*p++ = (char)(a->i64 != 0);
		break;
	case DB_I32:
		put32(&p, (uint32_t)(int32_t)a->i64);
		break;
	case DB_DATE:
		put32(&p, (uint32_t)(int32_t)(a->i64 - pg_epoch_days));
		break;
	case DB_TIME:
		put64(&p, (uint64_t)(a->i64 - pg_epoch_us));
		break;
	case DB_F64:
		memcpy(&bits, &a->f64, sizeof bits);
		put64(&p, bits);
		break;
	default:
		put64(&p, (uint64_t)a->i64);
	}
	w->len = (int)(p - w->data);
	return true;
}

bool db_encode(const struct db_arg *a, struct arena *arena, struct db_wire *w)
{
	char *p;

	*w = (struct db_wire){ 0 };
	if (a->null)
		return true;
	switch (a->type) {
	case DB_TEXT:
		w->data = a->text;
		w->len = (int)strlen(a->text);
		return true;
	case DB_UUID:
		w->data = p = arena_alloc(arena, 16);
		w->len = 16;
		return p && uuid_to_bytes(a->text, (uint8_t *)p);
	case DB_JSON: /* jsonb's binary form is a version byte and the text */
		w->len = (int)strlen(a->text) + 1;
		w->data = p = arena_alloc(arena, (size_t)w->len);
		if (!p)
			return false;
		p[0] = 1;
		memcpy(p + 1, a->text, (size_t)w->len - 1);
		return true;
	case DB_BYTES:
		w->data = a->bytes.data;
		w->len = (int)a->bytes.len;
		return true;
	case DB_TEXTS:
	case DB_UUIDS:
	case DB_I64S:
		return encode_array(a, arena, w);
	default:
		return encode_number(a, arena, w);
	}
}
