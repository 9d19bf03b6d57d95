/* cmd_call.c - jbctl call: one RPC, or one for each line of standard input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jbctl.h"

/* Lines "Service.Method {json}"; answers go out one a line, in order. */
static int call_lines(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int failed = 0;

	while ((n = getline(&line, &size, stdin)) > 0) {
		char *json, *answer = NULL;

		line[strcspn(line, "\n")] = 0;
		if (!*line || *line == '#')
			continue;
		json = strchr(line, ' ');
		if (json)
			*json++ = 0;
		if (!ctl_rpc(line, json ? json : "{}", &answer))
			failed++;
		puts(answer);
		fflush(stdout);
		free(answer);
	}
	free(line);
	return failed ? 1 : 0;
}

int cmd_call(int argc, char **argv)
{
	char *answer = NULL;
	bool ok;

	if (argc == 1 && !strcmp(argv[0], "--lines"))
		return call_lines();
	if (argc < 1 || argc > 2)
		return ctl_usage("call SERVICE.METHOD [JSON] | call --lines");
	ok = ctl_rpc(argv[0], argc > 1 ? argv[1] : "{}", &answer);
	ctl_print_json(answer);
	free(answer);
	return ok ? 0 : 1;
}
