/* dispatch.h - what the files of this service share: settings, the telling of events, and the moves
 * made of several steps. */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include "dispatch/record.h"
#include "dispatch/store.h"

struct dispatch_settings {
	long offer_seconds, retry_seconds, reask_seconds, stale_seconds;
	const char *roads; /* file of the road graph, "" none */
	long learn_seconds;
	const char *policy;
};
extern struct dispatch_settings settings;

/* ---- tell.c: events into the outbox ---- */

Pb__Code tell_status(struct call *c, const char *responder, const char *district,
	Pb__ResponderStatus__Value status, const char *incident);
Pb__Code tell_offer_ended(struct call *c, const struct offer_row *o,
	Pb__OfferOutcome__Value outcome, const char *reason);
Pb__Code tell_assigned(struct call *c, const struct new_assignment *a, const char *district,
	const Pb__Responder *r);
Pb__Code tell_departed(struct call *c, const struct assignment_row *a);
struct arrival;
Pb__Code tell_arrived(struct call *c, const char *assignment, const char *incident,
	const char *district, const char *responder, const struct arrival *how);
Pb__Code tell_arrival_again(struct call *c, const struct assignment_row *a);
Pb__Code tell_assignment_ended(
	struct call *c, const struct assignment_row *a, const struct ending *how);
Pb__Code tell_warning(struct call *c, const struct incident_row *in, const char *kind,
	const char *text, const struct candidate *best);
Pb__Code tell_held(struct call *c, const struct incident_row *in);
Pb__Code tell_resumed(struct call *c, const struct incident_row *in, const char *by);
Pb__Code tell_queued(struct call *c, const struct incident_row *in, const char *responder,
	const char *bypass_reason);
Pb__Code tell_unqueued(struct call *c, const char *incident, const char *district,
	const char *responder, const char *reason);
Pb__Code tell_wanted(
	struct call *c, const struct incident_row *in, unsigned wanted, const char *reason);

/* ---- regions.c: what this process owns ---- */

const char *process_id(void);
Pb__Code regions_start(struct call *c);
/* The region's epoch when it is ours, held for this transaction; else 0. */
Pb__Code region_hold(struct call *c, const char *region, int64_t *ret_epoch);
Pb__Code keep_leases(struct call *c, bool *ret_more);
Pb__Code lend(struct call *c, bool *ret_more);

/* ---- offering.c: the engine over what the database knows ---- */

struct world {
	struct engine engine;
	struct incident incidents[2]; /* one, and room for what the step may add */
	struct crew crew;
	struct ranking ranking;
	struct plan_ref plan;
	bool turn; /* one under way is nearer than anybody free */
};
enum world_scope {
	WORLD_FRESH,     /* a new incident: nobody was asked, the few nearest will do */
	WORLD_AVAILABLE, /* nearest available ones, and who was asked */
	WORLD_ALL,       /* everyone, to say why not */
};
/* Loads the responders near an incident and who was asked, ready for the engine. */
Pb__Code world_load(
	struct call *c, const struct incident_row *in, enum world_scope scope, struct world *ret);
/* The ranking as a reply; at most `limit` candidates, names only when asked for. */
Pb__ListCandidatesReply *world_report(
	struct call *c, const struct world *w, size_t limit, bool names);
/* The same as JSON, for the record of a decision. */
const char *world_json(struct call *c, const struct world *w);
struct policy current_policy(void);
const char *decision_json(struct call *c, const struct world *w, const struct decision *d);
struct plan_ref world_plan(const struct world *w);
/* Offers a waiting incident to the best responder, or warns and lets it wait; leaves it to the
 * region's owner when that isn't us. */
Pb__Code offer_next(struct call *c, const struct incident_row *in, bool *ret_offered);
/* The same for an incident just heard of, whose region is ours when its epoch is set. */
Pb__Code offer_first(struct call *c, const struct incident_row *in);
double rounded(double v, double unit);

/* ---- carry.c: what the engine commands, written down ---- */

/* Before the step: the engine gets memory and a travel model whose answers are kept, and what it
 * decides from is noted. */
Pb__Code plan_begin(struct call *c, struct engine *e, const char *freed, struct plan_ref *plan);
struct carry {
	const struct incident_row *rows;
	size_t n_rows;
	struct world *world;           /* engine, crew and plan */
	const char *const *assignment; /* of each unit, NULL when they are all free */
	size_t offers;                 /* made */
};
Pb__Code carry_out(struct call *c, struct carry *k, const struct engine_command *cmd, size_t n);

/* ---- planning.c: a region at once ---- */

Pb__Code plan_regions(struct call *c, bool *ret_more);

/* ---- demand.c: where incidents are to be expected ---- */

/* Of a region, kept for ten minutes; NULL when nothing is known yet. */
const struct demand *demand_of(struct call *c, const char *region, double busy);

/* ---- moves.c: ends and beginnings, with everything that follows ---- */

/* Ends an open offer; the responder gets `status` unless he is under way, the incident waits. */
Pb__Code end_offer(struct call *c, const struct offer_row *o, Pb__OfferOutcome__Value outcome,
	const char *reason, Pb__ResponderStatus__Value status);
/* All the open offers of an incident or responder, or that replace or leave an assignment. */
Pb__Code withdraw_offers(struct call *c, enum offer_by by, const char *id, const char *reason);
/* Ends a live assignment; the responder is free, the incident wants another unless how.phase says
 * otherwise. NULL texts are empty, the name is filled in. */
Pb__Code end_assignment(struct call *c, const struct assignment_row *a, struct ending how);
/* Gives the incident to the responder, by hand or by an accepted offer. */
Pb__Code assign(struct call *c, struct new_assignment *a, const struct incident_row *in,
	const Pb__Responder *r);
/* A responder just freed takes the first incident that was kept for him. */
Pb__Code take_from_queue(struct call *c, const char *responder);
Pb__Code empty_queue(struct call *c, const char *responder, const char *reason);
/* Takes everything but an arrival from a responder and sends him off duty. */
Pb__Code stand_down(struct call *c, const struct responder_row *r, Pb__OfferOutcome__Value outcome,
	const char *reason);
Pb__Code change_status(struct call *c, const Pb__Responder *r, Pb__ResponderStatus__Value to);

/* ---- handover.c ---- */

/* *ret_id: the assignment, NULL while it takes effect later. */
Pb__Code accept_offer(struct call *c, const struct offer_row *o, const char **ret_id);

/* ---- who may see what ---- */

/* A caller bound to districts sees those alone. */
bool sees_district(const struct call *c, const char *district);
/* The caller's districts, for a statement; NULL without memory. */
const char **own_districts(struct call *c, size_t *ret_n);
/* NOT_FOUND for an incident of districts the caller isn't bound to. */
Pb__Code lock_visible_incident(struct call *c, const char *id, struct incident_row *ret);
const char *own_district(const Pb__Responder *r);
const char *status_name(Pb__ResponderStatus__Value s);

/* ---- handlers and events ---- */

#include "contract/contract.gen.h"

Pb__Code dispatch_list_candidates(
	struct call *c, const Pb__ListCandidatesRequest *in, Pb__ListCandidatesReply *out);
Pb__Code dispatch_assign(struct call *c, const Pb__AssignRequest *in, Pb__AssignReply *out);
Pb__Code dispatch_get_responder(
	struct call *c, const Pb__GetResponderRequest *in, Pb__GetResponderReply *out);
Pb__Code dispatch_get_me(struct call *c, const Pb__GetMeRequest *in, Pb__GetMeReply *out);
Pb__Code nearest_responders_bind(struct call *c, const Pb__NearestRespondersRequest *in);
Pb__Code nearest_responders_answer(struct call *c, const Pb__NearestRespondersRequest *in,
	const struct db_rows *rows, Pb__NearestRespondersReply *out);
Pb__Code list_responders_bind(struct call *c, const Pb__ListRespondersRequest *in);
Pb__Code list_responders_answer(struct call *c, const Pb__ListRespondersRequest *in,
	const struct db_rows *rows, Pb__ListRespondersReply *out);
Pb__Code dispatch_go_on_duty(struct call *c, const Pb__GoOnDutyRequest *in, Pb__GoOnDutyReply *out);
Pb__Code dispatch_go_off_duty(
	struct call *c, const Pb__GoOffDutyRequest *in, Pb__GoOffDutyReply *out);
Pb__Code dispatch_take_break(
	struct call *c, const Pb__TakeBreakRequest *in, Pb__TakeBreakReply *out);
Pb__Code dispatch_list_my_offers(
	struct call *c, const Pb__ListMyOffersRequest *in, Pb__ListMyOffersReply *out);
Pb__Code dispatch_accept_offer(
	struct call *c, const Pb__AcceptOfferRequest *in, Pb__AcceptOfferReply *out);
Pb__Code dispatch_decline_offer(
	struct call *c, const Pb__DeclineOfferRequest *in, Pb__DeclineOfferReply *out);
Pb__Code dispatch_get_assignment(
	struct call *c, const Pb__GetAssignmentRequest *in, Pb__GetAssignmentReply *out);
Pb__Code dispatch_depart(struct call *c, const Pb__DepartRequest *in, Pb__DepartReply *out);
Pb__Code dispatch_arrive(struct call *c, const Pb__ArriveRequest *in, Pb__ArriveReply *out);
Pb__Code dispatch_clear(struct call *c, const Pb__ClearRequest *in, Pb__ClearReply *out);
Pb__Code dispatch_release(struct call *c, const Pb__ReleaseRequest *in, Pb__ReleaseReply *out);
Pb__Code report_positions_bind(struct call *c, const Pb__ReportPositionsRequest *in);
Pb__Code report_positions_answer(struct call *c, const Pb__ReportPositionsRequest *in,
	const struct db_rows *rows, Pb__ReportPositionsReply *out);
Pb__Code track_bind(struct call *c, const Pb__TrackerReportRequest *in);
Pb__Code track_osmand_answer(struct call *c, const Pb__TrackerReportRequest *in,
	const struct db_rows *rows, Pb__TextReply *out);
Pb__Code track_owntracks_answer(struct call *c, const Pb__TrackerReportRequest *in,
	const struct db_rows *rows, Pb__TextReply *out);
Pb__Code put_post_bind(struct call *c, const Pb__PutPostRequest *in);
Pb__Code put_post_answer(struct call *c, const Pb__PutPostRequest *in, const struct db_rows *rows,
	Pb__PutPostReply *out);
Pb__Code list_posts_bind(struct call *c, const Pb__ListPostsRequest *in);
Pb__Code list_posts_answer(struct call *c, const Pb__ListPostsRequest *in,
	const struct db_rows *rows, Pb__ListPostsReply *out);

Pb__Code dispatch_hold_incident(
	struct call *c, const Pb__HoldIncidentRequest *in, Pb__HoldIncidentReply *out);
Pb__Code dispatch_resume_incident(
	struct call *c, const Pb__ResumeIncidentRequest *in, Pb__ResumeIncidentReply *out);
Pb__Code dispatch_want_responders(
	struct call *c, const Pb__WantRespondersRequest *in, Pb__WantRespondersReply *out);
Pb__Code dispatch_queue_incident(
	struct call *c, const Pb__QueueIncidentRequest *in, Pb__QueueIncidentReply *out);
Pb__Code dispatch_unqueue_incident(
	struct call *c, const Pb__UnqueueIncidentRequest *in, Pb__UnqueueIncidentReply *out);
Pb__Code dispatch_undo_assign(
	struct call *c, const Pb__UndoAssignRequest *in, Pb__UndoAssignReply *out);
Pb__Code list_dispatch_incidents_bind(struct call *c, const Pb__ListDispatchIncidentsRequest *in);
Pb__Code list_dispatch_incidents_answer(struct call *c, const Pb__ListDispatchIncidentsRequest *in,
	const struct db_rows *rows, Pb__ListDispatchIncidentsReply *out);
Pb__Code dispatch_report_bypasses(
	struct call *c, const Pb__ReportBypassesRequest *in, Pb__ReportBypassesReply *out);
Pb__Code dispatch_get_decision(
	struct call *c, const Pb__GetDecisionRequest *in, Pb__GetDecisionReply *out);
Pb__Code list_regions_bind(struct call *c, const Pb__ListRegionsRequest *in);
Pb__Code list_regions_answer(struct call *c, const Pb__ListRegionsRequest *in,
	const struct db_rows *rows, Pb__ListRegionsReply *out);
Pb__Code dispatch_put_regions(
	struct call *c, const Pb__PutRegionsRequest *in, Pb__PutRegionsReply *out);

/* A tick (silence.c). */
Pb__Code mark_silent(struct call *c, bool *ret_more);
extern const struct db_stmt sql_mark_silent, sql_these_responders;

extern const struct event_handler dispatch_events[];
extern const struct tick dispatch_ticks[];

#endif
