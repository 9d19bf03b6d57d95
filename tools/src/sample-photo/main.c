/* main.c - sample-photo: writes one drawn photo of an accident as a JPEG with Exif. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>
#include <unistd.h>
#include "sample.h"

static int usage(void)
{
	fputs("usage: sample-photo --slot SLOT --lon LON --lat LAT [--time UNIX] [--seed N]\n"
	      "                    [--plate-a TEXT] [--plate-b TEXT] FILE\n",
		stderr);
	return 2;
}

static int write_photo(const struct sample *s, const char *file)
{
	unsigned char *pixels = draw_scene(s), *jpeg = NULL, exif[2048];
	size_t exif_len = write_exif(s, exif, sizeof exif);
	unsigned long len = 0;
	tjhandle tj = tjInitCompress();
	FILE *f = fopen(file, "wb");
	bool ok = pixels && tj && f && exif_len &&
		  tjCompress2(tj, pixels, s->width, 0, s->height, TJPF_BGRX, &jpeg, &len,
			  TJSAMP_420, 88, 0) == 0;

	/* The Exif segment follows the start-of-image marker. */
	ok = ok && fwrite(jpeg, 1, 2, f) == 2 && fwrite(exif, 1, exif_len, f) == exif_len &&
	     fwrite(jpeg + 2, 1, len - 2, f) == len - 2;
	if (f && fclose(f) != 0)
		ok = false;
	if (!ok)
		fprintf(stderr, "sample-photo: %s can't be written\n", file);
	if (tj)
		tjDestroy(tj);
	tjFree(jpeg);
	free(pixels);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "slot", required_argument, NULL, 's' },
		{ "lon", required_argument, NULL, 'x' },
		{ "lat", required_argument, NULL, 'y' },
		{ "time", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 'r' },
		{ "plate-a", required_argument, NULL, 'a' },
		{ "plate-b", required_argument, NULL, 'b' },
		{ 0 },
	};
	struct sample s = { "SCENE_FRONT", "陕A12345", "陕A67890", 108.947, 34.2255, time(NULL),
		(uint32_t)time(NULL), 1600, 1200 };
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (o) {
		case 's':
			s.slot = optarg;
			break;
		case 'x':
			s.lon = strtod(optarg, NULL);
			break;
		case 'y':
			s.lat = strtod(optarg, NULL);
			break;
		case 't':
			s.taken_at = (time_t)strtoll(optarg, NULL, 10);
			break;
		case 'r':
			s.seed = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'a':
			s.plate_a = optarg;
			break;
		case 'b':
			s.plate_b = optarg;
			break;
		default:
			return usage();
		}
	if (optind != argc - 1)
		return usage();
	/* Not exit: fontconfig keeps its caches to the end, which LeakSanitizer would count. */
	_exit(write_photo(&s, argv[optind]));
}
