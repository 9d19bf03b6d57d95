/* store_link.c - parties, who is on their case, and their one-time links. */
#include "identity/store.h"

/* Keeps the party; answers whether its phone is another than before. */
const struct db_stmt keep_party = {
	"keep_party",
	"with before as (select phone_digest from identity.party where party_id = $1),"
	" kept as ("
	"  insert into identity.party (party_id, incident_id, district, letter, phone_digest)"
	"  values ($1, $2, $3, $4, $5) on conflict (party_id) do update set"
	"   district = excluded.district, letter = excluded.letter,"
	"   phone_digest = excluded.phone_digest)"
	" select not exists (select from before where phone_digest = $5)",
	.in = { DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_BYTES },
	.out = { DB_BOOL },
};

const struct db_stmt find_party = {
	"find_party",
	"select district from identity.party where party_id = $1 and incident_id = $2",
	.in = { DB_UUID, DB_UUID },
	.out = { DB_TEXT },
};

const struct db_stmt revoke_links = {
	"revoke_links",
	"update identity.party_link set revoked_at = now()"
	" where party_id = $1 and opened_at is null and revoked_at is null",
	.in = { DB_UUID },
};

const struct db_stmt insert_link = {
	"insert_link",
	"insert into identity.party_link (id, party_id, token_hash, issued_by, expires_at)"
	" values ($1, $2, $3, $4, $5)",
	.in = { DB_UUID, DB_UUID, DB_BYTES, DB_TEXT, DB_TIME },
};

/* $1 link token, $2 session token, $3 life s, $4 grace s, $5 address, $6 agent. The session has the
 * link's id; opening again gives it another token while nobody has used the first. */
const struct db_stmt open_link = {
	"open_link",
	"with l as ("
	"  select l.*, p.incident_id, p.letter from identity.party_link l"
	"   join identity.party p using (party_id)"
	"  where l.token_hash = $1 and l.revoked_at is null and l.expires_at > now()"
	"   and (l.opened_at is null or l.opened_at > now() - make_interval(secs => $4))),"
	" opened as ("
	"  update identity.party_link k set opened_at = coalesce(k.opened_at, now()) from l"
	"   where k.id = l.id),"
	" made as ("
	"  insert into identity.session as s (id, kind, token_hash, incident_id, party_id,"
	"    client_address, user_agent, due_at, expires_at)"
	"  select l.id, 'PARTY', $2, l.incident_id, l.party_id, $5, $6,"
	"    now() + make_interval(secs => $3), now() + make_interval(secs => $3) from l"
	"  on conflict (id) do update set token_hash = excluded.token_hash"
	"   where s.last_used_at is null and s.ended_at is null"
	"  returning id, expires_at),"
	" noted as ("
	"  insert into identity.sign_in (kind, outcome, session_id, client_address)"
	"  select 'PARTY', 'OK', made.id, $5 from made)"
	" select l.party_id::text, 'party ' || l.letter, array['PARTY'], '', '{}'::text[],"
	"   l.incident_id, l.party_id, made.id, made.expires_at, 'PARTY' from l, made",
	.in = { DB_BYTES, DB_BYTES, DB_I32, DB_I32, DB_TEXT, DB_TEXT },
	.out = { PRINCIPAL_TYPES },
};

const struct db_stmt keep_responder = {
	"keep_responder",
	"insert into identity.case_responder (incident_id, responder_id) values ($1, $2)"
	" on conflict do nothing",
	.in = { DB_UUID, DB_UUID },
};

const struct db_stmt drop_responder = {
	"drop_responder",
	"delete from identity.case_responder where incident_id = $1 and responder_id = $2",
	.in = { DB_UUID, DB_UUID },
};

const struct db_stmt is_responder = {
	"is_responder",
	"select exists (select from identity.case_responder"
	"  where incident_id = $1 and responder_id::text = $2)",
	.in = { DB_UUID, DB_TEXT },
	.out = { DB_BOOL },
};
