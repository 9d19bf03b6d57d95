/* difference.c - compares two messages as the JSON their sender would recognise. */
#include "intake/difference.h"

#include <jansson.h>
#include "kit/json.h"

struct walk {
	struct arena *arena;
	const char **ret;
	size_t n;
};

static void compare(struct walk *w, const json_t *a, const json_t *b, const char *pointer);

static void note(struct walk *w, const char *pointer)
{
	if (w->n < DIFFERENCES_MAX && pointer)
		w->ret[w->n++] = pointer;
}

/* Names in our messages hold neither '/' nor '~', so pointers need no escapes. */
static void compare_objects(struct walk *w, json_t *a, json_t *b, const char *pointer)
{
	const char *key;
	json_t *v;

	json_object_foreach(a, key, v) compare(
		w, v, json_object_get(b, key), arena_printf(w->arena, "%s/%s", pointer, key));
	json_object_foreach(b, key, v)
	{
		if (!json_object_get(a, key))
			note(w, arena_printf(w->arena, "%s/%s", pointer, key));
	}
}

static void compare_lists(struct walk *w, json_t *a, json_t *b, const char *pointer)
{
	size_t i;
	json_t *v;

	if (json_array_size(a) != json_array_size(b)) {
		note(w, pointer);
		return;
	}
	json_array_foreach(a, i, v)
		compare(w, v, json_array_get(b, i), arena_printf(w->arena, "%s/%zu", pointer, i));
}

/* The depth is that of our own message types, which are never recursive. */
static void compare(struct walk *w, const json_t *a, const json_t *b, const char *pointer)
{
	json_t *x = (json_t *)(uintptr_t)a, *y = (json_t *)(uintptr_t)b;

	if (!pointer)
		return;
	if (json_is_object(x) && json_is_object(y))
		compare_objects(w, x, y, pointer);
	else if (json_is_array(x) && json_is_array(y))
		compare_lists(w, x, y, pointer);
	else if (!json_equal(x, y))
		note(w, pointer);
}

static json_t *as_json(const struct msg_meta *m, const ProtobufCMessage *msg, struct arena *arena)
{
	size_t len;
	char *text =
		message_to_json(m, msg, (struct json_out){ .with_secrets = true }, arena, &len);

	return text ? json_loadb(text, len, 0, NULL) : NULL;
}

size_t message_differences(const struct msg_meta *m, const ProtobufCMessage *a,
	const ProtobufCMessage *b, struct arena *arena, const char *ret[static DIFFERENCES_MAX])
{
	struct walk w = { .arena = arena, .ret = ret };
	json_t *x = as_json(m, a, arena), *y = as_json(m, b, arena);

	if (x && y)
		compare(&w, x, y, "");
	json_decref(x);
	json_decref(y);
	return w.n;
}
