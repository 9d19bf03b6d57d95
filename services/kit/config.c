/* config.c - settings from defaults, a file and the environment into typed variables. */
#include "kit/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ENV_NAME_MAX = 96 };

static const char *env_name(const struct config_item *it, char buf[static ENV_NAME_MAX])
{
	size_t n = (size_t)snprintf(buf, ENV_NAME_MAX, "JB_%s", it->name);
	for (size_t i = 0; i < n && i < ENV_NAME_MAX; i++)
		buf[i] = (char)toupper((unsigned char)buf[i]);
	return buf;
}

static bool set_int(const struct config_item *it, const char *text, const char *source, FILE *err)
{
	char *end;
	errno = 0;
	long v = strtol(text, &end, 10);
	if (end == text || *end || errno) {
		fprintf(err, "config: %s (%s): '%s' is not a whole number\n", it->name, source,
			text);
		return false;
	}
	if (v < it->min || v > it->max) {
		fprintf(err, "config: %s (%s): %ld is not within %ld..%ld%s%s\n", it->name, source,
			v, it->min, it->max, it->unit ? " " : "", it->unit ? it->unit : "");
		return false;
	}
	*(long *)it->var = v;
	return true;
}

static bool set_bool(const struct config_item *it, const char *text, const char *source, FILE *err)
{
	static const char *const yes[] = { "true", "yes", "on", "1" };
	static const char *const no[] = { "false", "no", "off", "0" };
	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*(bool *)it->var = strcmp(text, yes[i]) == 0;
			return true;
		}
	}
	fprintf(err, "config: %s (%s): '%s' is neither true nor false\n", it->name, source, text);
	return false;
}

/* Texts live as long as the process, also those that a later source took the place of. */
struct kept {
	struct kept *next;
	char text[];
};
static struct kept *all_kept;

static bool set_text(const struct config_item *it, const char *text)
{
	size_t n = strlen(text) + 1;
	struct kept *k = malloc(sizeof *k + n);
	if (!k)
		return false;
	memcpy(k->text, text, n);
	k->next = all_kept;
	all_kept = k;
	*(const char **)it->var = k->text;
	return true;
}

static bool set(const struct config_item *it, const char *text, const char *source, FILE *err)
{
	switch (it->type) {
	case CONFIG_TEXT:
	case CONFIG_SECRET:
		if (set_text(it, text))
			return true;
		fprintf(err, "config: out of memory\n");
		return false;
	case CONFIG_INT:
		return set_int(it, text, source, err);
	case CONFIG_BOOL:
		return set_bool(it, text, source, err);
	}
	return false;
}

/* Index of the item over all tables, or -1. */
static const struct config_item *find(
	const struct config_item *const *tables, const char *name, size_t *ret_index)
{
	size_t i = 0;
	for (; *tables; tables++) {
		for (const struct config_item *it = *tables; it->name; it++, i++) {
			if (strcmp(it->name, name) == 0) {
				*ret_index = i;
				return it;
			}
		}
	}
	return NULL;
}

static char *trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	size_t n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

static bool load_line(const struct config_item *const *tables, bool *given, char *line,
	const char *source, FILE *err)
{
	char *s = trim(line);
	if (!*s || *s == '#')
		return true;
	char *eq = strchr(s, '=');
	if (!eq) {
		fprintf(err, "config: %s: expected 'name = value'\n", source);
		return false;
	}
	*eq = '\0';
	size_t i;
	const char *name = trim(s);
	const struct config_item *it = find(tables, name, &i);
	if (!it) {
		fprintf(err, "config: %s: unknown setting '%s'\n", source, name);
		return false;
	}
	given[i] = true;
	return set(it, trim(eq + 1), source, err);
}

static bool load_file(
	const struct config_item *const *tables, bool *given, const char *file, FILE *err)
{
	FILE *in = fopen(file, "re");
	if (!in) {
		fprintf(err, "config: cannot read '%s': %s\n", file, strerror(errno));
		return false;
	}
	char *line = NULL;
	size_t cap = 0;
	bool ok = true;
	for (unsigned n = 1; ok && getline(&line, &cap, in) >= 0; n++) {
		char source[512];
		snprintf(source, sizeof source, "%s:%u", file, n);
		ok = load_line(tables, given, line, source, err);
	}
	if (ok && ferror(in)) {
		fprintf(err, "config: cannot read '%s': %s\n", file, strerror(errno));
		ok = false;
	}
	free(line);
	fclose(in);
	return ok;
}

static bool load_defaults(const struct config_item *const *tables, FILE *err)
{
	for (; *tables; tables++) {
		for (const struct config_item *it = *tables; it->name; it++) {
			if (it->def && !set(it, it->def, "default", err))
				return false;
		}
	}
	return true;
}

static bool load_environment(const struct config_item *const *tables, bool *given, FILE *err)
{
	size_t i = 0;
	for (; *tables; tables++) {
		for (const struct config_item *it = *tables; it->name; it++, i++) {
			char name[ENV_NAME_MAX];
			const char *text = getenv(env_name(it, name));
			if (text && !set(it, text, name, err))
				return false;
			if (text)
				given[i] = true;
			if (!it->def && !given[i]) {
				fprintf(err, "config: '%s' must be given (file, or %s)\n", it->name,
					name);
				return false;
			}
		}
	}
	return true;
}

bool config_load(const struct config_item *const *tables, const char *file, FILE *err)
{
	size_t n = 0;
	for (const struct config_item *const *t = tables; *t; t++) {
		for (const struct config_item *it = *t; it->name; it++)
			n++;
	}
	bool *given = calloc(n + 1, sizeof *given);
	if (!given) {
		fprintf(err, "config: out of memory\n");
		return false;
	}
	if (!file)
		file = getenv("JB_CONFIG");
	bool ok = load_defaults(tables, err) &&
		  (!file || !*file || load_file(tables, given, file, err)) &&
		  load_environment(tables, given, err);
	free(given);
	return ok;
}

void config_help(const struct config_item *const *tables, FILE *out)
{
	for (; *tables; tables++) {
		for (const struct config_item *it = *tables; it->name; it++) {
			char name[ENV_NAME_MAX];
			fprintf(out, "  %-26s %-30s %s", it->name, env_name(it, name), it->help);
			if (it->type == CONFIG_INT)
				fprintf(out, ", %ld..%ld", it->min, it->max);
			if (it->unit)
				fprintf(out, " %s", it->unit);
			if (!it->def)
				fprintf(out, " [must be given]\n");
			else if (it->type == CONFIG_SECRET)
				fprintf(out, " [***]\n");
			else
				fprintf(out, " [%s]\n", it->def);
		}
	}
}
