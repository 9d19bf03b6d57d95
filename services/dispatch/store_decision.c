/* store_decision.c - decisions on record, with what they were made from. */
#include <string.h>
#include "dispatch/store.h"

const struct db_stmt sql_note_decision = {
	"note_decision",
	"insert into dispatch.decision (id, incident_id, at, kind, policy, policy_version,"
	"  chosen_id, candidates, bypass_reason, plan_id)"
	" values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
	.in = { DB_UUID, DB_UUID, DB_TIME, DB_TEXT, DB_TEXT, DB_I32, DB_UUID, DB_JSON, DB_TEXT,
		DB_UUID },
};

Pb__Code store_note_decision(struct call *c, const struct new_decision *d)
{
	return db_run(c, &sql_note_decision, NULL,
		DB_ARGS(db_uuid(d->id ? d->id : call_uuid(c)), db_uuid(d->incident),
			db_time(c->at_us), db_text(d->kind), db_text(d->plan.policy),
			db_i32(d->plan.policy_version), db_uuid(d->chosen), db_json(d->candidates),
			db_text(d->bypass_reason ? d->bypass_reason : ""), db_uuid(d->plan.id)));
}

const struct db_stmt sql_keep_plan = {
	"keep_plan",
	"insert into dispatch.plan (id, at, region, epoch, digest, inputs)"
	" select $1, $2, $3, $4, $5, $6 from dispatch.region_lease where region = $3 and owner = $7"
	" and epoch = $4 for share",
	.in = { DB_UUID, DB_TIME, DB_TEXT, DB_I64, DB_BYTES, DB_BYTES, DB_UUID },
};

Pb__Code store_keep_plan(struct call *c, const char *region, struct plan_ref *p)
{
	if (p->written || !p->inputs)
		return PB__CODE__OK;
	p->written = true;
	return db_run(c, &sql_keep_plan, NULL,
		DB_ARGS(db_uuid(p->id), db_time(c->at_us), db_text(region), db_i64(p->epoch),
			db_bytes(p->digest, 32), db_bytes(p->inputs, p->inputs_len),
			db_uuid(p->owner)));
}

/* $1 a decision, or an incident: then its newest. */
const struct db_stmt sql_get_decision = {
	"get_decision",
	"select d.id, d.incident_id, coalesce(p.region, ''), coalesce(p.epoch, 0), d.at, d.kind,"
	"  d.policy, d.policy_version, d.chosen_id, d.bypass_reason,"
	"  coalesce(encode(p.digest, 'hex'), ''), d.candidates, p.inputs, coalesce(i.district, '')"
	" from dispatch.decision d left join dispatch.plan p on p.id = d.plan_id"
	" left join dispatch.incident i on i.id = d.incident_id"
	" where d.id = (select x.id from (select $1::uuid as id, 0 as o where exists (select"
	"   from dispatch.decision y where y.id = $1) union all (select y.id, 1"
	"   from dispatch.decision y where y.incident_id = $1 order by y.at desc, y.id desc limit "
	"1)"
	"  order by o limit 1) x)",
	.in = { DB_UUID },
	.out = { DB_UUID, DB_UUID, DB_TEXT, DB_I64, DB_TIME, DB_TEXT, DB_TEXT, DB_I32, DB_UUID,
		DB_TEXT, DB_TEXT, DB_JSON, DB_BYTES, DB_TEXT },
};
