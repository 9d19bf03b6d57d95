/* frame.h - one event as it goes to clients: rendered once, masked, immutable, counted.
 *
 * Who may see it is decided per client from what the frame keeps beside its text: the roles the
 * event declares and the values of its scoped fields. Thread: any. */
#ifndef GATEWAY_FRAME_H
#define GATEWAY_FRAME_H

#include <stdatomic.h>
#include "gateway/sessions.h"
#include "kit/meta.h"

enum { FRAME_SCOPES_MAX = 16, EPOCH_TEXT = 24, EVENT_ID_MAX = 48 };

struct frame_scope {
	uint8_t scope; /* Pb__Scope__Value */
	const char *value;
};

struct frame {
	_Atomic unsigned refs;
	uint64_t seq;
	const struct msg_meta *meta;
	const char *district;
	struct frame_scope scopes[FRAME_SCOPES_MAX];
	size_t n_scopes;
	const char *session_ended; /* SessionEnded: which; else NULL */
	size_t len, bytes;         /* of the text; of the whole frame */
	const char *text; /* "id: <epoch>-<seq>\ndata: {...}\n\n", live ones without the id */
};

struct frame_source {
	const char *subject, *id, *type, *time;
	const void *body;
	size_t len;
	uint64_t seq;
	const char *epoch; /* NULL: a live event, which has no place in the stream */
};

/* NULL: not an event of this contract, or unreadable. The arena is for the work only. */
struct frame *frame_new(const struct contract *k, const struct frame_source *src, struct arena *a);
struct frame *frame_ref(struct frame *f);
void frame_unref(struct frame *f); /* NULL is fine */

/* What a client asked for; empty means all. */
struct filter {
	const char *incident;
	const char *types; /* " IncidentReported OfferMade " */
};
bool frame_visible(const struct frame *f, const struct who *who, const struct filter *want);

/* "<epoch>-<seq>". False: not such an id. */
bool event_id_parse(const char *text, char ret_epoch[static EPOCH_TEXT], uint64_t *ret_seq);

#endif
