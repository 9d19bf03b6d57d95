/* store.h - every SQL statement of liability, and what several handlers read the same way.
 *
 * Functions answer OK, or the failure already set in the call. What they return lives in the call's
 * arena. Columns are documented by the statement in store.c, store_review.c, store_decision.c.
 */
#ifndef LIABILITY_STORE_H
#define LIABILITY_STORE_H

#include "kit/call.h"
#include "liability/scenarios.h"
#include "liability/scene.h"

extern const struct db_stmt st_incident_reported, st_responder_assigned, st_assignment_ended,
	st_item_added, st_item_retake, st_incident_left, st_incident_back;
extern const struct db_stmt st_incident, st_incident_lock, st_parties, st_party_insert,
	st_party_keep, st_party_update, st_party_touch, st_slots, st_items, st_item_ids,
	st_slots_retake, st_statements, st_statement, st_application, st_application_insert,
	st_application_void;
extern const struct db_stmt st_review_live, st_review_insert, st_review_resubmit, st_review,
	st_review_lock, st_reviews, st_review_take, st_review_release, st_review_leave,
	st_incident_end;
extern const struct db_stmt st_scenario_version, st_scenarios, st_unit, st_series_next,
	st_determination_insert, st_determination_party, st_review_decided, st_determination,
	st_determination_lock, st_determination_by_review, st_determination_by_incident,
	st_determination_by_code, st_signatures, st_signature_insert, st_determination_signed,
	st_rendering_insert, st_view_insert, st_rendering_take, st_rendering_drafted,
	st_rendering_served, st_rendering_failed;
extern const struct db_stmt *const liability_statements[];

struct incident {
	const char *id, *district, *case_no, *lane, *place, *weather, *description;
	const char *responder_id, *ended_by;
	int vehicles;
	bool slight_injury;
	int64_t reported_at;
};

struct party_row {
	Pb__Party *party; /* applied and applied_at filled in */
	uint32_t version;
};
struct parties {
	struct party_row *row;
	size_t n;
	const Pb__Party **list; /* the same, for scene.h */
};

struct review {
	const char *id, *incident_id, *district, *state, *officer_id, *officer_name, *responder_id;
	const char *reason, *determination_id, *case_no, *place;
	int64_t submitted_at, lease_until, reported_at;
	int parties, photos;
};

struct determination_row {
	Pb__Determination *d; /* with state, digests and times; signatures not yet */
	const char *request_sha256;
};

/* NULL in *ret when there is none. `lock`: until the transaction ends. */
Pb__Code load_incident(
	struct call *c, const char *id, bool lock, struct incident *ret, bool *found);
Pb__Code load_parties(struct call *c, const char *incident_id, struct parties *ret);
/* Slots with a usable photo. */
Pb__Code load_scene(
	struct call *c, const char *incident_id, const struct parties *p, struct scene *ret);
Pb__Code load_review(
	struct call *c, const struct db_stmt *by, const char *id, struct review *ret, bool *found);
struct review review_from_row(const struct db_rows *r, size_t row);
Pb__Code load_scenarios(struct call *c, unsigned version, struct scenario **ret, size_t *ret_n,
	unsigned *ret_version);
/* One determination by one of the st_determination statements; NULL in ret->d when there is none.
 */
Pb__Code load_determination(
	struct call *c, const struct db_stmt *by, const char *id, struct determination_row *ret);
Pb__Code load_signatures(struct call *c, Pb__Determination *d);

/* Packs into the arena; NULL when it is full. */
const void *pack_message(struct call *c, const ProtobufCMessage *m, size_t *ret_len);

#endif
