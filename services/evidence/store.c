/* store.c - evidence's SQL, one constant per statement, and its rows as structs. */
#include "evidence/store.h"

#include <stdlib.h>
#include <string.h>
#include "contract/contract.gen.h"
#include "evidence/photo/photo.h"
#include "kit/json.h"

/* ---- facts from events ---- */

const struct db_stmt st_incident_reported = {
	"incident_reported",
	"with told as (insert into evidence.incident (id, district, case_no, lon, lat, "
	"uncertainty_m,"
	"  reported_at, vehicles, facility, slot_version)"
	" select $1, $2, $3, $4, $5, $6, $7, $8, $9, max(version) from evidence.slot"
	" on conflict (id) do nothing)"
	" insert into evidence.assignment (incident_id, responder_id, assigned_at)"
	" select $1, $10, $7 where $10 <> '' on conflict do nothing",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_F64, DB_F64, DB_F64, DB_TIME, DB_I32, DB_BOOL,
		DB_TEXT },
};
const struct db_stmt st_responder_assigned = {
	"responder_assigned",
	"insert into evidence.assignment (incident_id, responder_id, assigned_at) values ($1, $2, "
	"$3)"
	" on conflict (incident_id, responder_id) do update"
	" set assigned_at = greatest(evidence.assignment.assigned_at, excluded.assigned_at)",
	.in = { DB_UUID, DB_TEXT, DB_TIME },
};
const struct db_stmt st_vehicle_known = {
	"vehicle_known",
	"with v as (insert into evidence.incident_vehicle (incident_id, letter)"
	"  select $1, $2 where $3 on conflict do nothing),"
	" gone as (delete from evidence.incident_vehicle"
	"  where incident_id = $1 and letter = $2 and not $3)"
	" insert into evidence.incident_insurer (incident_id, insurer)"
	" select distinct $1::uuid, i from unnest($4::text[]) as i where i <> ''"
	" on conflict do nothing",
	.in = { DB_UUID, DB_TEXT, DB_BOOL, DB_TEXTS },
};
const struct db_stmt st_insurer_known = {
	"insurer_known",
	"insert into evidence.incident_insurer (incident_id, insurer)"
	" select distinct $1::uuid, i from unnest($2::text[]) as i where i <> ''"
	" on conflict do nothing",
	.in = { DB_UUID, DB_TEXTS },
};
const struct db_stmt st_incident_closed = {
	"incident_closed",
	"update evidence.incident set closed_as = $2 where id = $1",
	.in = { DB_UUID, DB_TEXT },
};
const struct db_stmt st_incident_reopened = {
	"incident_reopened",
	"update evidence.incident set closed_as = null where id = $1",
	.in = { DB_UUID },
};

/* ---- cases ---- */

#define CASE_SQL \
	"i.id, i.district, i.case_no, i.lon, i.lat, i.uncertainty_m, i.reported_at," \
	" i.vehicles, coalesce((select string_agg(letter, '' order by letter)" \
	"  from evidence.incident_vehicle v where v.incident_id = i.id), '')," \
	" i.facility, i.slot_version, coalesce(i.closed_as, '')," \
	" coalesce((select responder_id from evidence.assignment a where a.incident_id = i.id" \
	"  order by assigned_at desc, responder_id limit 1), '')," \
	" exists (select from evidence.assignment a" \
	"  where a.incident_id = i.id and a.responder_id = $2)," \
	" exists (select from evidence.incident_insurer n" \
	"  where n.incident_id = i.id and n.insurer = $3)"
#define CASE_TYPES \
	DB_UUID, DB_TEXT, DB_TEXT, DB_F64, DB_F64, DB_F64, DB_TIME, DB_I32, DB_TEXT, DB_BOOL, \
		DB_I32, DB_TEXT, DB_TEXT, DB_BOOL, DB_BOOL

const struct db_stmt st_case_lock = {
	"case_lock",
	"select " CASE_SQL " from evidence.incident i where i.id = $1 for update of i",
	.in = { DB_UUID, DB_TEXT, DB_TEXT },
	.out = { CASE_TYPES },
};

const struct db_stmt st_case_items = {
	"case_items",
	"select " CASE_SQL ", t.id, coalesce(t.slot, ''), coalesce(t.verdict, ''), t.findings,"
	" t.retake_at is not null, coalesce(t.retake_note, '')"
	" from evidence.incident i left join evidence.item t on t.incident_id = i.id"
	" where i.id = $1 order by t.id",
	.in = { DB_UUID, DB_TEXT, DB_TEXT },
	.out = { CASE_TYPES, DB_UUID, DB_TEXT, DB_TEXT, DB_JSON, DB_BOOL, DB_TEXT },
};

struct case_row case_from_row(const struct db_rows *r, size_t row)
{
	struct case_row k = {
		.id = db_get_text(r, row, 0),
		.district = db_get_text(r, row, 1),
		.case_no = db_get_text(r, row, 2),
		.lon = db_get_f64(r, row, 3),
		.lat = db_get_f64(r, row, 4),
		.uncertainty_m = db_get_f64(r, row, 5),
		.reported_at = db_get_i64(r, row, 6),
		.vehicles = db_get_i32(r, row, 7),
		.letters = db_get_text(r, row, 8),
		.facility = db_get_bool(r, row, 9),
		.slot_version = db_get_i32(r, row, 10),
		.closed_as = db_get_text(r, row, 11),
		.responder_id = db_get_text(r, row, 12),
	};
	k.access = (struct access_facts){ k.id, k.district, db_get_bool(r, row, 13),
		db_get_bool(r, row, 14), false };
	return k;
}

/* ---- items ---- */

const struct db_stmt st_items_by_bytes = {
	"items_by_bytes",
	"select id, slot, incident_id = $2, duplicate_of is null from evidence.item"
	" where sha256 = $1 order by incident_id = $2 desc, id limit 64",
	.in = { DB_TEXT, DB_UUID },
	.out = { DB_UUID, DB_TEXT, DB_BOOL, DB_BOOL },
};

const struct db_stmt st_item_insert = {
	"item_insert",
	"insert into evidence.item (id, incident_id, slot, sha256, size_bytes, verdict, findings,"
	" added_by, responder_id, at, captured_at, device_id, lon, lat, accuracy_m, taken_at, "
	"taken_how,"
	" exif_lon, exif_lat, camera, width, height, sharpness, mean_luma, clipped, "
	"rendition_sha256,"
	" rendition_bytes, rendition_width, rendition_height, duplicate_of) values ($1, $2, $3, "
	"$4, $5,"
	" $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, "
	"$24,"
	" $25, $26, $27, $28, $29, $30)",
	.in = { DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_I64, DB_TEXT, DB_JSON, DB_TEXT, DB_TEXT,
		DB_TIME, DB_TIME, DB_TEXT, DB_F64, DB_F64, DB_F64, DB_TIME, DB_TEXT, DB_F64, DB_F64,
		DB_TEXT, DB_I32, DB_I32, DB_F64, DB_F64, DB_F64, DB_TEXTS, DB_I64S, DB_I64S,
		DB_I64S, DB_UUID },
};

enum item_column {
	I_ID,
	I_INCIDENT,
	I_SLOT,
	I_VERDICT,
	I_FINDINGS,
	I_SHA256,
	I_SIZE,
	I_WIDTH,
	I_HEIGHT,
	I_AT,
	I_ADDED_BY,
	I_CAPTURED_AT,
	I_TAKEN_AT,
	I_TAKEN_HOW,
	I_LON,
	I_LAT,
	I_ACCURACY,
	I_EXIF_LON,
	I_EXIF_LAT,
	I_CAMERA,
	I_DEVICE,
	I_DUPLICATE_OF,
	I_RETAKE_AT,
	I_RETAKE_X,
	I_RETAKE_Y,
	I_RETAKE_NOTE,
	I_R_SHA256,
	I_R_BYTES,
	I_R_WIDTH,
	I_R_HEIGHT,
	I_CASE_ID,
	I_DISTRICT,
	I_CASE_NO,
	I_SLOT_VERSION,
	I_RESPONDER,
	I_ASSIGNED,
	I_INSURED,
	I_PERSONAL,
};
#define ITEM_SQL \
	"t.id, t.incident_id, t.slot, t.verdict, t.findings, t.sha256, t.size_bytes, t.width, " \
	"t.height," \
	" t.at, t.added_by, t.captured_at, t.taken_at, t.taken_how, t.lon, t.lat, t.accuracy_m," \
	" t.exif_lon, t.exif_lat, t.camera, t.device_id, t.duplicate_of, t.retake_at, t.retake_x," \
	" t.retake_y, t.retake_note, t.rendition_sha256, t.rendition_bytes, t.rendition_width," \
	" t.rendition_height, i.id, i.district, i.case_no, i.slot_version," \
	" coalesce((select responder_id from evidence.assignment a where a.incident_id = i.id" \
	"  order by assigned_at desc, responder_id limit 1), '')," \
	" exists (select from evidence.assignment a" \
	"  where a.incident_id = i.id and a.responder_id = $2)," \
	" exists (select from evidence.incident_insurer n" \
	"  where n.incident_id = i.id and n.insurer = $3)," \
	" evidence.slot_is_personal(i.slot_version, t.slot) and t.added_by <> $2"
#define ITEM_TYPES \
	DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_JSON, DB_TEXT, DB_I64, DB_I32, DB_I32, DB_TIME, \
		DB_TEXT, DB_TIME, DB_TIME, DB_TEXT, DB_F64, DB_F64, DB_F64, DB_F64, DB_F64, \
		DB_TEXT, DB_TEXT, DB_UUID, DB_TIME, DB_F64, DB_F64, DB_TEXT, DB_TEXTS, DB_I64S, \
		DB_I64S, DB_I64S, DB_UUID, DB_TEXT, DB_TEXT, DB_I32, DB_TEXT, DB_BOOL, DB_BOOL, \
		DB_BOOL

const struct db_stmt st_item = {
	"item",
	"select " ITEM_SQL " from evidence.item t join evidence.incident i on i.id = t.incident_id"
	" where t.id = $1",
	.in = { DB_UUID, DB_TEXT, DB_TEXT },
	.out = { ITEM_TYPES },
};
const struct db_stmt st_item_lock = {
	"item_lock",
	"select " ITEM_SQL " from evidence.item t join evidence.incident i on i.id = t.incident_id"
	" where t.id = $1 for update of t",
	.in = { DB_UUID, DB_TEXT, DB_TEXT },
	.out = { ITEM_TYPES },
};
const struct db_stmt st_items_page = {
	"items_page",
	"select " ITEM_SQL
	" from evidence.incident i left join lateral (select * from evidence.item p"
	"  where p.incident_id = i.id and ($4 = '' or p.slot = $4)"
	"  and ($5::uuid is null or p.id < $5)"
	"  and not ($7 and evidence.slot_is_personal(i.slot_version, p.slot) and p.added_by <> $2)"
	"  order by p.id desc limit $6) t on true"
	" where i.id = $1 order by t.id desc",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_UUID, DB_I32, DB_BOOL },
	.out = { ITEM_TYPES },
};
const struct db_stmt st_item_retake = {
	"item_retake",
	"update evidence.item set retake_at = $2, retake_by = $3, retake_x = $4, retake_y = $5,"
	" retake_note = $6 where id = $1",
	.in = { DB_UUID, DB_TIME, DB_TEXT, DB_F64, DB_F64, DB_TEXT },
};

const char *findings_to_json(struct call *c, const Pb__PhotoFindings *f)
{
	size_t len;
	const struct json_out how = { .keep_defaults = false };
	const char *text = message_to_json(&pb_meta_photo_findings, &f->base, how, c->arena, &len);
	return text ? text : "{}";
}

Pb__PhotoFindings *findings_from_json(struct call *c, const char *text)
{
	struct fault_list own;
	static const char empty[] = "{}";

	faults_init(&own, c->arena);
	ProtobufCMessage *m = json_to_message(&pb_meta_photo_findings, text, strlen(text), &own);
	if (!m)
		m = json_to_message(&pb_meta_photo_findings, empty, sizeof(empty) - 1, &own);
	return (Pb__PhotoFindings *)(void *)m;
}

static Pb__Position *position(struct call *c, const struct db_rows *r, size_t row, size_t lon)
{
	if (db_is_null(r, row, lon))
		return NULL;
	Pb__Position *p = ARENA_NEW(c->arena, Pb__Position);
	if (!p)
		return NULL;
	*p = (Pb__Position)PB__POSITION__INIT;
	p->lon = db_get_f64(r, row, lon);
	p->lat = db_get_f64(r, row, lon + 1);
	p->datum = PB__DATUM__VALUE__WGS84;
	return p;
}

static bool fill_renditions(
	struct call *c, const struct db_rows *r, size_t row, struct item_row *ret)
{
	static const char *const sizes[PHOTO_SIZES] = { "small", "medium", "large" };
	Pb__EvidenceItem *t = ret->item;
	size_t n, n_bytes, n_w, n_h;

	ret->rendition_sha256 = db_get_texts(r, row, I_R_SHA256, &n);
	ret->rendition_bytes = db_get_i64s(r, row, I_R_BYTES, &n_bytes);
	const int64_t *w = db_get_i64s(r, row, I_R_WIDTH, &n_w);
	const int64_t *h = db_get_i64s(r, row, I_R_HEIGHT, &n_h);
	t->renditions = ARENA_ARRAY(c->arena, Pb__Rendition *, PHOTO_SIZES);
	if (!t->renditions || n != PHOTO_SIZES || n_bytes != n || n_w != n || n_h != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		Pb__Rendition *v = ARENA_NEW(c->arena, Pb__Rendition);
		const char *path =
			arena_printf(c->arena, "/v1/items/%s/renditions/%s", t->item_id, sizes[i]);
		if (!v || !path)
			return false;
		*v = (Pb__Rendition)PB__RENDITION__INIT;
		v->size = sizes[i];
		v->width = (uint32_t)w[i];
		v->height = (uint32_t)h[i];
		v->path = path;
		t->renditions[t->n_renditions++] = v;
	}
	return true;
}

static bool fill_retake(struct call *c, const struct db_rows *r, size_t row, Pb__EvidenceItem *t)
{
	if (db_is_null(r, row, I_RETAKE_AT))
		return true;
	t->retake = ARENA_NEW(c->arena, Pb__ItemRetake);
	if (!t->retake)
		return false;
	*t->retake = (Pb__ItemRetake)PB__ITEM_RETAKE__INIT;
	t->retake->at = db_get_i64(r, row, I_RETAKE_AT);
	t->retake->x = db_get_f64(r, row, I_RETAKE_X);
	t->retake->y = db_get_f64(r, row, I_RETAKE_Y);
	t->retake->note = db_get_text(r, row, I_RETAKE_NOTE);
	return true;
}

static bool fill_findings(struct call *c, const struct db_rows *r, size_t row, Pb__EvidenceItem *t)
{
	Pb__PhotoFindings *f = findings_from_json(c, db_get_text(r, row, I_FINDINGS));

	if (!f)
		return false;
	t->checks = f->checks;
	t->n_checks = f->n_checks;
	t->flags = f->flags;
	t->n_flags = f->n_flags;
	return true;
}

static void fill_plain(struct call *c, const struct slots *slots, const struct db_rows *r,
	size_t row, Pb__EvidenceItem *t)
{
	char letter;

	t->item_id = db_get_text(r, row, I_ID);
	t->incident_id = db_get_text(r, row, I_INCIDENT);
	t->slot = db_get_text(r, row, I_SLOT);
	const struct slot *s =
		slot_find(slots, db_get_i32(r, row, I_SLOT_VERSION), t->slot, &letter);
	t->slot_title = s ? slot_title(s, letter, c->arena) : "";
	t->verdict = (Pb__ItemVerdict__Value)enum_value(
		&pb__item_verdict__value__descriptor, db_get_text(r, row, I_VERDICT));
	t->sha256 = db_get_text(r, row, I_SHA256);
	t->size_bytes = db_get_i64(r, row, I_SIZE);
	t->width = (uint32_t)db_get_i32(r, row, I_WIDTH);
	t->height = (uint32_t)db_get_i32(r, row, I_HEIGHT);
	t->at = db_get_i64(r, row, I_AT);
	t->added_by = db_get_text(r, row, I_ADDED_BY);
	t->captured_at = db_get_i64(r, row, I_CAPTURED_AT);
	t->taken_at = db_get_i64(r, row, I_TAKEN_AT);
	t->taken_time = (Pb__TakenTime__Value)enum_value(
		&pb__taken_time__value__descriptor, db_get_text(r, row, I_TAKEN_HOW));
	t->position = position(c, r, row, I_LON);
	if (t->position)
		t->position->accuracy_m = db_get_f64(r, row, I_ACCURACY);
	t->exif_position = position(c, r, row, I_EXIF_LON);
	t->camera = db_get_text(r, row, I_CAMERA);
	t->device_id = db_get_text(r, row, I_DEVICE);
	t->duplicate_of = db_get_text(r, row, I_DUPLICATE_OF);
}

bool item_from_row(struct call *c, const struct slots *slots, const struct db_rows *r, size_t row,
	struct item_row *ret)
{
	*ret = (struct item_row){
		.access = { db_get_text(r, row, I_CASE_ID), db_get_text(r, row, I_DISTRICT),
			db_get_bool(r, row, I_ASSIGNED), db_get_bool(r, row, I_INSURED),
			db_get_bool(r, row, I_PERSONAL) },
		.district = db_get_text(r, row, I_DISTRICT),
		.case_no = db_get_text(r, row, I_CASE_NO),
		.responder_id = db_get_text(r, row, I_RESPONDER),
		.slot_version = db_get_i32(r, row, I_SLOT_VERSION),
	};
	if (db_is_null(r, row, I_ID))
		return true;
	ret->item = ARENA_NEW(c->arena, Pb__EvidenceItem);
	if (!ret->item)
		return false;
	*ret->item = (Pb__EvidenceItem)PB__EVIDENCE_ITEM__INIT;
	fill_plain(c, slots, r, row, ret->item);
	return fill_findings(c, r, row, ret->item) && fill_retake(c, r, row, ret->item) &&
	       fill_renditions(c, r, row, ret);
}

/* ---- the slot table ---- */

static const struct db_stmt st_slots = {
	"slots",
	"select version, code, title, hint, per_vehicle, needed, stage from evidence.slot"
	" order by version, position",
	.out = { DB_I32, DB_TEXT, DB_TEXT, DB_TEXT, DB_BOOL, DB_TEXT, DB_TEXT },
};

static enum slot_need need_from(const char *text)
{
	return strcmp(text, "ALWAYS") == 0     ? SLOT_ALWAYS
	       : strcmp(text, "FACILITY") == 0 ? SLOT_FACILITY
					       : SLOT_OPTIONAL;
}

Pb__Code store_load_slots(struct call *c, struct slots *s)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &st_slots, &r, DB_NONE);

	if (e)
		return e;
	if (r.n == 0 || r.n > SLOTS_MAX)
		return call_fail(c, PB__CODE__INTERNAL, "the slot table has %zu rows", r.n);
	for (size_t i = 0; i < r.n; i++) {
		s->v[i] = (struct slot){
			.version = db_get_i32(&r, i, 0),
			.code = strdup(db_get_text(&r, i, 1)),
			.title = strdup(db_get_text(&r, i, 2)),
			.hint = strdup(db_get_text(&r, i, 3)),
			.per_vehicle = db_get_bool(&r, i, 4),
			.need = need_from(db_get_text(&r, i, 5)),
			.before_loss = strcmp(db_get_text(&r, i, 6), "LOSS") == 0,
		};
		if (!s->v[i].code || !s->v[i].title || !s->v[i].hint)
			return call_fail(c, PB__CODE__INTERNAL, "no memory for the slot table");
		s->newest = s->v[i].version;
	}
	s->n = r.n;
	return PB__CODE__OK;
}

const struct db_stmt *const evidence_statements[] = {
	&st_incident_reported,
	&st_responder_assigned,
	&st_vehicle_known,
	&st_insurer_known,
	&st_incident_closed,
	&st_incident_reopened,
	&st_case_lock,
	&st_case_items,
	&st_items_by_bytes,
	&st_item_insert,
	&st_item,
	&st_item_lock,
	&st_items_page,
	&st_item_retake,
	&st_slots,
	NULL,
};
