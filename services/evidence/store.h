/* store.h - every SQL statement of evidence, and the rows it reads as plain structs. */
#ifndef EVIDENCE_STORE_H
#define EVIDENCE_STORE_H

#include "evidence/access.h"
#include "evidence/slots.h"
#include "jingbao/v1/evidence.pb-c.h"

extern const struct db_stmt *const evidence_statements[];

/* Facts from events. */
extern const struct db_stmt st_incident_reported, st_responder_assigned, st_vehicle_known,
	st_insurer_known, st_incident_closed, st_incident_reopened;

/* Takes the incident's row lock: additions to one case happen one after another. Arguments:
 * incident, caller's subject, caller's insurer. */
extern const struct db_stmt st_case_lock;
/* The same facts without the lock, beside the case's items, oldest first; one row at least when the
 * incident is known. */
extern const struct db_stmt st_case_items;

struct case_row {
	const char *id, *district, *case_no, *responder_id, *closed_as;
	const char *letters; /* of the parties' vehicles, "AB" */
	double lon, lat, uncertainty_m;
	int64_t reported_at;
	int vehicles, slot_version; /* vehicles: as reported */
	bool facility;
	struct access_facts access;
};
struct case_row case_from_row(const struct db_rows *r, size_t row);
enum { CASE_COLUMNS = 15 };

/* Items with these bytes: id, slot, in this incident, whether it holds the bytes' place. */
extern const struct db_stmt st_items_by_bytes;
extern const struct db_stmt st_item_insert;

/* One item, for the caller (item, subject, insurer); and a page (incident, subject, insurer, slot,
 * before item, limit, without others' papers), one row at least when the incident is known. */
extern const struct db_stmt st_item, st_items_page, st_item_lock, st_item_retake;

/* The reply's form of a row; NULL when the page's row has no item. Flags are left in. */
struct item_row {
	Pb__EvidenceItem *item;
	struct access_facts access;
	const char *district, *case_no, *responder_id;
	int slot_version;
	const char *const *rendition_sha256; /* of PHOTO_SIZES */
	const int64_t *rendition_bytes;
};
bool item_from_row(struct call *c, const struct slots *slots, const struct db_rows *r, size_t row,
	struct item_row *ret);

const char *findings_to_json(struct call *c, const Pb__PhotoFindings *f);
Pb__PhotoFindings *findings_from_json(struct call *c, const char *text);

/* Loads every version of the slot table into memory that lasts. */
Pb__Code store_load_slots(struct call *c, struct slots *ret);

#endif
