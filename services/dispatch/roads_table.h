/* roads_table.h - rows of a CSV text, columns found by name. RFC 4180 quotes, separator comma,
 * semicolon or tab (that of the header), byte order mark skipped. */
#ifndef DISPATCH_ROADS_TABLE_H
#define DISPATCH_ROADS_TABLE_H

#include "dispatch/roads.h"

enum { TABLE_COLUMNS = 64, TABLE_CELL = 1 << 20 };

struct cell {
	const char *text; /* ended by 0 */
	size_t len;
};

struct table {
	const char *name, *at, *end;
	size_t line; /* of the row last read */
	size_t next; /* line after it */
	char separator;
	struct cell cells[TABLE_COLUMNS];
	size_t n;
	char *row; /* the cells' memory */
	size_t row_room;
};

void table_init(struct table *t, const char *name, const char *text, size_t len);
void table_free(struct table *t);
/* False at the end, or with a fault. Empty lines are skipped. */
bool table_next(struct table *t, struct roads_fault *f);
/* A fault that names file and line of the row last read; returns false. */
bool table_fail(const struct table *t, struct roads_fault *f, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The column whose name (letters and digits alone, in lower case) is one of the words; -1 none. */
int table_column(const struct table *t, const char *const *words);
const char *table_text(const struct table *t, int column); /* "" when absent */
bool table_number(
	const struct table *t, int column, const char *what, double *ret, struct roads_fault *f);
bool table_integer(
	const struct table *t, int column, const char *what, int64_t *ret, struct roads_fault *f);

#endif
