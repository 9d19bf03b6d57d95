/* handlers_board.c - the status board: responders, each with what he has; and one's own state. */
#include <string.h>
#include "dispatch/dispatch.h"

enum { PAGE = 100 };

const char **own_districts(struct call *c, size_t *ret_n)
{
	const char **own = ARENA_ARRAY(c->arena, const char *, strlen(c->who.districts) + 1);
	char *rest = CALL_STR(c, c->who.districts), *save = NULL;
	size_t n = 0;

	if (!own || !rest)
		return NULL;
	for (char *t = strtok_r(rest, " ", &save); t; t = strtok_r(NULL, " ", &save))
		own[n++] = t;
	*ret_n = n;
	return own;
}

Pb__Code list_responders_bind(struct call *c, const Pb__ListRespondersRequest *in)
{
	size_t n;
	const char **own = own_districts(c, &n);

	if (!own)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
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

struct file {
	Pb__Responder *responder;
	struct offer_row offer;
	struct assignment_row assignment;
	struct queue queue;
};

static Pb__Code load(struct call *c, const char *id, struct file *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_get_responder, &r, DB_ARGS(db_uuid(id)));

	if (!e && !r.n)
		return call_unknown(c, "responder", id);
	if (!e)
		e = store_open_offer(c, OF_RESPONDER, id, &ret->offer);
	if (!e)
		e = store_live_assignment(c, NULL, id, &ret->assignment);
	if (!e)
		e = store_queue_of(c, id, &ret->queue);
	if (e)
		return e;
	ret->responder = read_responder(&r, 0, NULL);
	return ret->responder ? PB__CODE__OK
			      : call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
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
	struct file f;
	Pb__Code e = load(c, in->responder_id, &f);

	if (!e && !sees_responder(c, f.responder))
		return call_fail(
			c, PB__CODE__NOT_FOUND, "there is no responder '%s'", in->responder_id);
	if (e)
		return e;
	out->responder = f.responder;
	out->offer = f.offer.pb;
	out->assignment = f.assignment.pb;
	out->queue = f.queue.pb;
	out->n_queue = f.queue.n;
	return PB__CODE__OK;
}

Pb__Code dispatch_get_me(struct call *c, const Pb__GetMeRequest *in, Pb__GetMeReply *out)
{
	struct file f;
	Pb__Code e = load(c, c->who.subject, &f);

	(void)in;
	if (e)
		return e;
	out->responder = f.responder;
	out->offer = f.offer.pb;
	out->assignment = f.assignment.pb;
	out->queue = f.queue.pb;
	out->n_queue = f.queue.n;
	return PB__CODE__OK;
}
