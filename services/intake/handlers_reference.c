/* handlers_reference.c - districts and the gate table, for operators and consoles. */
#include <stdlib.h>
#include <string.h>
#include "contract/formats.h"
#include "intake/reference.h"
#include "intake/service.h"

static const char *or_else(const char *text, const char *otherwise)
{
	return *text ? text : otherwise;
}

static Pb__Code check_codes(struct call *c, const struct areas *a)
{
	for (size_t i = 0; i < areas_count(a); i++) {
		const char *why = format_district(areas_code(a, i));
		if (why)
			return call_fail_field(
				c, "/geojson", "district", "feature %zu: the code %s", i, why);
	}
	return PB__CODE__OK;
}

/* Read as the service itself will read it, before anything is stored. The tick loads it. */
Pb__Code intake_import_districts_run(
	struct call *c, const Pb__ImportDistrictsRequest *in, Pb__ImportDistrictsReply *out)
{
	const char *code = or_else(in->code_property, "adcode");
	const char *name = or_else(in->name_property, "name");
	char *why = NULL;
	struct areas *a = areas_from_geojson(in->geojson, strlen(in->geojson), code, name, &why);
	Pb__Code e;

	if (!a) {
		e = call_fail_field(c, "/geojson", "geojson", "%s", why ? why : "can't be read");
		free(why);
		return e;
	}
	out->imported = (uint32_t)areas_count(a);
	e = check_codes(c, a);
	areas_free(a);
	return e ? e : store_import_districts(c, in->geojson, code, name, &out->changed);
}

/* Both lists are in memory: nothing is bound, the answer is made at once. */
Pb__Code intake_list_districts_bind(struct call *c, const Pb__ListDistrictsRequest *in)
{
	(void)c;
	(void)in;
	return PB__CODE__OK;
}

Pb__Code intake_list_districts_answer(struct call *c, const Pb__ListDistrictsRequest *in,
	const struct db_rows *rows, Pb__ListDistrictsReply *out)
{
	size_t n;
	const struct district_info *list = reference_districts(&n);

	(void)in;
	(void)rows;
	out->items = ARENA_ARRAY(c->arena, Pb__District *, n + 1);
	for (size_t i = 0; out->items && i < n; i++) {
		Pb__District *d = ARENA_NEW(c->arena, Pb__District);
		if (!d)
			return call_fail(c, PB__CODE__TOO_LARGE, "the list needs too much memory");
		pb__district__init(d);
		d->code = CALL_STR(c, list[i].code);
		d->name = CALL_STR(c, list[i].name);
		d->brigade_code = CALL_STR(c, list[i].brigade_code);
		d->brigade = CALL_STR(c, list[i].brigade);
		d->version = list[i].version;
		out->items[out->n_items++] = d;
	}
	return PB__CODE__OK;
}

Pb__Code intake_list_gates_bind(struct call *c, const Pb__ListGatesRequest *in)
{
	(void)c;
	(void)in;
	return PB__CODE__OK;
}

static Pb__GateRule *rule_of(struct call *c, const struct gate_rule *r)
{
	Pb__GateRule *g = ARENA_NEW(c->arena, Pb__GateRule);

	if (!g)
		return NULL;
	pb__gate_rule__init(g);
	g->code = CALL_STR(c, r->code);
	g->level = arena_printf(c->arena, "%c", r->level);
	g->fact = gate_fact_name(r->fact);
	g->at_least = r->at_least;
	g->title = CALL_STR(c, r->title);
	g->basis = CALL_STR(c, r->basis);
	g->flag = gate_fact_is_flag(r->fact);
	return g;
}

Pb__Code intake_list_gates_answer(struct call *c, const Pb__ListGatesRequest *in,
	const struct db_rows *rows, Pb__ListGatesReply *out)
{
	const struct gate_table *t = reference_gates_at(c->at_us);

	(void)in;
	(void)rows;
	if (!t)
		return call_fail(c, PB__CODE__NOT_FOUND, "no gate table is in force");
	out->version = t->version;
	out->effective_from = t->effective_from_us;
	out->items = ARENA_ARRAY(c->arena, Pb__GateRule *, t->n + 1);
	for (size_t i = 0; out->items && i < t->n; i++) {
		out->items[i] = rule_of(c, &t->rules[i]);
		if (!out->items[i])
			return call_fail(c, PB__CODE__TOO_LARGE, "the list needs too much memory");
		out->n_items++;
	}
	return PB__CODE__OK;
}
