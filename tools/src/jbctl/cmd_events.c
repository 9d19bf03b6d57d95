/* cmd_events.c - jbctl events rebuild: sends kept events again from the services' outboxes.
 *
 * PostgreSQL is the record; a stream that was lost, emptied or cut short is filled again. The rows
 * are marked unsent under a new generation, which changes Nats-Msg-Id, so that the stream's window
 * for duplicates lets them in; every consumer's inbox makes a replay harmless.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jbctl.h"
#include "kit/timeutil.h"

static long rebuild(const char *schema, const char *since)
{
	char sql[400];
	const char *params[1] = { since };
	PGresult *r;
	long n;

	snprintf(sql, sizeof sql,
		"update %s.outbox set sent_at = null, generation = generation + 1"
		" where sent_at is not null and recorded_at >= $1::timestamptz",
		schema);
	r = ctl_query(sql, 1, params);
	n = strtol(PQcmdTuples(r), NULL, 10);
	PQclear(r);
	printf("%-10s %ld events go out again\n", schema, n);
	return n;
}

int cmd_events(int argc, char **argv)
{
	static char ensure_word[] = "ensure";
	char *ensure[] = { ensure_word };
	const char *since = "1970-01-01T00:00:00Z";
	int64_t us;
	long total = 0;
	int i = 1;

	if (argc < 1 || strcmp(argv[0], "rebuild") != 0)
		return ctl_usage("events rebuild [--since TIME] [SERVICE ...]");
	if (argc > 2 && !strcmp(argv[1], "--since")) {
		since = argv[2];
		if (!time_from_text(since, &us))
			ctl_die("'%s' is not a time like 2026-11-21T06:00:00Z", since);
		i = 3;
	}
	for (int k = i; k < argc; k++)
		if (!ctl_is_schema(argv[k]))
			ctl_die("no service '%s'", argv[k]);
	cmd_streams(1, ensure);
	for (const char *const *s = ctl_schemas; *s; s++) {
		bool chosen = i >= argc;

		for (int k = i; k < argc; k++)
			chosen |= !strcmp(argv[k], *s);
		if (chosen)
			total += rebuild(*s, since);
	}
	printf("%ld events in all; each service publishes its own within seconds\n", total);
	return 0;
}
