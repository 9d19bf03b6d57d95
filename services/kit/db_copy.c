/* db_copy.c - rows in PostgreSQL's binary COPY format. */
#include "kit/db_copy.h"

#include <stdlib.h>
#include <string.h>
#include "kit/db_internal.h"
#include "kit/uuid.h"

enum { HEADER = 19, TRAILER = 2, FIRST_ROOM = 1 << 16, OID_TEXT = 25 };

static const uint8_t signature[11] = "PGCOPY\n\377\r\n";

/* Room for n more bytes and the trailer; NULL when there is no memory. */
static uint8_t *more(struct db_copy *c, size_t n)
{
	size_t room = c->room ? c->room : FIRST_ROOM;

	if (c->failed)
		return NULL;
	if (!c->len)
		c->len = HEADER;
	while (room < c->len + n + TRAILER)
		room *= 2;
	if (room > c->room) {
		uint8_t *grown = realloc(c->data, room);
		if (!grown) {
			c->failed = true;
			return NULL;
		}
		c->data = grown;
		c->room = room;
	}
	c->len += n;
	return c->data + c->len - n;
}

static void store(uint8_t *to, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
}

/* A field of that length: where its bytes go. */
static uint8_t *field(struct db_copy *c, size_t len)
{
	uint8_t *p = more(c, 4 + len);

	if (!p)
		return NULL;
	store(p, len, 4);
	return p + 4;
}

static void fixed(struct db_copy *c, uint64_t v, size_t bytes)
{
	uint8_t *p = field(c, bytes);

	if (p)
		store(p, v, bytes);
}

void db_copy_reset(struct db_copy *c)
{
	c->len = c->rows = 0;
	c->failed = false;
}

void db_copy_release(struct db_copy *c)
{
	free(c->data);
	*c = (struct db_copy){ 0 };
}

void copy_row(struct db_copy *c, unsigned fields)
{
	uint8_t *p = more(c, 2);

	if (p)
		store(p, fields, 2);
	c->rows++;
}

void copy_null(struct db_copy *c)
{
	uint8_t *p = more(c, 4);

	if (p)
		memset(p, 0xff, 4);
}

void copy_uuid(struct db_copy *c, const char *text)
{
	uint8_t *p = field(c, 16);

	if (p && !uuid_to_bytes(text, p))
		c->failed = true;
}

void copy_time(struct db_copy *c, int64_t us)
{
	fixed(c, (uint64_t)(us - pg_epoch_us), 8);
}

void copy_i64(struct db_copy *c, int64_t v)
{
	fixed(c, (uint64_t)v, 8);
}

void copy_f64(struct db_copy *c, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	fixed(c, bits, 8);
}

void copy_f32(struct db_copy *c, float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof bits);
	fixed(c, bits, 4);
}

void copy_bool(struct db_copy *c, bool v)
{
	fixed(c, v, 1);
}

void copy_text(struct db_copy *c, const char *v)
{
	size_t n = strlen(v);
	uint8_t *p = field(c, n);

	if (p)
		memcpy(p, v, n);
}

/* Dimensions, has-null, element type; then, unless empty, size and lower bound, and the elements.
 */
void copy_texts(struct db_copy *c, const char *const *v, size_t n)
{
	size_t bytes = n ? 20 : 12;

	for (size_t i = 0; i < n; i++)
		bytes += 4 + strlen(v[i]);
	uint8_t *p = field(c, bytes);
	if (!p)
		return;
	store(p, n ? 1 : 0, 4);
	store(p + 4, 0, 4);
	store(p + 8, OID_TEXT, 4);
	if (n) {
		store(p + 12, n, 4);
		store(p + 16, 1, 4);
	}
	p += n ? 20 : 12;
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(v[i]);
		store(p, len, 4);
		memcpy(p + 4, v[i], len);
		p += 4 + len;
	}
}

const uint8_t *db_copy_bytes(struct db_copy *c, size_t *ret_len)
{
	if (!more(c, 0))
		return NULL;
	memcpy(c->data, signature, sizeof signature);
	memset(c->data + sizeof signature, 0, HEADER - sizeof signature); /* flags, no extension */
	memset(c->data + c->len, 0xff, TRAILER);
	*ret_len = c->len + TRAILER;
	return c->data;
}
