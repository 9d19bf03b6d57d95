/* access.c - who may see an incident's money: the kit has checked the role, here it's the object.
 */
#include "claims/claims.h"

#include <string.h>

bool access_district(const struct call *c, const char *district)
{
	const char *list = c->who.districts;
	size_t n = strlen(district);
	if (!*list)
		return true;
	for (const char *p = list; n && (p = strstr(p, district)); p += n) {
		bool starts = p == list || p[-1] == ' ';
		if (starts && (p[n] == ' ' || p[n] == '\0'))
			return true;
	}
	return false;
}

static bool is_staff(const struct call *c)
{
	return call_has_role(c, PB__ROLE__VALUE__OFFICER) ||
	       call_has_role(c, PB__ROLE__VALUE__SUPERVISOR) ||
	       call_has_role(c, PB__ROLE__VALUE__AUDITOR);
}

static bool is_insurer(const struct call *c)
{
	return call_has_role(c, PB__ROLE__VALUE__INSURER) ||
	       call_has_role(c, PB__ROLE__VALUE__ASSESSOR);
}

static Pb__Code may_see(struct call *c, const struct case_row *f, bool *ret)
{
	*ret = is_staff(c) && access_district(c, f->district);
	if (!*ret && call_has_role(c, PB__ROLE__VALUE__RESPONDER))
		*ret = *f->responder_id && strcmp(f->responder_id, c->who.subject) == 0;
	if (!*ret && is_insurer(c))
		return store_is_concerned(c, f->incident_id, c->who.org, ret);
	return PB__CODE__OK;
}

Pb__Code access_case(struct call *c, const char *incident, bool lock, struct case_row *ret)
{
	bool found, may = false;
	Pb__Code e = store_case(c, incident, lock, ret, &found);
	if (!e && found)
		e = may_see(c, ret, &may);
	if (e)
		return e;
	if (may)
		return PB__CODE__OK;
	/* A responder on the case may be quicker than the news that he is; nobody else is. */
	if (!found || (call_has_role(c, PB__ROLE__VALUE__RESPONDER) && !*ret->responder_id))
		return call_unknown(c, "incident", incident);
	return call_fail(c, PB__CODE__NOT_FOUND, "there is no incident '%s'", incident);
}

Pb__Code access_claim(struct call *c, const char *claim, struct claim_row *ret)
{
	bool found;
	Pb__Code e = store_claim(c, claim, false, ret, &found);
	if (e)
		return e;
	bool may = found &&
		   ((is_staff(c) && access_district(c, ret->district)) ||
			   (is_insurer(c) && *c->who.org && strcmp(ret->insurer, c->who.org) == 0));
	/* Claims are born here: an unknown one isn't on its way. */
	return may ? PB__CODE__OK
		   : call_fail(c, PB__CODE__NOT_FOUND, "there is no claim '%s'", claim);
}
