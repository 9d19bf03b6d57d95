/* parties.c - RPCs on parties: record, correct, list, and their joint application. */
#include <stddef.h>
#include <string.h>
#include "contract/formats.h"
#include "liability/access.h"
#include "liability/handlers.h"
#include "liability/plates.h"

enum { PARTIES_MAX = 26 };

static Pb__Code emit_party(struct call *c, const struct incident *i, Pb__Party *p, uint32_t version)
{
	Pb__PartyRecorded ev = PB__PARTY_RECORDED__INIT;
	ev.incident_id = i->id;
	ev.district = i->district;
	ev.party = p;
	ev.version = version;
	ev.at = c->at_us;
	return event_emit(c, &ev.base);
}

static Pb__Code check_plate(struct call *c, const Pb__Party *p)
{
	const char *wrong = plate_type_check(p->plate, p->plate_type);
	if (!wrong)
		return PB__CODE__OK;
	call_fail_field(c, "/plateType", "plate_type", "%s", wrong);
	return PB__CODE__INVALID;
}

/* Numbers written differently are the same number. */
static const char *plain_phone(struct call *c, const char *phone)
{
	char digits[PHONE_DIGITS_MAX];
	phone_digits(phone, digits);
	return CALL_STR(c, digits);
}

static const void *pack_party(struct call *c, const Pb__Party *p, size_t *ret_len)
{
	Pb__Party stored = *p;
	stored.applied = false; /* the application itself is what counts */
	stored.applied_at = 0;
	return pack_message(c, &stored.base, ret_len);
}

/* Parties change only while nobody is deciding on them, but for plain corrections. */
static Pb__Code live_review(
	struct call *c, const struct incident *i, struct review *ret, bool *found)
{
	Pb__Code e = load_review(c, &st_review_live, i->id, ret, found);
	if (e)
		return e;
	if (*found && strcmp(ret->state, "DETERMINED") == 0)
		return call_fail(c, PB__CODE__REFUSED,
			"the determination is made; the parties' records no longer change");
	return PB__CODE__OK;
}

static Pb__Party *party_from_request(struct call *c, const Pb__AddPartyRequest *in)
{
	Pb__Party *p = ARENA_NEW(c->arena, Pb__Party);
	if (!p)
		return NULL;
	pb__party__init(p);
	p->name = in->name;
	p->id_number = in->id_number;
	p->licence_no = in->licence_no;
	p->phone = plain_phone(c, in->phone);
	p->plate = in->plate;
	p->plate_type = in->plate_type;
	p->vehicle_kind = in->vehicle_kind;
	p->vin = in->vin;
	p->insurer = in->insurer;
	p->policy_no = in->policy_no;
	p->commercial_insurer = in->commercial_insurer;
	p->commercial_policy_no = in->commercial_policy_no;
	p->third_party_limit_fen = in->third_party_limit_fen;
	return p;
}

static Pb__Code insert_party(struct call *c, const struct incident *i, Pb__Party *p)
{
	struct db_rows r;
	size_t len = 0;
	const void *doc = pack_party(c, p, &len);
	Pb__Code e = db_run(c, &st_party_insert, &r,
		DB_ARGS(db_uuid(p->party_id), db_uuid(i->id), db_text(p->letter), db_text(p->plate),
			db_bytes(doc, len), db_text(c->who.subject), db_time(c->at_us)));
	if (e)
		return e;
	if (r.n == 0)
		return call_fail(c, PB__CODE__CONFLICT,
			"a party with this plate is already on the incident");
	return emit_party(c, i, p, 1);
}

Pb__Code add_party(struct call *c, const Pb__AddPartyRequest *in, Pb__AddPartyReply *out)
{
	struct incident i;
	struct parties all;
	struct review r;
	bool found = false;
	Pb__Party *p = party_from_request(c, in);
	if (!p)
		return call_fail(c, PB__CODE__TOO_LARGE, "the record is too large");
	Pb__Code e = see_incident(c, in->incident_id, true, &i);
	if (!e)
		e = check_open(c, &i);
	if (!e)
		e = check_plate(c, p);
	if (!e)
		e = live_review(c, &i, &r, &found);
	if (!e)
		e = load_parties(c, i.id, &all);
	if (e)
		return e;
	if (found && strcmp(r.state, "RETAKE") != 0)
		return call_fail(c, PB__CODE__CONFLICT,
			"the scene is with the officers; a party can be added when it comes back");
	if (all.n >= PARTIES_MAX)
		return call_fail(c, PB__CODE__REFUSED, "an incident has at most %d parties",
			(int)PARTIES_MAX);
	p->party_id = call_uuid(c);
	p->letter = arena_printf(c->arena, "%c", (char)('A' + all.n));
	e = insert_party(c, &i, p);
	if (e)
		return e;
	out->incident_id = i.id;
	out->party_id = p->party_id;
	out->letter = p->letter;
	out->version = 1;
	out->party = p;
	return PB__CODE__OK;
}

/* ---- correcting ---- */

static const struct {
	const char *json;
	size_t in, party; /* where the text is in request and record */
	bool identity;    /* another value means another person */
} texts[] = {
#define TEXT(name, field, id) \
	{ \
		name, offsetof(Pb__UpdatePartyRequest, field), offsetof(Pb__Party, field), id \
	}
	TEXT("name", name, true),
	TEXT("idNumber", id_number, true),
	TEXT("licenceNo", licence_no, true),
	TEXT("phone", phone, false),
	TEXT("plate", plate, false),
	TEXT("plateType", plate_type, false),
	TEXT("vehicleKind", vehicle_kind, false),
	TEXT("vin", vin, false),
	TEXT("insurer", insurer, false),
	TEXT("policyNo", policy_no, false),
	TEXT("commercialInsurer", commercial_insurer, false),
	TEXT("commercialPolicyNo", commercial_policy_no, false),
#undef TEXT
};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

static const char **text_at(void *base, size_t offset)
{
	return (const char **)(void *)((char *)base + offset);
}

static const char *given_text(const Pb__UpdatePartyRequest *in, size_t offset)
{
	return *(const char *const *)(const void *)((const char *)in + offset);
}

static void set_text(Pb__Party *p, size_t k, const char *value, bool *identity)
{
	const char **at = text_at(p, texts[k].party);
	if (strcmp(*at, value) != 0 && texts[k].identity)
		*identity = true;
	*at = value;
}

static bool clear_text(Pb__Party *p, const char *name, bool *identity)
{
	for (size_t k = 0; k < TEXTS; k++)
		if (strcmp(texts[k].json, name) == 0 && strcmp(name, "name") != 0) {
			set_text(p, k, "", identity);
			return true;
		}
	return false;
}

/* Applies the request to the record; *ret_identity when name or papers changed. */
static Pb__Code change_party(
	struct call *c, const Pb__UpdatePartyRequest *in, Pb__Party *p, bool *ret_identity)
{
	for (size_t i = 0; i < in->n_clear; i++)
		if (!clear_text(p, in->clear[i], ret_identity)) {
			char pointer[32];
			(void)snprintf(pointer, sizeof(pointer), "/clear/%zu", i);
			call_fail_field(c, pointer, "unknown", "this field can't be emptied");
			return PB__CODE__INVALID;
		}
	for (size_t k = 0; k < TEXTS; k++) {
		const char *value = given_text(in, texts[k].in);
		if (*value)
			set_text(p, k, value, ret_identity);
	}
	if (*in->phone)
		p->phone = plain_phone(c, in->phone);
	if (in->opt_third_party_limit_fen_case ==
		PB__UPDATE_PARTY_REQUEST__OPT_THIRD_PARTY_LIMIT_FEN_THIRD_PARTY_LIMIT_FEN)
		p->third_party_limit_fen = in->third_party_limit_fen;
	return check_plate(c, p);
}

static Pb__Code find_party(
	struct call *c, const struct parties *all, const char *party_id, struct party_row **ret)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->row[i].party->party_id, party_id) == 0) {
			*ret = &all->row[i];
			return PB__CODE__OK;
		}
	return call_unknown(c, "party", party_id);
}

/* Another person has not signed the application of the one recorded before. */
static Pb__Code void_application(struct call *c, Pb__Party *p, bool with_officers, bool *ret_voided)
{
	struct db_rows r;
	if (!p->applied)
		return PB__CODE__OK;
	if (with_officers)
		return call_fail(c, PB__CODE__REFUSED,
			"name and papers change only before the scene is submitted or when it came "
			"back");
	Pb__Code e = db_run(
		c, &st_application_void, &r, DB_ARGS(db_uuid(p->party_id), db_time(c->at_us)));
	p->applied = false;
	p->applied_at = 0;
	*ret_voided = true;
	return e;
}

static Pb__Code write_party(struct call *c, const Pb__Party *p, uint32_t *ret_version)
{
	struct db_rows r;
	size_t len = 0;
	const void *doc = pack_party(c, p, &len);
	Pb__Code e = db_run(c, &st_party_keep, &r,
		DB_ARGS(db_uuid(p->party_id), db_text(c->who.subject), db_text(acting_role(c)),
			db_time(c->at_us)));
	if (!e)
		e = db_run(c, &st_party_update, &r,
			DB_ARGS(db_uuid(p->party_id), db_text(p->plate), db_bytes(doc, len),
				db_time(c->at_us)));
	if (e)
		return e;
	if (r.n == 0)
		return call_fail(
			c, PB__CODE__CONFLICT, "another party with this plate is on the incident");
	*ret_version = (uint32_t)db_get_i32(&r, 0, 0);
	return PB__CODE__OK;
}

Pb__Code update_party(struct call *c, const Pb__UpdatePartyRequest *in, Pb__UpdatePartyReply *out)
{
	struct incident i;
	struct parties all;
	struct party_row *row = NULL;
	struct review r;
	bool found = false, identity = false, voided = false;
	Pb__Code e = see_incident(c, in->incident_id, true, &i);
	if (!e)
		e = load_parties(c, i.id, &all);
	if (!e)
		e = find_party(c, &all, in->party_id, &row);
	if (!e)
		e = live_review(c, &i, &r, &found);
	if (e)
		return e;
	if (in->version && in->version != row->version)
		return call_fail(c, PB__CODE__CONFLICT, "the record is at version %u, not %u",
			row->version, in->version);
	e = change_party(c, in, row->party, &identity);
	if (!e && identity)
		e = void_application(
			c, row->party, found && strcmp(r.state, "RETAKE") != 0, &voided);
	if (!e)
		e = write_party(c, row->party, &out->version);
	if (!e)
		e = emit_party(c, &i, row->party, out->version);
	out->party_id = row->party->party_id;
	out->party = row->party;
	out->application_voided = voided;
	return e;
}

Pb__Code list_parties(struct call *c, const Pb__ListPartiesRequest *in, Pb__ListPartiesReply *out)
{
	struct incident i;
	struct parties all;
	Pb__Code e = see_incident(c, in->incident_id, false, &i);
	if (!e)
		e = load_parties(c, i.id, &all);
	if (e)
		return e;
	out->items = ARENA_ARRAY(c->arena, Pb__PartyEntry *, all.n + 1);
	for (size_t k = 0; out->items && k < all.n; k++) {
		Pb__PartyEntry *entry = ARENA_NEW(c->arena, Pb__PartyEntry);
		if (!entry)
			break;
		pb__party_entry__init(entry);
		entry->party = all.row[k].party;
		entry->version = all.row[k].version;
		out->items[out->n_items++] = entry;
	}
	return PB__CODE__OK;
}

/* ---- joint application ---- */

static Pb__Code check_statement(struct call *c, const char *kind, const char *version)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &st_statement, &r, DB_ARGS(db_text(kind), db_text(version)));
	if (e || r.n > 0)
		return e;
	call_fail_field(c, "/statementVersion", "unknown",
		"no such version of the text; see /v1/statements");
	return PB__CODE__INVALID;
}

static Pb__Code insert_application(struct call *c, const Pb__ApplyForDecisionRequest *in,
	const struct incident *i, struct party_row *row)
{
	struct db_rows r;
	int64_t signed_at = 0;
	Pb__Code e = check_mark(c, in->strokes, in->image_sha256);
	if (!e)
		e = check_signed_at(c, in->signed_at, &signed_at);
	if (!e)
		e = check_statement(c, "JOINT_APPLICATION", in->statement_version);
	if (!e)
		e = db_run(c, &st_application_insert, &r,
			DB_ARGS(db_uuid(call_uuid(c)), db_uuid(in->party_id), db_uuid(i->id),
				db_text(in->statement_version), db_text(in->strokes),
				db_text(in->image_sha256), db_time(signed_at),
				db_text(c->who.subject), db_text(acting_role(c)),
				db_time(c->at_us)));
	if (!e)
		e = db_run(
			c, &st_party_touch, &r, DB_ARGS(db_uuid(in->party_id), db_time(c->at_us)));
	if (e)
		return e;
	row->version = (uint32_t)db_get_i32(&r, 0, 0);
	row->party->applied = true;
	row->party->applied_at = c->at_us;
	return emit_party(c, i, row->party, row->version);
}

Pb__Code apply_for_decision(
	struct call *c, const Pb__ApplyForDecisionRequest *in, Pb__ApplyForDecisionReply *out)
{
	struct incident i;
	struct parties all;
	struct party_row *row = NULL;
	Pb__Code e = see_incident(c, in->incident_id, true, &i);
	if (!e && !call_has_role(c, PB__ROLE__VALUE__RESPONDER) &&
		strcmp(c->who.party_id, in->party_id) != 0)
		e = call_fail(c, PB__CODE__NOT_FOUND, "no such party");
	if (!e)
		e = load_parties(c, i.id, &all);
	if (!e)
		e = find_party(c, &all, in->party_id, &row);
	if (e || !row)
		return e;
	if (!row->party->applied) {
		e = check_open(c, &i);
		if (!e)
			e = insert_application(c, in, &i, row);
		if (e)
			return e;
	}
	out->incident_id = i.id;
	out->party = row->party;
	out->version = row->version;
	for (size_t k = 0; k < all.n; k++)
		out->still_missing += !all.row[k].party->applied;
	return PB__CODE__OK;
}

Pb__Code list_statements(
	struct call *c, const Pb__ListStatementsRequest *in, Pb__ListStatementsReply *out)
{
	struct db_rows r;
	(void)in;
	Pb__Code e = db_run(c, &st_statements, &r, DB_ARGS(db_time(c->at_us)));
	if (e)
		return e;
	out->items = ARENA_ARRAY(c->arena, Pb__Statement *, r.n + 1);
	for (size_t k = 0; out->items && k < r.n; k++) {
		Pb__Statement *s = ARENA_NEW(c->arena, Pb__Statement);
		if (!s)
			break;
		pb__statement__init(s);
		s->kind = db_get_text(&r, k, 0);
		s->version = db_get_text(&r, k, 1);
		s->text = db_get_text(&r, k, 2);
		out->items[out->n_items++] = s;
	}
	return PB__CODE__OK;
}
