/* handlers_submit.c - taking an order, from the centre or from a responder who came upon a crash.
 */
#include <string.h>
#include "intake/difference.h"
#include "intake/service.h"
#include "intake/submission.h"
#include "kit/json.h"

Pb__Code intake_submit_bind(struct call *c, const Pb__SubmitOrderRequest *in)
{
	struct submission *s = ARENA_NEW(c->arena, struct submission);
	Pb__Code e;

	if (!s)
		return call_fail(c, PB__CODE__TOO_LARGE, "the order needs too much memory");
	e = submission_make(c, in, "", s);
	if (e)
		return e;
	c->scratch = s;
	/* Orders are made, not changed: only equal numbers meet, so the number is the key. */
	db_bind(c, in->order_no, &stmt_submit_order, s->args, s->n_args);
	return PB__CODE__OK;
}

/* The number is taken by an order of other content: name what differs. */
static Pb__Code refuse_other_content(
	struct call *c, const Pb__SubmitOrderRequest *in, const struct db_rows *rows)
{
	const char *pointers[DIFFERENCES_MAX];
	Pb__SubmitOrderRequest *first;
	size_t len, n = 0;
	const void *packed = db_get_bytes(rows, 0, SUBMITTED_FIRST, &len);

	first = pb__submit_order_request__unpack(&c->arena->pb, len, packed);
	if (first)
		n = message_differences(
			&pb_meta_submit_order_request, &first->base, &in->base, c->arena, pointers);
	(void)!call_fail(c, PB__CODE__REFUSED,
		"order '%s' was taken with other content; use :amend to correct it", in->order_no);
	for (size_t i = 0; i < n; i++)
		call_fail_field(c, pointers[i], "repeat", "differs from the order first taken");
	return c->faults.code;
}

static bool is_same_content(const struct submission *s, const struct db_rows *rows)
{
	size_t len;
	const void *digest = db_get_bytes(rows, 0, SUBMITTED_DIGEST, &len);

	return len == sizeof(s->digest) && memcmp(digest, s->digest, len) == 0;
}

static Pb__OrderAssignment *assignment_of(struct call *c, const struct db_rows *rows)
{
	const char *responder = db_get_text(rows, 0, SUBMITTED_RESPONDER);
	Pb__OrderAssignment *a = *responder ? ARENA_NEW(c->arena, Pb__OrderAssignment) : NULL;

	if (!a)
		return NULL;
	pb__order_assignment__init(a);
	a->responder_id = responder;
	a->responder_name = db_get_text(rows, 0, SUBMITTED_RESPONDER_NAME);
	a->insurer = db_get_text(rows, 0, SUBMITTED_INSURER);
	a->assigned_at = db_get_i64(rows, 0, SUBMITTED_ASSIGNED);
	return a;
}

/* Everything from the rows, so that the first answer and every repeat are made the same way. */
Pb__Code intake_submit_answer(struct call *c, const Pb__SubmitOrderRequest *in,
	const struct db_rows *rows, Pb__SubmitOrderReply *out)
{
	const char *const *gates;
	int lane;

	if (rows->n == 0)
		return call_again(c);
	if (!db_get_bool(rows, 0, SUBMITTED_FRESH) && !is_same_content(c->scratch, rows))
		return refuse_other_content(c, in, rows);
	lane = enum_value(&pb__lane__value__descriptor, db_get_text(rows, 0, SUBMITTED_LANE));
	out->incident_id = db_get_text(rows, 0, SUBMITTED_INCIDENT);
	out->case_no = db_get_text(rows, 0, SUBMITTED_CASE_NO);
	out->district = db_get_text(rows, 0, SUBMITTED_DISTRICT);
	out->lane = (Pb__Lane__Value)lane;
	out->phase = phase_first(out->lane);
	gates = db_get_texts(rows, 0, SUBMITTED_GATES, &out->n_gates);
	out->gates = gate_hits_from_texts(
		c, (uint32_t)db_get_i32(rows, 0, SUBMITTED_GATE_VERSION), gates, out->n_gates);
	out->promised_arrival_at = db_get_i64(rows, 0, SUBMITTED_PROMISED);
	out->accepted_at = db_get_i64(rows, 0, SUBMITTED_ACCEPTED);
	out->duplicates = duplicates_from_json(
		c, db_get_text(rows, 0, SUBMITTED_DUPLICATES), &out->n_duplicates);
	out->assignment = assignment_of(c, rows);
	return out->gates && out->duplicates
		       ? PB__CODE__OK
		       : call_fail(c, PB__CODE__TOO_LARGE, "the answer needs too much memory");
}

/* The order that a responder's own report stands for. */
static void as_order(struct call *c, const Pb__CreateIncidentRequest *in, const char *order_no,
	Pb__SubmitOrderRequest *o)
{
	pb__submit_order_request__init(o);
	o->order_no = order_no;
	o->channel = PB__CHANNEL__VALUE__RESPONDER;
	o->reported_at = c->at_us;
	o->place = in->place;
	o->description = in->description;
	o->n_vehicles = in->n_vehicles;
	o->vehicles = in->vehicles;
	o->casualties = in->casualties;
	o->n_flags = in->n_flags;
	o->flags = in->flags;
	o->weather = in->weather;
}

Pb__Code intake_create_run(
	struct call *c, const Pb__CreateIncidentRequest *in, Pb__CreateIncidentReply *out)
{
	char *order_no = arena_printf(c->arena, "SELF-%s", call_uuid(c));
	struct submission *s = ARENA_NEW(c->arena, struct submission);
	Pb__SubmitOrderRequest o;
	Pb__SubmitOrderReply answer = PB__SUBMIT_ORDER_REPLY__INIT;
	struct db_rows rows;
	Pb__Code e;

	if (!order_no || !s)
		return call_fail(c, PB__CODE__TOO_LARGE, "the report needs too much memory");
	as_order(c, in, order_no, &o);
	e = submission_make(c, &o, c->who.subject, s);
	if (!e)
		e = db_run(c, &stmt_submit_order, &rows, s->args, s->n_args);
	if (!e) {
		c->scratch = s;
		e = intake_submit_answer(c, &o, &rows, &answer);
	}
	if (e)
		return e;
	out->incident_id = answer.incident_id;
	out->case_no = answer.case_no;
	out->order_no = order_no;
	out->phase = answer.phase;
	out->lane = answer.lane;
	out->n_gates = answer.n_gates;
	out->gates = answer.gates;
	out->promised_arrival_at = answer.promised_arrival_at;
	out->n_duplicates = answer.n_duplicates;
	out->duplicates = answer.duplicates;
	out->district = answer.district;
	return PB__CODE__OK;
}
