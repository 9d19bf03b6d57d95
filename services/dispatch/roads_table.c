/* roads_table.c - rows of a CSV text, columns found by name. */
#include "dispatch/roads_table.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *t, const char *name, const char *text, size_t len)
{
	*t = (struct table){ .name = name, .at = text, .end = text + len, .next = 1 };
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		t->at += 3;
}

void table_free(struct table *t)
{
	free(t->row);
	t->row = NULL;
}

bool table_fail(const struct table *t, struct roads_fault *f, const char *fmt, ...)
{
	char what[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (f && !f->text[0])
		snprintf(f->text, sizeof(f->text), "%.80s line %zu: %s", t->name, t->line, what);
	return false;
}

/* The most frequent of the three in the line decides. */
static char separator_of(const char *at, const char *end)
{
	size_t n[128] = { 0 };
	static const char candidates[] = ",;\t";
	char best = ',';

	for (; at < end && *at != '\n'; at++)
		if (*at > 0)
			n[(unsigned char)*at]++;
	for (const char *c = candidates; *c; c++)
		if (n[(unsigned char)*c] > n[(unsigned char)best])
			best = *c;
	return best;
}

/* One cell into memory at `to`; false when a quote doesn't end. Leaves t->at behind the separator
 * or at the end of the line. */
static bool read_cell(struct table *t, char **to, bool *ret_last)
{
	bool quoted = t->at < t->end && *t->at == '"';

	t->at += quoted;
	for (;; t->at++) {
		if (t->at >= t->end) {
			*ret_last = true;
			return !quoted;
		}
		if (quoted && *t->at == '"') {
			if (t->at + 1 < t->end && t->at[1] == '"') {
				t->at++;
			} else {
				quoted = false;
				continue;
			}
		} else if (!quoted && (*t->at == t->separator || *t->at == '\n')) {
			*ret_last = *t->at++ == '\n';
			return true;
		} else if (*t->at == '\n') {
			t->next++;
		}
		/* A byte of 0 would end the text early. */
		*(*to)++ = *t->at ? *t->at : '?';
	}
}

static bool room_for_row(struct table *t)
{
	size_t need = (size_t)(t->end - t->at) + TABLE_COLUMNS + 1;
	char *row;

	if (need > TABLE_CELL)
		need = TABLE_CELL;
	if (t->row_room >= need)
		return true;
	row = realloc(t->row, need);
	if (!row)
		return false;
	t->row = row;
	t->row_room = need;
	return true;
}

/* Where the row ends, quotes apart; rows too long for memory are refused by it. */
static bool row_too_long(const struct table *t)
{
	bool quoted = false;
	const char *p = t->at;

	for (; p < t->end && (quoted || *p != '\n'); p++)
		if (*p == '"')
			quoted = !quoted;
	return (size_t)(p - t->at) + TABLE_COLUMNS >= TABLE_CELL;
}

static bool read_row(struct table *t, struct roads_fault *f)
{
	char *to;
	bool last = false;

	if (row_too_long(t))
		return table_fail(
			t, f, "a row of more than %d bytes; does a quote end?", TABLE_CELL);
	if (!room_for_row(t))
		return table_fail(t, f, "out of memory");
	to = t->row;
	t->n = 0;
	while (!last) {
		char *start = to;
		if (t->n == TABLE_COLUMNS)
			return table_fail(t, f, "more than %d columns", TABLE_COLUMNS);
		if (!read_cell(t, &to, &last))
			return table_fail(t, f, "a quote doesn't end");
		while (to > start && (to[-1] == '\r' || to[-1] == ' '))
			to--;
		*to++ = 0;
		while (*start == ' ')
			start++;
		t->cells[t->n++] = (struct cell){ start, (size_t)(to - 1 - start) };
	}
	return true;
}

bool table_next(struct table *t, struct roads_fault *f)
{
	while (t->at < t->end) {
		t->line = t->next++;
		if (*t->at == '\n' || (*t->at == '\r' && t->at + 1 < t->end && t->at[1] == '\n')) {
			t->at += *t->at == '\r' ? 2 : 1;
			continue;
		}
		if (!t->separator)
			t->separator = separator_of(t->at, t->end);
		return read_row(t, f);
	}
	return false;
}

static bool same_word(const char *cell, const char *word)
{
	for (; *cell; cell++) {
		if (!isalnum((unsigned char)*cell))
			continue;
		if (tolower((unsigned char)*cell) != *word++)
			return false;
	}
	return !*word;
}

int table_column(const struct table *t, const char *const *words)
{
	for (; *words; words++)
		for (size_t i = 0; i < t->n; i++)
			if (same_word(t->cells[i].text, *words))
				return (int)i;
	return -1;
}

const char *table_text(const struct table *t, int column)
{
	return column >= 0 && (size_t)column < t->n ? t->cells[column].text : "";
}

bool table_number(
	const struct table *t, int column, const char *what, double *ret, struct roads_fault *f)
{
	const char *s = table_text(t, column);
	char *end;

	errno = 0;
	*ret = strtod(s, &end);
	if (end == s || *end || errno == ERANGE || !isfinite(*ret))
		return table_fail(t, f, "%s '%.40s' is not a number", what, s);
	return true;
}

bool table_integer(
	const struct table *t, int column, const char *what, int64_t *ret, struct roads_fault *f)
{
	const char *s = table_text(t, column);
	char *end;

	errno = 0;
	*ret = strtoll(s, &end, 10);
	/* Some tools write whole numbers as 17.0. */
	if (end != s && *end == '.')
		end += 1 + strspn(end + 1, "0");
	if (end == s || *end || errno == ERANGE)
		return table_fail(t, f, "%s '%.40s' is not a whole number", what, s);
	return true;
}
