/* handlers_position.c - position reports: graded, stored in one statement, answered per point. */
#include <math.h>
#include <string.h>
#include "dispatch/dispatch.h"
#include "dispatch/fixes.h"

/* Fixes outside the responder's shifts are not kept: nobody is tracked off duty. The newest fix by
 * its own time becomes his position; it is doubted when the way from the last one is too fast.
 * Times are microseconds, degrees 1e-7, the rest hundredths; flags are FIX_ bits; datum indexes the
 * names. Verdicts: s stored, o older than known, d in the track already, r not on shift. */
const struct db_stmt sql_store_fixes = {
	"store_fixes",
	"with me as (select * from dispatch.responder where id = $1 and not disabled for update),"
	" g as (select u.ord, timestamptz 'epoch' + u.at * interval '1 microsecond' as at,"
	"   u.lon / 1e7::float8 as lon, u.lat / 1e7::float8 as lat,"
	"   u.glon / 1e7::float8 as glon, u.glat / 1e7::float8 as glat,"
	"   (array['WGS84', 'GCJ02', 'BD09', 'CGCS2000'])[u.datum] as datum,"
	"   u.acc / 100.0::float8 as acc, u.speed / 100.0::float8 as speed,"
	"   u.course / 100.0::float8 as course, u.flags"
	"  from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],"
	"   $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[])"
	"   with ordinality as u(at, lon, lat, glon, glat, datum, acc, speed, course, flags, ord)),"
	" p as (select g.*, exists (select from dispatch.shift s where s.responder_id = me.id"
	"    and s.started_at - interval '5 minutes' <= g.at"
	"    and (s.ended_at is null or g.at <= s.ended_at)) as on_shift,"
	"   me.fix_at is null or g.at > me.fix_at as newer from g, me),"
	" top as (select p.*, p.flags & 3 > 0 or coalesce("
	"    dispatch.metres(me.fix_lon, me.fix_lat, p.lon, p.lat)"
	"     > $13 * extract(epoch from p.at - me.fix_at)::float8 + 2 * me.fix_accuracy_m"
	"    and me.fix_at > p.at - interval '10 minutes', false) as doubtful"
	"  from p, me where on_shift and newer order by p.at desc limit 1),"
	" moved as (update dispatch.responder r set fix_lon = top.lon, fix_lat = top.lat,"
	"   fix_at = top.at, fix_accuracy_m = top.acc, fix_doubtful = top.doubtful,"
	"   here = dispatch.flat(top.lon, top.lat) from top where r.id = $1),"
	" kept as (insert into dispatch.track (responder_id, fix_at, received_at, lon, lat,"
	"   given_lon, given_lat, datum, accuracy_m, speed_mps, course_deg, flags)"
	"  select $1, p.at, $12, p.lon, p.lat, p.glon, p.glat, p.datum, p.acc, p.speed, p.course,"
	"   array_remove(array[case when p.flags & 1 > 0 or coalesce(top.doubtful and p.flags & 2 "
	"= 0,"
	"     false) then 'jump' end, case when p.flags & 2 > 0 then 'mock' end,"
	"    case when p.flags & 4 > 0 then 'poor_accuracy' end], null)"
	"  from p left join top on top.ord = p.ord where p.on_shift"
	"  on conflict do nothing returning fix_at)"
	" select p.ord, case when not p.on_shift then 'r' when k.fix_at is null then 'd'"
	"   when p.newer then 's' else 'o' end, coalesce(top.doubtful, false)"
	" from p left join kept k on k.fix_at = p.at left join top on top.ord = p.ord"
	" order by p.ord",
	.in = { DB_UUID, DB_I64S, DB_I64S, DB_I64S, DB_I64S, DB_I64S, DB_I64S, DB_I64S, DB_I64S,
		DB_I64S, DB_I64S, DB_TIME, DB_F64 },
	.out = { DB_I64, DB_TEXT, DB_BOOL },
};

enum column { AT, LON, LAT, GIVEN_LON, GIVEN_LAT, DATUM, ACCURACY, SPEED, COURSE, FLAGS, COLUMNS };

/* What bind leaves for answer: the grades, and which fix each row sent is. */
struct report {
	struct graded_fix *grades;
	size_t *sent, n_sent;
};

static int64_t scaled(double v, double by)
{
	return llround(v * by);
}

static void put_fix(
	int64_t *const col[COLUMNS], size_t k, const Pb__Fix *f, const struct graded_fix *g)
{
	const Pb__Position *p = f->position;

	col[AT][k] = f->fix_at;
	col[LON][k] = scaled(g->wgs84.lon, 1e7);
	col[LAT][k] = scaled(g->wgs84.lat, 1e7);
	col[GIVEN_LON][k] = scaled(p->lon, 1e7);
	col[GIVEN_LAT][k] = scaled(p->lat, 1e7);
	col[DATUM][k] = (int64_t)p->datum;
	col[ACCURACY][k] = scaled(p->accuracy_m, 100);
	col[SPEED][k] = scaled(f->speed_mps, 100);
	col[COURSE][k] = scaled(f->course_deg, 100);
	col[FLAGS][k] = g->flags;
}

Pb__Code report_positions_bind(struct call *c, const Pb__ReportPositionsRequest *in)
{
	size_t n = in->n_fixes, k = 0;
	struct report *r = ARENA_NEW(c->arena, struct report);
	int64_t *block = ARENA_ARRAY(c->arena, int64_t, n * COLUMNS + 1), *col[COLUMNS];

	if (!r || !block || !(r->grades = ARENA_ARRAY(c->arena, struct graded_fix, n + 1)) ||
		!(r->sent = ARENA_ARRAY(c->arena, size_t, n + 1)))
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	c->scratch = r;
	for (size_t i = 0; i < COLUMNS; i++)
		col[i] = block + i * n;
	fixes_grade(in->fixes, n, c->at_us, r->grades);
	for (size_t i = 0; i < n; i++)
		if (!r->grades[i].rejected && !r->grades[i].duplicate) {
			put_fix(col, k, in->fixes[i], &r->grades[i]);
			r->sent[k++] = i;
		}
	r->n_sent = k;
	if (k)
		db_bind(c, c->who.subject, &sql_store_fixes,
			DB_ARGS(db_uuid(c->who.subject), db_i64s(col[AT], k), db_i64s(col[LON], k),
				db_i64s(col[LAT], k), db_i64s(col[GIVEN_LON], k),
				db_i64s(col[GIVEN_LAT], k), db_i64s(col[DATUM], k),
				db_i64s(col[ACCURACY], k), db_i64s(col[SPEED], k),
				db_i64s(col[COURSE], k), db_i64s(col[FLAGS], k), db_time(c->at_us),
				db_f64(FIX_JUMP_MPS)));
	return PB__CODE__OK;
}

static void set_verdict(Pb__FixResult *res, struct graded_fix *g, char word, bool doubtful)
{
	switch (word) {
	case 's':
		res->verdict = PB__FIX_VERDICT__VALUE__STORED;
		break;
	case 'o':
		res->verdict = PB__FIX_VERDICT__VALUE__OLDER;
		break;
	case 'd':
		res->verdict = PB__FIX_VERDICT__VALUE__DUPLICATE;
		break;
	default:
		res->verdict = PB__FIX_VERDICT__VALUE__REJECTED;
		res->reason = "off_duty";
	}
	if (doubtful && !(g->flags & FIX_MOCK))
		g->flags |= FIX_JUMP;
}

static Pb__FixResult *new_result(struct call *c, const struct graded_fix *g)
{
	Pb__FixResult *res = ARENA_NEW(c->arena, Pb__FixResult);

	if (!res)
		return NULL;
	pb__fix_result__init(res);
	if (g->rejected) {
		res->verdict = PB__FIX_VERDICT__VALUE__REJECTED;
		res->reason = g->rejected;
	} else if (g->duplicate) {
		res->verdict = PB__FIX_VERDICT__VALUE__DUPLICATE;
	}
	return res;
}

static bool add_flags(struct call *c, Pb__FixResult *res, unsigned flags)
{
	if (!flags || res->verdict == PB__FIX_VERDICT__VALUE__REJECTED)
		return true;
	res->flags = ARENA_ARRAY(c->arena, const char *, 3);
	if (!res->flags)
		return false;
	res->n_flags = fix_flags(flags, res->flags);
	return true;
}

Pb__Code report_positions_answer(struct call *c, const Pb__ReportPositionsRequest *in,
	const struct db_rows *rows, Pb__ReportPositionsReply *out)
{
	struct report *r = c->scratch;
	size_t n = in->n_fixes;
	bool ok = true;

	if (r->n_sent && !rows->n)
		return call_unknown(c, "responder", c->who.subject);
	out->results = ARENA_ARRAY(c->arena, Pb__FixResult *, n + 1);
	if (!out->results)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	for (size_t i = 0; i < n; i++, out->n_results++)
		if (!(out->results[i] = new_result(c, &r->grades[i])))
			return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	for (size_t k = 0; rows && k < rows->n; k++) {
		size_t i = r->sent[db_get_i64(rows, k, 0) - 1];
		set_verdict(out->results[i], &r->grades[i], *db_get_text(rows, k, 1),
			db_get_bool(rows, k, 2));
		out->stored += out->results[i]->verdict <= PB__FIX_VERDICT__VALUE__OLDER;
	}
	for (size_t i = 0; ok && i < n; i++)
		ok = add_flags(c, out->results[i], r->grades[i].flags);
	return ok ? PB__CODE__OK : call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
}
