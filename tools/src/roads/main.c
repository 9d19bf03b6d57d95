/* main.c - roads: makes the road graph that dispatch decides with, and looks into it. */
#include <math.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "roads.h"

static const char usage[] =
	"roads - road graphs for dispatch\n"
	"\n"
	"  roads import FILE.osm.pbf -o GRAPH      from OpenStreetMap (also .osm, its XML form)\n"
	"  roads import NODES.csv EDGES.csv -o GRAPH\n"
	"      --bbox W,S,E,N       only this part (OpenStreetMap)\n"
	"      --districts FILE     GeoJSON of districts (WGS-84): speeds are learned for each\n"
	"      --code-property P    their code (adcode); --name-property P (name)\n"
	"      --datum D            of the positions: WGS84, GCJ02, BD09, CGCS2000 (WGS84)\n"
	"      --source TEXT        kept in the graph: where it comes from, its licence\n"
	"  roads info GRAPH         what is in it\n"
	"  roads path GRAPH LON LAT LON LAT [--hour H]   the quickest way\n"
	"  roads check GRAPH        reads it in full and compares searches with each other\n"
	"\n"
	"Dispatch uses the graph its setting `roads` (JB_ROADS) names, and takes a new one without "
	"a\n"
	"restart when the file is replaced, or at once on SIGHUP.\n";

void complain(const char *fmt, ...)
{
	va_list ap;

	fputs("roads: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

bool read_degrees_arg(const char *text, const char *what, double limit, double *ret)
{
	char *end;

	*ret = strtod(text, &end);
	if (end != text && !*end && isfinite(*ret) && fabs(*ret) <= limit)
		return true;
	complain("%s '%s' is not between -%g and %g", what, text, limit, limit);
	return false;
}

struct roads *open_graph(const char *path)
{
	struct roads_fault f = { "" };
	struct roads *r = roads_load(path, &f);

	if (!r)
		complain("%s", f.text);
	return r;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = { { "import", import_main }, { "info", info_main }, { "path", path_main },
		{ "check", check_main } };

	if (sodium_init() < 0)
		return 1;
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))) {
		fputs(usage, stdout);
		return 0;
	}
	fputs(usage, stderr);
	return 2;
}
