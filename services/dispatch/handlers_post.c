/* handlers_post.c - the posts where responders wait. */
#include "dispatch/dispatch.h"

enum { PAGE = 100 };

static Pb__Post *read_post(const struct db_rows *r, size_t i)
{
	Pb__Post *p = ARENA_NEW(r->arena, Pb__Post);

	if (!p)
		return NULL;
	pb__post__init(p);
	p->code = db_get_text(r, i, 0);
	p->name = db_get_text(r, i, 1);
	p->district = db_get_text(r, i, 2);
	p->position = wgs84_position(r->arena, db_get_f64(r, i, 3), db_get_f64(r, i, 4), 0);
	p->closed = db_get_bool(r, i, 5);
	return p;
}

Pb__Code put_post_bind(struct call *c, const Pb__PutPostRequest *in)
{
	struct lonlat at;
	const Pb__Position *p = in->position;

	if (!p || !geo_to_wgs84((int)p->datum, (struct lonlat){ p->lon, p->lat }, &at))
		return call_fail_field(
			c, "/position/datum", "required", "a position needs its datum");
	db_bind(c, in->code, &sql_put_post,
		DB_ARGS(db_text(in->code), db_text(in->name), db_text(in->district), db_f64(at.lon),
			db_f64(at.lat), db_bool(in->closed), db_time(c->at_us)));
	return PB__CODE__OK;
}

Pb__Code put_post_answer(struct call *c, const Pb__PutPostRequest *in, const struct db_rows *rows,
	Pb__PutPostReply *out)
{
	(void)in;
	out->post = read_post(rows, 0);
	return out->post ? PB__CODE__OK
			 : call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
}

Pb__Code list_posts_bind(struct call *c, const Pb__ListPostsRequest *in)
{
	db_bind(c, "", &sql_list_posts,
		DB_ARGS(db_text(in->district), db_text(in->cursor),
			db_i64((in->page_size ? in->page_size : PAGE) + 1)));
	return PB__CODE__OK;
}

Pb__Code list_posts_answer(struct call *c, const Pb__ListPostsRequest *in,
	const struct db_rows *rows, Pb__ListPostsReply *out)
{
	size_t page = in->page_size ? in->page_size : PAGE;
	size_t n = rows->n < page ? rows->n : page;

	out->items = ARENA_ARRAY(c->arena, Pb__Post *, n + 1);
	for (size_t i = 0; out->items && i < n; i++) {
		out->items[i] = read_post(rows, i);
		if (!out->items[i])
			break;
		out->n_items++;
	}
	if (out->n_items < n)
		return call_fail(c, PB__CODE__TOO_LARGE, "out of message memory");
	if (rows->n > page)
		out->next_cursor = out->items[n - 1]->code;
	return PB__CODE__OK;
}
