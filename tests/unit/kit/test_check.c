/* test_check.c - declared rules on messages that came over the bus, by hand-written tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "contract/contract.gen.h"
#include "kit/json.h"

static struct arena a;
static struct fault_list f;

static int begin(void **state)
{
	(void)state;
	arena_init(&a, 1 << 20);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void refused(
	const struct msg_meta *m, const void *msg, const char *pointer, const char *rule)
{
	faults_init(&f, &a);
	assert_false(check_message(m, msg, &f));
	assert_int_equal(f.code, PB__CODE__INVALID);
	assert_string_equal(f.fields[0]->pointer, pointer);
	assert_string_equal(f.fields[0]->rule, rule);
}

static void taken(const struct msg_meta *m, const void *msg)
{
	faults_init(&f, &a);
	assert_true(check_message(m, msg, &f));
	assert_int_equal(f.code, PB__CODE__OK);
}

static void enums_and_text(void **state)
{
	(void)state;
	Pb__IncidentReported r = PB__INCIDENT_REPORTED__INIT;
	taken(&pb_meta_incident_reported, &r);
	r.lane = (Pb__Lane__Value)999;
	refused(&pb_meta_incident_reported, &r, "/lane", "enum");
	r.lane = PB__LANE__VALUE__RAPID;
	r.case_no = "\xff\xfe";
	refused(&pb_meta_incident_reported, &r, "/caseNo", "utf8");
	static const char *const bad[] = { "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xe2\x82", "\x80", "\xf8\x88\x80\x80\x80" };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		r.case_no = bad[i];
		refused(&pb_meta_incident_reported, &r, "/caseNo", "utf8");
	}
	r.case_no = "\xf0\x9f\x9a\x97";
	taken(&pb_meta_incident_reported, &r);
	Pb__Vehicle v = PB__VEHICLE__INIT, *list[] = { &v, &v };
	r.vehicles = list;
	r.n_vehicles = 2;
	v.kind = "\xff";
	refused(&pb_meta_incident_reported, &r, "/vehicles/0/kind", "utf8");
}

/* One message, each rule on its own: the tables say what is asked, not the message type. */
static struct field_meta rules[16];
static struct msg_meta table;

static struct field_meta *field(const struct msg_meta *of, const char *json)
{
	memcpy(rules, of->fields, of->desc->n_fields * sizeof rules[0]);
	table = *of;
	table.fields = rules;
	for (unsigned i = 0; i < of->desc->n_fields; i++) {
		if (strcmp(rules[i].json, json) == 0)
			return &rules[i];
	}
	fail_msg("no field %s", json);
	return NULL;
}

static const char *only_x(const char *text)
{
	return strspn(text, "x") == strlen(text) ? NULL : "must be all x";
}

static void text_rules(void **state)
{
	(void)state;
	Pb__SessionEnded s = PB__SESSION_ENDED__INIT;
	struct field_meta *m = field(&pb_meta_session_ended, "subject");
	m->min_len = 2;
	m->max_len = 3;
	m->check = only_x;
	m->format = "XS";
	taken(&table, &s); /* absent and not required: nothing to ask */
	s.subject = "x";
	refused(&table, &s, "/subject", "min_len");
	s.subject = "xxxx";
	refused(&table, &s, "/subject", "max_len");
	s.subject = "雁塔区"; /* three characters, nine bytes */
	refused(&table, &s, "/subject", "XS");
	s.subject = "xx";
	taken(&table, &s);
	m->required = true;
	s.subject = "";
	refused(&table, &s, "/subject", "required");
}

static void number_rules(void **state)
{
	(void)state;
	Pb__LossAssessed l = PB__LOSS_ASSESSED__INIT;
	struct field_meta *m = field(&pb_meta_loss_assessed, "totalFen");
	m->min = "-5";
	m->max = "9000000000000000000";
	l.total_fen = -6;
	refused(&table, &l, "/totalFen", "min");
	l.total_fen = INT64_MAX;
	refused(&table, &l, "/totalFen", "max");
	l.total_fen = INT64_C(9000000000000000000);
	taken(&table, &l);
	m = field(&pb_meta_loss_assessed, "version");
	m->min = "-1";
	m->max = "4000000000";
	l.version = 4000000001u;
	refused(&table, &l, "/version", "max");
	l.version = 4000000000u;
	taken(&table, &l);
	m->max = "-1";
	refused(&table, &l, "/version", "max");

	Pb__Position p = PB__POSITION__INIT;
	p.datum = PB__DATUM__VALUE__WGS84;
	p.lon = -180;
	taken(&pb_meta_position, &p);
	p.lat = 90.0000001;
	refused(&pb_meta_position, &p, "/lat", "max");
	p.lat = (double)NAN;
	refused(&pb_meta_position, &p, "/lat", "range");
	p.lat = -(double)INFINITY;
	refused(&pb_meta_position, &p, "/lat", "range");
	p.lat = 0;
	p.datum = PB__DATUM__VALUE__UNSPECIFIED;
	refused(&pb_meta_position, &p, "/datum", "required");
}

static void time_rules(void **state)
{
	(void)state;
	Pb__SessionEnded s = PB__SESSION_ENDED__INIT;
	struct field_meta *m = field(&pb_meta_session_ended, "at");
	taken(&table, &s);
	s.at = -1;
	refused(&table, &s, "/at", "time");
	s.at = INT64_MAX;
	refused(&table, &s, "/at", "time");
	s.at = 1;
	taken(&table, &s);
	s.at = 0;
	m->required = true;
	refused(&table, &s, "/at", "required");
}

static void list_and_message_rules(void **state)
{
	(void)state;
	Pb__DeterminationMade d = PB__DETERMINATION_MADE__INIT;
	struct field_meta *m = field(&pb_meta_determination_made, "articles");
	static const char *articles[] = { "38", "39", "" };
	d.articles = articles;
	d.n_articles = 3;
	m->max_items = 3;
	taken(&table, &d);
	m->required = true; /* of a list: at least one; of each item: not empty */
	refused(&table, &d, "/articles/2", "required");
	m->max_items = 2;
	refused(&table, &d, "/articles", "max_items");
	d.n_articles = 0;
	refused(&table, &d, "/articles", "required");

	Pb__Place p = PB__PLACE__INIT;
	p.text = "x";
	refused(&pb_meta_place, &p, "/position", "required");
}

static void the_chosen_member_only(void **state)
{
	(void)state;
	Pb__PayClaimRequest p = PB__PAY_CLAIM_REQUEST__INIT;
	p.claim_id = "0193a1b2-0000-7000-8000-000000000001";
	p.payment_ref = "1";
	p.paid_fen = -1; /* not chosen: whatever lies there counts for nothing */
	taken(&pb_meta_pay_claim_request, &p);
	p.opt_paid_fen_case = PB__PAY_CLAIM_REQUEST__OPT_PAID_FEN_PAID_FEN;
	refused(&pb_meta_pay_claim_request, &p, "/paidFen", "min");
}

static void look_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < jb_contract.n_messages; i++) {
		const struct msg_meta *m = jb_contract.messages[i];
		assert_ptr_equal(contract_message(&jb_contract, m->desc->name), m);
		ProtobufCMessage *msg = message_new(m, &a);
		assert_true(protobuf_c_message_check(msg));
		arena_reset(&a);
	}
	assert_null(contract_message(&jb_contract, "jingbao.v1.NoSuch"));
	assert_null(contract_message(&jb_contract, ""));
	assert_string_equal(enum_name(&pb__lane__value__descriptor, 1), "RAPID");
	assert_string_equal(enum_name(&pb__lane__value__descriptor, 99), "?");
	assert_int_equal(enum_value(&pb__lane__value__descriptor, "GENERAL"), 3);
	assert_int_equal(enum_value(&pb__lane__value__descriptor, "nope"), -1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(enums_and_text),
		T(text_rules),
		T(number_rules),
		T(time_rules),
		T(list_and_message_rules),
		T(the_chosen_member_only),
		T(look_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
