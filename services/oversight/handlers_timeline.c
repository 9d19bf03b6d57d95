/* handlers_timeline.c - the timeline of an incident: what the caller's role may see of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include "oversight/oversight.h"
#include "kit/uuid.h"

enum { PAGE = 200 };
#define ROLE(r) (1u << PB__ROLE__VALUE__##r)
static const uint32_t STAFF = ROLE(DISPATCHER) | ROLE(SUPERVISOR) | ROLE(AUDITOR) | ROLE(ADMIN);
static const uint32_t POLICE = ROLE(OFFICER) | ROLE(BRIGADE);
static const uint32_t INSURERS = ROLE(INSURER) | ROLE(ASSESSOR);

bool sees_district(const struct call *c, const char *district)
{
	size_t n = strlen(district);

	if (!*c->who.districts)
		return true;
	for (const char *p = c->who.districts; n && (p = strstr(p, district)); p += n)
		if ((p == c->who.districts || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

const char **own_districts(struct call *c, size_t *ret_n)
{
	const char **list = ARENA_ARRAY(c->arena, const char *, strlen(c->who.districts) + 1);
	char *rest = CALL_STR(c, c->who.districts), *save = NULL;

	*ret_n = 0;
	if (!list || !rest)
		return NULL;
	for (char *t = strtok_r(rest, " ", &save); t; t = strtok_r(NULL, " ", &save))
		list[(*ret_n)++] = t;
	return list;
}

/* What narrows the view: staff see all their roles may, the others what names them. */
struct view {
	uint32_t roles;
	const char *responder, *insurer;
};

static struct view view_of(const struct call *c)
{
	uint32_t r = c->who.roles;

	if (r & STAFF)
		return (struct view){ r & STAFF, "", "" };
	if (r & POLICE)
		return (struct view){ r & POLICE, "", "" };
	if (r & ROLE(RESPONDER))
		return (struct view){ ROLE(RESPONDER), c->who.subject, "" };
	if (r & INSURERS)
		return (struct view){ r & INSURERS, "", c->who.org };
	return (struct view){ ROLE(PARTY), "", "" };
}

static const char **types_seen(struct call *c, uint32_t roles, size_t *ret_n)
{
	const char **types = ARENA_ARRAY(c->arena, const char *, jb_contract.n_events + 1);

	*ret_n = 0;
	for (size_t i = 0; types && i < jb_contract.n_events; i++)
		if (jb_contract.events[i]->seen_by & roles)
			types[(*ret_n)++] = jb_contract.events[i]->desc->short_name;
	return types;
}

/* "<microseconds>.<event id>" of the last entry of the page before. */
static bool read_cursor(struct call *c, const char *text, int64_t *ret_us, const char **ret_id)
{
	char *end = NULL;

	*ret_us = 0;
	*ret_id = NULL;
	if (!*text)
		return true;
	*ret_us = strtoll(text, &end, 10);
	if (end == text || *end != '.' || !uuid_valid(end + 1))
		return false;
	*ret_id = CALL_STR(c, end + 1);
	return true;
}

static bool add_detail(struct arena *a, Pb__TimelineEntry *e, const char *name, const json_t *v)
{
	Pb__TimelineDetail *d = ARENA_NEW(a, Pb__TimelineDetail);
	char *text = json_is_string(v) ? NULL : json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

	if (!d)
		return false;
	pb__timeline_detail__init(d);
	d->name = arena_strdup(a, name);
	d->value = arena_strdup(a, json_is_string(v) ? json_string_value(v) : text ? text : "");
	free(text);
	e->details[e->n_details++] = d;
	return d->name && d->value;
}

static bool add_details(struct arena *a, Pb__TimelineEntry *e, const char *summary)
{
	json_t *o = json_loads(summary, 0, NULL), *v;
	const char *name;
	bool ok = o != NULL;

	if (o)
		e->details = ARENA_ARRAY(a, Pb__TimelineDetail *, json_object_size(o) + 1);
	ok = ok && e->details;
	json_object_foreach(o, name, v) ok = ok && add_detail(a, e, name, v);
	json_decref(o);
	return ok;
}

static Pb__TimelineEntry *read_entry(const struct db_rows *r, size_t i)
{
	Pb__TimelineEntry *e = ARENA_NEW(r->arena, Pb__TimelineEntry);

	if (!e)
		return NULL;
	pb__timeline_entry__init(e);
	e->event_id = db_get_text(r, i, 0);
	e->type = db_get_text(r, i, 1);
	e->at = db_get_i64(r, i, 2);
	e->recorded_at = db_get_i64(r, i, 3);
	return add_details(r->arena, e, db_get_text(r, i, 4)) ? e : NULL;
}

static Pb__Code fill(
	struct call *c, const struct db_rows *r, size_t page, Pb__GetTimelineReply *out)
{
	size_t n = r->n < page ? r->n : page;

	out->items = ARENA_ARRAY(c->arena, Pb__TimelineEntry *, n + 1);
	for (size_t i = 0; out->items && i < n; i++) {
		out->items[i] = read_entry(r, i);
		if (!out->items[i])
			break;
		out->n_items++;
	}
	if (out->n_items < n)
		return call_fail(c, PB__CODE__TOO_LARGE, "ask for fewer entries at a time");
	if (r->n > page) {
		const Pb__TimelineEntry *last = out->items[n - 1];
		out->next_cursor = arena_printf(
			c->arena, "%lld.%s", (long long)last->recorded_at, last->event_id);
	}
	return PB__CODE__OK;
}

/* Nothing visible is the same as nothing there. */
Pb__Code get_timeline_run(
	struct call *c, const Pb__GetTimelineRequest *in, Pb__GetTimelineReply *out)
{
	struct view view = view_of(c);
	size_t n_types, n_districts, page = in->page_size ? in->page_size : PAGE;
	const char **types = types_seen(c, view.roles, &n_types);
	const char **districts = own_districts(c, &n_districts);
	const char *after;
	int64_t after_us;
	struct db_rows r;
	Pb__Code e;

	if (!types || !districts)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	if (!read_cursor(c, in->cursor, &after_us, &after))
		return call_fail_field(c, "/cursor", "format", "use the nextCursor of a page");
	if (view.roles == ROLE(PARTY) && strcmp(c->who.incident_id, in->incident_id))
		return call_fail(
			c, PB__CODE__NOT_FOUND, "there is no incident '%s'", in->incident_id);
	if ((view.roles & INSURERS) && !*view.insurer)
		return call_fail(
			c, PB__CODE__NOT_FOUND, "there is no incident '%s'", in->incident_id);
	e = db_run(c, &sql_timeline, &r,
		DB_ARGS(db_uuid(in->incident_id), db_texts(types, n_types),
			db_texts(districts, n_districts), db_text(view.responder),
			db_text(view.insurer), db_time(after_us), db_uuid(after),
			db_i64((int64_t)page + 1)));
	if (!e && !r.n && !after)
		return call_unknown(c, "incident", in->incident_id);
	return e ? e : fill(c, &r, page, out);
}
