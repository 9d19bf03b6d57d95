/* store_world.c - a region's open incidents as the engine sees them, and the locks before a plan is
 * written. */
#include <string.h>
#include "dispatch/store.h"

/* Incidents with their lead, open offers and supporters; times of offers in microseconds, 0 for a
 * supporter who is assigned. The oldest first: what is behind them is planned when they are served.
 */
const struct db_stmt sql_open_incidents = {
	"open_incidents",
	"select" INCIDENT_COLUMNS ", a.responder_id, o.responder_id, o.expires_at, t.responder_id,"
	"  t.expires_at, coalesce(h.who, '{}'), coalesce(h.until, '{}'),"
	"  (select q.queued_at from dispatch.queued q where q.incident_id = i.id), a.by_hand"
	" from dispatch.incident i"
	" left join dispatch.assignment a on a.incident_id = i.id and a.ended_at is null and a.lead"
	" left join dispatch.offer o on o.incident_id = i.id and o.outcome is null and o.lead"
	"  and o.replaces_id is null and a.id is null"
	" left join dispatch.offer t on t.replaces_id = a.id and t.outcome is null"
	" left join lateral (select array_agg(x.who order by x.until, x.who) as who,"
	"   array_agg(x.until order by x.until, x.who) as until from (select s.responder_id as who,"
	"    0::bigint as until from dispatch.assignment s where s.incident_id = i.id"
	"    and s.ended_at is null and not s.lead union all select s.responder_id,"
	"    (extract(epoch from s.expires_at) * 1000000)::bigint from dispatch.offer s"
	"    where s.incident_id = i.id and s.outcome is null and s.replaces_id is null"
	"    and s.id is distinct from o.id) x) h on true"
	" where i.region = $1 and i.phase = 'OPEN' order by i.accepted_at, i.id limit 300",
	.in = { DB_TEXT },
	.out = { INCIDENT_TYPES, DB_UUID, DB_UUID, DB_TIME, DB_UUID, DB_TIME, DB_UUIDS, DB_I64S,
		DB_TIME, DB_BOOL },
};

enum { BY_HAND = 1000 }; /* more swaps than any policy allows */

static const char *id_or_null(const struct db_rows *r, size_t i, size_t column)
{
	return db_is_null(r, i, column) ? NULL : db_get_text(r, i, column);
}

static void read_helpers(const struct db_rows *r, size_t i, struct incident *in)
{
	size_t n, m;
	const char *const *who = db_get_texts(r, i, INCIDENT_COLUMN_COUNT + 5, &n);
	const int64_t *until = db_get_i64s(r, i, INCIDENT_COLUMN_COUNT + 6, &m);

	for (size_t k = 0; k < n && k < m && in->n_helpers < ENGINE_WANTED_MAX - 1; k++)
		in->helpers[in->n_helpers++] = (struct helper){ who[k], !until[k], until[k] };
}

static void read_open(
	const struct db_rows *r, size_t i, const struct incident_row *row, struct incident *in)
{
	const size_t at = INCIDENT_COLUMN_COUNT;
	const char *lead = id_or_null(r, i, at), *offered = id_or_null(r, i, at + 1);

	*in = (struct incident){
		.id = row->id,
		.at = row->at,
		.accepted_us = row->accepted_us,
		.promised_us = row->promised_us,
		.state = lead      ? INCIDENT_ASSIGNED
			 : offered ? INCIDENT_OFFERED
				   : INCIDENT_WAITING,
		.unit = lead ? lead : offered,
		.offer_expires_us = db_get_i64(r, i, at + 2),
		.next_unit = id_or_null(r, i, at + 3),
		.next_expires_us = db_get_i64(r, i, at + 4),
		.warned_nobody = row->warned_nobody_us != 0,
		.warned_risk = row->warned_risk,
		.remote_told = row->warned_remote_us != 0,
		/* Whom a dispatcher sent no plan takes off again. */
		.swaps = db_get_bool(r, i, at + 8) ? BY_HAND : row->swaps,
		.hold_until_us = row->hold_until_us,
		.queued_unit = *row->queued_for ? row->queued_for : NULL,
		.queued_us = db_get_i64(r, i, at + 7),
		.wanted = row->wanted,
	};
	read_helpers(r, i, in);
}

Pb__Code store_open_incidents(struct call *c, const char *region, struct open_incidents *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_open_incidents, &r, DB_ARGS(db_text(region)));

	if (e)
		return e;
	*ret = (struct open_incidents){ ARENA_ARRAY(c->arena, struct incident_row, r.n + 1),
		ARENA_ARRAY(c->arena, struct incident, r.n + 2), r.n };
	if (!ret->rows || !ret->incidents)
		return call_fail(c, PB__CODE__TOO_LARGE, "too many incidents for one plan");
	for (size_t i = 0; i < r.n; i++) {
		read_incident(&r, i, &ret->rows[i]);
		read_open(&r, i, &ret->rows[i], &ret->incidents[i]);
	}
	return PB__CODE__OK;
}

const struct db_stmt sql_asked_all = {
	"asked_all",
	"select incident_id, responder_id, count(*), max(ended_at),"
	"  (array_agg(outcome order by ended_at desc))[1] <> 'EXPIRED'"
	" from (select incident_id, responder_id, ended_at, outcome from dispatch.offer"
	"   where incident_id = any ($1) and outcome in ('DECLINED', 'EXPIRED')"
	"  union all select incident_id, responder_id, ended_at, how from dispatch.assignment"
	"   where incident_id = any ($1) and how = 'RELEASED') a"
	" group by incident_id, responder_id order by incident_id, max(ended_at) desc",
	.in = { DB_UUIDS },
	.out = { DB_UUID, DB_UUID, DB_I64, DB_TIME, DB_BOOL },
};

static struct incident *find(struct open_incidents *o, const char *id)
{
	for (size_t i = 0; i < o->n; i++)
		if (!strcmp(o->incidents[i].id, id))
			return &o->incidents[i];
	return NULL;
}

Pb__Code store_asked_all(struct call *c, struct open_incidents *o)
{
	const char **ids = ARENA_ARRAY(c->arena, const char *, o->n + 1);
	struct db_rows r;
	Pb__Code e;

	if (!ids)
		return call_fail(c, PB__CODE__TOO_LARGE, "too many incidents for one plan");
	for (size_t i = 0; i < o->n; i++)
		ids[i] = o->incidents[i].id;
	e = db_run(c, &sql_asked_all, &r, DB_ARGS(db_uuids(ids, o->n)));
	for (size_t i = 0; !e && i < r.n; i++) {
		struct incident *in = find(o, db_get_text(&r, i, 0));
		if (in && in->n_asked < ENGINE_ASKED_MAX)
			in->asked[in->n_asked++] = (struct asked){
				.unit = db_get_text(&r, i, 1),
				.times = (unsigned)db_get_i64(&r, i, 2),
				.last_us = db_get_i64(&r, i, 3),
				.declined = db_get_bool(&r, i, 4),
			};
	}
	return e;
}

/* ---- locks ---- */

/* Only what is as it was when it was loaded, and nobody else has under his hands. */
const struct db_stmt sql_lock_unchanged = {
	"lock_unchanged",
	"select i.id from dispatch.incident i join unnest($1::uuid[], $2::bigint[]) as u(id, was)"
	" on u.id = i.id where i.phase = 'OPEN' and i.n_live + 10 * i.n_open + 100 * i.swaps = "
	"u.was"
	" order by i.id for update of i skip locked",
	.in = { DB_UUIDS, DB_I64S },
	.out = { DB_UUID },
};
const struct db_stmt sql_lock_free = {
	"lock_free",
	"select r.id from dispatch.responder r join unnest($1::uuid[], $2::text[]) as u(id, was)"
	" on u.id = r.id where r.status = u.was and r.region = $3 order by r.id"
	" for update of r skip locked",
	.in = { DB_UUIDS, DB_TEXTS, DB_TEXT },
	.out = { DB_UUID },
};

Pb__Code store_lock_for_plan(struct call *c, const struct plan_locks *l, bool *ret_all)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_lock_unchanged, &r,
		DB_ARGS(db_uuids(l->incidents, l->n_incidents), db_i64s(l->was, l->n_incidents)));

	*ret_all = !e && r.n == l->n_incidents;
	if (e || !*ret_all)
		return e;
	e = db_run(c, &sql_lock_free, &r,
		DB_ARGS(db_uuids(l->units, l->n_units), db_texts(l->status, l->n_units),
			db_text(l->region)));
	*ret_all = !e && r.n == l->n_units;
	return e;
}

/* ---- where incidents are to be expected ---- */

/* Cells of about a kilometre, over four weeks. */
const struct db_stmt sql_zones = {
	"zones",
	"with i as (select lon, lat from dispatch.incident where region = $1 and lane = 'RAPID'"
	"  and accepted_at > $2 - interval '28 days')"
	" select avg(lon), avg(lat), count(*) from i"
	" group by round(lon * 92), round(lat * 111) order by 3 desc, 1, 2 limit 150",
	.in = { DB_TEXT, DB_TIME },
	.out = { DB_F64, DB_F64, DB_I64 },
};
/* Of the last half hour, or the mean of what is known, whichever is more. */
const struct db_stmt sql_rate = {
	"rate",
	"select greatest(count(*) filter (where accepted_at > $2 - interval '30 minutes') / 1800.0,"
	"  count(*) / greatest(3600.0, extract(epoch from $2 - min(accepted_at))))::float8"
	" from dispatch.incident where region = $1 and lane = 'RAPID'"
	" and accepted_at > $2 - interval '28 days' and accepted_at <= $2",
	.in = { DB_TEXT, DB_TIME },
	.out = { DB_F64 },
};
const struct db_stmt sql_sites = {
	"sites",
	"select code, lon, lat from dispatch.post where not closed"
	" and dispatch.region_of(district) = $1 order by code limit 200",
	.in = { DB_TEXT },
	.out = { DB_TEXT, DB_F64, DB_F64 },
};
