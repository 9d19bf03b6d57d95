/* positions_lot.c - writes reported positions: the track by COPY, newest positions in one update,
 * one commit for all that waited.
 *
 * What is stored is the same in whatever order fixes come: the track holds each instant once (of
 * two places at one instant the one further west, then south), and a responder's newest position
 * and whether it is doubted are computed from the track's newest fixes. A report is answered after
 * the commit. A responder's row that a decision has locked just then is left alone and brought up
 * to date with the next lot, which comes after LATE_AGAIN_MS at the latest.
 */
#include "dispatch/positions_lot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/known.h"
#include "dispatch/store_position.h"
#include "kit/live.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

enum { LATE_AGAIN_MS = 200, LATE_MAX = 1024, TRIES = 3 };
static const int64_t EARLY_US = 300 * US_PER_S; /* before the shift began */

/* A fix that may be kept, and where it came from. */
struct row {
	struct track_row track;
	struct report *report;
	size_t index;
	struct reporter *who;
	bool settled; /* its verdict stands */
	bool known; /* because the track has it: to be asked again when the lot is written again */
};

struct lot {
	struct gatherer *g;
	struct arena *arena;
	const struct gather_item *items;
	size_t n_items;
	struct reporter *who;
	size_t n_who;
	struct row *rows;
	size_t n_rows;
	struct newest *newest;
	size_t n_newest;
};

/* Responders whose rows were locked when their fixes were written. The gatherer's thread alone. */
static struct {
	char ids[LATE_MAX][UUID_TEXT];
	size_t n;
} late;

/* ---- reports ---- */

static const ProtobufCMessageDescriptor *const requests[] = {
	&pb__report_positions_request__descriptor,
	&pb__tracker_report_request__descriptor,
	NULL,
};

static bool is_owntracks(const Pb__TrackerReportRequest *t)
{
	for (size_t i = 0; i < t->n_fields; i++)
		if (!strcmp(t->fields[i]->name, "_type"))
			return true;
	return false;
}

static Pb__Code read_tracker(struct call *c, const Pb__TrackerReportRequest *t, struct report *r)
{
	if (is_owntracks(t))
		tracker_owntracks(t->fields, t->n_fields, &r->tracker);
	else
		tracker_osmand(t->fields, t->n_fields, c->at_us, &r->tracker);
	if (r->tracker.fault)
		return call_fail_field(c, arena_printf(c->arena, "/%s", r->tracker.field), "format",
			"%s", r->tracker.fault);
	r->one = &r->tracker.fix;
	r->fixes = &r->one;
	r->n = r->tracker.there;
	return PB__CODE__OK;
}

static Pb__Code begin_report(struct call *c, const ProtobufCMessage *in)
{
	struct report *r = ARENA_NEW(c->arena, struct report);

	if (!r)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	c->prepared = r;
	if (in->descriptor == requests[0]) {
		const Pb__ReportPositionsRequest *q = (const Pb__ReportPositionsRequest *)in;
		r->fixes = q->fixes;
		r->n = q->n_fixes;
	} else if (read_tracker(c, (const Pb__TrackerReportRequest *)in, r)) {
		return c->faults.code;
	}
	r->grades = ARENA_ARRAY(c->arena, struct graded_fix, r->n + 1);
	r->verdicts = ARENA_ARRAY(c->arena, char, r->n + 1);
	if (!r->grades || !r->verdicts)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	if (!uuid_valid(c->who.subject))
		return call_fail(c, PB__CODE__NOT_FOUND, "there is no such responder");
	fixes_grade(r->fixes, r->n, c->at_us, r->grades);
	return PB__CODE__OK;
}

/* ---- who reports ---- */

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct reporter *)a)->id, ((const struct reporter *)b)->id);
}

static struct reporter *reporter(const struct lot *l, const char *id)
{
	const struct reporter key = { .id = id };

	return l->n_who ? bsearch(&key, l->who, l->n_who, sizeof key, by_id) : NULL;
}

static Pb__Code find_reporters(struct lot *l)
{
	int64_t oldest = INT64_MAX;
	size_t n = 0;

	for (size_t i = 0; i < l->n_items; i++) {
		const struct call *c = l->items[i].call;
		const struct report *r = c->prepared;
		if (c->faults.code)
			continue;
		l->who[n++] = (struct reporter){ .id = c->who.subject };
		for (size_t k = 0; k < r->n; k++)
			if (!r->grades[k].rejected && r->fixes[k]->fix_at < oldest)
				oldest = r->fixes[k]->fix_at;
	}
	qsort(l->who, n, sizeof *l->who, by_id);
	for (size_t i = 0; i < n; i++)
		if (!l->n_who || strcmp(l->who[l->n_who - 1].id, l->who[i].id) != 0)
			l->who[l->n_who++] = l->who[i];
	return store_reporters(l->g, l->who, l->n_who, oldest == INT64_MAX ? now_us() : oldest);
}

static bool on_shift(const struct reporter *w, int64_t at_us)
{
	for (size_t i = 0; i < w->n_shifts; i++)
		if (w->from_us[i] - EARLY_US <= at_us && at_us <= w->until_us[i])
			return true;
	return false;
}

/* ---- the rows ---- */

/* To the centimetre, as the responder's row has it too. */
static struct lonlat rounded(struct lonlat p)
{
	return (struct lonlat){ (double)llround(p.lon * 1e7) / 1e7,
		(double)llround(p.lat * 1e7) / 1e7 };
}

static void add_rows(struct lot *l, struct call *c, struct reporter *w)
{
	struct report *r = c->prepared;

	for (size_t i = 0; i < r->n; i++) {
		const Pb__Fix *f = r->fixes[i];
		const struct graded_fix *g = &r->grades[i];
		if (g->rejected)
			continue;
		if (!on_shift(w, f->fix_at)) {
			r->verdicts[i] = 'r';
			continue;
		}
		l->rows[l->n_rows++] = (struct row){ .report = r,
			.index = i,
			.who = w,
			.track = { .responder = w->id,
				.at_us = f->fix_at,
				.received_us = c->at_us,
				.wgs84 = rounded(g->wgs84),
				.given = rounded(
					(struct lonlat){ f->position->lon, f->position->lat }),
				.datum = (int)f->position->datum,
				.accuracy_m = f->position->accuracy_m,
				.speed_mps = f->speed_mps,
				.course_deg = f->course_deg,
				.mock = g->flags & FIX_MOCK,
				.poor = g->flags & FIX_POOR } };
	}
}

static int compare(double a, double b)
{
	return (a > b) - (a < b);
}

static int compare_places(struct lonlat a, struct lonlat b)
{
	int r = compare(a.lon, b.lon);

	return r ? r : compare(a.lat, b.lat);
}

/* By responder and instant; of one instant the one to keep first. */
static int by_instant(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int r = strcmp(x->track.responder, y->track.responder);

	if (!r)
		r = (x->track.at_us > y->track.at_us) - (x->track.at_us < y->track.at_us);
	if (!r)
		r = compare_places(x->track.wgs84, y->track.wgs84);
	if (!r)
		r = (x->report > y->report) - (x->report < y->report);
	return r ? r : (x->index > y->index) - (x->index < y->index);
}

static void settle(struct row *row, char verdict)
{
	row->report->verdicts[row->index] = verdict;
	row->settled = true;
}

/* Takes out what the lot itself has twice. */
static void sort_rows(struct lot *l)
{
	qsort(l->rows, l->n_rows, sizeof *l->rows, by_instant);
	for (size_t i = 1; i < l->n_rows; i++) {
		const struct track_row *a = &l->rows[i - 1].track, *b = &l->rows[i].track;
		if (a->at_us == b->at_us && a->responder == b->responder)
			settle(&l->rows[i], 'd');
	}
}

static Pb__Code collect(struct lot *l)
{
	size_t most = 0;

	l->who = ARENA_ARRAY(l->arena, struct reporter, l->n_items + 1);
	if (!l->who)
		return PB__CODE__TOO_LARGE;
	for (size_t i = 0; i < l->n_items; i++) {
		struct call *c = l->items[i].call;
		if (begin_report(c, l->items[i].in) == PB__CODE__OK)
			most += ((const struct report *)c->prepared)->n;
	}
	l->rows = malloc((most + 1) * sizeof *l->rows); /* too many for an arena */
	if (!l->rows)
		return PB__CODE__TOO_LARGE;
	Pb__Code unknown = PB__CODE__OK, e = find_reporters(l);
	for (size_t i = 0; !e && i < l->n_items; i++) {
		struct call *c = l->items[i].call;
		struct reporter *w = c->faults.code ? NULL : reporter(l, c->who.subject);
		if (w && w->known)
			add_rows(l, c, w);
		else if (w && ((const struct report *)c->prepared)->n)
			unknown = call_unknown(c, "responder", c->who.subject);
	}
	(void)unknown; /* is in the call */
	sort_rows(l);
	return e;
}

/* ---- writing ---- */

/* Those the track may have already: not what is newer than the newest known, unless that proved
 * wrong. */
static Pb__Code drop_known(
	struct lot *l, bool all, const struct track_row **some, struct row **from)
{
	bool *has = calloc(l->n_rows + 1, sizeof *has);
	struct lonlat *there = calloc(l->n_rows + 1, sizeof *there);
	size_t n = 0;
	Pb__Code e = has && there ? PB__CODE__OK : PB__CODE__TOO_LARGE;

	for (size_t i = 0; !e && i < l->n_rows; i++) {
		struct row *r = &l->rows[i];
		if (r->settled || (!all && r->track.at_us > r->who->newest_us))
			continue;
		from[n] = r;
		some[n++] = &r->track;
	}
	if (!e)
		e = store_find_fixes(l->g, some, n, has, there);
	for (size_t i = 0; !e && i < n; i++) {
		if (!has[i])
			continue;
		settle(from[i], 'd');
		from[i]->known = true;
		if (compare_places(some[i]->wgs84, there[i]) < 0) {
			e = store_replace_fix(l->g, some[i]);
			from[i]->who->written = true;
		}
	}
	free(has);
	free(there);
	return e;
}

static Pb__Code add_new(struct lot *l, const struct track_row **some)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_rows; i++)
		if (!l->rows[i].settled) {
			some[n++] = &l->rows[i].track;
			l->rows[i].who->written = true;
		}
	return store_add_fixes(l->g, some, n);
}

static Pb__Code write_track(struct lot *l, bool all)
{
	const struct track_row **some = calloc(l->n_rows + 1, sizeof *some);
	struct row **from = calloc(l->n_rows + 1, sizeof *from);
	Pb__Code e = some && from ? drop_known(l, all, some, from) : PB__CODE__TOO_LARGE;

	if (!e)
		e = add_new(l, some);
	free(some);
	free(from);
	return e;
}

/* ---- newest positions ---- */

/* Whose newest position may have changed: who was written to now, and who was locked before. */
static const char **who_moved(struct lot *l, size_t *ret_n)
{
	const char **ids = ARENA_ARRAY(l->arena, const char *, l->n_who + late.n + 1);

	*ret_n = 0;
	for (size_t i = 0; ids && i < l->n_who; i++)
		if (l->who[i].written)
			ids[(*ret_n)++] = l->who[i].id;
	for (size_t i = 0; ids && i < late.n; i++) {
		const struct reporter *w = reporter(l, late.ids[i]);
		if (!w || !w->written)
			ids[(*ret_n)++] = late.ids[i];
	}
	return ids;
}

/* True: the responder's row doesn't say so yet. */
static bool judge(struct newest *w)
{
	struct fix *f = &w->fixes[0];

	f->doubtful = fix_doubtful(f, w->mock, &w->fixes[1], w->n_fixes - 1);
	return f->at_us != w->known_us || f->doubtful != w->known_doubtful ||
	       compare_places(rounded(f->at), rounded(w->known_at)) != 0;
}

/* Those asked for and not found were locked: next time. `ids` may point into `late`. */
static void remember_late(
	const char *const *ids, size_t n, const struct newest *found, size_t n_found)
{
	static char again[LATE_MAX][UUID_TEXT];
	size_t kept = 0;

	for (size_t i = 0; i < n && kept < LATE_MAX; i++) {
		bool here = false;
		for (size_t k = 0; k < n_found && !here; k++)
			here = !strcmp(found[k].id, ids[i]);
		if (!here)
			memcpy(again[kept++], ids[i], UUID_TEXT);
	}
	memcpy(late.ids, again, kept * sizeof again[0]);
	late.n = kept;
}

static Pb__Code write_newest(struct lot *l, const char *const *ids, size_t n)
{
	struct newest *found = ARENA_ARRAY(l->arena, struct newest, n + 1);
	size_t n_found = 0;

	l->newest = ARENA_ARRAY(l->arena, struct newest, n + 1);
	if (!found || !l->newest)
		return PB__CODE__TOO_LARGE;
	Pb__Code e = store_newest(l->g, ids, n, found, &n_found);
	for (size_t i = 0; !e && i < n_found; i++)
		if (judge(&found[i]))
			l->newest[l->n_newest++] = found[i];
	if (!e)
		e = store_set_newest(l->g, l->newest, l->n_newest);
	if (!e) /* should the commit fail, the lot is written again or reported again */
		remember_late(ids, n, found, n_found);
	return e;
}

static Pb__Code write_lot(struct lot *l, bool all)
{
	const char **ids = NULL;
	size_t n = 0;
	Pb__Code e = gather_begin(l->g);

	for (size_t i = 0; i < l->n_who; i++)
		l->who[i].written = false;
	for (size_t i = 0; i < l->n_rows; i++)
		if (l->rows[i].known)
			l->rows[i].settled = l->rows[i].known = false;
	l->n_newest = 0;
	if (!e)
		e = write_track(l, all);
	if (!e && !(ids = who_moved(l, &n)))
		e = PB__CODE__TOO_LARGE;
	if (!e)
		e = write_newest(l, ids, n);
	return e ? e : gather_commit(l->g);
}

/* ---- after the commit ---- */

static int by_responder_and_time(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int r = strcmp(x->track.responder, y->track.responder);

	return r ? r : (x->track.at_us > y->track.at_us) - (x->track.at_us < y->track.at_us);
}

/* What the track knows of the way to the newest fix, for the verdict of who sent it. */
static void flag_newest(struct lot *l, const struct newest *w)
{
	const struct row key = { .track = { .responder = w->id, .at_us = w->fixes[0].at_us } };
	struct row *row =
		l->n_rows ? bsearch(&key, l->rows, l->n_rows, sizeof key, by_responder_and_time)
			  : NULL;
	double s = w->n_fixes > 1 ? (double)(w->fixes[0].at_us - w->fixes[1].at_us) / 1e6 : 0;

	if (row && s > 0 && s <= FIX_BEFORE_S)
		row->report->grades[row->index].flags |=
			fix_step(w->fixes[1].at, w->fixes[0].at, s);
}

static void tell_moved(struct lot *l, const struct newest *w)
{
	const struct fix *f = &w->fixes[0];
	bool on_way = !strcmp(w->status, "EN_ROUTE") || !strcmp(w->status, "ON_SCENE");
	Pb__ResponderMoved m = PB__RESPONDER_MOVED__INIT;

	m.responder_id = w->id;
	m.district = w->district;
	m.incident_id = on_way ? w->incident : "";
	m.lon = f->at.lon;
	m.lat = f->at.lat;
	m.accuracy_m = f->accuracy_m;
	m.speed_mps = f->speed_mps;
	m.course_deg = f->course_deg;
	m.doubtful = f->doubtful;
	m.fix_at = f->at_us;
	m.received_at = gather_call(l->g)->at_us;
	live_tell(gather_call(l->g), &m.base);
}

static void give_verdicts(struct lot *l)
{
	for (size_t i = 0; i < l->n_rows; i++) {
		struct row *r = &l->rows[i];
		if (!r->settled)
			settle(r, r->track.at_us > r->who->newest_us ? 's' : 'o');
	}
	for (size_t i = 0; i < l->n_newest; i++) {
		flag_newest(l, &l->newest[i]);
		known_put(l->newest[i].id, &l->newest[i].fixes[0]);
		tell_moved(l, &l->newest[i]);
	}
}

static void refuse_all(struct lot *l, Pb__Code code)
{
	for (size_t i = 0; i < l->n_items; i++) {
		struct call *c = l->items[i].call;
		if (c->faults.code)
			continue;
		c->faults.retry_after_s = 1;
		fault_set(&c->faults, code == PB__CODE__CONFLICT ? PB__CODE__BUSY : code, "%s",
			code == PB__CODE__TOO_LARGE  ? "out of message memory"
			: code == PB__CODE__INTERNAL ? "internal error"
						     : "the database is busy");
	}
}

static void run(struct gatherer *g, const struct gather_item *items, size_t n)
{
	struct lot l = { .g = g, .arena = gather_call(g)->arena, .items = items, .n_items = n };

	if (!n && !late.n)
		return;
	Pb__Code e = collect(&l);
	if (!e && (l.n_rows || late.n)) {
		e = write_lot(&l, false);
		for (int tries = 1; e == PB__CODE__CONFLICT && tries < TRIES; tries++)
			e = write_lot(&l, true); /* the track knew more than the responder's row */
	}
	if (e)
		refuse_all(&l, e);
	else
		give_verdicts(&l);
	free(l.rows);
	if (late.n)
		gather_again(g);
}

const struct gather positions_gather = {
	.requests = requests,
	.statements = position_statements,
	.again_ms = LATE_AGAIN_MS,
	.run = run,
};
