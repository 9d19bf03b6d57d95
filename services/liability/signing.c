/* signing.c - RPCs of a determination once made: read, download, sign or refuse, verify. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "kit/blob.h"
#include "liability/access.h"
#include "liability/handlers.h"

static const char statement_version[] = "2026-1"; /* of DOCUMENT_SIGNATURE, migration 0051 */

/* Loads by one of the statements; what the caller may not see is NOT_FOUND. */
static Pb__Code see_determination(struct call *c, const struct db_stmt *by, const char *id,
	struct determination_row *ret, struct incident *i)
{
	Pb__Code e = load_determination(c, by, id, ret);
	if (e)
		return e;
	if (!ret->d)
		return call_unknown(c, "determination", id);
	return see_incident(c, ret->d->incident_id, false, i);
}

static Pb__Code answer_full(
	struct call *c, const struct db_stmt *by, const char *id, Pb__Determination **ret)
{
	struct determination_row row;
	struct incident i;
	Pb__Code e = see_determination(c, by, id, &row, &i);
	if (!e)
		e = load_signatures(c, row.d);
	if (e)
		return e;
	row.d->verify_url =
		arena_printf(c->arena, "%s/verify/%s", settings.public_url, row.d->verify_code);
	*ret = row.d;
	return PB__CODE__OK;
}

Pb__Code get_determination(
	struct call *c, const Pb__GetDeterminationRequest *in, Pb__GetDeterminationReply *out)
{
	return answer_full(c, &st_determination, in->determination_id, &out->determination);
}

Pb__Code find_determination(
	struct call *c, const Pb__FindDeterminationRequest *in, Pb__FindDeterminationReply *out)
{
	struct incident i;
	Pb__Code e = see_incident(c, in->incident_id, false, &i);
	if (e)
		return e;
	struct determination_row row;
	e = load_determination(c, &st_determination_by_incident, i.id, &row);
	if (!e && !row.d)
		e = call_fail(c, PB__CODE__NOT_FOUND, "the incident has no determination");
	return e ? e
		 : answer_full(
			   c, &st_determination_by_incident, in->incident_id, &out->determination);
}

static struct blob_store blobs;

Pb__Code signing_start(struct call *c)
{
	if (blob_store_open(&blobs, settings.blob_dir))
		return PB__CODE__OK;
	return call_fail(c, PB__CODE__INTERNAL, "blob_dir '%s' can't be opened: %s",
		settings.blob_dir, strerror(errno));
}

void signing_stop(void)
{
	blob_store_close(&blobs);
}

static Pb__Code blob_size(struct call *c, const char *sha256, int64_t *ret)
{
	int fd = blob_open(&blobs, sha256, ret);
	if (fd < 0)
		return call_fail(
			c, PB__CODE__BUSY, "the document can't be read: %s", strerror(errno));
	(void)close(fd);
	return PB__CODE__OK;
}

Pb__Code get_determination_pdf(
	struct call *c, const Pb__GetDeterminationPdfRequest *in, Pb__BlobReply *out)
{
	struct determination_row row;
	struct incident i;
	struct db_rows r;
	Pb__Code e = see_determination(c, &st_determination, in->determination_id, &row, &i);
	if (e)
		return e;
	const bool final = *row.d->pdf_sha256;
	out->sha256 = final ? row.d->pdf_sha256 : row.d->draft_sha256;
	if (!*out->sha256) {
		e = call_fail(c, PB__CODE__BUSY, "the document is being made");
		c->faults.retry_after_s = 1;
		return e;
	}
	e = blob_size(c, out->sha256, &out->size_bytes);
	if (!e)
		e = db_run(c, &st_view_insert, &r,
			DB_ARGS(db_uuid(in->determination_id), db_text(c->who.subject),
				db_text(out->sha256), db_time(c->at_us)));
	out->media = "application/pdf";
	out->filename =
		arena_printf(c->arena, "%s%s.pdf", row.d->document_no, final ? "" : "-draft");
	return e;
}

/* ---- signing ---- */

static const Pb__Party *party_of(const Pb__Determination *d, const char *party_id)
{
	for (size_t i = 0; i < d->n_parties; i++)
		if (strcmp(d->parties[i]->party_id, party_id) == 0)
			return d->parties[i];
	return NULL;
}

static bool signed_already(const Pb__Determination *d, const char *party_id)
{
	for (size_t i = 0; i < d->n_signatures; i++)
		if (strcmp(d->signatures[i]->party_id, party_id) == 0)
			return true;
	return false;
}

/* A party signs for himself, on his phone or the responder's; that he will not is an officer's to
 * write down (order 146 art. 24). */
static Pb__Code check_signer(struct call *c, const Pb__SignDeterminationRequest *in)
{
	const bool officer = call_has_role(c, PB__ROLE__VALUE__OFFICER);
	if (!officer && !call_has_role(c, PB__ROLE__VALUE__RESPONDER) &&
		strcmp(c->who.party_id, in->party_id) != 0)
		return call_fail(c, PB__CODE__NOT_FOUND, "no such party");
	if (in->refused && !officer)
		return call_fail(c, PB__CODE__REFUSED,
			"that a party will not sign is recorded by an officer");
	if (in->refused && !*in->officer_note) {
		call_fail_field(c, "/officerNote", "required",
			"note on the document that the party will not sign, and why");
		return PB__CODE__INVALID;
	}
	if (in->refused)
		return *in->strokes || *in->image_sha256
			       ? call_fail(c, PB__CODE__REFUSED, "a refusal carries no signature")
			       : PB__CODE__OK;
	if (officer)
		return call_fail(c, PB__CODE__REFUSED, "an officer does not sign for a party");
	return check_mark(c, in->strokes, in->image_sha256);
}

static Pb__Code emit_signed(struct call *c, const Pb__SignDeterminationRequest *in,
	const Pb__Determination *d, const struct incident *i)
{
	Pb__DocumentSigned ev = PB__DOCUMENT_SIGNED__INIT;
	ev.determination_id = d->determination_id;
	ev.incident_id = d->incident_id;
	ev.district = d->district;
	ev.party_id = in->party_id;
	ev.refused = in->refused;
	ev.officer_note = in->officer_note;
	ev.responder_id = i->responder_id;
	ev.at = c->at_us;
	return event_emit(c, &ev.base);
}

static Pb__Code insert_signature(struct call *c, const Pb__SignDeterminationRequest *in,
	Pb__Determination *d, const struct incident *i)
{
	struct db_rows r;
	int64_t signed_at = 0;
	Pb__Code e = check_signed_at(c, in->signed_at, &signed_at);
	if (!e)
		e = db_run(c, &st_signature_insert, &r,
			DB_ARGS(db_uuid(d->determination_id), db_uuid(in->party_id),
				db_bool(in->refused), db_text(in->refused ? in->officer_note : ""),
				db_text(in->strokes), db_text(in->image_sha256),
				db_text(d->content_sha256), db_text(statement_version),
				db_time(signed_at), db_text(c->who.subject),
				db_text(acting_role(c)), db_time(c->at_us)));
	if (!e)
		e = emit_signed(c, in, d, i);
	if (e || d->n_signatures + 1 < d->n_parties)
		return e;
	/* The last one: the final document can be made. */
	e = db_run(c, &st_determination_signed, &r,
		DB_ARGS(db_uuid(d->determination_id), db_time(c->at_us)));
	if (!e)
		e = db_run(c, &st_rendering_insert, &r,
			DB_ARGS(db_uuid(d->determination_id), db_text("FINAL"), db_time(c->at_us)));
	d->state = PB__DETERMINATION_STATE__VALUE__SIGNED;
	return e;
}

Pb__Code sign_determination(
	struct call *c, const Pb__SignDeterminationRequest *in, Pb__SignDeterminationReply *out)
{
	struct determination_row row;
	struct incident i;
	Pb__Code e = see_determination(c, &st_determination_lock, in->determination_id, &row, &i);
	if (!e)
		e = check_signer(c, in);
	if (!e && !party_of(row.d, in->party_id))
		e = call_fail(c, PB__CODE__NOT_FOUND, "no such party");
	if (!e)
		e = load_signatures(c, row.d);
	if (e)
		return e;
	size_t done = row.d->n_signatures;
	if (!signed_already(row.d, in->party_id)) {
		e = insert_signature(c, in, row.d, &i);
		done++;
	}
	out->determination_id = in->determination_id;
	out->party_id = in->party_id;
	out->state = row.d->state;
	out->still_missing = (uint32_t)(row.d->n_parties - done);
	return e;
}

/* ---- anyone ---- */

static Pb__VerifiedParty *verified(struct call *c, const Pb__Determination *d, size_t i)
{
	Pb__VerifiedParty *v = ARENA_NEW(c->arena, Pb__VerifiedParty);
	if (!v)
		return NULL;
	pb__verified_party__init(v);
	v->letter = d->parties[i]->letter;
	v->plate = d->parties[i]->plate;
	for (size_t k = 0; k < d->n_grades; k++)
		if (strcmp(d->grades[k]->party_id, d->parties[i]->party_id) == 0)
			v->grade = d->grades[k]->grade;
	return v;
}

/* What the paper shows to whoever holds it, and whether it is what we issued; no names. */
Pb__Code verify_document(
	struct call *c, const Pb__VerifyDocumentRequest *in, Pb__VerifyDocumentReply *out)
{
	struct determination_row row;
	Pb__Code e = load_determination(c, &st_determination_by_code, in->code, &row);
	if (e)
		return e;
	const Pb__Determination *d = row.d;
	if (!d)
		return call_fail(c, PB__CODE__NOT_FOUND, "no document has this code");
	out->valid = d->state == PB__DETERMINATION_STATE__VALUE__SERVED;
	out->state = d->state;
	out->document_no = d->document_no;
	out->unit = d->unit;
	out->decided_at = d->decided_at;
	out->served_at = d->served_at;
	out->pdf_sha256 = d->pdf_sha256;
	out->parties = ARENA_ARRAY(c->arena, Pb__VerifiedParty *, d->n_parties + 1);
	for (size_t i = 0; out->parties && i < d->n_parties; i++)
		if (!(out->parties[out->n_parties++] = verified(c, d, i)))
			return call_fail(c, PB__CODE__TOO_LARGE, "too many parties");
	return PB__CODE__OK;
}
