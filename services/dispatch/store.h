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
	const char *id, *district, *case_no, *lane, *place, *state, *end_reason, *region;
	const char *hold_reason, *held_by, *queued_for; /* "" when none */
	struct lonlat at;
	int64_t accepted_us, promised_us, state_us, hold_until_us, warned_nobody_us,
		warned_remote_us;
	int64_t epoch; /* of the region when it is ours; else 0 */
	unsigned wanted, n_live, n_open, swaps;
	bool warned_risk;
};

struct responder_row {
	Pb__Responder *pb;
	struct fix fix;
	bool on_shift;
};

struct offer_row {
	Pb__Offer *pb;
	const char *district, *region;
	const char *replaces_id, *leaves_id; /* assignments; "" when none */
	bool more;                           /* there are others of the kind asked for */
};

struct assignment_row {
	Pb__Assignment *pb;
	const char *district, *region, *assigned_by;
	struct lonlat scene;
	bool open; /* the incident still is */
};

/* Units near a place, for the engine, with what people call them. */
struct crew {
	struct unit *units;
	const char **names;
	size_t n;
};

/* What a decision was made from, and under whose lease it is written. */
struct plan_ref {
	const char *id; /* NULL: nothing kept */
	const char *policy;
	int policy_version;
	const char *owner;
	int64_t epoch;
	const void *digest, *inputs;
	size_t inputs_len;
	bool written;
};

/* ---- incidents (store_incident.c) ---- */

/* Sets region and, when that is `owner`'s, epoch. False in *ret_new: it was known already. */
Pb__Code store_add_incident(
	struct call *c, struct incident_row *in, const char *owner, bool *ret_new);
Pb__Code store_lock_incident(struct call *c, const char *id, struct incident_row *ret);
/* The oldest waiting incident of the owner's regions that is due; false when there is none. */
Pb__Code store_lock_waiting(
	struct call *c, const char *owner, struct incident_row *ret, bool *ret_found);
Pb__Code store_try_later(struct call *c, const char *incident, int64_t at_us);
/* A responder is free: the oldest waiting incidents are tried again at once, and the region is
 * marked. */
Pb__Code store_wake_waiting(struct call *c, const char *region);
Pb__Code store_end_incident(struct call *c, const char *incident, const char *reason);
Pb__Code store_reopen_incident(struct call *c, const char *incident);
Pb__Code store_move_incident(struct call *c, const char *incident, const char *district,
	const char *place, struct lonlat at);
enum warning { WARN_NOBODY, WARN_RISK, WARN_REMOTE };
Pb__Code store_note_warning(struct call *c, const char *incident, enum warning w);
/* Who was offered it before and let it go. */
Pb__Code store_asked(struct call *c, struct incident *in);

/* ---- responders near a place (store_crew.c) ---- */

/* The available units of a region nearest to a place; *ret_turn: one under way is nearer. */
Pb__Code store_crew(struct call *c, const char *region, struct lonlat at, unsigned limit,
	struct crew *ret, bool *ret_turn);
/* Those of all other regions. */
Pb__Code store_crew_abroad(
	struct call *c, const char *region, struct lonlat at, unsigned limit, struct crew *ret);
/* Everyone, the available ones first. */
Pb__Code store_crew_all(struct call *c, struct lonlat at, struct crew *ret);

struct region_crew {
	struct crew crew;
	const char **assignment; /* of each unit, "" none */
	const char *freed;       /* a unit whose work has just ended, NULL none */
};
Pb__Code store_crew_of_region(
	struct call *c, const char *region, int64_t since_us, struct region_crew *ret);

/* ---- a whole region (store_world.c) ---- */

struct open_incidents {
	struct incident_row *rows;
	struct incident *incidents; /* in the same order, with room for two more */
	size_t n;
};
Pb__Code store_open_incidents(struct call *c, const char *region, struct open_incidents *ret);
Pb__Code store_asked_all(struct call *c, struct open_incidents *o);
/* What a plan is about to change, as it was when it was loaded. */
struct plan_locks {
	const char *region;
	const char **incidents, **units, **status;
	int64_t *was; /* n_live + 10 n_open + 100 swaps */
	size_t n_incidents, n_units;
};
/* False: something was changed or is being changed; nothing may be written. */
Pb__Code store_lock_for_plan(struct call *c, const struct plan_locks *l, bool *ret_all);

/* ---- what dispatchers do (store_hand.c) ---- */

/* Until 0: no longer. */
Pb__Code store_hold(
	struct call *c, const char *incident, int64_t until_us, const char *reason, const char *by);
Pb__Code store_want(struct call *c, const char *incident, unsigned wanted);
Pb__Code store_queue(struct call *c, const char *incident, const char *responder, const char *by,
	const char *bypass_reason);
Pb__Code store_unqueue(struct call *c, const char *incident);
struct queue_item {
	const char *incident, *district, *queued_by, *bypass_reason;
	bool ready; /* waits, and is not held */
};
struct queue {
	struct queue_item *items;
	Pb__QueuedIncident **pb;
	size_t n;
};
Pb__Code store_queue_of(struct call *c, const char *responder, struct queue *ret);
Pb__DispatchIncident *board_incident(struct call *c, const struct incident_row *in);
void read_incident(const struct db_rows *r, size_t row, struct incident_row *ret);

/* ---- regions (store_region.c) ---- */

enum { LEASES_MAX = 64 };
struct lease {
	char region[33];
	int64_t epoch;
};
struct leases {
	struct lease items[LEASES_MAX];
	size_t n;
};
Pb__Code store_renew_leases(
	struct call *c, const char *owner, const char *host, struct leases *ret);
/* Takes what is nobody's, or gives up what is more than a fair share. */
Pb__Code store_balance_leases(struct call *c, const char *owner, struct leases *held);
/* The guard of every transaction that does a region's work; false: it is no longer ours. */
Pb__Code store_hold_region(
	struct call *c, const char *region, const char *owner, int64_t epoch, bool *ret);
/* Something changed that a plan should look at. */
Pb__Code store_mark_region(struct call *c, const char *region);
/* The region of a responder. */
Pb__Code store_mark_home(struct call *c, const char *responder);
/* A marked region of ours, and takes the mark off; NULL when there is none. */
Pb__Code store_claim_region(
	struct call *c, const char *owner, const char **ret, int64_t *ret_planned_us);
Pb__Code store_ask_borrow(struct call *c, const struct incident_row *in, const char *responder,
	int64_t epoch, bool *ret_asked);
struct borrow_row {
	const char *id, *incident_id, *responder_id, *borrower, *lender, *district;
	int64_t epoch;
};
/* What is asked of our regions, or what ours asked and nobody answered in time. */
Pb__Code store_lock_borrow(
	struct call *c, const char *owner, bool in_vain, struct borrow_row *ret, bool *ret_found);
Pb__Code store_lend(struct call *c, const struct borrow_row *b, const char **ret_why);
Pb__Code store_answer_borrow(
	struct call *c, const struct borrow_row *b, const char *answer, const char *reason);
Pb__Code store_send_home(struct call *c, const char *owner);

/* ---- decisions (store_decision.c) ---- */

struct new_decision {
	const char *id, *incident, *kind, *chosen, *candidates, *bypass_reason;
	struct plan_ref plan;
};
Pb__Code store_note_decision(struct call *c, const struct new_decision *d);
/* Writes what the plan was made from, once. */
Pb__Code store_keep_plan(struct call *c, const char *region, struct plan_ref *p);

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
	const char *replaces_id, *leaves_id; /* assignments; "" when none */
	int64_t expires_us;
	double eta_s, distance_m;
	const char *candidates;                /* JSON */
	const ProtobufCMessage *made, *status; /* the events that tell of it */
	struct plan_ref plan;
};
Pb__Code store_make_offer(struct call *c, const struct new_offer *o);
Pb__Code store_lock_offer(struct call *c, const char *id, struct offer_row *ret);
Pb__Code store_find_offer(struct call *c, const char *id, struct offer_row *ret);
/* An open offer, the lead's first; pb NULL when there is none. */
enum offer_by { OF_INCIDENT, OF_RESPONDER, REPLACING, LEAVING };
Pb__Code store_open_offer(struct call *c, enum offer_by by, const char *id, struct offer_row *ret);
Pb__Code store_newest_offer(struct call *c, const char *incident, struct offer_row *ret);
Pb__Code store_lock_due_offer(
	struct call *c, const char *owner, struct offer_row *ret, bool *ret_found);
/* Accepted by one under way: takes effect when his own incident is taken over. */
Pb__Code store_agree_offer(struct call *c, const char *id);
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
	unsigned wanted_before; /* by hand: how many the incident wanted */
	bool supporting;        /* set by store_assign: somebody else leads */
};
Pb__Code store_assign(struct call *c, struct new_assignment *a);
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
struct ending {
	Pb__AssignmentEnd__Value how;
	const char *name, *reason, *by;
	const char *phase; /* of the incident when the lead goes; "" unchanged */
};
/* *ret_status: what the responder is now (AVAILABLE, OFFERED, or OFF_DUTY when disabled). */
Pb__Code store_end_assignment(
	struct call *c, const char *id, const struct ending *how, const char **ret_status);
/* Without a lead the first supporter becomes it; NULL when nobody does. */
Pb__Code store_promote(struct call *c, const char *incident, const char **ret_assignment);
/* Hold, queue and number wanted as they were before the assignment by hand. */
Pb__Code store_restore(struct call *c, const char *assignment);

/* ---- rows to messages ---- */

enum { RESPONDER_COLUMNS = 19 };
Pb__Responder *read_responder(const struct db_rows *r, size_t row, struct fix *ret_fix);
Pb__Position *wgs84_position(struct arena *a, double lon, double lat, double accuracy_m);

/* ---- statements ---- */

#define INCIDENT_COLUMNS \
	" i.id, i.district, i.case_no, i.lane, i.place, i.state, i.end_reason, i.lon, i.lat," \
	" i.accepted_at, i.promised_at, i.warned_nobody_at, i.warned_risk_at is not null," \
	" i.warned_remote_at, i.region, i.wanted, i.n_live, i.n_open, i.swaps, i.hold_until," \
	" i.hold_reason, i.held_by, i.state_at," \
	" (select q.responder_id from dispatch.queued q where q.incident_id = i.id)"
#define INCIDENT_TYPES \
	DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_F64, DB_F64, DB_TIME, \
		DB_TIME, DB_TIME, DB_BOOL, DB_TIME, DB_TEXT, DB_I32, DB_I32, DB_I32, DB_I32, \
		DB_TIME, DB_TEXT, DB_TEXT, DB_TIME, DB_UUID
enum { INCIDENT_COLUMN_COUNT = 24 };

/* When a region marked at that time is planned: plans keep a distance. */
#define REGION_NEXT_PLAN(at) "greatest(" at ", r.planned_at + interval '100 milliseconds')"

extern const struct db_stmt sql_add_incident, sql_lock_incident, sql_lock_waiting, sql_try_later,
	sql_wake_waiting, sql_end_incident, sql_reopen_incident, sql_move_incident, sql_note_nobody,
	sql_note_risk, sql_note_remote, sql_asked;
extern const struct db_stmt sql_crew_available, sql_crew_abroad, sql_crew_all, sql_crew_of_region;
extern const struct db_stmt sql_open_incidents, sql_asked_all, sql_lock_unchanged, sql_lock_free,
	sql_zones, sql_rate, sql_sites;
extern const struct db_stmt sql_hold, sql_want, sql_queue, sql_unqueue, sql_queue_of, sql_board,
	sql_bypasses, sql_by_hand;
extern const struct db_stmt sql_show_alive, sql_fair_share, sql_take_leases, sql_give_leases,
	sql_hold_region, sql_mark_region, sql_mark_home, sql_claim_region, sql_list_regions,
	sql_new_region_version, sql_put_region, sql_move_to_regions, sql_ask_borrow,
	sql_asked_of_us, sql_asked_in_vain, sql_at_home, sql_lend, sql_answer_borrow, sql_send_home;
extern const struct db_stmt sql_note_decision, sql_keep_plan, sql_get_decision;
extern const struct db_stmt sql_lock_responder, sql_put_account, sql_disable_account,
	sql_responder_exists, sql_set_status, sql_start_shift, sql_end_shift, sql_post_open,
	sql_list_responders, sql_get_responder, sql_put_post, sql_list_posts;
extern const struct db_stmt sql_make_offer, sql_lock_offer, sql_find_offer, sql_open_offer,
	sql_newest_offer, sql_lock_due_offer, sql_end_offer, sql_agree_offer;
extern const struct db_stmt sql_assign, sql_lock_assignment, sql_find_assignment,
	sql_live_assignment, sql_assignment_of_offer, sql_depart, sql_arrive, sql_end_assignment,
	sql_promote, sql_restore;
extern const struct db_stmt sql_keep_partitions;

#endif
