/* svc_options.c - the command line every daemon has. */
#include "kit/svc_internal.h"

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kit/log.h"

static void print_help(const struct service *d, const struct config_item *const *tables)
{
	printf("jb-%s - %s\n\nusage: jb-%s [--config FILE] [--check] [--statements] [--version] "
	       "[--help]\n\n"
	       "  --config FILE  settings, \"name = value\" a line (or JB_CONFIG)\n"
	       "  --check        check settings, NATS and every SQL statement, then exit\n"
	       "  --statements   print the SQL statements, one JSON object a line, then exit\n\n"
	       "Settings (file, or environment JB_<NAME>):\n",
		d->name, d->purpose, d->name);
	config_help(tables, stdout);
}

/* For explain and for measuring against: what exactly this binary runs. */
static void print_statements(const struct service *d)
{
	for (const struct db_stmt *const *st = d->statements; st && *st; st++) {
		json_t *o =
			json_pack("{s:s, s:[], s:s}", "name", (*st)->name, "in", "sql", (*st)->sql);

		for (const enum db_type *t = (*st)->in; o && *t != DB_END; t++)
			json_array_append_new(
				json_object_get(o, "in"), json_string(db_type_name(*t)));
		json_dumpf(o, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(o);
	}
}

enum svc_mode svc_read_options(int argc, char **argv, const struct service *d,
	const struct config_item *const *tables, const char **ret_file)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "statements", no_argument, NULL, 's' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	enum svc_mode mode = MODE_RUN;
	int o;

	*ret_file = getenv("JB_CONFIG");
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (o) {
		case 'c':
			*ret_file = optarg;
			break;
		case 's':
			print_statements(d);
			exit(0);
		case 'k':
			mode = MODE_CHECK;
			break;
		case 'v':
			printf("jb-%s %s\n", d->name, JB_VERSION);
			exit(0);
		case 'h':
			print_help(d, tables);
			exit(0);
		default:
			exit(2);
		}
	if (optind < argc) {
		fprintf(stderr, "jb-%s: '%s' is not understood; see --help\n", d->name,
			argv[optind]);
		exit(2);
	}
	return mode;
}

int svc_log_level(const char *name)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	for (int i = 0; i < 4; i++)
		if (!strcmp(name, names[i]))
			return i;
	fprintf(stderr, "log_level: '%s' is not one of debug, info, warn, error\n", name);
	exit(1);
}
