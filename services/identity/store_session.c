/* store_session.c - sessions: found by token, listed, ended, announced, purged. */
#include "identity/store.h"

/* The hot one. Use is written down at most once a minute, so that reading stays reading. */
const struct db_stmt authenticate = {
	"authenticate",
	"with s as ("
	"  select s.*, a.name as a_name, a.roles as a_roles, a.org as a_org,"
	"    a.districts as a_districts, c.name as c_name, c.roles as c_roles, c.org as c_org,"
	"    c.districts as c_districts, p.letter"
	"   from identity.session s"
	"   left join identity.account a on a.id = s.account_id"
	"   left join identity.api_client c on c.id = s.client_id"
	"   left join identity.party p on p.party_id = s.party_id"
	"  where s.token_hash = $1 and s.ended_at is null and s.due_at > now()"
	"    and not coalesce(a.disabled, c.disabled, false)),"
	" touched as ("
	"  update identity.session t set last_used_at = now(), due_at = case when t.idle_s > 0"
	"    then least(t.expires_at, now() + make_interval(secs => t.idle_s)) else t.due_at end"
	"   from s where t.id = s.id"
	"    and (t.last_used_at is null or t.last_used_at < now() - interval '1 minute'))"
	" select coalesce(account_id::text, client_id, party_id::text),"
	"   coalesce(a_name, c_name, 'party ' || letter, 'party'),"
	"   coalesce(a_roles, c_roles, array['PARTY']), coalesce(a_org, c_org, ''),"
	"   coalesce(a_districts, c_districts, '{}'), incident_id, party_id, id, expires_at, kind"
	"  from s",
	.in = { DB_BYTES },
	.out = { PRINCIPAL_TYPES },
};

const struct db_stmt find_session = {
	"find_session",
	"select id, expires_at from identity.session where id = $1 and ended_at is null",
	.in = { DB_UUID },
	.out = { DB_UUID, DB_TIME },
};

const struct db_stmt end_session = {
	"end_session",
	"update identity.session set ended_at = now(), end_reason = 'signed_out'"
	" where id = $1 and ended_at is null returning id",
	.in = { DB_UUID },
	.out = { DB_UUID },
};

/* $1 whose (null: everyone's), $2 below this id, $3 how many. */
const struct db_stmt list_sessions = {
	"list_sessions",
	"select s.id, s.kind, coalesce(s.account_id::text, s.client_id, s.party_id::text),"
	"   coalesce(a.name, c.name, ''), s.created_at, s.last_used_at, s.expires_at,"
	"   s.client_address, s.user_agent, s.label"
	"  from identity.session s left join identity.account a on a.id = s.account_id"
	"  left join identity.api_client c on c.id = s.client_id"
	" where s.ended_at is null and s.due_at > now() and ($1::uuid is null or s.account_id = $1)"
	"   and ($2::uuid is null or s.id < $2) order by s.id desc limit $3",
	.in = { DB_UUID, DB_UUID, DB_I64 },
	.out = { DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TIME, DB_TIME, DB_TEXT, DB_TEXT,
		DB_TEXT },
};

/* $2 the account it must belong to (null: any). A session that has ended is found as well. */
const struct db_stmt revoke_session = {
	"revoke_session",
	"with s as (select id from identity.session"
	"   where id = $1 and ($2::uuid is null or account_id = $2)),"
	" ended as ("
	"  update identity.session t set ended_at = now(), end_reason = $3"
	"   from s where t.id = s.id and t.ended_at is null)"
	" select id from s",
	.in = { DB_UUID, DB_UUID, DB_TEXT },
	.out = { DB_UUID },
};

const struct db_stmt end_due_sessions = {
	"end_due_sessions",
	"update identity.session set ended_at = now(), end_reason = 'expired' where id in ("
	"  select id from identity.session where ended_at is null and due_at <= now()"
	"   order by due_at limit 500 for update skip locked) returning id",
	.out = { DB_UUID },
};

const struct db_stmt take_unannounced = {
	"take_unannounced",
	"update identity.session t set announced = true from ("
	"  select id from identity.session where ended_at is not null and not announced"
	"   order by ended_at limit 200 for update skip locked) s where t.id = s.id"
	" returning t.id, coalesce(t.account_id::text, t.client_id, t.party_id::text),"
	"   t.end_reason, t.ended_at",
	.out = { DB_UUID, DB_TEXT, DB_TEXT, DB_TIME },
};

/* Answers how many rows went, of the kind with most. */
const struct db_stmt purge_old = {
	"purge_old",
	"with gone as (delete from identity.session where id in (select id from identity.session"
	"   where announced and ended_at < now() - make_interval(days => $1) limit 1000)"
	"   returning 1),"
	" calm as (delete from identity.throttle where key in (select key from identity.throttle"
	"   where until < now() limit 1000) returning 1),"
	" told as (delete from identity.sign_in where seq in (select seq from identity.sign_in"
	"   where at < now() - make_interval(days => $1) order by seq limit 1000) returning 1)"
	" select greatest((select count(*) from gone), (select count(*) from calm),"
	"   (select count(*) from told))",
	.in = { DB_I32 },
	.out = { DB_I64 },
};
