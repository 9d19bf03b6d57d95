/* fuzz_dispatch_trackers.c - arbitrary names and values as messages of tracking apps, and what
 * comes of them through the grading: never a crash, never a kept fix that is nowhere. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "dispatch/fixes.h"
#include "dispatch/trackers.h"

static const int64_t NOW = INT64_C(1772424000000000);

static void follow(struct tracker_fix *t)
{
	Pb__Fix *list = &t->fix;
	struct graded_fix g;

	assert(!t->fault == !t->field);
	if (!t->there || t->fault)
		return;
	fixes_grade(&list, 1, NOW, &g);
	if (!g.rejected)
		assert(geo_valid(g.wgs84) && t->fix.fix_at <= NOW + INT64_C(300000000));
	assert(t->fix.speed_mps >= 0 && t->fix.speed_mps <= 200 && t->position.accuracy_m >= 0);
}

/* "name=value\nname=value\n..." */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Pb__LooseField fields[64], *list[64];
	char *text = malloc(size + 1), *save = NULL;
	struct tracker_fix t;
	size_t n = 0;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *p = strtok_r(text, "\n", &save); p && n < 64; p = strtok_r(NULL, "\n", &save)) {
		char *v = strchr(p, '=');
		if (v)
			*v++ = '\0';
		pb__loose_field__init(&fields[n]);
		fields[n].name = p;
		fields[n].value = v ? v : "";
		list[n] = &fields[n];
		n++;
	}
	tracker_osmand(list, n, NOW, &t);
	follow(&t);
	tracker_owntracks(list, n, &t);
	follow(&t);
	free(text);
	return 0;
}
