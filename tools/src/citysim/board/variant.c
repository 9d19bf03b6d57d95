/* variant.c - the weights of a policy by name. */
#include "variant.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { REAL, FLAG, COUNT, SIZE, TIME };

/* Times are given in seconds, whatever the policy keeps them in. */
static const struct {
	const char *name;
	enum kind kind;
	size_t at;
} weights[] = {
	{ "straight", FLAG, offsetof(struct policy, straight) },
	{ "at_post", FLAG, offsetof(struct policy, at_post) },
	{ "offer_s", TIME, offsetof(struct policy, offer_us) },
	{ "stale_s", TIME, offsetof(struct policy, stale_us) },
	{ "forget_s", TIME, offsetof(struct policy, forget_us) },
	{ "reask_s", TIME, offsetof(struct policy, reask_us) },
	{ "stale_s", REAL, offsetof(struct policy, stale_s) },
	{ "doubtful_s", REAL, offsetof(struct policy, doubtful_s) },
	{ "post_s", REAL, offsetof(struct policy, post_s) },
	{ "risk", REAL, offsetof(struct policy, risk) },
	{ "per_late_min", REAL, offsetof(struct policy, per_late_min) },
	{ "per_s", REAL, offsetof(struct policy, per_s) },
	{ "cover", REAL, offsetof(struct policy, cover) },
	{ "cover_horizon_s", REAL, offsetof(struct policy, cover_horizon_s) },
	{ "cover_left_s", REAL, offsetof(struct policy, cover_left_s) },
	{ "swap", REAL, offsetof(struct policy, swap) },
	{ "age_from_s", REAL, offsetof(struct policy, age_from_s) },
	{ "age_per_min", REAL, offsetof(struct policy, age_per_min) },
	{ "freeze_s", REAL, offsetof(struct policy, freeze_s) },
	{ "incident_swaps", COUNT, offsetof(struct policy, incident_swaps) },
	{ "trip_swaps", COUNT, offsetof(struct policy, trip_swaps) },
	{ "gain_s", REAL, offsetof(struct policy, gain_s) },
	{ "gain_p", REAL, offsetof(struct policy, gain_p) },
	{ "blind_share", REAL, offsetof(struct policy, blind_share) },
	{ "old_lane", REAL, offsetof(struct policy, old_lane) },
	{ "old_cap_s", REAL, offsetof(struct policy, old_cap_s) },
	{ "remote", REAL, offsetof(struct policy, remote) },
	{ "repost", FLAG, offsetof(struct policy, repost) },
	{ "repost_fleet", SIZE, offsetof(struct policy, repost_fleet) },
	{ "repost_idle", REAL, offsetof(struct policy, repost_idle) },
	{ "repost_max_s", REAL, offsetof(struct policy, repost_max_s) },
	{ "repost_gain", REAL, offsetof(struct policy, repost_gain) },
};

static void put(struct policy *p, enum kind kind, size_t at, double v)
{
	char *to = (char *)p + at;

	switch (kind) {
	case REAL:
		memcpy(to, &v, sizeof v);
		break;
	case FLAG:
		memcpy(to, &(bool){ v > 0 }, sizeof(bool));
		break;
	case COUNT:
		memcpy(to, &(unsigned){ (unsigned)v }, sizeof(unsigned));
		break;
	case SIZE:
		memcpy(to, &(size_t){ (size_t)v }, sizeof(size_t));
		break;
	case TIME:
		memcpy(to, &(int64_t){ (int64_t)(v * 1e6) }, sizeof(int64_t));
		break;
	}
}

static bool set(struct policy *p, const char *text, size_t n)
{
	const char *eq = memchr(text, '=', n);
	size_t name = eq ? (size_t)(eq - text) : n;
	char *end;
	double v = eq ? strtod(eq + 1, &end) : NAN;

	if (!eq || end != text + n || !(v >= 0 && v < 1e9))
		return false;
	for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
		if (strlen(weights[i].name) == name && !strncmp(weights[i].name, text, name)) {
			put(p, weights[i].kind, weights[i].at, v);
			return true;
		}
	return false;
}

bool variant_parse(const char *text, struct policy *ret, char *error, size_t size)
{
	size_t n = strcspn(text, ":");
	const struct policy *p;
	char name[32];

	snprintf(name, sizeof name, "%.*s", (int)(n < 31 ? n : 31), text);
	p = policy_by_name(name);
	if (!p) {
		snprintf(error, size, "there is no policy '%s'", name);
		return false;
	}
	*ret = *p;
	ret->name = text;
	for (text += n; *text; text += n) {
		text++;
		n = strcspn(text, ":");
		if (!set(ret, text, n)) {
			snprintf(error, size, "'%.*s' sets no weight of a policy", (int)n, text);
			return false;
		}
	}
	return true;
}
