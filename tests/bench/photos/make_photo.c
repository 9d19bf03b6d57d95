/* make_photo.c - writes a made-up street scene as a JPEG, for tests and runs without real photos.
 *
 *   make-photo FILE WIDTH HEIGHT SEED [--soft] [--dark] [--orientation N]
 *       [--taken "2026:11:21 14:07:09"] [--gps LON LAT]
 *
 * Sharp, well lit and over 50 kB from 1280x720 up, so that it passes the checks; --soft and --dark
 * make one that doesn't. Each seed gives other bytes, the same seed the same.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "evidence/photo/codec.h"

struct wish {
	const char *file, *taken;
	int w, h, orientation;
	uint32_t seed;
	bool soft, dark, gps;
	double lon, lat;
};

static uint32_t dice(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

/* Sky over road, two cars as boxes, grain over all. */
static int luma_at(const struct wish *k, int x, int y)
{
	int v = y * 5 < k->h * 2 ? 185 : 95;
	int car = (int)(k->seed % 7) * k->w / 50;

	if (y * 3 > k->h && y * 3 < k->h * 2)
		v = x > k->w / 8 + car && x < k->w * 2 / 5 + car   ? 60
		    : x > k->w / 2 + car && x < k->w * 4 / 5 + car ? 140
								   : v;
	return k->dark ? v / 10 : v;
}

static void paint(const struct wish *k, struct planes *p)
{
	uint32_t seed = k->seed * 2654435761u + 1;

	for (int y = 0; y < k->h; y++)
		for (int x = 0; x < k->w; x++) {
			int grain = k->soft || k->dark ? 0 : (int)(dice(&seed) % 61) - 30;
			plane_row_mut(&p->p[0], y)[x] = (uint8_t)(luma_at(k, x, y) + grain);
		}
	for (int i = 1; i < 3; i++)
		for (int y = 0; y < p->p[i].h; y++)
			for (int x = 0; x < p->p[i].w; x++) {
				int grain = k->soft ? 0 : (int)(dice(&seed) % 9);
				plane_row_mut(&p->p[i], y)[x] =
					(uint8_t)(120 + grain + (int)(k->seed % 5) * i);
			}
	for (int i = 0; i < 3; i++)
		plane_pad(&p->p[i]);
}

struct block {
	uint8_t b[512];
	size_t n;
};

static void put(struct block *t, uint32_t v, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		t->b[t->n++] = (uint8_t)(v >> (8 * i));
}

static void entry(struct block *t, uint32_t tag, uint32_t type, uint32_t count, uint32_t value)
{
	put(t, tag, 2);
	put(t, type, 2);
	put(t, count, 4);
	put(t, value, 4);
}

static void put_angle(struct block *t, double degrees)
{
	double d = fabs(degrees), whole = floor(d), m = (d - whole) * 60;

	put(t, (uint32_t)whole, 4);
	put(t, 1, 4);
	put(t, (uint32_t)floor(m), 4);
	put(t, 1, 4);
	put(t, (uint32_t)lround((m - floor(m)) * 60 * 10000), 4);
	put(t, 10000, 4);
}

/* IFD0 with the orientation, the EXIF IFD with the time, the GPS IFD; big-endian. */
static struct block exif(const struct wish *k)
{
	struct block t = { .b = { 0xff, 0xe1, 0, 0, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0,
				   0, 8 },
		.n = 18 };
	const uint32_t ifd0 = 8, exif_ifd = ifd0 + 2 + 36 + 4, when = exif_ifd + 2 + 12 + 4;
	const uint32_t gps = when + 20, lat = gps + 2 + 48 + 4, lon = lat + 24;

	put(&t, k->gps ? 3 : 2, 2);
	entry(&t, 0x0112, 3, 1, (uint32_t)k->orientation << 16);
	entry(&t, 0x8769, 4, 1, exif_ifd);
	entry(&t, k->gps ? 0x8825 : 0, k->gps ? 4 : 0, k->gps, k->gps ? gps : 0);
	put(&t, 0, 4);
	put(&t, *k->taken ? 1 : 0, 2);
	entry(&t, 0x9003, 2, 20, when);
	put(&t, 0, 4);
	memcpy(t.b + t.n, k->taken, strlen(k->taken) < 20 ? strlen(k->taken) : 19);
	t.n += 20;
	put(&t, 4, 2);
	entry(&t, 1, 2, 2, (uint32_t)(k->lat < 0 ? 'S' : 'N') << 24);
	entry(&t, 2, 5, 3, lat);
	entry(&t, 3, 2, 2, (uint32_t)(k->lon < 0 ? 'W' : 'E') << 24);
	entry(&t, 4, 5, 3, lon);
	put(&t, 0, 4);
	put_angle(&t, k->lat);
	put_angle(&t, k->lon);
	t.b[2] = (uint8_t)((t.n - 2) >> 8);
	t.b[3] = (uint8_t)(t.n - 2);
	return t;
}

static bool write_file(const struct wish *k, const struct photo_rendition *r)
{
	const struct block x = exif(k);
	FILE *f = fopen(k->file, "wb");

	if (!f)
		return false;
	bool ok = fwrite(r->jpeg, 1, 2, f) == 2 && fwrite(x.b, 1, x.n, f) == x.n &&
		  fwrite(r->jpeg + 2, 1, r->len - 2, f) == r->len - 2;
	return fclose(f) == 0 && ok;
}

static bool parse(int argc, char **argv, struct wish *k)
{
	if (argc < 5)
		return false;
	*k = (struct wish){ .file = argv[1],
		.taken = "",
		.w = (int)strtol(argv[2], NULL, 10),
		.h = (int)strtol(argv[3], NULL, 10),
		.seed = (uint32_t)strtoul(argv[4], NULL, 10),
		.orientation = 1 };
	for (int i = 5; i < argc; i++) {
		if (strcmp(argv[i], "--soft") == 0)
			k->soft = true;
		else if (strcmp(argv[i], "--dark") == 0)
			k->dark = true;
		else if (strcmp(argv[i], "--orientation") == 0 && i + 1 < argc)
			k->orientation = (int)strtol(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--taken") == 0 && i + 1 < argc)
			k->taken = argv[++i];
		else if (strcmp(argv[i], "--gps") == 0 && i + 2 < argc) {
			k->gps = true;
			k->lon = strtod(argv[++i], NULL);
			k->lat = strtod(argv[++i], NULL);
		} else
			return false;
	}
	return k->w > 0 && k->h > 0 && k->w <= 16384 && k->h <= 16384;
}

int main(int argc, char **argv)
{
	struct wish k;
	struct planes p = { .n = 3 };
	struct photo_rendition r = { 0 };

	if (!parse(argc, argv, &k)) {
		fprintf(stderr, "make-photo FILE WIDTH HEIGHT SEED [--soft] [--dark] "
				"[--orientation N] [--taken TIME] [--gps LON LAT]\n");
		return 2;
	}
	bool ok = plane_make(&p.p[0], k.w, k.h);
	for (int i = 1; i < 3; i++)
		ok = ok && plane_make(&p.p[i], (k.w + 1) / 2, (k.h + 1) / 2);
	if (ok)
		paint(&k, &p);
	ok = ok && codec_encode(&p, 85, &r) && write_file(&k, &r);
	if (!ok)
		perror(k.file);
	planes_free(&p);
	free(r.jpeg);
	return !ok;
}
