/* principal.c - rows as messages: who somebody is, an account, a client. */
#include "identity/identity.h"

#include "identity/roles.h"
#include "identity/store.h"

/* What a device's token may be used for, and nothing else. */
static const char *const device_methods[] = { "Dispatch.ReportPositions", "Dispatch.TrackOsmand",
	"Dispatch.TrackOsmandQuery", "Dispatch.TrackOwntracks" };

static const char **list_from_row(
	struct call *c, const struct db_rows *rows, size_t row, size_t col, size_t *ret_n)
{
	const char *const *from = db_get_texts(rows, row, col, ret_n);

	return arena_memdup(c->arena, from, *ret_n * sizeof *from);
}

static Pb__Role__Value *roles_from_row(
	struct call *c, const struct db_rows *rows, size_t row, size_t col, size_t *ret_n)
{
	size_t n;
	const char *const *names = db_get_texts(rows, row, col, &n);

	return roles_from_names(c->arena, names, n, ret_n);
}

Pb__Principal *principal_from_row(struct call *c, const struct db_rows *rows, size_t row)
{
	Pb__Principal *p = ARENA_NEW(c->arena, Pb__Principal);

	if (!p)
		return NULL;
	pb__principal__init(p);
	p->subject = db_get_text(rows, row, 0);
	p->name = db_get_text(rows, row, 1);
	p->roles = roles_from_row(c, rows, row, 2, &p->n_roles);
	p->org = db_get_text(rows, row, 3);
	p->districts = list_from_row(c, rows, row, 4, &p->n_districts);
	p->incident_id = db_get_text(rows, row, 5);
	p->party_id = db_get_text(rows, row, 6);
	p->session_id = db_get_text(rows, row, 7);
	p->expires_at = db_get_i64(rows, row, 8);
	if (!strcmp(db_get_text(rows, row, 9), "DEVICE")) {
		p->methods = arena_memdup(c->arena, device_methods, sizeof device_methods);
		p->n_methods = sizeof device_methods / sizeof *device_methods;
	}
	return p;
}

Pb__Principal *principal_from_caller(struct call *c, const char *session_id, int64_t expires_at)
{
	Pb__Principal *p = ARENA_NEW(c->arena, Pb__Principal);
	Pb__Role__Value *roles = ARENA_ARRAY(c->arena, Pb__Role__Value, 32);

	if (!p || !roles)
		return NULL;
	pb__principal__init(p);
	for (int r = 1; r < 32; r++)
		if (c->who.roles >> r & 1u)
			roles[p->n_roles++] = (Pb__Role__Value)r;
	p->roles = roles;
	p->subject = c->who.subject;
	p->name = c->who.name;
	p->org = c->who.org;
	p->districts = words_to_list(c->arena, c->who.districts, &p->n_districts);
	p->incident_id = c->who.incident_id;
	p->party_id = c->who.party_id;
	p->session_id = session_id;
	p->expires_at = expires_at;
	return p;
}

Pb__Account *account_from_row(struct call *c, const struct db_rows *rows, size_t row)
{
	Pb__Account *a = ARENA_NEW(c->arena, Pb__Account);

	if (!a)
		return NULL;
	pb__account__init(a);
	a->account_id = db_get_text(rows, row, 0);
	a->username = db_get_text(rows, row, 1);
	a->name = db_get_text(rows, row, 2);
	a->phone = db_get_text(rows, row, 3);
	a->roles = roles_from_row(c, rows, row, 4, &a->n_roles);
	a->org = db_get_text(rows, row, 5);
	a->districts = list_from_row(c, rows, row, 6, &a->n_districts);
	a->disabled = db_get_bool(rows, row, 7);
	a->version = (uint32_t)db_get_i32(rows, row, 8);
	a->created_at = db_get_i64(rows, row, 9);
	a->last_sign_in_at = db_get_i64(rows, row, 10);
	return a;
}

Pb__Client *client_from_row(struct call *c, const struct db_rows *rows, size_t row)
{
	Pb__Client *k = ARENA_NEW(c->arena, Pb__Client);

	if (!k)
		return NULL;
	pb__client__init(k);
	k->client_id = db_get_text(rows, row, 0);
	k->name = db_get_text(rows, row, 1);
	k->roles = roles_from_row(c, rows, row, 2, &k->n_roles);
	k->org = db_get_text(rows, row, 3);
	k->districts = list_from_row(c, rows, row, 4, &k->n_districts);
	k->disabled = db_get_bool(rows, row, 5);
	k->created_at = db_get_i64(rows, row, 6);
	return k;
}
