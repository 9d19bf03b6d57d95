/* board_report.c - the scoreboard as a table, as JSON, and the posts as CSV. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "board.h"

static void print_head(const struct board *b)
{
	const struct board_options *o = &b->o;

	printf("%s: %s; %s, %zu junctions\n", o->scenario.name, o->scenario.title, b->city_name,
		b->city->n_nodes);
	printf("%zu seeds, %zu days, %.0f calls; %.0f units", o->seeds,
		b->tallies[0].n_days / (o->seeds ? o->seeds : 1), b->figures[0].calls,
		o->scenario.units);
	if (o->scenario.aid > 0)
		printf(" and %.0f from %.2f h", o->scenario.aid, o->scenario.aid_at);
	printf("; free flow %.1f km/h, drive noise %.2f\n", b->city->trip_kmh, o->scenario.noise);
	if (!isnan(b->bound_late))
		printf("nobody can be below %.2f %% late (fixed posts, the day known beforehand)\n",
			100 * b->bound_late);
	printf("\n%-8s %6s %13s %22s %7s %6s %5s %6s %6s %7s %6s %6s %5s\n", "policy", "late %",
		"95 %", "against base, pp", "late m", "mean", "p50", "p95", "p99", "longest",
		"worst%", "swaps", "gap");
}

static void print_row(const struct board *b, size_t i)
{
	const struct figures *f = &b->figures[i];
	char diff[40] = "-", gap[16] = "-";

	if (i != b->base)
		snprintf(diff, sizeof diff, "%+6.2f [%+.2f %+.2f]", 100 * f->late_diff,
			100 * f->late_diff_ci.low, 100 * f->late_diff_ci.high);
	if (i != b->base && !isnan(f->gap_closed))
		snprintf(gap, sizeof gap, "%.2f", f->gap_closed);
	printf("%-8s %6.2f [%5.2f %5.2f] %22s %7.2f %6.0f %5.0f %6.0f %6.0f %7.0f %6.1f %6.3f "
	       "%5s\n",
		b->tallies[i].policy, 100 * f->late_share, 100 * f->late_share_ci.low,
		100 * f->late_share_ci.high, diff, f->late_minutes, f->mean_s, f->median_s,
		f->p95_s, f->p99_s, f->longest_s, 100 * f->worst_zones, f->swaps, gap);
}

static void print_more(const struct board *b, size_t i)
{
	const struct figures *f = &b->figures[i];
	const struct tally *t = &b->tallies[i];
	double runs = (double)t->runs, calls = fmax(f->calls, 1);

	printf("%-8s %7.1f %6.2f %6.2f %6.2f %6.1f %7.3f %7.3f %7.2f %6.1f %7.1f %8.0f %8.0f "
	       "%6zu\n",
		t->policy, 100 * f->worst_hour, t->jobs_cv / runs, t->busy_cv / runs,
		t->longest_busy_s / 3600, t->km / runs, f->twice, f->aborted, t->remote / calls,
		t->reposts / runs, t->idle_wait_s, f->step_p50_us, f->step_p99_us, t->unserved);
}

void board_print(const struct board *b)
{
	print_head(b);
	for (size_t i = 0; i < b->o.n_policies; i++)
		print_row(b, i);
	printf("\n%-8s %7s %6s %6s %6s %6s %7s %7s %7s %6s %7s %8s %8s %6s\n", "policy", "worst h",
		"jobsCV", "busyCV", "long h", "km", "2+ swap", "abort3m", "remote", "repost",
		"waited", "p50 us", "p99 us", "never");
	for (size_t i = 0; i < b->o.n_policies; i++)
		print_more(b, i);
	printf("\nTimes in seconds; late m: minutes late per call; worst%%: late in the worst "
	       "zones "
	       "with a tenth of the calls;\ngap: share of the way from base to bound; worst h: "
	       "late "
	       "%% in the worst hour; long h: longest stretch at work;\nwaited: longest time a "
	       "call "
	       "waited while somebody was free and willing; us: time of a decision.\n");
	if (b->checked)
		printf("Asserted: nobody waits while somebody is free and willing, no teleport, "
		       "busy "
		       "time is the tape's;\nreplay, other ids and another future decide alike "
		       "(first "
		       "day).\n");
}

static json_t *range(struct interval v)
{
	return json_pack("[f,f]", v.low, v.high);
}

static json_t *policy_json(const struct board *b, size_t i)
{
	const struct figures *f = &b->figures[i];
	const struct tally *t = &b->tallies[i];
	double runs = (double)t->runs, calls = fmax(f->calls, 1);
	json_t *v = json_pack("{s:s,s:f,s:o,s:f,s:f,s:f,s:f,s:f,s:f,s:f}", "policy", t->policy,
		"lateShare", f->late_share, "lateShareCi95", range(f->late_share_ci),
		"lateMinutesPerIncident", f->late_minutes, "meanS", f->mean_s, "p95S", f->p95_s,
		"p99S", f->p99_s, "longestS", f->longest_s, "worstZonesLateShare", f->worst_zones,
		"swapsPerIncident", f->swaps);
	json_t *more = json_pack("{s:i,s:f,s:f,s:f,s:o,s:f,s:o,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f}",
		"version", t->version, "incidents", f->calls, "medianS", f->median_s,
		"lateShareDiff", f->late_diff, "lateShareDiffCi95", range(f->late_diff_ci),
		"meanDiffS", f->mean_diff, "meanDiffSCi95", range(f->mean_diff_ci),
		"worstHourLateShare", f->worst_hour, "zoneMaxToMean", f->zone_ratio, "jobsCv",
		t->jobs_cv / runs, "busyCv", t->busy_cv / runs, "kmPerUnitDay", t->km / runs,
		"busyHoursPerUnitDay", t->busy_h / runs, "twiceSwappedShare", f->twice,
		"tripsAbortedAfter3MinShare", f->aborted);
	json_t *rest = json_pack("{s:f,s:f,s:f,s:f,s:f,s:f,s:I,s:o}", "remoteShare",
		t->remote / calls, "repostsPerDay", t->reposts / runs, "longestBusyS",
		t->longest_busy_s, "idleWaitS", t->idle_wait_s, "decisionP50Us", f->step_p50_us,
		"decisionP99Us", f->step_p99_us, "unserved", (json_int_t)t->unserved, "gapClosed",
		isnan(f->gap_closed) ? json_null() : json_real(f->gap_closed));

	if (!v || !more || !rest || json_object_update(v, more) || json_object_update(v, rest)) {
		json_decref(v);
		v = NULL;
	}
	json_decref(more);
	json_decref(rest);
	return v;
}

bool board_print_json(const struct board *b)
{
	json_t *policies = json_array(), *all;
	size_t days = b->tallies[0].n_days / (b->o.seeds ? b->o.seeds : 1);
	bool ok = policies != NULL;

	for (size_t i = 0; ok && i < b->o.n_policies; i++)
		ok = json_array_append_new(policies, policy_json(b, i)) == 0;
	all = json_pack("{s:s,s:I,s:I,s:o,s:{s:o}}", "scenario", b->o.scenario.name, "seeds",
		(json_int_t)b->o.seeds, "days", (json_int_t)days, "policies", policies, "bound",
		"lateShare", isnan(b->bound_late) ? json_null() : json_real(b->bound_late));
	ok = ok && all && json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) == 0;
	putchar('\n');
	json_decref(all);
	return ok;
}

bool board_print_posts(struct board *b)
{
	struct stage g;

	if (!stage_set(&g, &b->o.scenario, b->city, b->o.first_seed, 1,
		    b->o.tape ? &b->given : NULL, b->o.posts ? &b->posts : NULL, b->error))
		return false;
	printf("post,node,lon,lat\n");
	for (size_t i = 0; i < g.fleet.n; i++) {
		uint32_t node = g.fleet.home[i];
		printf("p%03zu,%s,%.7f,%.7f\n", i, b->city->name[node], b->city->at[node].lon,
			b->city->at[node].lat);
	}
	fprintf(stderr, "citysim: %zu posts, mean weighted time %.1f s\n", g.fleet.n,
		g.posts_value_s);
	stage_clear(&g);
	return true;
}

bool board_print_tape(struct board *b)
{
	struct stage g;

	if (!stage_set(&g, &b->o.scenario, b->city, b->o.first_seed, b->o.days,
		    b->o.tape ? &b->given : NULL, b->o.posts ? &b->posts : NULL, b->error))
		return false;
	printf("time_s,lon,lat,scene_s,handling_s,severity\n");
	for (size_t d = 0; d < g.n_days; d++)
		for (size_t i = 0; i < g.days[d].n; i++) {
			const struct incident_call *k = &g.days[d].calls[i];
			struct lonlat at = b->city->at[k->node];
			printf("%.3f,%.7f,%.7f,%.1f,%.1f,%u\n", (double)d * 86400 + k->at_s, at.lon,
				at.lat, k->scene_s, k->known_s - k->at_s, k->severity);
		}
	stage_clear(&g);
	return true;
}
