/* handlers.c - notify's one RPC: what people on a case were told. */
#include "kit/json.h"
#include "notify/notify.h"
#include "notify/store.h"

static Pb__Code list_messages(struct call *c, const Pb__ListMessagesRequest *in)
{
	db_bind(c, in->incident_id, &st_messages, DB_ARGS(db_uuid(in->incident_id)));
	return PB__CODE__OK;
}

static Pb__MessageEntry *entry_of(struct call *c, const struct db_rows *r, size_t i)
{
	Pb__MessageEntry *m = ARENA_NEW(c->arena, Pb__MessageEntry);
	if (!m)
		return NULL;
	pb__message_entry__init(m);
	m->message_id = db_get_text(r, i, 0);
	m->template_ = db_get_text(r, i, 1);
	m->template_version = (uint32_t)db_get_i32(r, i, 2);
	m->recipient = db_get_text(r, i, 3);
	m->phone = db_get_text(r, i, 4);
	m->text = db_get_text(r, i, 5);
	m->state = (Pb__MessageState__Value)enum_value(
		&pb__message_state__value__descriptor, db_get_text(r, i, 6));
	m->attempts = (uint32_t)db_get_i32(r, i, 7);
	m->created_at = db_get_i64(r, i, 8);
	m->due_at = m->state == PB__MESSAGE_STATE__VALUE__QUEUED ? db_get_i64(r, i, 9) : 0;
	m->settled_at = db_get_i64(r, i, 10);
	m->provider = db_get_text(r, i, 11);
	m->last_error = db_get_text(r, i, 12);
	return m;
}

static Pb__Code messages_listed(struct call *c, const Pb__ListMessagesRequest *in,
	const struct db_rows *rows, Pb__ListMessagesReply *out)
{
	(void)in;
	out->items = ARENA_ARRAY(c->arena, Pb__MessageEntry *, rows->n + 1);
	for (size_t i = 0; out->items && i < rows->n; i++)
		if (!(out->items[out->n_items++] = entry_of(c, rows, i)))
			return call_fail(c, PB__CODE__TOO_LARGE, "too many messages");
	return PB__CODE__OK;
}

const struct notify_handlers notify_handlers = {
	.list_messages = { .bind = list_messages, .answer = messages_listed },
};
