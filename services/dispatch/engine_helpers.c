/* engine_helpers.c - further responders of an incident that wants several, beside its lead. */
#include <string.h>
#include "dispatch/step.h"

struct helper *find_helper(struct incident *in, const char *unit)
{
	for (size_t i = 0; i < in->n_helpers; i++)
		if (!strcmp(in->helpers[i].unit, unit))
			return &in->helpers[i];
	return NULL;
}

size_t helpers_missing(const struct incident *in)
{
	size_t wanted = in->wanted > ENGINE_WANTED_MAX ? ENGINE_WANTED_MAX : in->wanted;

	if (in->state != INCIDENT_ASSIGNED || wanted <= 1 + in->n_helpers)
		return 0;
	return wanted - 1 - in->n_helpers;
}

static struct helper *add_helper(struct incident *in, const struct unit *u)
{
	struct helper *h = &in->helpers[in->n_helpers++];

	*h = (struct helper){ .unit = u->id };
	return h;
}

static void remove_helper(struct incident *in, const char *unit)
{
	size_t kept = 0;

	for (size_t i = 0; i < in->n_helpers; i++)
		if (strcmp(in->helpers[i].unit, unit) != 0)
			in->helpers[kept++] = in->helpers[i];
	in->n_helpers = kept;
}

void offer_helper(struct step *s, struct incident *in, struct unit *u, const struct candidate *c)
{
	struct engine_command *cmd = say(s, COMMAND_OFFER, in, u, "OFFER");

	cmd->candidate = *c;
	cmd->helper = true;
	add_helper(in, u)->expires_us = s->ev->now_us + s->e->policy.offer_us;
	set_unit(s, u, UNIT_OFFERED, in);
}

void accept_helper(struct step *s, struct incident *in, struct unit *u)
{
	struct helper *h = find_helper(in, u->id);

	if (h)
		say(s, COMMAND_END_OFFER, in, u, "ACCEPTED")->helper = true;
	else
		h = add_helper(in, u);
	h->assigned = true;
	h->expires_us = 0;
	say(s, COMMAND_ASSIGN, in, u, unit_state_name(UNIT_EN_ROUTE))->helper = true;
	set_unit(s, u, UNIT_EN_ROUTE, in);
}

void end_helper(
	struct step *s, struct incident *in, struct unit *u, const char *word, enum unit_state then)
{
	bool assigned = find_helper(in, u->id)->assigned;

	remove_helper(in, u->id);
	if (!strcmp(word, "DECLINED") || !strcmp(word, "EXPIRED") || !strcmp(word, "RELEASED"))
		remember_asked(in, u, word[0] != 'E', s->ev->now_us);
	say(s, assigned ? COMMAND_END_ASSIGNMENT : COMMAND_END_OFFER, in, u, word)->helper = true;
	set_unit(s, u, then, NULL);
}

void end_helpers(struct step *s, struct incident *in, const char *word)
{
	while (in->n_helpers) {
		const struct helper *h = &in->helpers[0];
		struct unit *u = find_unit(s->e, h->unit);
		if (u)
			end_helper(s, in, u, h->assigned ? word : "WITHDRAWN", UNIT_AVAILABLE);
		else /* the world was loaded without this unit */
			remove_helper(in, h->unit);
	}
}

bool promote_helper(struct step *s, struct incident *in)
{
	for (size_t i = 0; i < in->n_helpers; i++) {
		struct unit *u = find_unit(s->e, in->helpers[i].unit);
		if (!u || !in->helpers[i].assigned)
			continue;
		remove_helper(in, u->id);
		set_incident(in, INCIDENT_ASSIGNED, u);
		say(s, COMMAND_LEAD, in, u, "lead");
		return true;
	}
	return false;
}
