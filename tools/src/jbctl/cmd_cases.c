/* cmd_cases.c - jbctl list, show, submit and tail: incidents over HTTP, as any client sees them. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "jbctl.h"
#include "kit/timeutil.h"
#include "kit/uuid.h"

static char *escaped(const char *text)
{
	char *e = curl_easy_escape(NULL, text, 0);

	if (!e)
		ctl_die("out of memory");
	return e;
}

int cmd_list(int argc, char **argv)
{
	char path[512] = "/v1/incidents?pageSize=50";
	struct http_answer a;
	json_t *reply, *item;
	size_t i;

	for (int k = 0; k < argc; k++) {
		char *eq = strchr(argv[k], '='), *value;

		if (!eq)
			return ctl_usage("list [phase=P] [district=D] [q=TEXT]");
		*eq = 0;
		value = escaped(eq + 1);
		snprintf(path + strlen(path), sizeof path - strlen(path), "&%s=%s", argv[k], value);
		curl_free(value);
	}
	if (!ctl_http("GET", path, NULL, &a))
		return 1;
	reply = json_loads(a.body ? a.body : "", 0, NULL);
	if (a.status != 200 || !reply)
		ctl_die("status %ld %s", a.status, a.body ? a.body : "");
	json_array_foreach(json_object_get(reply, "items"), i, item) printf(
		"%s  %-16s %-14s %-8s %s\n", json_string_value(json_object_get(item, "incidentId")),
		json_string_value(json_object_get(item, "caseNo")),
		json_string_value(json_object_get(item, "phase")),
		json_string_value(json_object_get(item, "lane")),
		json_string_value(json_object_get(item, "place")));
	json_decref(reply);
	free(a.body);
	return 0;
}

int cmd_show(int argc, char **argv)
{
	char path[200];
	int rc;

	if (argc != 1 || !uuid_valid(argv[0]))
		return ctl_usage("show INCIDENT (an id as 'list' prints it)");
	snprintf(path, sizeof path, "/v1/incidents/%s", argv[0]);
	rc = ctl_http_show("GET", path, NULL);
	if (rc)
		return rc;
	snprintf(path, sizeof path, "/v1/incidents/%s/timeline", argv[0]);
	return ctl_http_show("GET", path, NULL);
}

static char *read_all(const char *file)
{
	FILE *f = strcmp(file, "-") ? fopen(file, "r") : stdin;
	char *text = NULL;
	size_t size = 0;
	ssize_t n = f ? getdelim(&text, &size, 0, f) : -1;

	if (n < 0)
		ctl_die("can't read '%s'", file);
	if (f != stdin)
		fclose(f);
	return text;
}

static char *sample_order(void)
{
	char at[TIME_TEXT_MAX], no[64];
	json_t *o;
	char *text;

	snprintf(no, sizeof no, "JBCTL-%lld", (long long)now_us());
	o = json_pack(
		"{s:s,s:s,s:s,s:{s:s,s:s},s:{s:s,s:s,s:{s:f,s:f,s:s}},s:[{s:s,s:s},{s:s,s:s}]}",
		"orderNo", no, "channel", "PHONE_122", "reportedAt", time_to_text(now_us(), at),
		"caller", "name", "王先生", "phone", "13800138000", "place", "text",
		"雁塔区小寨东路与长安中路路口", "road", "小寨东路", "position", "lon", 108.9470,
		"lat", 34.2255, "datum", "GCJ02", "vehicles", "plate", "陕A12345", "plateType",
		"02", "plate", "陕A67890", "plateType", "02");
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}

int cmd_submit(int argc, char **argv)
{
	char *order;
	int rc;

	if (argc > 1)
		return ctl_usage("submit [FILE|-]");
	order = argc ? read_all(argv[0]) : sample_order();
	rc = ctl_http_show("POST", "/v1/orders", order);
	free(order);
	return rc;
}

/* ---- tail ---- */

static char last_id[80];

static bool on_line(const char *line)
{
	if (!strncmp(line, "id:", 3))
		snprintf(last_id, sizeof last_id, "%s", line + 3 + (line[3] == ' '));
	else if (!strncmp(line, "event:", 6))
		printf("%-10s %-24s ", last_id, line + 6 + (line[6] == ' '));
	else if (!strncmp(line, "data:", 5))
		printf("%s\n", line + 5 + (line[5] == ' '));
	fflush(stdout);
	return true;
}

/* Follows for ever: a lost connection is taken up again behind the last event seen. */
int cmd_tail(int argc, char **argv)
{
	char path[200] = "/v1/events";

	if (argc > 1)
		return ctl_usage("tail [INCIDENT]");
	if (argc)
		snprintf(path, sizeof path, "/v1/events?incident=%s", argv[0]);
	for (;;) {
		ctl_http_lines(path, last_id, on_line);
		sleep(1);
	}
}
