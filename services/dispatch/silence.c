/* silence.c - phones that have fallen silent: marked, told, and marked again when they send.
 *
 * The last sign of life is the newest position, by its own time or by ours, whichever is earlier (a
 * clock that is ahead keeps nobody alive), or the start of the shift. Who is on a break or at home
 * need not send. The engine ranks old positions down by itself; this tells people. */
#include "dispatch/dispatch.h"
#include "kit/timeutil.h"

enum { AT_ONCE = 200 };

/* $1 the oldest sign that still counts. What somebody else has locked comes next time. */
const struct db_stmt sql_mark_silent = {
	"mark_silent",
	"with signs as (select r.id, r.silent_at, greatest(least(r.fix_at, r.heard_at),"
	"   s.started_at) as sign, r.status in ('AVAILABLE', 'OFFERED', 'EN_ROUTE', 'ON_SCENE')"
	"   as wanted"
	"  from dispatch.responder r"
	"  left join dispatch.shift s on s.responder_id = r.id and s.ended_at is null"
	"  where r.status <> 'OFF_DUTY' or r.silent_at is not null),"
	" due as (select r.id, coalesce(g.wanted and g.sign < $1, false) as silent, g.wanted,"
	"   g.sign"
	"  from signs g join dispatch.responder r on r.id = g.id"
	"  where coalesce(g.wanted and g.sign < $1, false) <> (g.silent_at is not null)"
	"  order by r.id limit $2 for update of r skip locked),"
	" marked as (update dispatch.responder r set silent_at = case when d.silent then d.sign end"
	"  from due d where r.id = d.id and (r.silent_at is null) = d.silent"
	"  returning r.id, coalesce(r.districts[1], '') as district, d.silent, d.wanted, r.fix_at)"
	" select id, district, silent, fix_at from marked where wanted order by id",
	.in = { DB_TIME, DB_I64 },
	.out = { DB_UUID, DB_TEXT, DB_BOOL, DB_TIME },
};

Pb__Code mark_silent(struct call *c, bool *ret_more)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_mark_silent, &r,
		DB_ARGS(db_time(c->at_us - settings.stale_seconds * US_PER_S), db_i64(AT_ONCE)));

	*ret_more = !e && r.n == AT_ONCE;
	for (size_t i = 0; !e && i < r.n; i++) {
		Pb__ResponderSignalChanged m = PB__RESPONDER_SIGNAL_CHANGED__INIT;
		m.responder_id = db_get_text(&r, i, 0);
		m.district = db_get_text(&r, i, 1);
		m.silent = db_get_bool(&r, i, 2);
		m.fix_at = db_get_i64(&r, i, 3);
		m.at = c->at_us;
		e = event_emit(c, &m.base);
	}
	return e;
}
