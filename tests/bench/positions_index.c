/* positions_index.c - the index of newest positions beside Redis (GEOADD, GEOSEARCH) and PostGIS
 * (KNN by GiST): the same moves and the same questions, and whether the answers agree. Run by
 * positions.mjs.
 *
 *   bench-positions [--redis SOCKET] [--pg CONNINFO]
 *
 * The others get what they are good at: commands pipelined by hundreds, no persistence, and for
 * GEOSEARCH, which needs a radius, just the one that holds the answer. */
#include <libpq-fe.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "dispatch/positions.h"
#include "kit/timeutil.h"

enum {
	PEOPLE = 5000,
	K = 10,
	MOVES = 2000000,
	QUESTIONS = 400000,
	THEIR_MOVES = 300000,
	THEIR_QUESTIONS = 40000,
	PG_MOVES = 40000,
	PG_QUESTIONS = 10000,
	PIPE = 200,
	MOVES_MADE = 65536
};

struct move {
	uint32_t who;
	struct lonlat to;
};

struct answer {
	uint32_t who[K];
	double m[K];
	size_t n;
};

static struct move moves[MOVES_MADE];
static struct lonlat questions[THEIR_QUESTIONS];
static struct lonlat now_at[PEOPLE];
static struct answer answers[THEIR_QUESTIONS];
static char ids[PEOPLE][40];
static uint64_t seed = 88172645463325252u;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static double uniform(double from, double to)
{
	return from + (to - from) * (double)(draw() >> 11) / (double)(UINT64_C(1) << 53);
}

/* Two in three within the ring road, the rest over the county. */
static struct lonlat somewhere(void)
{
	return draw() % 3 ? (struct lonlat){ uniform(108.86, 109.04), uniform(34.19, 34.33) }
			  : (struct lonlat){ uniform(108.60, 109.30), uniform(34.00, 34.50) };
}

/* Cars drive: a move goes some 50 m on from the last one. */
static void make_moves(void)
{
	static struct lonlat at[PEOPLE];

	for (size_t i = 0; i < PEOPLE; i++) {
		snprintf(ids[i], sizeof ids[i], "01890000-0000-7000-8000-%012zx", i * 7919);
		at[i] = somewhere();
	}
	for (size_t i = 0; i < MOVES_MADE; i++) {
		uint32_t who = i < PEOPLE ? (uint32_t)i : (uint32_t)(draw() % PEOPLE);
		at[who].lon += uniform(-6e-4, 6e-4);
		at[who].lat += uniform(-5e-4, 5e-4);
		moves[i] = (struct move){ who, at[who] };
	}
	for (size_t i = 0; i < THEIR_QUESTIONS; i++)
		questions[i] = somewhere();
	memcpy(now_at, at, sizeof at);
}

static double rate(size_t n, int64_t from_us)
{
	return (double)n * 1e6 / (double)(mono_us() - from_us);
}

/* ---- ours ---- */

static double our_moves, our_questions;

static void run_ours(void)
{
	struct positions *p = positions_new();
	struct near near[K];
	double sum = 0;
	int64_t t = mono_us();

	for (size_t i = 0; i < MOVES; i++) {
		const struct move *m = &moves[i % MOVES_MADE];
		struct fix f = { .at = m->to, .at_us = (int64_t)i + 1 };
		positions_put(p, ids[m->who], &f);
	}
	our_moves = rate(MOVES, t);
	for (size_t i = 0; i < PEOPLE; i++) { /* where all stand at the end of one round */
		struct fix f = { .at = now_at[i], .at_us = INT64_MAX };
		positions_put(p, ids[i], &f);
	}
	t = mono_us();
	for (size_t i = 0; i < QUESTIONS; i++) {
		size_t n = positions_nearest(p, questions[i % THEIR_QUESTIONS], 0, K, near);
		sum += near[n - 1].distance_m;
	}
	our_questions = rate(QUESTIONS, t);
	for (size_t i = 0; i < THEIR_QUESTIONS; i++) {
		struct answer *a = &answers[i];
		a->n = positions_nearest(p, questions[i], 0, K, near);
		for (size_t k = 0; k < a->n; k++) {
			a->who[k] = (uint32_t)(strtoul(near[k].id + 24, NULL, 16) / 7919);
			a->m[k] = near[k].distance_m;
		}
	}
	printf("in memory: %.2f M moves/s, %.3f M questions/s (k %d of %d, mean %.0f m)\n",
		our_moves / 1e6, our_questions / 1e6, K, PEOPLE, sum / QUESTIONS);
	positions_free(p);
}

/* Do they name the same, but for those as far as each other to `slack`? */
static bool agrees(
	const struct answer *a, const uint32_t *who, size_t n, struct lonlat at, double slack)
{
	if (n != a->n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (who[i] != a->who[i] && fabs(geo_distance_m(at, now_at[who[i]]) - a->m[i]) >
						   slack + a->m[i] * 0.005)
			return false;
	return true;
}

static void report(
	const char *name, double theirs_moves, double theirs_questions, size_t agreed, size_t of)
{
	printf("%s: %.0f k moves/s, %.1f k questions/s; ours %.1f and %.1f times that; %zu of %zu "
	       "answers agree\n",
		name, theirs_moves / 1e3, theirs_questions / 1e3, our_moves / theirs_moves,
		our_questions / theirs_questions, agreed, of);
}

/* ---- Redis ---- */

struct redis {
	int fd;
	char in[1 << 16];
	size_t n, at;
};

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static const char *redis_line(struct redis *r)
{
	for (;;) {
		char *from = r->in + r->at, *end = memchr(from, '\n', r->n - r->at);
		if (end) {
			r->at = (size_t)(end - r->in) + 1;
			return from;
		}
		memmove(r->in, from, r->n - r->at);
		r->n -= r->at;
		r->at = 0;
		ssize_t got = read(r->fd, r->in + r->n, sizeof r->in - r->n);
		need(got > 0, "redis");
		r->n += (size_t)got;
	}
}

static void write_all(int fd, const char *p, size_t n)
{
	for (ssize_t got; n; p += got, n -= (size_t)got)
		need((got = write(fd, p, n)) > 0, "redis");
}

static double redis_moves(struct redis *r, size_t count)
{
	static char out[PIPE * 256];
	int64_t t = mono_us();

	for (size_t i = 0; i < count; i += PIPE) {
		size_t len = 0;
		for (size_t k = 0; k < PIPE; k++) {
			const struct move *m = &moves[(i + k) % MOVES_MADE];
			char lon[32], lat[32];
			int a = snprintf(lon, sizeof lon, "%.7f", m->to.lon);
			int b = snprintf(lat, sizeof lat, "%.7f", m->to.lat);
			len += (size_t)snprintf(out + len, sizeof out - len,
				"*5\r\n$6\r\nGEOADD\r\n$1\r\np\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n$"
				"36\r\n%s\r\n",
				a, lon, b, lat, ids[m->who]);
		}
		write_all(r->fd, out, len);
		for (size_t k = 0; k < PIPE; k++)
			need(*redis_line(r) == ':', "GEOADD");
	}
	return rate(count, t);
}

static void redis_settle(struct redis *r)
{
	char out[256];

	for (size_t i = 0; i < PEOPLE; i++) {
		int n = snprintf(out, sizeof out, "GEOADD p %.9f %.9f %s\r\n", now_at[i].lon,
			now_at[i].lat, ids[i]);
		write_all(r->fd, out, (size_t)n);
		need(*redis_line(r) == ':', "GEOADD");
	}
}

static size_t redis_agreed;

/* The radius that holds K of them wherever one asks, or, were it known, just that of each question.
 */
static double redis_questions(struct redis *r, size_t count, bool known)
{
	double wide = 0;
	static char out[PIPE * 256];
	int64_t t = mono_us();

	redis_agreed = 0;
	for (size_t i = 0; i < THEIR_QUESTIONS; i++)
		wide = fmax(wide, answers[i].m[K - 1]);
	for (size_t i = 0; i < count; i += PIPE) {
		size_t len = 0;
		for (size_t k = i; k < i + PIPE; k++)
			len += (size_t)snprintf(out + len, sizeof out - len,
				"GEOSEARCH p FROMLONLAT %.7f %.7f BYRADIUS %.1f m ASC COUNT %d\r\n",
				questions[k].lon, questions[k].lat,
				(known ? answers[k].m[K - 1] : wide) * 1.002 + 2, K);
		write_all(r->fd, out, len);
		for (size_t k = i; k < i + PIPE; k++) {
			uint32_t who[K];
			const char *line = redis_line(r);
			need(*line == '*', "GEOSEARCH");
			size_t n = strtoul(line + 1, NULL, 10);
			for (size_t j = 0; j < n; j++) {
				redis_line(r);
				who[j] = (uint32_t)(strtoul(redis_line(r) + 24, NULL, 16) / 7919);
			}
			/* Redis keeps places to 0.6 m. */
			redis_agreed += agrees(&answers[k], who, n, questions[k], 2);
		}
	}
	return rate(count, t);
}

static void run_redis(const char *path)
{
	static struct redis r;
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	r.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	need(r.fd >= 0 && connect(r.fd, (struct sockaddr *)&a, sizeof a) == 0, path);
	redis_moves(&r, PEOPLE);
	double m = redis_moves(&r, THEIR_MOVES);
	redis_settle(&r);
	double q = redis_questions(&r, THEIR_QUESTIONS / 10, false);
	report("Redis, one radius for all questions", m, q, redis_agreed, THEIR_QUESTIONS / 10);
	q = redis_questions(&r, THEIR_QUESTIONS, true);
	report("Redis, told each question's radius", m, q, redis_agreed, THEIR_QUESTIONS);
	close(r.fd);
}

/* ---- PostGIS ---- */

static void pg_do(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);

	if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK) {
		fprintf(stderr, "%s: %s", sql, PQerrorMessage(pg));
		exit(1);
	}
	PQclear(r);
}

/* One pipeline: `count` times the prepared statement; each row of the results to `take`. */
static void pg_pipe(PGconn *pg, const char *stmt, size_t from, size_t count, bool ask,
	void (*take)(size_t k, const PGresult *r))
{
	PQenterPipelineMode(pg);
	for (size_t k = from; k < from + count; k++) {
		const struct move *m = &moves[k % MOVES_MADE];
		struct lonlat at = ask ? questions[k] : m->to;
		char lon[32], lat[32];
		const char *v[3] = { lon, lat, ask ? NULL : ids[m->who] };
		snprintf(lon, sizeof lon, "%.7f", at.lon);
		snprintf(lat, sizeof lat, "%.7f", at.lat);
		PQsendQueryPrepared(pg, stmt, ask ? 2 : 3, v, NULL, NULL, 0);
	}
	PQpipelineSync(pg);
	for (size_t k = from; k < from + count; k++) {
		PGresult *r = PQgetResult(pg);
		if (take)
			take(k, r);
		PQclear(r);
		PQgetResult(pg); /* the end of the statement's results */
	}
	PQclear(PQgetResult(pg));
	PQexitPipelineMode(pg);
}

static size_t pg_agreed;

static void take_answer(size_t k, const PGresult *r)
{
	uint32_t who[K];
	int n = PQntuples(r) < K ? PQntuples(r) : K;

	for (int i = 0; i < n; i++)
		who[i] = (uint32_t)(strtoul(PQgetvalue(r, i, 0) + 24, NULL, 16) / 7919);
	/* PostGIS measures on the spheroid: up to 0.5 % from the sphere. */
	pg_agreed += agrees(&answers[k], who, (size_t)n, questions[k], 2);
}

static void run_pg(const char *conninfo)
{
	PGconn *pg = PQconnectdb(conninfo);

	need(PQstatus(pg) == CONNECTION_OK, "postgres");
	pg_do(pg, "set synchronous_commit = off");
	pg_do(pg, "create unlogged table bench_place (id text primary key, at geography(point) not "
		  "null)");
	pg_do(pg, "create index on bench_place using gist (at)");
	pg_do(pg, "prepare move (float8, float8, text) as insert into bench_place values ($3,"
		  " st_point($1, $2)::geography) on conflict (id) do update set at = excluded.at");
	pg_do(pg, "prepare ask (float8, float8) as select id from bench_place"
		  " order by at <-> st_point($1, $2)::geography limit 10");
	pg_pipe(pg, "move", 0, PEOPLE, false, NULL);
	int64_t t = mono_us();
	for (size_t i = 0; i < PG_MOVES; i += PIPE)
		pg_pipe(pg, "move", i, PIPE, false, NULL);
	double m = rate(PG_MOVES, t);
	for (size_t i = 0; i < MOVES_MADE; i += MOVES_MADE / 16) /* all the rest: where all stand */
		pg_pipe(pg, "move", i, MOVES_MADE / 16, false, NULL);
	pg_do(pg, "vacuum analyze bench_place");
	t = mono_us();
	for (size_t i = 0; i < PG_QUESTIONS; i += PIPE)
		pg_pipe(pg, "ask", i, PIPE, true, take_answer);
	double q = rate(PG_QUESTIONS, t);
	report("PostGIS", m, q, pg_agreed, PG_QUESTIONS);
	pg_do(pg, "drop table bench_place");
	PQfinish(pg);
}

int main(int argc, char **argv)
{
	make_moves();
	run_ours();
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--redis") == 0)
			run_redis(argv[i + 1]);
		else if (strcmp(argv[i], "--pg") == 0)
			run_pg(argv[i + 1]);
	}
	return 0;
}
