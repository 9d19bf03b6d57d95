/* scenarios.c - what a scenario asks of a determination, and which ones a report hints at. */
#include "liability/scenarios.h"

#include <string.h>
#include "liability/articles.h"

struct scenario_refusal scenario_check(const struct scenario *s)
{
	if (!s->in_lane)
		return (struct scenario_refusal){ "out_of_lane",
			"this scenario is not for the rapid lane; use :toOfficer or :toGeneral" };
	if (s->aggravating)
		return (struct scenario_refusal){ "aggravating",
			"this scenario only aggravates another; name that one and put this in "
			"aggravating" };
	return (struct scenario_refusal){ NULL, NULL };
}

const char *scenario_missing_slot(const struct scenario *s, const struct scene *scene)
{
	for (size_t i = 0; i < s->n_slots; i++)
		if (!scene_has_slot(scene, s->slots[i]))
			return s->slots[i];
	return NULL;
}

bool scenario_no_fault(const struct scenario *s)
{
	return strcmp(s->usual, "NONE") == 0;
}

bool scenario_article_certain(const struct scenario *s, const char *ref)
{
	for (size_t i = 0; i < s->n_uncertain; i++)
		if (strcmp(s->uncertain[i], ref) == 0 || strcmp(s->uncertain[i], "LOCAL") == 0)
			return false;
	return true;
}

static Pb__ScenarioArticle *article_message(
	const struct scenario *s, const char *ref, struct arena *a)
{
	Pb__ScenarioArticle *m = ARENA_NEW(a, Pb__ScenarioArticle);
	char text[256];
	if (!m)
		return NULL;
	pb__scenario_article__init(m);
	m->ref = ref;
	if (!article_text(ref, text, sizeof(text)))
		m->text = arena_strdup(a, text);
	m->certain = scenario_article_certain(s, ref);
	return m->text ? m : NULL;
}

Pb__Scenario *scenario_message(const struct scenario *s, struct arena *a)
{
	Pb__Scenario *m = ARENA_NEW(a, Pb__Scenario);
	if (!m)
		return NULL;
	pb__scenario__init(m);
	m->code = s->code;
	m->version = s->version;
	m->key = s->key;
	m->title = s->title;
	m->usual = s->usual;
	m->aggravating = s->aggravating;
	m->in_lane = s->in_lane;
	m->slots = arena_memdup(a, s->slots, s->n_slots * sizeof(*s->slots));
	m->n_slots = m->slots ? s->n_slots : 0;
	m->articles = ARENA_ARRAY(a, Pb__ScenarioArticle *, s->n_articles);
	for (size_t i = 0; m->articles && i < s->n_articles; i++)
		if (!(m->articles[m->n_articles++] = article_message(s, s->articles[i], a)))
			return NULL;
	return m;
}

/* The longest of the scenario's words that stands in the text; NULL none. */
static const char *word_in(const struct scenario *s, const char *text)
{
	const char *best = NULL;
	for (size_t i = 0; i < s->n_words; i++)
		if (strstr(text, s->words[i]) && (!best || strlen(s->words[i]) > strlen(best)))
			best = s->words[i];
	return best;
}

static size_t weight(const struct hint *h)
{
	return h->word ? strlen(h->word) : 0;
}

size_t scenario_hints(const struct scenario *all, size_t n, const char *description, int vehicles,
	struct hint *ret, size_t max)
{
	size_t found = 0;
	for (size_t i = 0; i < n && max > 0; i++) {
		struct hint h = { &all[i], word_in(&all[i], description) };
		if (!h.word && !(vehicles == 1 && strcmp(all[i].key, "SINGLE") == 0))
			continue;
		size_t at = found;
		while (at > 0 && weight(&ret[at - 1]) < weight(&h))
			at--;
		if (at == max)
			continue;
		size_t keep = found < max ? found : max - 1;
		memmove(ret + at + 1, ret + at, (keep - at) * sizeof(*ret));
		ret[at] = h;
		found = keep + 1;
	}
	return found;
}
