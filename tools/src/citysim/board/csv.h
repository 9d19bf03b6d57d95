/* csv.h - tables read from text files of unknown making, with errors that name file, line, column.
 *
 * Understands comma, semicolon, tab and blank separated files (found from the header line), quotes,
 * CR LF and a byte order mark, a header in any order and with foreign names, and files with several
 * tables: a line with the table's name ("nodes"), its header line, its rows, an empty line.
 */
#ifndef BOARD_CSV_H
#define BOARD_CSV_H

#include <stdbool.h>
#include <stddef.h>

enum { CSV_ERROR_MAX = 400 };

struct csv_row {
	char **fields;
	size_t n, line;
};

struct csv {
	char *path;
	char *text; /* owns every field */
	struct csv_row *rows;
	size_t n_rows;
	char **pool; /* the fields of all rows */
	char *error; /* CSV_ERROR_MAX, the caller's */
};

/* One table of the file: the header row and the rows after it. */
struct csv_table {
	const struct csv *file;
	const struct csv_row *header;
	const struct csv_row *rows;
	size_t n;
};

/* False with the reason in error. */
bool csv_open(struct csv *c, const char *path, char error[static CSV_ERROR_MAX]);
void csv_close(struct csv *c);

/* The table called `name`, or (name NULL or no such line) the whole file as one table. */
struct csv_table csv_table(const struct csv *c, const char *name);
/* True when the file has a table of that name. */
bool csv_has_table(const struct csv *c, const char *name);
/* Column by any of the names (case, blanks and underscores don't matter), -1 when there is none. */
int csv_column(const struct csv_table *t, const char *const *names);
/* The same, and an error naming them all when there is none. */
int csv_need(const struct csv_table *t, const char *what, const char *const *names);

/* Column that measures something: any of the stems alone or with a unit behind it
 * ("travel_time_min", "length_km", "scene_s"). *ret_unit is what its numbers are to be multiplied
 * by; `alone` for a stem without unit. kind: 's' times, 'm' lengths. -1 when there is none. */
int csv_measure(const struct csv_table *t, char kind, double alone, const char *const *stems,
	double *ret_unit);

/* Text of a field, "" when the row is short. */
const char *csv_text(const struct csv_row *r, int column);
/* A finite number; false with an error naming file, line and column. */
bool csv_number(const struct csv_table *t, const struct csv_row *r, int column, double *ret);
/* Sets "file:line:column: text" and returns false. column < 0: without. */
bool csv_fail(const struct csv_table *t, const struct csv_row *r, int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
