/* exif.c - an Exif segment as phones write it: camera, time with its offset, position. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "sample.h"

enum { ASCII = 2, LONG = 4, RATIONAL = 5, BYTE = 1, DATA_AT = 400, SEGMENT = 1024 };

/* A little-endian TIFF; offsets count from its start. */
struct tiff {
	unsigned char b[SEGMENT];
	size_t dir;  /* where the next directory entry goes */
	size_t data; /* where the next long value goes */
};

static void put16(struct tiff *t, size_t at, unsigned v)
{
	t->b[at] = (unsigned char)v;
	t->b[at + 1] = (unsigned char)(v >> 8);
}

static void put32(struct tiff *t, size_t at, uint32_t v)
{
	put16(t, at, v & 0xffff);
	put16(t, at + 2, v >> 16);
}

static void begin(struct tiff *t, size_t at, unsigned entries)
{
	put16(t, at, entries);
	t->dir = at + 2;
}

static void entry(struct tiff *t, unsigned tag, unsigned type, uint32_t count, uint32_t value)
{
	put16(t, t->dir, tag);
	put16(t, t->dir + 2, type);
	put32(t, t->dir + 4, count);
	put32(t, t->dir + 8, value);
	t->dir += 12;
}

static void ascii(struct tiff *t, unsigned tag, const char *text)
{
	size_t n = strlen(text) + 1;

	if (n <= 4) {
		uint32_t v = 0;

		for (size_t i = 0; i < n; i++)
			v |= (uint32_t)(unsigned char)text[i] << (8 * i);
		entry(t, tag, ASCII, (uint32_t)n, v);
		return;
	}
	entry(t, tag, ASCII, (uint32_t)n, (uint32_t)t->data);
	memcpy(t->b + t->data, text, n);
	t->data += n + (n & 1);
}

static void degrees(struct tiff *t, unsigned tag, double v)
{
	double d = floor(v), m = floor((v - d) * 60), s = ((v - d) * 60 - m) * 60;
	const uint32_t r[6] = { (uint32_t)d, 1, (uint32_t)m, 1, (uint32_t)lround(s * 10000),
		10000 };

	entry(t, tag, RATIONAL, 3, (uint32_t)t->data);
	for (int i = 0; i < 6; i++, t->data += 4)
		put32(t, t->data, r[i]);
}

static void main_directory(struct tiff *t, const char *when)
{
	begin(t, 8, 5);
	ascii(t, 0x010f, "Jingbao");
	ascii(t, 0x0110, "Sample 1");
	ascii(t, 0x0132, when);
	entry(t, 0x8769, LONG, 1, 100);
	entry(t, 0x8825, LONG, 1, 200);
}

size_t write_exif(const struct sample *s, unsigned char *out, size_t size)
{
	static const unsigned char head[4] = { 'I', 'I', 42, 0 };
	struct tiff t = { .data = DATA_AT };
	char when[40];
	time_t local = s->taken_at + 8 * 3600; /* Asia/Shanghai */
	struct tm tm;
	size_t len;

	gmtime_r(&local, &tm);
	strftime(when, sizeof when, "%Y:%m:%d %H:%M:%S", &tm);
	memcpy(t.b, head, sizeof head);
	put32(&t, 4, 8);
	main_directory(&t, when);
	begin(&t, 100, 2);
	ascii(&t, 0x9003, when);
	ascii(&t, 0x9011, "+08:00");
	begin(&t, 200, 5);
	entry(&t, 0, BYTE, 4, 0x00000302);
	ascii(&t, 1, "N");
	degrees(&t, 2, s->lat);
	ascii(&t, 3, "E");
	degrees(&t, 4, s->lon);
	len = 2 + 2 + 6 + t.data;
	if (len > size)
		return 0;
	out[0] = 0xff;
	out[1] = 0xe1;
	out[2] = (unsigned char)((len - 2) >> 8);
	out[3] = (unsigned char)(len - 2);
	memcpy(out + 4, "Exif\0\0", 6);
	memcpy(out + 10, t.b, t.data);
	return len;
}
