/* store_sign_in.c - signing in and passwords, each as one statement.
 *
 * A refused sign-in must leave its mark (a failure counted, a row in the record) though it answers
 * a refusal, so the verdict is reached in SQL and comes back as a row.
 */
#include "identity/store.h"

const struct db_stmt load_site = {
	"load_site",
	"select salt from identity.site",
	.out = { DB_BYTES },
};

const struct db_stmt load_kdfs = {
	"load_kdfs",
	"select kdf from identity.account group by kdf order by count(*) desc limit 3",
	.out = { DB_TEXT },
};

/* $1 username, $2 kdfs, $3 hashes in hex, $4 key of the name, $5 key of the address (null: none),
 * $6 and $7 their limits, $8 window in seconds. `good` is the account when all is well. */
#define VERDICT \
	"with blocked as (" \
	"  select max(t.until) as until from identity.throttle t" \
	"   where t.until > now()" \
	"     and (t.key = $4 and t.failures >= $6 or t.key = $5 and t.failures >= $7))," \
	" acct as (" \
	"  select a.*, exists (select from unnest($2::text[], $3::text[]) h (kdf, hash)" \
	"     where h.kdf = a.kdf and h.hash = encode(a.password_hash, 'hex')) as fits" \
	"   from identity.account a where a.username = $1)," \
	" good as (" \
	"  select acct.* from acct, blocked" \
	"   where acct.fits and not acct.disabled and blocked.until is null)," \
	" failed as (" \
	"  insert into identity.throttle as t (key, failures, until)" \
	"  select k, 1, now() + make_interval(secs => $8) from unnest(array[$4, $5]) k, blocked" \
	"   where k is not null and blocked.until is null and not exists (select from good)" \
	"   order by k" \
	"  on conflict (key) do update set" \
	"   failures = case when t.until <= now() then 1 else t.failures + 1 end," \
	"   until = case when t.until <= now() then excluded.until else t.until end)," \
	" cleared as (" \
	"  delete from identity.throttle where key = $4 and exists (select from good))"
#define VERDICT_TYPES DB_TEXT, DB_TEXTS, DB_TEXTS, DB_BYTES, DB_BYTES, DB_I32, DB_I32, DB_I32

const struct db_stmt sign_in = {
	"sign_in",
	VERDICT
	"," /* $9 session, $10 token, $11 idle s, $12 life s, $13 address, $14 agent,
	       $15 present kdf, $16 present hash */
	" made as ("
	"  insert into identity.session (id, kind, token_hash, account_id, client_address,"
	"    user_agent, idle_s, due_at, expires_at)"
	"  select $9, 'PERSON', $10, good.id, $13, $14, $11,"
	"    now() + make_interval(secs => least($11, $12)), now() + make_interval(secs => $12)"
	"   from good returning id, expires_at),"
	" used as ("
	"  update identity.account a set last_sign_in_at = now(), kdf = $15, password_hash = $16"
	"   from good where a.id = good.id),"
	" noted as ("
	"  insert into identity.sign_in (kind, outcome, account_id, session_id, client_address)"
	"  select 'PERSON', case when b.until is not null then 'BLOCKED'"
	"    when exists (select from good) then 'OK' else 'WRONG' end,"
	"    (select id from acct), (select id from made), $13 from blocked b)"
	" select good.id::text, good.name, good.roles, good.org, good.districts, null::uuid,"
	"   null::uuid, made.id, made.expires_at, 'PERSON', blocked.until"
	"  from blocked left join good on true left join made on true",
	.in = { VERDICT_TYPES, DB_UUID, DB_BYTES, DB_I32, DB_I32, DB_TEXT, DB_TEXT, DB_TEXT,
		DB_BYTES },
	.out = { PRINCIPAL_TYPES, DB_TIME },
};

const struct db_stmt change_password = {
	"change_password",
	VERDICT
	"," /* $9 account, $10 kept session, $11 kdf, $12 hash, $13 address */
	" mine as (select id from good where id = $9),"
	" changed as ("
	"  update identity.account a set kdf = $11, password_hash = $12,"
	"    password_changed_at = now() from mine where a.id = mine.id),"
	" ended as ("
	"  update identity.session s set ended_at = now(), end_reason = 'password_changed'"
	"   from mine where s.account_id = mine.id and s.ended_at is null and s.kind = 'PERSON'"
	"    and s.id is distinct from $10 returning s.id),"
	" noted as ("
	"  insert into identity.sign_in (kind, outcome, account_id, client_address)"
	"  select 'PASSWORD', case when b.until is not null then 'BLOCKED'"
	"    when exists (select from mine) then 'OK' else 'WRONG' end, (select id from acct), $13"
	"   from blocked b)"
	" select (select id from mine), blocked.until, (select count(*) from ended) from blocked",
	.in = { VERDICT_TYPES, DB_UUID, DB_UUID, DB_TEXT, DB_BYTES, DB_TEXT },
	.out = { DB_UUID, DB_TIME, DB_I64 },
};

const struct db_stmt set_password = {
	"set_password",
	"with changed as ("
	"  update identity.account set kdf = $2, password_hash = $3, password_changed_at = now()"
	"   where username = $1 returning id),"
	" ended as ("
	"  update identity.session s set ended_at = now(), end_reason = 'password_changed'"
	"   from changed where s.account_id = changed.id and s.ended_at is null returning s.id)"
	" select id, (select count(*) from ended) from changed",
	.in = { DB_TEXT, DB_TEXT, DB_BYTES },
	.out = { DB_UUID, DB_I64 },
};
