/* tags.c - what the tags of a way say about driving on it. */
#include <string.h>
#include "dispatch/roads_limits.h"
#include "osm/osm.h"

static const char *value_of(const struct osm_tag *tags, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(tags[i].key, key))
			return tags[i].value;
	return NULL;
}

static bool is(const char *value, const char *const *words)
{
	for (; value && *words; words++)
		if (!strcmp(value, *words))
			return true;
	return false;
}
#define IS(value, ...) is(value, (const char *const[]){ __VA_ARGS__, NULL })

static bool may_enter(const struct osm_tag *tags, size_t n)
{
	static const char *const keys[] = { "motorcar", "motor_vehicle", "vehicle", "access" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *v = value_of(tags, n, keys[i]);
		if (v)
			return !IS(v, "no", "private", "agricultural", "forestry", "emergency",
				"military", "psv", "bus");
	}
	return true;
}

static bool is_road(const struct osm_tag *tags, size_t n, enum road_class *ret)
{
	const char *highway = value_of(tags, n, "highway");

	if (!highway || !road_class_of(highway, ret) || IS(value_of(tags, n, "area"), "yes"))
		return false;
	return *ret != ROAD_SERVICE || !IS(value_of(tags, n, "service"), "parking_aisle",
					       "driveway", "drive-through", "emergency_access");
}

/* The most particular word on one-way driving, NULL when none. */
static const char *one_way_word(const struct osm_tag *tags, size_t n)
{
	static const char *const keys[] = { "oneway:motorcar", "oneway:motor_vehicle",
		"oneway:vehicle", "oneway" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *v = value_of(tags, n, keys[i]);
		if (v)
			return v;
	}
	return NULL;
}

/* False for roads whose direction changes with the hour: nobody can plan on them. */
static bool read_directions(const struct osm_tag *tags, size_t n, struct osm_road *r)
{
	const char *word = one_way_word(tags, n);

	r->roundabout = IS(value_of(tags, n, "junction"), "roundabout", "circular");
	r->forward = r->backward = true;
	if (IS(word, "yes", "true", "1"))
		r->backward = false;
	else if (IS(word, "-1", "reverse"))
		r->forward = false;
	else if (IS(word, "reversible"))
		return false;
	else if (!word &&
		 (r->roundabout || r->class_ == ROAD_MOTORWAY || r->class_ == ROAD_MOTORWAY_LINK))
		r->backward = false;
	return true;
}

static double limit_of(const struct osm_tag *tags, size_t n, const char *key)
{
	const char *v = value_of(tags, n, key);
	double kmh;

	/* A limit nobody can read is no reason to lose the road. */
	return v && read_limit(v, &kmh) ? kmh : 0;
}

bool osm_judge(const struct osm_tag *tags, size_t n, struct osm_road *ret)
{
	double limit = limit_of(tags, n, "maxspeed"), one;
	const char *name;

	*ret = (struct osm_road){ 0 };
	if (!is_road(tags, n, &ret->class_) || !may_enter(tags, n) ||
		!read_directions(tags, n, ret))
		return false;
	one = limit_of(tags, n, "maxspeed:forward");
	ret->limit_forward = one > 0 ? one : limit;
	one = limit_of(tags, n, "maxspeed:backward");
	ret->limit_backward = one > 0 ? one : limit;
	name = value_of(tags, n, "name");
	name = name ? name : value_of(tags, n, "ref");
	ret->name = name ? name : "";
	return true;
}
