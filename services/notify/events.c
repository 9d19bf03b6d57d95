/* events.c - facts people are told of: each becomes messages to those who can be reached. */
#include <stdio.h>
#include <string.h>
#include <jansson.h>
#include "contract/formats.h"
#include "kit/timeutil.h"
#include "notify/notify.h"
#include "notify/render.h"
#include "notify/store.h"

#define EVENT(type, in) const type *in = (const type *)(const void *)event

/* A mobile's digits in the arena; "" when it is none. */
static const char *mobile(struct call *c, const char *phone)
{
	char digits[PHONE_DIGITS_MAX];
	phone_digits(phone, digits);
	const char *copy = is_mobile(digits) ? CALL_STR(c, digits) : NULL;
	return copy ? copy : "";
}

/* Names and values, closed by NULL, as a JSON object in the arena. */
static const char *vars(struct call *c, const char *const *pairs)
{
	json_t *o = json_object();
	for (; o && pairs[0]; pairs += 2)
		(void)json_object_set_new(o, pairs[0], json_string(pairs[1] ? pairs[1] : ""));
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	const char *copy = text ? CALL_STR(c, text) : NULL;
	free(text);
	return copy ? copy : "{}";
}
#define VARS(...) vars(c, (const char *const[]){ __VA_ARGS__, NULL })

/* "14:20" in Asia/Shanghai. */
static const char *clock_text(struct call *c, int64_t us)
{
	int64_t minutes = us / (60 * US_PER_S) + INT64_C(480); /* UTC+8 */
	return arena_printf(c->arena, "%02d:%02d", (int)(minutes / 60 % 24), (int)(minutes % 60));
}

/* Who came upon the crash himself stands beside the drivers: nothing to tell. */
static const char *received_template(const Pb__IncidentReported *in)
{
	if (in->channel == PB__CHANNEL__VALUE__RESPONDER)
		return "";
	return in->lane == PB__LANE__VALUE__RAPID && in->promised_arrival_at > 0
		       ? "CASE_RECEIVED"
		       : "CASE_RECEIVED_OFFICER";
}

static Pb__Code incident_reported(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	EVENT(Pb__IncidentReported, in);
	const char *phone = mobile(c, in->caller ? in->caller->phone : "");
	int64_t at = in->accepted_at > 0 ? in->accepted_at : e->recorded_at_us;
	db_bind(c, in->incident_id, &st_incident_reported,
		DB_ARGS(db_uuid(in->incident_id), db_text(in->district), db_text(in->case_no),
			db_text(phone), db_uuid(e->id),
			db_json(VARS("promised", clock_text(c, in->promised_arrival_at))),
			db_time(at), db_text(received_template(in))));
	return PB__CODE__OK;
}

static Pb__Code party_recorded(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	EVENT(Pb__PartyRecorded, in);
	(void)e;
	if (!in->party)
		return call_fail(c, PB__CODE__INVALID, "an event without its party");
	db_bind(c, in->incident_id, &st_party_recorded,
		DB_ARGS(db_uuid(in->incident_id), db_text(in->party->party_id),
			db_text(mobile(c, in->party->phone))));
	return PB__CODE__OK;
}

static Pb__Code responder_assigned(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	EVENT(Pb__ResponderAssigned, in);
	int minutes = in->eta_s > 0 && in->eta_s < 36000 ? (int)((in->eta_s + 59) / 60) : 1;
	if (in->supporting)
		return PB__CODE__OK;
	db_bind(c, in->incident_id, &st_message_to_caller,
		DB_ARGS(db_uuid(e->id), db_uuid(in->incident_id), db_text(in->district),
			db_text("RESPONDER_ASSIGNED"),
			db_json(VARS("responder", masked_name(in->responder_name, c->arena), "eta",
				arena_printf(c->arena, "%d", minutes))),
			db_time(in->at)));
	return PB__CODE__OK;
}

static Pb__Code link_issued(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	EVENT(Pb__PartyLinkIssued, in);
	const char *phone = mobile(c, in->phone);
	if (!*phone)
		return PB__CODE__OK; /* no phone that takes messages: the link is shown instead */
	db_bind(c, in->incident_id, &st_message_to_phone,
		DB_ARGS(db_uuid(e->id), db_uuid(in->incident_id), db_text(in->district),
			db_text("PARTY_LINK"),
			db_json(VARS("link",
				arena_printf(c->arena, "%s/p/%s", settings.public_url, in->token))),
			db_time(in->at), db_text(in->party_id), db_text(phone)));
	return PB__CODE__OK;
}

static void to_parties(struct call *c, const struct event_info *e, const char *incident_id,
	const char *district, const char *template, const char *json, int64_t at)
{
	db_bind(c, incident_id, &st_message_to_parties,
		DB_ARGS(db_uuid(e->id), db_uuid(incident_id), db_text(district), db_text(template),
			db_json(json), db_time(at)));
}

static Pb__Code determination_served(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	EVENT(Pb__DeterminationServed, in);
	to_parties(c, e, in->incident_id, in->district, "DETERMINATION_SERVED",
		VARS("documentNo", in->document_no), in->at);
	return PB__CODE__OK;
}

static Pb__Code claims_handed_off(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	EVENT(Pb__ClaimsHandedOff, in);
	const char *list = "";
	for (size_t i = 0; i < in->n_insurers && list; i++)
		list = arena_printf(c->arena, "%s%s%s", list, i ? "、" : "", in->insurers[i]);
	to_parties(c, e, in->incident_id, in->district, "CLAIMS_HANDED_OFF", VARS("insurers", list),
		in->at);
	return PB__CODE__OK;
}

static Pb__Code claim_changed(
	struct call *c, const struct event_info *e, const ProtobufCMessage *event)
{
	EVENT(Pb__ClaimStateChanged, in);
	if (in->to == PB__CLAIM_STATE__VALUE__PAID)
		to_parties(c, e, in->incident_id, in->district, "CLAIM_PAID",
			VARS("insurer", in->insurer), in->at);
	return PB__CODE__OK;
}

const struct event_handler notify_events[] = {
	{ .type = &pb__incident_reported__descriptor, .bind = incident_reported },
	{ .type = &pb__party_recorded__descriptor, .bind = party_recorded },
	{ .type = &pb__responder_assigned__descriptor, .bind = responder_assigned },
	{ .type = &pb__party_link_issued__descriptor, .bind = link_issued },
	{ .type = &pb__determination_served__descriptor, .bind = determination_served },
	{ .type = &pb__claims_handed_off__descriptor, .bind = claims_handed_off },
	{ .type = &pb__claim_state_changed__descriptor, .bind = claim_changed },
	{ 0 },
};
