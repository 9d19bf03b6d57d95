/* frame.c - one event as it goes to clients: rendered once, masked; and who may see it. */
#include "gateway/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "gateway/text.h"
#include "jingbao/v1/identity.pb-c.h"
#include "kit/json.h"

/* ---- making ---- */

static void keep_scope(struct frame *f, uint8_t scope, const char *value)
{
	if (f->n_scopes < FRAME_SCOPES_MAX && value && *value)
		f->scopes[f->n_scopes++] = (struct frame_scope){ scope, value };
}

static void find_scopes(struct frame *f, const struct msg_meta *meta, const ProtobufCMessage *m)
{
	for (unsigned i = 0; i < meta->desc->n_fields; i++) {
		const ProtobufCFieldDescriptor *fd = &meta->desc->fields[i];
		const struct field_meta *fm = &meta->fields[i];
		const char *at = (const char *)m + fd->offset;
		size_t n = 1;
		bool list = fd->label == PROTOBUF_C_LABEL_REPEATED;
		bool text = fd->type == PROTOBUF_C_TYPE_STRING && fm->scope;
		if (!text && !fm->sub)
			continue;
		uint32_t which;
		memcpy(&which, (const char *)m + fd->quantifier_offset, sizeof which);
		if ((fd->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && which != fd->id)
			continue;
		if (list)
			memcpy(&n, (const char *)m + fd->quantifier_offset, sizeof n);
		void *const *items = list ? *(void *const *const *)(const void *)at
					  : (void *const *)(const void *)at;
		for (size_t k = 0; k < n; k++) {
			if (text)
				keep_scope(f, fm->scope, items[k]);
			else if (items[k])
				find_scopes(f, fm->sub, items[k]);
		}
	}
}

/* "jingbao.v1.event.610113.IncidentReported" -> "610113" */
static const char *district_of(const char *subject, struct arena *a)
{
	const char *from = subject;

	for (int dots = 0; from && dots < 3; dots++) {
		from = strchr(from, '.');
		from = from ? from + 1 : NULL;
	}
	return from ? arena_strndup(a, from, strcspn(from, ".")) : NULL;
}

static char *render(const struct frame_source *s, const struct msg_meta *meta,
	const ProtobufCMessage *m, const char *district, struct arena *a, size_t *ret_len)
{
	struct json_out how = { .mask = true, .keep_lists = true };
	size_t len;
	char *data = message_to_json(meta, m, how, a, &len);
	struct text t;

	if (!data)
		return NULL;
	text_init(&t, a, len + 512);
	if (s->epoch) /* live ones can't be resumed from */
		text_fmt(&t, "id: %s-%" PRIu64 "\n", s->epoch, s->seq);
	text_put(&t, "data: {\"id\":");
	text_json(&t, s->id);
	text_put(&t, ",\"type\":");
	text_json(&t, meta->desc->name);
	text_put(&t, ",\"time\":");
	text_json(&t, s->time);
	text_put(&t, ",\"district\":");
	text_json(&t, district);
	text_put(&t, ",\"data\":");
	text_add(&t, data, len);
	text_put(&t, "}\n\n");
	return text_end(&t, ret_len);
}

/* One block: the struct, the scope values and the text behind it. */
static struct frame *settle(const struct frame *draft, const char *district, const char *text)
{
	size_t bytes = sizeof *draft + strlen(district) + 1 + draft->len;

	for (size_t i = 0; i < draft->n_scopes; i++)
		bytes += strlen(draft->scopes[i].value) + 1;
	if (draft->session_ended)
		bytes += strlen(draft->session_ended) + 1;
	struct frame *f = malloc(bytes);
	if (!f)
		return NULL;
	memcpy(f, draft, sizeof *f);
	atomic_init(&f->refs, 1);
	f->bytes = bytes;
	char *p = (char *)(f + 1);
	f->district = strcpy(p, district);
	p += strlen(p) + 1;
	for (size_t i = 0; i < f->n_scopes; i++) {
		f->scopes[i].value = strcpy(p, draft->scopes[i].value);
		p += strlen(p) + 1;
	}
	if (draft->session_ended) {
		f->session_ended = strcpy(p, draft->session_ended);
		p += strlen(p) + 1;
	}
	f->text = memcpy(p, text, f->len);
	return f;
}

struct frame *frame_new(const struct contract *k, const struct frame_source *s, struct arena *a)
{
	const struct msg_meta *meta = contract_message(k, s->type);
	struct frame draft = { .seq = s->seq, .meta = meta };

	if (!meta || !meta->event || meta->live != !s->epoch)
		return NULL;
	ProtobufCMessage *m = protobuf_c_message_unpack(meta->desc, &a->pb, s->len, s->body);
	const char *district = district_of(s->subject, a);
	char *text = m && district ? render(s, meta, m, district, a, &draft.len) : NULL;
	if (!text)
		return NULL;
	find_scopes(&draft, meta, m);
	if (meta->desc == &pb__session_ended__descriptor)
		draft.session_ended = ((Pb__SessionEnded *)m)->session_id;
	return settle(&draft, district, text);
}

struct frame *frame_ref(struct frame *f)
{
	atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
	return f;
}

void frame_unref(struct frame *f)
{
	if (f && atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
		free(f);
}

/* ---- seeing ---- */

static bool names(const struct frame *f, uint8_t scope, const char *value)
{
	for (size_t i = 0; *value && i < f->n_scopes; i++) {
		if (f->scopes[i].scope == scope && strcmp(f->scopes[i].value, value) == 0)
			return true;
	}
	return false;
}

static bool word_in(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = words; n && (p = strstr(p, word)); p += n) {
		if ((p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	}
	return false;
}

static bool role_sees(const struct frame *f, const struct principal *p, int role)
{
	switch (role) {
	case PB__ROLE__VALUE__DISPATCHER:
	case PB__ROLE__VALUE__SUPERVISOR:
	case PB__ROLE__VALUE__AUDITOR:
	case PB__ROLE__VALUE__ADMIN:
		return true;
	case PB__ROLE__VALUE__OFFICER:
	case PB__ROLE__VALUE__BRIGADE:
		return !*p->districts || word_in(p->districts, f->district);
	case PB__ROLE__VALUE__RESPONDER:
		return names(f, PB__SCOPE__VALUE__RESPONDER, p->subject);
	case PB__ROLE__VALUE__INSURER:
	case PB__ROLE__VALUE__ASSESSOR:
		return names(f, PB__SCOPE__VALUE__INSURER, p->org);
	case PB__ROLE__VALUE__PARTY:
		return names(f, PB__SCOPE__VALUE__INCIDENT, p->incident_id);
	default:
		return false;
	}
}

static const char *short_name(const struct frame *f)
{
	return f->meta->desc->short_name;
}

bool frame_visible(const struct frame *f, const struct who *who, const struct filter *want)
{
	uint32_t both = who->p.roles & f->meta->seen_by;

	if (want->incident && !names(f, PB__SCOPE__VALUE__INCIDENT, want->incident))
		return false;
	if (want->types && !word_in(want->types, short_name(f)) &&
		!word_in(want->types, f->meta->desc->name))
		return false;
	for (int role = 0; both >> role; role++) {
		if ((both >> role & 1) && role_sees(f, &who->p, role))
			return true;
	}
	return false;
}

bool event_id_parse(const char *text, char ret_epoch[static EPOCH_TEXT], uint64_t *ret_seq)
{
	size_t n = strspn(text, "0123456789abcdef");
	uint64_t seq = 0;

	if (n == 0 || n >= EPOCH_TEXT || text[n] != '-' || strlen(text) >= EVENT_ID_MAX)
		return false;
	const char *p = text + n + 1;
	for (; *p >= '0' && *p <= '9' && seq < UINT64_MAX / 16; p++)
		seq = seq * 10 + (uint64_t)(*p - '0');
	if (*p || p == text + n + 1)
		return false;
	memcpy(ret_epoch, text, n);
	ret_epoch[n] = '\0';
	*ret_seq = seq;
	return true;
}
