/* handlers_report.c - the dispatcher's board of incidents, and who was sent past the first choice.
 */
#include <string.h>
#include "dispatch/dispatch.h"

enum { PAGE = 100 };

Pb__Code list_dispatch_incidents_bind(struct call *c, const Pb__ListDispatchIncidentsRequest *in)
{
	size_t n;
	const char **own = own_districts(c, &n);

	if (!own)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	db_bind(c, "", &sql_board,
		DB_ARGS(db_text(in->state), db_text(in->district), db_uuid_or_null(in->cursor),
			db_i64((in->page_size ? in->page_size : PAGE) + 1), db_texts(own, n)));
	return PB__CODE__OK;
}

Pb__Code list_dispatch_incidents_answer(struct call *c, const Pb__ListDispatchIncidentsRequest *in,
	const struct db_rows *rows, Pb__ListDispatchIncidentsReply *out)
{
	size_t page = in->page_size ? in->page_size : PAGE;
	size_t n = rows->n < page ? rows->n : page;
	struct incident_row row;

	out->items = ARENA_ARRAY(c->arena, Pb__DispatchIncident *, n + 1);
	for (size_t i = 0; out->items && i < n; i++) {
		read_incident(rows, i, &row);
		out->items[i] = board_incident(c, &row);
		if (!out->items[i])
			break;
		out->n_items++;
	}
	if (out->n_items < n)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	if (rows->n > page)
		out->next_cursor = out->items[n - 1]->incident_id;
	return PB__CODE__OK;
}

static Pb__Bypass *read_bypass(struct call *c, const struct db_rows *r, size_t i)
{
	Pb__Bypass *b = ARENA_NEW(c->arena, Pb__Bypass);
	const ProtobufCEnumValue *how = protobuf_c_enum_descriptor_get_value_by_name(
		&pb__assignment_end__value__descriptor, db_get_text(r, i, 12));

	if (!b)
		return NULL;
	pb__bypass__init(b);
	b->assignment_id = db_get_text(r, i, 0);
	b->incident_id = db_get_text(r, i, 1);
	b->case_no = db_get_text(r, i, 2);
	b->district = db_get_text(r, i, 3);
	b->assigned_at = db_get_i64(r, i, 4);
	b->assigned_by = db_get_text(r, i, 5);
	b->responder_id = db_get_text(r, i, 6);
	b->reason = db_get_text(r, i, 7);
	b->first_choice = db_get_text(r, i, 8);
	b->eta_s = db_get_f64(r, i, 9);
	b->first_choice_eta_s = db_get_f64(r, i, 10);
	b->arrived_at = db_get_i64(r, i, 11);
	if (how)
		b->how = (Pb__AssignmentEnd__Value)how->value;
	return b;
}

static Pb__Code fill(
	struct call *c, const struct db_rows *r, size_t page, Pb__ReportBypassesReply *out)
{
	size_t n = r->n < page ? r->n : page;

	out->items = ARENA_ARRAY(c->arena, Pb__Bypass *, n + 1);
	for (size_t i = 0; out->items && i < n; i++, out->n_items++)
		if (!(out->items[i] = read_bypass(c, r, i)))
			break;
	if (out->n_items < n)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	if (r->n > page)
		out->next_cursor = out->items[n - 1]->assignment_id;
	return PB__CODE__OK;
}

Pb__Code dispatch_report_bypasses(
	struct call *c, const Pb__ReportBypassesRequest *in, Pb__ReportBypassesReply *out)
{
	size_t n, page = in->page_size ? in->page_size : PAGE;
	const char **own = own_districts(c, &n);
	struct db_rows r, count;
	Pb__Code e;

	if (!own)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	if (in->to <= in->from)
		return call_fail_field(c, "/to", "order", "'to' must be after 'from'");
	e = db_run(c, &sql_by_hand, &count,
		DB_ARGS(db_time(in->from), db_time(in->to), db_text(in->district),
			db_texts(own, n)));
	if (!e)
		e = db_run(c, &sql_bypasses, &r,
			DB_ARGS(db_time(in->from), db_time(in->to), db_text(in->district),
				db_uuid_or_null(in->cursor), db_i64((int64_t)page + 1),
				db_texts(own, n)));
	if (e)
		return e;
	out->by_hand = (uint32_t)db_get_i64(&count, 0, 0);
	out->bypasses = (uint32_t)db_get_i64(&count, 0, 1);
	return fill(c, &r, page, out);
}
