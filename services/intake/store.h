/* store.h - every SQL statement of intake, and the functions handlers call.
 *
 * Statements with their columns are declared here for bind/answer handlers; the functions below run
 * inside a transaction handler. Codes are those of db_run unless said.
 */
#ifndef INTAKE_STORE_H
#define INTAKE_STORE_H

#include "intake/phases.h"
#include "kit/call.h"

extern const struct db_stmt *const intake_statements[];

/* One order and its incident, or what was there: SUBMITTED_* columns, one row. No row: another
 * session is putting the same order number in just now. */
extern const struct db_stmt stmt_submit_order;
enum {
	SUBMITTED_FRESH,
	SUBMITTED_INCIDENT,
	SUBMITTED_CASE_NO,
	SUBMITTED_DISTRICT,
	SUBMITTED_LANE,
	SUBMITTED_GATE_VERSION,
	SUBMITTED_GATES,
	SUBMITTED_PROMISED,
	SUBMITTED_ACCEPTED,
	SUBMITTED_DUPLICATES,
	SUBMITTED_RESPONDER,
	SUBMITTED_RESPONDER_NAME,
	SUBMITTED_INSURER,
	SUBMITTED_ASSIGNED,
	SUBMITTED_DIGEST,
	SUBMITTED_FIRST,
};

/* One incident with its order: INCIDENT_* columns. */
extern const struct db_stmt stmt_incident_by_id;    /* (uuid) */
extern const struct db_stmt stmt_incident_by_order; /* (order number) */
enum {
	INCIDENT_ID,
	INCIDENT_CASE_NO,
	INCIDENT_ORDER_NO,
	INCIDENT_PHASE,
	INCIDENT_PHASE_AT,
	INCIDENT_LANE,
	INCIDENT_GATE_VERSION,
	INCIDENT_GATES,
	INCIDENT_DISTRICT,
	INCIDENT_LON,
	INCIDENT_LAT,
	INCIDENT_REPORTED,
	INCIDENT_ACCEPTED,
	INCIDENT_PROMISED,
	INCIDENT_RESPONDER,
	INCIDENT_RESPONDER_NAME,
	INCIDENT_INSURER,
	INCIDENT_ASSIGNED,
	INCIDENT_OFFERED_TO,
	INCIDENT_OFFICER_REQUESTED,
	INCIDENT_MERGED_INTO,
	INCIDENT_MERGED_FROM,
	INCIDENT_END_REASON,
	INCIDENT_VERSION,
	INCIDENT_ORDER,
	INCIDENT_DUPLICATES,
};

/* A page of incidents, newest first: BRIEF_* columns. */
extern const struct db_stmt stmt_list_incidents;
enum {
	BRIEF_ID,
	BRIEF_CASE_NO,
	BRIEF_ORDER_NO,
	BRIEF_PHASE,
	BRIEF_PHASE_AT,
	BRIEF_LANE,
	BRIEF_DISTRICT,
	BRIEF_PLACE,
	BRIEF_LON,
	BRIEF_LAT,
	BRIEF_REPORTED,
	BRIEF_ACCEPTED,
	BRIEF_PROMISED,
	BRIEF_GATES,
	BRIEF_RESPONDER,
	BRIEF_OFFICER_REQUESTED,
};

/* Moves an incident by an event, if the phase table lets it, and tells of it. */
extern const struct db_stmt stmt_step_by_event;

/* A locked incident, inside a transaction. */
struct incident {
	const char *id, *order_no, *district, *lane;
	Pb__Phase__Value phase;
	int32_t version;
	int64_t accepted_at;
	const char *responder_id, *offered_to, *merged_into, *end_reason;
	bool officer_requested;
};

/* NOT_FOUND, with the text call_fail gave, when there is none. */
Pb__Code store_lock_incident(struct call *c, const char *id, struct incident *ret);
Pb__Code store_incident_of_order(struct call *c, const char *order_no, const char **ret_id);

struct phase_move {
	Pb__Phase__Value to;
	enum phase_cause cause;
	int64_t at;
	const char *merged_into; /* MERGED only */
	const char *end_reason;  /* NULL: unchanged */
};
Pb__Code store_move(struct call *c, const struct incident *i, const struct phase_move *m);
Pb__Code store_note_officer_request(struct call *c, const char *incident_id);

Pb__Code store_link(struct call *c, const char *incident, const char *into);
Pb__Code store_unlink(struct call *c, const char *incident);
Pb__Code store_has_merged(struct call *c, const char *incident, bool *ret);

/* The order as it stands now, locked. */
Pb__Code store_lock_order(
	struct call *c, const char *order_no, const void **ret_order, size_t *ret_len);

struct amended {
	const char *order_no, *incident_id, *district, *lane, *place, *phone;
	const void *before, *after;
	size_t before_len, after_len;
	const char *const *fields, *const *gates, *const *plates;
	size_t n_fields, n_gates, n_plates;
	uint32_t gate_version;
	double lon, lat;
	int64_t cell;
};
Pb__Code store_amend(struct call *c, const struct amended *a);

Pb__Code store_case_block(struct call *c, int64_t *ret_block);
Pb__Code store_import_districts(struct call *c, const char *geojson, const char *code_property,
	const char *name_property, uint32_t *ret_changed);

/* Reference data, as loaded at start and again when the stamp changes. */
extern const struct db_stmt stmt_reference_stamp, stmt_load_gates, stmt_load_phases,
	stmt_load_phase_steps, stmt_load_areas, stmt_load_districts;

#endif
