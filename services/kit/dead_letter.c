/* dead_letter.c - an event that can't be handled is kept whole, with the reason, until somebody
 * decides; its mark in the inbox goes with it, so that the stream can go on. */
#include "kit/svc_internal.h"

#include <jansson.h>
#include <stdlib.h>
#include "kit/log.h"
#include "kit/uuid.h"

const struct db_stmt stmt_inbox_one = {
	"inbox_one",
	"insert into inbox (id) values ($1) on conflict do nothing returning id",
	.in = { DB_UUID },
	.out = { DB_UUID },
};
const struct db_stmt stmt_dead_letter = {
	"dead_letter",
	"insert into dead_letter (id, type, subject, body, headers, reason)"
	" values ($1, $2, $3, $4, $5, $6) on conflict (id) do update"
	" set reason = excluded.reason, failed_at = now(), resolved_at = null",
	.in = { DB_UUID, DB_TEXT, DB_TEXT, DB_BYTES, DB_JSON, DB_TEXT },
};

static const char *headers_json(struct work *w)
{
	json_t *o = json_object();
	const char **keys = NULL;
	int n = 0;
	char *text, *copy = NULL;

	if (natsMsgHeader_Keys(w->msg, &keys, &n) == NATS_OK)
		for (int i = 0; i < n; i++)
			json_object_set_new(o, keys[i], json_string(bus_header(w->msg, keys[i])));
	free((void *)(uintptr_t)keys);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (text)
		copy = arena_strdup(&w->arena, text);
	free(text);
	return copy ? copy : "{}";
}

struct dead {
	const char *reason;
};

static Pb__Code bury(struct work *w, void *arg)
{
	struct dead *d = arg;
	struct db_rows rows;
	/* An event without a proper id still gets its letter, under a name made of its bytes. */
	const char *id = uuid_valid(w->event.id) ? w->event.id
						 : uuid_named("event", natsMsg_GetSubject(w->msg),
							   arena_alloc(&w->arena, UUID_TEXT));

	if (db_run(&w->call, &stmt_inbox_one, &rows, DB_ARGS(db_uuid(id))))
		return w->call.faults.code;
	return db_run(&w->call, &stmt_dead_letter, NULL,
		DB_ARGS(db_uuid(id), db_text(w->event.type), db_text(natsMsg_GetSubject(w->msg)),
			db_bytes(natsMsg_GetData(w->msg), (size_t)natsMsg_GetDataLength(w->msg)),
			db_json(headers_json(w)), db_text(d->reason)));
}

bool dead_letter(struct svc *s, struct work *w, const char *reason)
{
	struct dead d = { arena_strdup(&w->arena, reason) };
	char quoted[200];
	Pb__Code code = exec_transaction(s, w, bury, &d);

	if (code)
		return false;
	atomic_fetch_add(&s->stats.dead_letters, 1);
	log_error("dead letter", "event=%s type=%s why=%s", w->event.id, w->event.type,
		log_quote(reason, quoted, sizeof quoted));
	return true;
}
