/* store_responder.c - responders, their shifts and posts. */
#include <string.h>
#include "dispatch/store.h"

#define RESPONDER_COLUMNS_SQL \
	" r.id, r.username, r.name, r.phone, r.insurer, r.districts, r.status, r.status_at," \
	" coalesce(r.post_code, ''), r.vehicle, r.recorder, r.fix_lon, r.fix_lat," \
	" r.fix_accuracy_m, r.fix_at, r.incident_id, r.disabled, r.fix_doubtful," \
	" r.silent_at"
#define RESPONDER_TYPES \
	DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXTS, DB_TEXT, DB_TIME, DB_TEXT, DB_TEXT, \
		DB_TEXT, DB_F64, DB_F64, DB_F64, DB_TIME, DB_UUID, DB_BOOL, DB_BOOL, DB_TIME

Pb__Position *wgs84_position(struct arena *a, double lon, double lat, double accuracy_m)
{
	Pb__Position *p = ARENA_NEW(a, Pb__Position);

	if (!p)
		return NULL;
	pb__position__init(p);
	p->lon = lon;
	p->lat = lat;
	p->accuracy_m = accuracy_m;
	p->datum = PB__DATUM__VALUE__WGS84;
	return p;
}

static Pb__ResponderStatus__Value status_of(const char *name)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(
		&pb__responder_status__value__descriptor, name);
	return v ? (Pb__ResponderStatus__Value)v->value : PB__RESPONDER_STATUS__VALUE__UNSPECIFIED;
}

static void read_identity(const struct db_rows *r, size_t i, Pb__Responder *p)
{
	size_t n;
	const char *const *districts = db_get_texts(r, i, 5, &n);

	p->responder_id = db_get_text(r, i, 0);
	p->username = db_get_text(r, i, 1);
	p->name = db_get_text(r, i, 2);
	p->phone = db_get_text(r, i, 3);
	p->insurer = db_get_text(r, i, 4);
	p->districts = arena_memdup(r->arena, districts, n * sizeof(*districts));
	p->n_districts = p->districts ? n : 0;
	p->disabled = db_get_bool(r, i, 16);
}

Pb__Responder *read_responder(const struct db_rows *r, size_t i, struct fix *ret_fix)
{
	Pb__Responder *p = ARENA_NEW(r->arena, Pb__Responder);
	struct fix fix = { .at = { db_get_f64(r, i, 11), db_get_f64(r, i, 12) },
		.accuracy_m = db_get_f64(r, i, 13),
		.at_us = db_get_i64(r, i, 14),
		.doubtful = db_get_bool(r, i, 17) };

	if (!p)
		return NULL;
	pb__responder__init(p);
	read_identity(r, i, p);
	p->status = status_of(db_get_text(r, i, 6));
	p->status_at = db_get_i64(r, i, 7);
	p->post = db_get_text(r, i, 8);
	p->vehicle = db_get_text(r, i, 9);
	p->recorder = db_get_text(r, i, 10);
	p->incident_id = db_get_text(r, i, 15);
	p->silent_since = db_get_i64(r, i, 18);
	if (fix.at_us) {
		p->position = wgs84_position(r->arena, fix.at.lon, fix.at.lat, fix.accuracy_m);
		p->fix_at = fix.at_us;
	}
	if (ret_fix)
		*ret_fix = fix;
	return p;
}

const struct db_stmt sql_lock_responder = {
	"lock_responder",
	"select" RESPONDER_COLUMNS_SQL ", exists (select from dispatch.shift s"
	"  where s.responder_id = r.id and s.ended_at is null)"
	" from dispatch.responder r where r.id = $1 for update of r",
	.in = { DB_UUID },
	.out = { RESPONDER_TYPES, DB_BOOL },
};

Pb__Code store_lock_responder(struct call *c, const char *id, struct responder_row *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_lock_responder, &r, DB_ARGS(db_uuid(id)));
	if (e)
		return e;
	if (!r.n)
		return call_unknown(c, "responder", id);
	ret->pb = read_responder(&r, 0, &ret->fix);
	ret->on_shift = db_get_bool(&r, 0, RESPONDER_COLUMNS);
	if (!ret->pb)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	return PB__CODE__OK;
}

const struct db_stmt sql_get_responder = {
	"get_responder",
	"select" RESPONDER_COLUMNS_SQL " from dispatch.responder r where r.id = $1",
	.in = { DB_UUID },
	.out = { RESPONDER_TYPES },
};

/* $1 status, $2 district, $3 insurer, $4 post ("" each: any), $5 after this id, $6 limit, $7 the
 * caller's districts (empty: all). A responder bound to no district works in every one. */
const struct db_stmt sql_list_responders = {
	"list_responders",
	"select" RESPONDER_COLUMNS_SQL " from dispatch.responder r"
	" where ($1 = '' or r.status = $1)"
	"  and ($2 = '' or r.districts = '{}' or $2 = any (r.districts))"
	"  and ($3 = '' or r.insurer = $3) and ($4 = '' or r.post_code = $4)"
	"  and ($5::uuid is null or r.id > $5)"
	"  and ($7::text[] = '{}' or r.districts = '{}' or r.districts && $7)"
	" order by r.id limit $6",
	.in = { DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_UUID, DB_I64, DB_TEXTS },
	.out = { RESPONDER_TYPES },
};

/* $1 ids, $2 status ("": on duty), $3 the caller's districts (empty: all). */
const struct db_stmt sql_these_responders = {
	"these_responders",
	"select" RESPONDER_COLUMNS_SQL " from dispatch.responder r where r.id = any ($1)"
	"  and r.fix_at is not null and r.status = case $2 when '' then r.status else $2 end"
	"  and r.status <> 'OFF_DUTY'"
	"  and ($3::text[] = '{}' or r.districts = '{}' or r.districts && $3)",
	.in = { DB_UUIDS, DB_TEXT, DB_TEXTS },
	.out = { RESPONDER_TYPES },
};

const struct db_stmt sql_put_account = {
	"put_account",
	"insert into dispatch.responder (id, username, name, phone, insurer, districts,"
	"  account_version, status_at, home, region) select $1, $2, $3, $4, $5, $6, $7, $8, h, h"
	"  from dispatch.region_of(coalesce(($6::text[])[1], '')) h"
	" on conflict (id) do update set username = excluded.username, name = excluded.name,"
	"  phone = excluded.phone, insurer = excluded.insurer, districts = excluded.districts,"
	"  account_version = excluded.account_version, disabled = false, home = excluded.home,"
	"  region = case when responder.region = responder.home then excluded.home"
	"   else responder.region end"
	" where responder.account_version <= excluded.account_version",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXTS, DB_I64, DB_TIME },
};

Pb__Code store_put_account(struct call *c, const char *id, const Pb__Responder *r, int64_t version)
{
	return db_run(c, &sql_put_account, NULL,
		DB_ARGS(db_uuid(id), db_text(r->username), db_text(r->name), db_text(r->phone),
			db_text(r->insurer), db_texts(r->districts, r->n_districts),
			db_i64(version), db_time(c->at_us)));
}

const struct db_stmt sql_disable_account = {
	"disable_account",
	"update dispatch.responder set disabled = true, account_version = $2"
	" where id = $1 and account_version <= $2",
	.in = { DB_UUID, DB_I64 },
};

Pb__Code store_disable_account(struct call *c, const char *id, int64_t version)
{
	return db_run(c, &sql_disable_account, NULL, DB_ARGS(db_uuid(id), db_i64(version)));
}

const struct db_stmt sql_responder_exists = {
	"responder_exists",
	"select id from dispatch.responder where id = $1",
	.in = { DB_UUID },
	.out = { DB_UUID },
};

Pb__Code store_responder_exists(struct call *c, const char *id, bool *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_responder_exists, &r, DB_ARGS(db_uuid(id)));
	*ret = !e && r.n > 0;
	return e;
}

const struct db_stmt sql_set_status = {
	"set_status",
	"update dispatch.responder set status = $2, status_at = $3, incident_id = null,"
	" region = home, trip_swaps = 0 where id = $1",
	.in = { DB_UUID, DB_TEXT, DB_TIME },
};

Pb__Code store_set_status(struct call *c, const char *id, const char *status)
{
	return db_run(
		c, &sql_set_status, NULL, DB_ARGS(db_uuid(id), db_text(status), db_time(c->at_us)));
}

/* Starts a shift or changes the running one; where to look for him follows the post until a fix of
 * the last ten minutes says better. */
const struct db_stmt sql_start_shift = {
	"start_shift",
	"with s as (insert into dispatch.shift (id, responder_id, post_code, vehicle, recorder,"
	"   started_at) values ($1, $2, nullif($3, ''), $4, $5, $6)"
	"  on conflict (responder_id) where ended_at is null do update set"
	"   post_code = excluded.post_code, vehicle = excluded.vehicle,"
	"   recorder = excluded.recorder returning id)"
	" update dispatch.responder r set post_code = nullif($3, ''), vehicle = $4, recorder = $5,"
	"  here = case when r.fix_at > $6 - interval '10 minutes' then r.here"
	"   else (select dispatch.flat(p.lon, p.lat) from dispatch.post p where p.code = $3) end"
	" where r.id = $2",
	.in = { DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME },
};

Pb__Code store_start_shift(struct call *c, const char *id, const Pb__GoOnDutyRequest *duty)
{
	return db_run(c, &sql_start_shift, NULL,
		DB_ARGS(db_uuid(call_uuid(c)), db_uuid(id), db_text(duty->post),
			db_text(duty->vehicle), db_text(duty->recorder), db_time(c->at_us)));
}

const struct db_stmt sql_end_shift = {
	"end_shift",
	"update dispatch.shift set ended_at = greatest($2, started_at)"
	" where responder_id = $1 and ended_at is null",
	.in = { DB_UUID, DB_TIME },
};

Pb__Code store_end_shift(struct call *c, const char *id)
{
	return db_run(c, &sql_end_shift, NULL, DB_ARGS(db_uuid(id), db_time(c->at_us)));
}

const struct db_stmt sql_post_open = {
	"post_open",
	"select code from dispatch.post where code = $1 and not closed",
	.in = { DB_TEXT },
	.out = { DB_TEXT },
};

Pb__Code store_post_open(struct call *c, const char *code, bool *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_post_open, &r, DB_ARGS(db_text(code)));
	*ret = !e && r.n > 0;
	return e;
}

const struct db_stmt sql_put_post = {
	"put_post",
	"insert into dispatch.post (code, name, district, lon, lat, closed, changed_at)"
	" values ($1, $2, $3, $4, $5, $6, $7)"
	" on conflict (code) do update set name = excluded.name, district = excluded.district,"
	"  lon = excluded.lon, lat = excluded.lat, closed = excluded.closed,"
	"  changed_at = excluded.changed_at"
	" returning code, name, district, lon, lat, closed",
	.in = { DB_TEXT, DB_TEXT, DB_TEXT, DB_F64, DB_F64, DB_BOOL, DB_TIME },
	.out = { DB_TEXT, DB_TEXT, DB_TEXT, DB_F64, DB_F64, DB_BOOL },
};

const struct db_stmt sql_list_posts = {
	"list_posts",
	"select code, name, district, lon, lat, closed from dispatch.post"
	" where ($1 = '' or district = $1) and code > $2 order by code limit $3",
	.in = { DB_TEXT, DB_TEXT, DB_I64 },
	.out = { DB_TEXT, DB_TEXT, DB_TEXT, DB_F64, DB_F64, DB_BOOL },
};
