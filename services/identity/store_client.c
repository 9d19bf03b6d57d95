/* store_client.c - API clients, their tokens, and tokens of devices. */
#include "identity/store.h"

const struct db_stmt insert_client = {
	"insert_client",
	"insert into identity.api_client as c (id, name, roles, org, districts, secret_hash)"
	" values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing returning " CLIENT_COLUMNS,
	.in = { DB_TEXT, DB_TEXT, DB_TEXTS, DB_TEXT, DB_TEXTS, DB_BYTES },
	.out = { CLIENT_TYPES },
};

const struct db_stmt list_clients = {
	"list_clients",
	"select " CLIENT_COLUMNS
	" from identity.api_client c where c.id > $1 order by c.id limit $2",
	.in = { DB_TEXT, DB_I64 },
	.out = { CLIENT_TYPES },
};

const struct db_stmt disable_client = {
	"disable_client",
	"with d as (update identity.api_client c set disabled = true where c.id = $1"
	"   returning " CLIENT_COLUMNS "),"
	" ended as ("
	"  update identity.session s set ended_at = now(), end_reason = 'account_disabled'"
	"   where s.client_id = $1 and s.ended_at is null returning s.id)"
	" select d.*, (select count(*) from ended) from d",
	.in = { DB_TEXT },
	.out = { CLIENT_TYPES, DB_I64 },
};

/* $1 client, $2 secret, $3 key of the address (null: none), $4 its limit, $5 window s, $6 session,
 * $7 token, $8 life s, $9 address. Only the address is counted: a secret can't be guessed, and a
 * count on the client would let anyone lock an insurer out. */
const struct db_stmt issue_client_token = {
	"issue_client_token",
	"with blocked as ("
	"  select max(t.until) as until from identity.throttle t"
	"   where t.until > now() and t.key = $3 and t.failures >= $4),"
	" good as ("
	"  select c.id from identity.api_client c, blocked where c.id = $1 and c.secret_hash = $2"
	"   and not c.disabled and blocked.until is null),"
	" failed as ("
	"  insert into identity.throttle as t (key, failures, until)"
	"  select $3, 1, now() + make_interval(secs => $5) from blocked"
	"   where $3 is not null and blocked.until is null and not exists (select from good)"
	"  on conflict (key) do update set"
	"   failures = case when t.until <= now() then 1 else t.failures + 1 end,"
	"   until = case when t.until <= now() then excluded.until else t.until end),"
	" made as ("
	"  insert into identity.session (id, kind, token_hash, client_id, client_address, due_at,"
	"    expires_at)"
	"  select $6, 'CLIENT', $7, good.id, $9, now() + make_interval(secs => $8),"
	"    now() + make_interval(secs => $8) from good returning id),"
	" noted as ("
	"  insert into identity.sign_in (kind, outcome, client_id, session_id, client_address)"
	"  select 'CLIENT', case when b.until is not null then 'BLOCKED'"
	"    when exists (select from good) then 'OK' else 'WRONG' end,"
	"    (select id from identity.api_client where id = $1), (select id from made), $9"
	"   from blocked b)"
	" select (select id from made), until from blocked",
	.in = { DB_TEXT, DB_BYTES, DB_BYTES, DB_I32, DB_I32, DB_UUID, DB_BYTES, DB_I32, DB_TEXT },
	.out = { DB_UUID, DB_TIME },
};

/* For a responder only. $1 username or null, $2 account id or null: one of them. */
const struct db_stmt issue_device_token = {
	"issue_device_token",
	"insert into identity.session (id, kind, token_hash, account_id, label, due_at, expires_at)"
	" select $3, 'DEVICE', $4, a.id, $5, now() + make_interval(days => $6),"
	"   now() + make_interval(days => $6) from identity.account a"
	"  where (a.username = $1 or a.id = $2) and not a.disabled and a.roles @> "
	"array['RESPONDER']"
	" returning id, expires_at",
	.in = { DB_TEXT, DB_UUID, DB_UUID, DB_BYTES, DB_TEXT, DB_I32 },
	.out = { DB_UUID, DB_TIME },
};
