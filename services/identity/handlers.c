/* handlers.c - which function answers which RPC, and the settings. */
#include "identity/identity.h"

struct identity_settings identity_settings = {
	.password_ops = 2,
	.password_memory_kib = 65536,
};

#define WITHIN(name, def, min, max, unit, help) \
	{ \
#name, CONFIG_INT, &identity_settings.name, def, min, max, unit, help \
	}

const struct config_item identity_config[] = {
	WITHIN(session_idle_minutes, "240", 1, 10080, "min",
		"a session ends after this long unused"),
	WITHIN(session_hours, "24", 1, 720, "h", "a session ends after this long in any case"),
	WITHIN(client_token_seconds, "3600", 10, 86400, "s", "life of an API client's token"),
	WITHIN(device_days, "365", 1, 3650, "d", "life of a device's token"),
	WITHIN(link_hours, "24", 1, 720, "h", "a party's link works this long until it is opened"),
	WITHIN(link_grace_seconds, "60", 0, 3600, "s",
		"an opened link works again this long while its session is unused"),
	WITHIN(party_session_hours, "72", 1, 720, "h", "a party's session lasts this long"),
	WITHIN(sign_in_account_failures, "10", 1, 100000, "",
		"failed sign-ins to one name within the window before it is held"),
	WITHIN(sign_in_address_failures, "100", 1, 1000000, "",
		"failed sign-ins from one address within the window before it is held"),
	WITHIN(sign_in_window_seconds, "300", 1, 86400, "s",
		"window of failed sign-ins, and how long a hold lasts at most"),
	WITHIN(password_ops, "2", 1, 20, "",
		"passes of Argon2id; restart every identity process after a change"),
	WITHIN(password_memory_kib, "65536", 8, 1048576, "KiB", "memory of one Argon2id"),
	WITHIN(kept_days, "90", 1, 3650, "d", "ended sessions and the record of sign-ins are kept"),
	{ 0 },
};

const struct identity_handlers identity_rpc = {
	.create_session = { .prepare = create_session_prepare,
		.bind = create_session_bind,
		.answer = create_session_answer },
	.get_session = { .bind = get_session_bind, .answer = get_session_answer },
	.end_session = { .bind = end_session_bind, .answer = end_session_answer },
	.change_password = { .prepare = change_password_prepare,
		.bind = change_password_bind,
		.answer = change_password_answer },
	.list_sessions = { .bind = list_sessions_bind, .answer = list_sessions_answer },
	.revoke_session = { .bind = revoke_session_bind, .answer = revoke_session_answer },
	.issue_token = { .bind = issue_token_bind, .answer = issue_token_answer },
	.create_account = { .prepare = create_account_prepare, .run = create_account_run },
	.update_account = { .run = update_account_run },
	.disable_account = { .run = disable_account_run },
	.enable_account = { .run = enable_account_run },
	.set_password = { .prepare = set_password_prepare,
		.bind = set_password_bind,
		.answer = set_password_answer },
	.get_account = { .bind = get_account_bind, .answer = get_account_answer },
	.list_accounts = { .bind = list_accounts_bind, .answer = list_accounts_answer },
	.create_client = { .bind = create_client_bind, .answer = create_client_answer },
	.list_clients = { .bind = list_clients_bind, .answer = list_clients_answer },
	.disable_client = { .bind = disable_client_bind, .answer = disable_client_answer },
	.issue_device_token = { .bind = issue_device_token_bind,
		.answer = issue_device_token_answer },
	.request_party_link = { .run = request_party_link_run },
	.open_party_link = { .bind = open_party_link_bind, .answer = open_party_link_answer },
	.authenticate = { .bind = authenticate_bind, .answer = authenticate_answer },
};
