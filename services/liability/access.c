/* access.c - who may see or touch an incident. */
#include "liability/access.h"

#include <string.h>
#include "kit/timeutil.h"
#include "liability/strokes.h"

static bool has(const struct call *c, Pb__Role__Value role)
{
	return call_has_role(c, role);
}

bool in_districts(const struct principal *who, const char *district)
{
	size_t n = strlen(district);
	if (!*who->districts)
		return true;
	for (const char *p = who->districts; *p;) {
		size_t len = strcspn(p, " ");
		if (len == n && strncmp(p, district, n) == 0)
			return true;
		p += len;
		p += strspn(p, " ");
	}
	return false;
}

const char *const *districts_of(struct call *c, size_t *ret_n)
{
	char *copy = arena_strdup(c->arena, c->who.districts), *save = NULL;
	const char **v = ARENA_ARRAY(c->arena, const char *, strlen(c->who.districts) / 2 + 1);
	*ret_n = 0;
	if (!copy || !v)
		return NULL;
	for (char *t = strtok_r(copy, " ", &save); t; t = strtok_r(NULL, " ", &save))
		v[(*ret_n)++] = t;
	return v;
}

bool may_see(const struct call *c, const struct incident *i)
{
	if (has(c, PB__ROLE__VALUE__DISPATCHER) || has(c, PB__ROLE__VALUE__SUPERVISOR) ||
		has(c, PB__ROLE__VALUE__AUDITOR) || has(c, PB__ROLE__VALUE__ADMIN) ||
		has(c, PB__ROLE__VALUE__SYSTEM))
		return true;
	if ((has(c, PB__ROLE__VALUE__OFFICER) || has(c, PB__ROLE__VALUE__BRIGADE)) &&
		in_districts(&c->who, i->district))
		return true;
	if (has(c, PB__ROLE__VALUE__RESPONDER) && *c->who.subject &&
		strcmp(c->who.subject, i->responder_id) == 0)
		return true;
	return has(c, PB__ROLE__VALUE__PARTY) && strcmp(c->who.incident_id, i->id) == 0;
}

Pb__Code see_incident(struct call *c, const char *id, bool lock, struct incident *ret)
{
	bool found = false;
	Pb__Code e = load_incident(c, id, lock, ret, &found);
	if (e)
		return e;
	if (found && may_see(c, ret))
		return PB__CODE__OK;
	/* Someone on the case may be quicker than the news that he is. */
	if (!found || !*ret->responder_id || !ret->reported_at)
		return call_unknown(c, "incident", id);
	return call_fail(c, PB__CODE__NOT_FOUND, "there is no incident '%s'", id);
}

Pb__Code check_open(struct call *c, const struct incident *i)
{
	if (*i->ended_by)
		return call_fail(c, PB__CODE__REFUSED,
			"the remote handling of this incident is over: %s", i->ended_by);
	return PB__CODE__OK;
}

Pb__Code see_review(struct call *c, const char *id, struct review *ret)
{
	bool found = false;
	Pb__Code e = load_review(c, &st_review_lock, id, ret, &found);
	if (e)
		return e;
	bool all = has(c, PB__ROLE__VALUE__SUPERVISOR) && !has(c, PB__ROLE__VALUE__OFFICER);
	if (!found || (!all && !in_districts(&c->who, ret->district)))
		return call_fail(c, PB__CODE__NOT_FOUND, "no such review");
	return PB__CODE__OK;
}

Pb__Code check_lease(struct call *c, const struct review *r)
{
	if (strcmp(r->state, "TAKEN") == 0 && strcmp(r->officer_id, c->who.subject) == 0)
		return PB__CODE__OK;
	if (strcmp(r->state, "TAKEN") == 0)
		return call_fail(c, PB__CODE__CONFLICT, "another officer holds this review");
	if (strcmp(r->state, "QUEUED") == 0)
		return call_fail(c, PB__CODE__CONFLICT,
			"take the review first; a lease that ran out has to be taken again");
	return call_fail(c, PB__CODE__CONFLICT, "the review is %s", r->state);
}

const char *acting_role(const struct call *c)
{
	if (has(c, PB__ROLE__VALUE__OFFICER))
		return "OFFICER";
	return has(c, PB__ROLE__VALUE__RESPONDER) ? "RESPONDER" : "PARTY";
}

Pb__Code check_signed_at(struct call *c, int64_t given, int64_t *ret)
{
	*ret = given ? given : c->at_us;
	if (*ret > c->at_us + 120 * US_PER_S || *ret < c->at_us - 86400 * US_PER_S) {
		call_fail_field(c, "/signedAt", "time",
			"a signature's time is within the last day and not in the future");
		return PB__CODE__INVALID;
	}
	return PB__CODE__OK;
}

Pb__Code check_mark(struct call *c, const char *strokes, const char *image_sha256)
{
	if (!*strokes && !*image_sha256) {
		call_fail_field(c, "/strokes", "required",
			"a signature needs strokes or the digest of an image");
		return PB__CODE__INVALID;
	}
	const char *wrong = *strokes ? strokes_read(strokes, NULL, NULL) : NULL;
	if (!wrong)
		return PB__CODE__OK;
	call_fail_field(c, "/strokes", "strokes", "%s", wrong);
	return PB__CODE__INVALID;
}
