/* known.c - the process's own index of newest positions. */
#include "dispatch/known.h"

#include <pthread.h>
#include <string.h>
#include "dispatch/positions.h"
#include "kit/timeutil.h"

static struct {
	pthread_mutex_t lock;
	struct positions *index; /* NULL until the first refresh */
	int64_t seen_us;         /* what was written before is in it */
} known = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Writers stamp a row before they commit it: so far back one looks again. */
static const int64_t OVERLAP_US = 5 * US_PER_S;

void known_put(const char *id, const struct fix *fix)
{
	pthread_mutex_lock(&known.lock);
	if (known.index)
		positions_put(known.index, id, fix);
	pthread_mutex_unlock(&known.lock);
}

/* $1 heard or changed since. Who went off duty long ago is of no interest. */
const struct db_stmt sql_whereabouts = {
	"whereabouts",
	"select id, fix_at, fix_lon, fix_lat, fix_accuracy_m, fix_doubtful, fix_speed_mps::float8,"
	"  fix_course_deg::float8, status <> 'OFF_DUTY' and not disabled, status = 'AVAILABLE'"
	" from dispatch.responder where fix_at is not null"
	"  and (heard_at >= $1 or status_at >= $1 or disabled)",
	.in = { DB_TIME },
	.out = { DB_UUID, DB_TIME, DB_F64, DB_F64, DB_F64, DB_BOOL, DB_F64, DB_F64, DB_BOOL,
		DB_BOOL },
};

static void take(const struct db_rows *r, size_t i)
{
	const char *id = db_get_text(r, i, 0);
	const struct fix f = { .at_us = db_get_i64(r, i, 1),
		.at = { db_get_f64(r, i, 2), db_get_f64(r, i, 3) },
		.accuracy_m = db_get_f64(r, i, 4),
		.doubtful = db_get_bool(r, i, 5),
		.speed_mps = db_get_f64(r, i, 6),
		.course_deg = db_get_f64(r, i, 7) };
	uint32_t tags = (db_get_bool(r, i, 8) ? KNOWN_ON_DUTY : 0) |
			(db_get_bool(r, i, 9) ? KNOWN_AVAILABLE : 0);

	positions_put(known.index, id, &f);
	positions_tag(known.index, id, tags);
}

Pb__Code known_refresh(struct call *c, bool *ret_more)
{
	struct db_rows r;
	int64_t since = known.seen_us - OVERLAP_US;
	Pb__Code e = db_run(c, &sql_whereabouts, &r, DB_ARGS(db_time(since < 0 ? 0 : since)));

	*ret_more = false;
	if (e)
		return e;
	pthread_mutex_lock(&known.lock);
	if (!known.index)
		known.index = positions_new();
	for (size_t i = 0; known.index && i < r.n; i++)
		take(&r, i);
	known.seen_us = c->at_us;
	pthread_mutex_unlock(&known.lock);
	return PB__CODE__OK;
}

static size_t find(struct lonlat at, uint32_t want, size_t k, struct near *near, char (*ids)[40])
{
	size_t n;

	pthread_mutex_lock(&known.lock);
	n = known.index ? positions_nearest(known.index, at, want, k, near) : 0;
	for (size_t i = 0; i < n; i++)
		memcpy(ids[i], near[i].id, strlen(near[i].id) + 1);
	pthread_mutex_unlock(&known.lock);
	return n;
}

const char **known_nearest(
	struct arena *a, struct lonlat at, uint32_t want, size_t k, size_t *ret_n)
{
	struct near *near = ARENA_ARRAY(a, struct near, k + 1);
	char(*ids)[40] = arena_alloc(a, (k + 1) * sizeof *ids);
	const char **ret = ARENA_ARRAY(a, const char *, k + 1);

	if (!near || !ids || !ret)
		return NULL;
	*ret_n = find(at, want, k, near, ids);
	for (size_t i = 0; i < *ret_n; i++)
		ret[i] = ids[i];
	return ret;
}

void known_stop(void)
{
	positions_free(known.index);
	known.index = NULL;
	known.seen_us = 0;
}
