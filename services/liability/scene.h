/* scene.h - is a scene complete enough for an officer: photos, parties, joint application. Pure. */
#ifndef LIABILITY_SCENE_H
#define LIABILITY_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include "jingbao/v1/liability.pb-c.h"

struct scene {
	const Pb__Party *const *parties; /* applied tells of the joint application */
	size_t n_parties;
	const char *const *slots; /* slots with a usable photo */
	size_t n_slots;
};

/* Called for each thing missing: JSON pointer, machine word, what to do. */
typedef void (*scene_missing)(void *arg, const char *pointer, const char *rule, const char *detail);

/* Number of things missing; `missing` may be NULL. */
size_t scene_check(const struct scene *s, scene_missing missing, void *arg);
bool scene_has_slot(const struct scene *s, const char *slot);

#endif
