/* insurer.c - an insurer's claims system by the pull API: acknowledges, approves, pays. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "world.h"

struct step {
	const char *state, *verb;
};

static const struct step steps[] = {
	{ "NOTIFIED", "acknowledge" },
	{ "ACKNOWLEDGED", "approve" },
	{ "APPROVED", "pay" },
};

/* One step of every claim that has one. */
static void work(struct person *p, struct http *h, const struct step *s)
{
	char path[160];
	const json_t *e;
	json_t *list;
	size_t i;

	snprintf(path, sizeof path, "/v1/claims?state=%s&pageSize=100", s->state);
	list = http_call(h, "GET", path, NULL);
	json_array_foreach(json_object_get(list, "items"), i, e)
	{
		const char *id = text_at(e, "claimId", NULL);
		json_t *body = json_object(), *reply;

		if (!strcmp(s->verb, "pay"))
			json_object_set_new(body, "paymentRef", json_sprintf("PAY-%.8s", id + 24));
		snprintf(path, sizeof path, "/v1/claims/%s:%s", id, s->verb);
		reply = http_call(h, "POST", path, body);
		if (!reply && h->status != 409)
			world_fail(p->w, text_at(e, "incidentId", NULL), h->problem);
		json_decref(reply);
		json_decref(body);
	}
	json_decref(list);
}

void *insurer_main(void *arg)
{
	struct person *p = arg;
	struct http h;

	if (!http_open(&h, p->w->base))
		return NULL;
	if (person_sign_in(p, &h))
		while (!atomic_load(&p->w->stop)) {
			for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
				work(p, &h, &steps[i]);
			city_sleep(p->w, 0.5 * p->w->speed);
		}
	atomic_fetch_add(&p->w->repeats, h.repeats);
	http_close(&h);
	return NULL;
}
