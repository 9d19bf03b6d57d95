/* slots.c - finds, names and requires photo slots. */
#include "evidence/slots.h"

#include <string.h>

const struct slot *slot_find(const struct slots *s, int version, const char *text, char *ret_letter)
{
	size_t len = strlen(text);
	bool lettered = len > 2 && text[len - 2] == '_' && text[len - 1] >= 'A' &&
			text[len - 1] < 'A' + VEHICLES_MAX;

	for (size_t i = 0; i < s->n; i++) {
		const struct slot *k = &s->v[i];
		size_t code = strlen(k->code);
		if (k->version != version || strncmp(k->code, text, code) != 0)
			continue;
		if (k->per_vehicle ? !(lettered && code == len - 2) : code != len)
			continue;
		*ret_letter = k->per_vehicle ? text[len - 1] : '\0';
		return k;
	}
	return NULL;
}

const char *slot_title(const struct slot *s, char letter, struct arena *a)
{
	const char *t = letter ? arena_printf(a, "%s（%c车）", s->title, letter) : s->title;
	return t ? t : "";
}

const char *slot_text(const struct slot *s, char letter, struct arena *a)
{
	const char *t = letter ? arena_printf(a, "%s_%c", s->code, letter) : s->code;
	return t ? t : "";
}

bool slot_required(const struct slot *s, bool facility)
{
	return s->need == SLOT_ALWAYS || (s->need == SLOT_FACILITY && facility);
}
