/* store_crew.c - responders near a place, as the engine sees them. */
#include <string.h>
#include "dispatch/store.h"

#define CREW_COLUMNS \
	" r.id, r.name, r.status, r.status_at, r.fix_lon, r.fix_lat, r.fix_at, r.fix_accuracy_m," \
	" r.fix_doubtful, p.lon, p.lat, r.incident_id, r.trip_swaps, r.fix_speed_mps::float8," \
	" r.fix_course_deg::float8"
#define CREW_FROM " from dispatch.responder r left join dispatch.post p on p.code = r.post_code"
#define CREW_TYPES \
	DB_UUID, DB_TEXT, DB_TEXT, DB_TIME, DB_F64, DB_F64, DB_TIME, DB_F64, DB_BOOL, DB_F64, \
		DB_F64, DB_UUID, DB_I32, DB_F64, DB_F64

/* The index order is near enough to pick whom to measure exactly. Those under way come along, to
 * see whether one of them is nearer than all who are free. */
const struct db_stmt sql_crew_available = {
	"crew_available",
	"select" CREW_COLUMNS CREW_FROM
	" where r.status in ('AVAILABLE', 'EN_ROUTE') and not r.disabled"
	" and r.region = $4"
	" order by r.here <-> dispatch.flat($1, $2) limit $3",
	.in = { DB_F64, DB_F64, DB_I64, DB_TEXT },
	.out = { CREW_TYPES },
};
const struct db_stmt sql_crew_abroad = {
	"crew_abroad",
	"select" CREW_COLUMNS CREW_FROM
	" where r.status = 'AVAILABLE' and not r.disabled and r.region <> $4"
	" and r.region = r.home order by r.here <-> dispatch.flat($1, $2) limit $3",
	.in = { DB_F64, DB_F64, DB_I64, DB_TEXT },
	.out = { CREW_TYPES },
};
const struct db_stmt sql_crew_all = {
	"crew_all",
	"select" CREW_COLUMNS CREW_FROM " where not r.disabled"
	" order by r.status = 'AVAILABLE' desc, r.here <-> dispatch.flat($1, $2), r.id limit 300",
	.in = { DB_F64, DB_F64 },
	.out = { CREW_TYPES },
};

static enum unit_state unit_state_of(const char *name)
{
	for (int s = UNIT_OFF_DUTY; s <= UNIT_ON_BREAK; s++)
		if (!strcmp(name, unit_state_name((enum unit_state)s)))
			return (enum unit_state)s;
	return UNIT_OFF_DUTY;
}

static struct unit read_unit(const struct db_rows *r, size_t i)
{
	return (struct unit){
		.id = db_get_text(r, i, 0),
		.state = unit_state_of(db_get_text(r, i, 2)),
		.since_us = db_get_i64(r, i, 3),
		.fix = { .at = { db_get_f64(r, i, 4), db_get_f64(r, i, 5) },
			.at_us = db_get_i64(r, i, 6),
			.accuracy_m = db_get_f64(r, i, 7),
			.doubtful = db_get_bool(r, i, 8),
			.speed_mps = db_get_f64(r, i, 13),
			.course_deg = db_get_f64(r, i, 14) },
		.post = { db_get_f64(r, i, 9), db_get_f64(r, i, 10) },
		.has_post = !db_is_null(r, i, 9),
		.incident = db_is_null(r, i, 11) ? NULL : db_get_text(r, i, 11),
		.trip_swaps = (unsigned)db_get_i32(r, i, 12),
	};
}

static Pb__Code read_crew(struct call *c, const struct db_rows *r, struct crew *ret)
{
	*ret = (struct crew){
		.units = ARENA_ARRAY(c->arena, struct unit, r->n + 1),
		.names = ARENA_ARRAY(c->arena, const char *, r->n + 1),
		.n = r->n,
	};
	if (!ret->units || !ret->names)
		return call_fail(c, PB__CODE__TOO_LARGE, "too many responders for one message");
	for (size_t i = 0; i < r->n; i++) {
		ret->units[i] = read_unit(r, i);
		ret->names[i] = db_get_text(r, i, 1);
	}
	return PB__CODE__OK;
}

static Pb__Code nearest(struct call *c, const struct db_stmt *s, const char *region,
	struct lonlat at, unsigned limit, struct crew *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(
		c, s, &r, DB_ARGS(db_f64(at.lon), db_f64(at.lat), db_i64(limit), db_text(region)));
	return e ? e : read_crew(c, &r, ret);
}

Pb__Code store_crew(struct call *c, const char *region, struct lonlat at, unsigned limit,
	struct crew *ret, bool *ret_turn)
{
	Pb__Code e = nearest(c, &sql_crew_available, region, at, limit, ret);
	size_t n = 0;

	*ret_turn = !e && ret->n && ret->units[0].state == UNIT_EN_ROUTE;
	for (size_t i = 0; !e && i < ret->n; i++)
		if (ret->units[i].state == UNIT_AVAILABLE) {
			ret->units[n] = ret->units[i];
			ret->names[n++] = ret->names[i];
		}
	ret->n = e ? 0 : n;
	return e;
}

Pb__Code store_crew_abroad(
	struct call *c, const char *region, struct lonlat at, unsigned limit, struct crew *ret)
{
	return nearest(c, &sql_crew_abroad, region, at, limit, ret);
}

Pb__Code store_crew_all(struct call *c, struct lonlat at, struct crew *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_crew_all, &r, DB_ARGS(db_f64(at.lon), db_f64(at.lat)));
	return e ? e : read_crew(c, &r, ret);
}

/* ---- all of a region ---- */

/* Everyone on duty, with the assignment he has and the incident he would leave it for; the cleared
 * ones since $2 are told apart, for a better post. */
const struct db_stmt sql_crew_of_region = {
	"crew_of_region",
	"select" CREW_COLUMNS ", a.id, o.incident_id, o.agreed_at is not null,"
	"  r.status = 'AVAILABLE' and r.status_at > $2 and exists (select"
	"   from dispatch.assignment d where d.responder_id = r.id and d.how = 'CLEARED'"
	"   and d.ended_at = r.status_at)" CREW_FROM
	" left join dispatch.assignment a on a.responder_id = r.id and a.ended_at is null"
	" left join dispatch.offer o on o.responder_id = r.id and o.outcome is null"
	"  and o.leaves_id is not null"
	" where r.region = $1 and not r.disabled and r.status <> 'OFF_DUTY'"
	" order by r.status = 'AVAILABLE' desc, r.id limit 300",
	.in = { DB_TEXT, DB_TIME },
	.out = { CREW_TYPES, DB_UUID, DB_UUID, DB_BOOL, DB_BOOL },
};
enum { CREW_COLUMN_COUNT = 15 };

Pb__Code store_crew_of_region(
	struct call *c, const char *region, int64_t since_us, struct region_crew *ret)
{
	struct db_rows r;
	Pb__Code e =
		db_run(c, &sql_crew_of_region, &r, DB_ARGS(db_text(region), db_time(since_us)));

	*ret = (struct region_crew){ 0 };
	if (!e)
		e = read_crew(c, &r, &ret->crew);
	if (e)
		return e;
	ret->assignment = ARENA_ARRAY(c->arena, const char *, r.n + 1);
	if (!ret->assignment)
		return call_fail(c, PB__CODE__TOO_LARGE, "too many responders for one plan");
	for (size_t i = 0; i < r.n; i++) {
		struct unit *u = &ret->crew.units[i];
		ret->assignment[i] = db_get_text(&r, i, CREW_COLUMN_COUNT);
		if (!db_is_null(&r, i, CREW_COLUMN_COUNT + 1))
			u->next = db_get_text(&r, i, CREW_COLUMN_COUNT + 1);
		u->next_accepted = u->next && db_get_bool(&r, i, CREW_COLUMN_COUNT + 2);
		if (!ret->freed && db_get_bool(&r, i, CREW_COLUMN_COUNT + 3))
			ret->freed = u->id;
	}
	return PB__CODE__OK;
}
