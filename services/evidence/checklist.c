/* checklist.c - lays a case's photos over the slot table. */
#include "evidence/checklist.h"

#include <string.h>

static bool counts(const struct checklist_item *i)
{
	return i->verdict != PB__ITEM_VERDICT__VALUE__REJECTED && !i->retake;
}

/* The newest that counts; else the newest that an officer wants better; else the newest that
 * failed. */
static const struct checklist_item *best_item(const struct checklist_case *k, const char *slot)
{
	const struct checklist_item *good = NULL, *retake = NULL, *failed = NULL;

	for (size_t i = 0; i < k->n_items; i++) {
		const struct checklist_item *t = &k->items[i];
		if (strcmp(t->slot, slot) != 0)
			continue;
		if (counts(t))
			good = t;
		else if (t->retake)
			retake = t;
		else
			failed = t;
	}
	return good ? good : retake ? retake : failed;
}

static Pb__ChecklistState__Value state_of(const struct checklist_item *i)
{
	if (!i)
		return PB__CHECKLIST_STATE__VALUE__MISSING;
	if (counts(i))
		return PB__CHECKLIST_STATE__VALUE__PRESENT;
	return i->retake ? PB__CHECKLIST_STATE__VALUE__RETAKE : PB__CHECKLIST_STATE__VALUE__FAILED;
}

static bool fill_reasons(const struct checklist_item *i, struct arena *a, Pb__ChecklistSlot *out)
{
	size_t n = i->findings->n_checks;
	const char **r = ARENA_ARRAY(a, const char *, n + 1);

	if (!r)
		return false;
	if (i->retake) {
		const char *t = arena_printf(a, "民警要求重拍：%s", i->retake_note);
		r[out->n_reasons++] = t ? t : "";
	}
	for (size_t k = 0; k < n; k++)
		r[out->n_reasons++] = i->findings->checks[k]->text;
	out->reasons = r;
	return true;
}

static Pb__ChecklistSlot *slot_entry(
	const struct slot *s, char letter, const struct checklist_case *k, struct arena *a)
{
	Pb__ChecklistSlot *e = ARENA_NEW(a, Pb__ChecklistSlot);

	if (!e)
		return NULL;
	*e = (Pb__ChecklistSlot)PB__CHECKLIST_SLOT__INIT;
	e->slot = slot_text(s, letter, a);
	e->title = slot_title(s, letter, a);
	e->hint = s->hint;
	e->required = slot_required(s, k->facility);
	e->stage = s->before_loss ? "LOSS" : "SCENE";
	const struct checklist_item *i = best_item(k, e->slot);
	e->state = state_of(i);
	if (!i)
		return e;
	e->item_id = i->item_id;
	e->verdict = i->verdict;
	return fill_reasons(i, a, e) ? e : NULL;
}

void vehicle_letters(const char *recorded, int reported, char ret[static VEHICLES_MAX + 1])
{
	bool used[VEHICLES_MAX] = { false };
	int n = 0, want = reported < 1 ? 1 : reported;

	for (const char *p = recorded; *p; p++)
		if (*p >= 'A' && *p < 'A' + VEHICLES_MAX && !used[*p - 'A']) {
			used[*p - 'A'] = true;
			n++;
		}
	for (int i = 0; i < VEHICLES_MAX && n < want; i++)
		if (!used[i]) {
			used[i] = true;
			n++;
		}
	for (int i = 0; i < VEHICLES_MAX; i++)
		if (used[i])
			*ret++ = (char)('A' + i);
	*ret = '\0';
}

bool checklist_fill(const struct slots *s, const struct checklist_case *k, struct arena *a,
	Pb__GetChecklistReply *out)
{
	char letters[VEHICLES_MAX + 1];

	vehicle_letters(k->letters, k->vehicles, letters);
	size_t vehicles = strlen(letters), max = s->n * vehicles;
	out->slots = ARENA_ARRAY(a, Pb__ChecklistSlot *, max);
	const char **missing = ARENA_ARRAY(a, const char *, max);
	if (!out->slots || !missing)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		const struct slot *t = &s->v[i];
		if (t->version != k->slot_version)
			continue;
		for (size_t v = 0; v < (t->per_vehicle ? vehicles : 1); v++) {
			char letter = t->per_vehicle ? letters[v] : '\0';
			Pb__ChecklistSlot *e = slot_entry(t, letter, k, a);
			if (!e)
				return false;
			out->slots[out->n_slots++] = e;
			if (e->required && !t->before_loss &&
				e->state != PB__CHECKLIST_STATE__VALUE__PRESENT)
				missing[out->n_missing++] = e->slot;
		}
	}
	out->missing = missing;
	out->version = (uint32_t)k->slot_version;
	out->vehicles = (uint32_t)vehicles;
	out->complete = out->n_missing == 0;
	return true;
}
