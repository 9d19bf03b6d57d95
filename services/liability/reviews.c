/* reviews.c - RPCs on the officers' queue: submit a scene, take it, send it elsewhere. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/json.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"
#include "liability/access.h"
#include "liability/handlers.h"

enum { PAGE = 50 };
static const char zero_uuid[] = "00000000-0000-0000-0000-000000000000";

static Pb__ReviewState__Value state_value(const char *name)
{
	int v = enum_value(&pb__review_state__value__descriptor, name);
	return v < 0 ? PB__REVIEW_STATE__VALUE__UNSPECIFIED : (Pb__ReviewState__Value)v;
}

static Pb__ReviewEntry *entry_of(struct call *c, const struct review *r)
{
	Pb__ReviewEntry *m = ARENA_NEW(c->arena, Pb__ReviewEntry);
	if (!m)
		return NULL;
	pb__review_entry__init(m);
	m->review_id = r->id;
	m->incident_id = r->incident_id;
	m->case_no = r->case_no;
	m->district = r->district;
	m->place = r->place;
	m->state = state_value(r->state);
	m->reported_at = r->reported_at;
	m->submitted_at = r->submitted_at;
	m->age_s = c->at_us > r->submitted_at ? (uint32_t)((c->at_us - r->submitted_at) / US_PER_S)
					      : 0;
	m->officer_id = r->officer_id;
	m->officer_name = r->officer_name;
	m->lease_until = r->lease_until;
	m->parties = (uint32_t)r->parties;
	m->photos = (uint32_t)r->photos;
	m->reason = r->reason;
	m->determination_id = r->determination_id;
	return m;
}

/* The review as it is after a change. */
static Pb__Code answer_entry(struct call *c, const char *id, Pb__ReviewEntry **ret)
{
	struct review r;
	bool found = false;
	Pb__Code e = load_review(c, &st_review, id, &r, &found);
	if (e)
		return e;
	*ret = found ? entry_of(c, &r) : NULL;
	return *ret ? PB__CODE__OK : call_fail(c, PB__CODE__NOT_FOUND, "no such review");
}

/* ---- submitting ---- */

static void tell_missing(void *arg, const char *pointer, const char *rule, const char *detail)
{
	call_fail_field(arg, pointer, rule, "%s", detail);
}

static Pb__Code check_complete(struct call *c, const struct incident *i, size_t *ret_parties)
{
	struct parties all;
	struct scene scene;
	Pb__Code e = load_parties(c, i->id, &all);
	if (!e)
		e = load_scene(c, i->id, &all, &scene);
	if (e)
		return e;
	*ret_parties = all.n;
	size_t missing = scene_check(&scene, NULL, NULL);
	if (missing == 0)
		return PB__CODE__OK;
	e = call_fail(c, PB__CODE__REFUSED, "the scene is not complete: %zu missing", missing);
	scene_check(&scene, tell_missing, c);
	return e;
}

static Pb__Code emit_submitted(
	struct call *c, const struct incident *i, const char *review_id, size_t parties)
{
	Pb__SceneSubmitted ev = PB__SCENE_SUBMITTED__INIT;
	ev.review_id = review_id;
	ev.incident_id = i->id;
	ev.district = i->district;
	ev.responder_id = c->who.subject;
	ev.parties = (uint32_t)parties;
	ev.at = c->at_us;
	return event_emit(c, &ev.base);
}

static Pb__Code queue_review(struct call *c, const struct incident *i, struct review *r, bool again)
{
	struct db_rows rows;
	if (again)
		return db_run(c, &st_review_resubmit, &rows,
			DB_ARGS(db_uuid(r->id), db_time(c->at_us), db_text(c->who.subject)));
	r->id = call_uuid(c);
	r->submitted_at = c->at_us;
	return db_run(c, &st_review_insert, &rows,
		DB_ARGS(db_uuid(r->id), db_uuid(i->id), db_text(i->district),
			db_text(c->who.subject), db_time(c->at_us)));
}

static Pb__Code submit_now(struct call *c, const struct incident *i, struct review *r, bool again)
{
	size_t parties = 0;
	Pb__Code e = check_open(c, i);
	if (e)
		return e;
	if (*i->lane && strcmp(i->lane, "RAPID") != 0)
		return call_fail(c, PB__CODE__REFUSED,
			"the incident is in the %s lane; an officer handles it at the scene",
			i->lane);
	e = check_complete(c, i, &parties);
	if (!e)
		e = queue_review(c, i, r, again);
	return e ? e : emit_submitted(c, i, r->id, parties);
}

Pb__Code submit_scene(struct call *c, const Pb__SubmitSceneRequest *in, Pb__SubmitSceneReply *out)
{
	struct incident i;
	struct review r = { .state = "QUEUED" };
	bool found = false;
	Pb__Code e = see_incident(c, in->incident_id, true, &i);
	if (!e)
		e = load_review(c, &st_review_live, i.id, &r, &found);
	if (!e && (!found || strcmp(r.state, "RETAKE") == 0)) {
		e = submit_now(c, &i, &r, found);
		r.state = "QUEUED";
	}
	if (e)
		return e;
	out->review_id = r.id;
	out->incident_id = i.id;
	out->state = state_value(r.state);
	out->submitted_at = r.submitted_at;
	return PB__CODE__OK;
}

/* ---- the queue ---- */

/* "<microseconds>_<uuid>" of the last entry shown. */
static bool read_cursor(const char *text, int64_t *ret_us, const char **ret_id)
{
	char *end = NULL;
	if (!*text)
		return true;
	*ret_us = strtoll(text, &end, 10);
	if (end == text || *end != '_' || !uuid_valid(end + 1))
		return false;
	*ret_id = end + 1;
	return true;
}

Pb__Code list_reviews(struct call *c, const Pb__ListReviewsRequest *in, Pb__ListReviewsReply *out)
{
	struct db_rows r;
	size_t n = 0, page = in->page_size ? in->page_size : PAGE;
	int64_t after = 0;
	const char *after_id = zero_uuid;
	bool all = call_has_role(c, PB__ROLE__VALUE__SUPERVISOR);
	const char *const *districts = districts_of(c, &n);
	if (!read_cursor(in->cursor, &after, &after_id)) {
		call_fail_field(c, "/cursor", "format", "use the nextCursor of the page before");
		return PB__CODE__INVALID;
	}
	const char *state =
		in->state ? enum_name(&pb__review_state__value__descriptor, (int)in->state) : "";
	Pb__Code e = db_run(c, &st_reviews, &r,
		DB_ARGS(db_texts(districts, all ? 0 : n), db_time(c->at_us), db_text(state),
			db_uuid_or_null(in->incident_id), db_time(after), db_uuid(after_id),
			db_i64((int64_t)page + 1)));
	if (e)
		return e;
	size_t show = r.n < page ? r.n : page;
	out->items = ARENA_ARRAY(c->arena, Pb__ReviewEntry *, show + 1);
	for (size_t k = 0; out->items && k < show; k++) {
		struct review one = review_from_row(&r, k);
		if (!(out->items[out->n_items++] = entry_of(c, &one)))
			return call_fail(c, PB__CODE__TOO_LARGE, "ask for a smaller page");
		if (k + 1 == show && r.n > show)
			out->next_cursor =
				arena_printf(c->arena, "%" PRId64 "_%s", one.submitted_at, one.id);
	}
	return PB__CODE__OK;
}

static Pb__Code review_photos(struct call *c, const char *incident_id, Pb__GetReviewReply *out)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &st_items, &r, DB_ARGS(db_uuid(incident_id)));
	if (e)
		return e;
	out->photos = ARENA_ARRAY(c->arena, Pb__ReviewItem *, r.n + 1);
	for (size_t k = 0; out->photos && k < r.n; k++) {
		Pb__ReviewItem *m = ARENA_NEW(c->arena, Pb__ReviewItem);
		if (!m)
			break;
		pb__review_item__init(m);
		m->item_id = db_get_text(&r, k, 0);
		m->slot = db_get_text(&r, k, 1);
		m->verdict = (Pb__ItemVerdict__Value)enum_value(
			&pb__item_verdict__value__descriptor, db_get_text(&r, k, 2));
		m->retake_requested = db_get_bool(&r, k, 3);
		m->at = db_get_i64(&r, k, 4);
		out->photos[out->n_photos++] = m;
	}
	return PB__CODE__OK;
}

Pb__Code get_review(struct call *c, const Pb__GetReviewRequest *in, Pb__GetReviewReply *out)
{
	struct review r;
	struct incident i;
	Pb__ListPartiesRequest of = PB__LIST_PARTIES_REQUEST__INIT;
	Pb__ListPartiesReply parties = PB__LIST_PARTIES_REPLY__INIT;
	Pb__Code e = see_review(c, in->review_id, &r);
	if (!e)
		e = see_incident(c, r.incident_id, false, &i);
	if (e)
		return e;
	of.incident_id = r.incident_id;
	e = list_parties(c, &of, &parties);
	if (!e)
		e = review_photos(c, r.incident_id, out);
	out->parties = parties.items;
	out->n_parties = parties.n_items;
	out->review = entry_of(c, &r);
	out->weather = i.weather;
	out->description = i.description;
	return e;
}

Pb__Code take_review(struct call *c, const Pb__TakeReviewRequest *in, Pb__TakeReviewReply *out)
{
	struct review r;
	struct db_rows rows;
	int64_t until = c->at_us + settings.lease_seconds * US_PER_S;
	Pb__Code e = see_review(c, in->review_id, &r);
	if (!e)
		e = db_run(c, &st_review_take, &rows,
			DB_ARGS(db_uuid(r.id), db_text(c->who.subject), db_text(c->who.name),
				db_time(c->at_us), db_time(until)));
	if (e)
		return e;
	if (rows.n == 0)
		return strcmp(r.state, "TAKEN") == 0
			       ? call_fail(
					 c, PB__CODE__CONFLICT, "another officer holds this review")
			       : call_fail(c, PB__CODE__CONFLICT, "the review is %s", r.state);
	Pb__ReviewTaken ev = PB__REVIEW_TAKEN__INIT;
	ev.review_id = r.id;
	ev.incident_id = r.incident_id;
	ev.district = r.district;
	ev.officer_id = c->who.subject;
	ev.lease_until = until;
	ev.at = c->at_us;
	e = event_emit(c, &ev.base);
	return e ? e : answer_entry(c, r.id, &out->review);
}

Pb__Code release_review(
	struct call *c, const Pb__ReleaseReviewRequest *in, Pb__ReleaseReviewReply *out)
{
	struct review r;
	struct db_rows rows;
	Pb__Code e = see_review(c, in->review_id, &r);
	if (!e && strcmp(r.state, "QUEUED") != 0) {
		e = check_lease(c, &r);
		if (!e)
			e = db_run(c, &st_review_release, &rows, DB_ARGS(db_uuid(r.id)));
	}
	return e ? e : answer_entry(c, r.id, &out->review);
}

/* ---- elsewhere ---- */

static Pb__Code emit_diverted(
	struct call *c, const struct review *r, const char *where, const char *reason)
{
	Pb__ReviewDiverted ev = PB__REVIEW_DIVERTED__INIT;
	ev.review_id = r->id;
	ev.incident_id = r->incident_id;
	ev.district = r->district;
	ev.where = where;
	ev.reason = reason;
	ev.officer_id = c->who.subject;
	ev.responder_id = r->responder_id;
	ev.at = c->at_us;
	return event_emit(c, &ev.base);
}

struct diversion {
	const char *state, *where;
	bool ends_remote_flow;
};
static const struct diversion to_retake = { "RETAKE", "retake", false };
static const struct diversion to_officer = { "TO_OFFICER", "to_officer", true };
static const struct diversion to_general = { "TO_GENERAL", "to_general", true };

static Pb__Code divert(struct call *c, const char *review_id, const struct diversion *how,
	const char *reason, const char *const *slots, size_t n_slots, Pb__ReviewEntry **ret)
{
	struct review r;
	struct db_rows rows;
	Pb__Code e = see_review(c, review_id, &r);
	if (e)
		return e;
	if (strcmp(r.state, how->state) == 0 && strcmp(r.officer_id, c->who.subject) == 0)
		return answer_entry(c, r.id, ret);
	e = check_lease(c, &r);
	if (!e)
		e = db_run(c, &st_review_leave, &rows,
			DB_ARGS(db_uuid(r.id), db_text(how->state), db_text(reason),
				db_texts(slots, n_slots), db_time(c->at_us)));
	if (!e && how->ends_remote_flow)
		e = db_run(c, &st_incident_end, &rows,
			DB_ARGS(db_uuid(r.incident_id), db_text(how->state)));
	if (!e && n_slots > 0)
		e = db_run(c, &st_slots_retake, &rows,
			DB_ARGS(db_uuid(r.incident_id), db_texts(slots, n_slots)));
	if (!e)
		e = emit_diverted(c, &r, how->where, reason);
	return e ? e : answer_entry(c, r.id, ret);
}

/* The responder's phone shows the reason, so the photos asked for stand in it. */
static const char *reason_with_slots(struct call *c, const Pb__RequestSceneRetakeRequest *in)
{
	const char *text = in->reason;
	for (size_t k = 0; k < in->n_slots && text; k++)
		text = arena_printf(
			c->arena, k == 0 ? "%s（请补拍：%s" : "%s、%s", text, in->slots[k]);
	if (in->n_slots > 0 && text)
		text = arena_printf(c->arena, "%s）", text);
	return text ? text : in->reason;
}

Pb__Code request_scene_retake(
	struct call *c, const Pb__RequestSceneRetakeRequest *in, Pb__RequestSceneRetakeReply *out)
{
	return divert(c, in->review_id, &to_retake, reason_with_slots(c, in),
		(const char *const *)in->slots, in->n_slots, &out->review);
}

Pb__Code divert_to_officer(
	struct call *c, const Pb__DivertToOfficerRequest *in, Pb__DivertToOfficerReply *out)
{
	return divert(c, in->review_id, &to_officer, in->reason, NULL, 0, &out->review);
}

Pb__Code divert_to_general(
	struct call *c, const Pb__DivertToGeneralRequest *in, Pb__DivertToGeneralReply *out)
{
	return divert(c, in->review_id, &to_general, in->reason, NULL, 0, &out->review);
}
