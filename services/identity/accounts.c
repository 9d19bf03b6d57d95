/* accounts.c - accounts, kept by administrators; every change is told as AccountChanged. */
#include "identity/identity.h"

#include "identity/roles.h"
#include "identity/site.h"
#include "identity/store.h"
#include "kit/json.h"

static Pb__Code tell(struct call *c, const Pb__Account *a)
{
	Pb__AccountChanged e = PB__ACCOUNT_CHANGED__INIT;

	if (!a)
		return call_fail(c, PB__CODE__TOO_LARGE, "the answer needs too much memory");
	e.account_id = a->account_id;
	e.username = a->username;
	e.name = a->name;
	e.phone = a->phone;
	e.n_roles = a->n_roles;
	e.roles = a->roles;
	e.org = a->org;
	e.n_districts = a->n_districts;
	e.districts = a->districts;
	e.disabled = a->disabled;
	e.version = a->version;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}

static Pb__Code unknown_account(struct call *c, const char *username)
{
	return call_fail(c, PB__CODE__NOT_FOUND, "no account '%s'", username);
}

/* --- CreateAccount --- */

struct new_account {
	char *username;
	struct password_tries *password;
};

Pb__Code create_account_prepare(struct call *c, const Pb__CreateAccountRequest *in)
{
	struct new_account *n = ARENA_NEW(c->arena, struct new_account);

	if (!n)
		return call_fail(c, PB__CODE__TOO_LARGE, "the request needs too much memory");
	c->prepared = n;
	n->username = username_fold(c->arena, in->username);
	n->password = password_try(c, n->username, in->password, true);
	return c->faults.code;
}

Pb__Code create_account_run(
	struct call *c, const Pb__CreateAccountRequest *in, Pb__CreateAccountReply *out)
{
	const struct new_account *n = c->prepared;
	struct db_rows rows;
	size_t n_roles;
	const char *const *roles = roles_to_names(c->arena, in->roles, in->n_roles, &n_roles);

	if (roles_check(c, in->roles, in->n_roles, in->org))
		return c->faults.code;
	if (db_run(c, &insert_account, &rows,
		    DB_ARGS(db_uuid(call_uuid(c)), db_text(n->username), db_text(in->name),
			    db_text(in->phone), db_texts(roles, n_roles), db_text(in->org),
			    db_texts((const char *const *)in->districts, in->n_districts),
			    db_text(n->password->kdf[0]),
			    db_bytes(n->password->present, PASSWORD_HASH))))
		return c->faults.code;
	if (!rows.n)
		return call_fail(c, PB__CODE__CONFLICT, "the username '%s' is taken", n->username);
	out->account = account_from_row(c, &rows, 0);
	return tell(c, out->account);
}

/* --- UpdateAccount --- */

static Pb__Code explain_miss(struct call *c, const char *username)
{
	struct db_rows rows;

	if (db_run(c, &find_account, &rows, DB_ARGS(db_text(username))))
		return c->faults.code;
	if (!rows.n)
		return unknown_account(c, username);
	return call_fail(c, PB__CODE__CONFLICT, "the account is at version %d now",
		(int)db_get_i32(&rows, 0, 8));
}

Pb__Code update_account_run(
	struct call *c, const Pb__UpdateAccountRequest *in, Pb__UpdateAccountReply *out)
{
	const char *username = username_fold(c->arena, in->username);
	struct db_rows rows;
	size_t n_roles;
	const char *const *roles = roles_to_names(c->arena, in->roles, in->n_roles, &n_roles);

	if (roles_check(c, in->roles, in->n_roles, in->org))
		return c->faults.code;
	if (in->version > INT32_MAX)
		return explain_miss(c, username);
	if (db_run(c, &update_account, &rows,
		    DB_ARGS(db_text(username), db_i32((int32_t)in->version), db_text(in->name),
			    db_text(in->phone), db_texts(roles, n_roles), db_text(in->org),
			    db_texts((const char *const *)in->districts, in->n_districts))))
		return c->faults.code;
	if (!rows.n)
		return explain_miss(c, username);
	out->account = account_from_row(c, &rows, 0);
	return tell(c, out->account);
}

/* --- DisableAccount, EnableAccount --- */

/* Sets it; when it was so already, only reads it. */
static Pb__Code switch_account(struct call *c, const char *asked, bool disabled, Pb__Account **ret)
{
	const char *username = username_fold(c->arena, asked);
	struct db_rows rows;

	if (db_run(c, &set_disabled, &rows, DB_ARGS(db_text(username), db_bool(disabled))))
		return c->faults.code;
	if (rows.n) {
		*ret = account_from_row(c, &rows, 0);
		return tell(c, *ret);
	}
	if (db_run(c, &find_account, &rows, DB_ARGS(db_text(username))))
		return c->faults.code;
	if (!rows.n)
		return unknown_account(c, username);
	*ret = account_from_row(c, &rows, 0);
	return PB__CODE__OK;
}

Pb__Code disable_account_run(
	struct call *c, const Pb__DisableAccountRequest *in, Pb__DisableAccountReply *out)
{
	struct db_rows rows;

	if (switch_account(c, in->username, true, &out->account))
		return c->faults.code;
	if (db_run(c, &end_account_sessions, &rows, DB_ARGS(db_uuid(out->account->account_id))))
		return c->faults.code;
	out->ended_sessions = (uint32_t)rows.n;
	return PB__CODE__OK;
}

Pb__Code enable_account_run(
	struct call *c, const Pb__EnableAccountRequest *in, Pb__EnableAccountReply *out)
{
	return switch_account(c, in->username, false, &out->account);
}

/* --- reading --- */

Pb__Code get_account_bind(struct call *c, const Pb__GetAccountRequest *in)
{
	const char *username = username_fold(c->arena, in->username);

	db_bind(c, username, &find_account, DB_ARGS(db_text(username)));
	return PB__CODE__OK;
}

Pb__Code get_account_answer(struct call *c, const Pb__GetAccountRequest *in,
	const struct db_rows *rows, Pb__GetAccountReply *out)
{
	if (!rows->n)
		return unknown_account(c, in->username);
	out->account = account_from_row(c, rows, 0);
	return PB__CODE__OK;
}

Pb__Code list_accounts_bind(struct call *c, const Pb__ListAccountsRequest *in)
{
	const char *role = in->role ? enum_name(&pb__role__value__descriptor, (int)in->role) : "";

	db_bind(c, "", &list_accounts,
		DB_ARGS(db_text(role), db_text(in->cursor),
			db_i64((int64_t)page_of(in->page_size) + 1)));
	return PB__CODE__OK;
}

Pb__Code list_accounts_answer(struct call *c, const Pb__ListAccountsRequest *in,
	const struct db_rows *rows, Pb__ListAccountsReply *out)
{
	size_t page = page_of(in->page_size), n = rows->n < page ? rows->n : page;

	out->items = ARENA_ARRAY(c->arena, Pb__Account *, n + 1);
	for (size_t i = 0; out->items && i < n; i++)
		out->items[out->n_items++] = account_from_row(c, rows, i);
	if (rows->n > page)
		out->next_cursor = db_get_text(rows, page - 1, 1);
	return PB__CODE__OK;
}
