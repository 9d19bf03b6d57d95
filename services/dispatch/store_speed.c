/* store_speed.c - trips as teachers of speed: their tracks, what they taught, the factors. */
#include <stdlib.h>
#include <string.h>
#include "dispatch/roads_live.h"
#include "dispatch/speeds.h"
#include "dispatch/store.h"
#include "kit/timeutil.h"

/* Arrived long enough ago for the track to be written; one after the other in order of arrival.
 * What was committed an hour late is still found. */
const struct db_stmt sql_next_trip = {
	"next_trip",
	"select a.id, a.responder_id, coalesce(a.departed_at, a.assigned_at), a.arrived_at"
	" from dispatch.assignment a where a.arrived_at is not null"
	" and a.arrived_at <= $1::timestamptz - interval '90 seconds'"
	" and a.arrived_at > greatest($1::timestamptz - interval '28 days',"
	"  (select coalesce(max(t.arrived_at), '-infinity') from dispatch.trip_read t)"
	"  - interval '1 hour')"
	" and not exists (select from dispatch.trip_read t where t.assignment_id = a.id)"
	" order by a.arrived_at limit 1 for update of a skip locked",
	.in = { DB_TIME },
	.out = { DB_UUID, DB_UUID, DB_TIME, DB_TIME },
};

Pb__Code store_next_trip(struct call *c, struct trip_row *ret, bool *ret_found)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_next_trip, &r, DB_ARGS(db_time(c->at_us)));

	*ret_found = !e && r.n;
	if (*ret_found)
		*ret = (struct trip_row){ db_get_text(&r, 0, 0), db_get_text(&r, 0, 1),
			db_get_i64(&r, 0, 2), db_get_i64(&r, 0, 3) };
	return e;
}

const struct db_stmt sql_trip_track = {
	"trip_track",
	"select fix_at, lon, lat, accuracy_m::double precision, speed_mps::double precision,"
	"  course_deg::double precision from dispatch.track"
	" where responder_id = $1 and fix_at between $2 and $3"
	" and not flags && '{mock,jump}'::text[] order by fix_at limit 3000",
	.in = { DB_UUID, DB_TIME, DB_TIME },
	.out = { DB_TIME, DB_F64, DB_F64, DB_F64, DB_F64, DB_F64 },
};

Pb__Code store_trip_track(
	struct call *c, const struct trip_row *t, struct track_fix **ret, size_t *ret_n)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_trip_track, &r,
		DB_ARGS(db_uuid(t->responder), db_time(t->from_us), db_time(t->arrived_us)));

	if (e)
		return e;
	*ret_n = r.n;
	*ret = ARENA_ARRAY(c->arena, struct track_fix, r.n + 1);
	if (!*ret)
		return call_fail(c, PB__CODE__TOO_LARGE, "a track too long for one message");
	for (size_t i = 0; i < r.n; i++)
		(*ret)[i] = (struct track_fix){
			.at_us = db_get_i64(&r, i, 0),
			.at = { db_get_f64(&r, i, 1), db_get_f64(&r, i, 2) },
			.accuracy_m = db_get_f64(&r, i, 3),
			.speed_mps = db_get_f64(&r, i, 4),
			.course_deg = db_get_f64(&r, i, 5),
		};
	return e;
}

const struct db_stmt sql_note_trip = {
	"note_trip",
	"insert into dispatch.trip_read (assignment_id, arrived_at, read_at, stretches, graph)"
	" values ($1, $2, $3, $4, $5) on conflict (assignment_id) do nothing",
	.in = { DB_UUID, DB_TIME, DB_TIME, DB_I32, DB_TEXT },
};

const struct db_stmt sql_note_speed = {
	"note_speed",
	"insert into dispatch.trip_speed (assignment_id, district, hour, arrived_at, expected_s,"
	"  observed_s) values ($1, $2, $3::integer::smallint, $4, $5, $6)"
	" on conflict (assignment_id, district, hour) do nothing",
	.in = { DB_UUID, DB_TEXT, DB_I32, DB_TIME, DB_F64, DB_F64 },
};

Pb__Code store_trip_speeds(struct call *c, const struct trip_row *t, const char *graph,
	const struct roads *r, const struct roads_stretch *v, size_t n, size_t stretches)
{
	Pb__Code e = db_run(c, &sql_note_trip, NULL,
		DB_ARGS(db_uuid(t->assignment), db_time(t->arrived_us), db_time(c->at_us),
			db_i32((int32_t)stretches), db_text(graph)));

	for (size_t i = 0; i < n && !e; i++)
		e = db_run(c, &sql_note_speed, NULL,
			DB_ARGS(db_uuid(t->assignment), db_text(roads_zone_code(r, v[i].zone)),
				db_i32(v[i].hour), db_time(t->arrived_us), db_f64(v[i].expected_s),
				db_f64(v[i].observed_s)));
	return e;
}

/* ---- the fit ---- */

const struct db_stmt sql_last_fit = {
	"last_fit",
	"select fitted_at, newest_at, graph, array_to_string(array(select "
	"jsonb_array_elements_text("
	"sigma)), ' ') from dispatch.speed_fit",
	.out = { DB_TIME, DB_TIME, DB_TEXT, DB_TEXT },
};

static void read_sigma(const char *text, double ret[static 24])
{
	for (int h = 0; h < 24; h++) {
		char *end;
		double v = strtod(text, &end);
		ret[h] = end == text ? 0.25 : v;
		text = end;
	}
}

Pb__Code store_last_fit(struct call *c, struct fit_row *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_last_fit, &r, DB_NONE);

	*ret = (struct fit_row){ .graph = "" };
	if (e || !r.n)
		return e;
	ret->fitted_us = db_get_i64(&r, 0, 0);
	ret->newest_us = db_get_i64(&r, 0, 1);
	ret->graph = db_get_text(&r, 0, 2);
	read_sigma(db_get_text(&r, 0, 3), ret->sigma);
	return e;
}

const struct db_stmt sql_newest_trip = {
	"newest_trip",
	"select max(arrived_at) from dispatch.trip_speed",
	.out = { DB_TIME },
};

Pb__Code store_newest_trip(struct call *c, int64_t *ret_us)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_newest_trip, &r, DB_NONE);

	*ret_us = !e && r.n && !db_is_null(&r, 0, 0) ? db_get_i64(&r, 0, 0) : 0;
	return e;
}

/* Samples of one trip stand together. */
const struct db_stmt sql_samples = {
	"samples",
	"select dense_rank() over (order by arrived_at, assignment_id), district, hour::integer,"
	"  expected_s, observed_s,"
	"  extract(epoch from $1::timestamptz - arrived_at)::double precision / 86400"
	" from dispatch.trip_speed where arrived_at > $1::timestamptz - interval '60 days'"
	" order by arrived_at desc, assignment_id, district, hour limit 60000",
	.in = { DB_TIME },
	.out = { DB_I64, DB_TEXT, DB_I32, DB_F64, DB_F64, DB_F64 },
};

static uint16_t zone_of(const struct roads *r, const char *district)
{
	for (size_t z = 1; z < roads_n_zones(r); z++)
		if (!strcmp(roads_zone_code(r, z), district))
			return (uint16_t)z;
	return 0;
}

Pb__Code store_samples(
	struct call *c, const struct roads *r, struct roads_sample **ret, size_t *ret_n)
{
	struct db_rows rows;
	Pb__Code e = db_run(c, &sql_samples, &rows, DB_ARGS(db_time(c->at_us)));

	if (e)
		return e;
	*ret_n = rows.n;
	*ret = malloc((rows.n + 1) * sizeof(**ret));
	if (!*ret)
		return call_fail(c, PB__CODE__BUSY, "out of memory");
	for (size_t i = 0; i < rows.n; i++)
		(*ret)[i] = (struct roads_sample){
			.trip = (uint64_t)db_get_i64(&rows, i, 0),
			.zone = zone_of(r, db_get_text(&rows, i, 1)),
			.hour = (uint8_t)db_get_i32(&rows, i, 2),
			.expected_s = db_get_f64(&rows, i, 3),
			.observed_s = db_get_f64(&rows, i, 4),
			.age_days = db_get_f64(&rows, i, 5),
		};
	return e;
}

/* What was too old to count any more goes: it says how somebody drove. */
const struct db_stmt sql_drop_old_trips = {
	"drop_old_trips",
	"with s as (delete from dispatch.trip_speed"
	"  where arrived_at < $1::timestamptz - interval '60 days')"
	" delete from dispatch.trip_read where arrived_at < $1::timestamptz - interval '60 days'",
	.in = { DB_TIME },
};

const struct db_stmt sql_keep_factors = {
	"keep_factors",
	"insert into dispatch.speed_factor (district, hour, factor, trips)"
	" select $1, h.hour - 1, f.v::double precision, t.v::double precision"
	" from generate_series(1, 24) h (hour)"
	" join unnest($2::text[]) with ordinality f (v, n) on f.n = h.hour"
	" join unnest($3::text[]) with ordinality t (v, n) on t.n = h.hour"
	" on conflict (district, hour) do update set factor = excluded.factor,"
	" trips = excluded.trips",
	.in = { DB_TEXT, DB_TEXTS, DB_TEXTS },
};

const struct db_stmt sql_keep_fit = {
	"keep_fit",
	"insert into dispatch.speed_fit (fitted_at, samples, newest_at, graph, sigma)"
	" values ($1, $2, $3, $4, $5) on conflict (one) do update set"
	" fitted_at = excluded.fitted_at, samples = excluded.samples,"
	" newest_at = excluded.newest_at, graph = excluded.graph, sigma = excluded.sigma",
	.in = { DB_TIME, DB_I32, DB_TIME, DB_TEXT, DB_JSON },
};

/* 24 numbers as texts; NULL when memory is out. */
static const char **numbers(struct call *c, const double v[static 24])
{
	const char **ret = ARENA_ARRAY(c->arena, const char *, 24);

	for (int h = 0; ret && h < 24; h++) {
		ret[h] = arena_printf(c->arena, "%.5f", v[h]);
		if (!ret[h])
			return NULL;
	}
	return ret;
}

static const char *as_json(struct call *c, const double v[static 24])
{
	char *s = arena_printf(c->arena, "[%.5f", v[0]);

	for (int h = 1; s && h < 24; h++)
		s = arena_printf(c->arena, "%s, %.5f", s, v[h]);
	return s ? arena_printf(c->arena, "%s]", s) : NULL;
}

Pb__Code store_keep_fit(struct call *c, const struct roads *r, const char *graph, int64_t newest_us,
	size_t samples, const struct roads_learned *l)
{
	const char *sigma = as_json(c, l->sigma);
	Pb__Code e = db_run(c, &sql_drop_old_trips, NULL, DB_ARGS(db_time(c->at_us)));

	for (size_t z = 0; z < roads_n_zones(r) && !e; z++) {
		const char **factor = numbers(c, l->factor[z]), **trips = numbers(c, l->trips[z]);
		if (!factor || !trips || !sigma)
			return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
		e = db_run(c, &sql_keep_factors, NULL,
			DB_ARGS(db_text(roads_zone_code(r, z)), db_texts(factor, 24),
				db_texts(trips, 24)));
	}
	return e ? e
		 : db_run(c, &sql_keep_fit, NULL,
			   DB_ARGS(db_time(c->at_us), db_i32((int32_t)samples), db_time(newest_us),
				   db_text(graph), db_json(sigma)));
}

const struct db_stmt sql_factors = {
	"factors",
	"select district, hour::integer, factor from dispatch.speed_factor order by district, hour",
	.out = { DB_TEXT, DB_I32, DB_F64 },
};

Pb__Code store_factors(struct call *c, struct roads_factor **ret, size_t *ret_n)
{
	struct db_rows r;
	struct roads_factor *v;
	Pb__Code e = db_run(c, &sql_factors, &r, DB_NONE);

	*ret_n = 0;
	if (e)
		return e;
	*ret = v = ARENA_ARRAY(c->arena, struct roads_factor, r.n + 1);
	if (!v)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	for (size_t i = 0; i < r.n; i++) {
		const char *zone = db_get_text(&r, i, 0);
		if (!i || strcmp(zone, v[*ret_n - 1].zone) != 0) {
			struct roads_factor *f = &v[(*ret_n)++];
			(void)memccpy(f->zone, zone, 0, sizeof(f->zone) - 1);
			for (int h = 0; h < 24; h++)
				f->factor[h] = 1;
		}
		v[*ret_n - 1].factor[db_get_i32(&r, i, 1)] = db_get_f64(&r, i, 2);
	}
	return e;
}
