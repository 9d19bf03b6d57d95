/* submission.c - from an order's words to columns, arguments and the event that tells of it. */
#include "intake/submission.h"

#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "contract/formats.h"
#include "intake/duplicates.h"
#include "intake/phases.h"
#include "kit/json.h"
#include "kit/timeutil.h"

enum { CLOCK_SLACK_S = 300 };

static const double metres_per_degree = 111195.08;
static const double radians_per_degree = 0.017453292519943295;

/* A little wider than the circle's box (a row may reach into a belt of latitude whose cells are
 * wider): the box then touches at most two rows and two columns, and its corners are in all. */
const double near_cell_m = 2.02 * DUPLICATE_RADIUS_M;

size_t near_cells(struct lonlat p, int64_t ret[static NEAR_CELLS])
{
	double dlat = DUPLICATE_RADIUS_M / metres_per_degree;
	double dlon = dlat / cos((fabs(p.lat) + dlat) * radians_per_degree);
	size_t n = 0;

	for (int corner = 0; corner < NEAR_CELLS; corner++) {
		int64_t cell = geo_cell((struct lonlat){ p.lon + (corner & 1 ? dlon : -dlon),
						p.lat + (corner & 2 ? dlat : -dlat) },
			near_cell_m);
		size_t k = 0;
		while (k < n && ret[k] != cell)
			k++;
		if (k == n)
			ret[n++] = cell;
	}
	return n;
}

static Pb__Code judge_place(struct call *c, const Pb__SubmitOrderRequest *o, struct judged *j)
{
	const Pb__Position *p = o->place ? o->place->position : NULL;
	const char *nearest = "";
	double away_m = 0;

	if (!p)
		return call_fail_field(
			c, "/place/position", "required", "a position with its datum is required");
	if (!geo_valid((struct lonlat){ p->lon, p->lat }) ||
		!geo_to_wgs84((int)p->datum, (struct lonlat){ p->lon, p->lat }, &j->at))
		return call_fail_field(
			c, "/place/position", "position", "must be in the world, in a known datum");
	j->cell = geo_cell(j->at, near_cell_m);
	j->district = reference_locate(j->at, &nearest, &away_m);
	if (j->district)
		return PB__CODE__OK;
	(void)!call_fail(c, PB__CODE__REFUSED,
		"the place is outside the service area: %.1f km from district %s", away_m / 1000,
		nearest);
	call_fail_field(c, "/place/position", "service_area",
		"check position and datum, or hand the order to the centre responsible");
	return c->faults.code;
}

static Pb__Code judge_vehicles(struct call *c, const Pb__SubmitOrderRequest *o, struct judged *j)
{
	for (size_t i = 0; i < o->n_vehicles && i < VEHICLES_MAX; i++) {
		const Pb__Vehicle *v = o->vehicles[i];
		const char *why = plate_type_mismatch(v->plate, v->plate_type);
		if (why)
			call_fail_field(c, arena_printf(c->arena, "/vehicles/%zu/plateType", i),
				"plate_type", "%s", why);
		if (*v->plate)
			j->plates[j->n_plates++] = v->plate;
	}
	return c->faults.code;
}

static Pb__Code judge_gates(struct call *c, const Pb__SubmitOrderRequest *o, struct judged *j)
{
	struct gate_facts facts;
	int bad = gate_facts_of(o, &facts);

	if (bad >= 0)
		return call_fail_field(c, arena_printf(c->arena, "/flags/%d", bad), "unknown",
			"is not a flag of the gate table (GET /v1/gates lists them)");
	j->gates = reference_gates_at(c->at_us);
	if (!j->gates)
		return call_fail(c, PB__CODE__BUSY, "no gate table is in force");
	j->n_hits = gates_evaluate(j->gates, &facts, j->hits);
	j->lane = gates_lane(j->hits, j->n_hits);
	for (size_t i = 0; i < j->n_hits; i++)
		j->hit_texts[i] =
			arena_printf(c->arena, "%s:%c", j->hits[i]->code, j->hits[i]->level);
	return PB__CODE__OK;
}

static void *pack(struct call *c, const ProtobufCMessage *m, size_t *ret_len)
{
	uint8_t *p;

	*ret_len = protobuf_c_message_get_packed_size(m);
	p = arena_alloc(c->arena, *ret_len ? *ret_len : 1);
	if (p)
		protobuf_c_message_pack(m, p);
	return p;
}

Pb__Code judge_order(struct call *c, const Pb__SubmitOrderRequest *o, struct judged *ret)
{
	char *phone = arena_alloc(c->arena, PHONE_DIGITS_MAX);
	Pb__Code e;

	*ret = (struct judged){ .phone = phone };
	e = judge_place(c, o, ret);
	if (!e)
		e = judge_vehicles(c, o, ret);
	if (!e)
		e = judge_gates(c, o, ret);
	if (e)
		return e;
	ret->packed = pack(c, &o->base, &ret->packed_len);
	if (!phone || !ret->packed)
		return call_fail(c, PB__CODE__TOO_LARGE, "the order needs too much memory");
	if (o->caller)
		phone_digits(o->caller->phone, phone);
	return PB__CODE__OK;
}

Pb__GateHit **gate_hits_from_rules(
	struct call *c, uint32_t version, const struct gate_rule *const *hits, size_t n)
{
	Pb__GateHit **list = ARENA_ARRAY(c->arena, Pb__GateHit *, n + 1);

	for (size_t i = 0; list && i < n; i++) {
		Pb__GateHit *h = ARENA_NEW(c->arena, Pb__GateHit);
		if (!h)
			return NULL;
		pb__gate_hit__init(h);
		h->code = CALL_STR(c, hits[i]->code);
		h->level = arena_printf(c->arena, "%c", hits[i]->level);
		h->basis = CALL_STR(c, hits[i]->basis);
		h->title = CALL_STR(c, hits[i]->title);
		h->version = version;
		list[i] = h;
	}
	return list;
}

Pb__GateHit **gate_hits_from_texts(
	struct call *c, uint32_t version, const char *const *texts, size_t n)
{
	const struct gate_table *t = reference_gates_version(version);
	const struct gate_rule *rules[GATE_HITS_MAX];
	static const struct gate_rule gone = {
		.code = "?", .level = '?', .title = "", .basis = ""
	};

	for (size_t i = 0; i < n && i < GATE_HITS_MAX; i++) {
		const struct gate_rule *r = gates_find(t, texts[i]);
		rules[i] = r ? r : &gone;
	}
	return gate_hits_from_rules(c, version, rules, n < GATE_HITS_MAX ? n : GATE_HITS_MAX);
}

static struct event_row pack_report(struct call *c, const Pb__SubmitOrderRequest *o,
	const struct submission *s, const char *responder_id)
{
	Pb__IncidentReported e = PB__INCIDENT_REPORTED__INIT;

	e.incident_id = s->incident_id;
	e.district = s->j.district;
	e.case_no = s->case_no;
	e.order_no = o->order_no;
	e.lane = s->j.lane;
	e.gates = gate_hits_from_rules(c, s->j.gates->version, s->j.hits, s->j.n_hits);
	e.n_gates = e.gates ? s->j.n_hits : 0;
	e.place = o->place;
	e.lon = s->j.at.lon;
	e.lat = s->j.at.lat;
	e.reported_at = o->reported_at;
	e.accepted_at = c->at_us;
	e.promised_arrival_at = s->promised_at;
	e.caller = o->caller;
	e.n_vehicles = o->n_vehicles;
	e.vehicles = o->vehicles;
	e.casualties = o->casualties;
	e.weather = o->weather;
	e.description = o->description;
	e.responder_id = responder_id;
	e.channel = o->channel;
	e.n_flags = o->n_flags;
	e.flags = o->flags;
	return event_pack(c, &e.base);
}

static void fill_args(struct call *c, const Pb__SubmitOrderRequest *o, struct submission *s,
	const char *responder_id, const int64_t *cells, size_t n_cells)
{
	const struct judged *j = &s->j;
	struct event_row e = pack_report(c, o, s, responder_id);
	const struct db_arg args[] = {
		db_text(o->order_no),
		db_uuid(s->incident_id),
		db_bytes(s->digest, sizeof(s->digest)),
		db_bytes(j->packed, j->packed_len),
		db_time(c->at_us),
		db_text(s->case_no),
		db_text(j->district),
		db_text(enum_name(&pb__lane__value__descriptor, (int)j->lane)),
		db_text(phase_name(phase_first(j->lane))),
		db_i32((int32_t)j->gates->version),
		db_texts(j->hit_texts, j->n_hits),
		db_f64(j->at.lon),
		db_f64(j->at.lat),
		db_i64(j->cell),
		db_text(o->place->text),
		db_texts(j->plates, j->n_plates),
		db_text(j->phone),
		db_time(o->reported_at),
		db_time_or_null(s->promised_at),
		db_text(responder_id),
		db_i64s(cells, n_cells),
		db_f64(metres_per_degree * cos(j->at.lat * radians_per_degree)),
		EVENT_ARGS(e),
	};

	s->n_args = sizeof(args) / sizeof(*args);
	s->args = arena_memdup(c->arena, args, sizeof(args));
}

Pb__Code submission_make(struct call *c, const Pb__SubmitOrderRequest *o, const char *responder_id,
	struct submission *s)
{
	char *case_no = arena_alloc(c->arena, CASE_NO_TEXT);
	int64_t *cells = ARENA_ARRAY(c->arena, int64_t, NEAR_CELLS);
	Pb__Code e;

	if (o->reported_at > c->at_us + CLOCK_SLACK_S * US_PER_S)
		return call_fail_field(c, "/reportedAt", "max", "must not be in the future");
	e = judge_order(c, o, &s->j);
	if (e)
		return e;
	if (!case_no || !cells)
		return call_fail(c, PB__CODE__TOO_LARGE, "the order needs too much memory");
	if (!case_no_take(c->at_us, case_no)) {
		c->faults.retry_after_s = 1;
		return call_fail(c, PB__CODE__BUSY, "no case number is at hand");
	}
	s->case_no = case_no;
	s->incident_id = call_uuid(c);
	s->promised_at = s->j.lane == PB__LANE__VALUE__RAPID ? c->at_us + PROMISE_S * US_PER_S : 0;
	if (!EVP_Digest(s->j.packed, s->j.packed_len, s->digest, NULL, EVP_sha256(), NULL))
		return call_fail(c, PB__CODE__INTERNAL, "no digest could be computed");
	fill_args(c, o, s, responder_id, cells, near_cells(s->j.at, cells));
	return s->args ? c->faults.code
		       : call_fail(c, PB__CODE__TOO_LARGE, "the order needs too much memory");
}
