/* store_region.c - regions, their leases and marks, and what they lend each other. */
#include <string.h>
#include "dispatch/store.h"

/* ---- leases: all times are the database's ---- */

/* A process that lost its connection is gone at once; one that only stopped, when its lease ends.
 */
#define ALIVE \
	"exists (select from pg_stat_activity s where s.pid = p.pid" \
	" and s.backend_start = p.backend_start) and p.seen_at > now() - interval '3 seconds'"

const struct db_stmt sql_show_alive = {
	"show_alive",
	"with gone as (delete from dispatch.process where seen_at < now() - interval '1 minute'),"
	" me as (insert into dispatch.process (id, host, seen_at, pid, backend_start)"
	"  select $1, $2, now(), s.pid, s.backend_start from pg_stat_activity s"
	"  where s.pid = pg_backend_pid()"
	"  on conflict (id) do update set seen_at = now(), pid = excluded.pid,"
	"   backend_start = excluded.backend_start)"
	" update dispatch.region_lease set expires_at = now() + interval '3 seconds'"
	" where owner = $1 returning region, epoch",
	.in = { DB_UUID, DB_TEXT },
	.out = { DB_TEXT, DB_I64 },
};

static Pb__Code read_leases(struct call *c, const struct db_rows *r, struct leases *ret)
{
	for (size_t i = 0; i < r->n; i++) {
		if (ret->n == LEASES_MAX)
			return call_fail(c, PB__CODE__REFUSED, "too many regions");
		struct lease *l = &ret->items[ret->n++];
		l->epoch = db_get_i64(r, i, 1);
		(void)memccpy(l->region, db_get_text(r, i, 0), 0, sizeof(l->region) - 1);
	}
	return PB__CODE__OK;
}

Pb__Code store_renew_leases(struct call *c, const char *owner, const char *host, struct leases *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_show_alive, &r, DB_ARGS(db_uuid(owner), db_text(host)));

	memset(ret, 0, sizeof(*ret));
	return e ? e : read_leases(c, &r, ret);
}

/* How many regions each process alive should have. */
const struct db_stmt sql_fair_share = {
	"fair_share",
	"select ceil((select count(*) from dispatch.region_lease)::float8"
	" / greatest(1, (select count(*) from dispatch.process p where " ALIVE ")))::bigint",
	.out = { DB_I64 },
};

/* Whatever nobody holds, up to $2; an open transaction of a former owner still holds his. */
const struct db_stmt sql_take_leases = {
	"take_leases",
	"with t as (update dispatch.region_lease set owner = $1, epoch = epoch + 1,"
	"   expires_at = now() + interval '3 seconds' where region in (select l.region"
	"   from dispatch.region_lease l where l.owner is null or l.expires_at < now()"
	"    or not exists (select from dispatch.process p where p.id = l.owner and " ALIVE ")"
	"   order by l.region limit $2 for update skip locked) returning region, epoch),"
	" d as (update dispatch.region r set dirty_at = now() from t where r.code = t.region)"
	" select region, epoch from t",
	.in = { DB_UUID, DB_I64 },
	.out = { DB_TEXT, DB_I64 },
};
const struct db_stmt sql_give_leases = {
	"give_leases",
	"update dispatch.region_lease set owner = null, expires_at = '-infinity' where region in ("
	" select region from dispatch.region_lease where owner = $1 order by region desc limit $2)",
	.in = { DB_UUID, DB_I64 },
};

Pb__Code store_balance_leases(struct call *c, const char *owner, struct leases *held)
{
	struct db_rows r;
	int64_t fair;
	Pb__Code e = db_run(c, &sql_fair_share, &r, DB_NONE);

	if (e)
		return e;
	fair = db_get_i64(&r, 0, 0);
	if ((int64_t)held->n > fair)
		return db_run(c, &sql_give_leases, NULL,
			DB_ARGS(db_uuid(owner), db_i64((int64_t)held->n - fair)));
	if ((int64_t)held->n == fair)
		return PB__CODE__OK;
	e = db_run(
		c, &sql_take_leases, &r, DB_ARGS(db_uuid(owner), db_i64(fair - (int64_t)held->n)));
	return e ? e : read_leases(c, &r, held);
}

/* The guard of every transaction that does a region's work. */
const struct db_stmt sql_hold_region = {
	"hold_region",
	"select epoch from dispatch.region_lease where region = $1 and owner = $2 and epoch = $3"
	" for share",
	.in = { DB_TEXT, DB_UUID, DB_I64 },
	.out = { DB_I64 },
};

Pb__Code store_hold_region(
	struct call *c, const char *region, const char *owner, int64_t epoch, bool *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(
		c, &sql_hold_region, &r, DB_ARGS(db_text(region), db_uuid(owner), db_i64(epoch)));

	*ret = !e && r.n;
	return e;
}

/* ---- marks ---- */

const struct db_stmt sql_mark_region = {
	"mark_region",
	"update dispatch.region r set dirty_at = " REGION_NEXT_PLAN(
		"$2") " where r.code = $1 and r.dirty_at is null",
	.in = { DB_TEXT, DB_TIME },
};

Pb__Code store_mark_region(struct call *c, const char *region)
{
	return db_run(c, &sql_mark_region, NULL, DB_ARGS(db_text(region), db_time(c->at_us)));
}

const struct db_stmt sql_mark_home = {
	"mark_home",
	"update dispatch.region r set dirty_at = " REGION_NEXT_PLAN(
		"$2") " from dispatch.responder p where p.id = $1 and r.code = p.region and "
		      "r.dirty_at is null",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_mark_home(struct call *c, const char *responder)
{
	return db_run(c, &sql_mark_home, NULL, DB_ARGS(db_uuid(responder), db_time(c->at_us)));
}

/* The mark is taken off in a transaction of its own, so that one made while the plan is under way
 * stays. Regions with anything open are planned now and then even unmarked. */
const struct db_stmt sql_claim_region = {
	"claim_region",
	"with was as (select r.code, r.planned_at from dispatch.region r"
	"  join dispatch.region_lease l on l.region = r.code and l.owner = $1"
	"  where r.dirty_at <= $2 or r.planned_at < $2 - interval '5 seconds' and exists (select"
	"   from dispatch.incident i where i.region = r.code and i.phase = 'OPEN')"
	"  order by coalesce(r.dirty_at, r.planned_at) limit 1 for update of r skip locked)"
	" update dispatch.region r set dirty_at = null, planned_at = $2 from was"
	" where r.code = was.code returning r.code, was.planned_at",
	.in = { DB_UUID, DB_TIME },
	.out = { DB_TEXT, DB_TIME },
};

Pb__Code store_claim_region(
	struct call *c, const char *owner, const char **ret, int64_t *ret_planned_us)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_claim_region, &r, DB_ARGS(db_uuid(owner), db_time(c->at_us)));

	*ret = !e && r.n ? db_get_text(&r, 0, 0) : NULL;
	*ret_planned_us = *ret ? db_get_i64(&r, 0, 1) : 0;
	return e;
}

/* ---- the map ---- */

const struct db_stmt sql_list_regions = {
	"list_regions",
	"select r.code, r.name, array(select m.district from dispatch.region_map m"
	"   where m.region = r.code and m.version = v.version order by 1),"
	"  coalesce(l.owner::text, ''), l.epoch, case when isfinite(l.expires_at) then "
	"l.expires_at end,"
	"  (select count(*) from dispatch.incident i where i.region = r.code and i.phase = 'OPEN'),"
	"  (select count(*) from dispatch.responder p where p.region = r.code"
	"    and p.status <> 'OFF_DUTY'), v.version"
	" from dispatch.region r join dispatch.region_lease l on l.region = r.code,"
	"  (select max(version) as version from dispatch.region_version) v order by r.code",
	.out = { DB_TEXT, DB_TEXT, DB_TEXTS, DB_TEXT, DB_I64, DB_TIME, DB_I64, DB_I64, DB_I32 },
};
const struct db_stmt sql_new_region_version = {
	"new_region_version",
	"insert into dispatch.region_version (version, made_by)"
	" select max(version) + 1, $1 from dispatch.region_version returning version",
	.in = { DB_TEXT },
	.out = { DB_I32 },
};
const struct db_stmt sql_put_region = {
	"put_region",
	"with r as (insert into dispatch.region (code, name) values ($1, $2)"
	"   on conflict (code) do update set name = excluded.name returning code),"
	" m as (insert into dispatch.region_map (version, district, region)"
	"  select $3, d, r.code from r, unnest($4::text[]) d)"
	" insert into dispatch.region_lease (region) select code from r on conflict do nothing",
	.in = { DB_TEXT, DB_TEXT, DB_I32, DB_TEXTS },
};
/* A region that lost its last district stays as long as anything is in it. */
const struct db_stmt sql_move_to_regions = {
	"move_to_regions",
	"with i as (update dispatch.incident set region = dispatch.region_of(district)"
	"   where phase = 'OPEN' and region <> dispatch.region_of(district)),"
	" p as (update dispatch.responder set home = dispatch.region_of(coalesce(districts[1], "
	"'')),"
	"   region = dispatch.region_of(coalesce(districts[1], '')))"
	" update dispatch.region set dirty_at = now()",
	.in = { DB_END },
};

/* ---- borrowing ---- */

/* The nearest available ones of other regions, least busy first by distance. */
const struct db_stmt sql_ask_borrow = {
	"ask_borrow",
	"insert into dispatch.borrow (id, incident_id, responder_id, borrower, lender, asked_at,"
	"  asked_epoch) select $1, $2, r.id, $4, r.region, $5, $6 from dispatch.responder r"
	" where r.id = $3 and r.region <> $4 and not exists (select from dispatch.borrow b"
	"  where b.incident_id = $2 and b.responder_id = r.id"
	"  and b.asked_at > $5 - interval '30 seconds') on conflict do nothing returning lender",
	.in = { DB_UUID, DB_UUID, DB_UUID, DB_TEXT, DB_TIME, DB_I64 },
	.out = { DB_TEXT },
};

Pb__Code store_ask_borrow(struct call *c, const struct incident_row *in, const char *responder,
	int64_t epoch, bool *ret_asked)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_ask_borrow, &r,
		DB_ARGS(db_uuid(call_uuid(c)), db_uuid(in->id), db_uuid(responder),
			db_text(in->region), db_time(c->at_us), db_i64(epoch)));

	*ret_asked = !e && r.n;
	return e;
}

#define BORROW_COLUMNS \
	" b.id, b.incident_id, b.responder_id, b.borrower, b.lender, b.reason, i.district, " \
	"l.epoch" \
	" from dispatch.borrow b join dispatch.incident i on i.id = b.incident_id"
#define BORROW_TYPES DB_UUID, DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_I64

static Pb__Code read_borrow(const struct db_rows *r, struct borrow_row *ret, bool *ret_found)
{
	*ret_found = r->n > 0;
	if (r->n)
		*ret = (struct borrow_row){ db_get_text(r, 0, 0), db_get_text(r, 0, 1),
			db_get_text(r, 0, 2), db_get_text(r, 0, 3), db_get_text(r, 0, 4),
			db_get_text(r, 0, 6), db_get_i64(r, 0, 7) };
	return PB__CODE__OK;
}

const struct db_stmt sql_asked_of_us = {
	"asked_of_us",
	"select" BORROW_COLUMNS
	" join dispatch.region_lease l on l.region = b.lender and l.owner = $1"
	" where b.answer is null order by b.asked_at limit 1 for update of b skip locked"
	" for share of l",
	.in = { DB_UUID },
	.out = { BORROW_TYPES },
};
const struct db_stmt sql_asked_in_vain = {
	"asked_in_vain",
	"select" BORROW_COLUMNS
	" join dispatch.region_lease l on l.region = b.borrower and l.owner = $1"
	" where b.answer is null and b.asked_at < $2 - interval '5 seconds'"
	" order by b.asked_at limit 1 for update of b skip locked for share of l",
	.in = { DB_UUID, DB_TIME },
	.out = { BORROW_TYPES },
};

Pb__Code store_lock_borrow(
	struct call *c, const char *owner, bool in_vain, struct borrow_row *ret, bool *ret_found)
{
	struct db_rows r;
	Pb__Code e = in_vain ? db_run(c, &sql_asked_in_vain, &r,
				       DB_ARGS(db_uuid(owner), db_time(c->at_us)))
			     : db_run(c, &sql_asked_of_us, &r, DB_ARGS(db_uuid(owner)));

	*ret_found = false;
	return e ? e : read_borrow(&r, ret, ret_found);
}

/* What the lender keeps: incidents of his own that wait, responders of his own that are free. */
const struct db_stmt sql_at_home = {
	"at_home",
	"select (select count(*) from dispatch.incident i where i.region = $1"
	"  and i.state = 'WAITING' and i.hold_until is null), (select count(*)"
	"  from dispatch.responder r where r.region = $1 and r.status = 'AVAILABLE'"
	"  and not r.disabled)",
	.in = { DB_TEXT },
	.out = { DB_I64, DB_I64 },
};
const struct db_stmt sql_lend = {
	"lend",
	"update dispatch.responder set region = $2 where id = $1 and region = $3"
	" and status = 'AVAILABLE' and not disabled returning id",
	.in = { DB_UUID, DB_TEXT, DB_TEXT },
	.out = { DB_UUID },
};
const struct db_stmt sql_answer_borrow = {
	"answer_borrow",
	"with b as (update dispatch.borrow set answer = $2, answered_at = $3, answered_epoch = $4,"
	"   reason = $5 where id = $1 and answer is null returning borrower)"
	" update dispatch.region r set dirty_at = $3 from b where r.code = b.borrower",
	.in = { DB_UUID, DB_TEXT, DB_TIME, DB_I64, DB_TEXT },
};

/* *ret_why: NULL when granted, else a constant word. */
Pb__Code store_lend(struct call *c, const struct borrow_row *b, const char **ret_why)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_at_home, &r, DB_ARGS(db_text(b->lender)));

	*ret_why = NULL;
	if (e)
		return e;
	if (db_get_i64(&r, 0, 0) > 0 || db_get_i64(&r, 0, 1) < 2)
		*ret_why = "needed_at_home";
	else if (!(e = db_run(c, &sql_lend, &r,
			   DB_ARGS(db_uuid(b->responder_id), db_text(b->borrower),
				   db_text(b->lender)))) &&
		 !r.n)
		*ret_why = "not_available";
	return e;
}

Pb__Code store_answer_borrow(
	struct call *c, const struct borrow_row *b, const char *answer, const char *reason)
{
	return db_run(c, &sql_answer_borrow, NULL,
		DB_ARGS(db_uuid(b->id), db_text(answer), db_time(c->at_us), db_i64(b->epoch),
			db_text(reason)));
}

/* Borrowed ones nobody has used for a while go home. */
const struct db_stmt sql_send_home = {
	"send_home",
	"update dispatch.responder r set region = r.home where r.status = 'AVAILABLE'"
	" and r.region <> r.home and exists (select from dispatch.region_lease l"
	"  where l.region = r.region and l.owner = $1)"
	" and not exists (select from dispatch.borrow b where b.responder_id = r.id"
	"  and b.answered_at > $2 - interval '10 seconds')",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_send_home(struct call *c, const char *owner)
{
	return db_run(c, &sql_send_home, NULL, DB_ARGS(db_uuid(owner), db_time(c->at_us)));
}
