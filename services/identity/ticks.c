/* ticks.c - sessions that run out, the news of sessions ended, and the purge.
 *
 * Whatever ends a session only marks its row; the news goes out from here, in a transaction with
 * the mark that it did, so no way of ending can forget it.
 */
#include "identity/identity.h"

#include "identity/store.h"

static Pb__Code expire(struct call *c, bool *ret_more)
{
	struct db_rows rows;

	if (db_run(c, &end_due_sessions, &rows, DB_NONE))
		return c->faults.code;
	*ret_more = rows.n == 500;
	return PB__CODE__OK;
}

static Pb__Code announce(struct call *c, bool *ret_more)
{
	struct db_rows rows;

	if (db_run(c, &take_unannounced, &rows, DB_NONE))
		return c->faults.code;
	for (size_t i = 0; i < rows.n; i++) {
		Pb__SessionEnded e = PB__SESSION_ENDED__INIT;

		e.session_id = db_get_text(&rows, i, 0);
		e.subject = db_get_text(&rows, i, 1);
		e.reason = db_get_text(&rows, i, 2);
		e.at = db_get_i64(&rows, i, 3);
		if (event_emit(c, &e.base))
			return c->faults.code;
	}
	*ret_more = rows.n == 200;
	return PB__CODE__OK;
}

static Pb__Code purge(struct call *c, bool *ret_more)
{
	struct db_rows rows;

	if (db_run(c, &purge_old, &rows, DB_ARGS(db_i32((int32_t)identity_settings.kept_days))))
		return c->faults.code;
	*ret_more = db_get_i64(&rows, 0, 0) == 1000;
	return PB__CODE__OK;
}

const struct tick identity_ticks[] = {
	{ "expire", 1000, expire },
	{ "announce", 500, announce },
	{ "purge", 60000, purge },
	{ 0 },
};
