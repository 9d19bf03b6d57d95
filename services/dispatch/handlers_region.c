/* handlers_region.c - the map of regions, and who plans which. */
#include <string.h>
#include "dispatch/dispatch.h"

static Pb__Region *read_region(struct call *c, const struct db_rows *r, size_t i)
{
	Pb__Region *p = ARENA_NEW(c->arena, Pb__Region);
	size_t n;
	const char *const *districts = db_get_texts(r, i, 2, &n);

	if (!p)
		return NULL;
	pb__region__init(p);
	p->code = db_get_text(r, i, 0);
	p->name = db_get_text(r, i, 1);
	p->districts = arena_memdup(c->arena, districts, n * sizeof(*districts));
	p->n_districts = p->districts ? n : 0;
	p->owner = db_get_text(r, i, 3);
	p->epoch = db_get_i64(r, i, 4);
	p->expires_at = db_get_i64(r, i, 5);
	p->open_incidents = (uint32_t)db_get_i64(r, i, 6);
	p->responders = (uint32_t)db_get_i64(r, i, 7);
	return p;
}

Pb__Code list_regions_bind(struct call *c, const Pb__ListRegionsRequest *in)
{
	(void)in;
	db_bind(c, "", &sql_list_regions, DB_NONE);
	return PB__CODE__OK;
}

Pb__Code list_regions_answer(struct call *c, const Pb__ListRegionsRequest *in,
	const struct db_rows *rows, Pb__ListRegionsReply *out)
{
	(void)in;
	out->items = ARENA_ARRAY(c->arena, Pb__Region *, rows->n + 1);
	for (size_t i = 0; out->items && i < rows->n; i++, out->n_items++)
		if (!(out->items[i] = read_region(c, rows, i)))
			break;
	if (out->n_items < rows->n)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	out->version = rows->n ? (uint32_t)db_get_i32(rows, 0, 8) : 0;
	return PB__CODE__OK;
}

static bool named_before(const Pb__PutRegionsRequest *in, size_t region, const char *district)
{
	for (size_t i = 0; i <= region; i++)
		for (size_t k = 0, n = 0; k < in->items[i]->n_districts; k++)
			if (!strcmp(in->items[i]->districts[k], district) &&
				(i < region || ++n > 1))
				return true;
	return false;
}

static Pb__Code check_map(struct call *c, const Pb__PutRegionsRequest *in)
{
	for (size_t i = 0; i < in->n_items; i++) {
		const Pb__Region *r = in->items[i];
		const char *at = arena_printf(c->arena, "/items/%zu", i);
		if (strspn(r->code, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(r->code))
			return call_fail_field(
				c, at, "format", "a code has lower-case letters, digits and '-'");
		if (!r->n_districts && strcmp(r->code, "city") != 0)
			return call_fail_field(
				c, at, "required", "region '%s' has no district", r->code);
		for (size_t k = 0; k < i; k++)
			if (!strcmp(in->items[k]->code, r->code))
				return call_fail_field(
					c, at, "unique", "region '%s' is named twice", r->code);
		for (size_t k = 0; k < r->n_districts; k++)
			if (named_before(in, i, r->districts[k]))
				return call_fail_field(c, at, "unique",
					"district '%s' is named twice", r->districts[k]);
	}
	return PB__CODE__OK;
}

/* The map as a whole is a new version; what is open moves with its district. */
Pb__Code dispatch_put_regions(
	struct call *c, const Pb__PutRegionsRequest *in, Pb__PutRegionsReply *out)
{
	struct db_rows r;
	Pb__Code e = check_map(c, in);

	if (!e)
		e = db_run(c, &sql_new_region_version, &r, DB_ARGS(db_text(c->who.subject)));
	for (size_t i = 0; !e && i < in->n_items; i++)
		e = db_run(c, &sql_put_region, NULL,
			DB_ARGS(db_text(in->items[i]->code), db_text(in->items[i]->name),
				db_i32(db_get_i32(&r, 0, 0)),
				db_texts(in->items[i]->districts, in->items[i]->n_districts)));
	if (!e)
		e = db_run(c, &sql_move_to_regions, NULL, DB_NONE);
	if (!e)
		out->version = (uint32_t)db_get_i32(&r, 0, 0);
	return e;
}
