/* live.c - cars as threads with accounts of their own; the centre sends orders by the tape; at the
 * end the same stretch is played against the engine alone, for comparison.
 */
#include "live.h"

#include <curl/curl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"
#include "world.h"

/* What is known of a call. Times are seconds of the simulated day. */
struct live_call {
	const struct incident_call *tape;
	size_t number; /* in the tape's day */
	char incident[40];
	int64_t posted_us, made_us; /* order taken; first offer made, by the service's clock */
	double arrived;             /* < 0: not yet */
	bool cleared, failed;
	unsigned offers;
};

struct live {
	struct world w; /* for HTTP people and their sign-in */
	struct stage stage;
	struct city *city;
	const struct live_options *o;
	struct clock clock; /* the pace of the wall's hour, all day */
	pthread_mutex_t lock;
	struct live_call *calls;
	size_t n;
	int64_t start_us;
	double *reaction_ms; /* order sent to first offer */
	_Atomic int faults;
};

struct live_car {
	struct live *l;
	struct person person;
	struct vehicle v;
	struct http h;
	json_t *me;
	char offer[40], incident[40]; /* being thought about; driven to */
	double answer_at, sent_at, clear_at;
	size_t index;
	bool drives; /* else only taken off duty, so that nobody is asked who isn't there */
};

static double now_s(const struct live *l)
{
	return l->o->from_h * 3600 + (double)(mono_us() - l->start_us) / 1e6 * l->o->speed;
}

static struct live_call *find_call(struct live *l, const char *incident)
{
	for (size_t i = 0; i < l->n; i++)
		if (*incident && !strcmp(l->calls[i].incident, incident))
			return &l->calls[i];
	return NULL;
}

/* Waits for an order whose reply is still under way. */
static struct live_call *await_call(struct live *l, const char *incident)
{
	for (int tries = 0; tries < 50; tries++) {
		struct live_call *k;
		struct timespec ts = { 0, 20000000 };
		pthread_mutex_lock(&l->lock);
		k = find_call(l, incident);
		pthread_mutex_unlock(&l->lock);
		if (k)
			return k;
		nanosleep(&ts, NULL);
	}
	return NULL;
}

static void fault(struct live *l, const char *who, const char *what)
{
	if (atomic_fetch_add(&l->faults, 1) < 20)
		fprintf(stderr, "citysim: %s: %s\n", who, what);
}

/* POST to form with an id in it; true when it was done. */
static bool did(
	struct live_car *c, const char *collection, const char *id, const char *verb, json_t *body)
{
	char path[200];
	json_t *reply;

	snprintf(path, sizeof path, "/v1/%s/%s:%s", collection, id, verb);
	reply = http_call(&c->h, "POST", path, body);
	json_decref(body);
	json_decref(reply);
	return reply != NULL;
}

static json_t *place_of(const struct vehicle *v)
{
	return json_pack("{s:f,s:f,s:s,s:f}", "lon", v->fix.lon, "lat", v->fix.lat, "datum",
		"WGS84", "accuracyM", 15.0);
}

/* Every ten seconds of the city, what the phone says. */
static void send_fix(struct live_car *c, double now)
{
	struct live *l = c->l;
	char at[TIME_TEXT_MAX];
	json_t *fix;

	pthread_mutex_lock(&l->lock);
	vehicle_update_fix(&c->v, l->city, &l->clock, l->stage.scenario, 1, now);
	pthread_mutex_unlock(&l->lock);
	if (!(c->v.fix_s > c->sent_at))
		return;
	c->sent_at = c->v.fix_s;
	fix = json_pack("{s:o,s:s,s:f}", "position", place_of(&c->v), "fixAt",
		time_to_text(now_us() - (int64_t)((now - c->v.fix_s) * 1e6 / l->o->speed), at),
		"speedMps", c->v.fix_mps);
	if (fix && c->v.fix_course >= 0)
		json_object_set_new(fix, "courseDeg", json_real(c->v.fix_course));
	fix = json_pack("{s:[o]}", "fixes", fix);
	json_decref(http_call(&c->h, "POST", "/v1/positions", fix));
	json_decref(fix);
}

static void go(struct live_car *c, double now, double turnout, double factor, uint32_t to)
{
	struct live *l = c->l;

	pthread_mutex_lock(&l->lock);
	vehicle_update_fix(&c->v, l->city, &l->clock, l->stage.scenario, 1, now);
	vehicle_go(&c->v, l->city, &l->clock, now, turnout, factor, to);
	pthread_mutex_unlock(&l->lock);
}

/* A new offer is looked at for accept_s, then taken or not, as on the tape. */
static void consider(struct live_car *c, double now)
{
	const json_t *offer = json_object_get(c->me, "offer");
	const char *id = text_at(offer, "offerId", NULL);
	struct live *l = c->l;
	struct live_call *k;
	enum answer a;

	if (!*id || *text_at(offer, "agreedAt", NULL)) {
		*c->offer = 0;
		return;
	}
	k = await_call(l, text_at(offer, "incidentId", NULL));
	if (strcmp(c->offer, id) != 0) {
		snprintf(c->offer, sizeof c->offer, "%s", id);
		c->answer_at = now + l->stage.scenario->accept_s;
		pthread_mutex_lock(&l->lock);
		if (k && !k->offers++)
			(void)!time_from_text(text_at(offer, "madeAt", NULL), &k->made_us);
		pthread_mutex_unlock(&l->lock);
	}
	if (now < c->answer_at)
		return;
	/* an incident of another run: refused */
	a = k ? luck_answer(l->stage.scenario, k->tape->key, c->index, 0) : ANSWER_DECLINE;
	c->answer_at = INFINITY;
	if (a != ANSWER_NONE &&
		!did(c, "offers", id, a == ANSWER_ACCEPT ? "accept" : "decline",
			a == ANSWER_ACCEPT ? json_object()
					   : json_pack("{s:s}", "reason", "OTHER")) &&
		c->h.status != 409 && c->h.status != 422 && c->h.status != 404)
		fault(l, c->person.username, c->h.problem);
}

static void at_scene(struct live_car *c, double now, const char *assignment)
{
	struct live *l = c->l;
	struct live_call *k = await_call(l, c->incident);

	if (!k || now < c->clear_at)
		return;
	if (!did(c, "assignments", assignment, "clear", json_object()))
		fault(l, c->person.username, c->h.problem);
	else
		k->cleared = true;
}

/* Under way: a new incident means another way; there means a tap. */
static void under_way(struct live_car *c, double now, const json_t *assignment)
{
	const char *incident = text_at(assignment, "incidentId", NULL);
	const char *id = text_at(assignment, "assignmentId", NULL);
	struct live *l = c->l;
	struct live_call *k = await_call(l, incident);

	if (!k)
		return;
	if (strcmp(c->incident, incident) != 0) {
		const struct scenario *s = l->stage.scenario;
		snprintf(c->incident, sizeof c->incident, "%s", incident);
		go(c, now, fmax(clock_turnout(s, now) - s->accept_s, 0),
			luck_drive(s, k->tape->key, c->index), k->tape->node);
		(void)did(c, "assignments", id, "depart", json_object());
	}
	if (now < c->v.arrive_s)
		return;
	send_fix(c, now);
	if (!did(c, "assignments", id, "arrive", json_pack("{s:o}", "position", place_of(&c->v)))) {
		if (c->h.status != 409 && c->h.status != 404)
			fault(l, c->person.username, c->h.problem);
		return;
	}
	pthread_mutex_lock(&l->lock);
	if (k->arrived < 0)
		k->arrived = now;
	c->clear_at = now + k->tape->scene_s;
	pthread_mutex_unlock(&l->lock);
}

static void live_on(struct live_car *c)
{
	double now = now_s(c->l);
	const json_t *assignment = json_object_get(c->me, "assignment");
	const char *id = text_at(assignment, "assignmentId", NULL);

	send_fix(c, now);
	consider(c, now);
	if (*id && *text_at(assignment, "arrivedAt", NULL)) {
		at_scene(c, now, id);
	} else if (*id) {
		under_way(c, now, assignment);
	} else if (*c->incident && !*c->offer) {
		*c->incident = 0;
		go(c, now, 0, 1, c->l->stage.fleet.home[c->index]);
	}
}

/* Ends what an account has at hand, and its shift. */
static void stand_down(struct live_car *c)
{
	json_t *none = json_object(), *me = http_call(&c->h, "GET", "/v1/me", NULL);
	const json_t *assignment = json_object_get(me, "assignment");
	const char *id = text_at(assignment, "assignmentId", NULL);

	if (*id && *text_at(assignment, "arrivedAt", NULL))
		(void)did(c, "assignments", id, "clear", json_object());
	else if (*id)
		(void)did(c, "assignments", id, "release", json_pack("{s:s}", "reason", "OTHER"));
	json_decref(http_call(&c->h, "POST", "/v1/me:offDuty", none));
	json_decref(none);
	json_decref(me);
}

static void *car_main(void *arg)
{
	struct live_car *c = arg;
	struct live *l = c->l;
	json_t *on = json_pack("{s:s,s:s,s:s}", "post", c->person.post, "vehicle", "陕A0001警",
		"recorder", "REC-1");

	if (http_open(&c->h, l->w.base) && person_sign_in(&c->person, &c->h)) {
		stand_down(c);
		if (c->drives)
			json_decref(http_call(&c->h, "POST", "/v1/me:onDuty", on));
		while (c->drives && !atomic_load(&l->w.stop)) {
			json_decref(c->me);
			c->me = http_call(&c->h, "GET", "/v1/me", NULL);
			if (c->me)
				live_on(c);
			city_sleep(&l->w, 0.5 * l->o->speed);
		}
		if (c->drives)
			stand_down(c);
	}
	json_decref(on);
	json_decref(c->me);
	http_close(&c->h);
	return NULL;
}

/* ---- the centre ---- */

static void send_order(struct live *l, struct http *h, struct live_call *k)
{
	char number[48];
	json_t *body, *reply;
	const char *incident;

	snprintf(number, sizeof number, "LIVE-%s-%05zu", l->w.run, k->number);
	body = order_body(number, l->city->at[k->tape->node], k->number);
	k->posted_us = now_us();
	reply = http_call(h, "POST", "/v1/orders", body);
	incident = text_at(reply, "incidentId", NULL);
	pthread_mutex_lock(&l->lock);
	k->failed = !*incident || find_call(l, incident);
	if (!k->failed)
		snprintf(k->incident, sizeof k->incident, "%s", incident);
	pthread_mutex_unlock(&l->lock);
	if (k->failed)
		fault(l, number, reply ? "was merged with another" : h->problem);
	json_decref(reply);
	json_decref(body);
}

static size_t still_open(struct live *l)
{
	size_t n = 0;

	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->n; i++)
		n += !l->calls[i].failed && l->calls[i].arrived < 0;
	pthread_mutex_unlock(&l->lock);
	return n;
}

/* Orders at their times, then an hour for the last to be reached. */
static void centre(struct live *l)
{
	const json_t *a = world_account(&l->w, "DISPATCHER", 0);
	struct person p = { .w = &l->w,
		.username = text_at(a, "username", NULL),
		.password = text_at(a, "password", NULL) };
	double end = l->o->from_h * 3600 + l->o->minutes * 60 + 3600;
	struct http h;
	size_t next = 0;

	if (!http_open(&h, l->w.base))
		return;
	if (person_sign_in(&p, &h))
		while (now_s(l) < end && (next < l->n || still_open(l))) {
			while (next < l->n && l->calls[next].tape->known_s <= now_s(l))
				send_order(l, &h, &l->calls[next++]);
			city_sleep(&l->w, 0.1 * l->o->speed);
		}
	http_close(&h);
}

/* ---- report ---- */

struct live_figures {
	size_t n, late, never;
	double sum, longest;
};

static void count(struct live_figures *f, double response_s, double promise_s)
{
	bool served = response_s < INFINITY;

	f->n++;
	f->never += !served;
	f->late += !(response_s <= promise_s);
	f->sum += served ? response_s : 0;
	f->longest = fmax(f->longest, served ? response_s : 0);
}

static double late_share(const struct live_figures *f)
{
	return f->n ? (double)f->late / (double)f->n : 0;
}

static double mean(const struct live_figures *f)
{
	return f->n > f->never ? f->sum / (double)(f->n - f->never) : 0;
}

/* The same calls and cars against the engine alone, under the policy the service runs. */
static bool play_alone(struct live *l, struct live_figures *ret)
{
	struct incident_call *calls = calloc(l->n + 1, sizeof *calls);
	struct calls_day day = { .calls = calls, .key = 1 };
	struct sim_setup set = { .scenario = l->stage.scenario,
		.city = l->city,
		.day = &day,
		.fleet = &l->stage.fleet,
		.foresight = &l->stage.foresight,
		.belief = &l->stage.belief,
		.policy = policy_by_name("live") };
	struct sim_result r;
	bool ok;

	for (size_t i = 0; calls && i < l->n; i++)
		if (!l->calls[i].failed)
			calls[day.n++] = *l->calls[i].tape;
	ok = calls && set.policy && sim_run(&set, &r);
	for (size_t i = 0; ok && i < day.n; i++)
		count(ret, r.calls[i].response_s, l->stage.scenario->promise_s);
	if (ok)
		sim_result_free(&r);
	free(calls);
	return ok;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int report(struct live *l, bool json)
{
	struct live_figures live = { 0 }, alone = { 0 };
	size_t reactions = 0;
	double p50, p99;

	for (size_t i = 0; i < l->n; i++) {
		const struct live_call *k = &l->calls[i];
		if (k->failed)
			continue;
		count(&live, k->arrived >= 0 ? k->arrived - k->tape->at_s : INFINITY,
			l->stage.scenario->promise_s);
		if (k->made_us > 0)
			l->reaction_ms[reactions++] = (double)(k->made_us - k->posted_us) / 1e3;
	}
	if (!play_alone(l, &alone))
		return 2;
	qsort(l->reaction_ms, reactions, sizeof *l->reaction_ms, by_value);
	p50 = reactions ? l->reaction_ms[reactions / 2] : NAN;
	p99 = reactions ? l->reaction_ms[(reactions * 99) / 100] : NAN;
	if (json)
		printf("{\"calls\": %zu, \"lateShare\": %.6f, \"meanS\": %.1f, \"longestS\": %.1f, "
		       "\"unserved\": %zu, \"engineAlone\": {\"lateShare\": %.6f, \"meanS\": "
		       "%.1f}, "
		       "\"orderToOfferP50Ms\": %.1f, \"orderToOfferP99Ms\": %.1f, \"faults\": "
		       "%d}\n",
			live.n, late_share(&live), mean(&live), live.longest, live.never,
			late_share(&alone), mean(&alone), p50, p99, atomic_load(&l->faults));
	else
		printf("%zu calls over HTTP with %zu cars at %.0f times life\n"
		       "  services      late %6.2f %%  mean %5.0f s  longest %5.0f s  never %zu\n"
		       "  engine alone  late %6.2f %%  mean %5.0f s\n"
		       "  order to offer p50 %.0f ms, p99 %.0f ms; faults %d\n",
			live.n, l->stage.fleet.n, l->o->speed, 100 * late_share(&live), mean(&live),
			live.longest, live.never, 100 * late_share(&alone), mean(&alone), p50, p99,
			atomic_load(&l->faults));
	return live.never || atomic_load(&l->faults) ? 1 : 0;
}

/* ---- beginning ---- */

/* The stretch of the first day, moved to the wall's time of day: the services know no other hour.
 */
static bool take_calls(struct live *l, double begin_s)
{
	struct calls_day *d = &l->stage.days[0];
	double from = l->o->from_h * 3600, to = from + l->o->minutes * 60;

	l->calls = calloc(d->n + 1, sizeof *l->calls);
	l->reaction_ms = calloc(d->n + 1, sizeof *l->reaction_ms);
	for (size_t i = 0; l->calls && l->reaction_ms && i < d->n; i++) {
		if (d->calls[i].known_s < from || d->calls[i].known_s >= to)
			continue;
		d->calls[i].at_s += begin_s - from;
		d->calls[i].known_s += begin_s - from;
		l->calls[l->n++] =
			(struct live_call){ .tape = &d->calls[i], .number = i, .arrived = -1 };
	}
	if (!l->n)
		fprintf(stderr, "citysim: no calls in that stretch\n");
	return l->n > 0;
}

static bool hire(struct live *l, struct live_car *c, size_t i, const json_t *a)
{
	const char *own = text_at(a, "post", NULL);

	*c = (struct live_car){
		.l = l, .index = i, .sent_at = -1e9, .drives = i < l->stage.fleet.n
	};
	vehicle_init(&c->v, i, l->stage.fleet.home[c->drives ? i : 0]);
	c->v.fix_s = -1e9;
	c->person = (struct person){ .w = &l->w,
		.username = text_at(a, "username", NULL),
		.password = text_at(a, "password", NULL),
		.post = *own ? own : json_object_iter_key(json_object_iter(l->w.posts)) };
	return pthread_create(&c->person.thread, NULL, car_main, c) == 0;
}

static double wall_time_of_day(void)
{
	return fmod((double)now_us() / US_PER_S + 8 * 3600, 86400);
}

static int drive_all(struct live *l, bool json)
{
	size_t n = 0, accounts = 0;
	struct live_car *cars;
	int rc = 2;

	while (world_account(&l->w, "RESPONDER", accounts))
		accounts++;
	if (accounts < l->stage.fleet.n) {
		fprintf(stderr, "citysim: only %zu responders have accounts; --set units=%zu\n",
			accounts, accounts);
		return 2;
	}
	cars = calloc(accounts + 1, sizeof *cars);
	while (cars && n < accounts && hire(l, &cars[n], n, world_account(&l->w, "RESPONDER", n)))
		n++;
	if (n == accounts)
		centre(l);
	atomic_store(&l->w.stop, true);
	for (size_t i = 0; i < n; i++)
		pthread_join(cars[i].person.thread, NULL);
	if (n == accounts)
		rc = report(l, json);
	for (size_t i = 0; i < n; i++)
		vehicle_free(&cars[i].v);
	free(cars);
	return rc;
}

int live_run(struct board *b, const struct live_options *given, bool json)
{
	static struct live l;
	struct live_options o = *given;
	struct scenario s = b->o.scenario;
	double begin = wall_time_of_day() + 20 * o.speed; /* time to sign in */
	bool storm = o.from_h >= s.storm_from && o.from_h < s.storm_to;
	char run[32];
	int rc = 2;

	snprintf(run, sizeof run, "%lld", (long long)(now_us() / US_PER_MS));
	curl_global_init(CURL_GLOBAL_DEFAULT);
	l = (struct live){ .city = b->city, .o = &o };
	l.w = (struct world){ .speed = o.speed, .run = run };
	pthread_mutex_init(&l.lock, NULL);
	pthread_mutex_init(&l.w.lock, NULL);
	if (!world_read_accounts(&l.w, o.accounts, o.url) || !world_read_posts(&l.w))
		return 2;
	if (!stage_set(&l.stage, &s, b->city, b->o.first_seed, 1, b->o.tape ? &b->given : NULL,
		    b->o.posts ? &b->posts : NULL, b->error)) {
		fprintf(stderr, "citysim: %s\n", b->error);
		return 2;
	}
	s.storm_from = 0; /* a stretch is in the storm or not */
	s.storm_to = storm ? 48 : 0;
	clock_init(&l.clock, &s, 0);
	if (take_calls(&l, begin)) {
		o.from_h = (begin - 20 * o.speed) / 3600;
		l.start_us = mono_us();
		rc = drive_all(&l, json);
	}
	stage_clear(&l.stage);
	free(l.calls);
	free(l.reaction_ms);
	json_decref(l.w.who);
	json_decref(l.w.posts);
	curl_global_cleanup();
	return rc;
}
