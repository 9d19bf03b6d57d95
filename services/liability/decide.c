/* decide.c - RPCs of deciding: the catalogue, a suggestion with its grounds, the determination. */
#include <stdio.h>
#include <string.h>
#include <sodium.h>
#include "kit/blob.h"
#include "kit/timeutil.h"
#include "liability/access.h"
#include "liability/articles.h"
#include "liability/grades.h"
#include "liability/handlers.h"

/* ---- catalogue ---- */

Pb__Code list_scenarios(
	struct call *c, const Pb__ListScenariosRequest *in, Pb__ListScenariosReply *out)
{
	struct scenario *all;
	size_t n = 0;
	Pb__Code e = load_scenarios(c, in->version, &all, &n, &out->version);
	if (e)
		return e;
	if (n == 0)
		return call_fail(c, PB__CODE__NOT_FOUND, "no such version of the catalogue");
	out->items = ARENA_ARRAY(c->arena, Pb__Scenario *, n);
	for (size_t i = 0; out->items && i < n; i++)
		if (!(out->items[out->n_items++] = scenario_message(&all[i], c->arena)))
			return call_fail(c, PB__CODE__TOO_LARGE, "the catalogue is too large");
	return PB__CODE__OK;
}

enum { HINTS_MAX = 5 };

static Pb__SuggestedScenario *suggested(struct call *c, const struct hint *h)
{
	Pb__SuggestedScenario *m = ARENA_NEW(c->arena, Pb__SuggestedScenario);
	Pb__Ground *g = ARENA_NEW(c->arena, Pb__Ground);
	Pb__Ground **list = ARENA_ARRAY(c->arena, Pb__Ground *, 1);
	if (!m || !g || !list)
		return NULL;
	pb__suggested_scenario__init(m);
	pb__ground__init(g);
	g->source = h->word ? "description" : "vehicles";
	g->text = h->word ? arena_printf(c->arena, "报警内容中有“%s”", h->word)
			  : "报警时只涉及一辆车";
	m->scenario = scenario_message(h->scenario, c->arena);
	list[0] = g;
	m->grounds = list;
	m->n_grounds = 1;
	return m->scenario ? m : NULL;
}

Pb__Code get_suggestion(
	struct call *c, const Pb__GetSuggestionRequest *in, Pb__GetSuggestionReply *out)
{
	struct incident i;
	struct scenario *all;
	struct hint hints[HINTS_MAX];
	size_t n = 0;
	unsigned version;
	Pb__Code e = see_incident(c, in->incident_id, false, &i);
	if (!e)
		e = load_scenarios(c, 0, &all, &n, &version);
	if (e)
		return e;
	size_t found = scenario_hints(all, n, i.description, i.vehicles, hints, HINTS_MAX);
	out->items = ARENA_ARRAY(c->arena, Pb__SuggestedScenario *, HINTS_MAX);
	for (size_t k = 0; out->items && k < found; k++)
		if (!(out->items[out->n_items++] = suggested(c, &hints[k])))
			return call_fail(c, PB__CODE__TOO_LARGE, "too many suggestions");
	out->note = found ? "仅根据报警时的描述列出可能的情形，不是认定意见；以照片和当事人陈述为准"
			    "，由民警认定。"
			  : "现有信息不足以提示任何情形，请民警根据照片和当事人陈述认定。";
	return PB__CODE__OK;
}

/* ---- the determination ---- */

/* Everything a determination is made from. */
struct deciding {
	struct review review;
	struct incident incident;
	struct parties parties;
	struct scene scene;
	const struct scenario *scenario;
	const struct scenario *all;
	size_t n_all;
	Pb__Determination d;
};

static const struct scenario *scenario_find(const struct deciding *x, const char *code)
{
	for (size_t i = 0; i < x->n_all; i++)
		if (strcmp(x->all[i].code, code) == 0)
			return &x->all[i];
	return NULL;
}

/* A rule forbids it: the code is REFUSED, the rule is named at its place. */
static Pb__Code refuse(struct call *c, const char *pointer, const char *rule, const char *text)
{
	Pb__Code e = call_fail(c, PB__CODE__REFUSED, "%s", text);
	call_fail_field(c, pointer, rule, "%s", text);
	return e;
}

static Pb__Code take_scenario(struct call *c, const Pb__DetermineRequest *in, struct deciding *x)
{
	struct scenario *all;
	unsigned version;
	Pb__Code e = load_scenarios(c, in->scenario_version, &all, &x->n_all, &version);
	if (e)
		return e;
	x->all = all;
	x->scenario = scenario_find(x, in->scenario);
	if (!x->scenario) {
		call_fail_field(c, "/scenario", "unknown", "no such scenario in the catalogue");
		return PB__CODE__INVALID;
	}
	struct scenario_refusal no = scenario_check(x->scenario);
	if (no.rule)
		return refuse(c, "/scenario", no.rule, no.text);
	const char *slot = scenario_missing_slot(x->scenario, &x->scene);
	if (slot)
		return refuse(c, "/scenario", "photo_missing",
			arena_printf(c->arena, "scenario %s needs the photo %s; use :requestRetake",
				x->scenario->code, slot));
	for (size_t i = 0; i < in->n_aggravating; i++) {
		const struct scenario *s = scenario_find(x, in->aggravating[i]);
		if (s && s->aggravating)
			continue;
		call_fail_field(c, "/aggravating", "aggravating", "not an aggravating scenario");
		return PB__CODE__INVALID;
	}
	return PB__CODE__OK;
}

static const Pb__Party *party_find(const struct parties *all, const char *id)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->row[i].party->party_id, id) == 0)
			return all->row[i].party;
	return NULL;
}

/* One finding for each party and nobody else; UNKNOWN is another document. */
static Pb__Code take_grades(struct call *c, const Pb__DetermineRequest *in, struct deciding *x)
{
	Pb__Grade__Value grades[32];
	Pb__PartyGrade **list = ARENA_ARRAY(c->arena, Pb__PartyGrade *, in->n_grades);
	for (size_t i = 0; list && i < in->n_grades; i++) {
		const Pb__PartyFinding *f = in->grades[i];
		if (f->grade == PB__FINDING__VALUE__UNKNOWN)
			return refuse(c, "/grades", "unknown",
				"liability that can't be determined is no grade: the document is a "
				"道路交通事故证明; use :toGeneral");
		bool twice = false;
		for (size_t k = 0; k < i; k++)
			twice |= strcmp(in->grades[k]->party_id, f->party_id) == 0;
		if (twice || i >= 32 || !party_find(&x->parties, f->party_id))
			return refuse(c, "/grades", twice ? "twice" : "party",
				"grade each party of the incident once, and nobody else");
		Pb__PartyGrade *g = ARENA_NEW(c->arena, Pb__PartyGrade);
		if (!g)
			return call_fail(c, PB__CODE__TOO_LARGE, "too many grades");
		pb__party_grade__init(g);
		g->party_id = f->party_id;
		grades[i] = g->grade = (Pb__Grade__Value)f->grade;
		list[i] = g;
	}
	if (in->n_grades != x->parties.n)
		return refuse(c, "/grades", "party", "every party of the incident needs a grade");
	enum grades_rule rule = grades_check(grades, in->n_grades, scenario_no_fault(x->scenario));
	if (rule != GRADES_AGREE)
		return refuse(c, "/grades", grades_rule_name(rule), grades_rule_text(rule));
	x->d.grades = list;
	x->d.n_grades = in->n_grades;
	return PB__CODE__OK;
}

static Pb__Code take_articles(struct call *c, const Pb__DetermineRequest *in, struct deciding *x)
{
	const bool given = in->n_articles > 0;
	size_t n = given ? in->n_articles : x->scenario->n_articles;
	x->d.articles = ARENA_ARRAY(c->arena, Pb__ScenarioArticle *, n);
	for (size_t i = 0; x->d.articles && i < n; i++) {
		const char *ref = given ? in->articles[i] : x->scenario->articles[i];
		char text[1024], pointer[32];
		const char *wrong = article_text(ref, text, sizeof(text));
		Pb__ScenarioArticle *a = ARENA_NEW(c->arena, Pb__ScenarioArticle);
		if (wrong) {
			(void)snprintf(pointer, sizeof(pointer), "/articles/%zu", i);
			call_fail_field(c, pointer, "article", "%s", wrong);
			return PB__CODE__INVALID;
		}
		if (!a)
			return call_fail(c, PB__CODE__TOO_LARGE, "too many articles");
		pb__scenario_article__init(a);
		a->ref = ref;
		a->text = CALL_STR(c, text);
		a->certain = scenario_article_certain(x->scenario, ref);
		x->d.articles[x->d.n_articles++] = a;
	}
	return PB__CODE__OK;
}

static Pb__Code take_items(struct call *c, const Pb__DetermineRequest *in, struct deciding *x)
{
	struct db_rows r;
	if (in->n_items == 0)
		return PB__CODE__OK;
	Pb__Code e = db_run(c, &st_item_ids, &r,
		DB_ARGS(db_uuid(x->incident.id),
			db_uuids((const char *const *)in->items, in->n_items)));
	if (e)
		return e;
	for (size_t i = 0; i < in->n_items; i++) {
		bool there = false;
		for (size_t k = 0; k < r.n; k++)
			there |= strcmp(db_get_text(&r, k, 0), in->items[i]) == 0;
		if (!there)
			return refuse(c, "/items", "item",
				"a photo relied on is an accepted one of this incident");
	}
	x->d.items = in->items;
	x->d.n_items = in->n_items;
	return PB__CODE__OK;
}

static Pb__Code take_circumstances(
	struct call *c, const Pb__DetermineRequest *in, struct deciding *x)
{
	const struct incident *i = &x->incident;
	x->d.occurred_at = in->occurred_at ? in->occurred_at : i->reported_at;
	if (x->d.occurred_at > c->at_us || x->d.occurred_at <= 0) {
		call_fail_field(c, "/occurredAt", "time", "give the time of the accident");
		return PB__CODE__INVALID;
	}
	x->d.place = *in->place ? in->place : i->place;
	x->d.weather = *in->weather ? in->weather : i->weather;
	if (!*x->d.place) {
		call_fail_field(c, "/place", "required", "give the place of the accident");
		return PB__CODE__INVALID;
	}
	x->d.slight_injury = i->slight_injury;
	x->d.facts = in->facts;
	x->d.parties = ARENA_ARRAY(c->arena, Pb__Party *, x->parties.n);
	for (size_t k = 0; x->d.parties && k < x->parties.n; k++)
		x->d.parties[x->d.n_parties++] = x->parties.row[k].party;
	return PB__CODE__OK;
}

/* What the scene needed when it was submitted it still needs: corrections may have undone it. */
static Pb__Code check_scene(struct call *c, struct deciding *x)
{
	size_t missing = scene_check(&x->scene, NULL, NULL);
	if (missing == 0)
		return PB__CODE__OK;
	return refuse(c, "", "scene", "the scene is not complete any more; use :requestRetake");
}

static Pb__Code load_all(struct call *c, struct deciding *x)
{
	Pb__Code e = see_incident(c, x->review.incident_id, true, &x->incident);
	if (!e)
		e = check_open(c, &x->incident);
	if (!e)
		e = load_parties(c, x->incident.id, &x->parties);
	if (!e)
		e = load_scene(c, x->incident.id, &x->parties, &x->scene);
	return e ? e : check_scene(c, x);
}

/* Twenty characters of Crockford's base 32: a hundred random bits, easily typed. */
static const char *random_code(struct call *c)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned char bytes[20];
	char text[21] = { 0 };
	randombytes_buf(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		text[i] = digits[bytes[i] & 31];
	return CALL_STR(c, text);
}

struct number {
	const char *unit;
	int year, number;
};

static Pb__Code next_number(struct call *c, struct deciding *x, struct number *ret)
{
	struct db_rows r;
	Pb__Code e =
		db_run(c, &st_unit, &r, DB_ARGS(db_text(x->incident.district), db_time(c->at_us)));
	if (e)
		return e;
	if (r.n == 0)
		return call_fail(c, PB__CODE__INTERNAL, "no issuing unit is in force");
	ret->unit = db_get_text(&r, 0, 0);
	ret->year = local_date(c->at_us) / 10000;
	x->d.unit = db_get_text(&r, 0, 1);
	e = db_run(c, &st_series_next, &r, DB_ARGS(db_text(ret->unit), db_i32(ret->year)));
	if (e)
		return e;
	ret->number = db_get_i32(&r, 0, 0);
	x->d.document_no = arena_printf(c->arena, "%s-%d-%06d", ret->unit, ret->year, ret->number);
	return PB__CODE__OK;
}

static Pb__Code insert_parties(struct call *c, const struct deciding *x)
{
	struct db_rows r;
	for (size_t i = 0; i < x->d.n_grades; i++) {
		const Pb__Party *p = party_find(&x->parties, x->d.grades[i]->party_id);
		Pb__Code e = db_run(c, &st_determination_party, &r,
			DB_ARGS(db_uuid(x->d.determination_id), db_uuid(p->party_id),
				db_text(p->letter), db_text(p->plate),
				db_text(grade_name(x->d.grades[i]->grade))));
		if (e)
			return e;
	}
	return PB__CODE__OK;
}

static Pb__Code insert_all(struct call *c, struct deciding *x, const char *request_sha256)
{
	struct db_rows r;
	struct number no = { 0 };
	char content[SHA256_TEXT];
	size_t len = 0;
	Pb__Determination *d = &x->d;
	Pb__Code e = next_number(c, x, &no);
	if (e)
		return e;
	const void *doc = pack_message(c, &d->base, &len);
	if (!doc)
		return call_fail(c, PB__CODE__TOO_LARGE, "the determination is too large");
	sha256_text(doc, len, content);
	e = db_run(c, &st_determination_insert, &r,
		DB_ARGS(db_uuid(d->determination_id), db_uuid(d->review_id),
			db_uuid(d->incident_id), db_text(d->district), db_text(no.unit),
			db_i32(no.year), db_i32(no.number), db_text(d->document_no),
			db_text(d->verify_code), db_text(d->scenario),
			db_i32((int32_t)d->scenario_version), db_text(d->officer_id),
			db_text(d->officer_name), db_text("OFFICER"), db_time(d->decided_at),
			db_bytes(doc, len), db_text(content), db_text(request_sha256)));
	if (!e)
		e = insert_parties(c, x);
	if (!e)
		e = db_run(c, &st_review_decided, &r,
			DB_ARGS(db_uuid(d->review_id), db_time(c->at_us)));
	if (!e)
		e = db_run(c, &st_rendering_insert, &r,
			DB_ARGS(db_uuid(d->determination_id), db_text("DRAFT"), db_time(c->at_us)));
	return e;
}

static Pb__Code emit_made(struct call *c, const struct deciding *x)
{
	const Pb__Determination *d = &x->d;
	Pb__DeterminationMade ev = PB__DETERMINATION_MADE__INIT;
	ev.determination_id = d->determination_id;
	ev.incident_id = d->incident_id;
	ev.district = d->district;
	ev.document_no = d->document_no;
	ev.verify_code = d->verify_code;
	ev.scenario = d->scenario;
	ev.scenario_version = d->scenario_version;
	ev.grades = d->grades;
	ev.n_grades = d->n_grades;
	ev.articles = ARENA_ARRAY(c->arena, const char *, d->n_articles + 1);
	for (size_t i = 0; ev.articles && i < d->n_articles; i++)
		ev.articles[ev.n_articles++] = d->articles[i]->text;
	ev.officer_id = d->officer_id;
	ev.officer_name = d->officer_name;
	ev.responder_id = x->incident.responder_id;
	ev.at = d->decided_at;
	ev.facts = d->facts;
	ev.parties = d->parties;
	ev.n_parties = d->n_parties;
	return event_emit(c, &ev.base);
}

static void fill_head(struct call *c, const Pb__DetermineRequest *in, struct deciding *x)
{
	Pb__Determination *d = &x->d;
	d->determination_id = call_uuid(c);
	d->review_id = x->review.id;
	d->incident_id = x->incident.id;
	d->district = x->incident.district;
	d->case_no = x->incident.case_no;
	d->verify_code = random_code(c);
	d->scenario = x->scenario->code;
	d->scenario_version = x->scenario->version;
	d->scenario_title = x->scenario->title;
	d->aggravating = in->aggravating;
	d->n_aggravating = in->n_aggravating;
	d->officer_id = c->who.subject;
	d->officer_name = c->who.name;
	d->decided_at = c->at_us;
}

static void answer_made(struct call *c, const Pb__Determination *d, Pb__DetermineReply *out)
{
	out->determination_id = d->determination_id;
	out->document_no = d->document_no;
	out->verify_code = d->verify_code;
	out->verify_url =
		arena_printf(c->arena, "%s/verify/%s", settings.public_url, d->verify_code);
	out->incident_id = d->incident_id;
	out->decided_at = d->decided_at;
}

/* The same officer's same request finds what it made; any other comes too late. */
static Pb__Code answer_again(
	struct call *c, const char *review_id, const char *request_sha256, Pb__DetermineReply *out)
{
	struct determination_row row;
	Pb__Code e = load_determination(c, &st_determination_by_review, review_id, &row);
	if (e)
		return e;
	if (!row.d || strcmp(row.request_sha256, request_sha256) != 0 ||
		strcmp(row.d->officer_id, c->who.subject) != 0)
		return call_fail(c, PB__CODE__CONFLICT, "the review is decided already");
	answer_made(c, row.d, out);
	return PB__CODE__OK;
}

Pb__Code determine(struct call *c, const Pb__DetermineRequest *in, Pb__DetermineReply *out)
{
	struct deciding x = { .d = PB__DETERMINATION__INIT };
	char request[SHA256_TEXT];
	size_t len = 0;
	const void *packed = pack_message(c, &in->base, &len);
	if (!packed)
		return call_fail(c, PB__CODE__TOO_LARGE, "the request is too large");
	sha256_text(packed, len, request);
	Pb__Code e = see_review(c, in->review_id, &x.review);
	if (!e && strcmp(x.review.state, "DETERMINED") == 0)
		return answer_again(c, x.review.id, request, out);
	if (!e)
		e = check_lease(c, &x.review);
	if (!e)
		e = load_all(c, &x);
	if (!e)
		e = take_scenario(c, in, &x);
	if (!e)
		e = take_grades(c, in, &x);
	if (!e)
		e = take_articles(c, in, &x);
	if (!e)
		e = take_items(c, in, &x);
	if (!e)
		e = take_circumstances(c, in, &x);
	if (e)
		return e;
	fill_head(c, in, &x);
	e = insert_all(c, &x, request);
	if (!e)
		e = emit_made(c, &x);
	answer_made(c, &x.d, out);
	return e;
}
