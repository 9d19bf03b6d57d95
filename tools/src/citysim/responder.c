/* responder.c - a patrol responder: takes offers, drives, photographs, records, submits, clears.
 *
 * What to do next is read from the service each time, so that a broken connection, a restart of
 * anything, or an answer that never came leaves nothing to remember.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "kit/geo.h"
#include "kit/timeutil.h"
#include "world.h"

static const double drive_mps = 9.0; /* across town, lights and all */
static const double detour = 1.35;
static const char *const slots[] = { "SCENE_FRONT", "SCENE_REAR", "CONTACT_DETAIL", "PLATE_A",
	"PLATE_B", "DAMAGE_A", "DAMAGE_B" };
enum { N_SLOTS = sizeof slots / sizeof *slots, TRIES = 3, PATIENCE = 120 };

struct rider {
	struct person *p;
	struct world *w;
	struct http h;
	struct lonlat at;
	json_t *me; /* GET /v1/me */
};

/* ---- small calls ---- */

static json_t *post(struct rider *r, const char *path, json_t *body)
{
	json_t *reply = http_call(&r->h, "POST", path, body);

	json_decref(body);
	return reply;
}

static bool did(json_t *reply)
{
	json_decref(reply);
	return reply != NULL;
}

static bool refresh(struct rider *r)
{
	json_decref(r->me);
	r->me = http_call(&r->h, "GET", "/v1/me", NULL);
	return r->me != NULL;
}

static json_t *position(struct lonlat at)
{
	return json_pack("{s:f, s:f, s:s, s:f}", "lon", at.lon, "lat", at.lat, "datum", "WGS84",
		"accuracyM", 8.0);
}

static void report_position(struct rider *r)
{
	char at[TIME_TEXT_MAX];
	json_t *body = json_pack("{s:[{s:o, s:s}]}", "fixes", "position", position(r->at), "fixAt",
		time_to_text(now_us(), at));

	did(post(r, "/v1/positions", body));
}

/* ---- on the road ---- */

static void go_on_duty(struct rider *r)
{
	const json_t *where = json_object_get(r->w->posts, r->p->post);

	r->at = (struct lonlat){ number_at(where, "lon", NULL), number_at(where, "lat", NULL) };
	if (!did(post(r, "/v1/me:onDuty",
		    json_pack("{s:s, s:s, s:s}", "post", r->p->post, "vehicle", "陕A0001警",
			    "recorder", "REC-1"))))
		world_fail(r->w, "", r->h.problem);
	report_position(r);
}

static void accept_offer(struct rider *r)
{
	char path[128];

	snprintf(path, sizeof path, "/v1/offers/%s:accept",
		text_at(json_object_get(r->me, "offer"), "offerId", NULL));
	city_sleep(r->w, 4); /* looks at it */
	if (did(post(r, path, json_object())))
		world_stamp(r->w, text_at(json_object_get(r->me, "offer"), "incidentId", NULL),
			ACCEPTED);
}

static const json_t *assignment(const struct rider *r)
{
	return json_object_get(r->me, "assignment");
}

/* One second of wall time toward the scene. True when there. */
static bool drive(struct rider *r)
{
	struct lonlat to = { number_at(assignment(r), "position", "lon"),
		number_at(assignment(r), "position", "lat") };
	double far = geo_distance_m(r->at, to);
	double step = drive_mps / detour * r->w->speed;

	if (far > step) {
		r->at.lon += (to.lon - r->at.lon) * step / far;
		r->at.lat += (to.lat - r->at.lat) * step / far;
		city_sleep(r->w, r->w->speed);
	} else {
		city_sleep(r->w, far / drive_mps * detour);
		r->at = to;
	}
	report_position(r);
	return far <= step;
}

static void arrive(struct rider *r)
{
	char path[128];
	const char *id = text_at(assignment(r), "assignmentId", NULL);

	if (!*text_at(assignment(r), "departedAt", NULL)) {
		snprintf(path, sizeof path, "/v1/assignments/%s:depart", id);
		did(post(r, path, json_object()));
	}
	if (!drive(r))
		return;
	snprintf(path, sizeof path, "/v1/assignments/%s:arrive", id);
	if (did(post(r, path, json_pack("{s:o}", "position", position(r->at)))))
		world_stamp(r->w, text_at(assignment(r), "incidentId", NULL), ARRIVED);
}

/* ---- at the scene ---- */

/* The photo with a comment segment naming case, slot and try: a different file each time, the same
 * when repeated. */
static unsigned char *stamped(const struct photo *p, const char *text, size_t *ret_len)
{
	size_t n = strlen(text), len = p->len + n + 4;
	unsigned char *out = malloc(len);

	if (!out)
		return NULL;
	memcpy(out, p->data, 2);
	out[2] = 0xff;
	out[3] = 0xfe;
	out[4] = (unsigned char)((n + 2) >> 8);
	out[5] = (unsigned char)(n + 2);
	memcpy(out + 6, text, n);
	memcpy(out + 6 + n, p->data + 2, p->len - 2);
	*ret_len = len;
	return out;
}

static bool send_photo(struct rider *r, const char *incident, const char *slot, unsigned take)
{
	char path[200], text[128];
	unsigned hash = r->p->seed;
	unsigned char *data;
	size_t len;
	json_t *reply;
	bool good;

	snprintf(text, sizeof text, "%s %s %u", incident, slot, take);
	for (const char *c = text; *c; c++)
		hash = hash * 31 + (unsigned char)*c;
	data = stamped(&r->w->photos[hash % r->w->n_photos], text, &len);
	if (!data)
		return false;
	snprintf(path, sizeof path, "/v1/incidents/%s/items?slot=%s", incident, slot);
	reply = http_upload(&r->h, path, "image/jpeg", data, len);
	free(data);
	good = reply &&
	       strcmp(text_at(json_object_get(reply, "item"), "verdict", NULL), "REJECTED") != 0;
	json_decref(reply);
	return good;
}

static bool photograph(struct rider *r, const char *incident)
{
	for (size_t i = 0; i < N_SLOTS; i++) {
		bool good = false;

		city_sleep(r->w, 12);
		for (unsigned take = 0; take < TRIES * 4 && !good && !atomic_load(&r->w->stop);
			take++)
			good = send_photo(r, incident, slots[i], take);
		if (!good)
			return false;
	}
	return true;
}

/* GB 11643 check digit over 17 digits. */
static void citizen_id(size_t n, char out[19])
{
	static const int weight[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	int sum = 0;

	snprintf(out, 19, "61010319900101%03zu", n % 1000);
	for (int i = 0; i < 17; i++)
		sum += (out[i] - '0') * weight[i];
	out[17] = "10X98765432"[sum % 11];
	out[18] = 0;
}

static bool record_party(struct rider *r, const char *incident, int side, size_t serial)
{
	static const char *const insurers[] = { "PICC", "CPIC", "PAIC" };
	char path[128], key[64], id[19], plate[16], phone[16], policy[32];

	citizen_id(serial, id);
	snprintf(plate, sizeof plate, "陕A%c%04zu", side ? 'B' : 'A', serial % 10000);
	snprintf(phone, sizeof phone, "138%08zu", serial % 100000000);
	snprintf(policy, sizeof policy, "PDZA2026%08zu", serial);
	snprintf(key, sizeof key, "%s-%d", incident, side);
	snprintf(path, sizeof path, "/v1/incidents/%s/parties", incident);
	r->h.key = key;
	return did(post(r, path,
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "name",
			side ? "李华" : "张伟", "idNumber", id, "licenceNo", id, "phone", phone,
			"plate", plate, "plateType", "02", "vehicleKind", "小型轿车", "insurer",
			insurers[serial % 2], "policyNo", policy, "commercialInsurer",
			insurers[serial % 2], "thirdPartyLimitFen", (json_int_t)100000000)));
}

static json_t *parties(struct rider *r, const char *incident)
{
	char path[128];
	json_t *reply, *items;

	snprintf(path, sizeof path, "/v1/incidents/%s/parties", incident);
	reply = http_call(&r->h, "GET", path, NULL);
	items = json_incref(json_object_get(reply, "items"));
	json_decref(reply);
	return items;
}

static const char *statement_version(struct rider *r, char buf[48])
{
	json_t *reply = http_call(&r->h, "GET", "/v1/statements", NULL);
	size_t i;
	const json_t *s;

	buf[0] = 0;
	json_array_foreach(json_object_get(reply, "items"), i,
		s) if (!strcmp(text_at(s, "kind", NULL), "JOINT_APPLICATION"))
		snprintf(buf, 48, "%s", text_at(s, "version", NULL));
	json_decref(reply);
	return buf;
}

static bool record_parties(struct rider *r, const char *incident)
{
	json_t *items = parties(r, incident);
	size_t have = json_array_size(items), serial = 0;

	json_decref(items);
	for (const char *c = incident; *c; c++)
		serial = serial * 31 + (unsigned char)*c;
	for (int side = (int)have; side < 2; side++)
		if (!record_party(r, incident, side, serial % 100000 + (size_t)side))
			return false;
	return true;
}

static bool apply_all(struct rider *r, const char *incident)
{
	char version[48], path[200];
	json_t *items = parties(r, incident);
	const json_t *one;
	bool ok = items != NULL;
	size_t i;

	statement_version(r, version);
	json_array_foreach(items, i, one)
	{
		if (json_is_true(json_object_get(json_object_get(one, "party"), "applied")))
			continue;
		snprintf(path, sizeof path, "/v1/incidents/%s/parties/%s:apply", incident,
			text_at(one, "party", "partyId"));
		ok = ok && did(post(r, path,
				   json_pack("{s:s, s:s}", "statementVersion", version, "strokes",
					   "100,100 300,200;320,120 500,300")));
	}
	json_decref(items);
	return ok;
}

static bool submit(struct rider *r, const char *incident)
{
	char path[128];

	snprintf(path, sizeof path, "/v1/incidents/%s:submitScene", incident);
	return did(post(r, path, json_object()));
}

/* What the officers say: 0 wait, 1 decided, -1 retake, -2 not ours any more. */
static int decided(struct rider *r, const char *incident, json_t **ret)
{
	char path[128];
	json_t *reply;
	int v = 0;

	snprintf(path, sizeof path, "/v1/incidents/%s/determination", incident);
	*ret = http_call(&r->h, "GET", path, NULL);
	if (*ret)
		return 1;
	snprintf(path, sizeof path, "/v1/incidents/%s", incident);
	reply = http_call(&r->h, "GET", path, NULL);
	if (reply) {
		const char *phase = text_at(reply, "incident", "phase");

		if (!*phase)
			phase = text_at(reply, "phase", NULL);
		if (!strcmp(phase, "ON_SCENE"))
			v = -1;
		else if (!strncmp(phase, "TO_", 3) || !strcmp(phase, "CANCELLED") ||
			 !strcmp(phase, "MERGED"))
			v = -2;
	}
	json_decref(reply);
	return v;
}

static bool sign_all(struct rider *r, const char *incident, const json_t *determination)
{
	const json_t *d = json_object_get(determination, "determination");
	const json_t *p;
	char path[128];
	size_t i;
	bool ok = true;

	snprintf(path, sizeof path, "/v1/determinations/%s/signatures",
		text_at(d, "determinationId", NULL));
	json_array_foreach(json_object_get(d, "parties"), i, p) ok =
		ok && did(post(r, path,
			      json_pack("{s:s, s:s}", "partyId", text_at(p, "partyId", NULL),
				      "strokes", "100,100 300,200;320,120 500,300")));
	if (ok)
		world_stamp(r->w, incident, SERVED);
	return ok;
}

static bool assess_losses(struct rider *r, const char *incident)
{
	char path[128];

	for (const char *v = "AB"; *v; v++) {
		json_t *body = json_pack("{s:[{s:s, s:s, s:f, s:I}, {s:s, s:s, s:f, s:I}], s:b}",
			"lines", "kind", "PART", "name", "保险杠", "quantity", 1.0, "unitPriceFen",
			(json_int_t)120000, "kind", "LABOUR", "name", "钣金", "quantity", 2.0,
			"unitPriceFen", (json_int_t)20000, "ownerAgrees", 1);
		bool ok;

		snprintf(path, sizeof path, "/v1/incidents/%s/loss-sheets/%c", incident, *v);
		ok = did(http_call(&r->h, "PUT", path, body));
		json_decref(body);
		if (!ok)
			return false;
	}
	return true;
}

static void clear(struct rider *r)
{
	char path[128];

	snprintf(path, sizeof path, "/v1/assignments/%s:clear",
		text_at(assignment(r), "assignmentId", NULL));
	did(post(r, path, json_object()));
}

static bool collect(struct rider *r, const char *incident)
{
	if (!photograph(r, incident) || !record_parties(r, incident) || !apply_all(r, incident))
		return false;
	city_sleep(r->w, 60);
	if (!submit(r, incident))
		return false;
	world_stamp(r->w, incident, SUBMITTED);
	return true;
}

/* From arrival to the road again. Steps done before are found done. */
static void handle_scene(struct rider *r)
{
	char incident[40];
	json_t *determination = NULL;
	int v;

	snprintf(incident, sizeof incident, "%s", text_at(assignment(r), "incidentId", NULL));
	for (int round = 0; !atomic_load(&r->w->stop); round++) {
		v = decided(r, incident, &determination);
		if (v == 1 || v == -2)
			break;
		if (v == -1 && !collect(r, incident) && !atomic_load(&r->w->stop)) {
			world_fail(r->w, incident, r->h.problem);
			if (round > PATIENCE)
				break;
		}
		city_sleep(r->w, r->w->speed / 2);
	}
	if (determination) {
		world_stamp(r->w, incident, DETERMINED);
		if (!sign_all(r, incident, determination) || !assess_losses(r, incident))
			world_fail(r->w, incident, r->h.problem);
	}
	json_decref(determination);
	clear(r);
}

static void shift(struct rider *r)
{
	while (!atomic_load(&r->w->stop)) {
		if (!refresh(r)) {
			city_sleep(r->w, r->w->speed);
			continue;
		}
		if (*text_at(assignment(r), "assignmentId", NULL)) {
			if (*text_at(assignment(r), "arrivedAt", NULL))
				handle_scene(r);
			else
				arrive(r);
			continue;
		}
		if (*text_at(json_object_get(r->me, "offer"), "offerId", NULL)) {
			accept_offer(r);
			continue;
		}
		if (!strcmp(text_at(r->me, "responder", "status"), "OFF_DUTY"))
			go_on_duty(r);
		report_position(r);
		city_sleep(r->w, 0.8 * r->w->speed);
	}
}

void *responder_main(void *arg)
{
	struct rider r = { .p = arg, .w = ((struct person *)arg)->w };

	if (!http_open(&r.h, r.w->base))
		return NULL;
	if (person_sign_in(r.p, &r.h)) {
		go_on_duty(&r);
		shift(&r);
	}
	atomic_fetch_add(&r.w->repeats, r.h.repeats);
	json_decref(r.me);
	http_close(&r.h);
	return NULL;
}
