/* store_account.c - accounts. */
#include "identity/store.h"

const struct db_stmt insert_account = {
	"insert_account",
	"insert into identity.account as a (id, username, name, phone, roles, org, districts, kdf,"
	"  password_hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
	" on conflict (username) do nothing returning " ACCOUNT_COLUMNS,
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXTS, DB_TEXT, DB_TEXTS, DB_TEXT,
		DB_BYTES },
	.out = { ACCOUNT_TYPES },
};

const struct db_stmt update_account = {
	"update_account",
	"update identity.account a set name = $3, phone = $4, roles = $5, org = $6, districts = $7,"
	"  version = version + 1 where username = $1 and version = $2 returning " ACCOUNT_COLUMNS,
	.in = { DB_TEXT, DB_I32, DB_TEXT, DB_TEXT, DB_TEXTS, DB_TEXT, DB_TEXTS },
	.out = { ACCOUNT_TYPES },
};

const struct db_stmt set_disabled = {
	"set_disabled",
	"update identity.account a set disabled = $2, version = version + 1"
	" where username = $1 and disabled <> $2 returning " ACCOUNT_COLUMNS,
	.in = { DB_TEXT, DB_BOOL },
	.out = { ACCOUNT_TYPES },
};

const struct db_stmt end_account_sessions = {
	"end_account_sessions",
	"update identity.session set ended_at = now(), end_reason = 'account_disabled'"
	" where account_id = $1 and ended_at is null returning id",
	.in = { DB_UUID },
	.out = { DB_UUID },
};

const struct db_stmt find_account = {
	"find_account",
	"select " ACCOUNT_COLUMNS " from identity.account a where username = $1",
	.in = { DB_TEXT },
	.out = { ACCOUNT_TYPES },
};

/* $1 role ('' any), $2 after this username, $3 how many. */
const struct db_stmt list_accounts = {
	"list_accounts",
	"select " ACCOUNT_COLUMNS " from identity.account a"
	" where ($1 = '' or a.roles @> array[$1]) and a.username > $2 order by a.username limit $3",
	.in = { DB_TEXT, DB_TEXT, DB_I64 },
	.out = { ACCOUNT_TYPES },
};
