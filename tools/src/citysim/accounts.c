/* accounts.c - who there is: accounts and API clients from their file, waiting posts from the
 * service. */
#include <stdio.h>
#include <string.h>
#include "world.h"

static bool has_role(const json_t *account, const char *role)
{
	const json_t *r;
	size_t i;

	if (!strcmp(text_at(account, "role", NULL), role))
		return true;
	json_array_foreach(json_object_get(account, "roles"), i,
		r) if (json_is_string(r) && !strcmp(json_string_value(r), role)) return true;
	return false;
}

const json_t *world_account(const struct world *w, const char *role, size_t nth)
{
	const json_t *a;
	size_t i;

	json_array_foreach(w->accounts, i, a) if (has_role(a, role) && nth-- == 0) return a;
	return NULL;
}

bool world_read_accounts(struct world *w, const char *file, const char *url)
{
	json_error_t err;
	json_t *v = json_load_file(file, 0, &err);

	if (!v) {
		fprintf(stderr, "citysim: %s: %s\n", file, err.text);
		return false;
	}
	w->base = url ? url : text_at(v, "url", NULL);
	w->who = v;
	w->accounts = json_object_get(v, "accounts");
	w->clients = json_object_get(v, "clients");
	if (!world_account(w, "DISPATCHER", 0) || !world_account(w, "RESPONDER", 0) ||
		!world_account(w, "OFFICER", 0) || !json_array_size(w->clients)) {
		fprintf(stderr,
			"citysim: %s: needs a dispatcher, responders, an officer and clients\n",
			file);
		return false;
	}
	return true;
}

bool world_read_posts(struct world *w)
{
	const json_t *a = world_account(w, "DISPATCHER", 0);
	struct person p = { .w = w,
		.username = text_at(a, "username", NULL),
		.password = text_at(a, "password", NULL) };
	struct http h;
	json_t *reply;
	const json_t *e;
	size_t i;

	w->posts = json_object();
	if (!http_open(&h, w->base) || !person_sign_in(&p, &h))
		return false;
	reply = http_call(&h, "GET", "/v1/posts?pageSize=500", NULL);
	json_array_foreach(json_object_get(reply, "items"), i, e)
		json_object_set(w->posts, text_at(e, "code", NULL), json_object_get(e, "position"));
	if (!json_object_size(w->posts))
		fprintf(stderr, "citysim: the service knows no posts: %s\n", h.problem);
	json_decref(reply);
	http_close(&h);
	return json_object_size(w->posts) > 0;
}
