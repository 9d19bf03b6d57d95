/* store.h - every SQL statement of identity; store*.c hold the text.
 *
 * Statements that answer who somebody is begin with PRINCIPAL_COLUMNS: subject, name, roles, org,
 * districts, incident_id, party_id, session_id, expires_at, kind. Those that answer an account
 * begin with ACCOUNT_COLUMNS. */
#ifndef IDENTITY_STORE_H
#define IDENTITY_STORE_H

#include "kit/db.h"

#define PRINCIPAL_TYPES \
	DB_TEXT, DB_TEXT, DB_TEXTS, DB_TEXT, DB_TEXTS, DB_UUID, DB_UUID, DB_UUID, DB_TIME, DB_TEXT
enum { PRINCIPAL_COLUMNS = 10 };

#define ACCOUNT_COLUMNS \
	"a.id, a.username, a.name, a.phone, a.roles, a.org, a.districts, a.disabled, a.version," \
	" a.created_at, a.last_sign_in_at"
#define ACCOUNT_TYPES \
	DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXTS, DB_TEXT, DB_TEXTS, DB_BOOL, DB_I32, DB_TIME, \
		DB_TIME
#define CLIENT_COLUMNS "c.id, c.name, c.roles, c.org, c.districts, c.disabled, c.created_at"
#define CLIENT_TYPES DB_TEXT, DB_TEXT, DB_TEXTS, DB_TEXT, DB_TEXTS, DB_BOOL, DB_TIME

/* store_sign_in.c */
extern const struct db_stmt load_site, load_kdfs;
extern const struct db_stmt sign_in, change_password, set_password;
/* store_session.c */
extern const struct db_stmt authenticate, find_session, end_session, list_sessions, revoke_session;
extern const struct db_stmt end_due_sessions, take_unannounced, purge_old;
/* store_account.c */
extern const struct db_stmt insert_account, update_account, set_disabled, find_account,
	list_accounts, end_account_sessions;
/* store_client.c */
extern const struct db_stmt insert_client, list_clients, disable_client, issue_client_token,
	issue_device_token;
/* store_link.c */
extern const struct db_stmt keep_party, find_party, revoke_links, insert_link, open_link,
	keep_responder, drop_responder, is_responder;

extern const struct db_stmt *const identity_statements[];

#endif
