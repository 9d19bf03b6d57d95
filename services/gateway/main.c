/* main.c - gateway: the only door. HTTP and JSON outside, NATS and protobuf inside. */
#include <getopt.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "contract/contract.gen.h"
#include "gateway/gateway.h"
#include "gateway/run.h"
#include "kit/log.h"

static const struct config_item *const tables[] = { settings_table, NULL };

static void help(void)
{
	puts("jb-gateway - the only door: HTTP and JSON outside, NATS inside\n\n"
	     "usage: jb-gateway [--config FILE] [--check] [--version] [--help]\n\n"
	     "  --config FILE  settings, \"name = value\" a line (or JB_CONFIG)\n"
	     "  --check        check settings, blob store, routes and NATS, then exit\n\n"
	     "Settings (file, or environment JB_<NAME>):");
	config_help(tables, stdout);
}

static int level_of(const char *name)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	for (int i = 0; i < 4; i++) {
		if (strcmp(name, names[i]) == 0)
			return i;
	}
	fprintf(stderr, "log_level: '%s' is not one of debug, info, warn, error\n", name);
	exit(1);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' }, { "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	const char *file = getenv("JB_CONFIG");
	bool check = false;
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'c') {
			file = optarg;
		} else if (o == 'k') {
			check = true;
		} else if (o == 'v') {
			printf("jb-gateway %s\n", JB_VERSION);
			return 0;
		} else if (o == 'h') {
			help();
			return 0;
		} else {
			return 2;
		}
	}
	if (!config_load(tables, file, stderr) || sodium_init() < 0)
		return 1;
	int level = level_of(settings.log_level);
	settings.access_log &= level <= LOG_INFO; /* its lines are of that level */
	log_init("gateway", (enum log_level)level);
	return gateway_run(&jb_contract, check);
}
