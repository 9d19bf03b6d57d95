/* oversight.h - what the files of this service share. */
#ifndef OVERSIGHT_OVERSIGHT_H
#define OVERSIGHT_OVERSIGHT_H

#include "contract/contract.gen.h"
#include "kit/call.h"
#include "kit/svc.h"

struct oversight_settings {
	long arrival_seconds, whole_case_seconds;           /* the limits */
	long arrival_warn_seconds, whole_case_warn_seconds; /* before them */
	long level_minutes;                                 /* unacknowledged, then level 2 */
};
extern struct oversight_settings settings;

/* A caller bound to districts sees those alone. */
bool sees_district(const struct call *c, const char *district);
/* The caller's districts as a list in the arena; none: not bound. */
const char **own_districts(struct call *c, size_t *ret_n);

/* ---- store.c ---- */

extern const struct db_stmt sql_note, sql_note_reported, sql_note_arrived, sql_note_handed_off,
	sql_note_assigned, sql_note_phase, sql_timeline, sql_timeline_known, sql_due_clock,
	sql_warn_clock, sql_escalate_clock, sql_due_level, sql_raise_level, sql_list_escalations,
	sql_lock_escalation, sql_acknowledge, sql_sla, sql_other_lanes, sql_keep_partitions;
extern const struct db_stmt *const oversight_statements[];
Pb__Escalation *read_escalation(const struct db_rows *r, size_t row);
const char *clock_name(Pb__ClockKind__Value kind);
Pb__ClockKind__Value clock_of(const char *name);

/* ---- handlers ---- */

extern const struct event_handler oversight_events[];
extern const struct tick oversight_ticks[];
extern const struct oversight_handlers oversight_rpcs;
extern const struct config_item oversight_config[];

Pb__Code get_timeline_run(
	struct call *c, const Pb__GetTimelineRequest *in, Pb__GetTimelineReply *out);
Pb__Code list_escalations_bind(struct call *c, const Pb__ListEscalationsRequest *in);
Pb__Code list_escalations_answer(struct call *c, const Pb__ListEscalationsRequest *in,
	const struct db_rows *rows, Pb__ListEscalationsReply *out);
Pb__Code acknowledge_run(struct call *c, const Pb__AcknowledgeEscalationRequest *in,
	Pb__AcknowledgeEscalationReply *out);
Pb__Code report_sla_run(struct call *c, const Pb__ReportSlaRequest *in, Pb__ReportSlaReply *out);

#endif
