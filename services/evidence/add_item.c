/* add_item.c - one transaction: is it this case's, are the bytes new, what is the verdict, keep it.
 */
#include <stdio.h>
#include <string.h>
#include "evidence/handlers.h"
#include "evidence/store.h"
#include "kit/json.h"

/* Whether these bytes are known, and where. */
struct known_bytes {
	const char *repeat_id; /* same case, same slot */
	const char *first_id;  /* same case, the slot the bytes fill */
	const char *first_slot;
	bool other_case;
};

static Pb__Code find_bytes(struct call *c, const Pb__AddItemRequest *in, struct known_bytes *k)
{
	struct db_rows r;
	Pb__Code e = db_run(
		c, &st_items_by_bytes, &r, DB_ARGS(db_text(in->sha256), db_uuid(in->incident_id)));

	for (size_t i = 0; !e && i < r.n; i++) {
		bool here = db_get_bool(&r, i, 2);
		const char *id = db_get_text(&r, i, 0), *slot = db_get_text(&r, i, 1);
		k->other_case |= !here;
		if (here && strcmp(slot, in->slot) == 0)
			k->repeat_id = id;
		if (here && db_get_bool(&r, i, 3)) {
			k->first_id = id;
			k->first_slot = slot;
		}
	}
	return e;
}

static Pb__Code lock_case(struct call *c, const Pb__AddItemRequest *in, struct case_row *k)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &st_case_lock, &r,
		DB_ARGS(db_uuid(in->incident_id), db_text(c->who.subject), db_text(c->who.org)));

	if (e)
		return e;
	if (r.n == 0)
		return call_unknown(c, "incident", in->incident_id);
	*k = case_from_row(&r, 0);
	if (!access_allows(c, &k->access))
		return call_fail(
			c, PB__CODE__NOT_FOUND, "there is no incident '%s'", in->incident_id);
	return PB__CODE__OK;
}

static Pb__Code check_slot(struct call *c, const char *slot, int version)
{
	char letter;

	if (slot_find(&evidence.slots, version, slot, &letter))
		return PB__CODE__OK;
	return call_fail_field(c, "/slot", "enum",
		"'%s' is no slot of version %d; GET /v1/evidence-slots lists them", slot, version);
}

static struct verdict judge(struct call *c, const Pb__AddItemRequest *in, const struct case_row *k,
	const struct known_bytes *b)
{
	const struct inspected *p = c->prepared;
	char letter;
	const struct slot *s =
		b->first_id ? slot_find(&evidence.slots, k->slot_version, b->first_slot, &letter)
			    : NULL;
	const struct verdict_facts f = {
		.photo = &p->look.photo,
		.size_bytes = p->size_bytes,
		.now_us = c->at_us,
		.reported_at_us = k->reported_at,
		.captured_at_us = in->captured_at,
		.incident = { k->lon, k->lat },
		.uncertainty_m = k->uncertainty_m,
		.app_place = p->has_place ? &p->place : NULL,
		.same_bytes_slot = s             ? slot_title(s, letter, c->arena)
				   : b->first_id ? b->first_slot
						 : NULL,
		.in_other_case = b->other_case,
	};
	return verdict_of(&evidence.rules, &f, c->arena);
}

static const char *taken_how(const struct photo_exif *x)
{
	return x->taken_how == PHOTO_TIME_OFFSET  ? "OFFSET_GIVEN"
	       : x->taken_how == PHOTO_TIME_LOCAL ? "LOCAL_ASSUMED"
						  : "UNKNOWN";
}

/* Make and model, the make left out where the model starts with it. */
static const char *camera(struct call *c, const struct photo_exif *x)
{
	bool both = *x->make && strncasecmp(x->make, x->model, strlen(x->make)) != 0;
	const char *t = arena_printf(
		c->arena, "%s%s%s", both ? x->make : "", both && *x->model ? " " : "", x->model);
	return t ? t : "";
}

static bool turned(const struct photo_found *p)
{
	return p->exif.orientation >= 5;
}

static uint32_t upright_width(const struct photo_found *p)
{
	return turned(p) ? p->height : p->width;
}

static uint32_t upright_height(const struct photo_found *p)
{
	return turned(p) ? p->width : p->height;
}

static struct db_arg degrees(bool known, double v)
{
	return known ? db_f64(v) : db_null(DB_F64);
}

static Pb__Code insert(struct call *c, const Pb__AddItemRequest *in, const struct case_row *k,
	const struct verdict *v, const char *id, const char *duplicate_of)
{
	const struct inspected *p = c->prepared;
	const struct photo_exif *x = &p->look.photo.exif;
	Pb__PhotoFindings f = PB__PHOTO_FINDINGS__INIT;
	const char *sha256[PHOTO_SIZES];
	int64_t w[PHOTO_SIZES], h[PHOTO_SIZES];

	f.checks = (Pb__CheckResult **)(uintptr_t)v->checks;
	f.n_checks = v->n_checks;
	f.flags = (Pb__CheckResult **)(uintptr_t)v->flags;
	f.n_flags = v->n_flags;
	for (int i = 0; i < PHOTO_SIZES; i++) {
		sha256[i] = p->look.rendition_sha256[i];
		w[i] = p->look.photo.rendition_width[i];
		h[i] = p->look.photo.rendition_height[i];
	}
	return db_run(c, &st_item_insert, NULL,
		DB_ARGS(db_uuid(id), db_uuid(in->incident_id), db_text(in->slot),
			db_text(in->sha256), db_i64(p->size_bytes),
			db_text(enum_name(&pb__item_verdict__value__descriptor, (int)v->value)),
			db_json(findings_to_json(c, &f)), db_text(c->who.subject),
			db_text(k->responder_id), db_time(c->at_us),
			db_time_or_null(in->captured_at), db_text(in->device_id),
			degrees(p->has_place, p->place.lon), degrees(p->has_place, p->place.lat),
			db_f64(in->accuracy_m), db_time_or_null(x->taken_at_us),
			db_text(taken_how(x)), degrees(x->has_gps, x->lon),
			degrees(x->has_gps, x->lat), db_text(camera(c, x)),
			db_i32((int32_t)upright_width(&p->look.photo)),
			db_i32((int32_t)upright_height(&p->look.photo)),
			db_f64(p->look.photo.quality.sharpness),
			db_f64(p->look.photo.quality.mean_luma),
			db_f64(p->look.photo.quality.clipped), db_texts(sha256, PHOTO_SIZES),
			db_i64s(p->look.rendition_bytes, PHOTO_SIZES), db_i64s(w, PHOTO_SIZES),
			db_i64s(h, PHOTO_SIZES), db_uuid_or_null(duplicate_of)));
}

/* Flags stay out of the event: the responder sees it live. */
static Pb__Code tell(struct call *c, const Pb__AddItemRequest *in, const struct case_row *k,
	const struct verdict *v, const char *id, const char *duplicate_of)
{
	const struct inspected *p = c->prepared;
	Pb__ItemAdded e = PB__ITEM_ADDED__INIT;

	e.item_id = id;
	e.incident_id = in->incident_id;
	e.district = k->district;
	e.slot = in->slot;
	e.sha256 = in->sha256;
	e.size_bytes = p->size_bytes;
	e.verdict = v->value;
	e.checks = (Pb__CheckResult **)(uintptr_t)v->checks;
	e.n_checks = v->n_checks;
	e.responder_id = k->responder_id;
	e.added_by = c->who.subject;
	e.captured_at =
		p->look.photo.exif.taken_at_us ? p->look.photo.exif.taken_at_us : in->captured_at;
	e.at = c->at_us;
	e.width = upright_width(&p->look.photo);
	e.height = upright_height(&p->look.photo);
	e.duplicate_of = duplicate_of;
	return event_emit(c, &e.base);
}

static Pb__Code reply(struct call *c, const char *id, Pb__AddItemReply *out)
{
	struct db_rows r;
	struct item_row row;
	Pb__Code e = db_run(c, &st_item, &r,
		DB_ARGS(db_uuid(id), db_text(c->who.subject), db_text(c->who.org)));

	if (e)
		return e;
	if (r.n != 1 || !item_from_row(c, &evidence.slots, &r, 0, &row))
		return call_fail(c, PB__CODE__INTERNAL, "the item can't be read back");
	if (!access_sees_flags(c))
		row.item->n_flags = 0;
	out->item = row.item;
	out->item_id = row.item->item_id;
	return PB__CODE__OK;
}

static void count(Pb__ItemVerdict__Value v)
{
	atomic_fetch_add(v == PB__ITEM_VERDICT__VALUE__REJECTED ? &evidence.rejected
			 : v == PB__ITEM_VERDICT__VALUE__WARNED ? &evidence.warned
								: &evidence.accepted,
		1);
}

static Pb__Code add_new(struct call *c, const Pb__AddItemRequest *in, const struct case_row *k,
	const struct known_bytes *b, Pb__AddItemReply *out)
{
	const char *id = call_uuid(c), *duplicate_of = b->first_id ? b->first_id : "";
	const struct verdict v = judge(c, in, k, b);
	Pb__Code e = insert(c, in, k, &v, id, duplicate_of);

	if (!e)
		e = tell(c, in, k, &v, id, duplicate_of);
	if (!e)
		e = reply(c, id, out);
	if (!e)
		count(v.value);
	return e;
}

Pb__Code add_item_run(struct call *c, const Pb__AddItemRequest *in, Pb__AddItemReply *out)
{
	struct case_row k;
	struct known_bytes b = { 0 };
	Pb__Code e = lock_case(c, in, &k);

	if (!e)
		e = check_slot(c, in->slot, k.slot_version);
	if (!e)
		e = find_bytes(c, in, &b);
	if (e)
		return e;
	if (b.repeat_id)
		return reply(c, b.repeat_id, out);
	if (*k.closed_as)
		return call_fail(c, PB__CODE__REFUSED,
			"the incident is over (%s); it takes no photos", k.closed_as);
	return add_new(c, in, &k, &b, out);
}
