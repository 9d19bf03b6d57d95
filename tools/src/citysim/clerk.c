/* clerk.c - the 122 centre: sends each order at its time, then follows every case to its end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/timeutil.h"
#include "world.h"

static const char *const provinces = "ABCDEFGHJK";

/* Plates like 陕A3K071, different for each case. */
static json_t *vehicle(size_t i, int side)
{
	char plate[16];

	snprintf(plate, sizeof plate, "陕A%c%04zu", provinces[(i / 5000 + (size_t)side * 5) % 10],
		(i * 2 + (size_t)side) % 10000);
	return json_pack("{s:s, s:s, s:s, s:b}", "plate", plate, "plateType", "02", "kind",
		"小型轿车", "movable", 1);
}

json_t *order_body(const char *order_no, struct lonlat place, size_t i)
{
	char at[TIME_TEXT_MAX], phone[16];

	snprintf(phone, sizeof phone, "139%08zu", i % 100000000);
	return json_pack(
		"{s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s, s:{s:f, s:f, s:s, s:f}}, s:s, s:[o, o],"
		" s:{s:i, s:i}, s:s}",
		"orderNo", order_no, "channel", "PHONE_122", "reportedAt",
		time_to_text(now_us(), at), "caller", "name", "王明", "phone", phone, "place",
		"text", "模拟事故地点", "position", "lon", place.lon, "lat", place.lat, "datum",
		"WGS84", "accuracyM", 20.0, "description", "两车追尾，无人受伤，车辆可移动",
		"vehicles", vehicle(i, 0), vehicle(i, 1), "casualties", "dead", 0, "injured", 0,
		"weather", "晴");
}

static void send_order(struct world *w, struct http *h, size_t i)
{
	struct sim_case *c = &w->cases[i];
	json_t *body = order_body(c->order_no, c->what.place, i);
	int64_t at = now_us();
	json_t *reply = http_call(h, "POST", "/v1/orders", body);

	json_decref(body);
	pthread_mutex_lock(&w->lock);
	if (reply) {
		snprintf(c->incident_id, sizeof c->incident_id, "%s",
			text_at(reply, "incidentId", NULL));
		snprintf(c->phase, sizeof c->phase, "%s", text_at(reply, "phase", NULL));
		c->at_us[ORDERED] = at;
	} else {
		snprintf(c->failure, sizeof c->failure, "%.150s", h->problem);
	}
	pthread_mutex_unlock(&w->lock);
	json_decref(reply);
}

static bool ended(const char *phase)
{
	static const char *const ends[] = { "CLOSED", "TO_OFFICER", "TO_GENERAL", "SELF_SETTLED",
		"CANCELLED", "MERGED" };

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (!strcmp(phase, ends[i]))
			return true;
	return false;
}

/* Looks at one case; true when it is over. */
static bool follow(struct world *w, struct http *h, struct sim_case *c)
{
	char path[128];
	const char *phase;
	json_t *reply;

	if (!*c->incident_id || ended(c->phase))
		return true;
	snprintf(path, sizeof path, "/v1/incidents/%s", c->incident_id);
	reply = http_call(h, "GET", path, NULL);
	if (!reply)
		return false;
	phase = text_at(reply, "incident", "phase");
	if (!*phase)
		phase = text_at(reply, "phase", NULL);
	pthread_mutex_lock(&w->lock);
	snprintf(c->phase, sizeof c->phase, "%s", phase);
	pthread_mutex_unlock(&w->lock);
	if (!strcmp(phase, "HANDED_OFF") || !strcmp(phase, "SETTLED") || !strcmp(phase, "CLOSED"))
		world_stamp(w, c->incident_id, HANDED_OFF);
	if (!strcmp(phase, "CLOSED"))
		world_stamp(w, c->incident_id, CLOSED);
	json_decref(reply);
	return ended(c->phase);
}

void *clerk_main(void *arg)
{
	struct person *p = arg;
	struct world *w = p->w;
	struct http h;
	int64_t start = mono_us();
	size_t next = 0, open = 1;
	double first = w->n_cases ? w->cases[0].what.at_s : 0;

	if (!http_open(&h, w->base) || !person_sign_in(p, &h))
		return NULL;
	while (!atomic_load(&w->stop) && (next < w->n_cases || open)) {
		double city = (double)(mono_us() - start) / 1e6 * w->speed;

		while (next < w->n_cases && w->cases[next].what.at_s - first <= city)
			send_order(w, &h, next++);
		open = 0;
		for (size_t i = 0; i < next; i++)
			open += !follow(w, &h, &w->cases[i]);
		city_sleep(w, 0.5 * w->speed);
	}
	atomic_fetch_add(&w->repeats, h.repeats);
	http_close(&h);
	atomic_store(&w->stop, true);
	return NULL;
}
