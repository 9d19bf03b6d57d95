/* cmd_districts.c - jbctl districts import: a GeoJSON file to the intake service. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "jbctl.h"

/* The property all features carry as their six-digit code. */
static const char *code_property(const json_t *geo)
{
	static const char *const names[] = { "adcode", "code", "ADCODE", "gb" };
	json_t *p =
		json_object_get(json_array_get(json_object_get(geo, "features"), 0), "properties");

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (json_object_get(p, names[i]))
			return names[i];
	ctl_die("the features have no property adcode or code");
}

int cmd_districts(int argc, char **argv)
{
	json_error_t e;
	json_t *geo, *request;
	char *text, *body, *answer = NULL;
	bool ok;

	if (argc != 2 || strcmp(argv[0], "import") != 0)
		return ctl_usage("districts import FILE");
	geo = json_load_file(argv[1], 0, &e);
	if (!geo)
		ctl_die("%s:%d: %s", argv[1], e.line, e.text);
	text = json_dumps(geo, JSON_COMPACT | JSON_REAL_PRECISION(9));
	request = json_pack("{s:s,s:s,s:s}", "geojson", text, "codeProperty", code_property(geo),
		"nameProperty", "name");
	body = json_dumps(request, JSON_COMPACT);
	ok = ctl_rpc("Intake.ImportDistricts", body, &answer);
	ctl_print_json(answer);
	free(answer);
	free(body);
	free(text);
	json_decref(request);
	json_decref(geo);
	return ok ? 0 : 1;
}
