/* store_decision.c - SQL of the catalogue, determinations, signatures and their documents. */
#include "liability/store.h"

#include <string.h>

/* ---- catalogue ---- */

const struct db_stmt st_scenario_version = {
	"scenario_version",
	"select version from liability.scenario_version where effective_at <= $1"
	" order by version desc limit 1",
	{ DB_TIME },
	{ DB_I32 },
};

const struct db_stmt st_scenarios = {
	"scenarios",
	"select code, version, key, title, usual, articles, uncertain, aggravating, in_lane, slots,"
	" words from liability.scenario where version = $1 order by code",
	{ DB_I32 },
	{ DB_TEXT, DB_I32, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXTS, DB_TEXTS, DB_BOOL, DB_BOOL,
		DB_TEXTS, DB_TEXTS },
};

/* ---- deciding ---- */

/* The district's unit in force, else the city's. */
const struct db_stmt st_unit = {
	"unit",
	"select code, name from liability.issuing_unit where district in ($1, '000000')"
	" and effective_at <= $2 order by (district = $1) desc, effective_at desc limit 1",
	{ DB_TEXT, DB_TIME },
	{ DB_TEXT, DB_TEXT },
};

/* The row's lock is held to the commit: numbers have no gaps and no repeats. */
const struct db_stmt st_series_next = {
	"series_next",
	"insert into liability.document_series as s (unit, year, last) values ($1, $2, 1)"
	" on conflict (unit, year) do update set last = s.last + 1 returning last",
	{ DB_TEXT, DB_I32 },
	{ DB_I32 },
};

const struct db_stmt st_determination_insert = {
	"determination_insert",
	"insert into liability.determination (determination_id, review_id, incident_id, district,"
	" unit, year, number, document_no, verify_code, scenario, scenario_version, officer_id,"
	" officer_name, decided_role, decided_at, doc, content_sha256, request_sha256)"
	" values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
	{ DB_UUID, DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_I32, DB_I32, DB_TEXT, DB_TEXT, DB_TEXT,
		DB_I32, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_BYTES, DB_TEXT, DB_TEXT },
	{ 0 },
};

const struct db_stmt st_determination_party = {
	"determination_party",
	"insert into liability.determination_party (determination_id, party_id, letter, plate, "
	"grade)"
	" values ($1, $2, $3, $4, $5)",
	{ DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT },
	{ 0 },
};

/* ---- reading ---- */

#define DETERMINATION_COLUMNS \
	"select doc, content_sha256, request_sha256, draft_sha256, pdf_sha256, signed_at, " \
	"served_at" \
	" from liability.determination"
#define DETERMINATION_TYPES \
	{ \
		DB_BYTES, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TIME \
	}

const struct db_stmt st_determination = {
	"determination",
	DETERMINATION_COLUMNS " where determination_id = $1",
	{ DB_UUID },
	DETERMINATION_TYPES,
};
const struct db_stmt st_determination_lock = {
	"determination_lock",
	DETERMINATION_COLUMNS " where determination_id = $1 for update",
	{ DB_UUID },
	DETERMINATION_TYPES,
};
const struct db_stmt st_determination_by_review = {
	"determination_by_review",
	DETERMINATION_COLUMNS " where review_id = $1",
	{ DB_UUID },
	DETERMINATION_TYPES,
};
const struct db_stmt st_determination_by_incident = {
	"determination_by_incident",
	DETERMINATION_COLUMNS " where incident_id = $1",
	{ DB_UUID },
	DETERMINATION_TYPES,
};
const struct db_stmt st_determination_by_code = {
	"determination_by_code",
	DETERMINATION_COLUMNS " where verify_code = $1",
	{ DB_TEXT },
	DETERMINATION_TYPES,
};

const struct db_stmt st_signatures = {
	"signatures",
	"select s.party_id, p.letter, s.refused, s.officer_note, s.strokes, s.image_sha256,"
	" s.statement_version, s.signed_at, s.recorded_by, s.recorded_role"
	" from liability.signature s join liability.determination_party p"
	" using (determination_id, party_id) where determination_id = $1 order by p.letter",
	{ DB_UUID },
	{ DB_UUID, DB_TEXT, DB_BOOL, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TEXT,
		DB_TEXT },
};

/* ---- signing ---- */

const struct db_stmt st_signature_insert = {
	"signature_insert",
	"insert into liability.signature (determination_id, party_id, refused, officer_note, "
	"strokes,"
	" image_sha256, content_sha256, statement_version, signed_at, recorded_by, recorded_role,"
	" recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
	{ DB_UUID, DB_UUID, DB_BOOL, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, DB_TEXT,
		DB_TEXT, DB_TIME },
	{ 0 },
};

const struct db_stmt st_determination_signed = {
	"determination_signed",
	"update liability.determination set signed_at = $2 where determination_id = $1"
	" and signed_at is null",
	{ DB_UUID, DB_TIME },
	{ 0 },
};

const struct db_stmt st_view_insert = {
	"view_insert",
	"insert into liability.document_view (determination_id, subject, sha256, at)"
	" values ($1, $2, $3, $4)",
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_TIME },
	{ 0 },
};

/* ---- documents to be made ---- */

const struct db_stmt st_rendering_insert = {
	"rendering_insert",
	"insert into liability.rendering (determination_id, kind, due_at) values ($1, $2, $3)"
	" on conflict do nothing",
	{ DB_UUID, DB_TEXT, DB_TIME },
	{ 0 },
};

/* Due documents, leased until $2; final ones first, people wait for them. */
const struct db_stmt st_rendering_take = {
	"rendering_take",
	"with due as (select determination_id, kind from liability.rendering"
	"  where done_at is null and due_at <= $1 order by kind desc, due_at limit $3"
	"  for update skip locked)"
	" update liability.rendering r set due_at = $2, attempts = r.attempts + 1 from due"
	" where r.determination_id = due.determination_id and r.kind = due.kind"
	" returning r.determination_id, r.kind",
	{ DB_TIME, DB_TIME, DB_I64 },
	{ DB_UUID, DB_TEXT },
};

const struct db_stmt st_rendering_drafted = {
	"rendering_drafted",
	"with r as (update liability.rendering set done_at = $3, last_error = ''"
	"  where determination_id = $1 and kind = 'DRAFT' and done_at is null"
	"  returning determination_id)"
	" update liability.determination d set draft_sha256 = $2 from r"
	" where d.determination_id = r.determination_id and d.draft_sha256 = ''",
	{ DB_UUID, DB_TEXT, DB_TIME },
	{ 0 },
};

/* No row: it was served before. */
const struct db_stmt st_rendering_served = {
	"rendering_served",
	"with r as (update liability.rendering set done_at = $3, last_error = ''"
	"  where determination_id = $1 and kind = 'FINAL' and done_at is null"
	"  returning determination_id)"
	" update liability.determination d set pdf_sha256 = $2, served_at = $3"
	" from r, liability.incident i where d.determination_id = r.determination_id"
	" and d.pdf_sha256 = '' and i.incident_id = d.incident_id"
	" returning d.incident_id, d.district, d.document_no, i.responder_id",
	{ DB_UUID, DB_TEXT, DB_TIME },
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT },
};

/* Later each time, five minutes at most. */
const struct db_stmt st_rendering_failed = {
	"rendering_failed",
	"update liability.rendering set last_error = $3,"
	" due_at = $4 + least(300, 2 ^ least(attempts, 9)) * interval '1 second'"
	" where determination_id = $1 and kind = $2 and done_at is null returning attempts",
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_TIME },
	{ DB_I32 },
};

static struct scenario scenario_from_row(const struct db_rows *r, size_t i)
{
	struct scenario s = {
		.code = db_get_text(r, i, 0),
		.version = (unsigned)db_get_i32(r, i, 1),
		.key = db_get_text(r, i, 2),
		.title = db_get_text(r, i, 3),
		.usual = db_get_text(r, i, 4),
		.aggravating = db_get_bool(r, i, 7),
		.in_lane = db_get_bool(r, i, 8),
	};
	s.articles = db_get_texts(r, i, 5, &s.n_articles);
	s.uncertain = db_get_texts(r, i, 6, &s.n_uncertain);
	s.slots = db_get_texts(r, i, 9, &s.n_slots);
	s.words = db_get_texts(r, i, 10, &s.n_words);
	return s;
}

Pb__Code load_scenarios(struct call *c, unsigned version, struct scenario **ret, size_t *ret_n,
	unsigned *ret_version)
{
	struct db_rows r;
	Pb__Code e;
	if (version == 0) {
		e = db_run(c, &st_scenario_version, &r, DB_ARGS(db_time(c->at_us)));
		if (e)
			return e;
		if (r.n == 0)
			return call_fail(
				c, PB__CODE__INTERNAL, "no scenario catalogue is in force");
		version = (unsigned)db_get_i32(&r, 0, 0);
	}
	e = db_run(
		c, &st_scenarios, &r, DB_ARGS(db_i32(version > INT32_MAX ? 0 : (int32_t)version)));
	if (e)
		return e;
	struct scenario *all = ARENA_ARRAY(c->arena, struct scenario, r.n + 1);
	if (!all)
		return call_fail(c, PB__CODE__TOO_LARGE, "the catalogue is too large");
	for (size_t i = 0; i < r.n; i++)
		all[i] = scenario_from_row(&r, i);
	*ret = all;
	*ret_n = r.n;
	*ret_version = version;
	return PB__CODE__OK;
}

Pb__Code load_determination(
	struct call *c, const struct db_stmt *by, const char *id, struct determination_row *ret)
{
	struct db_rows r;
	*ret = (struct determination_row){ 0 };
	Pb__Code e = db_run(
		c, by, &r, DB_ARGS(by == &st_determination_by_code ? db_text(id) : db_uuid(id)));
	if (e || r.n == 0)
		return e;
	size_t len;
	const uint8_t *doc = db_get_bytes(&r, 0, 0, &len);
	Pb__Determination *d = pb__determination__unpack(&c->arena->pb, len, doc);
	if (!d)
		return call_fail(c, PB__CODE__INTERNAL, "a determination can't be read");
	d->content_sha256 = db_get_text(&r, 0, 1);
	d->draft_sha256 = db_get_text(&r, 0, 3);
	d->pdf_sha256 = db_get_text(&r, 0, 4);
	d->served_at = db_get_i64(&r, 0, 6);
	d->state = PB__DETERMINATION_STATE__VALUE__AWAITING_SIGNATURES;
	if (!db_is_null(&r, 0, 5))
		d->state = PB__DETERMINATION_STATE__VALUE__SIGNED;
	if (!db_is_null(&r, 0, 6))
		d->state = PB__DETERMINATION_STATE__VALUE__SERVED;
	*ret = (struct determination_row){ d, db_get_text(&r, 0, 2) };
	return PB__CODE__OK;
}

static Pb__SignatureRecord *signature_from_row(struct call *c, const struct db_rows *r, size_t i)
{
	Pb__SignatureRecord *s = ARENA_NEW(c->arena, Pb__SignatureRecord);
	if (!s)
		return NULL;
	pb__signature_record__init(s);
	s->party_id = db_get_text(r, i, 0);
	s->letter = db_get_text(r, i, 1);
	s->refused = db_get_bool(r, i, 2);
	s->officer_note = db_get_text(r, i, 3);
	s->strokes = db_get_text(r, i, 4);
	s->image_sha256 = db_get_text(r, i, 5);
	s->statement_version = db_get_text(r, i, 6);
	s->signed_at = db_get_i64(r, i, 7);
	s->recorded_by = db_get_text(r, i, 8);
	s->recorded_role = db_get_text(r, i, 9);
	return s;
}

Pb__Code load_signatures(struct call *c, Pb__Determination *d)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &st_signatures, &r, DB_ARGS(db_uuid(d->determination_id)));
	if (e)
		return e;
	d->signatures = ARENA_ARRAY(c->arena, Pb__SignatureRecord *, r.n + 1);
	for (size_t i = 0; d->signatures && i < r.n; i++)
		if (!(d->signatures[d->n_signatures++] = signature_from_row(c, &r, i)))
			return call_fail(c, PB__CODE__TOO_LARGE, "too many signatures");
	return d->signatures ? PB__CODE__OK
			     : call_fail(c, PB__CODE__TOO_LARGE, "too many signatures");
}

const struct db_stmt *const liability_statements[] = {
	&st_incident_reported,
	&st_responder_assigned,
	&st_assignment_ended,
	&st_item_added,
	&st_item_retake,
	&st_incident_left,
	&st_incident_back,
	&st_incident,
	&st_incident_lock,
	&st_incident_end,
	&st_parties,
	&st_party_insert,
	&st_party_keep,
	&st_party_update,
	&st_party_touch,
	&st_slots,
	&st_items,
	&st_item_ids,
	&st_slots_retake,
	&st_statements,
	&st_statement,
	&st_application,
	&st_application_insert,
	&st_application_void,
	&st_review_live,
	&st_review_insert,
	&st_review_resubmit,
	&st_review,
	&st_review_lock,
	&st_reviews,
	&st_review_take,
	&st_review_release,
	&st_review_leave,
	&st_review_decided,
	&st_scenario_version,
	&st_scenarios,
	&st_unit,
	&st_series_next,
	&st_determination_insert,
	&st_determination_party,
	&st_determination,
	&st_determination_lock,
	&st_determination_by_review,
	&st_determination_by_incident,
	&st_determination_by_code,
	&st_signatures,
	&st_signature_insert,
	&st_determination_signed,
	&st_view_insert,
	&st_rendering_insert,
	&st_rendering_take,
	&st_rendering_drafted,
	&st_rendering_served,
	&st_rendering_failed,
	NULL,
};
