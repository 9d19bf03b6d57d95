/* handlers.c - reading items, the checklist, asking for a retake. */
#include "evidence/handlers.h"

#include <string.h>
#include "evidence/checklist.h"
#include "evidence/store.h"
#include "kit/json.h"
#include "kit/uuid.h"

enum { PAGE = 50 };

static Pb__Code bind_item(struct call *c, const char *item_id)
{
	db_bind(c, item_id, &st_item,
		DB_ARGS(db_uuid(item_id), db_text(c->who.subject), db_text(c->who.org)));
	return PB__CODE__OK;
}

/* The item of the one row, when there is one and the caller may see it. */
static Pb__Code one_item(
	struct call *c, const char *id, const struct db_rows *r, struct item_row *ret)
{
	if (r->n == 0)
		return call_unknown(c, "item", id);
	if (!item_from_row(c, &evidence.slots, r, 0, ret))
		return call_fail(c, PB__CODE__TOO_LARGE, "the message needs too much memory");
	if (!access_allows(c, &ret->access))
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no item '%s'", id);
	if (!access_sees_flags(c))
		ret->item->n_flags = 0;
	return PB__CODE__OK;
}

static Pb__Code get_item_bind(struct call *c, const Pb__GetItemRequest *in)
{
	return bind_item(c, in->item_id);
}

static Pb__Code get_item_answer(struct call *c, const Pb__GetItemRequest *in,
	const struct db_rows *rows, Pb__GetItemReply *out)
{
	struct item_row row;
	Pb__Code e = one_item(c, in->item_id, rows, &row);

	if (!e)
		out->item = row.item;
	return e;
}

static Pb__Code name_blob(struct call *c, const struct item_row *row, const char *sha256,
	int64_t bytes, const char *size, Pb__BlobReply *out)
{
	const char *name = arena_printf(c->arena, "%s-%s-%.8s%s%s.jpg", row->case_no,
		row->item->slot, row->item->sha256, *size ? "-" : "", size);

	out->sha256 = sha256;
	out->size_bytes = bytes;
	out->media = "image/jpeg";
	out->filename = name ? name : "photo.jpg";
	return PB__CODE__OK;
}

static Pb__Code original_bind(struct call *c, const Pb__GetItemOriginalRequest *in)
{
	return bind_item(c, in->item_id);
}

static Pb__Code original_answer(struct call *c, const Pb__GetItemOriginalRequest *in,
	const struct db_rows *rows, Pb__BlobReply *out)
{
	struct item_row row;
	Pb__Code e = one_item(c, in->item_id, rows, &row);

	return e ? e : name_blob(c, &row, row.item->sha256, row.item->size_bytes, "", out);
}

static int size_index(const char *size)
{
	return strcmp(size, "small") == 0    ? 0
	       : strcmp(size, "medium") == 0 ? 1
	       : strcmp(size, "large") == 0  ? 2
					     : -1;
}

static Pb__Code rendition_bind(struct call *c, const Pb__GetItemRenditionRequest *in)
{
	if (size_index(in->size) < 0)
		return call_fail(c, PB__CODE__NOT_FOUND,
			"there is no rendition '%s'; small, medium and large are made", in->size);
	return bind_item(c, in->item_id);
}

static Pb__Code rendition_answer(struct call *c, const Pb__GetItemRenditionRequest *in,
	const struct db_rows *rows, Pb__BlobReply *out)
{
	struct item_row row;
	int i = size_index(in->size);
	Pb__Code e = one_item(c, in->item_id, rows, &row);

	return e ? e
		 : name_blob(
			   c, &row, row.rendition_sha256[i], row.rendition_bytes[i], in->size, out);
}

/* ---- lists ---- */

static uint32_t page_size(uint32_t asked)
{
	return asked ? asked : PAGE;
}

/* The cursor is the last item's id. One row more is asked for, to know whether there is more. */
static Pb__Code list_bind(struct call *c, const Pb__ListItemsRequest *in)
{
	if (*in->cursor && !uuid_valid(in->cursor))
		return call_fail_field(c, "/cursor", "format", "not a cursor of this list");
	db_bind(c, in->incident_id, &st_items_page,
		DB_ARGS(db_uuid(in->incident_id), db_text(c->who.subject), db_text(c->who.org),
			db_text(in->slot), db_uuid_or_null(in->cursor),
			db_i32((int32_t)page_size(in->page_size) + 1),
			db_bool(access_only_party(c))));
	return PB__CODE__OK;
}

static Pb__Code list_answer(struct call *c, const Pb__ListItemsRequest *in,
	const struct db_rows *rows, Pb__ListItemsReply *out)
{
	bool flags = access_sees_flags(c);

	if (rows->n == 0)
		return call_unknown(c, "incident", in->incident_id);
	out->items = ARENA_ARRAY(c->arena, Pb__EvidenceItem *, rows->n);
	for (size_t i = 0; i < rows->n; i++) {
		struct item_row row;
		if (!out->items || !item_from_row(c, &evidence.slots, rows, i, &row))
			return call_fail(
				c, PB__CODE__TOO_LARGE, "the message needs too much memory");
		if (!access_allows(c, &row.access))
			return call_fail(c, PB__CODE__NOT_FOUND, "there is no incident '%s'",
				in->incident_id);
		if (!row.item)
			break;
		if (i == page_size(in->page_size)) {
			out->next_cursor = out->items[i - 1]->item_id;
			break;
		}
		if (!flags)
			row.item->n_flags = 0;
		out->items[out->n_items++] = row.item;
	}
	return PB__CODE__OK;
}

static Pb__Code slots_run(
	struct call *c, const Pb__ListEvidenceSlotsRequest *in, Pb__ListEvidenceSlotsReply *out)
{
	static const char *const needs[] = { "ALWAYS", "FACILITY", "OPTIONAL" };
	const struct slots *s = &evidence.slots;

	(void)in;
	out->version = (uint32_t)s->newest;
	out->items = ARENA_ARRAY(c->arena, Pb__EvidenceSlot *, s->n);
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].version != s->newest)
			continue;
		Pb__EvidenceSlot *e = ARENA_NEW(c->arena, Pb__EvidenceSlot);
		if (!out->items || !e)
			return call_fail(
				c, PB__CODE__TOO_LARGE, "the message needs too much memory");
		*e = (Pb__EvidenceSlot)PB__EVIDENCE_SLOT__INIT;
		e->slot = s->v[i].code;
		e->title = s->v[i].title;
		e->hint = s->v[i].hint;
		e->per_vehicle = s->v[i].per_vehicle;
		e->needed = needs[s->v[i].need];
		e->stage = s->v[i].before_loss ? "LOSS" : "SCENE";
		out->items[out->n_items++] = e;
	}
	return PB__CODE__OK;
}

/* ---- checklist ---- */

static Pb__Code checklist_bind(struct call *c, const Pb__GetChecklistRequest *in)
{
	db_bind(c, in->incident_id, &st_case_items,
		DB_ARGS(db_uuid(in->incident_id), db_text(c->who.subject), db_text(c->who.org)));
	return PB__CODE__OK;
}

static Pb__Code checklist_answer(struct call *c, const Pb__GetChecklistRequest *in,
	const struct db_rows *rows, Pb__GetChecklistReply *out)
{
	if (rows->n == 0)
		return call_unknown(c, "incident", in->incident_id);
	const struct case_row k = case_from_row(rows, 0);
	if (!access_allows(c, &k.access))
		return call_fail(
			c, PB__CODE__NOT_FOUND, "there is no incident '%s'", in->incident_id);
	struct checklist_item *items = ARENA_ARRAY(c->arena, struct checklist_item, rows->n);
	size_t n = 0;
	for (size_t i = 0; items && i < rows->n; i++) {
		if (db_is_null(rows, i, CASE_COLUMNS))
			continue;
		Pb__PhotoFindings *f =
			findings_from_json(c, db_get_text(rows, i, CASE_COLUMNS + 3));
		if (!f)
			return call_fail(
				c, PB__CODE__TOO_LARGE, "the message needs too much memory");
		items[n++] = (struct checklist_item){
			.item_id = db_get_text(rows, i, CASE_COLUMNS),
			.slot = db_get_text(rows, i, CASE_COLUMNS + 1),
			.verdict = (Pb__ItemVerdict__Value)enum_value(
				&pb__item_verdict__value__descriptor,
				db_get_text(rows, i, CASE_COLUMNS + 2)),
			.findings = f,
			.retake = db_get_bool(rows, i, CASE_COLUMNS + 4),
			.retake_note = db_get_text(rows, i, CASE_COLUMNS + 5),
		};
	}
	const struct checklist_case l = { k.slot_version, k.vehicles, k.letters, k.facility, items,
		n };
	out->incident_id = k.id;
	if (!items || !checklist_fill(&evidence.slots, &l, c->arena, out))
		return call_fail(c, PB__CODE__TOO_LARGE, "the message needs too much memory");
	return PB__CODE__OK;
}

/* ---- retake ---- */

static bool asked_already(const Pb__EvidenceItem *t, const Pb__RequestItemRetakeRequest *in)
{
	return t->retake && t->retake->x == in->x && t->retake->y == in->y &&
	       strcmp(t->retake->note, in->note) == 0;
}

static Pb__Code tell_retake(
	struct call *c, const struct item_row *row, const Pb__RequestItemRetakeRequest *in)
{
	Pb__RetakeRequested e = PB__RETAKE_REQUESTED__INIT;

	e.item_id = row->item->item_id;
	e.incident_id = row->item->incident_id;
	e.district = row->district;
	e.slot = row->item->slot;
	e.x = in->x;
	e.y = in->y;
	e.note = in->note;
	e.responder_id = row->responder_id;
	e.at = c->at_us;
	return event_emit(c, &e.base);
}

static Pb__Code retake_run(
	struct call *c, const Pb__RequestItemRetakeRequest *in, Pb__RequestItemRetakeReply *out)
{
	struct db_rows r;
	struct item_row row;
	Pb__Code e = db_run(c, &st_item_lock, &r,
		DB_ARGS(db_uuid(in->item_id), db_text(c->who.subject), db_text(c->who.org)));

	if (!e)
		e = one_item(c, in->item_id, &r, &row);
	if (e)
		return e;
	out->item = row.item;
	if (asked_already(row.item, in))
		return PB__CODE__OK;
	e = db_run(c, &st_item_retake, NULL,
		DB_ARGS(db_uuid(in->item_id), db_time(c->at_us), db_text(c->who.subject),
			db_f64(in->x), db_f64(in->y), db_text(in->note)));
	if (!e)
		e = tell_retake(c, &row, in);
	if (!e)
		e = db_run(c, &st_item, &r,
			DB_ARGS(db_uuid(in->item_id), db_text(c->who.subject),
				db_text(c->who.org)));
	if (!e)
		e = one_item(c, in->item_id, &r, &row);
	if (!e)
		out->item = row.item;
	return e;
}

const struct evidence_handlers evidence_handlers = {
	.add_item = { .prepare = add_item_prepare, .run = add_item_run },
	.list_items = { .bind = list_bind, .answer = list_answer },
	.get_item = { .bind = get_item_bind, .answer = get_item_answer },
	.get_item_original = { .bind = original_bind, .answer = original_answer },
	.get_item_rendition = { .bind = rendition_bind, .answer = rendition_answer },
	.get_checklist = { .bind = checklist_bind, .answer = checklist_answer },
	.list_evidence_slots = { .run = slots_run },
	.request_item_retake = { .run = retake_run },
};
