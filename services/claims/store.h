/* store.h - everything claims keeps in PostgreSQL: rows in and out, no decisions.
 *
 * Functions run inside the call's transaction and return OK, or BUSY and INTERNAL from the
 * database; what must be there and isn't is told by a found flag or an empty list. Pointers live
 * until the call ends. Locks are taken case file first, then claim.
 */
#ifndef CLAIMS_STORE_H
#define CLAIMS_STORE_H

#include "kit/call.h"
#include "jingbao/v1/claims.pb-c.h"
#include "jingbao/v1/dispatch.pb-c.h"
#include "jingbao/v1/evidence.pb-c.h"
#include "jingbao/v1/intake.pb-c.h"
#include "jingbao/v1/liability.pb-c.h"

/* ---- what is known of an incident (store_case.c) ---- */

struct case_row {
	const char *incident_id, *district, *responder_id;
	const char *document_no, *document_sha256, *ended_as, *blocked;
	int64_t served_at, handed_off_at, settled_at;
	const Pb__IncidentReported *report;         /* NULL until known */
	const Pb__DeterminationMade *determination; /* NULL until known */
};

Pb__Code store_case(
	struct call *c, const char *incident, bool lock, struct case_row *ret, bool *ret_found);
Pb__Code store_note_determination(struct call *c, const Pb__DeterminationMade *d);
Pb__Code store_note_served(struct call *c, const Pb__DeterminationServed *d);
Pb__Code store_block_case(struct call *c, const char *incident, const char *why);
Pb__Code store_mark_handed_off(struct call *c, const char *incident);
Pb__Code store_mark_settled(struct call *c, const char *incident);
/* Determined, served, and waiting; oldest first, locked. */
Pb__Code store_waiting_cases(struct call *c, int limit, const char ***ret, size_t *ret_n);

/* For event handlers that bind. */
void store_bind_report(struct call *c, const Pb__IncidentReported *e);
void store_bind_responder(struct call *c, const Pb__ResponderAssigned *e);
void store_bind_end(
	struct call *c, const char *incident, const char *district, const char *ended_as);
Pb__Code store_bind_party(struct call *c, const Pb__PartyRecorded *e);
void store_bind_photo(struct call *c, const Pb__ItemAdded *e);

struct party_list {
	Pb__Party **v; /* by letter */
	size_t n;
};
Pb__Code store_parties(struct call *c, const char *incident, struct party_list *ret);
/* Is the insurer one of those any party of the incident is with? */
Pb__Code store_is_concerned(struct call *c, const char *incident, const char *insurer, bool *ret);

struct photo_list {
	Pb__ClaimPhoto **v; /* in the order they came */
	size_t n;
};
Pb__Code store_photos(struct call *c, const char *incident, struct photo_list *ret);

/* ---- loss sheets and settlements (store_loss.c) ---- */

struct sheet_list {
	Pb__LossSheet **v; /* the newest of each vehicle, by letter */
	size_t n;
};
Pb__Code store_newest_sheets(struct call *c, const char *incident, struct sheet_list *ret);
/* One sheet, version 0 the newest; *ret NULL when there is none. */
Pb__Code store_sheet(struct call *c, const char *incident, const char *party, uint32_t version,
	Pb__LossSheet **ret, const char **ret_digest);
Pb__Code store_add_sheet(struct call *c, const Pb__LossSheet *s, const char *digest);

struct limits_row {
	const char *version, *basis;
	int64_t property_liable_fen, property_not_liable_fen;
};
/* In force on a day (days since 1970, local); found is false before the first. */
Pb__Code store_limits(struct call *c, int64_t day, struct limits_row *ret, bool *ret_found);
Pb__Code store_add_settlement(struct call *c, const Pb__Settlement *s);
/* The newest; *ret NULL when none was computed. */
Pb__Code store_settlement(struct call *c, const char *incident, Pb__Settlement **ret);

/* ---- claims (store_claim.c) ---- */

struct claim_row {
	const char *claim_id, *claim_no, *incident_id, *district, *case_no, *insurer;
	const char *insurer_ref, *payment_ref;
	Pb__ClaimState__Value state;
	uint32_t version;
	int64_t amount_fen, paid_fen, created_at, changed_at;
};

struct claim_list {
	struct claim_row *v;
	size_t n;
};

Pb__Code store_add_claim(struct call *c, const struct claim_row *claim);
Pb__Code store_claim(
	struct call *c, const char *id, bool lock, struct claim_row *ret, bool *ret_found);
Pb__Code store_claims_of(struct call *c, const char *incident, struct claim_list *ret);
/* Writes state, version, references and paid sum of the row, with its step. */
Pb__Code store_move_claim(struct call *c, const struct claim_row *claim, Pb__ClaimState__Value from,
	const char *note);
Pb__Code store_revise_claim(struct call *c, const char *claim, int64_t amount_fen);

struct step_list {
	Pb__ClaimStep **v;
	size_t n;
};
Pb__Code store_steps(struct call *c, const char *claim, struct step_list *ret);

void store_bind_list(struct call *c, const Pb__ListClaimsRequest *in, bool own);
Pb__Code store_read_list(struct call *c, const struct db_rows *rows, Pb__ListClaimsReply *out);

/* ---- webhooks (store_webhook.c) ---- */

struct endpoint_row {
	Pb__WebhookEndpoint *pb; /* with its secret */
	int64_t secret_made_at;
};
/* *ret.pb NULL when there is none. */
Pb__Code store_endpoint(
	struct call *c, const char *insurer, const char *id, bool lock, struct endpoint_row *ret);
Pb__Code store_add_endpoint(struct call *c, const Pb__WebhookEndpoint *e);
Pb__Code store_change_endpoint(struct call *c, const Pb__WebhookEndpoint *e, bool new_secret);
Pb__Code store_disable_endpoint(
	struct call *c, const char *insurer, const char *id, const char *why);

Pb__Code store_add_notice(struct call *c, const char *notice, const struct claim_row *claim,
	const char *type, const char *body);
/* Deliveries of a notice to every endpoint of its insurer. */
Pb__Code store_add_deliveries(struct call *c, const char *notice, const char *insurer);
/* Deliveries to a new endpoint of all that its insurer has not acknowledged yet. */
Pb__Code store_catch_up_endpoint(struct call *c, const char *insurer, const char *endpoint);

Pb__Code store_deliveries(struct call *c, const char *insurer, const Pb__ListDeliveriesRequest *in,
	Pb__ListDeliveriesReply *out);
Pb__Code store_replay(struct call *c, const char *insurer, const Pb__ReplayDeliveryRequest *in,
	Pb__Delivery **ret);

/* A delivery handed out to be sent now. */
struct leased {
	const char *delivery_id, *insurer, *endpoint_id, *url, *secret, *previous_secret, *body;
	uint32_t attempts;
};
Pb__Code store_lease(
	struct call *c, int limit, int64_t lease_us, struct leased **ret, size_t *ret_n);

/* How an attempt went; applies only while it is the newest attempt. */
struct attempt_end {
	const char *delivery_id;
	uint32_t attempts;
	const char *state;
	int64_t next_attempt_at; /* WAITING */
	int32_t status;
	const char *error;
};
Pb__Code store_end_attempt(struct call *c, const struct attempt_end *e);

/* Packed bytes to a message in the arena; asserts that our own bytes are whole. */
void *store_unpack(struct call *c, const ProtobufCMessageDescriptor *d, const void *data, size_t n);
/* A message as an argument. */
struct db_arg store_packed(struct call *c, const ProtobufCMessage *m);

extern const struct db_stmt *const claims_statements[];

#endif
