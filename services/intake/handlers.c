/* handlers.c - the table of RPCs and ticks. */
#include "intake/reference.h"
#include "intake/service.h"

const struct intake_handlers intake_rpcs = {
	.submit_order = { .bind = intake_submit_bind, .answer = intake_submit_answer },
	.get_order = { .bind = intake_get_order_bind, .answer = intake_get_order_answer },
	.cancel_order = { .run = intake_cancel_order_run },
	.amend_order = { .run = intake_amend_run },
	.create_incident = { .run = intake_create_run },
	.list_incidents = { .bind = intake_list_bind, .answer = intake_list_answer },
	.get_incident = { .bind = intake_get_bind, .answer = intake_get_answer },
	.request_officer = { .run = intake_request_officer_run },
	.merge_incident = { .run = intake_merge_run },
	.unmerge_incident = { .run = intake_unmerge_run },
	.reopen_incident = { .run = intake_reopen_run },
	.cancel_incident = { .run = intake_cancel_run },
	.self_settle_incident = { .run = intake_self_settle_run },
	.close_incident = { .run = intake_close_run },
	.import_districts = { .run = intake_import_districts_run },
	.list_districts = { .bind = intake_list_districts_bind,
		.answer = intake_list_districts_answer },
	.list_gates = { .bind = intake_list_gates_bind, .answer = intake_list_gates_answer },
};

const struct tick intake_ticks[] = {
	{ "case_numbers", 250, case_no_refill },
	{ "reference", 1000, reference_refresh },
	{ 0 },
};
