/* ticks.c - what happens by itself: offers lapse, waiting incidents are tried again. */
#include <string.h>
#include "dispatch/dispatch.h"
#include "dispatch/known.h"
#include "dispatch/speeds.h"

static Pb__Code expire_offers(struct call *c, bool *ret_more)
{
	struct offer_row o;
	struct incident_row in;
	bool found = false, offered;
	Pb__Code e = store_lock_due_offer(c, process_id(), &o, &found);

	*ret_more = !e && found;
	if (e || !found)
		return e;
	e = end_offer(c, &o, PB__OFFER_OUTCOME__VALUE__EXPIRED, "no answer",
		PB__RESPONDER_STATUS__VALUE__AVAILABLE);
	if (!e)
		e = store_lock_incident(c, o.pb->incident_id, &in);
	if (!e && !strcmp(in.state, "WAITING"))
		e = offer_next(c, &in, &offered);
	return e;
}

static Pb__Code offer_waiting(struct call *c, bool *ret_more)
{
	struct incident_row in;
	bool found = false, offered;
	Pb__Code e = store_lock_waiting(c, process_id(), &in, &found);

	*ret_more = !e && found;
	if (!e && found && in.hold_until_us) {
		e = store_hold(c, in.id, 0, "", "");
		if (!e)
			e = tell_resumed(c, &in, "");
		in.hold_until_us = 0;
	}
	return e || !found ? e : offer_next(c, &in, &offered);
}

const struct db_stmt sql_keep_partitions = {
	"keep_partitions",
	"select dispatch.keep_track_partitions($1)",
	.in = { DB_TIME },
	.out = { DB_I32 },
};

static Pb__Code keep_partitions(struct call *c, bool *ret_more)
{
	*ret_more = false;
	return db_run(c, &sql_keep_partitions, NULL, DB_ARGS(db_time(c->at_us)));
}

const struct tick dispatch_ticks[] = {
	{ "keep_leases", 500, keep_leases },
	{ "plan_regions", 50, plan_regions },
	{ "lend", 200, lend },
	{ "expire_offers", 250, expire_offers },
	{ "offer_waiting", 250, offer_waiting },
	{ "know_positions", 1000, known_refresh },
	{ "mark_silent", 1000, mark_silent },
	{ "learn_trip", 5000, learn_trip },
	{ "fit_speeds", 5000, fit_speeds },
	{ "use_speeds", 5000, use_speeds },
	{ "keep_partitions", 3600 * 1000, keep_partitions },
	{ 0 },
};
