/* store.c - SQL of contacts, messages and their attempts. */
#include "notify/store.h"

/* A message from the template in force. Its id follows from event and recipient, so that the same
 * message is the same file or the same idempotency key at a provider whatever happens in between.
 */
#define MESSAGE(event, incident, district, recipient, phone, vars, at) \
	"insert into notify.message (message_id, event_id, recipient, incident_id, district, " \
	"phone," \
	" template, template_version, vars, state, due_at, expires_at, created_at)" \
	" select md5(" event "::text || '/' || " recipient ")::uuid, " event ", " recipient \
	", " incident ", " district ", " phone ", t.code, t.version, " vars ", 'QUEUED', " at \
	", " at " + t.life, " at
#define TEMPLATE(code, at) \
	"(select t.code, t.version, t.life from notify.template t where t.code = " code \
	" and t.effective_at <= " at " order by t.version desc limit 1) t"
#define ONCE " on conflict do nothing"

/* $1 incident, $2 district, $3 case number, $4 caller's mobile or '', $5 event, $6 vars, $7 at,
 * $8 template or ''. */
const struct db_stmt st_incident_reported = {
	"incident_reported",
	"with i as (insert into notify.incident (incident_id, district, case_no) values ($1, $2, "
	"$3)"
	"  on conflict (incident_id) do update set district = excluded.district,"
	"  case_no = excluded.case_no),"
	" k as (insert into notify.contact (incident_id, who, phone)"
	"  select $1, 'caller', $4 where $4 <> ''"
	"  on conflict (incident_id, who) do update set phone = excluded.phone) " MESSAGE("$5",
		"$1", "$2", "'caller'", "$4", "$6",
		"$7") " from " TEMPLATE("$8", "$7") " where $4 <> ''" ONCE,
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_UUID, DB_JSON, DB_TIME, DB_TEXT },
	{ 0 },
};

const struct db_stmt st_party_recorded = {
	"party_recorded",
	"with gone as (delete from notify.contact where incident_id = $1 and who = $2 and $3 = '')"
	" insert into notify.contact (incident_id, who, phone) select $1, $2, $3 where $3 <> ''"
	" on conflict (incident_id, who) do update set phone = excluded.phone",
	{ DB_UUID, DB_TEXT, DB_TEXT },
	{ 0 },
};

/* $1 event, $2 incident, $3 district, $4 template, $5 vars, $6 at. */
const struct db_stmt st_message_to_caller = {
	"message_to_caller",
	MESSAGE("$1", "$2", "$3", "k.who", "k.phone", "$5", "$6") " from " TEMPLATE(
		"$4", "$6") ", notify.contact k"
			    " where k.incident_id = $2 and k.who = 'caller'" ONCE,
	{ DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_JSON, DB_TIME },
	{ 0 },
};

const struct db_stmt st_message_to_parties = {
	"message_to_parties",
	MESSAGE("$1", "$2", "$3", "k.who", "k.phone", "$5", "$6") " from " TEMPLATE(
		"$4", "$6") ", notify.contact k"
			    " where k.incident_id = $2 and k.who <> 'caller'" ONCE,
	{ DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_JSON, DB_TIME },
	{ 0 },
};

/* $7 recipient, $8 phone. */
const struct db_stmt st_message_to_phone = {
	"message_to_phone",
	MESSAGE("$1", "$2", "$3", "$7", "$8", "$5", "$6") " from " TEMPLATE("$4", "$6") ONCE,
	{ DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_JSON, DB_TIME, DB_TEXT, DB_TEXT },
	{ 0 },
};

/* ---- sending ---- */

/* $1 now, $2 until, $3 lease, $4 limit. An old lease means that whoever held it ended. */
const struct db_stmt st_lease = {
	"lease",
	"with due as (select message_id from notify.message where state = 'QUEUED' and due_at <= $1"
	"  and (lease_until is null or lease_until <= $1) order by due_at limit $4"
	"  for update skip locked)"
	" update notify.message m set lease = $3, lease_until = $2, attempts = m.attempts + 1"
	" from due where m.message_id = due.message_id returning m.message_id",
	{ DB_TIME, DB_TIME, DB_UUID, DB_I64 },
	{ DB_UUID },
};

/* What a lease holds, once it is known to be committed. */
const struct db_stmt st_leased = {
	"leased",
	"select m.message_id, m.incident_id, m.phone, m.template, t.body, m.vars,"
	" coalesce(i.case_no, ''), m.attempts, m.expires_at, m.created_at, m.lease_until from "
	"notify.message m"
	" join notify.template t on t.code = m.template and t.version = m.template_version"
	" left join notify.incident i on i.incident_id = m.incident_id"
	" where m.lease = $1 and m.state = 'QUEUED' order by m.created_at",
	{ DB_UUID },
	{ DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_TEXT, DB_JSON, DB_TEXT, DB_I32, DB_TIME, DB_TIME,
		DB_TIME },
};

/* Not tried after all: due at once, unless another has it by now. */
const struct db_stmt st_given_back = {
	"given_back",
	"update notify.message set lease = null, lease_until = null, due_at = $3,"
	" attempts = attempts - 1 where message_id = $1 and lease = $2 and state = 'QUEUED'",
	{ DB_UUID, DB_UUID, DB_TIME },
	{ 0 },
};

#define ATTEMPT(outcome) \
	" insert into notify.attempt (message_id, number, at, provider, outcome, error)" \
	" select message_id, attempts, $2, $3, " outcome \
	", last_error from m on conflict do nothing"
#define SETTLED " returning message_id, attempts, incident_id, district, template, last_error"

/* The link in vars is a key to the case: it goes when it isn't needed any more. No row: settled. */
const struct db_stmt st_sent = {
	"sent",
	"with m as (update notify.message set state = 'SENT', settled_at = $2, provider = $3,"
	"  body = $4, last_error = '', vars = vars - 'link', lease = null, lease_until = null"
	"  where message_id = $1 and state = 'QUEUED'" SETTLED "),"
	" a as (" ATTEMPT("'SENT'") ")"
				    " select incident_id, district, template, attempts from m",
	{ DB_UUID, DB_TIME, DB_TEXT, DB_TEXT },
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_I32 },
};

/* $4 why, $5 next attempt. */
const struct db_stmt st_retry = {
	"retry",
	"with m as (update notify.message set due_at = $5, provider = $3, last_error = $4,"
	"  lease = null, lease_until = null where message_id = $1 and state = 'QUEUED'" SETTLED
	")" ATTEMPT("'RETRY'"),
	{ DB_UUID, DB_TIME, DB_TEXT, DB_TEXT, DB_TIME },
	{ 0 },
};

const struct db_stmt st_failed = {
	"failed",
	"with m as (update notify.message set state = 'FAILED', settled_at = $2, provider = $3,"
	"  last_error = $4, vars = vars - 'link', lease = null, lease_until = null"
	"  where message_id = $1 and state = 'QUEUED'" SETTLED "),"
	" a as (" ATTEMPT("'REFUSED'") ")"
				       " select incident_id, district, template, attempts from m",
	{ DB_UUID, DB_TIME, DB_TEXT, DB_TEXT },
	{ DB_UUID, DB_TEXT, DB_TEXT, DB_I32 },
};

/* Too late to be said; one statement for many. */
const struct db_stmt st_expired = {
	"expired",
	"with due as (select message_id from notify.message where state = 'QUEUED'"
	"  and due_at <= $1 and expires_at <= $1 and (lease_until is null or lease_until <= $1)"
	"  order by due_at limit $2 for update skip locked)"
	" update notify.message m set state = 'FAILED', settled_at = $1, last_error = 'expired',"
	" vars = m.vars - 'link', lease = null, lease_until = null from due"
	" where m.message_id = due.message_id"
	" returning m.message_id, m.incident_id, m.district, m.template, m.attempts",
	{ DB_TIME, DB_I64 },
	{ DB_UUID, DB_UUID, DB_TEXT, DB_TEXT, DB_I32 },
};

const struct db_stmt st_messages = {
	"messages",
	"select message_id, template, template_version, recipient, phone, body, state, attempts,"
	" created_at, due_at, settled_at, provider, last_error from notify.message"
	" where incident_id = $1 order by created_at desc, message_id limit 200",
	{ DB_UUID },
	{ DB_UUID, DB_TEXT, DB_I32, DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_I32, DB_TIME, DB_TIME,
		DB_TIME, DB_TEXT, DB_TEXT },
};

const struct db_stmt *const notify_statements[] = {
	&st_incident_reported,
	&st_party_recorded,
	&st_message_to_caller,
	&st_message_to_parties,
	&st_message_to_phone,
	&st_lease,
	&st_leased,
	&st_sent,
	&st_retry,
	&st_failed,
	&st_expired,
	&st_messages,
	NULL,
};
