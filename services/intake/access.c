/* access.c - who may see which incident; what may not be seen is answered as not there. */
#include <string.h>
#include "intake/service.h"

static const Pb__Role__Value sees_all[] = { PB__ROLE__VALUE__DISPATCHER,
	PB__ROLE__VALUE__SUPERVISOR, PB__ROLE__VALUE__AUDITOR, PB__ROLE__VALUE__ADMIN,
	PB__ROLE__VALUE__SYSTEM };

bool may_see_all(const struct call *c)
{
	for (size_t i = 0; i < sizeof(sees_all) / sizeof(*sees_all); i++) {
		if (call_has_role(c, sees_all[i]))
			return true;
	}
	return false;
}

static bool is_police(const struct call *c)
{
	return call_has_role(c, PB__ROLE__VALUE__OFFICER) ||
	       call_has_role(c, PB__ROLE__VALUE__BRIGADE);
}

/* One of the space-separated words. */
static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; (p = strstr(p, word)) != NULL; p += n) {
		if ((p == words || p[-1] == ' ') && (p[n] == 0 || p[n] == ' '))
			return true;
	}
	return false;
}

bool may_see(const struct call *c, const char *incident_id, const char *district,
	const char *responder_id, const char *offered_to)
{
	const struct principal *w = &c->who;

	if (may_see_all(c))
		return true;
	if (is_police(c) && (!*w->districts || has_word(w->districts, district)))
		return true;
	if (call_has_role(c, PB__ROLE__VALUE__RESPONDER) && *w->subject &&
		(strcmp(w->subject, responder_id) == 0 || strcmp(w->subject, offered_to) == 0))
		return true;
	return call_has_role(c, PB__ROLE__VALUE__PARTY) && *w->incident_id &&
	       strcmp(w->incident_id, incident_id) == 0;
}

bool bound_districts(struct call *c, const char *const **ret, size_t *ret_n)
{
	enum { MOST = 64 };
	char *words = CALL_STR(c, c->who.districts), *save = NULL;
	const char **list = ARENA_ARRAY(c->arena, const char *, MOST);
	size_t n = 0;

	if (!*c->who.districts || !words || !list)
		return false;
	for (char *w = strtok_r(words, " ", &save); w && n < MOST; w = strtok_r(NULL, " ", &save))
		list[n++] = w;
	*ret = list;
	*ret_n = n;
	return true;
}
