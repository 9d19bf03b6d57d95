/* scenarios.h - what a scenario of the catalogue asks of a determination, and which scenarios the
 * words of a report hint at. Pure. */
#ifndef LIABILITY_SCENARIOS_H
#define LIABILITY_SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>
#include "kit/arena.h"
#include "liability/scene.h"

struct scenario {
	const char *code, *key, *title, *usual;
	unsigned version;
	const char *const *articles, *const *uncertain, *const *slots, *const *words;
	size_t n_articles, n_uncertain, n_slots, n_words;
	bool aggravating, in_lane;
};

/* Why a scenario can't carry a determination by itself. NULL rule: it can. */
struct scenario_refusal {
	const char *rule, *text;
};
struct scenario_refusal scenario_check(const struct scenario *s);
/* First slot the scenario needs and the scene lacks; NULL none. */
const char *scenario_missing_slot(const struct scenario *s, const struct scene *scene);
/* An accident nobody is at fault for. */
bool scenario_no_fault(const struct scenario *s);
/* Is the article certain to settle it? */
bool scenario_article_certain(const struct scenario *s, const char *ref);

/* The catalogue's entry as shown; allocated in the arena. */
Pb__Scenario *scenario_message(const struct scenario *s, struct arena *a);

/* Scenarios whose words stand in the description, or that follow from the number of vehicles, each
 * with its grounds; at most `max`, best (longest word) first. Knows nothing else. */
struct hint {
	const struct scenario *scenario;
	const char *word; /* NULL: by the number of vehicles */
};
size_t scenario_hints(const struct scenario *all, size_t n, const char *description, int vehicles,
	struct hint *ret, size_t max);

#endif
