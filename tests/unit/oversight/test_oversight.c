/* test_oversight.c - summaries of events, groupings and figures of a report, and that no event of
 * the contract is missed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "kit/arena.h"
#include "oversight/figures.h"
#include "oversight/oversight.h"
#include "oversight/summary.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* Once each; those told live and kept nowhere, never. */
static void every_event_of_the_contract_is_handled(void **state)
{
	(void)state;
	for (size_t i = 0; i < jb_contract.n_events; i++) {
		size_t found = 0;
		for (const struct event_handler *h = oversight_events; h->type; h++)
			found += h->type == jb_contract.events[i]->desc;
		if (found != !jb_contract.events[i]->live)
			fail_msg("%s has %zu handlers", jb_contract.events[i]->desc->name, found);
	}
}

static void a_summary_knows_whom_and_when(void **state)
{
	Pb__ResponderAssigned e = PB__RESPONDER_ASSIGNED__INIT;
	(void)state;
	e.incident_id = "i";
	e.district = "610103";
	e.responder_id = "r";
	e.responder_phone = "13800138000";
	e.insurer = "PICC"; /* the employer: not a scope */
	e.at = 1772424000000000;
	struct summary s =
		summarise(contract_message(&jb_contract, e.base.descriptor->name), &e.base, &arena);
	assert_string_equal(s.incident, "i");
	assert_string_equal(s.district, "610103");
	assert_string_equal(s.responder, "r");
	assert_string_equal(s.insurer, "");
	assert_int_equal(s.at_us, 1772424000000000);
	assert_non_null(strstr(s.json, "138****8000"));
	assert_null(strstr(s.json, "13800138000"));
}

static void moments_have_their_names(void **state)
{
	Pb__IncidentReported r = PB__INCIDENT_REPORTED__INIT;
	Pb__OfferMade o = PB__OFFER_MADE__INIT;
	(void)state;
	r.accepted_at = 5;
	r.reported_at = 3;
	r.promised_arrival_at = 9;
	o.made_at = 7;
	o.expires_at = 8;
	assert_int_equal(
		summarise(contract_message(&jb_contract, r.base.descriptor->name), &r.base, &arena)
			.at_us,
		5);
	assert_int_equal(
		summarise(contract_message(&jb_contract, o.base.descriptor->name), &o.base, &arena)
			.at_us,
		7);
}

static void secrets_are_left_out(void **state)
{
	Pb__PartyLinkIssued e = PB__PARTY_LINK_ISSUED__INIT;
	(void)state;
	e.token = "top-secret";
	e.phone = "13912345678";
	struct summary s =
		summarise(contract_message(&jb_contract, e.base.descriptor->name), &e.base, &arena);
	assert_null(strstr(s.json, "top-secret"));
	assert_null(strstr(s.json, "13912345678"));
}

static void a_full_arena_is_said(void **state)
{
	struct arena small;
	Pb__IncidentReported r = PB__INCIDENT_REPORTED__INIT;
	(void)state;
	arena_init(&small, 1 << 20);
	r.case_no = "C1";
	small.fail_after = 0;
	struct summary s =
		summarise(contract_message(&jb_contract, r.base.descriptor->name), &r.base, &small);
	assert_null(s.json);
	arena_release(&small);
}

static void groupings(void **state)
{
	static const struct {
		const char *text;
		bool ok, district, hour, responder;
	} rows[] = {
		{ "", true, false, false, false },
		{ "district", true, true, false, false },
		{ "hour,district", true, true, true, false },
		{ "district,hour,responder", true, true, true, true },
		{ "hour,hour", false, false, false, false },
		{ "hour,", false, false, false, false },
		{ ",hour", false, false, false, false },
		{ "hours", false, false, false, false },
		{ "district hour", false, false, false, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct grouping g;
		bool ok = grouping_from_text(rows[i].text, &g);
		if (ok != rows[i].ok)
			fail_msg("'%s' is %d", rows[i].text, ok);
		if (ok) {
			assert_int_equal(g.district, rows[i].district);
			assert_int_equal(g.hour, rows[i].hour);
			assert_int_equal(g.responder, rows[i].responder);
		}
	}
}

static void figures(void **state)
{
	static const struct {
		uint32_t stopped, in_time, open_late, counted;
		double percent;
	} rows[] = {
		{ 0, 0, 0, 0, 0 },
		{ 3, 3, 0, 3, 100 },
		{ 3, 2, 0, 3, 66.67 },
		{ 3, 3, 1, 4, 75 },
		{ 0, 0, 2, 2, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		Pb__ClockFigures f = PB__CLOCK_FIGURES__INIT;
		f.stopped = rows[i].stopped;
		f.in_time = rows[i].in_time;
		f.open_late = rows[i].open_late;
		figures_finish(&f);
		assert_int_equal(f.counted, rows[i].counted);
		assert_float_equal(f.compliance_percent, rows[i].percent, 1e-9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_of_the_contract_is_handled),
		cmocka_unit_test(a_summary_knows_whom_and_when),
		cmocka_unit_test(moments_have_their_names),
		cmocka_unit_test(secrets_are_left_out),
		cmocka_unit_test(a_full_arena_is_said),
		cmocka_unit_test(groupings),
		cmocka_unit_test(figures),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
