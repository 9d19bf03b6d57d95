/* handlers_decision.c - why: a decision on record, with what it was made from. */
#include <string.h>
#include "dispatch/dispatch.h"
#include "kit/json.h"

static Pb__Decision *read_decision(struct call *c, const struct db_rows *r)
{
	Pb__Decision *d = ARENA_NEW(c->arena, Pb__Decision);
	const char *ranked = db_get_text(r, 0, 11);

	if (!d)
		return NULL;
	pb__decision__init(d);
	d->decision_id = db_get_text(r, 0, 0);
	d->incident_id = db_get_text(r, 0, 1);
	d->region = db_get_text(r, 0, 2);
	d->epoch = db_get_i64(r, 0, 3);
	d->at = db_get_i64(r, 0, 4);
	d->kind = db_get_text(r, 0, 5);
	d->policy = db_get_text(r, 0, 6);
	d->policy_version = (uint32_t)db_get_i32(r, 0, 7);
	d->chosen_id = db_get_text(r, 0, 8);
	d->bypass_reason = db_get_text(r, 0, 9);
	d->digest = db_get_text(r, 0, 10);
	d->ranked = (Pb__ListCandidatesReply *)json_stored_to_message(
		&pb_meta_list_candidates_reply, ranked, strlen(ranked), c->arena);
	return d;
}

Pb__Code dispatch_get_decision(
	struct call *c, const Pb__GetDecisionRequest *in, Pb__GetDecisionReply *out)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_get_decision, &r, DB_ARGS(db_uuid(in->id)));

	if (!e && (!r.n || !sees_district(c, db_get_text(&r, 0, 13))))
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no decision on '%s'", in->id);
	if (e)
		return e;
	out->decision = read_decision(c, &r);
	if (!out->decision)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	if (call_has_role(c, PB__ROLE__VALUE__SYSTEM)) {
		size_t len;
		const void *bytes = db_get_bytes(&r, 0, 12, &len);
		out->decision->inputs.data = (uint8_t *)(uintptr_t)bytes;
		out->decision->inputs.len = len;
	}
	return PB__CODE__OK;
}
