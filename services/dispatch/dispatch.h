/* dispatch.h - what the files of this service share: settings, the telling of events, and the moves
 * made of several steps. */
#ifndef DISPATCH_DISPATCH_H
#define DISPATCH_DISPATCH_H

#include "dispatch/store.h"

struct dispatch_settings {
	long offer_seconds, retry_seconds, reask_seconds, stale_seconds;
	const char *roads; /* file of the road graph, "" none */
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
Pb__Code tell_assignment_ended(struct call *c, const struct assignment_row *a,
	Pb__AssignmentEnd__Value how, const char *reason);
Pb__Code tell_warning(
	struct call *c, const struct incident_row *in, const char *kind, const char *text);

/* ---- offering.c: the engine over what the database knows ---- */

struct world {
	struct engine engine;
	struct incident incident;
	struct crew crew;
	struct ranking ranking;
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
/* Offers a waiting incident to the best responder, or warns and lets it wait. */
Pb__Code offer_next(struct call *c, const struct incident_row *in, bool *ret_offered);
/* The same for an incident just heard of. */
Pb__Code offer_first(struct call *c, const struct incident_row *in);

/* ---- moves.c: ends and beginnings, with everything that follows ---- */

/* Ends an open offer; the responder gets `status`, the incident waits. */
Pb__Code end_offer(struct call *c, const struct offer_row *o, Pb__OfferOutcome__Value outcome,
	const char *reason, Pb__ResponderStatus__Value status);
/* Ends a live assignment; the responder is available, the incident gets `incident_then`. */
Pb__Code end_assignment(struct call *c, const struct assignment_row *a,
	Pb__AssignmentEnd__Value how, const char *reason, const char *incident_then);
/* Gives the incident to the responder, by hand or by an accepted offer. */
Pb__Code assign(struct call *c, const struct new_assignment *a, const char *district,
	const Pb__Responder *r);
/* Takes everything but an arrival from a responder and sends him off duty. */
Pb__Code stand_down(struct call *c, const struct responder_row *r, Pb__OfferOutcome__Value outcome,
	const char *reason);
Pb__Code change_status(struct call *c, const Pb__Responder *r, Pb__ResponderStatus__Value to);

/* ---- who may see what ---- */

/* A caller bound to districts sees those alone. */
bool sees_district(const struct call *c, const char *district);
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

extern const struct event_handler dispatch_events[];
extern const struct tick dispatch_ticks[];

#endif
