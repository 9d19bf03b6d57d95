/* cmd_streams.c - jbctl streams: the JetStream streams as they must be, made and read back.
 *
 * nats-server 2.9 drops settings it does not know without a word, and hangs for good when its
 * volume fills: so sizes are bounded, old events are never pushed out by new ones, and every
 * setting is compared after the change.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jbctl.h"

enum { ERR_NO_STREAM = 10059, ASK_MS = 10000 };

static json_t *wanted(const char *name)
{
	const json_int_t second = 1000000000;
	bool probe = !strcmp(name, "JINGBAO_PROBE");

	return json_pack("{s:s,s:[s],s:s,s:s,s:s,s:i,s:i,s:I,s:I,s:i,s:I,s:b}", "name", name,
		"subjects", probe ? "jingbao.v1.probe" : "jingbao.v1.event.>", "retention",
		"limits", "storage", "file", "discard", probe ? "old" : "new", "max_consumers", -1,
		"max_msgs", probe ? 16 : -1, "max_bytes",
		probe ? (json_int_t)1048576 : (json_int_t)ctl.stream_mb * 1048576, "max_age",
		(probe ? 3600 : 7 * 86400) * second, "num_replicas", 1, "duplicate_window",
		120 * second, "allow_direct", 1);
}

/* The server's answer as JSON; exits when there is none. */
static json_t *ask(const char *verb, const char *name, const json_t *body)
{
	char subject[96], err[200];
	char *text = body ? json_dumps(body, JSON_COMPACT) : strdup("");
	char *answer;
	json_t *o;

	snprintf(subject, sizeof subject, "$JS.API.STREAM.%s.%s", verb, name);
	answer = ctl_ask(subject, text, ASK_MS, err, sizeof err);
	if (!answer)
		ctl_die("JetStream gives no answer (%s): is its volume full?", err);
	o = json_loads(answer, 0, NULL);
	if (!o)
		ctl_die("JetStream's answer can't be read");
	free(text);
	free(answer);
	return o;
}

static json_int_t error_code(const json_t *answer)
{
	return json_integer_value(json_object_get(json_object_get(answer, "error"), "err_code"));
}

static void fail_on_error(const json_t *answer, const char *name)
{
	if (json_object_get(answer, "error"))
		ctl_die("stream %s: %s", name,
			json_string_value(
				json_object_get(json_object_get(answer, "error"), "description")));
}

/* The first setting that is not as wanted; NULL when all are. */
static const char *differs(const json_t *info, json_t *want)
{
	const json_t *have = json_object_get(info, "config");
	const char *key;
	json_t *v;

	json_object_foreach(
		want, key, v) if (!json_equal(json_object_get(have, key), v)) return key;
	return NULL;
}

static void ensure(const char *name)
{
	json_t *want = wanted(name), *info = ask("INFO", name, NULL), *made;
	bool missing = error_code(info) == ERR_NO_STREAM;
	const char *key;

	if (!missing)
		fail_on_error(info, name);
	if (missing || differs(info, want)) {
		made = ask(missing ? "CREATE" : "UPDATE", name, want);
		fail_on_error(made, name);
		json_decref(made);
		json_decref(info);
		info = ask("INFO", name, NULL);
		fail_on_error(info, name);
		key = differs(info, want);
		if (key)
			ctl_die("stream %s: the server did not keep '%s'", name, key);
		printf("%s %s\n", name, missing ? "made" : "changed");
	} else {
		printf("%s is as it should be\n", name);
	}
	json_decref(info);
	json_decref(want);
}

static void show(const char *name)
{
	json_t *info = ask("INFO", name, NULL);
	char *text;

	fail_on_error(info, name);
	text = json_dumps(info, JSON_INDENT(2));
	puts(text);
	free(text);
	json_decref(info);
}

int cmd_streams(int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "ensure")) {
		ensure("JINGBAO");
		ensure("JINGBAO_PROBE");
		return 0;
	}
	if (argc == 1 && !strcmp(argv[0], "show")) {
		show("JINGBAO");
		show("JINGBAO_PROBE");
		return 0;
	}
	return ctl_usage("streams ensure | show");
}
