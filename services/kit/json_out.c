/* json_out.c - a protobuf message as compact JSON, written straight into the arena. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/json.h"
#include "kit/json_walk.h"
#include "kit/timeutil.h"
#include "kit/utf8.h"
#include "jingbao/v1/options.pb-c.h"

struct writer {
	struct arena *arena;
	struct json_out how;
	char *buf;
	size_t len, cap;
	bool failed; /* sticky; asked once at the end */
};

static bool room(struct writer *w, size_t more)
{
	if (w->failed)
		return false;
	if (w->cap - w->len > more) /* one byte stays for the NUL */
		return true;
	size_t cap = w->cap ? w->cap : 512;
	while (cap - w->len <= more)
		cap *= 2;
	char *grown = arena_alloc(w->arena, cap);
	if (!grown) {
		w->failed = true;
		return false;
	}
	if (w->len)
		memcpy(grown, w->buf, w->len);
	w->buf = grown;
	w->cap = cap;
	return true;
}

static void put(struct writer *w, const char *s, size_t n)
{
	if (!room(w, n))
		return;
	memcpy(w->buf + w->len, s, n);
	w->len += n;
}

static void put_char(struct writer *w, char c)
{
	put(w, &c, 1);
}

static void put_escape(struct writer *w, unsigned char c)
{
	static const char short_form[] = { ['\b'] = 'b',
		['\t'] = 't',
		['\n'] = 'n',
		['\f'] = 'f',
		['\r'] = 'r',
		['"'] = '"',
		['\\'] = '\\' };
	char s[8];
	if (c < sizeof short_form && short_form[c]) {
		s[0] = '\\';
		s[1] = short_form[c];
		put(w, s, 2);
	} else {
		put(w, s, (size_t)snprintf(s, sizeof s, "\\u%04x", c));
	}
}

/* Bytes that are no UTF-8 become U+FFFD: what we write is JSON whatever the text was. */
static void put_text(struct writer *w, const char *s)
{
	size_t n = strlen(s), plain = 0, i = 0;
	put_char(w, '"');
	while (i < n) {
		unsigned char c = (unsigned char)s[i];
		size_t len = utf8_sequence(s + i, n - i);
		if (len && c >= 0x20 && c != '"' && c != '\\') {
			i += len;
			continue;
		}
		put(w, s + plain, i - plain);
		if (len == 0)
			put(w, "\xef\xbf\xbd", 3);
		else
			put_escape(w, c);
		plain = ++i;
	}
	put(w, s + plain, n - plain);
	put_char(w, '"');
}

static void put_bytes(struct writer *w, const ProtobufCBinaryData *b)
{
	size_t n = sodium_base64_ENCODED_LEN(b->len, sodium_base64_VARIANT_ORIGINAL);
	put_char(w, '"');
	if (room(w, n)) {
		sodium_bin2base64(w->buf + w->len, n, b->data ? b->data : (const uint8_t *)"",
			b->len, sodium_base64_VARIANT_ORIGINAL);
		w->len += n - 1;
	}
	put_char(w, '"');
}

/* The shortest text that reads back as the same number. */
static void put_double(struct writer *w, double d)
{
	char s[40];
	int n = 0;
	for (int digits = 15; digits <= 17; digits++) {
		n = snprintf(s, sizeof s, "%.*g", digits, d);
		if (strtod(s, NULL) == d)
			break;
	}
	/* JSON has no NaN or infinity; check_message keeps them out, null is the honest rest. */
	if (strpbrk(s, "nN"))
		put(w, "null", 4);
	else
		put(w, s, (size_t)n);
}

static void put_float(struct writer *w, float f)
{
	char s[40];
	int n = 0;
	for (int digits = 6; digits <= 9; digits++) {
		n = snprintf(s, sizeof s, "%.*g", digits, (double)f);
		if (strtof(s, NULL) == f)
			break;
	}
	if (strpbrk(s, "nN"))
		put(w, "null", 4);
	else
		put(w, s, (size_t)n);
}

__attribute__((format(printf, 2, 3))) static void put_number(struct writer *w, const char *fmt, ...)
{
	char s[40];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(s, sizeof s, fmt, ap);
	va_end(ap);
	put(w, s, (size_t)n);
}

static void put_time(struct writer *w, int64_t us)
{
	char s[TIME_TEXT_MAX];
	put_char(w, '"');
	time_to_text(us, s);
	put(w, s, strlen(s));
	put_char(w, '"');
}

static void put_message(struct writer *w, const struct msg_meta *m, const ProtobufCMessage *msg);

static void put_string_value(struct writer *w, const struct field_meta *fm, const char *s)
{
	if (!s)
		s = "";
	if (w->how.mask && fm->privacy != PB__PRIVACY__VALUE__PUBLIC) {
		s = privacy_mask(fm->privacy, s, w->arena);
		if (!s) {
			w->failed = true;
			return;
		}
	}
	put_text(w, s);
}

static void put_enum(struct writer *w, const ProtobufCEnumDescriptor *d, int value)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(d, value);
	if (v)
		put_text(w, v->name);
	else
		put_number(w, "%d", value);
}

static void put_value(struct writer *w, const ProtobufCFieldDescriptor *fd,
	const struct field_meta *fm, const void *p)
{
	switch (fd->type) {
	case PROTOBUF_C_TYPE_STRING:
		put_string_value(w, fm, *(const char *const *)p);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		put_bytes(w, p);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		put_enum(w, fd->descriptor, *(const int *)p);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		if (*(const protobuf_c_boolean *)p)
			put(w, "true", 4);
		else
			put(w, "false", 5);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		put_double(w, *(const double *)p);
		break;
	case PROTOBUF_C_TYPE_FLOAT:
		put_float(w, *(const float *)p);
		break;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		if (fm->time)
			put_time(w, *(const int64_t *)p);
		else
			put_number(w, "\"%" PRId64 "\"", *(const int64_t *)p);
		break;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		put_number(w, "\"%" PRIu64 "\"", *(const uint64_t *)p);
		break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		put_number(w, "%" PRIu32, *(const uint32_t *)p);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		put_message(w, fm->sub, *(const ProtobufCMessage *const *)p);
		break;
	default:
		put_number(w, "%" PRId32, *(const int32_t *)p);
	}
}

static bool is_zero(ProtobufCType t, const void *p)
{
	switch (t) {
	case PROTOBUF_C_TYPE_STRING:
		return !*(const char *const *)p || !**(const char *const *)p;
	case PROTOBUF_C_TYPE_BYTES:
		return ((const ProtobufCBinaryData *)p)->len == 0;
	case PROTOBUF_C_TYPE_MESSAGE:
		return !*(const ProtobufCMessage *const *)p;
	case PROTOBUF_C_TYPE_DOUBLE:
		return *(const double *)p == 0;
	case PROTOBUF_C_TYPE_FLOAT:
		return *(const float *)p == 0;
	default:
		return field_size(t) == sizeof(int64_t) ? *(const int64_t *)p == 0
							: *(const int32_t *)p == 0;
	}
}

/* Absent by the rules of proto3, or by choice of what is written. */
static bool left_out(const struct writer *w, const ProtobufCFieldDescriptor *fd,
	const struct field_meta *fm, const ProtobufCMessage *msg)
{
	const char *p = (const char *)msg + fd->offset;
	const char *q = (const char *)msg + fd->quantifier_offset;
	if (fm->privacy == PB__PRIVACY__VALUE__SECRET && !w->how.with_secrets)
		return true;
	/* What isn't text can't be masked in part. */
	if (w->how.mask && fm->privacy != PB__PRIVACY__VALUE__PUBLIC &&
		fd->type != PROTOBUF_C_TYPE_STRING)
		return true;
	if (fd->label == PROTOBUF_C_LABEL_REPEATED)
		return *(const size_t *)q == 0 && !w->how.keep_defaults && !w->how.keep_lists;
	if (fd->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
		return *(const uint32_t *)q != fd->id;
	return is_zero(fd->type, p) &&
	       (!w->how.keep_defaults || fm->time || fd->type == PROTOBUF_C_TYPE_MESSAGE);
}

static void put_list(struct writer *w, const ProtobufCFieldDescriptor *fd,
	const struct field_meta *fm, const ProtobufCMessage *msg)
{
	size_t n = *(const size_t *)((const char *)msg + fd->quantifier_offset);
	const char *items = *(const char *const *)((const char *)msg + fd->offset);
	put_char(w, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			put_char(w, ',');
		put_value(w, fd, fm, items + i * field_size(fd->type));
	}
	put_char(w, ']');
}

static void put_message(struct writer *w, const struct msg_meta *m, const ProtobufCMessage *msg)
{
	bool first = true;
	put_char(w, '{');
	for (unsigned i = 0; i < m->desc->n_fields; i++) {
		const ProtobufCFieldDescriptor *fd = &m->desc->fields[i];
		const struct field_meta *fm = &m->fields[i];
		if (left_out(w, fd, fm, msg))
			continue;
		if (!first)
			put_char(w, ',');
		first = false;
		put_char(w, '"');
		put(w, fm->json, strlen(fm->json));
		put(w, "\":", 2);
		if (fd->label == PROTOBUF_C_LABEL_REPEATED)
			put_list(w, fd, fm, msg);
		else
			put_value(w, fd, fm, (const char *)msg + fd->offset);
	}
	put_char(w, '}');
}

char *message_to_json(const struct msg_meta *m, const ProtobufCMessage *msg, struct json_out how,
	struct arena *a, size_t *ret_len)
{
	struct writer w = { .arena = a, .how = how };
	put_message(&w, m, msg);
	if (w.failed)
		return NULL;
	w.buf[w.len] = '\0';
	*ret_len = w.len;
	return w.buf;
}
