/* checks.c - replay, permuted ids, shuffled future: the decisions must be the same. */
#include "checks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "prng.h"

static void say(const struct sim_setup *set, const char *what, char *violation, size_t size)
{
	if (!*violation)
		snprintf(
			violation, size, "%s: %s (day %d)", set->policy->name, what, set->day->day);
}

static bool same_again(
	const struct sim_setup *set, const struct sim_result *first, char *violation, size_t size)
{
	struct sim_setup again = *set;
	struct sim_result r;

	if (!sim_run(&again, &r))
		return false;
	if (r.digest != first->digest)
		say(set, "a replay decided otherwise", violation, size);
	sim_result_free(&r);
	again.permute = UINT64_C(0xdecade);
	if (!sim_run(&again, &r))
		return false;
	if (r.digest != first->digest)
		say(set, "other ids and another order changed decisions", violation, size);
	sim_result_free(&r);
	return true;
}

/* The same calls up to `until`; later ones at shuffled places, some missing, all with other luck;
 * on-scene times that end later are other ones too. */
static bool other_future(const struct sim_setup *set, const struct sim_result *first, double until,
	struct calls_day *ret)
{
	const struct calls_day *d = set->day;
	struct prng r;
	size_t kept = 0;

	*ret = *d;
	ret->calls = calloc(d->n + 1, sizeof *ret->calls);
	if (!ret->calls)
		return false;
	prng_seed(&r, d->key ^ 0xf00d);
	for (size_t i = 0; i < d->n; i++) {
		struct incident_call k = d->calls[i];
		double ends = k.at_s + first->calls[i].response_s + k.scene_s;
		if (k.known_s > until) {
			if (prng_unit(&r) < 0.3)
				continue;
			k.node = (uint32_t)prng_below(&r, set->city->n_nodes);
			k.key = prng_next(&r);
		}
		if (ends > until)
			k.scene_s = fmax(k.scene_s * 1.37 + 60,
				until - k.at_s - first->calls[i].response_s + 1);
		ret->calls[kept++] = k;
	}
	ret->n = kept;
	return true;
}

static bool same_past(const struct sim_result *a, const struct sim_result *b, int64_t until_us)
{
	size_t i = 0;

	while (i < a->n_log && a->log[i].at_us <= until_us) {
		if (i >= b->n_log || a->log[i].hash != b->log[i].hash)
			return false;
		i++;
	}
	return i >= b->n_log || b->log[i].at_us > until_us;
}

bool checks_run(
	const struct sim_setup *set, const struct sim_result *first, char *violation, size_t size)
{
	static const double hours[] = { 8.5, 15.25, 18 };
	struct sim_setup logged = *set;
	struct sim_result a, b;
	bool ok = same_again(set, first, violation, size);

	logged.log = true;
	if (!ok || !sim_run(&logged, &a))
		return false;
	for (size_t i = 0; ok && i < sizeof hours / sizeof *hours; i++) {
		double until = hours[i] * 3600;
		struct sim_setup future = logged;
		struct calls_day d;
		struct clock clock;
		ok = other_future(set, first, until, &d);
		future.day = &d;
		ok = ok && sim_run(&future, &b);
		if (!ok)
			break;
		clock_init(&clock, set->scenario, set->day->day);
		if (!same_past(&a, &b, clock_us(&clock, until)))
			say(set, "another future changed what was decided before", violation, size);
		sim_result_free(&b);
		calls_free(&d);
	}
	sim_result_free(&a);
	return ok;
}
