/* roads_live.c - the road graph of a running service, and its replacement without a restart. */
#include "dispatch/roads_live.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "kit/log.h"
#include "kit/timeutil.h"

enum { LOOK_MS = 200, LOOKS_PER_CHECK = 5 };

struct stamp {
	bool there;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

/* Between the two threads. */
static struct {
	pthread_mutex_t lock;
	struct roads_router *ready; /* for the service thread to take */
	bool running;
	atomic_bool stop;
	pthread_t thread;
	char path[1024];
	struct stamp tried; /* the file as last read, good or bad */
	struct stamp seen;  /* as last looked at */
} live = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The service thread's own. */
static struct {
	struct roads_router *now, *before;
	struct roads_factor *factors;
	size_t n_factors;
	double sigma[24];
	bool has_sigma;
	char name[24];
} own = { .name = "straight" };

static atomic_bool hup; /* lock-free, so a handler may set it */

static void on_hup(int sig)
{
	(void)sig;
	atomic_store(&hup, true);
}

/* ---- the watching thread ---- */

static struct stamp look(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return (struct stamp){ 0 };
	return (struct stamp){ true, st.st_ino, st.st_size, st.st_mtim };
}

static bool same(const struct stamp *a, const struct stamp *b)
{
	return a->there == b->there && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static void hand_over(struct roads_router *q)
{
	pthread_mutex_lock(&live.lock);
	struct roads_router *passed_over = live.ready;
	live.ready = q;
	pthread_mutex_unlock(&live.lock);
	roads_router_free(passed_over);
}

static void say_loaded(struct roads_router *q, int64_t from_us)
{
	const struct roads *r = roads_router_graph(q);
	char path[1100];

	log_info("road graph loaded",
		"file=%s nodes=%zu edges=%zu zones=%zu digest=%.12s straight_line_factor=%.3f "
		"ms=%.0f",
		log_quote(live.path, path, sizeof(path)), roads_n_nodes(r), roads_n_edges(r),
		roads_n_zones(r), roads_digest(r), roads_fit_straight(q).factor,
		(double)(mono_us() - from_us) / 1000);
}

static void load(void)
{
	struct roads_fault f = { "" };
	int64_t from_us = mono_us();
	struct roads *r = roads_read(live.path, &f);
	struct roads_router *q = r ? roads_router_new(r, NULL) : NULL;
	char text[600];

	roads_free(r); /* the router holds it */
	if (!q) {
		log_error("road graph refused, going on as before", "why=%s",
			log_quote(r ? "out of memory" : f.text, text, sizeof(text)));
		return;
	}
	roads_fit_straight(q);
	say_loaded(q, from_us);
	hand_over(q);
}

/* A file that still grows is left alone until it has been the same for a second. */
static void check_file(bool asked)
{
	struct stamp now = look(live.path);
	bool settled = same(&now, &live.seen);

	live.seen = now;
	if (!asked && (same(&now, &live.tried) || !settled))
		return;
	live.tried = now;
	if (now.there || asked)
		load();
	else
		log_warn("road graph is gone, going on with the one in memory", "file=%s",
			live.path);
}

static void *watch(void *unused)
{
	(void)unused;
	for (unsigned n = 0; !atomic_load(&live.stop); n++) {
		bool asked = atomic_exchange(&hup, false);
		if (asked || n % LOOKS_PER_CHECK == 0)
			check_file(asked);
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_MS * 1000000L }, NULL);
	}
	return NULL;
}

/* ---- start and stop ---- */

bool roads_live_start(const char *path)
{
	struct sigaction sa = { .sa_handler = on_hup, .sa_flags = SA_RESTART };

	sigaction(SIGHUP, &sa, NULL);
	if (!*path) {
		log_info("no road graph set, travel times by straight line", "setting=%s", "roads");
		return true;
	}
	if (snprintf(live.path, sizeof(live.path), "%s", path) >= (int)sizeof(live.path)) {
		log_error("the path of the road graph is too long", "setting=%s", "roads");
		return false;
	}
	live.seen = live.tried = look(live.path);
	load();
	live.running = !pthread_create(&live.thread, NULL, watch, NULL);
	return live.running;
}

void roads_live_stop(void)
{
	atomic_store(&live.stop, true);
	if (live.running)
		pthread_join(live.thread, NULL);
	live.running = false;
	atomic_store(&live.stop, false);
	hand_over(NULL);
	roads_router_free(own.now);
	roads_router_free(own.before);
	free(own.factors);
	memset(&own, 0, sizeof(own));
	memcpy(own.name, "straight", sizeof("straight"));
}

/* ---- the service thread ---- */

static const struct roads_factor *factor_for(const char *zone)
{
	for (size_t i = 0; i < own.n_factors; i++)
		if (!strcmp(own.factors[i].zone, zone))
			return &own.factors[i];
	return NULL;
}

static bool apply_factors(struct roads_router *q)
{
	const struct roads *r = roads_router_graph(q);
	struct roads_speeds s = roads_default_speeds();
	bool ok;

	s.n_zones = roads_n_zones(r);
	s.factor = calloc(s.n_zones, sizeof(*s.factor));
	if (!s.factor)
		return false;
	for (size_t z = 0; z < s.n_zones; z++) {
		const struct roads_factor *f = factor_for(roads_zone_code(r, z));
		f = f ? f : factor_for(""); /* what the whole city taught */
		for (int h = 0; h < 24; h++)
			s.factor[z][h] = f ? f->factor[h] : 1;
	}
	if (own.has_sigma)
		memcpy(s.sigma, own.sigma, sizeof(s.sigma));
	ok = roads_router_set_speeds(q, &s);
	free(s.factor);
	return ok;
}

/* The router before the last is let go here: whoever asked for a model in this call or the one
 * before may still use it. */
static void take_over(void)
{
	pthread_mutex_lock(&live.lock);
	struct roads_router *fresh = live.ready;
	live.ready = NULL;
	pthread_mutex_unlock(&live.lock);
	if (!fresh)
		return;
	if (own.n_factors && !apply_factors(fresh))
		log_error("learned speeds not applied", "why=%s", "out of memory");
	roads_router_free(own.before);
	own.before = own.now;
	own.now = fresh;
	snprintf(
		own.name, sizeof(own.name), "roads:%.12s", roads_digest(roads_router_graph(fresh)));
}

struct roads_router *dispatch_router(void)
{
	take_over();
	return own.now;
}

struct travel_model dispatch_travel(void)
{
	struct roads_router *q = dispatch_router();

	return q ? roads_model(q) : travel_straight;
}

const char *dispatch_travel_name(void)
{
	return own.name;
}

bool roads_live_learned(const struct roads_factor *v, size_t n, const double *sigma)
{
	struct roads_factor *copy = malloc((n + 1) * sizeof(*copy));

	if (!copy)
		return false;
	if (n)
		memcpy(copy, v, n * sizeof(*copy));
	free(own.factors);
	own.factors = copy;
	own.n_factors = n;
	own.has_sigma = sigma;
	if (sigma)
		memcpy(own.sigma, sigma, sizeof(own.sigma));
	return !own.now || apply_factors(own.now);
}
