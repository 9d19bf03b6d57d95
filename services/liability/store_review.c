/* store_review.c - SQL of the officers' review queue. */
#include "liability/store.h"

#define REVIEW_COLUMNS \
	"select r.review_id, r.incident_id, r.district," \
	" case when r.state = 'TAKEN' and r.lease_until <= $2 then 'QUEUED' else r.state end," \
	" r.officer_id, r.officer_name, r.responder_id, r.reason, r.submitted_at, r.lease_until," \
	" i.case_no, i.place, i.reported_at," \
	" (select count(*)::int from liability.party p where p.incident_id = r.incident_id)," \
	" (select count(*)::int from liability.item t where t.incident_id = r.incident_id" \
	"  and t.verdict <> 'REJECTED')," \
	" (select d.determination_id from liability.determination d where d.review_id = " \
	"r.review_id)" \
	" from liability.review r join liability.incident i on i.incident_id = r.incident_id"
#define REVIEW_TYPES \
	{ \
		DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TIME, \
			DB_TIME, DB_TEXT, DB_TEXT, DB_TIME, DB_I32, DB_I32, DB_UUID \
	}

const struct db_stmt st_review = {
	"review",
	REVIEW_COLUMNS " where r.review_id = $1",
	{ DB_UUID, DB_TIME },
	REVIEW_TYPES,
};

const struct db_stmt st_review_lock = {
	"review_lock",
	REVIEW_COLUMNS " where r.review_id = $1 for update of r",
	{ DB_UUID, DB_TIME },
	REVIEW_TYPES,
};

const struct db_stmt st_review_live = {
	"review_live",
	REVIEW_COLUMNS " where r.incident_id = $1"
		       " and r.state in ('QUEUED', 'TAKEN', 'RETAKE', 'DETERMINED')",
	{ DB_UUID, DB_TIME },
	REVIEW_TYPES,
};

/* $1 districts (none: all), $2 now, $3 state or '', $4 incident or null, $5 $6 after, $7 limit.
 * Oldest first, so that nobody waits behind a younger case. */
const struct db_stmt st_reviews = {
	"reviews",
	REVIEW_COLUMNS
	" where (cardinality($1::text[]) = 0 or r.district = any($1))"
	" and case when $3 <> '' then r.state = $3 when $4::uuid is not null then true"
	"  else r.state in ('QUEUED', 'TAKEN', 'RETAKE') end"
	" and ($4::uuid is null or r.incident_id = $4)"
	" and (r.submitted_at, r.review_id) > ($5, $6)"
	" order by r.submitted_at, r.review_id limit $7",
	{ DB_TEXTS, DB_TIME, DB_TEXT, DB_UUID, DB_TIME, DB_UUID, DB_I64 },
	REVIEW_TYPES,
};

const struct db_stmt st_review_insert = {
	"review_insert",
	"insert into liability.review (review_id, incident_id, district, state, responder_id,"
	" submitted_at) values ($1, $2, $3, 'QUEUED', $4, $5)",
	{ DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TIME },
	{ 0 },
};

/* Keeps its place in the queue: the first submission counts. */
const struct db_stmt st_review_resubmit = {
	"review_resubmit",
	"update liability.review set state = 'QUEUED', officer_id = '', officer_name = '',"
	" reason = '', retake_slots = '{}', resubmitted_at = $2, responder_id = $3"
	" where review_id = $1 and state = 'RETAKE'",
	{ DB_UUID, DB_TIME, DB_TEXT },
	{ 0 },
};

/* No row: another officer holds it, or it isn't waiting. */
const struct db_stmt st_review_take = {
	"review_take",
	"update liability.review set taken_at = case when state = 'TAKEN' and officer_id = $2"
	"  then taken_at else $4 end, state = 'TAKEN', officer_id = $2, officer_name = $3,"
	" lease_until = $5 where review_id = $1 and (state = 'QUEUED' or (state = 'TAKEN'"
	"  and (officer_id = $2 or lease_until <= $4))) returning review_id",
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_TIME, DB_TIME },
	{ DB_UUID },
};

const struct db_stmt st_review_release = {
	"review_release",
	"update liability.review set state = 'QUEUED', officer_id = '', officer_name = '',"
	" lease_until = null, taken_at = null where review_id = $1",
	{ DB_UUID },
	{ 0 },
};

/* To RETAKE, TO_OFFICER or TO_GENERAL. */
const struct db_stmt st_review_leave = {
	"review_leave",
	"update liability.review set state = $2, reason = $3, retake_slots = $4, lease_until = "
	"null,"
	" closed_at = case when $2 = 'RETAKE' then null else $5::timestamptz end where review_id = "
	"$1",
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_TEXTS, DB_TIME },
	{ 0 },
};

const struct db_stmt st_review_decided = {
	"review_decided",
	"update liability.review set state = 'DETERMINED', lease_until = null, closed_at = $2"
	" where review_id = $1",
	{ DB_UUID, DB_TIME },
	{ 0 },
};

struct review review_from_row(const struct db_rows *r, size_t row)
{
	return (struct review){
		.id = db_get_text(r, row, 0),
		.incident_id = db_get_text(r, row, 1),
		.district = db_get_text(r, row, 2),
		.state = db_get_text(r, row, 3),
		.officer_id = db_get_text(r, row, 4),
		.officer_name = db_get_text(r, row, 5),
		.responder_id = db_get_text(r, row, 6),
		.reason = db_get_text(r, row, 7),
		.submitted_at = db_get_i64(r, row, 8),
		.lease_until = db_get_i64(r, row, 9),
		.case_no = db_get_text(r, row, 10),
		.place = db_get_text(r, row, 11),
		.reported_at = db_get_i64(r, row, 12),
		.parties = db_get_i32(r, row, 13),
		.photos = db_get_i32(r, row, 14),
		.determination_id = db_get_text(r, row, 15),
	};
}

Pb__Code load_review(
	struct call *c, const struct db_stmt *by, const char *id, struct review *ret, bool *found)
{
	struct db_rows r;
	Pb__Code e = db_run(c, by, &r, DB_ARGS(db_uuid(id), db_time(c->at_us)));
	if (e)
		return e;
	*found = r.n > 0;
	if (*found)
		*ret = review_from_row(&r, 0);
	return PB__CODE__OK;
}
