/* identity.h - what the parts of identity share: settings, handlers, and replies made from rows. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <string.h>
#include "contract/contract.gen.h"
#include "kit/config.h"
#include "kit/svc.h"

struct identity_settings {
	long session_idle_minutes, session_hours;
	long client_token_seconds, device_days;
	long link_hours, link_grace_seconds, party_session_hours;
	long sign_in_account_failures, sign_in_address_failures, sign_in_window_seconds;
	long password_ops, password_memory_kib;
	long kept_days;
};
extern struct identity_settings identity_settings;
extern const struct config_item identity_config[];
extern const struct identity_handlers identity_rpc;
extern const struct event_handler identity_events[];
extern const struct tick identity_ticks[];

/* Loads the site's salt and the password parameters in use. */
Pb__Code identity_start(struct call *c);
void site_set(const void *salt, size_t len);

/* accounts.c */
Pb__Code create_account_prepare(struct call *c, const Pb__CreateAccountRequest *in);
Pb__Code create_account_run(
	struct call *c, const Pb__CreateAccountRequest *in, Pb__CreateAccountReply *out);
Pb__Code update_account_run(
	struct call *c, const Pb__UpdateAccountRequest *in, Pb__UpdateAccountReply *out);
Pb__Code disable_account_run(
	struct call *c, const Pb__DisableAccountRequest *in, Pb__DisableAccountReply *out);
Pb__Code enable_account_run(
	struct call *c, const Pb__EnableAccountRequest *in, Pb__EnableAccountReply *out);
Pb__Code get_account_bind(struct call *c, const Pb__GetAccountRequest *in);
Pb__Code get_account_answer(struct call *c, const Pb__GetAccountRequest *in,
	const struct db_rows *rows, Pb__GetAccountReply *out);
Pb__Code list_accounts_bind(struct call *c, const Pb__ListAccountsRequest *in);
Pb__Code list_accounts_answer(struct call *c, const Pb__ListAccountsRequest *in,
	const struct db_rows *rows, Pb__ListAccountsReply *out);

/* sign_in.c */
Pb__Code create_session_prepare(struct call *c, const Pb__CreateSessionRequest *in);
Pb__Code create_session_bind(struct call *c, const Pb__CreateSessionRequest *in);
Pb__Code create_session_answer(struct call *c, const Pb__CreateSessionRequest *in,
	const struct db_rows *rows, Pb__CreateSessionReply *out);
Pb__Code change_password_prepare(struct call *c, const Pb__ChangePasswordRequest *in);
Pb__Code change_password_bind(struct call *c, const Pb__ChangePasswordRequest *in);
Pb__Code change_password_answer(struct call *c, const Pb__ChangePasswordRequest *in,
	const struct db_rows *rows, Pb__ChangePasswordReply *out);
Pb__Code set_password_prepare(struct call *c, const Pb__SetPasswordRequest *in);
Pb__Code set_password_bind(struct call *c, const Pb__SetPasswordRequest *in);
Pb__Code set_password_answer(struct call *c, const Pb__SetPasswordRequest *in,
	const struct db_rows *rows, Pb__SetPasswordReply *out);

/* sessions.c */
Pb__Code authenticate_bind(struct call *c, const Pb__AuthenticateRequest *in);
Pb__Code authenticate_answer(struct call *c, const Pb__AuthenticateRequest *in,
	const struct db_rows *rows, Pb__AuthenticateReply *out);
Pb__Code get_session_bind(struct call *c, const Pb__GetSessionRequest *in);
Pb__Code get_session_answer(struct call *c, const Pb__GetSessionRequest *in,
	const struct db_rows *rows, Pb__GetSessionReply *out);
Pb__Code end_session_bind(struct call *c, const Pb__EndSessionRequest *in);
Pb__Code end_session_answer(struct call *c, const Pb__EndSessionRequest *in,
	const struct db_rows *rows, Pb__EndSessionReply *out);
Pb__Code list_sessions_bind(struct call *c, const Pb__ListSessionsRequest *in);
Pb__Code list_sessions_answer(struct call *c, const Pb__ListSessionsRequest *in,
	const struct db_rows *rows, Pb__ListSessionsReply *out);
Pb__Code revoke_session_bind(struct call *c, const Pb__RevokeSessionRequest *in);
Pb__Code revoke_session_answer(struct call *c, const Pb__RevokeSessionRequest *in,
	const struct db_rows *rows, Pb__RevokeSessionReply *out);

/* clients.c */
Pb__Code create_client_bind(struct call *c, const Pb__CreateClientRequest *in);
Pb__Code create_client_answer(struct call *c, const Pb__CreateClientRequest *in,
	const struct db_rows *rows, Pb__CreateClientReply *out);
Pb__Code list_clients_bind(struct call *c, const Pb__ListClientsRequest *in);
Pb__Code list_clients_answer(struct call *c, const Pb__ListClientsRequest *in,
	const struct db_rows *rows, Pb__ListClientsReply *out);
Pb__Code disable_client_bind(struct call *c, const Pb__DisableClientRequest *in);
Pb__Code disable_client_answer(struct call *c, const Pb__DisableClientRequest *in,
	const struct db_rows *rows, Pb__DisableClientReply *out);
Pb__Code issue_token_bind(struct call *c, const Pb__IssueTokenRequest *in);
Pb__Code issue_token_answer(struct call *c, const Pb__IssueTokenRequest *in,
	const struct db_rows *rows, Pb__IssueTokenReply *out);
Pb__Code issue_device_token_bind(struct call *c, const Pb__IssueDeviceTokenRequest *in);
Pb__Code issue_device_token_answer(struct call *c, const Pb__IssueDeviceTokenRequest *in,
	const struct db_rows *rows, Pb__IssueDeviceTokenReply *out);

/* links.c */
Pb__Code request_party_link_run(
	struct call *c, const Pb__RequestPartyLinkRequest *in, Pb__RequestPartyLinkReply *out);
Pb__Code open_party_link_bind(struct call *c, const Pb__OpenPartyLinkRequest *in);
Pb__Code open_party_link_answer(struct call *c, const Pb__OpenPartyLinkRequest *in,
	const struct db_rows *rows, Pb__OpenPartyLinkReply *out);
Pb__Code party_recorded_run(struct call *c, const struct event_info *e, const ProtobufCMessage *m);

/* principal.c: the columns of PRINCIPAL_COLUMNS in store.h, from `row` on. */
Pb__Principal *principal_from_row(struct call *c, const struct db_rows *rows, size_t row);
Pb__Principal *principal_from_caller(struct call *c, const char *session_id, int64_t expires_at);
Pb__Account *account_from_row(struct call *c, const struct db_rows *rows, size_t row);
Pb__Client *client_from_row(struct call *c, const struct db_rows *rows, size_t row);

static inline uint32_t page_of(uint32_t asked)
{
	return asked ? asked : 50;
}

#endif
