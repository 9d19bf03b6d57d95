/* store_claim.c - claims, their steps and their list in the order of change. */
#include <stdio.h>
#include <stdlib.h>

#include "claims/store.h"
#include "claims/statements.h"
#include "kit/json.h"

static const char *state_name(Pb__ClaimState__Value s)
{
	return enum_name(&pb__claim_state__value__descriptor, (int)s);
}

static Pb__ClaimState__Value state_value(const char *name)
{
	return (Pb__ClaimState__Value)enum_value(&pb__claim_state__value__descriptor, name);
}

/* Lists are read by change_seq: numbers must be seen in the order they are given, so whoever takes
 * one holds this lock until the commit. */
#define CHANGE_LOCK "pg_advisory_xact_lock(6006001)"

const struct db_stmt sql_add_claim = {
	"add_claim",
	"with l as materialized (select " CHANGE_LOCK "),"
	" added as (insert into claims.claim (claim_id, claim_no, incident_id, district, case_no,"
	"  insurer, state, amount_fen, created_at, changed_at)"
	"  select $1, $2, $3, $4, $5, $6, 'NOTIFIED', $7, $8, $8 from l returning claim_id)"
	" insert into claims.claim_step (claim_id, seq, from_state, to_state, stepped_at,"
	"  by_subject) select claim_id, 1, 'UNSPECIFIED', 'NOTIFIED', $8, 'claims' from added",
	.in = { DB_UUID, DB_TEXT, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_I64, DB_TIME },
};

Pb__Code store_add_claim(struct call *c, const struct claim_row *k)
{
	return db_run(c, &sql_add_claim, NULL,
		DB_ARGS(db_uuid(k->claim_id), db_text(k->claim_no), db_uuid(k->incident_id),
			db_text(k->district), db_text(k->case_no), db_text(k->insurer),
			db_i64(k->amount_fen), db_time(k->created_at)));
}

#define CLAIM_COLUMNS \
	"select claim_id, claim_no, incident_id, district, case_no, insurer, insurer_ref," \
	" payment_ref, state, version, amount_fen, paid_fen, created_at, changed_at, change_seq" \
	" from claims.claim"
#define CLAIM_TYPES \
	DB_UUID, DB_TEXT, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_I32, \
		DB_I64, DB_I64, DB_TIME, DB_TIME, DB_I64
enum { CHANGE_SEQ_COLUMN = 14 };

static struct claim_row claim_at(const struct db_rows *r, size_t row)
{
	return (struct claim_row){
		.claim_id = db_get_text(r, row, 0),
		.claim_no = db_get_text(r, row, 1),
		.incident_id = db_get_text(r, row, 2),
		.district = db_get_text(r, row, 3),
		.case_no = db_get_text(r, row, 4),
		.insurer = db_get_text(r, row, 5),
		.insurer_ref = db_get_text(r, row, 6),
		.payment_ref = db_get_text(r, row, 7),
		.state = state_value(db_get_text(r, row, 8)),
		.version = (uint32_t)db_get_i32(r, row, 9),
		.amount_fen = db_get_i64(r, row, 10),
		.paid_fen = db_get_i64(r, row, 11),
		.created_at = db_get_i64(r, row, 12),
		.changed_at = db_get_i64(r, row, 13),
	};
}

const struct db_stmt sql_claim = {
	"claim",
	CLAIM_COLUMNS " where claim_id = $1",
	.in = { DB_UUID },
	.out = { CLAIM_TYPES },
};
const struct db_stmt sql_lock_claim = {
	"lock_claim",
	CLAIM_COLUMNS " where claim_id = $1 for update",
	.in = { DB_UUID },
	.out = { CLAIM_TYPES },
};

Pb__Code store_claim(
	struct call *c, const char *id, bool lock, struct claim_row *ret, bool *ret_found)
{
	struct db_rows r;
	Pb__Code e = db_run(c, lock ? &sql_lock_claim : &sql_claim, &r, DB_ARGS(db_uuid(id)));
	if (e)
		return e;
	*ret_found = r.n > 0;
	if (r.n)
		*ret = claim_at(&r, 0);
	return PB__CODE__OK;
}

const struct db_stmt sql_claims_of = {
	"claims_of",
	CLAIM_COLUMNS " where incident_id = $1 order by insurer",
	.in = { DB_UUID },
	.out = { CLAIM_TYPES },
};

Pb__Code store_claims_of(struct call *c, const char *incident, struct claim_list *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_claims_of, &r, DB_ARGS(db_uuid(incident)));
	if (e)
		return e;
	ret->v = ARENA_ARRAY(c->arena, struct claim_row, r.n);
	if (!ret->v)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	ret->n = r.n;
	for (size_t i = 0; i < r.n; i++)
		ret->v[i] = claim_at(&r, i);
	return PB__CODE__OK;
}

const struct db_stmt sql_move_claim = {
	"move_claim",
	"with l as materialized (select " CHANGE_LOCK "),"
	" moved as (update claims.claim set state = $2, version = $3, insurer_ref = $4,"
	"  payment_ref = $5, paid_fen = $6, changed_at = $7,"
	"  change_seq = nextval('claims.change_seq') from l where claim_id = $1"
	"  returning claim_id)"
	" insert into claims.claim_step (claim_id, seq, from_state, to_state, stepped_at,"
	"  by_subject, note) select claim_id, (select coalesce(max(seq), 0) + 1"
	"   from claims.claim_step where claim_id = $1), $8, $2, $7, $9, $10 from moved",
	.in = { DB_UUID, DB_TEXT, DB_I32, DB_TEXT, DB_TEXT, DB_I64, DB_TIME, DB_TEXT, DB_TEXT,
		DB_TEXT },
};

Pb__Code store_move_claim(
	struct call *c, const struct claim_row *k, Pb__ClaimState__Value from, const char *note)
{
	return db_run(c, &sql_move_claim, NULL,
		DB_ARGS(db_uuid(k->claim_id), db_text(state_name(k->state)),
			db_i32((int32_t)k->version), db_text(k->insurer_ref),
			db_text(k->payment_ref), db_i64(k->paid_fen), db_time(k->changed_at),
			db_text(state_name(from)), db_text(c->who.subject), db_text(note)));
}

const struct db_stmt sql_revise_claim = {
	"revise_claim",
	"with l as materialized (select " CHANGE_LOCK ")"
	" update claims.claim set amount_fen = $2, version = version + 1, changed_at = $3,"
	" change_seq = nextval('claims.change_seq') from l where claim_id = $1",
	.in = { DB_UUID, DB_I64, DB_TIME },
};

Pb__Code store_revise_claim(struct call *c, const char *claim, int64_t amount_fen)
{
	return db_run(c, &sql_revise_claim, NULL,
		DB_ARGS(db_uuid(claim), db_i64(amount_fen), db_time(c->at_us)));
}

const struct db_stmt sql_steps = {
	"claim_steps",
	"select from_state, to_state, stepped_at, by_subject, note from claims.claim_step"
	" where claim_id = $1 order by seq",
	.in = { DB_UUID },
	.out = { DB_TEXT, DB_TEXT, DB_TIME, DB_TEXT, DB_TEXT },
};

Pb__Code store_steps(struct call *c, const char *claim, struct step_list *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_steps, &r, DB_ARGS(db_uuid(claim)));
	if (e)
		return e;
	ret->n = 0;
	ret->v = ARENA_ARRAY(c->arena, Pb__ClaimStep *, r.n);
	for (size_t i = 0; ret->v && i < r.n; i++) {
		Pb__ClaimStep *s = ARENA_NEW(c->arena, Pb__ClaimStep);
		if (!s)
			break;
		pb__claim_step__init(s);
		s->from = state_value(db_get_text(&r, i, 0));
		s->to = state_value(db_get_text(&r, i, 1));
		s->at = db_get_i64(&r, i, 2);
		s->by = db_get_text(&r, i, 3);
		s->note = db_get_text(&r, i, 4);
		ret->v[ret->n++] = s;
	}
	return PB__CODE__OK;
}

/* ---- the list, by change ---- */

#define LIST_FILTER \
	" change_seq > $2 and ($3::timestamptz is null or changed_at >= $3)" \
	" and ($4 = '' or state = $4) and ($5::uuid is null or incident_id = $5)" \
	" order by change_seq limit $6"

const struct db_stmt sql_list_own_claims = {
	"list_own_claims",
	CLAIM_COLUMNS " where insurer = $1 and" LIST_FILTER,
	.in = { DB_TEXT, DB_I64, DB_TIME, DB_TEXT, DB_UUID, DB_I32 },
	.out = { CLAIM_TYPES },
};
const struct db_stmt sql_list_claims = {
	"list_claims",
	CLAIM_COLUMNS
	" where ($1 = '' or district = any(string_to_array($1, ' '))) and" LIST_FILTER,
	.in = { DB_TEXT, DB_I64, DB_TIME, DB_TEXT, DB_UUID, DB_I32 },
	.out = { CLAIM_TYPES },
};

void store_bind_list(struct call *c, const Pb__ListClaimsRequest *in, bool own)
{
	const char *state = in->state ? state_name(in->state) : "";
	db_bind(c, "", own ? &sql_list_own_claims : &sql_list_claims,
		DB_ARGS(db_text(own ? c->who.org : c->who.districts),
			db_i64(strtoll(in->cursor, NULL, 10)), db_time_or_null(in->since),
			db_text(state), db_uuid_or_null(in->incident_id),
			db_i32(in->page_size ? (int32_t)in->page_size : 100)));
}

static Pb__ClaimSummary *summary(struct call *c, const struct claim_row *k)
{
	Pb__ClaimSummary *s = ARENA_NEW(c->arena, Pb__ClaimSummary);
	if (!s)
		return NULL;
	pb__claim_summary__init(s);
	s->claim_id = k->claim_id;
	s->claim_no = k->claim_no;
	s->incident_id = k->incident_id;
	s->case_no = k->case_no;
	s->insurer = k->insurer;
	s->state = k->state;
	s->amount_fen = k->amount_fen;
	s->version = k->version;
	s->created_at = k->created_at;
	s->changed_at = k->changed_at;
	return s;
}

Pb__Code store_read_list(struct call *c, const struct db_rows *r, Pb__ListClaimsReply *out)
{
	out->items = ARENA_ARRAY(c->arena, Pb__ClaimSummary *, r->n);
	for (size_t i = 0; out->items && i < r->n; i++) {
		struct claim_row k = claim_at(r, i);
		Pb__ClaimSummary *s = summary(c, &k);
		if (!s)
			break;
		out->items[out->n_items++] = s;
	}
	if (c->arena->full)
		return call_fail(c, PB__CODE__TOO_LARGE, "ask for smaller pages");
	if (r->n)
		out->next_cursor = arena_printf(
			c->arena, "%lld", (long long)db_get_i64(r, r->n - 1, CHANGE_SEQ_COLUMN));
	return PB__CODE__OK;
}
