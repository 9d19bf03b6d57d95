/* officer.c - an officer at a desk: takes the oldest review, looks, decides. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "world.h"

static json_t *grades(const json_t *review, bool equal)
{
	json_t *list = json_array();
	const json_t *e;
	size_t i;

	json_array_foreach(json_object_get(review, "parties"), i, e) json_array_append_new(
		list, json_pack("{s:s, s:s}", "partyId", text_at(e, "party", "partyId"), "grade",
			      equal ? "EQUAL"
			      : i   ? "NONE"
				    : "FULL"));
	return list;
}

static void decide(struct person *p, struct http *h, const char *review_id)
{
	char path[128];
	json_t *review, *body, *reply;
	bool equal = (p->seed = p->seed * 1103515245u + 12345u) >> 16 & 1;

	snprintf(path, sizeof path, "/v1/reviews/%s", review_id);
	review = http_call(h, "GET", path, NULL);
	if (!review)
		return;
	city_sleep(p->w, 90); /* reads and thinks */
	body = json_pack("{s:s, s:s, s:o}", "scenario", equal ? "S09" : "S01", "facts",
		equal ? "甲乙两车同时倒车，尾部相撞。"
		      : "甲车行驶中未与前车保持安全距离，追尾乙车。",
		"grades", grades(review, equal));
	snprintf(path, sizeof path, "/v1/reviews/%s:determine", review_id);
	reply = http_call(h, "POST", path, body);
	if (!reply && h->status != 409)
		world_fail(p->w, text_at(review, "review", "incidentId"), h->problem);
	json_decref(reply);
	json_decref(body);
	json_decref(review);
}

static bool take_one(struct person *p, struct http *h)
{
	json_t *list = http_call(h, "GET", "/v1/reviews?pageSize=20", NULL);
	const json_t *e;
	bool taken = false;
	char path[128];
	size_t i;

	json_array_foreach(json_object_get(list, "items"), i, e)
	{
		json_t *reply;

		if (strcmp(text_at(e, "state", NULL), "QUEUED") != 0)
			continue;
		snprintf(path, sizeof path, "/v1/reviews/%s:take", text_at(e, "reviewId", NULL));
		reply = http_call(h, "POST", path, NULL);
		if (!reply)
			continue; /* a colleague was faster */
		json_decref(reply);
		decide(p, h, text_at(e, "reviewId", NULL));
		taken = true;
		break;
	}
	json_decref(list);
	return taken;
}

void *officer_main(void *arg)
{
	struct person *p = arg;
	struct http h;

	if (!http_open(&h, p->w->base))
		return NULL;
	if (person_sign_in(p, &h))
		while (!atomic_load(&p->w->stop))
			if (!take_one(p, &h))
				city_sleep(p->w, 0.4 * p->w->speed);
	atomic_fetch_add(&p->w->repeats, h.repeats);
	http_close(&h);
	return NULL;
}
