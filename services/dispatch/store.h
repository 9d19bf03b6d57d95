/* store.h - everything dispatch keeps in PostgreSQL: rows in and out, no decisions.
 *
 * Functions return OK, BUSY or INTERNAL from the database, NOT_FOUND (or BUSY for an id too young
 * to be known yet) where a row must exist, and CONFLICT when a guarded change found another state.
 * Pointers live until the call ends. Locks are taken incident first, then responder, then offer or
 * assignment. All but the position statement run inside the call's transaction.
 */
#ifndef DISPATCH_STORE_H
#define DISPATCH_STORE_H

#include "dispatch/engine.h"
#include "kit/call.h"
#include "jingbao/v1/dispatch.pb-c.h"

struct incident_row {
	const char *id, *district, *case_no, *lane, *place, *state, *end_reason;
	struct lonlat at;
	int64_t accepted_us, promised_us;
	bool warned_nobody, warned_risk;
};

struct responder_row {
	Pb__Responder *pb;
	struct fix fix;
	bool on_shift;
};

struct offer_row {
	Pb__Offer *pb;
	const char *district;
};

struct assignment_row {
	Pb__Assignment *pb;
	const char *district;
	struct lonlat scene;
};

/* Units near a place, for the engine, with what people call them. */
struct crew {
	struct unit *units;
	const char **names;
	size_t n;
};

/* ---- incidents (store_incident.c) ---- */

/* False in *ret_new when the incident was known already. */
Pb__Code store_add_incident(struct call *c, const struct incident_row *in, bool *ret_new);
Pb__Code store_lock_incident(struct call *c, const char *id, struct incident_row *ret);
/* The oldest waiting incident that is due to be tried; false in *ret_found when there is none. */
Pb__Code store_lock_waiting(struct call *c, struct incident_row *ret, bool *ret_found);
Pb__Code store_try_later(struct call *c, const char *incident, int64_t at_us);
/* A responder is free: the oldest waiting incidents are tried again at once. */
Pb__Code store_wake_waiting(struct call *c);
Pb__Code store_end_incident(struct call *c, const char *incident, const char *reason);
Pb__Code store_reopen_incident(struct call *c, const char *incident);
Pb__Code store_move_incident(struct call *c, const char *incident, const char *district,
	const char *place, struct lonlat at);
Pb__Code store_note_warning(struct call *c, const char *incident, bool nobody);
/* Who was offered it before and let it go. */
Pb__Code store_asked(struct call *c, struct incident *in);
/* The available units nearest to a place. */
Pb__Code store_crew(struct call *c, struct lonlat at, unsigned limit, struct crew *ret);
/* The same, and behind them those who are not available. */
Pb__Code store_crew_all(struct call *c, struct lonlat at, struct crew *ret);

/* ---- responders (store_responder.c) ---- */

Pb__Code store_lock_responder(struct call *c, const char *id, struct responder_row *ret);
Pb__Code store_put_account(struct call *c, const char *id, const Pb__Responder *r, int64_t version);
Pb__Code store_disable_account(struct call *c, const char *id, int64_t version);
Pb__Code store_responder_exists(struct call *c, const char *id, bool *ret);
/* Off duty, available or on break; the incident he had is taken away. */
Pb__Code store_set_status(struct call *c, const char *id, const char *status);
Pb__Code store_start_shift(struct call *c, const char *id, const Pb__GoOnDutyRequest *duty);
Pb__Code store_end_shift(struct call *c, const char *id);
Pb__Code store_post_open(struct call *c, const char *code, bool *ret);

/* ---- offers (store_offer.c) ---- */

struct new_offer {
	const char *id, *decision_id;
	const struct incident_row *incident;
	const char *responder_id;
	int64_t expires_us;
	double eta_s, distance_m;
	const char *candidates;                /* JSON */
	const ProtobufCMessage *made, *status; /* the events that tell of it */
};
Pb__Code store_make_offer(struct call *c, const struct new_offer *o);
Pb__Code store_lock_offer(struct call *c, const char *id, struct offer_row *ret);
Pb__Code store_find_offer(struct call *c, const char *id, struct offer_row *ret);
/* The open offer of an incident or a responder (the other NULL); pb NULL when there is none. */
Pb__Code store_open_offer(
	struct call *c, const char *incident, const char *responder, struct offer_row *ret);
Pb__Code store_lock_due_offer(struct call *c, struct offer_row *ret, bool *ret_found);
/* The responder gets `status` (OFF_DUTY when disabled), the incident waits. */
Pb__Code store_end_offer(struct call *c, const char *id, const char *outcome, const char *reason,
	const char *status);

/* ---- assignments (store_assignment.c) ---- */

struct new_assignment {
	const char *id;
	const char *incident_id, *responder_id;
	const char *offer_id; /* accepted with it; "" when none */
	bool by_hand;
	const char *bypass_reason, *assigned_by;
	double eta_s;
};
Pb__Code store_assign(struct call *c, const struct new_assignment *a);
Pb__Code store_note_decision(struct call *c, const char *incident, const char *kind,
	const char *responder, const char *candidates, const char *bypass_reason);
Pb__Code store_lock_assignment(struct call *c, const char *id, struct assignment_row *ret);
Pb__Code store_find_assignment(struct call *c, const char *id, struct assignment_row *ret);
/* The live assignment of an incident or a responder (the other NULL); pb NULL when none. */
Pb__Code store_live_assignment(
	struct call *c, const char *incident, const char *responder, struct assignment_row *ret);
/* The assignment an accepted offer led to; pb NULL when none. */
Pb__Code store_assignment_of_offer(struct call *c, const char *offer, struct assignment_row *ret);
Pb__Code store_depart(struct call *c, const char *id);
struct arrival;
Pb__Code store_arrive(struct call *c, const char *id, const struct arrival *a);
/* *ret_status: what the responder is now (AVAILABLE, or OFF_DUTY when disabled). */
Pb__Code store_end_assignment(struct call *c, const char *id, const char *how, const char *reason,
	const char *incident_then, const char **ret_status);

/* ---- rows to messages ---- */

enum { RESPONDER_COLUMNS = 18 };
Pb__Responder *read_responder(const struct db_rows *r, size_t row, struct fix *ret_fix);
Pb__Position *wgs84_position(struct arena *a, double lon, double lat, double accuracy_m);

/* ---- statements ---- */

extern const struct db_stmt sql_add_incident, sql_lock_incident, sql_lock_waiting, sql_try_later,
	sql_wake_waiting, sql_end_incident, sql_reopen_incident, sql_move_incident, sql_note_nobody,
	sql_note_risk, sql_asked, sql_crew_available, sql_crew_all;
extern const struct db_stmt sql_lock_responder, sql_put_account, sql_disable_account,
	sql_responder_exists, sql_set_status, sql_start_shift, sql_end_shift, sql_post_open,
	sql_list_responders, sql_get_responder, sql_put_post, sql_list_posts;
extern const struct db_stmt sql_make_offer, sql_lock_offer, sql_find_offer, sql_open_offer,
	sql_lock_due_offer, sql_end_offer;
extern const struct db_stmt sql_assign, sql_note_decision, sql_lock_assignment, sql_find_assignment,
	sql_live_assignment, sql_assignment_of_offer, sql_depart, sql_arrive, sql_end_assignment;
extern const struct db_stmt sql_keep_partitions;

#endif
