/* store_webhook.c - endpoints, notices and their deliveries. */
#include "claims/store.h"
#include "claims/statements.h"
#include "kit/json.h"

#define ENDPOINT_COLUMNS \
	"select endpoint_id, insurer, url, disabled, disabled_reason, secret, created_at," \
	" changed_at, secret_made_at from claims.webhook_endpoint" \
	" where insurer = $1 and endpoint_id = $2"
#define ENDPOINT_TYPES \
	DB_TEXT, DB_TEXT, DB_TEXT, DB_BOOL, DB_TEXT, DB_TEXT, DB_TIME, DB_TIME, DB_TIME

const struct db_stmt sql_endpoint = {
	"endpoint",
	ENDPOINT_COLUMNS,
	.in = { DB_TEXT, DB_TEXT },
	.out = { ENDPOINT_TYPES },
};
const struct db_stmt sql_lock_endpoint = {
	"lock_endpoint",
	ENDPOINT_COLUMNS " for update",
	.in = { DB_TEXT, DB_TEXT },
	.out = { ENDPOINT_TYPES },
};

Pb__Code store_endpoint(
	struct call *c, const char *insurer, const char *id, bool lock, struct endpoint_row *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, lock ? &sql_lock_endpoint : &sql_endpoint, &r,
		DB_ARGS(db_text(insurer), db_text(id)));
	*ret = (struct endpoint_row){ 0 };
	if (e || !r.n)
		return e;
	Pb__WebhookEndpoint *p = ARENA_NEW(c->arena, Pb__WebhookEndpoint);
	if (!p)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	pb__webhook_endpoint__init(p);
	p->endpoint_id = db_get_text(&r, 0, 0);
	p->insurer = db_get_text(&r, 0, 1);
	p->url = db_get_text(&r, 0, 2);
	p->disabled = db_get_bool(&r, 0, 3);
	p->disabled_reason = db_get_text(&r, 0, 4);
	p->secret = db_get_text(&r, 0, 5);
	p->created_at = db_get_i64(&r, 0, 6);
	p->changed_at = db_get_i64(&r, 0, 7);
	*ret = (struct endpoint_row){ p, db_get_i64(&r, 0, 8) };
	return PB__CODE__OK;
}

const struct db_stmt sql_add_endpoint = {
	"add_endpoint",
	"insert into claims.webhook_endpoint (insurer, endpoint_id, url, disabled, disabled_reason,"
	" secret, secret_made_at, created_at, changed_at)"
	" values ($1, $2, $3, $4, $5, $6, $7, $7, $7)",
	.in = { DB_TEXT, DB_TEXT, DB_TEXT, DB_BOOL, DB_TEXT, DB_TEXT, DB_TIME },
};

Pb__Code store_add_endpoint(struct call *c, const Pb__WebhookEndpoint *e)
{
	return db_run(c, &sql_add_endpoint, NULL,
		DB_ARGS(db_text(e->insurer), db_text(e->endpoint_id), db_text(e->url),
			db_bool(e->disabled), db_text(e->disabled_reason), db_text(e->secret),
			db_time(e->changed_at)));
}

/* With a new secret the old one signs too for a day, so that the receiver can change over. */
const struct db_stmt sql_change_endpoint = {
	"change_endpoint",
	"update claims.webhook_endpoint set url = $3, disabled = $4, disabled_reason = $5,"
	" previous_secret = case when $7 then secret else previous_secret end,"
	" previous_until = case when $7 then $8 + interval '24 hours' else previous_until end,"
	" secret_made_at = case when $7 then $8 else secret_made_at end, secret = $6,"
	" changed_at = $8 where insurer = $1 and endpoint_id = $2",
	.in = { DB_TEXT, DB_TEXT, DB_TEXT, DB_BOOL, DB_TEXT, DB_TEXT, DB_BOOL, DB_TIME },
};

Pb__Code store_change_endpoint(struct call *c, const Pb__WebhookEndpoint *e, bool new_secret)
{
	return db_run(c, &sql_change_endpoint, NULL,
		DB_ARGS(db_text(e->insurer), db_text(e->endpoint_id), db_text(e->url),
			db_bool(e->disabled), db_text(e->disabled_reason), db_text(e->secret),
			db_bool(new_secret), db_time(e->changed_at)));
}

const struct db_stmt sql_disable_endpoint = {
	"disable_endpoint",
	"update claims.webhook_endpoint set disabled = true, disabled_reason = $3, changed_at = $4"
	" where insurer = $1 and endpoint_id = $2 and not disabled",
	.in = { DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME },
};

Pb__Code store_disable_endpoint(
	struct call *c, const char *insurer, const char *id, const char *why)
{
	return db_run(c, &sql_disable_endpoint, NULL,
		DB_ARGS(db_text(insurer), db_text(id), db_text(why), db_time(c->at_us)));
}

/* ---- notices ---- */

const struct db_stmt sql_add_notice = {
	"add_notice",
	"insert into claims.notice (notice_id, claim_id, insurer, type, body, noted_at)"
	" values ($1, $2, $3, $4, $5, $6)",
	.in = { DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME },
};

Pb__Code store_add_notice(struct call *c, const char *notice, const struct claim_row *claim,
	const char *type, const char *body)
{
	return db_run(c, &sql_add_notice, NULL,
		DB_ARGS(db_uuid(notice), db_uuid(claim->claim_id), db_text(claim->insurer),
			db_text(type), db_text(body), db_time(c->at_us)));
}

const struct db_stmt sql_endpoints_of = {
	"endpoints_of",
	"select endpoint_id from claims.webhook_endpoint where insurer = $1",
	.in = { DB_TEXT },
	.out = { DB_TEXT },
};
const struct db_stmt sql_open_notices = {
	"open_notices",
	"select n.notice_id from claims.notice n join claims.claim k using (claim_id)"
	" where k.insurer = $1 and k.state = 'NOTIFIED' order by n.notice_id limit 1000",
	.in = { DB_TEXT },
	.out = { DB_UUID },
};
const struct db_stmt sql_add_delivery = {
	"add_delivery",
	"insert into claims.delivery (delivery_id, insurer, endpoint_id, notice_id,"
	" next_attempt_at, created_at) values ($1, $2, $3, $4, $5, $5)"
	" on conflict (notice_id, insurer, endpoint_id) do nothing",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_UUID, DB_TIME },
};

static Pb__Code add_delivery(
	struct call *c, const char *notice, const char *insurer, const char *endpoint)
{
	return db_run(c, &sql_add_delivery, NULL,
		DB_ARGS(db_uuid(call_uuid(c)), db_text(insurer), db_text(endpoint), db_uuid(notice),
			db_time(c->at_us)));
}

Pb__Code store_add_deliveries(struct call *c, const char *notice, const char *insurer)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_endpoints_of, &r, DB_ARGS(db_text(insurer)));
	for (size_t i = 0; !e && i < r.n; i++)
		e = add_delivery(c, notice, insurer, db_get_text(&r, i, 0));
	return e;
}

Pb__Code store_catch_up_endpoint(struct call *c, const char *insurer, const char *endpoint)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_open_notices, &r, DB_ARGS(db_text(insurer)));
	for (size_t i = 0; !e && i < r.n; i++)
		e = add_delivery(c, db_get_text(&r, i, 0), insurer, endpoint);
	return e;
}

/* ---- deliveries ---- */

#define DELIVERY_COLUMNS \
	"select d.delivery_id, d.endpoint_id, n.type, n.claim_id, d.state, d.attempts," \
	" d.next_attempt_at, d.last_status, d.last_error, d.created_at, d.delivered_at"
#define DELIVERY_TYPES \
	DB_UUID, DB_TEXT, DB_TEXT, DB_UUID, DB_TEXT, DB_I32, DB_TIME, DB_I32, DB_TEXT, DB_TIME, \
		DB_TIME

static Pb__Delivery *delivery_at(struct call *c, const struct db_rows *r, size_t row)
{
	Pb__Delivery *d = ARENA_NEW(c->arena, Pb__Delivery);
	if (!d)
		return NULL;
	pb__delivery__init(d);
	d->delivery_id = db_get_text(r, row, 0);
	d->endpoint_id = db_get_text(r, row, 1);
	d->type = db_get_text(r, row, 2);
	d->claim_id = db_get_text(r, row, 3);
	d->state = (Pb__DeliveryState__Value)enum_value(
		&pb__delivery_state__value__descriptor, db_get_text(r, row, 4));
	d->attempts = (uint32_t)db_get_i32(r, row, 5);
	if (d->state == PB__DELIVERY_STATE__VALUE__WAITING)
		d->next_attempt_at = db_get_i64(r, row, 6);
	d->last_status = db_get_i32(r, row, 7);
	d->last_error = db_get_text(r, row, 8);
	d->created_at = db_get_i64(r, row, 9);
	d->delivered_at = db_get_i64(r, row, 10);
	return d;
}

const struct db_stmt sql_deliveries = {
	"deliveries",
	DELIVERY_COLUMNS " from claims.delivery d join claims.notice n using (notice_id)"
			 " where d.insurer = $1 and d.endpoint_id = $2"
			 " and ($3 = '' or d.state = $3)"
			 " and ($4::uuid is null or d.delivery_id < $4)"
			 " order by d.delivery_id desc limit $5",
	.in = { DB_TEXT, DB_TEXT, DB_TEXT, DB_UUID, DB_I32 },
	.out = { DELIVERY_TYPES },
};

Pb__Code store_deliveries(struct call *c, const char *insurer, const Pb__ListDeliveriesRequest *in,
	Pb__ListDeliveriesReply *out)
{
	int32_t page = in->page_size ? (int32_t)in->page_size : 100;
	const char *state =
		in->state ? enum_name(&pb__delivery_state__value__descriptor, (int)in->state) : "";
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_deliveries, &r,
		DB_ARGS(db_text(insurer), db_text(in->endpoint_id), db_text(state),
			db_uuid_or_null(in->cursor), db_i32(page)));
	if (e)
		return e;
	out->items = ARENA_ARRAY(c->arena, Pb__Delivery *, r.n);
	for (size_t i = 0; out->items && i < r.n; i++) {
		Pb__Delivery *d = delivery_at(c, &r, i);
		if (!d)
			break;
		out->items[out->n_items++] = d;
	}
	if (c->arena->full)
		return call_fail(c, PB__CODE__TOO_LARGE, "ask for smaller pages");
	if (r.n == (size_t)page)
		out->next_cursor = out->items[out->n_items - 1]->delivery_id;
	return PB__CODE__OK;
}

/* One that is on its way right now keeps its lease: it isn't sent twice at once. */
const struct db_stmt sql_replay = {
	"replay_delivery",
	"with d as (update claims.delivery set state = 'WAITING', delivered_at = null,"
	"  attempts = case when state = 'WAITING' then attempts else 0 end,"
	"  leased_until = case when state = 'WAITING' then leased_until end,"
	"  next_attempt_at = $4 where insurer = $1 and endpoint_id = $2 and delivery_id = $3"
	"  returning *)"
	" " DELIVERY_COLUMNS " from d join claims.notice n using (notice_id)",
	.in = { DB_TEXT, DB_TEXT, DB_UUID, DB_TIME },
	.out = { DELIVERY_TYPES },
};

Pb__Code store_replay(struct call *c, const char *insurer, const Pb__ReplayDeliveryRequest *in,
	Pb__Delivery **ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_replay, &r,
		DB_ARGS(db_text(insurer), db_text(in->endpoint_id), db_uuid(in->delivery_id),
			db_time(c->at_us)));
	*ret = !e && r.n ? delivery_at(c, &r, 0) : NULL;
	return e;
}

const struct db_stmt sql_lease = {
	"lease_deliveries",
	"with due as (select d.delivery_id from claims.delivery d"
	"  join claims.webhook_endpoint e using (insurer, endpoint_id)"
	"  where d.state = 'WAITING' and d.next_attempt_at <= $2"
	"  and (d.leased_until is null or d.leased_until < $2) and not e.disabled"
	"  order by d.next_attempt_at limit $1 for update of d skip locked),"
	" taken as (update claims.delivery d set leased_until = $3, attempts = d.attempts + 1"
	"  from due where d.delivery_id = due.delivery_id returning d.*)"
	" select t.delivery_id, t.insurer, t.endpoint_id, e.url, e.secret,"
	"  case when e.previous_until > $2 then e.previous_secret else '' end, n.body, t.attempts"
	" from taken t join claims.webhook_endpoint e using (insurer, endpoint_id)"
	" join claims.notice n using (notice_id)",
	.in = { DB_I32, DB_TIME, DB_TIME },
	.out = { DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_I32 },
};

Pb__Code store_lease(
	struct call *c, int limit, int64_t lease_us, struct leased **ret, size_t *ret_n)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_lease, &r,
		DB_ARGS(db_i32(limit), db_time(c->at_us), db_time(c->at_us + lease_us)));
	if (e)
		return e;
	struct leased *v = ARENA_ARRAY(c->arena, struct leased, r.n);
	if (!v)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	for (size_t i = 0; i < r.n; i++)
		v[i] = (struct leased){
			.delivery_id = db_get_text(&r, i, 0),
			.insurer = db_get_text(&r, i, 1),
			.endpoint_id = db_get_text(&r, i, 2),
			.url = db_get_text(&r, i, 3),
			.secret = db_get_text(&r, i, 4),
			.previous_secret = db_get_text(&r, i, 5),
			.body = db_get_text(&r, i, 6),
			.attempts = (uint32_t)db_get_i32(&r, i, 7),
		};
	*ret = v;
	*ret_n = r.n;
	return PB__CODE__OK;
}

const struct db_stmt sql_end_attempt = {
	"end_attempt",
	"update claims.delivery set state = $3, next_attempt_at = coalesce($4, next_attempt_at),"
	" last_status = $5, last_error = $6, leased_until = null,"
	" delivered_at = case when $3 = 'DELIVERED' then $7::timestamptz end"
	" where delivery_id = $1 and attempts = $2 and state = 'WAITING'",
	.in = { DB_UUID, DB_I32, DB_TEXT, DB_TIME, DB_I32, DB_TEXT, DB_TIME },
};

Pb__Code store_end_attempt(struct call *c, const struct attempt_end *e)
{
	return db_run(c, &sql_end_attempt, NULL,
		DB_ARGS(db_uuid(e->delivery_id), db_i32((int32_t)e->attempts), db_text(e->state),
			db_time_or_null(e->next_attempt_at), db_i32(e->status), db_text(e->error),
			db_time(c->at_us)));
}
