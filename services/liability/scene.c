/* scene.c - is a scene complete enough for an officer: photos, parties, joint application. */
#include "liability/scene.h"

#include <stdio.h>
#include <string.h>
#include "liability/plates.h"

static const char *const always[] = { "SCENE_FRONT", "SCENE_REAR", "CONTACT_DETAIL" };
static const char *const per_vehicle[] = { "PLATE", "DAMAGE" };

struct report {
	scene_missing missing;
	void *arg;
	size_t n;
};

static void tell(struct report *r, const char *pointer, const char *rule, const char *detail)
{
	r->n++;
	if (r->missing)
		r->missing(r->arg, pointer, rule, detail);
}

bool scene_has_slot(const struct scene *s, const char *slot)
{
	for (size_t i = 0; i < s->n_slots; i++)
		if (strcmp(s->slots[i], slot) == 0)
			return true;
	return false;
}

static void need_photo(const struct scene *s, struct report *r, const char *slot)
{
	char pointer[128];
	if (scene_has_slot(s, slot))
		return;
	(void)snprintf(pointer, sizeof(pointer), "/photos/%s", slot);
	tell(r, pointer, "photo_missing", "take this photo; a rejected one doesn't count");
}

/* What order 146 art. 24 wants of each party on the document. */
static void need_party_fields(const Pb__Party *p, struct report *r)
{
	const bool vehicle = has_vehicle(p->plate, p->plate_type);
	const struct {
		const char *field;
		bool there;
		const char *detail;
	} wanted[] = {
		{ "name", *p->name, "the party's name is needed" },
		{ "idNumber", *p->id_number || *p->licence_no,
			"an ID or licence number is needed" },
		{ "phone", *p->phone, "a phone number is needed" },
		{ "insurer", !vehicle || *p->insurer, "the compulsory insurer is needed" },
		{ "policyNo", !vehicle || *p->policy_no, "the compulsory policy number is needed" },
	};
	char pointer[128];
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (wanted[i].there)
			continue;
		(void)snprintf(
			pointer, sizeof(pointer), "/parties/%s/%s", p->letter, wanted[i].field);
		tell(r, pointer, "required", wanted[i].detail);
	}
	if (!p->applied) {
		(void)snprintf(pointer, sizeof(pointer), "/parties/%s/application", p->letter);
		tell(r, pointer, "application_missing",
			"every party has to join in asking for remote determination");
	}
}

size_t scene_check(const struct scene *s, scene_missing missing, void *arg)
{
	struct report r = { .missing = missing, .arg = arg };
	char slot[64];
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		need_photo(s, &r, always[i]);
	if (s->n_parties == 0)
		tell(&r, "/parties", "required", "no party is recorded");
	size_t vehicles = 0;
	for (size_t i = 0; i < s->n_parties; i++) {
		const Pb__Party *p = s->parties[i];
		if (has_vehicle(p->plate, p->plate_type)) {
			vehicles++;
			for (size_t k = 0; k < sizeof(per_vehicle) / sizeof(per_vehicle[0]); k++) {
				(void)snprintf(
					slot, sizeof(slot), "%s_%s", per_vehicle[k], p->letter);
				need_photo(s, &r, slot);
			}
		}
		need_party_fields(p, &r);
	}
	if (s->n_parties > 0 && vehicles == 0)
		tell(&r, "/parties", "vehicle", "at least one party has to have a vehicle");
	return r.n;
}
