/* roles.c - roles as names, masks and messages, and what an account or client may be given. */
#include "identity/roles.h"

#include <string.h>
#include "kit/json.h"

static const uint32_t insurers_people = 1u << PB__ROLE__VALUE__RESPONDER |
					1u << PB__ROLE__VALUE__ASSESSOR |
					1u << PB__ROLE__VALUE__INSURER;
static const uint32_t never_given = 1u << PB__ROLE__VALUE__UNSPECIFIED |
				    1u << PB__ROLE__VALUE__ANYONE | 1u << PB__ROLE__VALUE__PARTY |
				    1u << PB__ROLE__VALUE__SYSTEM;

static uint32_t mask_of(const Pb__Role__Value *roles, size_t n)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < n; i++)
		mask |= 1u << roles[i];
	return mask;
}

const char *const *roles_to_names(
	struct arena *a, const Pb__Role__Value *roles, size_t n, size_t *ret_n)
{
	uint32_t mask = mask_of(roles, n);
	const char **names = ARENA_ARRAY(a, const char *, 32);

	*ret_n = 0;
	for (int r = 0; names && r < 32; r++)
		if (mask >> r & 1u)
			names[(*ret_n)++] = enum_name(&pb__role__value__descriptor, r);
	return names;
}

Pb__Role__Value *roles_from_names(
	struct arena *a, const char *const *names, size_t n, size_t *ret_n)
{
	Pb__Role__Value *roles = ARENA_ARRAY(a, Pb__Role__Value, n ? n : 1);

	*ret_n = 0;
	for (size_t i = 0; roles && i < n; i++) {
		int v = enum_value(&pb__role__value__descriptor, names[i]);

		if (v > 0)
			roles[(*ret_n)++] = (Pb__Role__Value)v;
	}
	return roles;
}

Pb__Code roles_check(struct call *c, const Pb__Role__Value *roles, size_t n, const char *org)
{
	uint32_t mask = mask_of(roles, n);

	if (mask & never_given)
		return call_fail_field(c, "/roles", "role",
			"ANYONE, PARTY and SYSTEM can't be given to an account or client");
	if ((mask & insurers_people) && !*org)
		return call_fail_field(c, "/org", "required",
			"RESPONDER, ASSESSOR and INSURER belong to an insurer: give its code");
	return PB__CODE__OK;
}

const char **words_to_list(struct arena *a, const char *words, size_t *ret_n)
{
	const char **list = ARENA_ARRAY(a, const char *, strlen(words) / 2 + 1);
	size_t len;

	*ret_n = 0;
	for (const char *p = words; list && *p; p += len) {
		p += strspn(p, " ");
		len = strcspn(p, " ");
		if (len)
			list[(*ret_n)++] = arena_strndup(a, p, len);
	}
	return list;
}
