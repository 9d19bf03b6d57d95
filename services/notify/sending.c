/* sending.c - the tick between the database and the sender: results in, due messages out.
 *
 * A batch is leased in one tick and handed to the sender in a later one, when the lease is read
 * back and so known to be committed: nothing goes out that the database doesn't know of. If this
 * process ends, the lease runs out and the message is sent by another.
 */
#include <string.h>
#include <jansson.h>
#include "kit/log.h"
#include "kit/timeutil.h"
#include "notify/notify.h"
#include "notify/render.h"
#include "notify/retry.h"
#include "notify/sender.h"
#include "notify/store.h"

struct notify_settings settings;

enum { LEASE_BATCH = 16, LEASE_S = 30, EXPIRE_BATCH = 100 };

static char pending[UUID_TEXT]; /* a lease not yet read back; "" none */

static Pb__Code emit_settled(struct call *c, const char *id, const struct db_rows *r, size_t row,
	size_t first, Pb__MessageState__Value state)
{
	Pb__MessageSettled ev = PB__MESSAGE_SETTLED__INIT;
	ev.message_id = id;
	ev.incident_id = db_get_text(r, row, first);
	ev.district = db_get_text(r, row, first + 1);
	ev.template_ = db_get_text(r, row, first + 2);
	ev.state = state;
	ev.attempts = (uint32_t)db_get_i32(r, row, first + 3);
	ev.at = c->at_us;
	return event_emit(c, &ev.base);
}

static Pb__Code record_failed(struct call *c, const char *id, const char *why)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &st_failed, &r,
		DB_ARGS(db_uuid(id), db_time(c->at_us), db_text(settings.provider), db_text(why)));
	log_warn("message given up", "message=%s why=\"%s\"", id, why);
	if (e || r.n == 0)
		return e;
	return emit_settled(c, id, &r, 0, 0, PB__MESSAGE_STATE__VALUE__FAILED);
}

static Pb__Code record_sent(struct call *c, const struct outgoing *m)
{
	struct db_rows r;
	const char *kept = render_redacted(m->body, c->arena);
	Pb__Code e = db_run(c, &st_sent, &r,
		DB_ARGS(db_uuid(m->id), db_time(c->at_us), db_text(settings.provider),
			db_text(kept ? kept : "")));
	if (e || r.n == 0)
		return e;
	return emit_settled(c, m->id, &r, 0, 0, PB__MESSAGE_STATE__VALUE__SENT);
}

static Pb__Code record(struct call *c, const struct sent *s)
{
	struct db_rows r;
	int64_t again;
	const struct outgoing *m = &s->message;
	if (s->outcome == OUTCOME_SENT)
		return record_sent(c, m);
	if (s->outcome == OUTCOME_LATE)
		return db_run(c, &st_given_back, &r,
			DB_ARGS(db_uuid(m->id), db_uuid(m->lease), db_time(c->at_us)));
	if (s->outcome == OUTCOME_REFUSED ||
		!retry_next(m->attempt, c->at_us, m->expires_at, &again))
		return record_failed(c, m->id, s->error);
	return db_run(c, &st_retry, &r,
		DB_ARGS(db_uuid(m->id), db_time(c->at_us), db_text(settings.provider),
			db_text(s->error), db_time(again)));
}

/* Results not yet on record; kept over a tick that failed, so that nothing sent is forgotten. */
static struct sent results[SENDER_QUEUE];
static size_t n_results;

static Pb__Code take_results(struct call *c)
{
	Pb__Code e = PB__CODE__OK;
	while (n_results < SENDER_QUEUE && sender_take(&results[n_results]))
		n_results++;
	for (size_t i = 0; !e && i < n_results; i++)
		e = record(c, &results[i]);
	return e;
}

/* ---- handing out ---- */

struct values {
	const json_t *vars;
	const char *case_no;
};

static const char *value_of(void *arg, const char *name, size_t len)
{
	const struct values *v = arg;
	if (len == strlen("caseNo") && strncmp(name, "caseNo", len) == 0)
		return v->case_no;
	if (len == strlen("hotline") && strncmp(name, "hotline", len) == 0)
		return settings.hotline;
	return json_string_value(json_object_getn(v->vars, name, len));
}

/* False when the template asks for what the event did not bring. */
static bool compose(
	struct call *c, const struct db_rows *r, size_t i, const char *lease, struct outgoing *m)
{
	json_t *o = json_loads(db_get_text(r, i, 5), 0, NULL);
	struct values v = { o, db_get_text(r, i, 6) };
	const char *text = render_text(db_get_text(r, i, 4), value_of, &v, c->arena);
	*m = (struct outgoing){
		.attempt = db_get_i32(r, i, 7),
		.expires_at = db_get_i64(r, i, 8),
		.created_at = db_get_i64(r, i, 9),
		.lease_until = db_get_i64(r, i, 10),
	};
	(void)snprintf(m->id, sizeof(m->id), "%s", db_get_text(r, i, 0));
	(void)snprintf(m->incident_id, sizeof(m->incident_id), "%s", db_get_text(r, i, 1));
	(void)snprintf(m->lease, sizeof(m->lease), "%s", lease);
	(void)snprintf(m->phone, sizeof(m->phone), "%s", db_get_text(r, i, 2));
	(void)snprintf(m->template, sizeof(m->template), "%s", db_get_text(r, i, 3));
	if (text)
		(void)snprintf(m->body, sizeof(m->body), "%s", text);
	json_decref(o);
	return text != NULL;
}

static Pb__Code hand_out(struct call *c)
{
	struct db_rows r;
	struct outgoing m;
	char lease[UUID_TEXT];
	if (!pending[0])
		return PB__CODE__OK;
	Pb__Code e = db_run(c, &st_leased, &r, DB_ARGS(db_uuid(pending)));
	if (e)
		return e;
	(void)snprintf(lease, sizeof(lease), "%s", pending);
	pending[0] = '\0'; /* from here on each is handed out at most once */
	for (size_t i = 0; i < r.n && !e; i++) {
		if (!compose(c, &r, i, lease, &m))
			e = record_failed(
				c, m.id, "the template has a name the event did not bring");
		else if (!sender_put(&m))
			log_warn("sender full", "message=%s", m.id); /* its lease runs out */
	}
	return e;
}

static Pb__Code lease_due(struct call *c, bool *ret_more)
{
	struct db_rows r;
	size_t room = sender_room();
	if (room == 0)
		return PB__CODE__OK;
	char lease[UUID_TEXT];
	Pb__Code e = db_run(c, &st_lease, &r,
		DB_ARGS(db_time(c->at_us),
			db_time(c->at_us + (LEASE_S + settings.how.timeout_s) * US_PER_S),
			db_uuid(uuid_v7(lease)),
			db_i64((int64_t)(room < LEASE_BATCH ? room : LEASE_BATCH))));
	if (e || r.n == 0)
		return e;
	(void)memcpy(pending, lease, sizeof(pending));
	*ret_more = true;
	return PB__CODE__OK;
}

static Pb__Code expire(struct call *c)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &st_expired, &r, DB_ARGS(db_time(c->at_us), db_i64(EXPIRE_BATCH)));
	for (size_t i = 0; !e && i < r.n; i++)
		e = emit_settled(
			c, db_get_text(&r, i, 0), &r, i, 1, PB__MESSAGE_STATE__VALUE__FAILED);
	return e;
}

Pb__Code send_tick(struct call *c, bool *ret_more)
{
	Pb__Code e = take_results(c);
	if (!e)
		e = hand_out(c);
	if (!e)
		e = expire(c);
	if (!e)
		e = lease_due(c, ret_more);
	if (!e)
		n_results = 0;
	return e;
}
