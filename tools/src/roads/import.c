/* import.c - `roads import`: an extract or a pair of lists becomes a graph. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "jingbao/v1/common.pb-c.h"
#include "kit/geo.h"
#include "osm/osm.h"
#include "roads.h"

struct request {
	const char *out, *in[2];
	size_t n_in;
	const char *districts, *code, *name, *source;
	struct osm_box box;
	bool boxed;
	int datum;
};

struct bytes {
	void *v;
	size_t len;
};

static struct bytes map_file(const char *path)
{
	struct bytes b = { NULL, 0 };
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		complain("%s: %s", path, fd < 0 ? strerror(errno) : "no file");
	} else if (!st.st_size) {
		complain("%s: an empty file", path);
	} else {
		b.len = (size_t)st.st_size;
		b.v = mmap(NULL, b.len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (b.v == MAP_FAILED) {
			complain("%s: %s", path, strerror(errno));
			b.v = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	return b;
}

/* ---- options ---- */

static bool read_box(const char *text, struct request *q)
{
	double *const to[] = { &q->box.west, &q->box.south, &q->box.east, &q->box.north };
	char *end;

	for (int i = 0; i < 4; i++) {
		*to[i] = strtod(text, &end);
		if (end == text || *end != (i < 3 ? ',' : 0))
			break;
		text = end + 1;
		q->boxed = i == 3;
	}
	q->boxed = q->boxed && geo_valid((struct lonlat){ q->box.west, q->box.south }) &&
		   geo_valid((struct lonlat){ q->box.east, q->box.north }) &&
		   q->box.west < q->box.east && q->box.south < q->box.north;
	if (q->boxed)
		return true;
	complain("--bbox wants WEST,SOUTH,EAST,NORTH in degrees, west and south the smaller ones");
	return false;
}

static bool read_datum(const char *text, struct request *q)
{
	const ProtobufCEnumValue *v =
		protobuf_c_enum_descriptor_get_value_by_name(&pb__datum__value__descriptor, text);

	q->datum = v ? v->value : 0;
	if (v && v->value)
		return true;
	complain("--datum '%s' is none of WGS84, GCJ02, BD09, CGCS2000", text);
	return false;
}

static bool read_options(int argc, char **argv, struct request *q)
{
	static const struct option options[] = { { "out", required_argument, NULL, 'o' },
		{ "bbox", required_argument, NULL, 'b' },
		{ "districts", required_argument, NULL, 'd' },
		{ "code-property", required_argument, NULL, 'c' },
		{ "name-property", required_argument, NULL, 'n' },
		{ "datum", required_argument, NULL, 'u' },
		{ "source", required_argument, NULL, 's' }, { 0 } };
	int c;

	*q = (struct request){ .code = "adcode", .name = "name" };
	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (c == 'o')
			q->out = optarg;
		else if (c == 'd')
			q->districts = optarg;
		else if (c == 'c')
			q->code = optarg;
		else if (c == 'n')
			q->name = optarg;
		else if (c == 's')
			q->source = optarg;
		else if (c == 'b' ? !read_box(optarg, q) : c != 'u' || !read_datum(optarg, q))
			return false;
	}
	for (; optind < argc && q->n_in < 2; optind++)
		q->in[q->n_in++] = argv[optind];
	if (q->n_in == 1 && q->datum) {
		complain("--datum is for lists; OpenStreetMap is always in WGS84");
		return false;
	}
	if (q->n_in == 2 && q->boxed) {
		complain("--bbox is for OpenStreetMap extracts");
		return false;
	}
	if (q->out && q->n_in && optind == argc)
		return true;
	complain("import wants one extract or two lists, and -o GRAPH");
	return false;
}

/* ---- reading ---- */

/* Speeds are kept by the codes that orders carry. */
static bool check_codes(const struct areas *a, const char *file)
{
	for (size_t i = 0; i < areas_count(a); i++) {
		const char *code = areas_code(a, i);
		if (strlen(code) == 6 && strspn(code, "0123456789") == 6)
			continue;
		complain("%s: district code '%.20s' is not of six digits", file, code);
		return false;
	}
	return true;
}

static struct areas *read_districts(const struct request *q, bool *ret_ok)
{
	char *why = NULL;
	struct areas *a = NULL;
	struct bytes b;

	*ret_ok = true;
	if (!q->districts)
		return NULL;
	b = map_file(q->districts);
	if (b.v) {
		a = areas_from_geojson(b.v, b.len, q->code, q->name, &why);
		munmap(b.v, b.len);
		if (!a)
			complain("%s: %s", q->districts, why ? why : "not understood");
	}
	free(why);
	if (a && !check_codes(a, q->districts)) {
		areas_free(a);
		a = NULL;
	}
	*ret_ok = a;
	return a;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool ends(const char *text, const char *with)
{
	size_t n = strlen(text), m = strlen(with);

	return n >= m && !strcmp(text + n - m, with);
}

static void refuse(struct roads_fault *f, const char *name, const char *why)
{
	snprintf(f->text, sizeof(f->text), "%.100s: %s", name, why);
}

static struct roads *from_osm(const struct request *q, const struct roads_options *o,
	struct roads_report *ret, struct roads_fault *f)
{
	const char *name = base_name(q->in[0]);
	const struct osm_box *box = q->boxed ? &q->box : NULL;
	struct osm_report rep = { 0 };
	struct roads *r = NULL;
	struct bytes b = map_file(q->in[0]);

	if (!b.v)
		return NULL;
	if (b.len > 2 && !memcmp(b.v, "\x1f\x8b", 2))
		refuse(f, name, "compressed by gzip; unpack it first (gunzip)");
	else if (b.len > 2 && !memcmp(b.v, "BZh", 3))
		refuse(f, name, "compressed by bzip2; unpack it first (bunzip2)");
	else if (ends(name, ".pbf"))
		r = osm_from_pbf(name, b.v, b.len, box, o, &rep, f);
	else
		r = osm_from_xml(name, b.v, b.len, box, o, &rep, f);
	munmap(b.v, b.len);
	if (r)
		printf("%zu ways, %zu for cars; %zu of their nodes lie outside\n", rep.ways,
			rep.ways_kept, rep.nodes_missing);
	*ret = rep.graph;
	return r;
}

static int save(struct roads *r, const struct roads_report *rep, const char *out)
{
	struct roads_fault f = { "" };

	if (!roads_save(r, out, &f)) {
		complain("%s", f.text);
		return 1;
	}
	printf("%s: %zu nodes, %zu edges, %.0f km; left out beside the main part: %zu nodes, "
	       "%zu edges\n",
		out, rep->nodes, rep->edges, rep->km, rep->dropped_nodes, rep->dropped_edges);
	return 0;
}

int import_main(int argc, char **argv)
{
	struct request q;
	struct roads_fault f = { "" };
	struct roads_report rep = { 0 };
	struct roads *r = NULL;
	bool ok;

	if (!read_options(argc, argv, &q))
		return 2;
	struct areas *districts = read_districts(&q, &ok);
	struct roads_options o = { .districts = districts, .source = q.source, .datum = q.datum };
	if (ok)
		r = q.n_in == 2 ? roads_from_csv(q.in[0], q.in[1], &o, &rep, &f)
				: from_osm(&q, &o, &rep, &f);
	if (!r && f.text[0])
		complain("%s", f.text);
	int code = r ? save(r, &rep, q.out) : 1;
	roads_free(r);
	areas_free(districts);
	return code;
}
