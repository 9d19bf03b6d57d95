/* store.h - every SQL statement of notify. */
#ifndef NOTIFY_STORE_H
#define NOTIFY_STORE_H

#include "kit/call.h"

extern const struct db_stmt st_incident_reported, st_party_recorded, st_message_to_caller,
	st_message_to_parties, st_message_to_phone, st_lease, st_leased, st_given_back, st_sent,
	st_retry, st_failed, st_expired, st_messages;
extern const struct db_stmt *const notify_statements[];

#endif
