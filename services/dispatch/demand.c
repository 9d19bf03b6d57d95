/* demand.c - where incidents are to be expected, from those of the last four weeks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/dispatch.h"
#include "dispatch/roads_live.h"
#include "kit/timeutil.h"

enum { FRESH_S = 600, ENOUGH = 50, FAR_S = 7200 };

/* A moment without traffic: three at night in Xi'an. */
static const int64_t FREE_FLOW_US = INT64_C(19) * 3600 * US_PER_S;

struct known {
	char region[33];
	int64_t at_us;
	struct demand demand;
	struct zone *zones;
	struct post_site *posts;
	char (*codes)[33];
	float *drive_s;
};
static struct known all[LEASES_MAX];

static struct known *place_for(const char *region)
{
	struct known *oldest = &all[0];

	for (size_t i = 0; i < LEASES_MAX; i++) {
		if (!strcmp(all[i].region, region))
			return &all[i];
		if (all[i].at_us < oldest->at_us)
			oldest = &all[i];
	}
	memset(oldest->region, 0, sizeof(oldest->region));
	(void)memccpy(oldest->region, region, 0, sizeof(oldest->region) - 1);
	oldest->at_us = 0;
	return oldest;
}

static bool keep_zones(struct known *k, const struct db_rows *r)
{
	struct zone *zones = realloc(k->zones, (r->n + 1) * sizeof(*zones));
	double total = 0;

	if (!zones)
		return false;
	k->zones = zones;
	for (size_t i = 0; i < r->n; i++)
		total += (double)db_get_i64(r, i, 2);
	for (size_t i = 0; i < r->n; i++)
		zones[i] = (struct zone){ .at = { db_get_f64(r, i, 0), db_get_f64(r, i, 1) },
			.share = (double)db_get_i64(r, i, 2) / total };
	k->demand.zones = zones;
	k->demand.n_zones = total >= ENOUGH ? r->n : 0;
	return true;
}

static bool keep_posts(struct known *k, const struct db_rows *r)
{
	struct post_site *posts = realloc(k->posts, (r->n + 1) * sizeof(*posts));
	char(*codes)[33] = posts ? realloc(k->codes, (r->n + 1) * sizeof(*codes)) : NULL;

	if (posts)
		k->posts = posts;
	if (!codes)
		return false;
	k->codes = codes;
	for (size_t i = 0; i < r->n; i++) {
		memset(codes[i], 0, sizeof(codes[i]));
		(void)memccpy(codes[i], db_get_text(r, i, 0), 0, sizeof(codes[i]) - 1);
		posts[i] = (struct post_site){ codes[i],
			{ db_get_f64(r, i, 1), db_get_f64(r, i, 2) } };
	}
	k->demand.posts = posts;
	k->demand.n_posts = r->n;
	return true;
}

/* Driving from every post to every zone in free flow, for cover, when there is a road graph; whole
 * tenths of a second, as the record of a decision keeps them. */
static bool keep_drives(struct call *c, struct known *k)
{
	size_t zones = k->demand.n_zones, posts = k->demand.n_posts;
	struct travel_from *from = ARENA_ARRAY(c->arena, struct travel_from, posts + 1);
	struct travel *t = ARENA_ARRAY(c->arena, struct travel, posts + 1);
	float *drives = realloc(k->drive_s, (zones * posts + 1) * sizeof(*drives));
	struct travel_model roads = dispatch_travel();

	if (drives)
		k->drive_s = drives;
	k->demand.drive_s = NULL;
	if (!from || !t || !drives)
		return false;
	if (!dispatch_router())
		return true;
	for (size_t i = 0; i < posts; i++)
		from[i] = (struct travel_from){
			.at = k->posts[i].at, .course_deg = -1, .speed_mps = -1, .under_way = true
		};
	for (size_t z = 0; z < zones; z++) {
		roads.to(roads.ctx, k->zones[z].at, FREE_FLOW_US, from, posts, t);
		for (size_t i = 0; i < posts; i++)
			drives[i * zones + z] = (float)lround(fmin(t[i].eta_s, FAR_S) * 10) / 10;
	}
	k->demand.drive_s = drives;
	return true;
}

static bool look(struct call *c, struct known *k, const char *region)
{
	struct db_rows zones, rate, posts;

	if (db_run(c, &sql_zones, &zones, DB_ARGS(db_text(region), db_time(c->at_us))) ||
		db_run(c, &sql_rate, &rate, DB_ARGS(db_text(region), db_time(c->at_us))) ||
		db_run(c, &sql_sites, &posts, DB_ARGS(db_text(region))))
		return false;
	if (!keep_zones(k, &zones) || !keep_posts(k, &posts) || !keep_drives(c, k))
		return false;
	k->demand.rate_per_s = db_get_f64(&rate, 0, 0);
	k->at_us = c->at_us;
	return true;
}

const struct demand *demand_of(struct call *c, const char *region, double busy)
{
	struct known *k = place_for(region);

	if (c->at_us - k->at_us > FRESH_S * US_PER_S && !look(c, k, region))
		return NULL;
	for (size_t i = 0; i < k->demand.n_zones; i++)
		k->zones[i].busy = busy;
	return k->demand.n_zones ? &k->demand : NULL;
}
