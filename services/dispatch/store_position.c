/* store_position.c - tracks and newest positions, many at once. Times are microseconds and degrees
 * 1e-7 where they travel in arrays. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/store_position.h"
#include "jingbao/v1/common.pb-c.h"

#define FROM_US(x) "timestamptz 'epoch' + " x " * interval '1 microsecond'"
#define IN_US(x) "(extract(epoch from " x ") * 1000000)::bigint"

static const struct db_stmt sql_reporters = {
	"reporters",
	"select r.id, r.disabled, r.fix_at, coalesce(s.froms, '{}'), coalesce(s.untils, '{}')"
	" from unnest($1::uuid[]) as u(id) join dispatch.responder r on r.id = u.id"
	" left join lateral (select array_agg(" IN_US(
		"started_at") ") as froms,"
			      "   array_agg(coalesce(" IN_US(
				      "ended_at") ", 9223372036854775807)) as untils"
						  "  from (select started_at, ended_at from "
						  "dispatch.shift"
						  "    where responder_id = r.id and ended_at is "
						  "null"
						  "   union all select started_at, ended_at from "
						  "dispatch.shift"
						  "    where responder_id = r.id and ended_at >= "
						  "$2) x) s on true",
	.in = { DB_UUIDS, DB_TIME },
	.out = { DB_UUID, DB_BOOL, DB_TIME, DB_I64S, DB_I64S },
};

static int by_id(const void *key, const void *item)
{
	return strcmp(key, ((const struct reporter *)item)->id);
}

/* `who` is sorted by id. */
Pb__Code store_reporters(struct gatherer *g, struct reporter *who, size_t n, int64_t oldest_us)
{
	struct arena *a = gather_call(g)->arena;
	const char **ids = ARENA_ARRAY(a, const char *, n);
	struct db_rows r;

	if (!ids)
		return PB__CODE__TOO_LARGE;
	for (size_t i = 0; i < n; i++)
		ids[i] = who[i].id;
	Pb__Code e =
		gather_query(g, &sql_reporters, &r, DB_ARGS(db_uuids(ids, n), db_time(oldest_us)));
	for (size_t i = 0; !e && i < r.n; i++) {
		struct reporter *w = bsearch(db_get_text(&r, i, 0), who, n, sizeof *who, by_id);
		if (!w)
			continue;
		w->known = !db_get_bool(&r, i, 1);
		w->newest_us = db_get_i64(&r, i, 2);
		w->from_us = db_get_i64s(&r, i, 3, &w->n_shifts);
		w->until_us = db_get_i64s(&r, i, 4, &w->n_shifts);
	}
	return e;
}

static const struct db_stmt sql_find_fixes = {
	"find_fixes",
	"select u.ord, t.lon, t.lat"
	" from unnest($1::uuid[], $2::bigint[]) with ordinality as u(id, at, ord)"
	" join dispatch.track t on t.responder_id = u.id and t.fix_at = " FROM_US("u.at"),
	.in = { DB_UUIDS, DB_I64S },
	.out = { DB_I64, DB_F64, DB_F64 },
};

Pb__Code store_find_fixes(struct gatherer *g, const struct track_row *const *rows, size_t n,
	bool *has, struct lonlat *there)
{
	struct arena *a = gather_call(g)->arena;
	const char **ids = ARENA_ARRAY(a, const char *, n + 1);
	int64_t *at = ARENA_ARRAY(a, int64_t, n + 1);
	struct db_rows r = { 0 };

	if (!ids || !at)
		return PB__CODE__TOO_LARGE;
	for (size_t i = 0; i < n; i++) {
		ids[i] = rows[i]->responder;
		at[i] = rows[i]->at_us;
		has[i] = false;
	}
	Pb__Code e =
		n ? gather_query(g, &sql_find_fixes, &r, DB_ARGS(db_uuids(ids, n), db_i64s(at, n)))
		  : PB__CODE__OK;
	for (size_t k = 0; !e && k < r.n; k++) {
		size_t i = (size_t)db_get_i64(&r, k, 0) - 1;
		has[i] = true;
		there[i] = (struct lonlat){ db_get_f64(&r, k, 1), db_get_f64(&r, k, 2) };
	}
	return e;
}

static const char *datum_name(int datum)
{
	static const char *const names[] = { "WGS84", "WGS84", "GCJ02", "BD09", "CGCS2000" };

	return datum > 0 && datum < 5 ? names[datum] : names[0];
}

static void copy_fix(struct db_copy *c, const struct track_row *r)
{
	const char *flags[2];
	size_t n = 0;

	if (r->mock)
		flags[n++] = "mock";
	if (r->poor)
		flags[n++] = "poor_accuracy";
	copy_row(c, 12);
	copy_uuid(c, r->responder);
	copy_time(c, r->at_us);
	copy_time(c, r->received_us);
	copy_f64(c, r->wgs84.lon);
	copy_f64(c, r->wgs84.lat);
	copy_f64(c, r->given.lon);
	copy_f64(c, r->given.lat);
	copy_text(c, datum_name(r->datum));
	copy_f32(c, (float)r->accuracy_m);
	copy_f32(c, (float)r->speed_mps);
	copy_f32(c, (float)r->course_deg);
	copy_texts(c, flags, n);
}

Pb__Code store_add_fixes(struct gatherer *g, const struct track_row *const *rows, size_t n)
{
	static struct db_copy copy; /* the gatherer's thread alone */

	if (!n)
		return PB__CODE__OK;
	db_copy_reset(&copy);
	for (size_t i = 0; i < n; i++)
		copy_fix(&copy, rows[i]);
	return gather_copy(g,
		"copy dispatch.track (responder_id, fix_at, received_at, lon, lat, given_lon,"
		" given_lat, datum, accuracy_m, speed_mps, course_deg, flags)"
		" from stdin (format binary)",
		&copy);
}

static const struct db_stmt sql_replace_fix = {
	"replace_fix",
	"update dispatch.track set received_at = $3, lon = $4, lat = $5, given_lon = $6,"
	"  given_lat = $7, datum = $8, accuracy_m = $9::float8, speed_mps = $10::float8,"
	"  course_deg = $11::float8, flags = $12"
	" where responder_id = $1 and fix_at = $2 and (lon, lat) > ($4, $5)",
	.in = { DB_UUID, DB_TIME, DB_TIME, DB_F64, DB_F64, DB_F64, DB_F64, DB_TEXT, DB_F64, DB_F64,
		DB_F64, DB_TEXTS },
};

Pb__Code store_replace_fix(struct gatherer *g, const struct track_row *r)
{
	const char *flags[2];
	size_t n = 0;

	if (r->mock)
		flags[n++] = "mock";
	if (r->poor)
		flags[n++] = "poor_accuracy";
	return gather_query(g, &sql_replace_fix, NULL,
		DB_ARGS(db_uuid(r->responder), db_time(r->at_us), db_time(r->received_us),
			db_f64(r->wgs84.lon), db_f64(r->wgs84.lat), db_f64(r->given.lon),
			db_f64(r->given.lat), db_text(datum_name(r->datum)), db_f64(r->accuracy_m),
			db_f64(r->speed_mps), db_f64(r->course_deg), db_texts(flags, n)));
}

/* Rows that somebody else has locked are left for the next time: positions wait for nobody, and
 * nobody who decides waits for a whole lot. */
static const struct db_stmt sql_newest = {
	"newest",
	"select r.id, coalesce(r.districts[1], ''), r.status, r.incident_id, r.fix_at,"
	"  r.fix_doubtful, t.fix_at, t.lon, t.lat, t.accuracy_m::float8, t.speed_mps::float8,"
	"  t.course_deg::float8, 'mock' = any (t.flags), r.fix_lon, r.fix_lat"
	" from (select * from dispatch.responder where id = any ($1) order by id"
	"   for update skip locked) r"
	" cross join lateral (select * from dispatch.track t where t.responder_id = r.id"
	"   and t.fix_at >= coalesce(r.fix_at, '-infinity') - interval '10 minutes'"
	"  order by t.fix_at desc limit 3) t"
	" order by r.id, t.fix_at desc",
	.in = { DB_UUIDS },
	.out = { DB_UUID, DB_TEXT, DB_TEXT, DB_UUID, DB_TIME, DB_BOOL, DB_TIME, DB_F64, DB_F64,
		DB_F64, DB_F64, DB_F64, DB_BOOL, DB_F64, DB_F64 },
};

static void read_newest(const struct db_rows *r, size_t i, struct newest *w)
{
	if (!w->n_fixes) {
		w->id = db_get_text(r, i, 0);
		w->district = db_get_text(r, i, 1);
		w->status = db_get_text(r, i, 2);
		w->incident = db_get_text(r, i, 3);
		w->known_us = db_get_i64(r, i, 4);
		w->known_doubtful = db_get_bool(r, i, 5);
		w->mock = db_get_bool(r, i, 12);
		w->known_at = (struct lonlat){ db_get_f64(r, i, 13), db_get_f64(r, i, 14) };
	}
	if (w->n_fixes < NEWEST_FIXES)
		w->fixes[w->n_fixes++] =
			(struct fix){ .at = { db_get_f64(r, i, 7), db_get_f64(r, i, 8) },
				.at_us = db_get_i64(r, i, 6),
				.accuracy_m = db_get_f64(r, i, 9),
				.speed_mps = db_get_f64(r, i, 10),
				.course_deg = db_get_f64(r, i, 11) };
}

Pb__Code store_newest(
	struct gatherer *g, const char *const *ids, size_t n, struct newest *ret, size_t *ret_n)
{
	struct db_rows r = { 0 };
	Pb__Code e = n ? gather_query(g, &sql_newest, &r, DB_ARGS(db_uuids(ids, n))) : PB__CODE__OK;

	*ret_n = 0;
	for (size_t i = 0; !e && i < r.n; i++) {
		const char *id = db_get_text(&r, i, 0);
		if (!*ret_n || strcmp(ret[*ret_n - 1].id, id) != 0)
			ret[(*ret_n)++] = (struct newest){ 0 };
		read_newest(&r, i, &ret[*ret_n - 1]);
	}
	return e;
}

/* The place the nearest-neighbour index has stays until he is some hundred metres from it: it only
 * chooses who is then measured exactly, and a row whose indexed columns stay is changed in place.
 */
static const struct db_stmt sql_set_newest = {
	"set_newest",
	"update dispatch.responder r set fix_at = " FROM_US(
		"u.at") ","
			"  fix_lon = u.lon / 1e7::float8, fix_lat = u.lat / 1e7::float8,"
			"  fix_accuracy_m = u.acc / 100.0::float8, fix_doubtful = u.doubt > 0,"
			"  heard_at = $9, fix_speed_mps = u.speed / 100.0::float8, fix_course_deg "
			"= u.course / "
			"100.0::float8,"
			"  here = case when r.here <-> dispatch.flat(u.lon / 1e7::float8, u.lat / "
			"1e7::float8)"
			"    < 0.001 then r.here"
			"   else dispatch.flat(u.lon / 1e7::float8, u.lat / 1e7::float8) end"
			" from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], "
			"$5::bigint[],"
			"  $6::bigint[], $7::bigint[], $8::bigint[])"
			"  as u(id, at, lon, lat, acc, doubt, speed, course)"
			" where r.id = u.id",
	.in = { DB_UUIDS, DB_I64S, DB_I64S, DB_I64S, DB_I64S, DB_I64S, DB_I64S, DB_I64S, DB_TIME },
};

Pb__Code store_set_newest(struct gatherer *g, const struct newest *who, size_t n)
{
	enum { AT, LON, LAT, ACCURACY, DOUBT, SPEED, COURSE, COLUMNS };
	struct arena *a = gather_call(g)->arena;
	const char **ids = ARENA_ARRAY(a, const char *, n + 1);
	int64_t *block = ARENA_ARRAY(a, int64_t, n * COLUMNS + 1), *col[COLUMNS];

	if (!ids || !block)
		return PB__CODE__TOO_LARGE;
	for (size_t i = 0; i < COLUMNS; i++)
		col[i] = block + i * n;
	for (size_t i = 0; i < n; i++) {
		const struct fix *f = &who[i].fixes[0];
		ids[i] = who[i].id;
		col[AT][i] = f->at_us;
		col[LON][i] = llround(f->at.lon * 1e7);
		col[LAT][i] = llround(f->at.lat * 1e7);
		col[ACCURACY][i] = llround(f->accuracy_m * 100);
		col[DOUBT][i] = f->doubtful;
		col[SPEED][i] = llround(f->speed_mps * 100);
		col[COURSE][i] = llround(f->course_deg * 100);
	}
	return n ? gather_query(g, &sql_set_newest, NULL,
			   DB_ARGS(db_uuids(ids, n), db_i64s(col[AT], n), db_i64s(col[LON], n),
				   db_i64s(col[LAT], n), db_i64s(col[ACCURACY], n),
				   db_i64s(col[DOUBT], n), db_i64s(col[SPEED], n),
				   db_i64s(col[COURSE], n), db_time(gather_call(g)->at_us)))
		 : PB__CODE__OK;
}

const struct db_stmt *const position_statements[] = {
	&sql_reporters,
	&sql_find_fixes,
	&sql_replace_fix,
	&sql_newest,
	&sql_set_newest,
	NULL,
};
