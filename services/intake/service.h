/* service.h - what main.c declares of intake, and what its handler files share. */
#ifndef INTAKE_SERVICE_H
#define INTAKE_SERVICE_H

#include "contract/contract.gen.h"
#include "intake/phases.h"
#include "intake/store.h"
#include "kit/call.h"
#include "kit/svc.h"

extern const struct intake_handlers intake_rpcs;
extern const struct event_handler intake_events[];
extern const struct tick intake_ticks[];

Pb__Code intake_submit_bind(struct call *c, const Pb__SubmitOrderRequest *in);
Pb__Code intake_submit_answer(struct call *c, const Pb__SubmitOrderRequest *in,
	const struct db_rows *rows, Pb__SubmitOrderReply *out);
Pb__Code intake_create_run(
	struct call *c, const Pb__CreateIncidentRequest *in, Pb__CreateIncidentReply *out);
Pb__Code intake_amend_run(
	struct call *c, const Pb__AmendOrderRequest *in, Pb__AmendOrderReply *out);

Pb__Code intake_get_order_bind(struct call *c, const Pb__GetOrderRequest *in);
Pb__Code intake_get_order_answer(struct call *c, const Pb__GetOrderRequest *in,
	const struct db_rows *rows, Pb__GetOrderReply *out);
Pb__Code intake_get_bind(struct call *c, const Pb__GetIncidentRequest *in);
Pb__Code intake_get_answer(struct call *c, const Pb__GetIncidentRequest *in,
	const struct db_rows *rows, Pb__GetIncidentReply *out);
Pb__Code intake_list_bind(struct call *c, const Pb__ListIncidentsRequest *in);
Pb__Code intake_list_answer(struct call *c, const Pb__ListIncidentsRequest *in,
	const struct db_rows *rows, Pb__ListIncidentsReply *out);

Pb__Code intake_cancel_order_run(
	struct call *c, const Pb__CancelOrderRequest *in, Pb__CancelOrderReply *out);
Pb__Code intake_cancel_run(
	struct call *c, const Pb__CancelIncidentRequest *in, Pb__CancelIncidentReply *out);
Pb__Code intake_self_settle_run(
	struct call *c, const Pb__SelfSettleIncidentRequest *in, Pb__SelfSettleIncidentReply *out);
Pb__Code intake_close_run(
	struct call *c, const Pb__CloseIncidentRequest *in, Pb__CloseIncidentReply *out);
Pb__Code intake_reopen_run(
	struct call *c, const Pb__ReopenIncidentRequest *in, Pb__ReopenIncidentReply *out);
Pb__Code intake_merge_run(
	struct call *c, const Pb__MergeIncidentRequest *in, Pb__MergeIncidentReply *out);
Pb__Code intake_unmerge_run(
	struct call *c, const Pb__UnmergeIncidentRequest *in, Pb__UnmergeIncidentReply *out);
Pb__Code intake_request_officer_run(
	struct call *c, const Pb__RequestOfficerRequest *in, Pb__RequestOfficerReply *out);

Pb__Code intake_import_districts_run(
	struct call *c, const Pb__ImportDistrictsRequest *in, Pb__ImportDistrictsReply *out);
Pb__Code intake_list_districts_bind(struct call *c, const Pb__ListDistrictsRequest *in);
Pb__Code intake_list_districts_answer(struct call *c, const Pb__ListDistrictsRequest *in,
	const struct db_rows *rows, Pb__ListDistrictsReply *out);
Pb__Code intake_list_gates_bind(struct call *c, const Pb__ListGatesRequest *in);
Pb__Code intake_list_gates_answer(struct call *c, const Pb__ListGatesRequest *in,
	const struct db_rows *rows, Pb__ListGatesReply *out);

/* access.c - who may see which incident. */
bool may_see_all(const struct call *c);
bool may_see(const struct call *c, const char *incident_id, const char *district,
	const char *responder_id, const char *offered_to);
/* Districts an officer is bound to, in the arena; false when he is not bound. */
bool bound_districts(struct call *c, const char *const **ret, size_t *ret_n);

/* moves.c - one step of a locked incident, told as an event; i is brought up to date. Where the
 * table has no step: REFUSED with a text for people. */
Pb__Code move_incident(
	struct call *c, struct incident *i, enum phase_cause cause, const char *end_reason);

#endif
