/* handlers_nearest.c - who is near a place now: chosen in memory, told from the rows. */
#include <math.h>
#include <stdlib.h>
#include "dispatch/dispatch.h"
#include "dispatch/known.h"

enum { COUNT = 10, SPARE = 8 };

static struct lonlat place_of(const Pb__NearestRespondersRequest *in)
{
	struct lonlat at = { in->lon, in->lat };

	(void)geo_to_wgs84((int)in->datum, at, &at);
	return at;
}

/* More are looked at than are told: memory knows neither districts nor the last second's changes.
 */
Pb__Code nearest_responders_bind(struct call *c, const Pb__NearestRespondersRequest *in)
{
	size_t n = 0, n_own, k = SPARE * (in->count ? in->count : COUNT);
	const char **own = own_districts(c, &n_own);
	uint32_t want = in->status == PB__RESPONDER_STATUS__VALUE__AVAILABLE ? KNOWN_AVAILABLE
									     : KNOWN_ON_DUTY;
	const char **ids = known_nearest(
		c->arena, place_of(in), want, k < KNOWN_NEAREST_MAX ? k : KNOWN_NEAREST_MAX, &n);

	if (!own || !ids)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	db_bind(c, "", &sql_these_responders,
		DB_ARGS(db_uuids(ids, n), db_text(in->status ? status_name(in->status) : ""),
			db_texts(own, n_own)));
	return PB__CODE__OK;
}

static int by_distance(const void *a, const void *b)
{
	const Pb__NearResponder *x = *(Pb__NearResponder *const *)a,
				*y = *(Pb__NearResponder *const *)b;

	return (x->distance_m > y->distance_m) - (x->distance_m < y->distance_m);
}

static Pb__NearResponder *measured(
	struct call *c, const struct db_rows *rows, size_t i, struct lonlat from)
{
	Pb__NearResponder *near = ARENA_NEW(c->arena, Pb__NearResponder);
	struct fix fix;

	if (!near)
		return NULL;
	pb__near_responder__init(near);
	near->responder = read_responder(rows, i, &fix);
	near->distance_m = round(geo_distance_m(from, fix.at));
	return near->responder ? near : NULL;
}

Pb__Code nearest_responders_answer(struct call *c, const Pb__NearestRespondersRequest *in,
	const struct db_rows *rows, Pb__NearestRespondersReply *out)
{
	size_t count = in->count ? in->count : COUNT;

	out->items = ARENA_ARRAY(c->arena, Pb__NearResponder *, rows->n + 1);
	for (size_t i = 0; out->items && i < rows->n; i++, out->n_items++)
		if (!(out->items[i] = measured(c, rows, i, place_of(in))))
			break;
	if (!out->items || out->n_items < rows->n)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	qsort(out->items, out->n_items, sizeof *out->items, by_distance);
	out->n_items = out->n_items < count ? out->n_items : count;
	return PB__CODE__OK;
}
