/* db_copy.h - many rows into one table by PostgreSQL's binary COPY: built in memory, sent whole.
 *
 *   struct db_copy rows = { 0 };
 *   copy_row(&rows, 3);  copy_uuid(&rows, id);  copy_time(&rows, at_us);  copy_f64(&rows, lon);
 *   ... gather_copy(g, "copy s.t (a, b, c) from stdin (format binary)", &rows)
 *   db_copy_release(&rows);
 *
 * The memory is kept for the next lot by db_copy_reset. What doesn't fit (no memory, not a uuid)
 * marks the whole as failed; it is then refused when sent. Thread: any, one at a time.
 */
#ifndef KIT_DB_COPY_H
#define KIT_DB_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db_copy {
	uint8_t *data;
	size_t len, room, rows;
	bool failed;
};

void db_copy_reset(struct db_copy *c);
void db_copy_release(struct db_copy *c);

/* Each row names how many fields follow; then exactly so many. */
void copy_row(struct db_copy *c, unsigned fields);
void copy_null(struct db_copy *c);
void copy_uuid(struct db_copy *c, const char *text);
void copy_time(struct db_copy *c, int64_t us); /* timestamptz, from microseconds since 1970 */
void copy_i64(struct db_copy *c, int64_t v);
void copy_f64(struct db_copy *c, double v);
void copy_f32(struct db_copy *c, float v); /* real */
void copy_bool(struct db_copy *c, bool v);
void copy_text(struct db_copy *c, const char *v);
void copy_texts(struct db_copy *c, const char *const *v, size_t n); /* text[] */

/* What goes to the server: the header, the rows, the trailer. NULL: failed. */
const uint8_t *db_copy_bytes(struct db_copy *c, size_t *ret_len);

#endif
