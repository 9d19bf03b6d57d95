/* handlers_read.c - one incident, an order, a page of incidents. */
#include <string.h>
#include "intake/reference.h"
#include "intake/service.h"
#include "intake/submission.h"
#include "kit/json.h"

enum { PAGE_DEFAULT = 50 };

static Pb__Lane__Value lane_of(const char *name)
{
	return (Pb__Lane__Value)enum_value(&pb__lane__value__descriptor, name);
}

/* Stored as WGS-84, answered in the datum asked for. */
static Pb__Position *position_in(
	struct call *c, Pb__Datum__Value datum, double lon, double lat, double accuracy_m)
{
	Pb__Position *p = ARENA_NEW(c->arena, Pb__Position);
	struct lonlat at = { lon, lat };

	if (!p)
		return NULL;
	pb__position__init(p);
	p->datum = datum == PB__DATUM__VALUE__UNSPECIFIED ? PB__DATUM__VALUE__WGS84 : datum;
	if (!geo_from_wgs84((int)p->datum, at, &at))
		p->datum = PB__DATUM__VALUE__WGS84;
	p->lon = at.lon;
	p->lat = at.lat;
	p->accuracy_m = accuracy_m;
	return p;
}

static Pb__OrderAssignment *assignment_of(struct call *c, const struct db_rows *r)
{
	const char *responder = db_get_text(r, 0, INCIDENT_RESPONDER);
	Pb__OrderAssignment *a = *responder ? ARENA_NEW(c->arena, Pb__OrderAssignment) : NULL;

	if (!a)
		return NULL;
	pb__order_assignment__init(a);
	a->responder_id = responder;
	a->responder_name = db_get_text(r, 0, INCIDENT_RESPONDER_NAME);
	a->insurer = db_get_text(r, 0, INCIDENT_INSURER);
	a->assigned_at = db_get_i64(r, 0, INCIDENT_ASSIGNED);
	return a;
}

/* What the order says, as amended. */
static void fill_from_order(Pb__Incident *i, const Pb__SubmitOrderRequest *o)
{
	i->channel = o->channel;
	i->caller = o->caller;
	i->place = o->place;
	i->description = o->description;
	i->n_vehicles = o->n_vehicles;
	i->vehicles = o->vehicles;
	i->casualties = o->casualties;
	i->n_flags = o->n_flags;
	i->flags = o->flags;
	i->weather = o->weather;
	i->fled = o->fled;
}

static void fill_district(Pb__Incident *i)
{
	const struct district_info *d = reference_district(i->district);

	i->district_name = d ? d->name : "";
	i->brigade = d ? d->brigade : "";
}

static void fill_from_row(struct call *c, const struct db_rows *r, Pb__Incident *i)
{
	const char *const *gates;

	i->incident_id = db_get_text(r, 0, INCIDENT_ID);
	i->case_no = db_get_text(r, 0, INCIDENT_CASE_NO);
	i->order_no = db_get_text(r, 0, INCIDENT_ORDER_NO);
	i->phase = phase_by_name(db_get_text(r, 0, INCIDENT_PHASE));
	i->phase_at = db_get_i64(r, 0, INCIDENT_PHASE_AT);
	i->lane = lane_of(db_get_text(r, 0, INCIDENT_LANE));
	gates = db_get_texts(r, 0, INCIDENT_GATES, &i->n_gates);
	i->gates = gate_hits_from_texts(
		c, (uint32_t)db_get_i32(r, 0, INCIDENT_GATE_VERSION), gates, i->n_gates);
	i->district = db_get_text(r, 0, INCIDENT_DISTRICT);
	i->reported_at = db_get_i64(r, 0, INCIDENT_REPORTED);
	i->accepted_at = db_get_i64(r, 0, INCIDENT_ACCEPTED);
	i->promised_arrival_at = db_get_i64(r, 0, INCIDENT_PROMISED);
	i->assignment = assignment_of(c, r);
	i->officer_requested = db_get_bool(r, 0, INCIDENT_OFFICER_REQUESTED);
	i->merged_into = db_get_text(r, 0, INCIDENT_MERGED_INTO);
	i->merged_from = (const char **)(uintptr_t)db_get_texts(
		r, 0, INCIDENT_MERGED_FROM, &i->n_merged_from);
	i->end_reason = db_get_text(r, 0, INCIDENT_END_REASON);
	i->version = (uint32_t)db_get_i32(r, 0, INCIDENT_VERSION);
	i->duplicates =
		duplicates_from_json(c, db_get_text(r, 0, INCIDENT_DUPLICATES), &i->n_duplicates);
}

static Pb__Incident *incident_of(struct call *c, const struct db_rows *r, Pb__Datum__Value datum)
{
	Pb__Incident *i = ARENA_NEW(c->arena, Pb__Incident);
	size_t len;
	const void *packed = db_get_bytes(r, 0, INCIDENT_ORDER, &len);
	Pb__SubmitOrderRequest *o = pb__submit_order_request__unpack(&c->arena->pb, len, packed);

	if (!i || !o)
		return NULL;
	pb__incident__init(i);
	fill_from_order(i, o);
	fill_from_row(c, r, i);
	fill_district(i);
	i->position = position_in(c, datum, db_get_f64(r, 0, INCIDENT_LON),
		db_get_f64(r, 0, INCIDENT_LAT),
		o->place && o->place->position ? o->place->position->accuracy_m : 0);
	return i;
}

static bool row_may_be_seen(struct call *c, const struct db_rows *r)
{
	return r->n &&
	       may_see(c, db_get_text(r, 0, INCIDENT_ID), db_get_text(r, 0, INCIDENT_DISTRICT),
		       db_get_text(r, 0, INCIDENT_RESPONDER),
		       db_get_text(r, 0, INCIDENT_OFFERED_TO));
}

Pb__Code intake_get_bind(struct call *c, const Pb__GetIncidentRequest *in)
{
	db_bind(c, in->incident_id, &stmt_incident_by_id, DB_ARGS(db_uuid(in->incident_id)));
	return PB__CODE__OK;
}

Pb__Code intake_get_answer(struct call *c, const Pb__GetIncidentRequest *in,
	const struct db_rows *rows, Pb__GetIncidentReply *out)
{
	if (!row_may_be_seen(c, rows))
		return call_fail(
			c, PB__CODE__NOT_FOUND, "there is no incident '%s'", in->incident_id);
	out->incident = incident_of(c, rows, in->datum);
	return out->incident
		       ? PB__CODE__OK
		       : call_fail(c, PB__CODE__TOO_LARGE, "the answer needs too much memory");
}

Pb__Code intake_get_order_bind(struct call *c, const Pb__GetOrderRequest *in)
{
	db_bind(c, in->order_no, &stmt_incident_by_order, DB_ARGS(db_text(in->order_no)));
	return PB__CODE__OK;
}

Pb__Code intake_get_order_answer(struct call *c, const Pb__GetOrderRequest *in,
	const struct db_rows *rows, Pb__GetOrderReply *out)
{
	if (!row_may_be_seen(c, rows))
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no order '%s'", in->order_no);
	out->order_no = in->order_no;
	out->incident = incident_of(c, rows, in->datum);
	return out->incident
		       ? PB__CODE__OK
		       : call_fail(c, PB__CODE__TOO_LARGE, "the answer needs too much memory");
}

static uint32_t page_size(const Pb__ListIncidentsRequest *in)
{
	return in->page_size ? in->page_size : PAGE_DEFAULT;
}

/* One row more than the page, to know whether there is a next one. */
Pb__Code intake_list_bind(struct call *c, const Pb__ListIncidentsRequest *in)
{
	struct db_arg districts = db_null(DB_TEXTS), own = db_null(DB_TEXT);
	bool police = call_has_role(c, PB__ROLE__VALUE__OFFICER) ||
		      call_has_role(c, PB__ROLE__VALUE__BRIGADE);

	if (!may_see_all(c)) {
		const char *const *list;
		size_t n;
		if (!police)
			own = db_text(c->who.subject);
		else if (bound_districts(c, &list, &n))
			districts = db_texts(list, n);
	}
	db_bind(c, "", &stmt_list_incidents,
		DB_ARGS(in->phase ? db_text(phase_name(in->phase)) : db_null(DB_TEXT),
			db_text_or_null(in->district), db_text_or_null(in->q),
			db_uuid_or_null(in->cursor), db_i64((int64_t)page_size(in) + 1),
			db_bool(in->open), districts, own));
	return PB__CODE__OK;
}

static Pb__IncidentBrief *brief_of(
	struct call *c, const struct db_rows *r, size_t row, Pb__Datum__Value datum)
{
	Pb__IncidentBrief *b = ARENA_NEW(c->arena, Pb__IncidentBrief);

	if (!b)
		return NULL;
	pb__incident_brief__init(b);
	b->incident_id = db_get_text(r, row, BRIEF_ID);
	b->case_no = db_get_text(r, row, BRIEF_CASE_NO);
	b->order_no = db_get_text(r, row, BRIEF_ORDER_NO);
	b->phase = phase_by_name(db_get_text(r, row, BRIEF_PHASE));
	b->phase_at = db_get_i64(r, row, BRIEF_PHASE_AT);
	b->lane = lane_of(db_get_text(r, row, BRIEF_LANE));
	b->district = db_get_text(r, row, BRIEF_DISTRICT);
	b->place = db_get_text(r, row, BRIEF_PLACE);
	b->position = position_in(
		c, datum, db_get_f64(r, row, BRIEF_LON), db_get_f64(r, row, BRIEF_LAT), 0);
	b->reported_at = db_get_i64(r, row, BRIEF_REPORTED);
	b->accepted_at = db_get_i64(r, row, BRIEF_ACCEPTED);
	b->promised_arrival_at = db_get_i64(r, row, BRIEF_PROMISED);
	b->gates = (const char **)(uintptr_t)db_get_texts(r, row, BRIEF_GATES, &b->n_gates);
	b->responder_id = db_get_text(r, row, BRIEF_RESPONDER);
	b->officer_requested = db_get_bool(r, row, BRIEF_OFFICER_REQUESTED);
	return b;
}

Pb__Code intake_list_answer(struct call *c, const Pb__ListIncidentsRequest *in,
	const struct db_rows *rows, Pb__ListIncidentsReply *out)
{
	size_t n = rows->n < page_size(in) ? rows->n : page_size(in);

	out->items = ARENA_ARRAY(c->arena, Pb__IncidentBrief *, n + 1);
	for (size_t i = 0; out->items && i < n; i++) {
		out->items[i] = brief_of(c, rows, i, in->datum);
		if (!out->items[i])
			return call_fail(c, PB__CODE__TOO_LARGE,
				"the page needs too much memory; ask for less");
		out->n_items++;
	}
	if (n && rows->n > n)
		out->next_cursor = out->items[n - 1]->incident_id;
	return PB__CODE__OK;
}
