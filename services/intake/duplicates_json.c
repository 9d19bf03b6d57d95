/* duplicates_json.c - the near-by incidents stored with an order, read back and scored. */
#include <jansson.h>
#include <stdlib.h>
#include "intake/duplicates.h"
#include "intake/submission.h"

enum { SHOWN_MAX = 10, STORED_MAX = 16 };

static const char *text_at(struct call *c, const json_t *row, size_t i)
{
	const char *v = json_string_value(json_array_get(row, i));

	return CALL_STR(c, v ? v : "");
}

/* As stmt_submit_order wrote it: id, case number, metres, seconds, bits of what is common. */
static struct near_incident read_near(struct call *c, const json_t *row)
{
	json_int_t bits = json_integer_value(json_array_get(row, 4));

	return (struct near_incident){
		.incident_id = text_at(c, row, 0),
		.case_no = text_at(c, row, 1),
		.distance_m = json_number_value(json_array_get(row, 2)),
		.apart_s = json_integer_value(json_array_get(row, 3)),
		.same_plate = bits & 1,
		.same_phone = bits & 2,
		.other_plates = bits & 4,
	};
}

static Pb__Duplicate *make(struct call *c, const struct near_incident *o)
{
	Pb__Duplicate *d = ARENA_NEW(c->arena, Pb__Duplicate);
	const char **reasons = ARENA_ARRAY(c->arena, const char *, DUPLICATE_REASONS_MAX);

	if (!d || !reasons)
		return NULL;
	pb__duplicate__init(d);
	d->incident_id = o->incident_id;
	d->case_no = o->case_no;
	d->score = duplicate_score(o, reasons, &d->n_reasons);
	d->reasons = reasons;
	return d;
}

Pb__Duplicate **duplicates_from_json(struct call *c, const char *json, size_t *ret_n)
{
	struct near_incident found[STORED_MAX];
	Pb__Duplicate **list = ARENA_ARRAY(c->arena, Pb__Duplicate *, SHOWN_MAX);
	json_t *root = json_loads(json, 0, NULL);
	size_t n = json_array_size(root);

	*ret_n = 0;
	if (n > STORED_MAX)
		n = STORED_MAX;
	for (size_t i = 0; i < n; i++)
		found[i] = read_near(c, json_array_get(root, i));
	json_decref(root);
	if (n)
		qsort(found, n, sizeof(*found), duplicate_order);
	for (size_t i = 0; list && i < n && i < SHOWN_MAX; i++) {
		list[i] = make(c, &found[i]);
		if (!list[i])
			break;
		(*ret_n)++;
	}
	return list;
}
