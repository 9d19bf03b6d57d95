/* test_submission.c - near-by cells, stored duplicates, differences, and who may see what. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "intake/difference.h"
#include "intake/duplicates.h"
#include "intake/service.h"
#include "intake/submission.h"

static struct arena arena;

static int set_up(void **state)
{
	static struct call c;

	arena_init(&arena, 4 << 20);
	c = (struct call){ .arena = &arena, .who = { 0, "", "", "", "", "", "" } };
	faults_init(&c.faults, &arena);
	*state = &c;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* Whatever is within the radius lies in one of the at most four cells, over belts of latitude too.
 */
static void near_cells_miss_nothing(void **state)
{
	unsigned short seed[3] = { 4, 5, 6 };

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct lonlat p = { 107.6 + 2.3 * erand48(seed),
			i % 2 ? 33.6 + 1.2 * erand48(seed) : 33.99 + 0.02 * erand48(seed) };
		double angle = 6.2831853 * erand48(seed);
		double far = DUPLICATE_RADIUS_M * 0.9999 * erand48(seed);
		struct lonlat q = { p.lon + far * sin(angle) / (111195.08 * cos(p.lat / 57.29578)),
			p.lat + far * cos(angle) / 111195.08 };
		int64_t cells[NEAR_CELLS], mine = geo_cell(q, near_cell_m);
		size_t n = near_cells(p, cells), k = 0;

		while (k < n && cells[k] != mine)
			k++;
		if (k == n)
			fail_msg("%f %f misses %f %f", p.lon, p.lat, q.lon, q.lat);
		for (size_t a = 0; a < n; a++)
			for (size_t b = a + 1; b < n; b++)
				assert_true(cells[a] != cells[b]);
	}
}

static void stored_duplicates_are_scored(void **state)
{
	size_t n;
	Pb__Duplicate **d = duplicates_from_json(*state,
		"[[\"b\",\"JB-2\",290,800,0],[\"a\",\"JB-1\",10,-5,3],[\"c\",\"JB-3\",10,5,4]]",
		&n);

	assert_int_equal(n, 3);
	assert_string_equal(d[0]->incident_id, "a");
	assert_string_equal(d[0]->case_no, "JB-1");
	assert_int_equal(d[0]->n_reasons, 4);
	assert_true(d[0]->score == 1.0);
	assert_true(d[1]->score >= d[2]->score && d[2]->score > 0);
	duplicates_from_json(*state, "[]", &n);
	assert_int_equal(n, 0);
	duplicates_from_json(*state, "not json", &n);
	assert_int_equal(n, 0);
}

static void differences_are_pointers(void **state)
{
	const char *ret[DIFFERENCES_MAX];
	Pb__SubmitOrderRequest a = PB__SUBMIT_ORDER_REQUEST__INIT, b = a;
	Pb__Caller ca = PB__CALLER__INIT, cb = PB__CALLER__INIT;
	Pb__Vehicle v = PB__VEHICLE__INIT, w = PB__VEHICLE__INIT, *va[] = { &v, &v },
		    *vb[] = { &v, &w };
	const struct msg_meta *m = &pb_meta_submit_order_request;

	(void)state;
	assert_int_equal(message_differences(m, &a.base, &b.base, &arena, ret), 0);
	ca.name = "张三";
	cb.name = "李四";
	cb.anonymous = true;
	a.caller = &ca;
	b.caller = &cb;
	v.plate = "陕A12345";
	w.plate = "陕A54321";
	a.vehicles = va;
	b.vehicles = vb;
	a.n_vehicles = b.n_vehicles = 2;
	assert_int_equal(message_differences(m, &a.base, &b.base, &arena, ret), 3);
	assert_string_equal(ret[0], "/caller/name");
	assert_string_equal(ret[1], "/caller/anonymous");
	assert_string_equal(ret[2], "/vehicles/1/plate");
	b.n_vehicles = 1;
	b.caller = &ca;
	assert_int_equal(message_differences(m, &a.base, &b.base, &arena, ret), 1);
	assert_string_equal(ret[0], "/vehicles");
	b.caller = NULL;
	b.n_vehicles = 2;
	b.vehicles = va;
	assert_int_equal(message_differences(m, &a.base, &b.base, &arena, ret), 1);
	assert_string_equal(ret[0], "/caller");
}

static bool sees(struct call *c, Pb__Role__Value role, const char *subject, const char *districts,
	const char *incident)
{
	c->who = (struct principal){ 1u << role, subject, "", "", districts, incident, "" };
	return may_see(c, "i1", "610103", "r1", "r2");
}

static void each_sees_his_own(void **state)
{
	struct call *c = *state;

	assert_true(sees(c, PB__ROLE__VALUE__DISPATCHER, "", "", ""));
	assert_true(sees(c, PB__ROLE__VALUE__OFFICER, "o", "", ""));
	assert_true(sees(c, PB__ROLE__VALUE__OFFICER, "o", "610102 610103", ""));
	assert_true(sees(c, PB__ROLE__VALUE__BRIGADE, "o", "610103 610104", ""));
	assert_false(sees(c, PB__ROLE__VALUE__OFFICER, "o", "610102", ""));
	assert_false(sees(c, PB__ROLE__VALUE__OFFICER, "o", "6101031", ""));
	assert_true(sees(c, PB__ROLE__VALUE__RESPONDER, "r1", "", ""));
	assert_true(sees(c, PB__ROLE__VALUE__RESPONDER, "r2", "", ""));
	assert_false(sees(c, PB__ROLE__VALUE__RESPONDER, "r3", "", ""));
	assert_true(sees(c, PB__ROLE__VALUE__PARTY, "p", "", "i1"));
	assert_false(sees(c, PB__ROLE__VALUE__PARTY, "p", "", "i2"));
	assert_false(sees(c, PB__ROLE__VALUE__PARTY, "p", "", ""));
	assert_false(sees(c, PB__ROLE__VALUE__INSURER, "x", "", "i1"));
	/* Nobody is the responder of an incident that has none. */
	c->who = (struct principal){ 1u << PB__ROLE__VALUE__RESPONDER, "", "", "", "", "", "" };
	assert_false(may_see(c, "i1", "610103", "", ""));
}

static void districts_are_split(void **state)
{
	struct call *c = *state;
	const char *const *list;
	size_t n;

	c->who.districts = "610103 610104";
	assert_true(bound_districts(c, &list, &n));
	assert_int_equal(n, 2);
	assert_string_equal(list[1], "610104");
	c->who.districts = "";
	assert_false(bound_districts(c, &list, &n));
}

/* Without reference data nothing is taken: no gate table, no lane. */
static void needs_a_gate_table(void **state)
{
	struct call *c = *state;
	Pb__SubmitOrderRequest o = PB__SUBMIT_ORDER_REQUEST__INIT;
	Pb__Place place = PB__PLACE__INIT;
	Pb__Position p = PB__POSITION__INIT;
	struct submission s;

	o.place = &place;
	assert_int_equal(submission_make(c, &o, "", &s), PB__CODE__INVALID);
	faults_init(&c->faults, &arena);
	place.position = &p;
	p.datum = PB__DATUM__VALUE__WGS84;
	p.lon = 999;
	assert_int_equal(submission_make(c, &o, "", &s), PB__CODE__INVALID);
	faults_init(&c->faults, &arena);
	p.lon = 108.94;
	p.lat = 34.26;
	assert_int_equal(submission_make(c, &o, "", &s), PB__CODE__BUSY);
}

#define CALL_TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALL_TEST(near_cells_miss_nothing),
		CALL_TEST(stored_duplicates_are_scored),
		CALL_TEST(differences_are_pointers),
		CALL_TEST(each_sees_his_own),
		CALL_TEST(districts_are_split),
		CALL_TEST(needs_a_gate_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
