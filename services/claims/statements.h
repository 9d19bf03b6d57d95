/* statements.h - the statements of the store, for the table that is checked at start. */
#ifndef CLAIMS_STATEMENTS_H
#define CLAIMS_STATEMENTS_H

#include "kit/db.h"

extern const struct db_stmt sql_case;
extern const struct db_stmt sql_lock_case;
extern const struct db_stmt sql_note_report;
extern const struct db_stmt sql_note_responder;
extern const struct db_stmt sql_note_end;
extern const struct db_stmt sql_note_party;
extern const struct db_stmt sql_note_determination;
extern const struct db_stmt sql_note_served;
extern const struct db_stmt sql_note_photo;
extern const struct db_stmt sql_block_case;
extern const struct db_stmt sql_mark_handed_off;
extern const struct db_stmt sql_mark_settled;
extern const struct db_stmt sql_waiting_cases;
extern const struct db_stmt sql_parties;
extern const struct db_stmt sql_is_concerned;
extern const struct db_stmt sql_photos;
extern const struct db_stmt sql_add_claim;
extern const struct db_stmt sql_claim;
extern const struct db_stmt sql_lock_claim;
extern const struct db_stmt sql_claims_of;
extern const struct db_stmt sql_move_claim;
extern const struct db_stmt sql_revise_claim;
extern const struct db_stmt sql_steps;
extern const struct db_stmt sql_list_own_claims;
extern const struct db_stmt sql_list_claims;
extern const struct db_stmt sql_newest_sheets;
extern const struct db_stmt sql_sheet;
extern const struct db_stmt sql_add_sheet;
extern const struct db_stmt sql_limits;
extern const struct db_stmt sql_add_settlement;
extern const struct db_stmt sql_settlement;
extern const struct db_stmt sql_endpoint;
extern const struct db_stmt sql_lock_endpoint;
extern const struct db_stmt sql_add_endpoint;
extern const struct db_stmt sql_change_endpoint;
extern const struct db_stmt sql_disable_endpoint;
extern const struct db_stmt sql_add_notice;
extern const struct db_stmt sql_endpoints_of;
extern const struct db_stmt sql_open_notices;
extern const struct db_stmt sql_add_delivery;
extern const struct db_stmt sql_deliveries;
extern const struct db_stmt sql_replay;
extern const struct db_stmt sql_lease;
extern const struct db_stmt sql_end_attempt;

#endif
