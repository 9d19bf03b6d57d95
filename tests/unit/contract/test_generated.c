/* test_generated.c - the generated tables agree with protobuf-c's descriptors, field by field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>
#include "contract/contract.gen.h"

static void camel(const char *snake, char *out)
{
	bool up = false;

	for (; *snake; snake++) {
		if (*snake == '_') {
			up = true;
			continue;
		}
		*out++ = (char)(up ? toupper((unsigned char)*snake) : *snake);
		up = false;
	}
	*out = 0;
}

static void fields_are_in_the_descriptors_order(void **state)
{
	size_t fields = 0;

	(void)state;
	for (size_t i = 0; i < jb_contract.n_messages; i++) {
		const struct msg_meta *m = jb_contract.messages[i];

		for (unsigned k = 0; k < m->desc->n_fields; k++, fields++) {
			const ProtobufCFieldDescriptor *d = &m->desc->fields[k];
			char name[128];

			camel(d->name, name);
			assert_string_equal(m->fields[k].json, name);
			assert_int_not_equal(m->fields[k].max_len, 0);
			assert_int_equal(
				d->type == PROTOBUF_C_TYPE_MESSAGE, m->fields[k].sub != NULL);
			if (m->fields[k].sub)
				assert_ptr_equal(m->fields[k].sub->desc, d->descriptor);
			assert_int_equal(
				d->label == PROTOBUF_C_LABEL_REPEATED, m->fields[k].max_items != 0);
			assert_int_equal(m->fields[k].format != NULL, m->fields[k].check != NULL);
			if (m->fields[k].time)
				assert_int_equal(d->type, PROTOBUF_C_TYPE_INT64);
		}
	}
	assert_true(fields > 500);
}

static void messages_are_sorted_and_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < jb_contract.n_messages; i++) {
		const struct msg_meta *m = jb_contract.messages[i];

		if (i)
			assert_true(
				strcmp(jb_contract.messages[i - 1]->desc->name, m->desc->name) < 0);
		assert_ptr_equal(contract_message(&jb_contract, m->desc->name), m);
	}
	assert_null(contract_message(&jb_contract, "jingbao.v1.NoSuchMessage"));
}

static void events_know_their_district(void **state)
{
	(void)state;
	assert_true(jb_contract.n_events > 20);
	for (size_t i = 0; i < jb_contract.n_events; i++) {
		const struct msg_meta *m = jb_contract.events[i];

		assert_true(m->event);
		assert_int_not_equal(m->seen_by, 0);
		if (m->district_field >= 0)
			assert_int_equal(
				m->fields[m->district_field].scope, PB__SCOPE__VALUE__DISTRICT);
	}
	assert_int_equal(pb_meta_session_ended.district_field, -1);
	assert_string_equal(
		pb_meta_incident_reported.desc->fields[pb_meta_incident_reported.district_field]
			.name,
		"district");
}

static void rules_arrive(void **state)
{
	const struct field_meta *f = pb_meta_position.fields;

	(void)state;
	assert_string_equal(f[0].json, "lon");
	assert_true(f[0].required);
	assert_string_equal(f[0].min, "-180");
	assert_string_equal(f[0].max, "180");
	assert_string_equal(pb_meta_caller.fields[1].format, "phone");
	assert_int_equal(pb_meta_caller.fields[1].privacy, PB__PRIVACY__VALUE__PHONE);
	assert_int_equal(
		pb_meta_create_session_request.fields[1].privacy, PB__PRIVACY__VALUE__SECRET);
	assert_true(pb_meta_create_session_request.fields[2].server);
}

static void methods_are_whole(void **state)
{
	(void)state;
	assert_true(jb_contract.n_methods > 80);
	for (size_t i = 0; i < jb_contract.n_methods; i++) {
		const struct method_meta *m = &jb_contract.methods[i];
		char subject[128];

		snprintf(subject, sizeof subject, "jingbao.v1.%s.%s", m->service, m->name);
		assert_string_equal(m->subject, subject);
		assert_int_not_equal(m->roles, 0);
		assert_int_equal(m->unmasked & ~m->roles, 0);
		assert_non_null(m->in);
		assert_non_null(m->out);
		assert_int_not_equal(m->timeout_ms, 0);
		if (m->path) {
			assert_int_equal(m->path[0], '/');
			assert_in_range(m->success, 200, 299);
		}
	}
}

static Pb__Code get_session(struct call *c, const Pb__GetSessionRequest *in)
{
	assert_string_equal(in->session_id, "here");
	c->detail = "bound";
	return PB__CODE__CONFLICT;
}

static void adapters_reach_their_handler(void **state)
{
	const struct identity_handlers h = { .get_session = { .bind = get_session } };
	Pb__GetSessionRequest in = PB__GET_SESSION_REQUEST__INIT;
	struct call c = { 0 };
	const struct rpc_binding *b = NULL;

	(void)state;
	for (size_t i = 0; i < IDENTITY_RPCS; i++) {
		bool mine = !strcmp(identity_bindings[i].method->name, "GetSession");

		if (mine)
			b = &identity_bindings[i];
		assert_int_equal(identity_bindings[i].has(&h), mine ? RPC_BIND : 0);
	}
	assert_non_null(b);
	in.session_id = "here";
	assert_int_equal(b->bind(&h, &c, &in.base), PB__CODE__CONFLICT);
	assert_string_equal(c.detail, "bound");
}

static void openapi_is_json_with_every_route(void **state)
{
	json_t *doc = json_loadb(jb_contract.openapi, jb_contract.openapi_len, 0, NULL);
	json_t *paths = json_object_get(doc, "paths");
	const char *path, *verb;
	json_t *item, *op;
	size_t n = 0, routes = 0;

	(void)state;
	assert_non_null(doc);
	assert_int_equal(strlen(jb_contract.openapi), jb_contract.openapi_len);
	json_object_foreach(paths, path, item)
	{
		json_object_foreach(item, verb, op)
		{
			n += json_object_get(op, "x-roles") != NULL;
		}
	}
	for (size_t i = 0; i < jb_contract.n_methods; i++)
		routes += jb_contract.methods[i].path != NULL;
	assert_int_equal(n, routes);
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_in_the_descriptors_order),
		cmocka_unit_test(messages_are_sorted_and_found),
		cmocka_unit_test(events_know_their_district),
		cmocka_unit_test(rules_arrive),
		cmocka_unit_test(methods_are_whole),
		cmocka_unit_test(adapters_reach_their_handler),
		cmocka_unit_test(openapi_is_json_with_every_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
