/* provider.c - what the providers have in common: the list, the message as JSON. */
#include "notify/provider.h"

#include <string.h>
#include <jansson.h>
#include "kit/timeutil.h"

const struct provider *provider_find(const char *name)
{
	static const struct provider *const all[] = { &provider_spool, &provider_http };
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

char *outgoing_json(const struct outgoing *m, size_t *ret_len)
{
	char at[TIME_TEXT_MAX];
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "messageId", m->id, "to",
		m->phone, "text", m->body, "template", m->template, "incidentId", m->incident_id,
		"attempt", m->attempt, "createdAt", time_to_text(m->created_at, at));
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (text)
		*ret_len = strlen(text);
	return text;
}

enum outcome outcome_of_status(long status)
{
	if (status >= 200 && status < 300)
		return OUTCOME_SENT;
	if (status == 408 || status == 425 || status == 429 || status >= 500 || status < 100)
		return OUTCOME_RETRY;
	return OUTCOME_REFUSED;
}
