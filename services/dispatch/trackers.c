/* trackers.c - messages of tracking apps as fixes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/trackers.h"
#include "kit/timeutil.h"

static const double MPS_PER_KNOT = 1852.0 / 3600, MPS_PER_KMH = 1 / 3.6;

struct message {
	Pb__LooseField *const *fields;
	size_t n;
	struct tracker_fix *ret;
};

/* The value of a name, NULL when it isn't there or empty. The first one counts. */
static const char *get(const struct message *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->fields[i]->name, name))
			return *m->fields[i]->value ? m->fields[i]->value : NULL;
	return NULL;
}

static const char *get_either(const struct message *m, const char *name, const char *other)
{
	const char *v = get(m, name);

	return v ? v : get(m, other);
}

static void fault(struct message *m, const char *field, const char *text)
{
	if (!m->ret->fault) {
		m->ret->field = field;
		m->ret->fault = text;
	}
}

static bool number_of(const char *text, double *ret)
{
	char *end;

	*ret = strtod(text, &end);
	return end != text && !*end && isfinite(*ret);
}

/* A number that must be readable when it is there. */
static bool need(struct message *m, const char *name, double *ret)
{
	const char *v = get(m, name);

	if (!v)
		return false;
	if (number_of(v, ret))
		return true;
	fault(m, name, "must be a number");
	return false;
}

/* A number that may be anything: -1 and worse mean "unknown" in these apps. */
static double some(const struct message *m, const char *name, const char *other, double max)
{
	const char *v = other ? get_either(m, name, other) : get(m, name);
	double d;

	return v && number_of(v, &d) && d >= 0 && d <= max ? d : 0;
}

static bool is_true(const struct message *m, const char *name)
{
	const char *v = get(m, name);

	return v && (!strcmp(v, "true") || !strcmp(v, "1"));
}

static Pb__Datum__Value datum_of(struct message *m)
{
	const char *v = get(m, "datum");
	const ProtobufCEnumValue *e =
		v ? protobuf_c_enum_descriptor_get_value_by_name(&pb__datum__value__descriptor, v)
		  : NULL;

	if (v && (!e || !e->value))
		fault(m, "datum", "must be WGS84, GCJ02, BD09 or CGCS2000");
	return e ? (Pb__Datum__Value)e->value : PB__DATUM__VALUE__WGS84;
}

/* Seconds, milliseconds, ISO 8601, or "yyyy-MM-dd HH:mm:ss" in UTC. */
static bool time_of(const char *text, int64_t *ret)
{
	const double seconds_end = 2147483648.0; /* later ones are milliseconds */
	char iso[TIME_TEXT_MAX];
	size_t n = strlen(text);
	double d;

	if (number_of(text, &d)) {
		*ret = (int64_t)llround(d < seconds_end ? d * 1e6 : d * 1e3);
		return d >= 0 && d < 1e14;
	}
	if (n < 19 || n + 2 > sizeof iso)
		return false;
	memcpy(iso, text, n + 1);
	iso[10] = 'T';
	bool zoned = strpbrk(iso + 19, "Zz+-") != NULL;
	memcpy(iso + n, zoned ? "" : "Z", zoned ? 1 : 2);
	return time_from_text(iso, ret);
}

static void begin(struct message *m)
{
	struct tracker_fix *t = m->ret;

	*t = (struct tracker_fix){ 0 };
	pb__fix__init(&t->fix);
	pb__fix_position__init(&t->position);
	t->fix.position = &t->position;
}

static void end(struct message *m)
{
	m->ret->position.datum = datum_of(m);
	/* What is beyond every bound still names its place, and is refused by its verdict. */
	m->ret->there &= !m->ret->fault;
}

/* "lat,lon" */
static bool split_location(struct message *m, const char *text)
{
	double lat, lon;
	int used = 0;

	if (sscanf(text, "%lf,%lf%n", &lat, &lon, &used) != 2 || text[used]) {
		fault(m, "location", "must be 'latitude,longitude'");
		return false;
	}
	m->ret->position.lat = lat;
	m->ret->position.lon = lon;
	return true;
}

static void take_time(struct message *m, const char *name, int64_t otherwise)
{
	const char *v = get(m, name);

	if (!v)
		m->ret->fix.fix_at = otherwise;
	else if (!time_of(v, &m->ret->fix.fix_at))
		fault(m, name, "is no time");
}

/* Since version 9. Speed and heading are -1 when unknown. */
static void osmand_json(struct message *m, int64_t now_us)
{
	struct tracker_fix *t = m->ret;
	bool lat = need(m, "location.coords.latitude", &t->position.lat);

	t->there = need(m, "location.coords.longitude", &t->position.lon) && lat;
	t->position.accuracy_m = some(m, "location.coords.accuracy", NULL, 100000);
	t->fix.speed_mps = some(m, "location.coords.speed", NULL, 200);
	t->fix.course_deg = some(m, "location.coords.heading", NULL, 360);
	t->fix.mock = is_true(m, "location.mock");
	take_time(m, "location.timestamp", now_us);
}

static void osmand_query(struct message *m, int64_t now_us)
{
	struct tracker_fix *t = m->ret;
	const char *both = get(m, "location");

	if (both) {
		t->there = split_location(m, both);
	} else {
		bool lat = need(m, "lat", &t->position.lat);
		t->there = need(m, "lon", &t->position.lon) && lat;
	}
	t->position.accuracy_m = some(m, "accuracy", "hacc", 100000);
	t->fix.speed_mps = some(m, "speed", NULL, 388) * MPS_PER_KNOT;
	t->fix.course_deg = some(m, "bearing", "heading", 360);
	t->fix.mock = is_true(m, "mock");
	take_time(m, "timestamp", now_us);
}

void tracker_osmand(
	Pb__LooseField *const *fields, size_t n, int64_t now_us, struct tracker_fix *ret)
{
	struct message m = { fields, n, ret };

	begin(&m);
	if (get(&m, "location.coords.latitude") || get(&m, "location.timestamp"))
		osmand_json(&m, now_us);
	else
		osmand_query(&m, now_us);
	end(&m);
}

/* Only places are of interest: regions entered, waypoints, the phone's own news and encrypted
 * messages are taken and left. */
void tracker_owntracks(Pb__LooseField *const *fields, size_t n, struct tracker_fix *ret)
{
	struct message m = { fields, n, ret };
	const char *type = get(&m, "_type");

	begin(&m);
	if (!type || strcmp(type, "location") != 0)
		return;
	bool lat = need(&m, "lat", &ret->position.lat);
	ret->there = need(&m, "lon", &ret->position.lon) && lat && get(&m, "tst");
	ret->position.accuracy_m = some(&m, "acc", NULL, 100000);
	ret->fix.speed_mps = some(&m, "vel", NULL, 720) * MPS_PER_KMH;
	ret->fix.course_deg = some(&m, "cog", NULL, 360);
	take_time(&m, "tst", 0);
	end(&m);
}
