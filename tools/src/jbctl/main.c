/* main.c - jbctl: the operator's commands, by a table. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "jbctl.h"
#include "kit/log.h"

static const struct command commands[] = {
	{ "doctor", "", "what is wrong on this machine, and what to do about it", cmd_doctor },
	{ "list", "[phase=P] [district=D] [q=TEXT]", "incidents, newest first", cmd_list },
	{ "show", "INCIDENT", "one incident with its timeline", cmd_show },
	{ "submit", "[FILE|-]", "post an order (a sample when no file is given)", cmd_submit },
	{ "tail", "[INCIDENT]", "live events as they happen", cmd_tail },
	{ "call", "SERVICE.METHOD [JSON] | --lines", "any RPC as the system", cmd_call },
	{ "dead-letters", "list [SERVICE] | show ID | retry ID | resolve ID NOTE",
		"events that could not be handled", cmd_dead_letters },
	{ "events", "rebuild [--since TIME] [SERVICE ...]",
		"send kept events again, into a stream made anew when it is gone", cmd_events },
	{ "streams", "ensure | show", "make the JetStream streams and read them back",
		cmd_streams },
	{ "dispatch", "explain ID", "why who was sent, decided again from the record",
		cmd_dispatch },
	{ "districts", "import FILE", "load district polygons from GeoJSON", cmd_districts },
	{ "states", "", "the phases of an incident as a diagram (Mermaid)", cmd_states },
	{ 0 },
};

void ctl_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("jbctl: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

int ctl_usage(const char *text)
{
	fprintf(stderr, "usage: jbctl %s\n", text);
	return 2;
}

static void help(FILE *out, const struct config_item *const *tables)
{
	fputs("jbctl - look at and repair a Jingbao system\n\n"
	      "usage: jbctl [--config FILE] COMMAND ...\n\n",
		out);
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-12s %s\n               %s\n", c->name, c->args, c->help);
	fputs("\nThe settings are in FILE (else $JBCTL_CONFIG, else var/etc/jbctl.conf):\n", out);
	config_help(tables, out);
}

static const char *settings_file(int *argc, char ***argv)
{
	const char *file = getenv("JBCTL_CONFIG");

	if (*argc > 1 && !strcmp((*argv)[0], "--config")) {
		file = (*argv)[1];
		*argc -= 2;
		*argv += 2;
	}
	if (!file && access("var/etc/jbctl.conf", R_OK) == 0)
		file = "var/etc/jbctl.conf";
	return file;
}

int main(int argc, char **argv)
{
	const struct config_item *const tables[] = { ctl_config, NULL };
	const char *file;

	argc--;
	argv++;
	log_init("jbctl", LOG_ERROR);
	file = settings_file(&argc, &argv);
	if (argc < 1 || !strcmp(argv[0], "--help") || !strcmp(argv[0], "help")) {
		help(argc < 1 ? stderr : stdout, tables);
		return argc < 1 ? 2 : 0;
	}
	if (!strcmp(argv[0], "--version")) {
		puts(JB_VERSION);
		return 0;
	}
	if (!config_load(tables, file, stderr))
		return 2;
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, argv[0]))
			return c->run(argc - 1, argv + 1);
	fprintf(stderr, "jbctl: no command '%s'; see jbctl --help\n", argv[0]);
	return 2;
}
