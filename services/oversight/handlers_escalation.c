/* handlers_escalation.c - limits passed, and who answered for them. */
#include <string.h>
#include "oversight/oversight.h"

enum { PAGE = 100 };

Pb__Code list_escalations_bind(struct call *c, const Pb__ListEscalationsRequest *in)
{
	size_t n;
	const char **own = own_districts(c, &n);

	if (!own)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	db_bind(c, "", &sql_list_escalations,
		DB_ARGS(db_bool(in->open), db_i32((int32_t)in->level), db_text(in->district),
			db_texts(own, n), db_uuid_or_null(in->cursor),
			db_i64((in->page_size ? in->page_size : PAGE) + 1)));
	return PB__CODE__OK;
}

Pb__Code list_escalations_answer(struct call *c, const Pb__ListEscalationsRequest *in,
	const struct db_rows *rows, Pb__ListEscalationsReply *out)
{
	size_t page = in->page_size ? in->page_size : PAGE;
	size_t n = rows->n < page ? rows->n : page;

	out->items = ARENA_ARRAY(c->arena, Pb__Escalation *, n + 1);
	for (size_t i = 0; out->items && i < n; i++) {
		out->items[i] = read_escalation(rows, i);
		if (!out->items[i])
			break;
		out->n_items++;
	}
	if (out->n_items < n)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	if (rows->n > page)
		out->next_cursor = out->items[n - 1]->escalation_id;
	return PB__CODE__OK;
}

static Pb__Code acknowledge(struct call *c, const char *note, Pb__Escalation *esc)
{
	Pb__EscalationAcknowledged ev = PB__ESCALATION_ACKNOWLEDGED__INIT;
	Pb__Code e = db_run(c, &sql_acknowledge, NULL,
		DB_ARGS(db_uuid(esc->escalation_id), db_time(c->at_us), db_text(c->who.subject),
			db_text(note)));

	esc->acknowledged_at = c->at_us;
	esc->acknowledged_by = c->who.subject;
	esc->note = note;
	ev.escalation_id = esc->escalation_id;
	ev.incident_id = esc->incident_id;
	ev.district = esc->district;
	ev.by = c->who.subject;
	ev.note = note;
	ev.at = c->at_us;
	return e ? e : event_emit(c, &ev.base);
}

/* The first answer stands; the same person repeating it is told so again. */
Pb__Code acknowledge_run(struct call *c, const Pb__AcknowledgeEscalationRequest *in,
	Pb__AcknowledgeEscalationReply *out)
{
	struct db_rows r;
	Pb__Escalation *esc;
	Pb__Code e = db_run(c, &sql_lock_escalation, &r, DB_ARGS(db_uuid(in->escalation_id)));

	if (e)
		return e;
	esc = r.n ? read_escalation(&r, 0) : NULL;
	if (!esc || !sees_district(c, esc->district))
		return call_fail(
			c, PB__CODE__NOT_FOUND, "there is no escalation '%s'", in->escalation_id);
	out->escalation = esc;
	if (!esc->acknowledged_at)
		return acknowledge(c, in->note, esc);
	if (strcmp(esc->acknowledged_by, c->who.subject))
		return call_fail(c, PB__CODE__CONFLICT,
			"escalation '%s' was acknowledged by '%s' already", in->escalation_id,
			esc->acknowledged_by);
	return PB__CODE__OK;
}
