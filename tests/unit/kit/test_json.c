/* test_json.c - messages to and from JSON: every type, every refusal, hostile and foreign input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "contract/contract.gen.h"
#include "kit/json.h"

static struct arena a;
static struct fault_list f;

static int begin(void **state)
{
	(void)state;
	arena_init(&a, 8 << 20);
	faults_init(&f, &a);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void *read_as(const struct msg_meta *m, const char *text)
{
	faults_init(&f, &a);
	ProtobufCMessage *msg = json_to_message(m, text, strlen(text), &f);
	assert_true((msg == NULL) == (f.code != PB__CODE__OK));
	return msg;
}

#define READ(m, type, text) ((type *)read_as(&pb_meta_##m, text))

static const char *write_as(const struct msg_meta *m, const void *msg, struct json_out how)
{
	size_t len;
	const char *s = message_to_json(m, msg, how, &a, &len);
	assert_non_null(s);
	assert_int_equal(strlen(s), len);
	return s;
}

/* The refusal names this place and rule. */
static void refused(
	const struct msg_meta *m, const char *text, const char *pointer, const char *rule)
{
	assert_null(read_as(m, text));
	assert_int_equal(f.code, PB__CODE__INVALID);
	for (size_t i = 0; i < f.n_fields; i++) {
		if (strcmp(f.fields[i]->pointer, pointer) == 0 &&
			strcmp(f.fields[i]->rule, rule) == 0)
			return;
	}
	for (size_t i = 0; i < f.n_fields; i++)
		print_error("got %s %s %s\n", f.fields[i]->pointer, f.fields[i]->rule,
			f.fields[i]->detail);
	fail_msg("%s: no fault '%s' at '%s'", text, rule, pointer);
}

static const char full[] = "{\"incidentId\":\"0193a1b2-0000-7000-8000-000000000001\","
			   "\"district\":\"610113\",\"lane\":\"RAPID\","
			   "\"gates\":[{\"code\":\"X01\",\"version\":3}],"
			   "\"place\":{\"text\":\"雁塔路\\\"\\\\\\n\",\"position\":{\"lon\":108.94,"
			   "\"lat\":34.2588,\"datum\":\"WGS84\"},\"uncertaintyM\":12.5},"
			   "\"lon\":108.9363528,\"lat\":1e-07,"
			   "\"reportedAt\":\"2026-11-21T06:17:16.123456Z\","
			   "\"vehicles\":[{\"kind\":\"car\",\"movable\":false},{\"hazmat\":true}],"
			   "\"casualties\":{\"injured\":2},\"channel\":\"PHONE_122\","
			   "\"flags\":[\"a\",\"b\"]}";

static void round_trip(void **state)
{
	(void)state;
	Pb__IncidentReported *r = READ(incident_reported, Pb__IncidentReported, full);
	assert_non_null(r);
	assert_int_equal(r->lane, PB__LANE__VALUE__RAPID);
	assert_int_equal(r->gates[0]->version, 3);
	assert_string_equal(r->place->text, "雁塔路\"\\\n");
	assert_int_equal(r->n_vehicles, 2);
	assert_int_equal(r->vehicles[0]->opt_movable_case, PB__VEHICLE__OPT_MOVABLE_MOVABLE);
	assert_int_equal(r->vehicles[1]->opt_movable_case, 0);
	assert_int_equal(r->reported_at, INT64_C(1795241836123456));
	const char *out = write_as(&pb_meta_incident_reported, r, (struct json_out){ 0 });
	assert_string_equal(out, full);

	size_t n = protobuf_c_message_get_packed_size(&r->base);
	uint8_t *wire = arena_alloc(&a, n);
	protobuf_c_message_pack(&r->base, wire);
	ProtobufCMessage *again =
		protobuf_c_message_unpack(pb_meta_incident_reported.desc, &a.pb, n, wire);
	assert_non_null(again);
	assert_true(check_message(&pb_meta_incident_reported, again, &f));
	assert_string_equal(
		write_as(&pb_meta_incident_reported, again, (struct json_out){ 0 }), full);
}

static void both_names(void **state)
{
	(void)state;
	assert_non_null(READ(session_ended, Pb__SessionEnded, "{\"session_id\":\"x\"}"));
	assert_non_null(READ(session_ended, Pb__SessionEnded, "{\"sessionId\":\"x\"}"));
	refused(&pb_meta_session_ended, "{\"sessionId\":\"x\",\"session_id\":\"x\"}", "/session_id",
		"duplicate");
	refused(&pb_meta_session_ended, "{\"subject\":\"x\",\"subject\":\"y\"}", "", "duplicate");
}

static void numbers(void **state)
{
	(void)state;
	Pb__LossAssessed *l = READ(loss_assessed, Pb__LossAssessed, "{\"totalFen\":12}");
	assert_int_equal(l->total_fen, 12);
	l = READ(loss_assessed, Pb__LossAssessed, "{\"totalFen\":\"-9223372036854775808\"}");
	assert_true(l->total_fen == INT64_MIN);
	l = READ(loss_assessed, Pb__LossAssessed, "{\"totalFen\":1e3,\"version\":7.0}");
	assert_int_equal(l->total_fen, 1000);
	assert_int_equal(l->version, 7);
	const char *out = write_as(&pb_meta_loss_assessed, l, (struct json_out){ 0 });
	assert_string_equal(out, "{\"version\":7,\"totalFen\":\"1000\"}");
	const struct msg_meta *m = &pb_meta_loss_assessed;
	refused(m, "{\"totalFen\":1.5}", "/totalFen", "type");
	refused(m, "{\"totalFen\":\"1.5\"}", "/totalFen", "type");
	refused(m, "{\"totalFen\":\" 1\"}", "/totalFen", "type");
	refused(m, "{\"totalFen\":\"+1\"}", "/totalFen", "type");
	refused(m, "{\"totalFen\":\"01\"}", "/totalFen", "type");
	refused(m, "{\"totalFen\":\"\"}", "/totalFen", "type");
	refused(m, "{\"totalFen\":true}", "/totalFen", "type");
	refused(m, "{\"totalFen\":\"9223372036854775808\"}", "/totalFen", "range");
	refused(m, "{\"totalFen\":9223372036854775808}", "", "range");
	refused(m, "{\"version\":-1}", "/version", "range");
	refused(m, "{\"version\":4294967296}", "/version", "range");
	refused(m, "{\"version\":\"1\"}", "/version", "type"); /* text only for 64 bits */
	refused(m, "{\"version\":1e99}", "/version", "type");
}

static void times(void **state)
{
	(void)state;
	Pb__SessionEnded *s =
		READ(session_ended, Pb__SessionEnded, "{\"at\":\"2026-11-21T14:17:16.5+08:00\"}");
	assert_int_equal(s->at, INT64_C(1795241836500000));
	assert_string_equal(write_as(&pb_meta_session_ended, s, (struct json_out){ 0 }),
		"{\"at\":\"2026-11-21T06:17:16.500000Z\"}");
	const struct msg_meta *m = &pb_meta_session_ended;
	refused(m, "{\"at\":1795242236}", "/at", "type");
	refused(m, "{\"at\":\"2026-11-21\"}", "/at", "time");
	refused(m, "{\"at\":\"2026-11-21T14:17:16\"}", "/at", "time");
	refused(m, "{\"at\":\"2026-02-30T14:17:16Z\"}", "/at", "time");
	refused(m, "{\"at\":\"1969-12-31T23:59:59Z\"}", "/at", "time");
}

static void wrong_things(void **state)
{
	(void)state;
	const struct msg_meta *m = &pb_meta_incident_reported;
	refused(m, "[]", "", "type");
	refused(m, "null", "", "type");
	refused(m, "3", "", "type");
	refused(m, "", "", "syntax");
	refused(m, "{\"x\":1", "", "syntax");
	refused(m, "{} {}", "", "syntax");
	refused(m, "{\"nosuch\":1}", "/nosuch", "unknown");
	refused(m, "{\"vehicles\":[{},{\"a/b~c\":1}]}", "/vehicles/1/a~1b~0c", "unknown");
	refused(m, "{\"vehicles\":{}}", "/vehicles", "type");
	refused(m, "{\"vehicles\":[null]}", "/vehicles/0", "type");
	refused(m, "{\"flags\":[1]}", "/flags/0", "type");
	refused(m, "{\"lane\":\"SLOW\"}", "/lane", "enum");
	refused(m, "{\"lane\":1}", "/lane", "type");
	refused(m, "{\"place\":\"x\"}", "/place", "type");
	refused(m, "{\"lon\":\"1\"}", "/lon", "type");
	refused(m, "{\"place\":{\"text\":\"x\",\"position\":{\"lat\":34,\"datum\":\"WGS84\"}}}",
		"/place/position/lon", "required");
	refused(m,
		"{\"place\":{\"text\":\"x\",\"position\":{\"lon\":181,\"lat\":34,\"datum\":"
		"\"WGS84\"}}}",
		"/place/position/lon", "max");
	refused(m, "{\"place\":{\"text\":\"x\",\"position\":{\"lon\":108,\"lat\":34}}}",
		"/place/position/datum", "required");
	refused(m, "{\"place\":{}}", "/place/text", "required");
	refused(m, "{\"caller\":{\"phone\":\"abc\"}}", "/caller/phone", "phone");
	refused(&pb_meta_party_recorded, "{\"party\":{\"appliedAt\":\"2026-11-21T06:17:16Z\"}}",
		"/party/appliedAt", "server");
	/* zero is a value of a required number */
	assert_non_null(read_as(m, "{\"place\":{\"text\":\"x\",\"position\":{\"lon\":0,\"lat\":0,"
				   "\"datum\":\"WGS84\"}}}"));
	/* null stands for absent, as in proto3 */
	assert_non_null(read_as(m, "{\"place\":null,\"lane\":null,\"flags\":null}"));
}

static void all_faults_at_once(void **state)
{
	(void)state;
	assert_null(read_as(&pb_meta_incident_reported, "{\"a\":1,\"b\":2,\"lane\":3}"));
	assert_int_equal(f.n_fields, 3);
}

static void text_of_the_caller_stays_out_of_syntax_faults(void **state)
{
	(void)state;
	assert_null(read_as(&pb_meta_session_ended, "{\"subject\": 13812348000x}"));
	assert_null(strstr(f.fields[0]->detail, "1381234"));
}

static void deep_and_long(void **state)
{
	(void)state;
	size_t n = 10 << 20;
	char *text = malloc(n);
	memset(text, '[', n);
	clock_t t0 = clock();
	assert_null(json_to_message(&pb_meta_session_ended, text, n, &f));
	assert_string_equal(f.fields[0]->rule, "depth");
	for (size_t i = 0; i + 5 < n; i += 5) /* {"a": a thousand times and more */
		memcpy(text + i, "{\"a\":", 5);
	faults_init(&f, &a);
	assert_null(json_to_message(&pb_meta_session_ended, text, n, &f));
	assert_string_equal(f.fields[0]->rule, "depth");
	assert_true((double)(clock() - t0) / CLOCKS_PER_SEC < 0.1);
	free(text);
	/* brackets in text don't count */
	assert_non_null(read_as(&pb_meta_session_ended,
		"{\"subject\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[\"}"));
}

static void arena_full(void **state)
{
	(void)state;
	arena_release(&a);
	arena_init(&a, 8 << 20);
	size_t allocations = 0;
	for (long nth = 0;; nth++) {
		arena_reset(&a);
		faults_init(&f, &a);
		a.fail_after = nth;
		ProtobufCMessage *msg =
			json_to_message(&pb_meta_incident_reported, full, strlen(full), &f);
		if (msg && a.fail_after >= 0)
			break;
		assert_null(msg);
		assert_int_equal(f.code, PB__CODE__TOO_LARGE);
		allocations++;
	}
	a.fail_after = -1;
	assert_true(allocations > 20);
}

static void one_field_from_text(void **state)
{
	(void)state;
	const struct msg_meta *m = &pb_meta_incident_reported;
	Pb__IncidentReported *r = (Pb__IncidentReported *)message_new(m, &a);
	assert_true(json_set_from_text(m, &r->base, "caseNo", "c1", &f));
	assert_true(json_set_from_text(m, &r->base, "order_no", "o1", &f));
	assert_true(json_set_from_text(m, &r->base, "lane", "OFFICER", &f));
	assert_true(json_set_from_text(m, &r->base, "lon", "-1.5e1", &f));
	assert_true(json_set_from_text(m, &r->base, "flags", "a", &f));
	assert_true(json_set_from_text(m, &r->base, "flags", "b", &f));
	assert_true(json_set_from_text(m, &r->base, "reportedAt", "2026-11-21T06:17:16Z", &f));
	assert_int_equal(r->n_flags, 2);
	assert_string_equal(r->flags[1], "b");
	assert_true(r->lon == -15);
	assert_false(json_set_from_text(m, &r->base, "caseNo", "c2", &f));
	assert_string_equal(f.fields[0]->rule, "duplicate");
	static const char *const bad[][2] = { { "nosuch", "1" }, { "lat", "nan" }, { "lat", "0x1" },
		{ "lat", "1e999" }, { "lat", " 1" }, { "place", "{}" }, { "channel", "7" },
		{ "acceptedAt", "today" } };
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		faults_init(&f, &a);
		assert_false(json_set_from_text(m, &r->base, bad[i][0], bad[i][1], &f));
		assert_int_equal(f.code, PB__CODE__INVALID);
	}
	Pb__Party *p = (Pb__Party *)message_new(&pb_meta_party, &a);
	assert_false(json_set_from_text(
		&pb_meta_party, &p->base, "appliedAt", "2026-11-21T06:17:16Z", &f));
	assert_true(json_set_server_field(
		&pb_meta_party, &p->base, "appliedAt", "2026-11-21T06:17:16Z", &f));
	assert_true(json_set_from_text(&pb_meta_party, &p->base, "applied", "true", &f));
	assert_int_equal(p->applied, 1);
	assert_int_equal(p->applied_at, INT64_C(1795241836000000));
}

static void masks_and_secrets(void **state)
{
	(void)state;
	Pb__PartyLinkIssued p = PB__PARTY_LINK_ISSUED__INIT;
	p.phone = "13812348000";
	p.token = "t0k3n";
	const struct msg_meta *m = &pb_meta_party_link_issued;
	assert_string_equal(write_as(m, &p, (struct json_out){ 0 }), "{\"phone\":\"13812348000\"}");
	assert_string_equal(
		write_as(m, &p, (struct json_out){ .mask = true }), "{\"phone\":\"138****8000\"}");
	assert_string_equal(write_as(m, &p, (struct json_out){ .with_secrets = true }),
		"{\"phone\":\"13812348000\",\"token\":\"t0k3n\"}");
	assert_string_equal(
		write_as(m, &p, (struct json_out){ .mask = true, .with_secrets = true }),
		"{\"phone\":\"138****8000\",\"token\":\"***\"}");
}

static void defaults_written_on_demand(void **state)
{
	(void)state;
	Pb__LossAssessed l = PB__LOSS_ASSESSED__INIT;
	assert_string_equal(write_as(&pb_meta_loss_assessed, &l, (struct json_out){ 0 }), "{}");
	const char *s =
		write_as(&pb_meta_loss_assessed, &l, (struct json_out){ .keep_defaults = true });
	assert_non_null(strstr(s, "\"totalFen\":\"0\""));
	assert_non_null(strstr(s, "\"partyId\":\"\""));
	assert_null(strstr(s, "\"at\""));
	Pb__AccountChanged c = PB__ACCOUNT_CHANGED__INIT;
	s = write_as(&pb_meta_account_changed, &c, (struct json_out){ .keep_defaults = true });
	assert_non_null(strstr(s, "\"roles\":[]"));
	assert_non_null(strstr(s, "\"disabled\":false"));
	s = write_as(&pb_meta_account_changed, &c, (struct json_out){ .keep_lists = true });
	assert_string_equal(s, "{\"roles\":[],\"districts\":[]}");
}

static void whatever_is_written_is_json(void **state)
{
	(void)state;
	Pb__SessionEnded s = PB__SESSION_ENDED__INIT;
	for (int c = 1; c < 256; c++) {
		char text[] = { 'a', (char)c, 'b', (char)c, '\0' };
		s.subject = text;
		const char *out = write_as(&pb_meta_session_ended, &s, (struct json_out){ 0 });
		json_auto_t *v = json_loads(out, 0, NULL);
		assert_non_null(v);
		if (c < 0x80)
			assert_string_equal(json_string_value(json_object_get(v, "subject")), text);
	}
	Pb__OfferMade o = PB__OFFER_MADE__INIT;
	static const double odd[] = { 0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -34.2588, 1e21,
		123456789.123456789 };
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		o.lon = odd[i];
		Pb__OfferMade *back = READ(offer_made, Pb__OfferMade,
			write_as(&pb_meta_offer_made, &o, (struct json_out){ 0 }));
		assert_true(back->lon == odd[i]);
	}
	o.lon = (double)INFINITY;
	assert_string_equal(
		write_as(&pb_meta_offer_made, &o, (struct json_out){ 0 }), "{\"lon\":null}");
}

static void what_we_stored(void **state)
{
	(void)state;
	static const char text[] = "{\"partyId\":\"x\",\"appliedAt\":\"2026-11-21T06:17:16Z\","
				   "\"oncewas\":[{}],\"phone\":\"not a phone\"}";
	Pb__Party *p =
		(Pb__Party *)json_stored_to_message(&pb_meta_party, text, sizeof text - 1, &a);
	assert_non_null(p);
	assert_int_equal(p->applied_at, INT64_C(1795241836000000));
	assert_string_equal(p->phone, "not a phone");
	assert_null(json_stored_to_message(&pb_meta_party, "{", 1, &a));
}

/* Foreign suites, when they are on this machine ------------------------------------------------ */

static const char *shared(const char *path)
{
	const char *dir = getenv("JB_SHARED");
	return arena_printf(&a, "%s/data/inputs/%s", dir ? dir : JB_SOURCE_DIR "/../shared", path);
}

static char *slurp(const char *path, size_t *ret_len)
{
	FILE *in = fopen(path, "rb");
	if (!in)
		return NULL;
	char *text = arena_alloc(&a, 1 << 20);
	*ret_len = fread(text, 1, (1 << 20) - 1, in);
	fclose(in);
	return text;
}

/* How many inputs of the folder were parsed (valid) or refused (not). */
static int suite(const char *folder, bool valid)
{
	const char *dir = shared(folder);
	DIR *d = opendir(dir);
	if (!d)
		return 0;
	int n = 0;
	for (struct dirent *e; (e = readdir(d));) {
		size_t len;
		char *text = slurp(arena_printf(&a, "%s/%s/input", dir, e->d_name), &len);
		if (!text)
			continue;
		faults_init(&f, &a);
		json_auto_t *v = json_parse(text, len, &f);
		/* A bare value is no syntax error; a request asks for an object in the next step.
		 */
		if (!valid && v && !json_is_object(v) && !json_is_array(v))
			assert_null(json_value_to_message(&pb_meta_session_ended, v, "", &f));
		else
			assert_int_equal(v != NULL, valid);
		n++;
		arena_reset(&a);
		dir = shared(folder);
	}
	closedir(d);
	return n;
}

static void jansson_suite(void **state)
{
	(void)state;
	if (suite("json/jansson-2.14/valid", true) == 0)
		skip();
	assert_true(suite("json/jansson-2.14/invalid", false) > 40);
	assert_true(suite("json/jansson-2.14/invalid-unicode", false) > 15);
}

static void naughty_strings(void **state)
{
	(void)state;
	size_t len;
	char *text = slurp(shared("naughty/blns.json"), &len);
	if (!text)
		skip();
	json_auto_t *list = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	assert_true(json_array_size(list) > 400);
	for (size_t i = 0; i < json_array_size(list); i++) {
		arena_reset(&a);
		json_auto_t *o = json_pack("{s:O}", "reason", json_array_get(list, i));
		char *body = json_dumps(o, 0);
		Pb__SessionEnded *s = read_as(&pb_meta_session_ended, body);
		free(body);
		if (!s)
			continue; /* refused is fine; stored otherwise than sent is not */
		const char *out = write_as(&pb_meta_session_ended, s, (struct json_out){ 0 });
		json_auto_t *back = json_loads(out, 0, NULL);
		json_t *sent = json_array_get(list, i);
		assert_true(*json_string_value(sent) == '\0' ||
			    json_equal(json_object_get(back, "reason"), sent));
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(round_trip),
		T(both_names),
		T(numbers),
		T(times),
		T(wrong_things),
		T(all_faults_at_once),
		T(text_of_the_caller_stays_out_of_syntax_faults),
		T(deep_and_long),
		T(arena_full),
		T(one_field_from_text),
		T(masks_and_secrets),
		T(defaults_written_on_demand),
		T(whatever_is_written_is_json),
		T(what_we_stored),
		T(jansson_suite),
		T(naughty_strings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
