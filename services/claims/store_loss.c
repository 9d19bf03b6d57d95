/* store_loss.c - loss sheets by version, limits by date, settlements by version. */
#include "claims/store.h"
#include "claims/statements.h"

const struct db_stmt sql_newest_sheets = {
	"newest_sheets",
	"select doc from (select distinct on (l.party_id) l.doc, p.letter from claims.loss_sheet l"
	" join claims.party p using (incident_id, party_id) where l.incident_id = $1"
	" order by l.party_id, l.version desc) newest order by letter",
	.in = { DB_UUID },
	.out = { DB_BYTES },
};

static Pb__LossSheet *sheet_at(struct call *c, const struct db_rows *r, size_t row)
{
	size_t n;
	const void *data = db_get_bytes(r, row, 0, &n);
	return store_unpack(c, &pb__loss_sheet__descriptor, data, n);
}

Pb__Code store_newest_sheets(struct call *c, const char *incident, struct sheet_list *ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_newest_sheets, &r, DB_ARGS(db_uuid(incident)));
	if (e)
		return e;
	ret->n = 0;
	ret->v = ARENA_ARRAY(c->arena, Pb__LossSheet *, r.n);
	for (size_t i = 0; ret->v && i < r.n; i++)
		ret->v[ret->n++] = sheet_at(c, &r, i);
	return c->faults.code;
}

const struct db_stmt sql_sheet = {
	"sheet",
	"select doc, digest from claims.loss_sheet where incident_id = $1 and party_id = $2"
	" and ($3 = 0 or version = $3) order by version desc limit 1",
	.in = { DB_UUID, DB_UUID, DB_I64 },
	.out = { DB_BYTES, DB_TEXT },
};

Pb__Code store_sheet(struct call *c, const char *incident, const char *party, uint32_t version,
	Pb__LossSheet **ret, const char **ret_digest)
{
	struct db_rows r;
	Pb__Code e = db_run(
		c, &sql_sheet, &r, DB_ARGS(db_uuid(incident), db_uuid(party), db_i64(version)));
	if (e)
		return e;
	*ret = r.n ? sheet_at(c, &r, 0) : NULL;
	*ret_digest = r.n ? db_get_text(&r, 0, 1) : "";
	return c->faults.code;
}

const struct db_stmt sql_add_sheet = {
	"add_sheet",
	"insert into claims.loss_sheet (sheet_id, incident_id, party_id, version, total_fen, "
	"digest,"
	" doc, assessed_by, assessed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
	.in = { DB_UUID, DB_UUID, DB_UUID, DB_I32, DB_I64, DB_TEXT, DB_BYTES, DB_TEXT, DB_TIME },
};

Pb__Code store_add_sheet(struct call *c, const Pb__LossSheet *s, const char *digest)
{
	return db_run(c, &sql_add_sheet, NULL,
		DB_ARGS(db_uuid(s->sheet_id), db_uuid(s->incident_id), db_uuid(s->party_id),
			db_i32((int32_t)s->version), db_i64(s->total_fen), db_text(digest),
			store_packed(c, &s->base), db_text(s->assessed_by), db_time(s->at)));
}

const struct db_stmt sql_limits = {
	"ci_limits",
	"select version, basis, property_liable_fen, property_not_liable_fen from claims.ci_limit"
	" where effective_from <= $1 order by effective_from desc limit 1",
	.in = { DB_DATE },
	.out = { DB_TEXT, DB_TEXT, DB_I64, DB_I64 },
};

Pb__Code store_limits(struct call *c, int64_t day, struct limits_row *ret, bool *ret_found)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_limits, &r, DB_ARGS(db_date(day)));
	if (e)
		return e;
	*ret_found = r.n > 0;
	if (r.n)
		*ret = (struct limits_row){
			.version = db_get_text(&r, 0, 0),
			.basis = db_get_text(&r, 0, 1),
			.property_liable_fen = db_get_i64(&r, 0, 2),
			.property_not_liable_fen = db_get_i64(&r, 0, 3),
		};
	return PB__CODE__OK;
}

const struct db_stmt sql_add_settlement = {
	"add_settlement",
	"insert into claims.settlement (incident_id, version, limits_version, total_loss_fen, doc,"
	" computed_at) values ($1, $2, $3, $4, $5, $6)",
	.in = { DB_UUID, DB_I32, DB_TEXT, DB_I64, DB_BYTES, DB_TIME },
};

Pb__Code store_add_settlement(struct call *c, const Pb__Settlement *s)
{
	return db_run(c, &sql_add_settlement, NULL,
		DB_ARGS(db_uuid(s->incident_id), db_i32((int32_t)s->version),
			db_text(s->limits_version), db_i64(s->total_loss_fen),
			store_packed(c, &s->base), db_time(s->at)));
}

const struct db_stmt sql_settlement = {
	"settlement",
	"select doc from claims.settlement where incident_id = $1 order by version desc limit 1",
	.in = { DB_UUID },
	.out = { DB_BYTES },
};

Pb__Code store_settlement(struct call *c, const char *incident, Pb__Settlement **ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &sql_settlement, &r, DB_ARGS(db_uuid(incident)));
	if (e)
		return e;
	*ret = NULL;
	if (r.n) {
		size_t n;
		const void *data = db_get_bytes(&r, 0, 0, &n);
		*ret = store_unpack(c, &pb__settlement__descriptor, data, n);
	}
	return c->faults.code;
}
