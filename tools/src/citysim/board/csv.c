/* csv.c - splits a file into rows once, in place; tables and columns are views of them. */
#include "csv.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *read_whole(const char *path, char *error)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	char *text;

	if (!f || fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode)) {
		snprintf(error, CSV_ERROR_MAX, "%s: %s", path,
			f ? "is not a regular file" : strerror(errno));
		if (f)
			fclose(f);
		return NULL;
	}
	text = malloc((size_t)st.st_size + 2);
	if (!text || fread(text, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
		snprintf(error, CSV_ERROR_MAX, "%s: can't be read whole", path);
		free(text);
		text = NULL;
	} else {
		text[st.st_size] = 0;
	}
	fclose(f);
	if (text && strlen(text) != (size_t)st.st_size) {
		snprintf(error, CSV_ERROR_MAX, "%s: holds a zero byte, it is no text", path);
		free(text);
		text = NULL;
	}
	return text;
}

/* The separator: the one the first lines have most of, outside quotes. */
static char find_separator(const char *text)
{
	static const char seps[] = ",;\t ";
	size_t n[4] = { 0 };
	bool quoted = false;
	int lines = 0;

	for (const char *p = text; *p && lines < 5; p++) {
		const char *s = strchr(seps, *p);

		quoted ^= *p == '"';
		lines += *p == '\n';
		if (s && !quoted)
			n[s - seps]++;
	}
	for (int i = 0; i < 3; i++)
		if (n[i] && n[i] >= n[(i + 1) % 3] && n[i] >= n[(i + 2) % 3])
			return seps[i];
	return n[3] ? ' ' : ',';
}

/* Ends the field at *p in place (quotes taken off, blanks trimmed); true when more follow. */
static bool take_field(char **p, char sep, char **ret)
{
	char *from = *p, *to, *end;
	bool more;

	while (*from == ' ' || (*from == '\t' && sep != '\t'))
		from++;
	*ret = to = from;
	if (*from == '"') {
		for (from++; *from && !(*from == '"' && from[1] != '"'); from++) {
			from += *from == '"';
			*to++ = *from;
		}
		from += *from == '"';
		end = to;
		while (*from && *from != sep && *from != '\n')
			from++;
	} else {
		while (*from && *from != sep && *from != '\n')
			from++;
		end = from;
	}
	more = *from == sep;
	*p = from + (*from ? 1 : 0);
	while (end > *ret && (end[-1] == ' ' || end[-1] == '\r' || end[-1] == '\t'))
		end--;
	*end = 0;
	return more;
}

static bool grow(void **array, size_t *size, size_t n, size_t item)
{
	void *more;

	if (n < *size)
		return true;
	*size = *size ? *size * 2 : 1024;
	more = realloc(*array, *size * item);
	if (more)
		*array = more;
	return more != NULL;
}

static bool split_rows(struct csv *c, char *p, char sep)
{
	size_t rows = 0, fields = 0, n_fields = 0, line = 1;
	bool ok = true;

	while (*p && ok) {
		struct csv_row row = { NULL, 0, line };
		bool more = true;

		while (sep == ' ' && *p == ' ')
			p++;
		while (more && ok) {
			char *before = p, *field;

			ok = grow((void **)&c->pool, &fields, n_fields, sizeof *c->pool);
			if (!ok)
				break;
			more = take_field(&p, sep, &field);
			for (; before < p; before++)
				line += *before == '\n' && before + 1 < p;
			while (sep == ' ' && more && *p == ' ')
				p++;
			c->pool[n_fields++] = field;
			row.n++;
		}
		line++;
		ok = ok && grow((void **)&c->rows, &rows, c->n_rows, sizeof *c->rows);
		if (ok)
			c->rows[c->n_rows++] = row;
	}
	for (size_t i = 0, k = 0; ok && i < c->n_rows; k += c->rows[i++].n)
		c->rows[i].fields = c->pool + k;
	return ok;
}

bool csv_open(struct csv *c, const char *path, char error[static CSV_ERROR_MAX])
{
	char *start;

	*c = (struct csv){ .error = error, .path = strdup(path) };
	c->text = c->path ? read_whole(path, error) : NULL;
	if (!c->text) {
		csv_close(c);
		return false;
	}
	start = c->text + (strncmp(c->text, "\xef\xbb\xbf", 3) ? 0 : 3);
	if (split_rows(c, start, find_separator(start)) && c->n_rows)
		return true;
	snprintf(error, CSV_ERROR_MAX, "%s: %s", path, c->n_rows ? "out of memory" : "is empty");
	csv_close(c);
	return false;
}

void csv_close(struct csv *c)
{
	free(c->path);
	free(c->text);
	free(c->rows);
	free(c->pool);
	*c = (struct csv){ .error = c->error };
}

static bool blank(const struct csv_row *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (*r->fields[i])
			return false;
	return true;
}

static bool same_name(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == '_' || *a == ' ' || *a == '-')
			a++;
		while (*b == '_' || *b == ' ' || *b == '-')
			b++;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}

/* A title line has the table's name and at most counts beside it. */
static const struct csv_row *find_title(const struct csv *c, const char *name)
{
	for (size_t i = 0; name && i + 1 < c->n_rows; i++) {
		const struct csv_row *r = &c->rows[i];
		bool alone = same_name(csv_text(r, 0), name);

		for (size_t k = 1; k < r->n; k++)
			alone = alone && strspn(r->fields[k], "0123456789") == strlen(r->fields[k]);
		if (alone && (i == 0 || blank(r - 1)))
			return r;
	}
	return NULL;
}

bool csv_has_table(const struct csv *c, const char *name)
{
	return find_title(c, name) != NULL;
}

struct csv_table csv_table(const struct csv *c, const char *name)
{
	const struct csv_row *title = find_title(c, name), *end = c->rows + c->n_rows;
	struct csv_table t = { .file = c, .header = title ? title + 1 : c->rows };

	while (!title && t.header + 1 < end && blank(t.header))
		t.header++;
	t.rows = t.header + 1;
	while (t.rows + t.n < end && !(title && blank(&t.rows[t.n])))
		t.n++;
	while (t.n && blank(&t.rows[t.n - 1]))
		t.n--;
	return t;
}

int csv_column(const struct csv_table *t, const char *const *names)
{
	for (; *names; names++)
		for (size_t i = 0; i < t->header->n; i++)
			if (same_name(t->header->fields[i], *names))
				return (int)i;
	return -1;
}

/* Copies a name without what doesn't matter, in small letters. */
static void plain_name(const char *name, char *ret, size_t size)
{
	size_t n = 0;

	for (; *name && n + 1 < size; name++)
		if (isalnum((unsigned char)*name))
			ret[n++] = (char)tolower((unsigned char)*name);
	ret[n] = 0;
}

static double unit_of(char kind, const char *suffix, double alone)
{
	static const struct {
		char kind;
		const char *name;
		double value;
	} units[] = {
		{ 's', "s", 1 },
		{ 's', "sec", 1 },
		{ 's', "secs", 1 },
		{ 's', "seconds", 1 },
		{ 's', "ms", 0.001 },
		{ 's', "min", 60 },
		{ 's', "mins", 60 },
		{ 's', "minutes", 60 },
		{ 's', "h", 3600 },
		{ 's', "hours", 3600 },
		{ 's', "d", 86400 },
		{ 's', "days", 86400 },
		{ 'm', "m", 1 },
		{ 'm', "metres", 1 },
		{ 'm', "meters", 1 },
		{ 'm', "km", 1000 },
	};

	if (!*suffix)
		return alone;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (units[i].kind == kind && !strcmp(units[i].name, suffix))
			return units[i].value;
	return 0;
}

int csv_measure(const struct csv_table *t, char kind, double alone, const char *const *stems,
	double *ret_unit)
{
	char name[64], stem[64];

	for (; *stems; stems++) {
		plain_name(*stems, stem, sizeof stem);
		for (size_t i = 0; i < t->header->n; i++) {
			size_t n = strlen(stem);
			plain_name(t->header->fields[i], name, sizeof name);
			if (strncmp(name, stem, n) != 0)
				continue;
			*ret_unit = unit_of(kind, name + n, alone);
			if (*ret_unit > 0)
				return (int)i;
		}
	}
	return -1;
}

int csv_need(const struct csv_table *t, const char *what, const char *const *names)
{
	int column = csv_column(t, names);
	char list[200] = "";

	if (column >= 0)
		return column;
	for (size_t n = 0; *names && n + 2 < sizeof list; names++)
		n += (size_t)snprintf(list + n, sizeof list - n, "%s'%s'", n ? ", " : "", *names);
	csv_fail(t, t->header, -1, "no column for %s: none is called %s", what, list);
	return -1;
}

const char *csv_text(const struct csv_row *r, int column)
{
	return column >= 0 && (size_t)column < r->n ? r->fields[column] : "";
}

bool csv_number(const struct csv_table *t, const struct csv_row *r, int column, double *ret)
{
	const char *text = csv_text(r, column);
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !isfinite(v))
		return csv_fail(t, r, column, "'%.40s' is not a number", text);
	*ret = v;
	return true;
}

bool csv_fail(const struct csv_table *t, const struct csv_row *r, int column, const char *fmt, ...)
{
	char *out = t->file->error;
	va_list args;
	int n;

	if (column >= 0)
		n = snprintf(out, CSV_ERROR_MAX, "%s:%zu:%d (%s): ", t->file->path, r->line,
			column + 1, csv_text(t->header, column));
	else
		n = snprintf(out, CSV_ERROR_MAX, "%s:%zu: ", t->file->path, r->line);
	va_start(args, fmt);
	if (n > 0 && n < CSV_ERROR_MAX)
		vsnprintf(out + n, (size_t)(CSV_ERROR_MAX - n), fmt, args);
	va_end(args);
	return false;
}
