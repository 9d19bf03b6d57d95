/* handlers_report.c - the SLA report, straight from the clocks of every case. */
#include "kit/timeutil.h"
#include "oversight/figures.h"
#include "oversight/oversight.h"

enum { DAYS_MAX = 400, GROUPS_MAX = 5000, FIGURES = 12 };

static Pb__ClockFigures *read_figures(const struct db_rows *r, size_t row, size_t col)
{
	Pb__ClockFigures *f = ARENA_NEW(r->arena, Pb__ClockFigures);

	if (!f)
		return NULL;
	pb__clock_figures__init(f);
	f->stopped = (uint32_t)db_get_i64(r, row, col);
	f->in_time = (uint32_t)db_get_i64(r, row, col + 1);
	f->p50_s = db_get_f64(r, row, col + 2);
	f->p90_s = db_get_f64(r, row, col + 3);
	f->p99_s = db_get_f64(r, row, col + 4);
	f->mean_s = db_get_f64(r, row, col + 5);
	f->max_s = db_get_f64(r, row, col + 6);
	f->open_late = (uint32_t)db_get_i64(r, row, col + 7);
	f->open_in_time = (uint32_t)db_get_i64(r, row, col + 8);
	f->merged = (uint32_t)db_get_i64(r, row, col + 9);
	f->cancelled = (uint32_t)db_get_i64(r, row, col + 10);
	f->left_lane = (uint32_t)db_get_i64(r, row, col + 11);
	figures_finish(f);
	return f;
}

static Pb__SlaRow *read_row(const struct db_rows *r, size_t i)
{
	Pb__SlaRow *s = ARENA_NEW(r->arena, Pb__SlaRow);

	if (!s)
		return NULL;
	pb__sla_row__init(s);
	s->district = db_get_text(r, i, 0);
	if (!db_is_null(r, i, 1)) {
		s->opt_hour_case = PB__SLA_ROW__OPT_HOUR_HOUR;
		s->hour = (uint32_t)db_get_i32(r, i, 1);
	}
	s->responder_id = db_get_text(r, i, 2);
	s->cases = (uint32_t)db_get_i64(r, i, 3);
	s->arrival = read_figures(r, i, 5);
	s->whole_case = read_figures(r, i, 5 + FIGURES);
	if (!s->arrival || !s->whole_case)
		return NULL;
	s->arrival->self_initiated = (uint32_t)db_get_i64(r, i, 4);
	return s;
}

static Pb__Code fill(struct call *c, const struct db_rows *r, Pb__ReportSlaReply *out)
{
	if (r->n > GROUPS_MAX)
		return call_fail(c, PB__CODE__REFUSED,
			"more than %d groups: report a shorter time or fewer of them", GROUPS_MAX);
	out->rows = ARENA_ARRAY(c->arena, Pb__SlaRow *, r->n + 1);
	out->total = read_row(r, 0);
	for (size_t i = 1; out->rows && i < r->n; i++) {
		out->rows[i - 1] = read_row(r, i);
		if (!out->rows[i - 1])
			break;
		out->n_rows++;
	}
	if (!out->total || out->n_rows + 1 < r->n)
		return call_fail(c, PB__CODE__TOO_LARGE, "too many groups for one message");
	return PB__CODE__OK;
}

static Pb__Code check(struct call *c, const Pb__ReportSlaRequest *in, struct grouping *by)
{
	if (in->to <= in->from)
		return call_fail_field(c, "/to", "order", "'to' must be after 'from'");
	if (in->to - in->from > DAYS_MAX * INT64_C(86400) * US_PER_S)
		return call_fail_field(c, "/to", "max", "at most %d days after 'from'", DAYS_MAX);
	if (!grouping_from_text(in->by, by))
		return call_fail_field(
			c, "/by", "format", "a comma list of district, hour, responder, each once");
	return PB__CODE__OK;
}

Pb__Code report_sla_run(struct call *c, const Pb__ReportSlaRequest *in, Pb__ReportSlaReply *out)
{
	struct grouping by;
	struct db_rows r, other;
	size_t n;
	const char **own = own_districts(c, &n);
	Pb__Code e = own ? check(c, in, &by)
			 : call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");

	if (!e)
		e = db_run(c, &sql_sla, &r,
			DB_ARGS(db_time(in->from), db_time(in->to), db_bool(by.district),
				db_bool(by.hour), db_bool(by.responder), db_time(c->at_us),
				db_texts(own, n)));
	if (!e)
		e = db_run(c, &sql_other_lanes, &other,
			DB_ARGS(db_time(in->from), db_time(in->to), db_texts(own, n)));
	if (e)
		return e;
	out->from = in->from;
	out->to = in->to;
	out->at = c->at_us;
	out->other_lanes = (uint32_t)db_get_i64(&other, 0, 0);
	return fill(c, &r, out);
}
