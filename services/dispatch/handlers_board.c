/* handlers_board.c - the status board: responders, each with what he has; and one's own state. */
#include <string.h>
#include "dispatch/dispatch.h"

enum { PAGE = 100 };

Pb__Code list_responders_bind(struct call *c, const Pb__ListRespondersRequest *in)
{
	const char **own = ARENA_ARRAY(c->arena, const char *, strlen(c->who.districts) + 1);
	char *rest = CALL_STR(c, c->who.districts), *save = NULL;
	size_t n = 0;

	if (!own || !rest)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	for (char *t = strtok_r(rest, " ", &save); t; t = strtok_r(NULL, " ", &save))
		own[n++] = t;
	db_bind(c, "", &sql_list_responders,
		DB_ARGS(db_text(in->status ? status_name(in->status) : ""), db_text(in->district),
			db_text(in->insurer), db_text(in->post), db_uuid_or_null(in->cursor),
			db_i64((in->page_size ? in->page_size : PAGE) + 1), db_texts(own, n)));
	return PB__CODE__OK;
}

Pb__Code list_responders_answer(struct call *c, const Pb__ListRespondersRequest *in,
	const struct db_rows *rows, Pb__ListRespondersReply *out)
{
	size_t page = in->page_size ? in->page_size : PAGE;
	size_t n = rows->n < page ? rows->n : page;

	out->items = ARENA_ARRAY(c->arena, Pb__Responder *, n + 1);
	for (size_t i = 0; out->items && i < n; i++) {
		out->items[i] = read_responder(rows, i, NULL);
		if (!out->items[i])
			break;
		out->n_items++;
	}
	if (out->n_items < n)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	if (rows->n > page)
		out->next_cursor = out->items[n - 1]->responder_id;
	return PB__CODE__OK;
}

static Pb__Code load(struct call *c, const char *id, Pb__Responder **ret, Pb__Offer **ret_offer,
	Pb__Assignment **ret_assignment)
{
	struct db_rows r;
	struct offer_row o;
	struct assignment_row a;
	Pb__Code e = db_run(c, &sql_get_responder, &r, DB_ARGS(db_uuid(id)));

	if (!e && !r.n)
		return call_unknown(c, "responder", id);
	if (!e)
		e = store_open_offer(c, NULL, id, &o);
	if (!e)
		e = store_live_assignment(c, NULL, id, &a);
	if (e)
		return e;
	*ret = read_responder(&r, 0, NULL);
	*ret_offer = o.pb;
	*ret_assignment = a.pb;
	return *ret ? PB__CODE__OK : call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
}

static bool sees_responder(const struct call *c, const Pb__Responder *r)
{
	if (!r->n_districts)
		return true;
	for (size_t i = 0; i < r->n_districts; i++)
		if (sees_district(c, r->districts[i]))
			return true;
	return false;
}

Pb__Code dispatch_get_responder(
	struct call *c, const Pb__GetResponderRequest *in, Pb__GetResponderReply *out)
{
	Pb__Code e = load(c, in->responder_id, &out->responder, &out->offer, &out->assignment);

	if (!e && !sees_responder(c, out->responder))
		return call_fail(
			c, PB__CODE__NOT_FOUND, "there is no responder '%s'", in->responder_id);
	return e;
}

Pb__Code dispatch_get_me(struct call *c, const Pb__GetMeRequest *in, Pb__GetMeReply *out)
{
	(void)in;
	return load(c, c->who.subject, &out->responder, &out->offer, &out->assignment);
}
