/* handlers_position.c - position reports, the contract's own and those of tracking apps. They are
 * written by positions_lot.c before they come here; what is left is the answer. */
#include <string.h>
#include "dispatch/dispatch.h"
#include "dispatch/positions_lot.h"

Pb__Code report_positions_bind(struct call *c, const Pb__ReportPositionsRequest *in)
{
	(void)c;
	(void)in;
	return PB__CODE__OK;
}

static void set_verdict(Pb__FixResult *res, const struct graded_fix *g, char verdict)
{
	res->verdict = PB__FIX_VERDICT__VALUE__REJECTED;
	if (g->rejected)
		res->reason = g->rejected;
	else if (verdict == 's')
		res->verdict = PB__FIX_VERDICT__VALUE__STORED;
	else if (verdict == 'o')
		res->verdict = PB__FIX_VERDICT__VALUE__OLDER;
	else if (verdict == 'd')
		res->verdict = PB__FIX_VERDICT__VALUE__DUPLICATE;
	else
		res->reason = "off_duty";
}

static Pb__FixResult *new_result(struct call *c, const struct graded_fix *g, char verdict)
{
	Pb__FixResult *res = ARENA_NEW(c->arena, Pb__FixResult);

	if (!res)
		return NULL;
	pb__fix_result__init(res);
	set_verdict(res, g, verdict);
	if (!g->flags || res->verdict == PB__FIX_VERDICT__VALUE__REJECTED)
		return res;
	res->flags = ARENA_ARRAY(c->arena, const char *, FIX_FLAGS);
	if (!res->flags)
		return NULL;
	res->n_flags = fix_flags(g->flags, res->flags);
	return res;
}

Pb__Code report_positions_answer(struct call *c, const Pb__ReportPositionsRequest *in,
	const struct db_rows *rows, Pb__ReportPositionsReply *out)
{
	const struct report *r = c->prepared;

	(void)rows;
	out->results = ARENA_ARRAY(c->arena, Pb__FixResult *, in->n_fixes + 1);
	if (!out->results)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	for (size_t i = 0; i < in->n_fixes; i++, out->n_results++) {
		Pb__FixResult *res = new_result(c, &r->grades[i], r->verdicts[i]);
		if (!res)
			return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
		out->results[i] = res;
		out->stored += res->verdict == PB__FIX_VERDICT__VALUE__STORED ||
			       res->verdict == PB__FIX_VERDICT__VALUE__OLDER;
	}
	return PB__CODE__OK;
}

/* ---- apps of others ---- */

Pb__Code track_bind(struct call *c, const Pb__TrackerReportRequest *in)
{
	(void)c;
	(void)in;
	return PB__CODE__OK;
}

/* A point that is refused is answered as taken: the app would send it for ever, and the ones behind
 * it would never come. */
Pb__Code track_osmand_answer(struct call *c, const Pb__TrackerReportRequest *in,
	const struct db_rows *rows, Pb__TextReply *out)
{
	(void)c;
	(void)in;
	(void)rows;
	out->media = "text/plain; charset=utf-8";
	out->text = "";
	return PB__CODE__OK;
}

/* The list of messages for the app: there are none. */
Pb__Code track_owntracks_answer(struct call *c, const Pb__TrackerReportRequest *in,
	const struct db_rows *rows, Pb__TextReply *out)
{
	(void)c;
	(void)in;
	(void)rows;
	out->media = "application/json";
	out->text = "[]";
	return PB__CODE__OK;
}
