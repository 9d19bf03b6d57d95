/* reference.c - loads gate tables, districts and polygons, and checks the phase table. */
#include "intake/reference.h"

#include <stdlib.h>
#include <string.h>
#include "intake/phases.h"
#include "intake/store.h"

struct snapshot {
	char *stamp;
	struct gate_table *gates;
	size_t n_gates;
	struct district_info *districts;
	size_t n_districts;
	struct areas *areas; /* NULL: none loaded */
};

static struct snapshot now;

/* Losing a few hundred bytes at start or reload leaves nothing to go on with. */
static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static char *copy(const char *text)
{
	return must(strdup(text));
}

static void snapshot_free(struct snapshot *s)
{
	for (size_t i = 0; i < s->n_gates; i++) {
		for (size_t k = 0; k < s->gates[i].n; k++) {
			free((char *)(uintptr_t)s->gates[i].rules[k].title);
			free((char *)(uintptr_t)s->gates[i].rules[k].basis);
		}
		free(s->gates[i].rules);
	}
	for (size_t i = 0; i < s->n_districts; i++) {
		free(s->districts[i].code);
		free(s->districts[i].name);
		free(s->districts[i].brigade_code);
		free(s->districts[i].brigade);
	}
	free(s->gates);
	free(s->districts);
	free(s->stamp);
	areas_free(s->areas);
	*s = (struct snapshot){ 0 };
}

static Pb__Code load_gate_row(struct call *c, struct snapshot *s, const struct db_rows *r, size_t i)
{
	uint32_t version = (uint32_t)db_get_i32(r, i, 0);
	const char *fact = db_get_text(r, i, 4);
	struct gate_table *t;
	struct gate_rule *rule;

	if (s->n_gates == 0 || s->gates[s->n_gates - 1].version != version) {
		s->gates = must(realloc(s->gates, (s->n_gates + 1) * sizeof(*s->gates)));
		s->gates[s->n_gates++] = (struct gate_table){ .version = version,
			.effective_from_us = db_get_i64(r, i, 1) };
	}
	t = &s->gates[s->n_gates - 1];
	t->rules = must(realloc(t->rules, (t->n + 1) * sizeof(*t->rules)));
	rule = &t->rules[t->n];
	*rule = (struct gate_rule){ .level = db_get_text(r, i, 3)[0],
		.fact = gate_fact_by_name(fact),
		.at_least = db_get_i64(r, i, 5) };
	strncpy(rule->code, db_get_text(r, i, 2), sizeof(rule->code) - 1);
	if (rule->fact == FACT_UNKNOWN)
		return call_fail(c, PB__CODE__INTERNAL, "gate table %u names an unknown fact '%s'",
			version, fact);
	rule->title = copy(db_get_text(r, i, 6));
	rule->basis = copy(db_get_text(r, i, 7));
	t->n++;
	return PB__CODE__OK;
}

static Pb__Code load_gates(struct call *c, struct snapshot *s)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &stmt_load_gates, &r, DB_NONE);

	for (size_t i = 0; !e && i < r.n; i++)
		e = load_gate_row(c, s, &r, i);
	return e;
}

static Pb__Code load_districts(struct call *c, struct snapshot *s)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &stmt_load_districts, &r, DB_NONE);

	if (e)
		return e;
	s->districts = must(calloc(r.n ? r.n : 1, sizeof(*s->districts)));
	for (; s->n_districts < r.n; s->n_districts++) {
		size_t i = s->n_districts;
		s->districts[i] = (struct district_info){
			.code = copy(db_get_text(&r, i, 0)),
			.name = copy(db_get_text(&r, i, 1)),
			.brigade_code = copy(db_get_text(&r, i, 2)),
			.brigade = copy(db_get_text(&r, i, 3)),
			.version = (uint32_t)db_get_i32(&r, i, 4),
		};
	}
	return PB__CODE__OK;
}

static Pb__Code load_areas(struct call *c, struct snapshot *s)
{
	struct db_rows r;
	const char *text;
	char *why = NULL;
	Pb__Code e = db_run(c, &stmt_load_areas, &r, DB_NONE);

	if (e || r.n == 0)
		return e;
	text = db_get_text(&r, 0, 0);
	s->areas = areas_from_geojson(text, strlen(text), "code", "name", &why);
	if (!s->areas)
		e = call_fail(c, PB__CODE__INTERNAL, "stored districts can't be read: %s", why);
	free(why);
	return e;
}

static Pb__Code read_stamp(struct call *c, const char **ret)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &stmt_reference_stamp, &r, DB_NONE);

	if (!e)
		*ret = db_get_text(&r, 0, 0);
	return e;
}

/* The old data stay in use when the new can't be read. */
static Pb__Code load_all(struct call *c, const char *stamp)
{
	struct snapshot s = { .stamp = copy(stamp) };
	Pb__Code e = load_gates(c, &s);

	if (!e)
		e = load_districts(c, &s);
	if (!e)
		e = load_areas(c, &s);
	if (e) {
		snapshot_free(&s);
		return e;
	}
	snapshot_free(&now);
	now = s;
	return PB__CODE__OK;
}

Pb__Code reference_refresh(struct call *c, bool *ret_more)
{
	const char *stamp = "";
	Pb__Code e = read_stamp(c, &stamp);

	*ret_more = false;
	if (!e && (!now.stamp || strcmp(now.stamp, stamp) != 0))
		e = load_all(c, stamp);
	return e;
}

static Pb__Code check_phases(struct call *c)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &stmt_load_phases, &r, DB_NONE);

	for (size_t i = 0; !e && i < r.n; i++) {
		const char *name = db_get_text(&r, i, 0);
		Pb__Phase__Value p = phase_by_name(name);
		if ((int)p != db_get_i32(&r, i, 1) || phase_open(p) != db_get_bool(&r, i, 2))
			e = call_fail(
				c, PB__CODE__INTERNAL, "phase '%s' differs in the database", name);
	}
	if (!e && r.n != PHASES - 1)
		e = call_fail(c, PB__CODE__INTERNAL, "the database has %zu phases, not %d", r.n,
			PHASES - 1);
	return e;
}

/* Field 3 and 4 of IncidentPhaseChanged, as the database adds them. */
static bool wire_fits(const struct db_rows *r, size_t i, Pb__Phase__Value from, Pb__Phase__Value to)
{
	size_t len;
	const uint8_t *w = db_get_bytes(r, i, 3, &len);

	return len == 4 && w[0] == 0x18 && w[1] == (uint8_t)from && w[2] == 0x20 &&
	       w[3] == (uint8_t)to;
}

static Pb__Code check_phase_steps(struct call *c)
{
	struct db_rows r;
	size_t legal = 0;
	Pb__Code e = db_run(c, &stmt_load_phase_steps, &r, DB_NONE);

	for (size_t i = 0; !e && i < r.n; i++) {
		Pb__Phase__Value from = phase_by_name(db_get_text(&r, i, 0));
		Pb__Phase__Value to = phase_by_name(db_get_text(&r, i, 2));
		const char *cause = db_get_text(&r, i, 1);
		int k = 0;
		while (k < CAUSES && strcmp(cause_name((enum phase_cause)k), cause) != 0)
			k++;
		if (phase_next(from, (enum phase_cause)k) != to || !to ||
			!wire_fits(&r, i, from, to))
			e = call_fail(c, PB__CODE__INTERNAL,
				"phase step %s by %s differs in the database",
				db_get_text(&r, i, 0), cause);
	}
	for (int f = 0; f < PHASES; f++)
		for (int k = 0; k < CAUSES; k++)
			legal += phase_next((Pb__Phase__Value)f, (enum phase_cause)k) != 0;
	if (!e && legal != r.n)
		e = call_fail(c, PB__CODE__INTERNAL, "the database has %zu phase steps, not %zu",
			r.n, legal);
	return e;
}

Pb__Code reference_start(struct call *c)
{
	bool more;
	Pb__Code e = check_phases(c);

	if (!e)
		e = check_phase_steps(c);
	if (!e)
		e = reference_refresh(c, &more);
	if (!e)
		e = case_no_refill(c, &more);
	return e;
}

void reference_stop(void)
{
	snapshot_free(&now);
}

const struct gate_table *reference_gates_at(int64_t at_us)
{
	return gates_at(now.gates, now.n_gates, at_us);
}

const struct gate_table *reference_gates_version(uint32_t version)
{
	for (size_t i = 0; i < now.n_gates; i++) {
		if (now.gates[i].version == version)
			return &now.gates[i];
	}
	return NULL;
}

const struct district_info *reference_district(const char *code)
{
	for (size_t i = 0; i < now.n_districts; i++) {
		if (strcmp(now.districts[i].code, code) == 0)
			return &now.districts[i];
	}
	return NULL;
}

const struct district_info *reference_districts(size_t *ret_n)
{
	*ret_n = now.n_districts;
	return now.districts;
}

const char *reference_locate(struct lonlat p, const char **ret_nearest, double *ret_m)
{
	int i;

	if (!now.areas)
		return "000000";
	i = areas_find(now.areas, p);
	if (i >= 0)
		return areas_code(now.areas, (size_t)i);
	i = areas_nearest(now.areas, p, ret_m);
	if (i < 0)
		return "000000";
	*ret_nearest = areas_code(now.areas, (size_t)i);
	return *ret_m <= DISTRICT_SLACK_M ? *ret_nearest : NULL;
}
