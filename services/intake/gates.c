/* gates.c - facts from an order, hits from facts, the lane from hits. */
#include "intake/gates.h"

#include <string.h>
#include "contract/formats.h"

static const struct {
	const char *name;
	bool flag;
} fact_table[FACTS] = {
#define GATE_FACT(id, is_flag) [FACT_##id] = { #id, is_flag },
	GATE_FACTS(GATE_FACT)
#undef GATE_FACT
};

enum gate_fact gate_fact_by_name(const char *name)
{
	for (int i = 0; i < FACTS; i++) {
		if (strcmp(fact_table[i].name, name) == 0)
			return (enum gate_fact)i;
	}
	return FACT_UNKNOWN;
}

const char *gate_fact_name(enum gate_fact fact)
{
	return (int)fact >= 0 && fact < FACTS ? fact_table[fact].name : "?";
}

bool gate_fact_is_flag(enum gate_fact fact)
{
	return (int)fact >= 0 && fact < FACTS && fact_table[fact].flag;
}

static bool type_in(const char *type, const char *list)
{
	return strlen(type) == 2 && strstr(list, type);
}

static void add_vehicle(const Pb__Vehicle *v, struct gate_facts *f)
{
	enum plate_kind kind = plate_kind(v->plate);

	f->v[FACT_VEHICLES]++;
	f->v[FACT_HAZMAT] += v->hazmat || v->hazmat_leaking;
	f->v[FACT_CANNOT_MOVE] +=
		v->opt_movable_case == PB__VEHICLE__OPT_MOVABLE_MOVABLE && !v->movable;
	f->v[FACT_NO_PLATE] += type_in(v->plate_type, "41");
	f->v[FACT_FORGED_PLATE] += type_in(v->plate_type, "42 43");
	f->v[FACT_SPECIAL_VEHICLE] += kind == PLATE_MILITARY || kind == PLATE_ARMED_POLICE ||
				      kind == PLATE_EMBASSY || kind == PLATE_CONSULATE ||
				      type_in(v->plate_type, "03 04 05 06 09 10 11 12 20 21 31 32");
}

int gate_facts_of(const Pb__SubmitOrderRequest *order, struct gate_facts *ret)
{
	struct gate_facts f = { 0 };
	const Pb__Casualties *c = order->casualties;

	if (c) {
		f.v[FACT_DEAD] = c->dead;
		f.v[c->slight_injury_all_agree ? FACT_INJURED_AGREED : FACT_INJURED_NOT_AGREED] =
			c->injured;
	}
	for (size_t i = 0; i < order->n_vehicles; i++)
		add_vehicle(order->vehicles[i], &f);
	f.v[FACT_FLED] = order->fled != NULL;
	for (size_t i = 0; i < order->n_flags; i++) {
		enum gate_fact fact = gate_fact_by_name(order->flags[i]);
		if (!gate_fact_is_flag(fact))
			return (int)i;
		f.v[fact]++;
	}
	*ret = f;
	return -1;
}

static int strictness(char level)
{
	return level == 'G' ? 3 : level == 'O' ? 2 : 1;
}

size_t gates_evaluate(const struct gate_table *t, const struct gate_facts *facts,
	const struct gate_rule *hits[static GATE_HITS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct gate_rule *r = &t->rules[i];
		size_t k = 0;

		if (facts->v[r->fact] < r->at_least)
			continue;
		while (k < n && strcmp(hits[k]->code, r->code) != 0)
			k++;
		if (k == n && n < GATE_HITS_MAX)
			hits[n++] = r;
		else if (k < n && strictness(r->level) > strictness(hits[k]->level))
			hits[k] = r;
	}
	return n;
}

Pb__Lane__Value gates_lane(const struct gate_rule *const *hits, size_t n)
{
	Pb__Lane__Value lane = PB__LANE__VALUE__RAPID;

	for (size_t i = 0; i < n; i++) {
		if (hits[i]->level == 'G')
			return PB__LANE__VALUE__GENERAL;
		if (hits[i]->level == 'O')
			lane = PB__LANE__VALUE__OFFICER;
	}
	return lane;
}

const struct gate_table *gates_at(const struct gate_table *tables, size_t n, int64_t at_us)
{
	const struct gate_table *found = NULL;

	for (size_t i = 0; i < n && tables[i].effective_from_us <= at_us; i++)
		found = &tables[i];
	return found;
}

const struct gate_rule *gates_find(const struct gate_table *t, const char *hit)
{
	const char *colon = strchr(hit, ':');

	for (size_t i = 0; t && colon && i < t->n; i++) {
		const struct gate_rule *r = &t->rules[i];
		if (r->level == colon[1] && strlen(r->code) == (size_t)(colon - hit) &&
			strncmp(r->code, hit, (size_t)(colon - hit)) == 0)
			return r;
	}
	return NULL;
}
