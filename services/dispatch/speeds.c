/* speeds.c - the service learns how fast its roads are from the trips its responders drive. */
#include "dispatch/speeds.h"

#include <stdlib.h>
#include <string.h>
#include "dispatch/dispatch.h"
#include "dispatch/roads_live.h"
#include "kit/log.h"
#include "kit/timeutil.h"

enum { STRETCHES_MAX = 100 };
/* Getting in and pulling out, parking and walking up: not the road's doing. */
static const int64_t TRIM_US = 15 * US_PER_S;

static struct {
	struct roads_router *plain; /* the graph in use, nothing learned */
	char digest[65];
	int64_t used_us; /* the fit in use */
} own;

void speeds_stop(void)
{
	roads_router_free(own.plain);
	memset(&own, 0, sizeof(own));
}

/* A router over the graph in use by which times are expected; NULL without a graph. */
static struct roads_router *plain_router(void)
{
	struct roads_router *q = dispatch_router();
	const struct roads *r = q ? roads_router_graph(q) : NULL;

	if (r && (!own.plain || strcmp(own.digest, roads_digest(r)) != 0)) {
		roads_router_free(own.plain);
		own.plain = roads_router_plain(q);
		(void)memccpy(own.digest, roads_digest(r), 0, sizeof(own.digest));
	}
	return r ? own.plain : NULL;
}

Pb__Code learn_trip(struct call *c, bool *ret_more)
{
	struct roads_router *q = plain_router();
	struct roads_stretch *v = ARENA_ARRAY(c->arena, struct roads_stretch, STRETCHES_MAX);
	struct trip_row trip;
	struct track_fix *fix;
	size_t n, found;
	Pb__Code e;

	*ret_more = false;
	if (!q || !v)
		return PB__CODE__OK;
	e = store_next_trip(c, &trip, ret_more);
	if (e || !*ret_more)
		return e;
	trip.from_us += TRIM_US;
	e = store_trip_track(c, &trip, &fix, &n);
	if (e)
		return e;
	while (n && fix[n - 1].at_us > trip.arrived_us - TRIM_US)
		n--;
	found = roads_stretches(q, fix, n, v, STRETCHES_MAX);
	return store_trip_speeds(
		c, &trip, own.digest, roads_router_graph(q), v, roads_add_up(v, found), found);
}

/* The figures of one fit, freed by fit_free. */
struct fit {
	struct roads_sample *samples;
	size_t n;
	struct roads_learned learned;
};

static void fit_free(struct fit *f)
{
	free(f->samples);
	free(f->learned.factor);
	free(f->learned.trips);
}

static Pb__Code make_fit(struct call *c, const struct roads *r, struct fit *f)
{
	size_t zones = roads_n_zones(r);
	Pb__Code e = store_samples(c, r, &f->samples, &f->n);

	f->learned.factor = calloc(zones, sizeof(*f->learned.factor));
	f->learned.trips = calloc(zones, sizeof(*f->learned.trips));
	if (e)
		return e;
	if (!f->learned.factor || !f->learned.trips ||
		!roads_learn(f->samples, f->n, zones, &f->learned))
		return call_fail(c, PB__CODE__BUSY, "out of memory");
	return PB__CODE__OK;
}

static Pb__Code fit_now(struct call *c, const struct roads *r, int64_t newest_us)
{
	struct fit f = { 0 };
	Pb__Code e = make_fit(c, r, &f);

	if (!e)
		e = store_keep_fit(c, r, own.digest, newest_us, f.n, &f.learned);
	if (!e)
		log_info("speeds learned", "samples=%zu city_factor=%.3f sigma_at_noon=%.3f", f.n,
			f.learned.city, f.learned.sigma[12]);
	fit_free(&f);
	return e;
}

Pb__Code fit_speeds(struct call *c, bool *ret_more)
{
	struct roads_router *q = plain_router();
	struct fit_row last;
	int64_t newest_us = 0;
	Pb__Code e;

	*ret_more = false;
	if (!q)
		return PB__CODE__OK;
	e = store_last_fit(c, &last);
	if (!e)
		e = store_newest_trip(c, &newest_us);
	if (e || !newest_us || c->at_us - last.fitted_us < settings.learn_seconds * US_PER_S ||
		(newest_us <= last.newest_us && !strcmp(last.graph, own.digest)))
		return e;
	return fit_now(c, roads_router_graph(q), newest_us);
}

Pb__Code use_speeds(struct call *c, bool *ret_more)
{
	struct roads_factor *v;
	struct fit_row last;
	size_t n;
	Pb__Code e;

	*ret_more = false;
	if (!dispatch_router())
		return PB__CODE__OK;
	e = store_last_fit(c, &last);
	if (e || last.fitted_us == own.used_us)
		return e;
	e = store_factors(c, &v, &n);
	if (e)
		return e;
	if (!roads_live_learned(v, n, last.sigma))
		return call_fail(c, PB__CODE__BUSY, "out of memory");
	own.used_us = last.fitted_us;
	log_info("learned speeds in use", "districts=%zu", n);
	return PB__CODE__OK;
}
