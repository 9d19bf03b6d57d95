/* access.c - the one place that says who may see a case's photos. */
#include "evidence/access.h"

#include <string.h>

/* An officer without districts is not bound to any. */
static bool in_districts(const char *districts, const char *code)
{
	size_t n = strlen(code);

	if (!*districts)
		return true;
	for (const char *p = districts; n > 0 && (p = strstr(p, code)); p += n)
		if ((p == districts || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

static bool has_any(const struct call *c, const Pb__Role__Value *roles, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (call_has_role(c, roles[i]))
			return true;
	return false;
}

bool access_allows(const struct call *c, const struct access_facts *f)
{
	static const Pb__Role__Value all[] = { PB__ROLE__VALUE__DISPATCHER,
		PB__ROLE__VALUE__SUPERVISOR, PB__ROLE__VALUE__AUDITOR, PB__ROLE__VALUE__SYSTEM };

	if (has_any(c, all, sizeof(all) / sizeof(*all)))
		return true;
	if ((call_has_role(c, PB__ROLE__VALUE__OFFICER) ||
		    call_has_role(c, PB__ROLE__VALUE__BRIGADE)) &&
		in_districts(c->who.districts, f->district))
		return true;
	if (call_has_role(c, PB__ROLE__VALUE__RESPONDER) && f->assigned)
		return true;
	if ((call_has_role(c, PB__ROLE__VALUE__INSURER) ||
		    call_has_role(c, PB__ROLE__VALUE__ASSESSOR)) &&
		f->insured)
		return true;
	return call_has_role(c, PB__ROLE__VALUE__PARTY) && *c->who.incident_id &&
	       strcmp(c->who.incident_id, f->incident_id) == 0 && !f->papers;
}

bool access_only_party(const struct call *c)
{
	static const Pb__Role__Value others[] = { PB__ROLE__VALUE__DISPATCHER,
		PB__ROLE__VALUE__RESPONDER, PB__ROLE__VALUE__OFFICER, PB__ROLE__VALUE__BRIGADE,
		PB__ROLE__VALUE__ASSESSOR, PB__ROLE__VALUE__INSURER, PB__ROLE__VALUE__SUPERVISOR,
		PB__ROLE__VALUE__AUDITOR, PB__ROLE__VALUE__SYSTEM };

	return call_has_role(c, PB__ROLE__VALUE__PARTY) &&
	       !has_any(c, others, sizeof(others) / sizeof(*others));
}

bool access_sees_flags(const struct call *c)
{
	static const Pb__Role__Value some[] = { PB__ROLE__VALUE__DISPATCHER,
		PB__ROLE__VALUE__SUPERVISOR, PB__ROLE__VALUE__AUDITOR, PB__ROLE__VALUE__OFFICER,
		PB__ROLE__VALUE__BRIGADE, PB__ROLE__VALUE__SYSTEM };

	return has_any(c, some, sizeof(some) / sizeof(*some));
}
