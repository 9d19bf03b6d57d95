/* db_rows.c - typed getters over binary results. */
#include "kit/db_internal.h"

#include <assert.h>
#include <endian.h>
#include <string.h>
#include "kit/uuid.h"

void db_wrap_rows(struct db_rows *rows, const struct db_stmt *s, struct call *c, PGresult *r)
{
	*rows = (struct db_rows){
		.n = (size_t)PQntuples(r), .stmt = s, .arena = c->arena, .result = r
	};
}

static const char *cell(
	const struct db_rows *r, size_t row, size_t col, enum db_type want, size_t *ret_len)
{
	assert(row < r->n);
	assert(r->stmt->out[col] == want);
	*ret_len = (size_t)PQgetlength(r->result, (int)row, (int)col);
	return PQgetisnull(r->result, (int)row, (int)col)
		       ? NULL
		       : PQgetvalue(r->result, (int)row, (int)col);
}

static uint32_t get32(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return be32toh(v);
}

static uint64_t get64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return be64toh(v);
}

bool db_is_null(const struct db_rows *r, size_t row, size_t col)
{
	assert(row < r->n);
	return PQgetisnull(r->result, (int)row, (int)col);
}

const char *db_get_text(const struct db_rows *r, size_t row, size_t col)
{
	enum db_type t = r->stmt->out[col];
	size_t len;
	const char *p;
	char *id;

	assert(t == DB_TEXT || t == DB_UUID || t == DB_JSON);
	p = cell(r, row, col, t, &len);
	if (!p)
		return "";
	if (t == DB_TEXT)
		return p; /* libpq ends every value with a NUL */
	if (t == DB_JSON)
		return p + 1;
	id = arena_alloc(r->arena, UUID_TEXT);
	return id ? uuid_from_bytes((const uint8_t *)p, id) : "";
}

int32_t db_get_i32(const struct db_rows *r, size_t row, size_t col)
{
	size_t len;
	const char *p = cell(r, row, col, DB_I32, &len);

	return p ? (int32_t)get32(p) : 0;
}

int64_t db_get_i64(const struct db_rows *r, size_t row, size_t col)
{
	enum db_type t = r->stmt->out[col];
	size_t len;
	const char *p;

	assert(t == DB_I64 || t == DB_TIME || t == DB_DATE);
	p = cell(r, row, col, t, &len);
	if (!p)
		return 0;
	if (t == DB_DATE)
		return (int32_t)get32(p) + pg_epoch_days;
	return (int64_t)get64(p) + (t == DB_TIME ? pg_epoch_us : 0);
}

double db_get_f64(const struct db_rows *r, size_t row, size_t col)
{
	size_t len;
	const char *p = cell(r, row, col, DB_F64, &len);
	uint64_t bits;
	double v = 0;

	if (p) {
		bits = get64(p);
		memcpy(&v, &bits, sizeof v);
	}
	return v;
}

bool db_get_bool(const struct db_rows *r, size_t row, size_t col)
{
	size_t len;
	const char *p = cell(r, row, col, DB_BOOL, &len);

	return p && *p;
}

const void *db_get_bytes(const struct db_rows *r, size_t row, size_t col, size_t *ret_len)
{
	const char *p = cell(r, row, col, DB_BYTES, ret_len);

	if (!p)
		*ret_len = 0;
	return p ? p : "";
}

/* Elements start after five words when there are any, after three when there are none. */
static const char *array_start(const char *p, size_t *ret_n)
{
	*ret_n = p && get32(p) ? get32(p + 12) : 0;
	return p ? p + 20 : NULL;
}

const char *const *db_get_texts(const struct db_rows *r, size_t row, size_t col, size_t *ret_n)
{
	enum db_type t = r->stmt->out[col];
	size_t len;
	const char *p;
	char **v;

	assert(t == DB_TEXTS || t == DB_UUIDS);
	p = array_start(cell(r, row, col, t, &len), ret_n);
	v = *ret_n ? ARENA_ARRAY(r->arena, char *, *ret_n) : NULL;
	if (!v) {
		*ret_n = 0;
		return NULL;
	}
	for (size_t i = 0; i < *ret_n; i++) {
		int32_t n = (int32_t)get32(p);

		p += 4;
		if (t == DB_UUIDS && n == 16) {
			v[i] = arena_alloc(r->arena, UUID_TEXT);
			if (v[i])
				uuid_from_bytes((const uint8_t *)p, v[i]);
		} else {
			v[i] = arena_strndup(r->arena, n > 0 ? p : "", n > 0 ? (size_t)n : 0);
		}
		if (!v[i]) {
			*ret_n = 0;
			return NULL;
		}
		p += n > 0 ? n : 0;
	}
	return (const char *const *)v;
}

const int64_t *db_get_i64s(const struct db_rows *r, size_t row, size_t col, size_t *ret_n)
{
	size_t len;
	const char *p = array_start(cell(r, row, col, DB_I64S, &len), ret_n);
	int64_t *v = *ret_n ? ARENA_ARRAY(r->arena, int64_t, *ret_n) : NULL;

	if (!v) {
		*ret_n = 0;
		return NULL;
	}
	for (size_t i = 0; i < *ret_n; i++, p += 12)
		v[i] = (int64_t)get64(p + 4);
	return v;
}
