/* carry.c - writes down what the engine commands: offers, warnings, advice; and what it decided
 * from. Nothing is written unless the region is ours. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/dispatch.h"
#include "dispatch/roads_live.h"

/* One plan at a time: the service has one thread. */
static struct engine_work *work;
static struct tape tape;
static Pb__DecisionInputs *inputs;
static struct {
	uint8_t *data;
	size_t room;
	uint8_t digest[crypto_hash_sha256_BYTES];
} packed;

Pb__Code plan_begin(struct call *c, struct engine *e, const char *freed, struct plan_ref *plan)
{
	if (!work && !(work = engine_work_new()))
		return call_fail(c, PB__CODE__BUSY, "out of memory");
	tape_start(&tape, dispatch_travel());
	e->travel = tape_recorder(&tape);
	e->work = work;
	inputs = record_world(e, c->at_us, dispatch_travel_name(), freed, c->arena);
	plan->id = call_uuid(c);
	return inputs ? PB__CODE__OK
		      : call_fail(c, PB__CODE__TOO_LARGE, "the world needs too much memory");
}

/* After the step: what was asked of the roads is known, too. */
static Pb__Code seal(struct call *c, struct plan_ref *plan)
{
	size_t len;

	if (!record_travel(inputs, &tape, c->arena))
		return call_fail(c, PB__CODE__TOO_LARGE, "the plan needs too much memory");
	len = protobuf_c_message_get_packed_size(&inputs->base);
	if (len > packed.room) {
		uint8_t *more = realloc(packed.data, len);
		if (!more)
			return call_fail(c, PB__CODE__BUSY, "out of memory");
		packed.data = more;
		packed.room = len;
	}
	protobuf_c_message_pack(&inputs->base, packed.data);
	crypto_hash_sha256(packed.digest, packed.data, len);
	plan->digest = packed.digest;
	plan->inputs = packed.data;
	plan->inputs_len = len;
	return PB__CODE__OK;
}

/* ---- looking up ---- */

static const struct incident_row *row_of(const struct carry *k, const char *incident)
{
	for (size_t i = 0; i < k->n_rows; i++)
		if (!strcmp(k->rows[i].id, incident))
			return &k->rows[i];
	return NULL;
}

static const char *assignment_of(const struct carry *k, const char *unit)
{
	for (size_t i = 0; k->assignment && i < k->world->crew.n; i++)
		if (!strcmp(k->world->crew.units[i].id, unit))
			return k->assignment[i];
	return "";
}

/* ---- offers ---- */

static void fill_made(struct call *c, const struct incident_row *in, const struct new_offer *o,
	const struct engine_command *cmd, Pb__OfferMade *e)
{
	const char **reasons = ARENA_ARRAY(c->arena, const char *, ENGINE_REASONS_MAX);

	e->offer_id = o->id;
	e->incident_id = in->id;
	e->district = in->district;
	e->responder_id = o->responder_id;
	e->made_at = c->at_us;
	e->expires_at = o->expires_us;
	e->eta_s = o->eta_s;
	e->distance_m = o->distance_m;
	e->reasons = reasons;
	e->n_reasons = reasons ? candidate_reasons(cmd->candidate.reasons, reasons) : 0;
	e->case_no = in->case_no;
	e->place = in->place;
	e->lon = in->at.lon;
	e->lat = in->at.lat;
	e->promised_arrival_at = in->promised_us;
	e->supporting = cmd->helper;
	e->replaces_responder_id = cmd->replaces ? cmd->replaces : "";
	e->diverts = *o->leaves_id != '\0';
}

static const char *ranked_json(
	struct call *c, const struct carry *k, const struct engine_command *cmd)
{
	return cmd->decision ? decision_json(c, k->world, cmd->decision) : world_json(c, k->world);
}

/* The offer, the decision behind it and the two events in one statement. */
static Pb__Code make_offer(struct call *c, struct carry *k, const struct incident_row *in,
	const struct engine_command *cmd)
{
	Pb__OfferMade made = PB__OFFER_MADE__INIT;
	Pb__ResponderStatusChanged status = PB__RESPONDER_STATUS_CHANGED__INIT;
	struct new_offer o = {
		.id = call_uuid(c),
		.decision_id = call_uuid(c),
		.incident = in,
		.responder_id = cmd->unit->id,
		.replaces_id = cmd->replaces ? assignment_of(k, cmd->replaces) : "",
		.leaves_id = assignment_of(k, cmd->unit->id),
		.expires_us = c->at_us + k->world->engine.policy.offer_us,
		.eta_s = rounded(cmd->candidate.travel.eta_s, 0.1),
		.distance_m = rounded(cmd->candidate.travel.distance_m, 1),
		.candidates = ranked_json(c, k, cmd),
		.made = &made.base,
		.status = &status.base,
		.plan = k->world->plan,
	};
	Pb__Code e;

	if (!o.candidates)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	fill_made(c, in, &o, cmd, &made);
	status.responder_id = o.responder_id;
	status.district = in->district;
	status.status = PB__RESPONDER_STATUS__VALUE__OFFERED;
	status.at = c->at_us;
	status.incident_id = in->id;
	e = store_make_offer(c, &o);
	k->world->plan.written |= !e;
	k->offers += !e;
	return e;
}

/* Taken back by a plan: what it was made for is gone. */
static Pb__Code take_back(struct call *c, const struct engine_command *cmd)
{
	struct offer_row o;
	Pb__Code e = store_open_offer(c, OF_RESPONDER, cmd->unit->id, &o);

	if (e || !o.pb || strcmp(o.pb->incident_id, cmd->incident->id) != 0)
		return e;
	return end_offer(c, &o, PB__OFFER_OUTCOME__VALUE__WITHDRAWN, "planned anew",
		PB__RESPONDER_STATUS__VALUE__AVAILABLE);
}

/* ---- warnings and advice ---- */

static Pb__Code warn(
	struct call *c, const struct incident_row *in, const struct engine_command *cmd)
{
	bool nobody = !cmd->unit;
	const char *text =
		nobody ? "no responder can be offered the incident now"
		       : arena_printf(c->arena,
				 "the best responder is expected in %.0f s, on time with %.0f %%",
				 cmd->candidate.travel.eta_s, cmd->candidate.on_time * 100);
	Pb__Code e = store_note_warning(c, in->id, nobody ? WARN_NOBODY : WARN_RISK);

	return e ? e : tell_warning(c, in, cmd->word, text ? text : "", &cmd->candidate);
}

static Pb__Code note(struct call *c, struct carry *k, struct new_decision d)
{
	const char *region = k->n_rows ? k->rows[0].region : "city";
	Pb__Code e = store_keep_plan(c, region, &k->world->plan);

	d.plan = k->world->plan;
	return e ? e : store_note_decision(c, &d);
}

static Pb__Code advise_remote(struct call *c, struct carry *k, const struct incident_row *in,
	const struct engine_command *cmd)
{
	const struct candidate *best = cmd->candidate.unit ? &cmd->candidate : NULL;
	const char *text = best ? arena_printf(c->arena,
					  "nobody can be there in time: the best is expected in "
					  "%.0f s, on time with %.0f %%; offer remote handling",
					  best->travel.eta_s, best->on_time * 100)
				: "nobody can be there in time; offer remote handling";
	Pb__Code e = store_note_warning(c, in->id, WARN_REMOTE);

	if (!e)
		e = note(c, k,
			(struct new_decision){ .incident = in->id,
				.kind = "REMOTE",
				.chosen = best ? best->unit->id : NULL,
				.candidates = "{}" });
	return e ? e : tell_warning(c, in, "remote_advised", text ? text : "", best);
}

static Pb__Code suggest_post(struct call *c, struct carry *k, const struct engine_command *cmd)
{
	Pb__RepostSuggested s = PB__REPOST_SUGGESTED__INIT;
	struct responder_row who;
	Pb__Code e = store_lock_responder(c, cmd->unit->id, &who);

	s.decision_id = call_uuid(c);
	if (!e)
		e = note(c, k,
			(struct new_decision){ .id = s.decision_id,
				.kind = "REPOST",
				.chosen = cmd->unit->id,
				.candidates = "{}" });
	if (e)
		return e;
	s.responder_id = cmd->unit->id;
	s.district = own_district(who.pb);
	s.post = cmd->post->id;
	s.gain = rounded(cmd->gain, 0.001);
	s.at = c->at_us;
	return event_emit(c, &s.base);
}

static Pb__Code carry_one(struct call *c, struct carry *k, const struct engine_command *cmd)
{
	const struct incident_row *in = cmd->incident ? row_of(k, cmd->incident->id) : NULL;

	if (cmd->kind == COMMAND_REPOST)
		return suggest_post(c, k, cmd);
	if (!in)
		return PB__CODE__OK; /* the end of a work that is on record already */
	switch (cmd->kind) {
	case COMMAND_OFFER:
		return make_offer(c, k, in, cmd);
	case COMMAND_END_OFFER:
		return take_back(c, cmd);
	case COMMAND_WARN:
		return warn(c, in, cmd);
	case COMMAND_REMOTE:
		return advise_remote(c, k, in, cmd);
	default:
		return PB__CODE__OK; /* states follow from the rows */
	}
}

static bool on_record(enum engine_command_kind kind)
{
	return kind == COMMAND_OFFER || kind == COMMAND_REMOTE || kind == COMMAND_REPOST;
}

Pb__Code carry_out(struct call *c, struct carry *k, const struct engine_command *cmd, size_t n)
{
	Pb__Code e = PB__CODE__OK;
	bool recorded = false;

	for (size_t i = 0; i < n; i++)
		recorded |= on_record(cmd[i].kind);
	if (recorded)
		e = seal(c, &k->world->plan);
	for (size_t i = 0; !e && i < n; i++)
		e = carry_one(c, k, &cmd[i]);
	return e;
}
